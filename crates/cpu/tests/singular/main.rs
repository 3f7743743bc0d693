//! Factorizations at and near their singular points: wherever a function of the factors is smooth, its value, gradient and
//! Hessian are right, or an error or no finite numbers, in every mode, by the oracle and by plans.
//!
//! Each law states a function twice: by factors, and by the elements of the matrix alone.

mod laws;
mod points;

use retrograd_core::{DType, Error, Expr, Graph, Params, Shape, Tensor};
use retrograd_plan::Plan;

use laws::{Function, LAWS};
use points::{Point, points};

/// One way to a derivative: its name and order, whether it is by reverse sweeps alone, and the derivative.
type Way = (&'static str, usize, bool, for<'g> fn(Expr<'g>, Expr<'g>) -> Expr<'g>);

const WAYS: [Way; 7] = [
    ("value", 0, true, |y, _| y),
    ("gradient", 1, true, |y, a| y.grad(&[a])[0]),
    ("tangents", 1, false, |y, a| along(y, a)),
    ("Hessian, forward over reverse", 2, true, |y, a| y.hessian(a)),
    ("Hessian, reverse over reverse", 2, true, |y, a| y.grad(&[a])[0].flatten().jacobian(a)),
    ("Hessian, forward over forward", 2, false, |y, a| along(along(y, a), a)),
    ("diagonal by series", 2, false, |y, a| {
        let direction = a.graph().constant(Tensor::zeros(DType::F64, a.shape()));
        let second = y.taylor(&[(a, direction)], 2)[2] * 2.0;
        second.vmap(&[(direction, basis(a))])
    }),
];

/// The matrices with one element that is 1.
fn basis(a: Expr<'_>) -> Expr<'_> {
    let n = a.shape().n_elements();
    let sizes: Shape = [n].into_iter().chain(a.shape().iter().copied()).collect();
    a.graph().arange(n).one_hot(n).reshape(sizes)
}

/// The derivatives along every element, by tangents.
fn along<'g>(y: Expr<'g>, a: Expr<'g>) -> Expr<'g> {
    let direction = a.graph().constant(Tensor::zeros(DType::F64, a.shape()));
    y.jvp(&[(a, direction)]).vmap(&[(direction, basis(a))])
}

/// A derivative at a point, by the oracle and by a plan; or what is wrong.
fn evaluated(function: Function, way: Way, point: &Point) -> [Result<Vec<f64>, Error>; 2] {
    let g = Graph::with_dtype(DType::F64);
    let elements = Tensor::new(point.shape, point.elements.clone()).expect("elements fit");
    let a = g.constant(&elements);
    let y = (way.3)(function(a), a);
    let by_plan = || {
        let plan = Plan::compile(&[y], &[])?;
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &Params::new(), &[])?;
        Ok(workspace.output(0).to_tensor().to_vec())
    };
    [y.try_value().map(|value| value.to_vec()), by_plan()]
}

/// The fault of an answer; `None` if it is right, or none is finite and `may_be_missing`.
fn fault(got: &Result<Vec<f64>, Error>, expected: &[f64], may_be_missing: bool) -> Option<String> {
    let got = match got {
        Ok(got) => got,
        Err(_) if may_be_missing => return None,
        Err(error) => return Some(error.to_string()),
    };
    let scale = expected.iter().fold(1.0f64, |scale, x| scale.max(x.abs()));
    let is_right = |(got, expected): (&f64, &f64)| (got - expected).abs() <= 1e-7 * scale;
    let pairs = got.iter().zip(expected);
    let is_wrong = pairs
        .into_iter()
        .any(|(got, expected)| !is_right((got, expected)) && (got.is_finite() || !may_be_missing));
    (is_wrong || got.len() != expected.len()).then(|| format!("{got:?}, not {expected:?}"))
}

#[test]
fn derivatives_at_singular_points_are_right_or_not_there() {
    let (mut faults, mut n_right, mut n_checked) = (Vec::new(), 0, 0);
    for law in LAWS {
        for point in points().iter().filter(|point| (law.fits)(point.shape)) {
            for way in WAYS {
                let (name, order, is_reverse, _) = way;
                let is_empty = point.elements.is_empty();
                if !(law.is_smooth)(point) || (is_empty && order > 0) {
                    continue;
                }
                let [expected, _] = evaluated(law.by_elements, way, point);
                let Ok(expected) = expected else { panic!("{} of elements", law.name) };
                if expected.iter().any(|x| !x.is_finite()) {
                    continue;
                }
                let must_be = is_reverse && (law.is_there)(point, order) && order > 0;
                for (by, got) in
                    ["oracle", "plan"].iter().zip(evaluated(law.by_factors, way, point))
                {
                    n_checked += 1;
                    n_right += usize::from(fault(&got, &expected, false).is_none());
                    if let Some(fault) = fault(&got, &expected, !must_be) {
                        faults.push(format!(
                            "{}, {name} by {by} at {}: {fault}",
                            law.name, point.name
                        ));
                    }
                }
            }
        }
    }
    println!(
        "{n_right} of {n_checked} derivatives at singular points are right, the others not there"
    );
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// A function that is not smooth at a point, and a derivative that it does not have there.
type Missing = (&'static str, Function, &'static str, Way);

#[test]
fn derivatives_that_do_not_exist_are_not_finite() {
    let [_, gradient, tangents, hessian, reverse, ..] = WAYS;
    let first: Function = |a| a.svd().1.slice(-1, ..1).square().sum();
    let weighted: Function = |a| {
        let s = a.svd().1;
        let n = s.shape()[0];
        (s.square() * (a.graph().arange(n).cast(DType::F64) + 1.0)).sum()
    };
    let twice: Function = |a| {
        let s = a.svd().1;
        let again = {
            let _scope = a.graph().scope("again");
            a.svd().1
        };
        (s * again).sum() - s.square().sum()
    };
    let vectors: Function = |a| a.svd().0.sum();
    let coupled: Function = |a| {
        let s = a.svd().1;
        s.slice(-1, ..1).sum() * s.slice(-1, 1..).sum()
    };
    let cases: [Missing; 13] = [
        ("s₀²", first, "zero 2", hessian),
        ("s₀²", first, "zero 2", reverse),
        ("s₀²", first, "zero 3 × 2", hessian),
        ("s₀²", first, "identity 2", hessian),
        ("Σ wₖ·sₖ²", weighted, "zero 2", hessian),
        ("Σ wₖ·sₖ²", weighted, "turn 3", hessian),
        ("Σ s", |a| a.svd().1.sum(), "rank 1 of 3 × 2", hessian),
        ("Σ s", |a| a.svd().1.sum(), "zero 2", hessian),
        ("s₀·s₁", coupled, "zero 3 × 2", hessian),
        ("Σ s·s", twice, "identity 2", hessian),
        ("Σ U", vectors, "identity 2", gradient),
        ("Σ U", vectors, "identity 2", tangents),
        ("Σ U", vectors, "turn 3", gradient),
    ];
    for (name, function, point, way) in cases {
        let points = points();
        let at = points.iter().find(|at| at.name == point).expect("there is such a point");
        for got in evaluated(function, way, at) {
            let got = got.expect("it runs");
            assert!(!got.iter().all(|x| x.is_finite()), "{name} at {point}, {}: {got:?}", way.0);
        }
    }
}
