//! Parameters of other models, and data that they do not take.

use retrograd_core::{DType, Params, Tensor};
use retrograd_layers::{Activation, Adam, Dataset, Mlp, Model, Objective, Predictor, Sgd, seeded};

use crate::{check, features, fit, mlp, three_classes, with_targets};

#[test]
fn parameters_of_another_model_are_refused() {
    let data = three_classes(10);
    let classes = fit(Objective::CrossEntropy, Sgd::new(0.1));
    let trained = |mut params: Params| classes.run(&mlp(), &mut params, &data).map(drop);
    let predicted =
        |params: Params| Predictor::new(&mlp()).predict(&params, data.features()).map(drop);
    let wide = || Mlp::new([4, 6, 3]).params(&mut seeded(1));
    let shallow = || Mlp::new([4, 3]).params(&mut seeded(1));
    let mixed = || {
        let mut params = mlp().params(&mut seeded(1));
        let bias = params.get("linear2.bias").unwrap().cast(DType::F64);
        params.replace("linear2.bias", bias).unwrap();
        params
    };
    let integers = || {
        let mut params = Params::new();
        params.insert("order", Tensor::from([1i64, 0]));
        params
    };
    let frozen = || {
        let mut params = mlp().params(&mut seeded(1));
        let names: Vec<_> = params.iter().map(|(name, _)| name.to_owned()).collect();
        names.iter().for_each(|name| params.freeze(name).unwrap());
        params
    };
    let missing: &[&str] = &["there is no parameter `linear2.weight`; there are `linear1.weight`"];
    let declared: &[&str] = &["`linear2.bias` is declared as f32 [3]", "f64 [3]"];
    check(vec![
        ("no parameters", Box::new(|| trained(Params::new())), &["no parameters to train"]),
        ("integers", Box::new(|| trained(integers())), &["no parameters to train"]),
        ("all frozen", Box::new(|| trained(frozen())), &["no trainable parameter"]),
        ("a model with fewer layers", Box::new(|| trained(shallow())), missing),
        ("its predictions", Box::new(|| predicted(shallow())), missing),
        ("two types", Box::new(|| trained(mixed())), declared),
        ("their predictions", Box::new(|| predicted(mixed())), declared),
        (
            "no parameters to predict with",
            Box::new(|| predicted(Params::new())),
            &["there are none"],
        ),
        ("integers to predict with", Box::new(|| predicted(integers())), &["there is `order`"]),
    ]);
    // A model of other widths has shapes of its own: what counts is that they fit each other.
    assert!(trained(wide()).is_ok());
}

#[test]
fn what_cannot_be_predicted_or_scored_is_an_error() {
    let (data, model) = (three_classes(10), mlp());
    let params = model.params(&mut seeded(1));
    let predicted = |x: Tensor| Predictor::new(&model).predict(&params, &x).map(drop);
    let scored = |objective: Objective, data: &Dataset| {
        Predictor::new(&model).score(&params, objective, data).map(drop)
    };
    let (none, _) = data.split_at(0);
    check(vec![
        ("a scalar", Box::new(|| predicted(Tensor::from(1.0f32))), &["no axis of examples"]),
        (
            "a row",
            Box::new(|| predicted(Tensor::from([1.0f32; 4]))),
            &["for 4 examples the model returns the shape [3]"],
        ),
        (
            "narrow rows",
            Box::new(|| predicted(features(3, 5))),
            &["matmul: `features` [3, 5] × `linear1.weight` [4, 5]: inner sizes 5 and 4 differ"],
        ),
        (
            "narrow rows, and none of them",
            Box::new(|| predicted(features(0, 5))),
            &["`features` [0, 5] × `linear1.weight` [4, 5]"],
        ),
        (
            "no examples to score",
            Box::new(|| scored(Objective::CrossEntropy, &none)),
            &["no examples to score"],
        ),
        (
            "a label that is no class",
            Box::new(|| scored(Objective::CrossEntropy, &with_targets([3i64]))),
            &["cross_entropy: label 3 of example 1 of 1: the model has 3 classes"],
        ),
        (
            "targets of another shape",
            Box::new(|| scored(Objective::BinaryCrossEntropy, &with_targets([1i64]))),
            &["targets need the shape of the predictions"],
        ),
    ]);
    // Integers are features like others, and a model without parameters takes them, too.
    assert!(predicted(Tensor::from([[1i64, 0, 2, 0]])).is_ok());
    let relu = Activation::Relu;
    let outputs = Predictor::new(&relu).predict(&Params::new(), &Tensor::from([-1i64, 2])).unwrap();
    assert_eq!(outputs.to_vec::<f32>(), [0.0, 2.0]);
}

#[test]
fn integers_among_parameters_do_not_set_the_type_of_a_model() {
    let (data, model) = (three_classes(10), mlp());
    let mut params = Params::new();
    params.insert("order", Tensor::from([1i64, 0]));
    params.insert_nested("", model.params(&mut seeded(1)));
    let fit = fit(Objective::CrossEntropy, Adam::new(0.01)).validation(&data);
    assert_eq!(fit.run(&model, &mut params, &data).unwrap().epochs.len(), 2);
    let outputs = Predictor::new(&model).predict(&params, data.features()).unwrap();
    assert_eq!(outputs.dtype(), DType::F32);
    assert_eq!(params.get("order"), Some(&Tensor::from([1i64, 0])));
}
