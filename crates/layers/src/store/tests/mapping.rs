//! Files of other libraries.

use super::*;

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
}

#[test]
fn a_mapping_casts_to_the_dtypes_of_the_model() {
    let (_folder, path) =
        written(&foreign_file(&[("w", &[2, 3], &[0.5; 6]), ("n", &[2], &[1.0, 2.5])]));
    let zeros = |shape: &[usize]| Tensor::zeros(DType::F64, shape);
    let mut params = Params::new();
    params.insert("n", zeros(&[2]));
    params.insert("w", zeros(&[3, 2]));
    let report = Mapping::pytorch().cast().load_into(&mut params, &path).unwrap();
    assert_eq!(params.get("n"), Some(&Tensor::from([1.0, 2.5])));
    assert_eq!(report.mapped()[0].dtype, DType::F64);
}
