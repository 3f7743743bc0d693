//! Files that nobody should have written: damaged, hostile, or of elements that no tensor holds.

use super::*;

/// A file with this header, and so many bytes of zeros after it.
fn file_of(header: &str, n_bytes: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; n_bytes]].concat()
}

#[test]
fn a_file_with_a_damaged_list_of_names_is_an_error() {
    let header = r#"{"__metadata__": {"retrograd.names": "[\"a\", 1]"}, "a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}"#;
    assert!(
        error_of(&file_of(header, 4))
            .starts_with("the list of names in its metadata cannot be read")
    );
}

/// For any change of one bit or one byte, there is an error, or parameters of no more bytes than the file.
#[test]
fn damaged_files_are_errors_or_parameters_of_their_size() {
    let bytes = to_bytes(&some_params()).unwrap();
    let mut n_errors = 0;
    let mut check = |damaged: &[u8]| match from_bytes(damaged) {
        Ok(params) => assert!(params.n_elements() <= damaged.len()),
        Err(error) => {
            assert!(error.to_string().len() < 1000);
            n_errors += 1;
        }
    };
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        for byte in (0..8).map(|bit| bytes[at] ^ 1 << bit).chain([0, b'"', b'9', b'{', 0xff]) {
            damaged[at] = byte;
            check(&damaged);
        }
        check(&[&bytes[..at], &bytes[at + 1..]].concat());
        check(&[&bytes[..at], &bytes[at..at + 1], &bytes[at..]].concat());
    }
    println!("{n_errors} of {} damaged files are refused", 15 * bytes.len());
    assert!(n_errors > bytes.len());
}

#[test]
fn hostile_headers_are_short_errors_that_allocate_nothing() {
    let tensor = |dtype: &str, shape: &str, end: u64| {
        format!(
            r#"{{"w": {{"dtype": "{dtype}", "shape": [{shape}], "data_offsets": [0, {end}]}}}}"#
        )
    };
    let name = "n".repeat(1_000_000);
    for (header, n_bytes) in [
        (tensor("F32", "1152921504606846976", u64::MAX), 8),
        (tensor("F32", "4611686018427387904, 4", 0), 0),
        (tensor("F32", "1e3", 4000), 8),
        (tensor("F32", "-1", 4), 4),
        (tensor("F32", "18446744073709551616", 4), 4),
        (tensor(&name, "1", 4), 4),
        (tensor("F32", "2", 8).replace("\"w\"", &format!("\"{name}\"")), 9),
        (tensor("F4", "2", 1).replace("\"w\"", &format!("\"{name}\"")), 1),
        (tensor("F32", "1", 4).replace("shape", &name), 4),
        ("[".repeat(1_000_000), 0),
        (format!("{{\"w\": {}", "[".repeat(1_000_000)), 0),
        (format!("{}1{}", "{\"a\":".repeat(200), "}".repeat(200)), 0),
        ("null".to_owned(), 0),
        ("\u{feff}{}".to_owned(), 0),
    ] {
        error_of(&file_of(&header, n_bytes));
    }
    for n_header in [u64::MAX, u64::MAX - 7, 1 << 63, 1 << 32, 100_000_001, 57, 0] {
        error_of(&[&n_header.to_le_bytes()[..], &[b' '; 56]].concat());
    }
}

#[test]
fn errors_about_a_shape_name_file_and_tensor() {
    let check = |shape: &str| {
        let header =
            format!(r#"{{"w.b": {{"dtype": "F32", "shape": [{shape}], "data_offsets": [0, 0]}}}}"#);
        let message = error_of(&file_of(&header, 0));
        assert!(message.starts_with("`w.b`: "), "{message}");
    };
    check("0, 9223372036854775808, 9223372036854775808");
    check(&["0"; 100].join(", "));
}

#[test]
fn a_name_that_is_there_twice_is_an_error() {
    let info =
        |end| format!(r#"{{"dtype": "F32", "shape": [{end}], "data_offsets": [0, {}]}}"#, 4 * end);
    let check = |header: String, name: &str| {
        let message = error_of(&file_of(&header, 4));
        assert!(message.contains(&format!("the name `{name}` is there twice")), "{message}");
    };
    check(format!(r#"{{"w": {0}, "w": {0}}}"#, info(1)), "w");
    check(format!(r#"{{"w": {}, "w": {}}}"#, info(0), info(1)), "w");
    check(format!(r#"{{"w": {0}, "\u0077": {0}}}"#, info(1)), "w");
    check(format!(r#"{{"__metadata__": {{"a": "b", "a": "c"}}, "w": {}}}"#, info(1)), "a");
    error_of(&file_of(
        &format!(r#"{{"__metadata__": {{}}, "__metadata__": {{}}, "w": {}}}"#, info(1)),
        4,
    ));
    error_of(&file_of(
        r#"{"w": {"dtype": "F32", "dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}"#,
        4,
    ));
}

#[test]
fn elements_that_no_tensor_holds_are_errors_that_name_them() {
    let message = |dtype: Dtype, shape: &[usize], bytes: &[u8]| {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
        error_of(&safetensors::serialize([("w", view)], None).unwrap())
    };
    let too_large = [[1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0x80]].concat();
    assert_eq!(
        message(Dtype::U64, &[2], &too_large),
        "`w`: element 1 is 9223372036854775808, which is more than i64 holds"
    );
    assert_eq!(
        message(Dtype::BOOL, &[2], &[1, 7]),
        "`w`: element 1 is the byte 7, and truth values are 0 or 1"
    );
    assert_eq!(
        message(Dtype::C64, &[1], &[0; 8]),
        "`w`: it is of type c64, which cannot be loaded"
    );
    assert_eq!(message(Dtype::F4, &[2], &[0]), "`w`: it is of type f4, which cannot be loaded");
}
