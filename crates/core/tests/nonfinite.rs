//! Values that are not finite are traced to the node that made them, in the user's terms.

use retrograd_core::{
    Bindings, DType, Error, Expr, Graph, NonFinite, Shape, Tensor, View, ViewMut,
    ops::{Custom, CustomOperation, Rule},
};

fn found(outputs: &[Expr<'_>]) -> Option<NonFinite> {
    outputs[0].graph().find_non_finite(outputs, &Bindings::new()).expect("all leaves hold data")
}

/// Checks which node is blamed, where in it, and with which value.
#[track_caller]
fn check(outputs: &[Expr<'_>], name: &str, index: &[usize], value: f64) -> NonFinite {
    let found = found(outputs).expect("an output is not finite");
    assert_eq!((&*found.site.operand.name, &*found.index), (name, index), "{found}");
    assert!(found.value == value || found.value.is_nan() && value.is_nan(), "{found}");
    found
}

#[test]
fn nan_made_forwards_is_traced_to_the_operation() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, -2.0, -3.0]);
    let log = check(&[(x.log() * 2.0).sum()], "log(x)", &[1], f64::NAN);
    assert_eq!((log.n_non_finite, log.inputs[0].there), (2, Some(-2.0)));
    assert_eq!(log.inputs[0].range, Some((-3.0, 1.0)));

    let zero = g.input_with("zero", [1.0, 0.0, 0.0]);
    check(&[(zero / zero).sum()], "zero / zero", &[1], f64::NAN);
    check(&[(x / zero).abs().sum()], "x / zero", &[1], f64::NEG_INFINITY);
    // The cause of ∞ − ∞ is where the first ∞ comes from.
    let large = (x * 100.0).exp().named("large");
    check(&[(large - large).sum()], "large", &[0], f64::INFINITY);
}

#[test]
fn overflow_depends_on_the_precision() {
    let overflow = |dtype| {
        let g = Graph::with_dtype(dtype);
        let x = g.input_with("x", [1.0, 200.0]);
        found(&[x.exp().sum()]).map(|found| found.to_string())
    };
    assert_eq!(overflow(DType::F64), None);
    let message = overflow(DType::F32).unwrap();
    assert!(message.starts_with("`exp(x)` [2] is inf at [1]; 1 of its 2 elements is not finite"));
    assert!(message.ends_with("where `x` [2] is 200.0 there, and has elements from 1.0 to 200.0"));
}

#[test]
fn nan_made_backwards_names_the_forward_node() {
    let g = Graph::new();
    let x = g.param("x", [0.0, 0.0]);
    let norm = {
        let _scope = g.scope("head");
        x.square().sum().sqrt().named("norm")
    };
    assert_eq!(found(&[norm]), None);
    let gradient = norm.grad(&[x])[0];
    let slope = check(&[gradient], "reciprocal((norm + norm))", &[], f64::INFINITY);
    assert_eq!(slope.site.gradient_of.as_ref().unwrap().name, "norm");
    assert_eq!(slope.site.scope, "∂/∂head");
    assert_eq!(slope.inputs[0].range, Some((0.0, 0.0)));
    assert!(slope.to_string().contains("\n  in the gradient of `norm` []"), "{slope}");
    // The norm that knows its value at 0 has a gradient there.
    assert_eq!(found(&x.vector_norm(2.0, 0).grad(&[x])), None);
}

#[test]
fn bad_data_are_named_themselves() {
    let g = Graph::new();
    let x = g.input_with("x", [[1.0, 2.0], [3.0, f64::NAN]]);
    let message = check(&[x.exp().sum()], "x", &[1, 1], f64::NAN).to_string();
    assert!(message.contains("\n  given as an input at "), "{message}");
    let y = g.param("y", [1.0, f64::INFINITY]);
    check(&[(y - y).sum()], "y", &[1], f64::INFINITY);
    // Data bound later count, not those recorded.
    let data = Tensor::from([[f32::NAN, 2.0], [3.0, 4.0]]);
    let bindings = Bindings::new().with("x", &data);
    assert_eq!(g.find_non_finite(&[x], &bindings).unwrap().unwrap().index, [0, 0]);
    let finite = Tensor::zeros(DType::F32, [2, 2]);
    assert_eq!(x.checked_value(&Bindings::new().with("x", &finite)), Ok(finite.clone()));
}

