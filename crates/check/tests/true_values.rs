//! Functions and their first and second derivatives beside true values, rounded from 360-digit arithmetic.

mod reference;

use reference::{
    compare::is_near,
    true_values::{Function, functions},
    verdicts::Part,
};
use retrograd_core::{
    DType, Expr, Graph, Tensor,
    ops::{Binary, COMPOSED, Unary},
};
use retrograd_layers::{
    Loss,
    loss::{BinaryWeights, GaussianNll},
};

/// Errors allowed of values, first and second derivatives, relative to numbers above 1.
const TOLERANCES: [f64; 3] = [1e-12, 1e-10, 1e-8];

#[test]
fn functions_and_their_derivatives_are_true() {
    let mut failures = Vec::new();
    let mut n_compared = 0;
    for function in functions() {
        n_compared += check(&function, &mut failures);
    }
    println!("{n_compared} values and derivatives are compared, {} are wrong", failures.len());
    assert!(failures.is_empty(), "{} are wrong:\n{}", failures.len(), failures.join("\n"));
}

/// Compares a function and its derivatives by the first input at all points; returns how many numbers.
fn check(function: &Function, failures: &mut Vec<String>) -> usize {
    let points = function.points(Part::Value);
    let graph = Graph::with_dtype(DType::F64);
    let operand = |k: usize| {
        let column: Vec<_> = points.iter().map(|(x, _)| x[k]).collect();
        graph.input_with(&format!("x{k}"), Tensor::from(column))
    };
    let x: Vec<_> = (0..points[0].0.len()).map(operand).collect();
    let y = recorded(&function.name, &x);
    let first = y.sum().grad(&x[..1])[0];
    let parts = [Part::Value, Part::Gradient(0), Part::Curvature];
    let ours = [y, first, first.sum().grad(&x[..1])[0]];
    for ((part, ours), tolerance) in parts.into_iter().zip(ours).zip(TOLERANCES) {
        let ours = ours.value().to_vec::<f64>();
        for ((x, truth), ours) in function.points(part).into_iter().zip(ours) {
            if !is_near(ours, truth, tolerance * truth.abs().max(1.0)) {
                let name = &function.name;
                failures.push(format!("{name}: {part:?} at {x:?} is {ours:e}, true {truth:e}"));
            }
        }
    }
    parts.len() * points.len()
}

/// Our function of a name in the file.
fn recorded<'g>(name: &str, x: &[Expr<'g>]) -> Expr<'g> {
    let is_called = |known: &str| known.replace('_', "") == name.replace('_', "");
    if let Some(&row) = Unary::ALL.iter().find(|row| is_called(row.name())) {
        return x[0].apply_unary(row);
    }
    if let Some(&row) = Binary::ALL.iter().find(|row| is_called(row.name())) {
        return x[0].apply_binary(row, x[1]);
    }
    match name {
        "xlogx" => x[0].xlogy(x[0]),
        "xlogy" => x[0].xlogy(x[1]),
        "bce_with_logits" => x[0].binary_cross_entropy_with_logits(x[1], &BinaryWeights::default()),
        "gaussian_nll" => {
            x[0].gaussian_nll_loss(x[0] * 0.0, x[1], &GaussianNll { full: false, eps: 0.0 })
        }
        _ => {
            let row = COMPOSED.iter().find(|row| is_called(row.name));
            let row = row.unwrap_or_else(|| panic!("{name} is none of our functions"));
            (row.calls[0].expr)(x[0])
        }
    }
}
