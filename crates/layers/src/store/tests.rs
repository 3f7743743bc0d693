//! Tests of saved parameters, and of files that nobody should have written.

use std::collections::HashMap;

use retrograd_core::{DType, Graph, Tensor};
use safetensors::{Dtype, tensor::TensorView};

use super::{parse::to_bytes, *};
use crate::{Linear, Mlp, Model, seeded};

/// Parameters of every dtype, in an order that is neither the alphabet's nor the file's.
fn some_params() -> Params {
    let mut params = Mlp::new([3, 4, 2]).params(&mut seeded(1));
    params.insert("b", Tensor::from([1.5f64, f64::NEG_INFINITY]));
    params.insert("a", Tensor::from([[1i64, -2], [3, i64::MAX]]));
    params.insert("mask", Tensor::from([true, false]));
    params.insert("empty", Tensor::zeros(DType::F32, [0, 3]));
    params.insert("scalar", Tensor::from(0.25f32));
    params
}

fn from_bytes(bytes: &[u8]) -> Result<Params, Error> {
    let mut params = Params::new();
    for stored in parse::from_bytes("weights", bytes)?.tensors {
        params.insert(stored.name, stored.tensor);
    }
    Ok(params)
}

fn error_of(bytes: &[u8]) -> String {
    let message = from_bytes(bytes).unwrap_err().to_string();
    assert!(message.len() < 1000, "{} bytes: {message:.200}…", message.len());
    message.strip_prefix("weights: ").expect(&message).to_owned()
}

/// A file with this header, and so many bytes of zeros after it.
fn file_of(header: &str, n_bytes: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &vec![0; n_bytes]].concat()
}

/// A file of another library, with tensors of `f32`.
fn foreign_file(tensors: &[(&str, &[usize], &[f32])]) -> Vec<u8> {
    let bytes =
        |elements: &[f32]| elements.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let buffers: Vec<_> = tensors.iter().map(|(.., elements)| bytes(elements)).collect();
    let views = tensors.iter().zip(&buffers).map(|(&(name, shape, _), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
    });
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    safetensors::serialize(views, Some(metadata)).unwrap()
}

/// A folder with a file of these bytes.
fn written(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.safetensors");
    retrograd_files::write(&path, bytes).unwrap();
    (folder, path)
}

/// The message without the path that it begins with.
fn reason<T: std::fmt::Debug>(path: &Path, result: Result<T, Error>) -> String {
    let message = result.unwrap_err().to_string();
    message.strip_prefix(&format!("{}: ", path.display())).expect(&message).to_owned()
}