#[test]
fn masks_of_infinity_are_not_blamed() {
    let g = Graph::new();
    let scores = g.param("scores", [[1.0, 2.0], [3.0, 4.0]]);
    let keep = |rows: [[bool; 2]; 2]| {
        let mask = g.constant(Tensor::new([2, 2], rows.concat()).unwrap());
        mask.select(scores, f64::NEG_INFINITY)
    };
    let fine = keep([[true, false], [true, true]]).softmax(1);
    let outputs = [fine, fine.square().sum().grad(&[scores])[0]];
    assert_eq!(found(&outputs), None);
    assert_eq!(g.find_hidden_non_finite(&outputs, &Bindings::new()).unwrap(), None);

    // A row without any score left is a fault, but not the mask's.
    let empty = keep([[true, false], [false, false]]).softmax(1);
    let blamed = found(&[empty]).unwrap();
    assert_eq!((&*blamed.site.function, blamed.value.is_nan()), ("softmax", true), "{blamed}");
    assert_eq!(blamed.index[0], 1);
    // Nor is it where a mask meets another: ∞ − ∞ is made by the difference.
    let mask = g.constant([0.0, f64::NEG_INFINITY]);
    check(&[mask - mask], "constant − constant", &[1], f64::NAN);
    // If nothing else is found, it is the mask.
    let masked = keep([[true, false], [true, true]]);
    check(&[masked], &format!("{masked:?}"), &[0, 1], f64::NEG_INFINITY);
    let mask = g.input_with("mask", [0.0, f64::NEG_INFINITY]);
    check(&[mask + 1.0], "mask", &[1], f64::NEG_INFINITY);
}

#[test]
fn values_that_reach_no_output_are_hidden_but_found() {
    let g = Graph::new();
    let x = g.param("x", [4.0, -1.0]);
    let guarded = x.gt(0.0).select(x.sqrt(), 0.0).sum();
    let outputs = [guarded, guarded.grad(&[x])[0]];
    assert_eq!(found(&outputs), None);
    let hidden = g.find_hidden_non_finite(&outputs, &Bindings::new()).unwrap().unwrap();
    assert_eq!(hidden.site.operand.name, "sqrt(x)");
    let decaying = 1.0 / (x * -100.0).exp();
    let hidden = g.find_hidden_non_finite(&[decaying], &Bindings::new()).unwrap().unwrap();
    assert_eq!((&*hidden.site.function, hidden.index), ("exp", vec![1]));
}

/// The logarithm, as if there were none.
#[derive(Debug)]
struct OwnLogarithm;

impl CustomOperation for OwnLogarithm {
    fn name(&self) -> &str {
        "own_logarithm"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g / rule.x(0))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let y = y.elements::<f32>();
        y.iter_mut().zip(x[0].elements::<f32>()).for_each(|(y, x)| *y = x.ln());
    }
}

#[test]
fn operations_of_users_own_are_named_too() {
    let g = Graph::new();
    let x = g.param("x", [1.0, 0.0]);
    let y = Custom::new(OwnLogarithm).apply(&[x]);
    check(&[y.sum()], "own_logarithm(x)", &[1], f64::NEG_INFINITY);
    let gradient = y.sum().grad(&[x])[0];
    let blamed = check(&[gradient], &format!("{gradient:?}"), &[1], f64::INFINITY);
    assert_eq!(blamed.site.gradient_of.unwrap().name, "own_logarithm(x)");
}

#[test]
fn functions_are_named_with_their_scope_and_line() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, -1.0]);
    let y = {
        let _outer = g.scope("encoder");
        let _inner = g.scope("first");
        x.logsumexp(0) + x.log_softmax(0).sqrt().sum()
    };
    let message = found(&[y]).unwrap().to_string();
    assert!(message.contains("\n  computed by sqrt in encoder/first at "), "{message}");
    assert!(message.contains("nonfinite.rs:"), "{message}");
}

#[test]
fn what_cannot_be_evaluated_is_an_error() {
    let (g, other) = (Graph::new(), Graph::new());
    let x = g.input("x", [2]);
    let unbound = g.find_non_finite(&[x.exp()], &Bindings::new());
    assert!(matches!(unbound, Err(Error::Unbound { .. })));
    let stranger = other.constant(1.0);
    assert!(g.find_non_finite(&[stranger], &Bindings::new()).is_err());
    assert!(g.find_non_finite(&[x, stranger], &Bindings::new()).is_err());
    assert_eq!(g.find_non_finite(&[], &Bindings::new()), Ok(None));
}
