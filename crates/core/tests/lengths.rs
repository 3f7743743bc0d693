//! Directions and seeds of a wrong length: each derivative names itself and both shapes, and does not cut the longer one.

use retrograd_core::{DType, Error, Expr, Graph, Tensor};

/// A derivative of `y`, an output of shape `[2]`, its sum, or `x`, along or by `v`.
type Call = for<'g> fn(Expr<'g>, Expr<'g>, Expr<'g>) -> Option<Error>;

const CALLS: [(&str, Call); 8] = [
    ("jvp", |x, y, v| y.try_jvp(&[(x, v)]).err()),
    ("jvp", |x, y, v| y.graph().try_jvp(&[y, y], &[(x, v)]).err()),
    ("vjp", |x, y, v| y.try_vjp(v, &[x]).err()),
    ("vjp", |x, y, v| y.graph().try_vjp(&[(y, v)], &[x]).err()),
    ("taylor", |x, y, v| y.try_taylor(&[(x, v)], 3).err()),
    ("jvp", |x, y, v| y.sum().try_hessian_vector(&[(x, v)]).err()),
    ("jvp", |x, y, v| y.sum().try_gauss_newton_vector(y, &[(x, v)]).err()),
    ("jvp", |x, y, v| y.try_fisher_vector(&[(x, v)]).err()),
];

#[test]
fn directions_and_seeds_of_a_wrong_length_are_named_with_both_shapes() {
    for (at, (name, call)) in CALLS.into_iter().enumerate() {
        for n in [0, 1, 3, 100] {
            let g = Graph::with_dtype(DType::F64);
            let x = g.param("x", [1.0, 2.0]);
            let y = x.square().named("y");
            let v = g.constant(Tensor::new([n], vec![1.0; n]).expect("they fit")).named("v");
            let error = call(x, y, v).unwrap_or_else(|| panic!("{at}: {n} numbers are taken"));
            let text = error.to_string();
            let line = text.lines().next().unwrap_or_default();
            assert!(line.contains("[2]") && line.contains(&format!("`v` [{n}]")), "{at}: {line}");
            assert!(line.contains("must have the shape"), "{at}: {line}");
            let names: &[&str] = &["hessian_vector", "gauss_newton_vector", "fisher_vector"];
            let is_named =
                line.starts_with(name) || names.iter().any(|name| line.starts_with(name));
            assert!(is_named, "{at}: {line}");
        }
    }
}
