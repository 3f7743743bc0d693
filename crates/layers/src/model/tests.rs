//! Tests of all models.

use retrograd_core::{Expr, Graph, NodeId, Params, Tensor, region::RegionKind};

use super::*;
use crate::{Init, seeded};

/// Value of a model with parameters from seed 1 at a few points, as a plain list.
fn output(model: &impl Model, x: Tensor) -> Vec<f64> {
    let params = model.params(&mut seeded(1));
    let g = Graph::new();
    model.apply(&g.bind(&params), g.constant(x)).value().to_vec()
}

#[test]
fn a_linear_layer_multiplies_and_adds() {
    let mut params = Params::new();
    params.insert("weight", Tensor::from([[1.0f32, 2.0], [3.0, 4.0], [5.0, 6.0]]));
    params.insert("bias", Tensor::from([0.5f32, -0.5]));
    let g = Graph::new();
    let x = g.constant([[1.0, 0.0, -1.0]]);
    let (with, without) = (Linear::new(3, 2), Linear::new(3, 2).without_bias());
    let bound = g.bind(&params);
    assert_eq!(with.apply(&bound, x).value().to_vec::<f64>(), [-3.5, -4.5]);
    assert_eq!(without.apply(&bound, x).value().to_vec::<f64>(), [-4.0, -4.0]);
    assert_eq!(without.params(&mut seeded(1)).len(), 1);
}

#[test]
fn every_activation_has_its_value() {
    let check = |activation: Activation, expected: [f64; 2]| {
        let values = output(&activation, Tensor::from([-1.0, 2.0]));
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{activation:?}: {value} ≠ {expected}");
        }
    };
    check(Activation::Identity, [-1.0, 2.0]);
    check(Activation::Sigmoid, [0.268_941_42, 0.880_797_08]);
    check(Activation::Tanh, [-0.761_594_16, 0.964_027_58]);
    check(Activation::Relu, [0.0, 2.0]);
    check(Activation::LeakyRelu { slope: 0.01 }, [-0.01, 2.0]);
    check(Activation::Prelu { slope: 0.25 }, [-0.25, 2.0]);
    check(Activation::Elu { alpha: 2.0 }, [-1.264_241_12, 2.0]);
    check(Activation::Selu, [-1.111_330_74, 2.101_401_97]);
    check(Activation::Silu, [-0.268_941_42, 1.761_594_16]);
    check(Activation::Gelu, [-0.158_655_25, 1.954_499_74]);
    check(Activation::GeluTanh, [-0.158_808_01, 1.954_597_69]);
    check(Activation::Softplus, [0.313_261_69, 2.126_928_01]);
}

#[test]
fn a_learnable_slope_gets_a_gradient() {
    let activation = Activation::Prelu { slope: 0.25 };
    let params = activation.params(&mut seeded(1));
    let g = Graph::new();
    let y = activation.apply(&g.bind(&params), g.constant([-2.0, 3.0, -4.0]));
    assert_eq!(y.sum().grad(&g.params())[0].value().item(), -6.0);
}

#[test]
fn layers_without_an_activation_between_them_are_one_linear_layer() {
    let mlp = Mlp::new([3, 7, 2]).activation(Activation::Identity);
    let at = |x: [f64; 3]| output(&mlp, Tensor::from([x]));
    let (origin, sum) = (at([0.0; 3]), at([1.0, 2.0, 3.0]));
    let parts = [at([1.0, 0.0, 0.0]), at([0.0, 2.0, 0.0]), at([0.0, 0.0, 3.0])];
    for k in 0..2 {
        let added: f64 = parts.iter().map(|part| part[k] - origin[k]).sum();
        assert!((sum[k] - origin[k] - added).abs() < 1e-5);
    }
}

