//! Tests of saved parameters.

mod hostile;
mod mapping;

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
