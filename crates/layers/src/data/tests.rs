//! Tests of data sets and their files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use retrograd_core::DType;

use super::*;
use crate::seeded;

/// An IDX file of `u8` with the given sizes in its header.
fn idx_file(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0x08, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx_error(bytes: &[u8]) -> String {
    let error = idx::parse("digits", bytes, DType::F32).unwrap_err().to_string();
    assert!(error.starts_with("digits: "), "{error}");
    error["digits: ".len()..].to_owned()
}

#[test]
fn idx_files_are_read_plain_and_compressed() {
    let plain = idx_file(&[2, 2], &[1, 2, 3, 255]);
    for bytes in [plain.clone(), gzip(&plain)] {
        let tensor = idx::parse("digits", &bytes, DType::I64).unwrap();
        assert_eq!(tensor.shape(), &[2, 2].into());
        assert_eq!(tensor.to_vec::<i64>(), [1, 2, 3, 255]);
    }
}

#[test]
fn idx_elements_of_every_type_are_read() {
    let check = |kind: u8, bytes: &[u8], expected: f64| {
        let file = [&[0, 0, kind, 1, 0, 0, 0, 1], bytes].concat();
        assert_eq!(idx::parse("x", &file, DType::F64).unwrap().to_vec::<f64>(), [expected]);
    };
    check(0x08, &[200], 200.0);
    check(0x09, &[200], -56.0);
    check(0x0b, &(-300i16).to_be_bytes(), -300.0);
    check(0x0c, &70_000i32.to_be_bytes(), 70_000.0);
    check(0x0d, &1.5f32.to_be_bytes(), 1.5);
    check(0x0e, &(-0.1f64).to_be_bytes(), -0.1);
}

#[test]
fn damaged_idx_files_are_errors_that_say_what_was_expected() {
    let file = idx_file(&[2, 3], &[0; 6]);
    for n_kept in 0..file.len() {
        let message = idx_error(&file[..n_kept]);
        let is_header = n_kept < 12;
        assert_eq!(message.contains("incomplete"), is_header, "{n_kept} bytes: {message}");
    }
    assert_eq!(
        idx_error(&[&file[..], &[0]].concat()),
        "[2, 3] elements of u8 take 6 bytes, but more follow the header"
    );
    assert_eq!(
        idx_error(b"\x89PNG\r\n"),
        "an IDX file begins with the bytes 00 00, not 89 50 4e 47"
    );
    assert_eq!(idx_error(&[0, 0, 7, 1]), "0x07 is not an element type of IDX files");
    let compressed = gzip(&file);
    assert!(idx_error(&compressed[..compressed.len() - 9]).contains("cannot be read"));
}

#[test]
fn a_header_that_lies_about_sizes_allocates_nothing() {
    let huge = idx_file(&[u32::MAX, 1000], &[1, 2, 3]);
    assert!(idx_error(&huge).contains("but 3 follow"), "{}", idx_error(&huge));
    assert!(idx_error(&gzip(&huge)).contains("`IdxReader::most_bytes` allows more"));
    for sizes in [&[u32::MAX; 3][..], &[u32::MAX; 2], &[u32::MAX; 255], &[1 << 31, 1 << 29]] {
        for bytes in [idx_file(sizes, &[]), gzip(&idx_file(sizes, &[]))] {
            assert!(idx_error(&bytes).contains("more than memory holds"), "{}", idx_error(&bytes));
        }
    }
    assert!(idx_error(&idx_file(&[0; 255], &[])).contains("it has 255 axes"));
    assert_eq!(
        idx::parse("x", &idx_file(&[0, u32::MAX], &[]), DType::F32).unwrap().shape()[1],
        u32::MAX as usize
    );
}

/// A gzip file of 64 KiB with 64 MiB of zeros, and more of them.
#[test]
fn compressed_data_take_no_more_memory_than_their_limit() {
    let zeros = |n: u32| gzip(&idx_file(&[n], &vec![0; n as usize]));
    let (fits, bomb) = (zeros(64 << 20), zeros((64 << 20) + 1));
    assert!(bomb.len() < 100_000);
    let n_elements = |reader: idx::IdxReader, bytes| {
        reader.parse("bomb", bytes).map(|tensor| tensor.shape().n_elements())
    };
    let reader = idx::IdxReader::new(DType::Bool);
    assert_eq!(n_elements(reader, &fits).unwrap(), 64 << 20);
    assert_eq!(n_elements(reader.most_bytes(1 << 30), &bomb).unwrap(), (64 << 20) + 1);
    for (reader, most) in [(reader, 64 << 20), (reader.most_bytes(9), 9)] {
        assert_eq!(
            n_elements(reader, &bomb).unwrap_err().to_string(),
            format!(
                "bomb: [67108865] elements of u8 take 67108865 bytes, more than the {most} that this compressed file may \
                 hold; `IdxReader::most_bytes` allows more"
            )
        );
    }
    // Two members one after the other, and more data than the header says.
    let two = [gzip(&idx_file(&[4], &[1, 2])), gzip(&[3, 4])].concat();
    assert_eq!(idx::parse("x", &two, DType::I64).unwrap().to_vec::<i64>(), [1, 2, 3, 4]);
    assert!(idx_error(&gzip(&idx_file(&[4], &vec![0; 1 << 20]))).contains("but more follow"));
}

#[test]
fn a_file_longer_than_a_part_of_it_is_read_in_order() {
    let bytes: Vec<u8> = (0..100_000u32).flat_map(|k| (k as i16).to_be_bytes()).collect();
    let file = [&[0, 0, 0x0b, 1][..], &100_000u32.to_be_bytes(), &bytes].concat();
    for file in [file.clone(), gzip(&file)] {
        let read = idx::parse("x", &file, DType::I64).unwrap().to_vec::<i64>();
        assert!(read.iter().enumerate().all(|(k, &x)| x == i64::from(k as u32 as i16)));
        assert!(idx_error(&file[..file.len() - 1]).contains(if file[0] == 0 {
            "but 199999 follow"
        } else {
            "cannot be read"
        }));
    }
}

#[test]
fn numbers_that_do_not_fit_the_dtype_are_errors_that_name_them() {
    let check = |number: f64, dtype: DType, fits: bool| {
        let file = [&[0, 0, 0x0e, 1, 0, 0, 0, 2], &1.0f64.to_be_bytes()[..], &number.to_be_bytes()]
            .concat();
        let read = idx::parse("x", &file, dtype);
        let expected = format!("x: element 1 is {number}, which is no {dtype}");
        assert_eq!(
            read.map(|tensor| tensor.dtype()).map_err(|error| error.to_string()),
            if fits { Ok(dtype) } else { Err(expected) }
        );
    };
    check(0.5, DType::I64, false);
    check(f64::NAN, DType::I64, false);
    check(2.0f64.powi(63), DType::I64, false);
    check(-(2.0f64.powi(63)), DType::I64, true);
    check(1e300, DType::F32, false);
    check(f64::INFINITY, DType::F32, true);
    check(f64::NAN, DType::F32, true);
    check(0.1, DType::F32, true);
    check(1e300, DType::F64, true);
}

fn csv_error(text: &str, targets: Targets) -> String {
    parse_csv("table", text.as_bytes(), targets).unwrap_err().to_string()
}

#[test]
fn csv_errors_name_line_and_column() {
    let check =
        |text: &str, expected: &str| assert_eq!(csv_error(text, Targets::Classes), expected);
    check("a,b,t\n1,2,0\n1,,0\n", "table, line 3, column `b`: the value is missing");
    check("a,b,t\n1,NaN,0\n", "table, line 2, column `b`: `NaN` is not a finite number");
    check("a,b,t\n1,2,0\n\n1,two,0\n", "table, line 4, column `b`: `two` is not a number");
    check("a,t\r\n1,2\r\n\r\n?,0\r\n", "table, line 4, column `a`: `?` is not a number");
    check("a,t\n1,2\n\n\n1,2,3\n", "table: line 5 has 3 columns, but the header has 2");
    check("a,t\n1,0.5\n", "table, line 2, column `t`: `0.5` is not a class, which are 0, 1, 2, …");
    check("a,t\n1,-1\n", "table, line 2, column `t`: `-1` is not a class, which are 0, 1, 2, …");
    check("a,t\n1,2,3\n", "table: line 2 has 3 columns, but the header has 2");
    check("a,t\n", "table: there are no rows after the header");
    check("a\n1\n", "table: expected a table of at least two columns");
    check("", "table: expected a table of at least two columns");
}

/// The rows of a table, with an error in its last cell, in all the ways to end a line.
#[test]
fn csv_errors_name_the_line_that_an_editor_shows() {
    for line_break in ["\n", "\r\n", "\r"] {
        let check = |text: &str, line: u64, column: &str| {
            for start in ["", "\u{feff}"] {
                let text = format!("{start}{}", text.replace('\n', line_break));
                let message = csv_error(&text, Targets::Numbers);
                let expected =
                    format!("table, line {line}, column `{column}`: `?` is not a number");
                assert_eq!(message, expected, "{text:?}");
            }
        };
        check("a,b\n1,2\n3,?", 3, "b");
        check("\n\na,b\n\n1,2\n\n\n?,4\n", 8, "a");
        check("\"a\na\",b\n1,2\n3,?\n", 4, "b");
        check("a,b,c\n\"\n\n1\",?,3\n", 4, "b");
        check("a,b,c\n1,2,3\n\"1\",\"\n2\n\",?\n", 5, "c");
        check("\"a\"\",\n\",b\"\"\n1,?\n", 3, "b\"\"");
        check("a\"b,\"c\"\n\n1,?\n", 3, "c");
        let lengths =
            csv_error(&"a,b\n\n\"\n1\",2\n1\n".replace('\n', line_break), Targets::Numbers);
        assert_eq!(lengths, "table: line 5 has 1 columns, but the header has 2");
    }
}

/// Files without a header, by the lines of the table and by the rows before which it could have been lost.
#[test]
fn no_row_of_a_csv_file_is_lost_without_a_word() {
    for first in ["1,2", "1,", "1,?", "NA,1", "-inf,x", " 1 ,a", "\"1\",2"] {
        let text = format!("{first}\n3,4\n");
        let message = csv_error(&text, Targets::Numbers);
        assert!(message.starts_with("table: the first row has the number `"), "{message}");
        let named =
            Csv::new(Targets::Numbers).header(true).parse("table", text.as_bytes()).unwrap();
        assert_eq!(named.len(), 1);
    }
    let headerless = Csv::new(Targets::Numbers).header(false);
    let data = headerless.parse("table", b"1,2\n3,4\n").unwrap();
    assert_eq!(
        (data.features().to_vec::<f64>(), data.targets().to_vec()),
        (vec![1.0, 3.0], vec![2.0, 4.0])
    );
    let error = |text: &str| headerless.parse("table", text.as_bytes()).unwrap_err().to_string();
    assert_eq!(error("1,2\n3,x\n"), "table, line 2, column `2`: `x` is not a number");
    assert_eq!(error("a,b\n3,4\n"), "table, line 1, column `1`: `a` is not a number");
    assert_eq!(error("1,2\n3\n"), "table: line 2 has 1 columns, but the first row has 2");
    assert!(error("").contains("at least two columns"));
}

#[test]
fn hostile_csv_files_are_short_errors() {
    let long = "x".repeat(1_000_000);
    for text in [
        long.clone(),
        format!("{long},b\n1,?\n"),
        format!("a,b\n1,{long}\n"),
        format!("a,b\n1,\"{}\n", "\n".repeat(1_000_000)),
        format!("a,b\n{}\n", ",".repeat(1_000_000)),
        "\0,\0\n\0,\0\n".to_owned(),
        "\"".to_owned(),
        "\"\"\"".to_owned(),
        "\u{feff}".to_owned(),
        "\r\n\r\n".to_owned(),
    ] {
        let message = csv_error(&text, Targets::Classes);
        assert!(message.len() < 1000, "{message:.200}…");
    }
    let no_text =
        parse_csv("table", b"a,b\n1,\xff\xfe\n", Targets::Numbers).unwrap_err().to_string();
    assert_eq!(no_text, "table, line 2, column `b`: `\u{fffd}\u{fffd}` is not a number");
}

/// For any change of a byte, and any end of a file, there is an error or a table of no more cells than bytes.
#[test]
fn damaged_files_are_errors_or_data_of_their_size() {
    let check = |bytes: &[u8]| {
        for result in [
            parse_csv("table", bytes, Targets::Numbers).map(|data| data.features().clone()),
            Csv::new(Targets::Classes)
                .header(false)
                .parse("table", bytes)
                .map(|data| data.features().clone()),
            idx::parse("digits", bytes, DType::I64),
        ] {
            match result {
                Ok(tensor) => assert!(tensor.shape().n_elements() <= bytes.len().max(600)),
                Err(error) => assert!(error.to_string().len() < 1000),
            }
        }
    };
    let table = b"a,\"b\n\",c\r\n1,2.5,0\n\n-1e3,\" 2\",1\r3,4,2\n";
    let digits = idx_file(&[2, 3, 2], &[7; 12]);
    for file in [&table[..], &digits, &gzip(&digits), &gzip(&[0; 600])] {
        for at in 0..file.len() {
            check(&file[..at]);
            let mut damaged = file.to_vec();
            for byte in (0..8).map(|bit| file[at] ^ 1 << bit).chain(*b"\0\xff\r\n\",9-") {
                damaged[at] = byte;
                check(&damaged);
            }
            check(&[&file[..at], &file[at + 1..]].concat());
            check(&[&file[..at], &file[at..at + 1], &file[at..]].concat());
        }
    }
}

#[test]
fn csv_targets_are_numbers_or_classes() {
    let text = b"a,b,target\n1,2.5,3\n4,-5e-1,6\n";
    let numbers = parse_csv("table", text, Targets::Numbers).unwrap();
    assert_eq!(numbers.features().to_vec::<f64>(), [1.0, 2.5, 4.0, -0.5]);
    assert_eq!((numbers.targets().dtype(), numbers.n_classes()), (DType::F64, None));
    let classes = parse_csv("table", text, Targets::Classes).unwrap();
    assert_eq!((classes.targets().to_vec::<i64>(), classes.n_classes()), (vec![3, 6], Some(7)));
}

#[test]
fn a_missing_file_is_named() {
    let error = read_csv("no/such/file.csv", Targets::Numbers).unwrap_err().to_string();
    assert!(error.starts_with("cannot read `no/such/file.csv`: "), "{error}");
}

fn numbered(n_rows: usize) -> Dataset {
    let features = (0..2 * n_rows).map(|x| x as f32).collect();
    let targets: Vec<_> = (0..n_rows as i64).collect();
    Dataset::new(Tensor::new([n_rows, 2], features).unwrap(), targets.into()).unwrap()
}

#[test]
fn splits_keep_rows_together_and_lose_none() {
    let data = numbered(10);
    let (train, test) = data.split_by(|row| row % 5 == 3);
    assert_eq!(test.targets().to_vec::<i64>(), [3, 8]);
    assert_eq!(test.features().to_vec::<f64>(), [6.0, 7.0, 16.0, 17.0]);
    assert_eq!(train.len(), 8);

    let (head, tail) = data.split_at(7);
    assert_eq!((head.len(), tail.targets().to_vec::<i64>()), (7, vec![7, 8, 9]));
}

#[test]
fn a_random_split_repeats_for_its_seed() {
    let data = numbered(50);
    let split = |seed| data.split_randomly(0.3, &mut seeded(seed));
    let (train, test) = split(1);
    assert_eq!((train.len(), test.len()), (35, 15));
    let mut labels = [train.targets().to_vec::<i64>(), test.targets().to_vec()].concat();
    assert!(!labels.is_sorted());
    labels.sort_unstable();
    assert_eq!(labels, (0..50).collect::<Vec<_>>());
    assert_eq!(split(1), (train, test));
    assert_ne!(split(1), split(2));
}

/// The mean of ten times 0.1 is not 0.1 in floating point, and the difference is no spread to divide by.
#[test]
fn a_constant_feature_is_only_shifted() {
    let features = Tensor::full(DType::F64, [10, 2], 0.1);
    let standardizer = Standardizer::fit(&features).unwrap();
    assert_eq!((standardizer.mean(), standardizer.std()), (&[0.1; 2][..], &[0.0; 2][..]));
    let other = Tensor::full(DType::F64, [1, 2], 0.6);
    assert_eq!(standardizer.apply(&other).unwrap().to_vec::<f64>(), [0.5; 2]);
}

#[test]
fn inconsistent_data_are_errors() {
    let (x, t) = (Tensor::zeros(DType::F32, [4, 2]), Tensor::zeros(DType::I64, [3]));
    let message = Dataset::new(x.clone(), t).unwrap_err().to_string();
    assert_eq!(message, "features [4, 2] and targets [3] must have as many rows");
    let integers = Dataset::new(x.cast(DType::I64), x.clone()).unwrap_err().to_string();
    assert_eq!(integers, "features must be floating-point numbers, not i64");
    assert!(Standardizer::fit(&Tensor::zeros(DType::F32, [4])).is_err());
    assert!(Standardizer::fit(&x).unwrap().apply(&Tensor::zeros(DType::F32, [4, 3])).is_err());
}