#[test]
fn parameters_come_in_the_order_of_their_layers() {
    let params = Mlp::new([4, 5, 6, 3]).params(&mut seeded(1));
    let shapes: Vec<_> = params.iter().map(|(name, t)| format!("{name} {}", t.shape())).collect();
    let expected = [
        "linear1.weight [4, 5]",
        "linear1.bias [5]",
        "linear2.weight [5, 6]",
        "linear2.bias [6]",
        "linear3.weight [6, 3]",
        "linear3.bias [3]",
    ];
    assert_eq!(shapes, expected);
    assert_eq!(params, Mlp::new([4, 5, 6, 3]).params(&mut seeded(1)));
    assert_ne!(params, Mlp::new([4, 5, 6, 3]).params(&mut seeded(2)));
}

#[test]
fn each_layer_has_a_scope_and_each_hidden_value_a_name() {
    let mlp = Mlp::new([4, 5, 3]).init(Init::Glorot);
    let params = mlp.params(&mut seeded(1));
    let g = Graph::new();
    let y = mlp.apply(&g.bind(&params), g.input("x", [2, 4]));
    let paths: Vec<_> =
        g.regions().iter().filter(|r| r.kind() == RegionKind::Scope).map(|r| r.path()).collect();
    assert_eq!(paths, ["", "linear1", "relu1", "linear2"]);
    assert_eq!(g.regions().get(g.region_of(y.id())).path(), "linear2");
    assert!(format!("{y:?}").contains("h1"), "{y:?}");
}

#[test]
fn nodes_carry_the_line_of_the_caller() {
    let mlp = Mlp::new([4, 5, 3]).activation(Activation::Gelu);
    let params = mlp.params(&mut seeded(1));
    let g = Graph::new();
    let (bound, x) = (g.bind(&params), g.input("x", [2, 4]));
    let (n_before, line) = (g.len(), line!() + 1);
    let _ = mlp.apply(&bound, x);
    for index in n_before..g.len() {
        let location = g.location(NodeId::new(index));
        assert_eq!((location.file(), location.line()), (file!(), line), "node {index}");
    }
}

#[test]
fn a_wrong_width_is_reported_at_the_users_line() {
    let mlp = Mlp::new([4, 5, 3]);
    let params = mlp.params(&mut seeded(1));
    let message = std::panic::catch_unwind(|| {
        let g = Graph::new();
        let _ = mlp.apply(&g.bind(&params), g.input("digits", [2, 3]));
    })
    .unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    let expected = "matmul: `digits` [2, 3] × `linear1.weight` [4, 5]: inner sizes 3 and 4 differ";
    assert!(message.starts_with(expected), "{message}");
    assert!(message.contains("tests.rs"), "{message}");
}

/// A layer with a parameter of its own, which no other crate knows: `x · scale`.
struct Scale;

impl Model for Scale {
    fn params(&self, _: &mut dyn Rng) -> Params {
        let mut params = Params::new();
        params.insert("scale", Tensor::from(0.5f32));
        params
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        x * params.param("scale")
    }
}

#[test]
fn any_model_is_a_layer_and_sequences_nest() {
    let inner = Sequential::new().then(Scale).then(Activation::Tanh).then(Scale);
    let model = Sequential::new().then(Linear::new(3, 2)).then(inner.clone()).then(inner);
    let params = model.params(&mut seeded(1));
    let names: Vec<_> = params.iter().map(|(name, _)| name.to_owned()).collect();
    let of_inner = |k: usize| [1, 2].map(|n| format!("sequential{k}.layer{n}.scale"));
    let linear = ["linear1.weight", "linear1.bias"].map(str::to_owned);
    assert_eq!(names, [&linear[..], &of_inner(1), &of_inner(2)].concat());
    let g = Graph::new();
    let y = model.apply(&g.bind(&params), g.constant([[1.0, -2.0, 0.5]]));
    let gradients = y.square().sum().grad(&g.params());
    assert!(gradients.iter().all(|gradient| gradient.value().to_vec::<f64>() != [0.0]));
    assert_eq!(format!("{model:?}"), r#"Sequential ["linear1", "sequential1", "sequential2"]"#);
}