#[test]
fn a_round_trip_keeps_values_and_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("params.safetensors");
    let params = some_params();
    save(&params, &path).unwrap();
    let loaded = load(&path).unwrap();
    assert!(params.iter().eq(loaded.iter()));
    let first = fs::read(&path).unwrap();
    save(&loaded, &path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn every_name_survives_a_round_trip_but_that_of_the_format() {
    let long = "ü".repeat(100_000);
    let names = [
        "two\nlines",
        "cr\rlf\r\n",
        "",
        " ",
        "\0",
        "tab\t",
        "\"quoted\"",
        r"back\slash",
        r"\n",
        "🦀",
        "\u{2028}",
        "order",
        "retrograd.names",
        "a.b.c",
        "[1, 2]",
        "z",
        "a",
        &long,
    ];
    let mut params = Params::new();
    for (k, name) in names.into_iter().enumerate() {
        params.insert(name, Tensor::from(k as f32));
    }
    let loaded = from_bytes(&to_bytes(&params).unwrap()).unwrap();
    assert!(params.iter().eq(loaded.iter()));
    params.insert("__metadata__", Tensor::from(1.0f32));
    let message = to_bytes(&params).unwrap_err().to_string();
    assert!(message.contains("`__metadata__`"), "{message}");
}

/// Files from before names were a list in JSON.
#[test]
fn files_with_a_name_on_each_line_keep_their_order() {
    let bytes = 1.5f32.to_le_bytes();
    let names = ["z", r"a\n", "m"];
    let view = |name| (name, TensorView::new(Dtype::F32, vec![1, 1], &bytes).unwrap());
    let metadata = HashMap::from([("order".to_owned(), names.join("\n"))]);
    let (_folder, path) =
        written(&safetensors::serialize(names.map(view), Some(metadata)).unwrap());
    let loaded = load(&path).unwrap();
    assert!(loaded.iter().map(|(name, _)| name).eq(names));
}

#[test]
fn a_file_with_a_damaged_list_of_names_is_an_error() {
    let header = r#"{"__metadata__": {"retrograd.names": "[\"a\", 1]"}, "a": {"dtype": "F32", "shape": [], "data_offsets": [0, 4]}}"#;
    assert!(
        error_of(&file_of(header, 4))
            .starts_with("the list of names in its metadata cannot be read")
    );
}

#[test]
fn truncated_and_foreign_files_are_errors() {
    let bytes = to_bytes(&some_params()).unwrap();
    for n_kept in 0..bytes.len() {
        assert!(error_of(&bytes[..n_kept]).starts_with("not a whole safetensors file"));
    }
    error_of(b"\x89PNG\r\n\x1a\n and so on, for a while");
    error_of(&[0xff; 64]);
    assert!(
        load("no/such/file").unwrap_err().to_string().starts_with("cannot read `no/such/file`")
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    let below_a_file = file.path().join("weights");
    let message = save(&some_params(), &below_a_file).unwrap_err().to_string();
    assert!(message.starts_with(&format!("cannot write `{}`", below_a_file.display())));
}

/// Whatever one bit or one byte becomes, there is an error, or parameters of no more bytes than the file.
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
fn elements_of_every_type_are_read_with_their_values() {
    let check = |dtype: Dtype, bytes: &[u8], expected: Tensor| {
        let view = TensorView::new(dtype, expected.shape().to_vec(), bytes).unwrap();
        let file = safetensors::serialize([("w", view)], None).unwrap();
        assert_eq!(from_bytes(&file).unwrap().get("w"), Some(&expected), "{dtype:?}");
    };
    let i64s = |elements: [i64; 2]| Tensor::from(elements);
    check(Dtype::F16, &[0x00, 0x3e, 0x01, 0x80], [1.5f32, -(2.0f32.powi(-24))].into());
    check(Dtype::BF16, &[0xc0, 0x3f, 0x80, 0xff], [1.5f32, f32::NEG_INFINITY].into());
    check(Dtype::F8_E4M3, &[0x38, 0xb8], [1.0f32, -1.0].into());
    check(Dtype::F8_E5M2, &[0x3c, 0x7c], [1.0f32, f32::INFINITY].into());
    check(Dtype::F8_E4M3FNUZ, &[0x40, 0xc0], [1.0f32, -1.0].into());
    check(Dtype::F8_E5M2FNUZ, &[0x40, 0xc0], [1.0f32, -1.0].into());
    check(Dtype::F8_E8M0, &[127, 128], [1.0f32, 2.0].into());
    check(Dtype::U8, &[0, 255], i64s([0, 255]));
    check(Dtype::I8, &[0x7f, 0x80], i64s([127, -128]));
    check(Dtype::U16, &[0xff, 0xff, 1, 0], i64s([65535, 1]));
    check(Dtype::I16, &[0, 0x80, 1, 0], i64s([-32768, 1]));
    check(Dtype::U32, &[[0xff; 4], [1, 0, 0, 0]].concat(), i64s([4_294_967_295, 1]));
    check(Dtype::I32, &[[0xff; 4], [0, 0, 0, 0x80]].concat(), i64s([-1, -2_147_483_648]));
    check(Dtype::U64, &[i64::MAX.to_le_bytes(), 1u64.to_le_bytes()].concat(), i64s([i64::MAX, 1]));
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

#[test]
fn loading_into_a_model_checks_names_and_shapes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mlp.safetensors");
    save(&Mlp::new([3, 4, 2]).params(&mut seeded(1)), &path).unwrap();
    let check = |mut params: Params, expected: &str| {
        let before = params.clone();
        assert_eq!(reason(&path, load_into(&mut params, &path)), expected);
        assert_eq!(params, before);
    };
    let params = |widths: &[usize]| Mlp::new(widths).params(&mut seeded(2));
    check(
        params(&[3, 5, 2]),
        "`linear1.weight` is f32 [3, 4] in the file, but f32 [3, 5] in the model",
    );
    check(params(&[3, 4]), "`linear2.weight` is in the file, but not in the model");
    check(params(&[3, 4, 2, 1]), "the parameter `linear3.weight` of the model is not in the file");
    check(
        params(&[3, 4, 2]).cast(DType::F64),
        "`linear1.weight` is f32 [3, 4] in the file, but f64 [3, 4] in the model; `Mapping::cast` converts it",
    );
    let mut renamed = Params::new();
    params(&[3, 4, 2]).iter().for_each(|(name, tensor)| {
        renamed.insert(name.replace("linear", "layer"), tensor.clone());
    });
    check(
        renamed,
        "the parameter `layer1.weight` of the model is not in the file; closest are `linear1.weight`, `linear2.weight`, \
         `linear1.bias`",
    );
    let mut fitting = params(&[3, 4, 2]);
    load_into(&mut fitting, &path).unwrap();
    assert_eq!(fitting, Mlp::new([3, 4, 2]).params(&mut seeded(1)));
}

/// A square weight fits both ways round, and only one of them is right.
#[test]
fn a_matrix_of_another_library_is_loaded_only_if_it_is_said_which_way_round_it_is() {
    let file =
        foreign_file(&[("weight", &[2, 2], &[1.0, 2.0, 3.0, 4.0]), ("bias", &[2], &[0.5, -0.5])]);
    let (_folder, path) = written(&file);
    let layer = Linear::new(2, 2);
    let mut params = layer.params(&mut seeded(1));
    for result in [load(&path).map(drop), load_into(&mut params, &path)] {
        let reason = reason(&path, result);
        assert!(reason.contains("matrices such as `weight` [2, 2] may be [in, out]"), "{reason}");
        assert!(
            reason.contains("`store::Mapping::as_stored()` or `store::Mapping::pytorch()`"),
            "{reason}"
        );
    }
    // W·x + b, as PyTorch has it.
    let report = Mapping::pytorch().load_into(&mut params, &path).unwrap();
    let g = Graph::new();
    let y = layer.apply(&g.bind(&params), g.constant([[1.0, 10.0]])).value();
    assert_eq!(y.to_vec::<f64>(), [21.5, 42.5]);
    assert_eq!(
        report.to_string(),
        "`bias` f32 [2] → `bias` f32 [2]\n`weight` f32 [2, 2] → `weight` f32 [2, 2], transposed\n"
    );
    let (stored, _) = Mapping::as_stored().load(&path).unwrap();
    assert_eq!(stored.get("weight"), Some(&Tensor::from([[1.0f32, 2.0], [3.0, 4.0]])));
    let (_folder, path) = written(&foreign_file(&[("bias", &[2], &[0.5, -0.5])]));
    assert_eq!(load(&path).unwrap().len(), 1);
}

#[test]
fn a_mapping_renames_keeps_and_skips_what_its_rules_fit() {
    let numbers: Vec<f32> = (0..6).map(|k| k as f32).collect();
    let (_folder, path) = written(&foreign_file(&[
        ("net.0.weight", &[2, 3], &numbers),
        ("net.01.weight", &[2, 3], &numbers),
        ("net.table", &[3, 2], &numbers),
        ("net.count", &[1], &[7.0]),
    ]));
    let mapping = Mapping::pytorch()
        .rename("net.0", "linear1")
        .rename("net", "")
        .keep("net.table")
        .skip("net.count");
    let (params, report) = mapping.load(&path).unwrap();
    let shapes: Vec<_> =
        params.iter().map(|(name, tensor)| format!("{name} {}", tensor.shape())).collect();
    assert_eq!(shapes, ["linear1.weight [3, 2]", "01.weight [3, 2]", "table [3, 2]"]);
    assert_eq!(
        params.get("linear1.weight").unwrap().to_vec::<f32>(),
        [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]
    );
    assert_eq!(report.skipped(), ["net.count"]);
    assert!(report.mapped()[0].is_transposed && !report.mapped()[2].is_transposed);
    assert_eq!(
        Mapping::as_stored().rename("", "all").load(&path).unwrap().0.iter().next().unwrap().0,
        "all.net.0.weight"
    );
    let check =
        |mapping: Mapping, expected: &str| assert_eq!(reason(&path, mapping.load(&path)), expected);
    check(
        Mapping::pytorch().skip("net.00"),
        "no tensor is called `net.00` in the file; closest are `net.count`, `net.table`, `net.0.weight`",
    );
    check(
        Mapping::pytorch().rename("net.0", "a").rename("net.01", "a"),
        "two tensors would be called `a.weight`",
    );
}

#[test]
fn a_mapping_that_does_not_fit_the_model_says_why() {
    let (_folder, path) =
        written(&foreign_file(&[("w", &[2, 3], &[0.5; 6]), ("n", &[2], &[1.0, 2.5])]));
    let check = |mapping: Mapping, w: Tensor, n: Tensor, expected: &str| {
        let mut params = Params::new();
        params.insert("weight", w);
        params.insert("n", n);
        let before = params.clone();
        let mapping = mapping.rename("w", "weight");
        assert_eq!(reason(&path, mapping.load_into(&mut params, &path)), expected);
        assert_eq!(params, before);
    };
    let zeros = |dtype, shape: &[usize]| Tensor::zeros(dtype, shape);
    check(
        Mapping::pytorch(),
        zeros(DType::F32, &[2, 3]),
        zeros(DType::F32, &[2]),
        "`w`, here `weight`, is f32 [2, 3] in the file, to be transposed, but f32 [2, 3] in the model; if it is no weight \
         of a linear layer, let the mapping `keep` it",
    );
    check(
        Mapping::as_stored(),
        zeros(DType::F32, &[3, 2]),
        zeros(DType::F32, &[2]),
        "`w`, here `weight`, is f32 [2, 3] in the file, but f32 [3, 2] in the model; if it is stored as [out, in], load \
         it by `Mapping::pytorch()`",
    );
    check(
        Mapping::pytorch(),
        zeros(DType::F64, &[3, 2]),
        zeros(DType::F32, &[2]),
        "`w`, here `weight`, is f32 [2, 3] in the file, to be transposed, but f64 [3, 2] in the model; `Mapping::cast` \
         converts it",
    );
    check(
        Mapping::pytorch().cast(),
        zeros(DType::F64, &[3, 2]),
        zeros(DType::I64, &[2]),
        "`n` has elements that are no i64",
    );
    let mut params = Params::new();
    params.insert("n", zeros(DType::F64, &[2]));
    params.insert("w", zeros(DType::F64, &[3, 2]));
    let report = Mapping::pytorch().cast().load_into(&mut params, &path).unwrap();
    assert_eq!(params.get("n"), Some(&Tensor::from([1.0, 2.5])));
    assert_eq!(report.mapped()[0].dtype, DType::F64);
}
