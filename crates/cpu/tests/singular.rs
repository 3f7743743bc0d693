//! Factorizations at and near their singular points: wherever a function of the factors is smooth, its value, gradient and
//! Hessian are right, or an error or no finite numbers, in every mode, by the oracle and by plans.
//!
//! Each law states a function twice: by factors, and by the elements of the matrix alone.

use retrograd_core::{DType, Error, Expr, Graph, MatrixNorm, Params, Shape, Tensor};
use retrograd_cpu::Plan;

type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// A function of matrices by factors and by elements.
struct Law {
    name: &'static str,
    by_factors: Function,
    by_elements: Function,
    /// Whether it can be asked for a matrix of a shape.
    fits: fn([usize; 2]) -> bool,
    /// Whether it is smooth at a matrix.
    is_smooth: fn(&Point) -> bool,
    /// Whether derivatives of an order, in reverse mode, must be there.
    is_there: fn(&Point, usize) -> bool,
}

/// A matrix with what is known of it.
struct Point {
    name: &'static str,
    shape: [usize; 2],
    elements: Vec<f64>,
    rank: usize,
    /// How many pairs of singular values are equal.
    n_ties: usize,
}

impl Point {
    fn is_full(&self) -> bool {
        self.rank == self.shape[0].min(self.shape[1])
    }

    /// Whether singular vectors move smoothly: values are distinct, and 0 only where that leaves no choice.
    fn has_vectors(&self) -> bool {
        self.n_ties == 0 && (self.is_full() || self.shape[0] == self.shape[1])
    }
}

fn points() -> Vec<Point> {
    let point = |name, shape: [usize; 2], rank, n_ties, elements: &[f64]| {
        let [m, n] = shape;
        assert_eq!(elements.len(), m * n, "{name}");
        Point { name, shape, elements: elements.to_vec(), rank, n_ties }
    };
    let (c, s) = (0.3f64.cos(), 0.3f64.sin());
    vec![
        point("zero 1", [1, 1], 0, 0, &[0.0]),
        point("minus two", [1, 1], 1, 0, &[-2.0]),
        point("zero 2", [2, 2], 0, 1, &[0.0; 4]),
        point("identity 2", [2, 2], 2, 1, &[1.0, 0.0, 0.0, 1.0]),
        point("exchange 2", [2, 2], 2, 1, &[0.0, 3.0, 3.0, 0.0]),
        point("rotation 2", [2, 2], 2, 1, &[c, -s, s, c]),
        point("rank 1 of 2", [2, 2], 1, 0, &[1.0, 2.0, 2.0, 4.0]),
        point("rank 1 of 2, not symmetric", [2, 2], 1, 0, &[0.3, -0.1, 0.9, -0.3]),
        point("corner of 2", [2, 2], 1, 0, &[2.0, 0.0, 0.0, 0.0]),
        point("near rank 1", [2, 2], 2, 0, &[1.0, 2.0, 2.0, 4.1]),
        point("near a tie", [2, 2], 2, 0, &[1.01, 0.0, 0.0, 1.0]),
        point("regular 2", [2, 2], 2, 0, &[2.0, 0.5, 0.3, 1.0]),
        point("zero 3", [3, 3], 0, 3, &[0.0; 9]),
        point("identity 3", [3, 3], 3, 3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        point("cycle 3", [3, 3], 3, 3, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
        point("two alike", [3, 3], 3, 1, &[2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0]),
        point("two alike and 0", [3, 3], 2, 1, &[2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]),
        point("rank 1 of 3", [3, 3], 1, 1, &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0]),
        point("rank 2 of 3", [3, 3], 2, 0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]),
        point("all alike", [3, 3], 1, 1, &[0.7; 9]),
        point("regular 3", [3, 3], 3, 0, &[2.0, 0.5, 0.1, 0.3, 1.0, -0.4, 0.2, -0.6, 3.0]),
        point("zero 3 × 2", [3, 2], 0, 1, &[0.0; 6]),
        point("rank 1 of 3 × 2", [3, 2], 1, 0, &[1.0, 2.0, 2.0, 4.0, 3.0, 6.0]),
        point("alike 3 × 2", [3, 2], 2, 1, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        point("regular 3 × 2", [3, 2], 2, 0, &[1.0, 0.5, -0.2, 2.0, 0.3, 0.1]),
        point("zero 1 × 3", [1, 3], 0, 0, &[0.0; 3]),
        point("row", [1, 3], 1, 0, &[1.0, 2.0, -2.0]),
        point("rank 1 of 2 × 3", [2, 3], 1, 0, &[1.0, -1.0, 0.5, -2.0, 2.0, -1.0]),
        point("alike 2 × 3", [2, 3], 2, 1, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        point("empty", [0, 0], 0, 0, &[]),
        point("empty 0 × 2", [0, 2], 0, 0, &[]),
    ]
}

/// `U·diag(h)·Vᵀ`.
fn composed<'g>((u, h, vt): (Expr<'g>, Expr<'g>, Expr<'g>)) -> Expr<'g> {
    (u * h.unsqueeze(-2)).matmul(vt)
}

/// Weights without a pattern, of the shape of a matrix.
fn weights<'g>(a: Expr<'g>) -> Expr<'g> {
    let n = a.shape().n_elements();
    (a.graph().arange(n).cast(DType::F64) * 1.7 + 0.4).sin().reshape(a.shape())
}

/// The determinant by expansion along the first row.
fn det_of_elements(a: Expr<'_>) -> Expr<'_> {
    let n = a.shape()[0];
    if n == 0 {
        return a.graph().full([], 1.0);
    }
    let minor = |column: usize| {
        let rest = a.slice(0, 1..);
        let columns = [rest.slice(1, ..column), rest.slice(1, column + 1..)];
        det_of_elements(a.graph().concat(&columns, 1))
    };
    let term = |column: usize| {
        let sign = if column % 2 == 0 { 1.0 } else { -1.0 };
        a.slice(0, ..1).slice(1, column..=column).reshape([]) * minor(column) * sign
    };
    (0..n).map(term).reduce(|a, b| a + b).expect("there is a column")
}

/// The sum of squares of the Gram matrix: that of fourth powers of singular values.
fn fourth(a: Expr<'_>) -> Expr<'_> {
    a.t().matmul(a).square().sum()
}

fn symmetric(a: Expr<'_>) -> Expr<'_> {
    (a + a.t()) * 0.5
}

fn any(_: [usize; 2]) -> bool {
    true
}

fn square([m, n]: [usize; 2]) -> bool {
    m == n
}

fn laws() -> Vec<Law> {
    let law = |name, fits, by_factors, by_elements, is_smooth, is_there| Law {
        name,
        by_factors,
        by_elements,
        fits,
        is_smooth,
        is_there,
    };
    let always: fn(&Point) -> bool = |_| true;
    let full: fn(&Point) -> bool = Point::is_full;
    let there: fn(&Point, usize) -> bool = |_, _| true;
    let with_vectors: fn(&Point, usize) -> bool = |a, _| a.has_vectors();
    vec![
        law(
            "Σ w∘UsVᵀ",
            any,
            |a| (composed(a.svd()) * weights(a)).sum(),
            |a| (a * weights(a)).sum(),
            always,
            with_vectors,
        ),
        law("Σ UsVᵀ", any, |a| composed(a.svd()).sum(), |a| a.sum(), always, with_vectors),
        law(
            "Σ (UsVᵀ)²",
            any,
            |a| composed(a.svd()).square().sum(),
            |a| a.square().sum(),
            always,
            with_vectors,
        ),
        law(
            "Σ w∘Us³Vᵀ",
            any,
            |a| {
                let (u, s, vt) = a.svd();
                (composed((u, s.powi(3), vt)) * weights(a)).sum()
            },
            |a| (a.matmul(a.t()).matmul(a) * weights(a)).sum(),
            always,
            with_vectors,
        ),
        law("Σ s²", any, |a| a.svd().1.square().sum(), |a| a.square().sum(), always, there),
        law("Σ s⁴", any, |a| a.svd().1.powi(4).sum(), fourth, always, there),
        law(
            "(Σ s²)²",
            any,
            |a| a.svd().1.square().sum().square(),
            |a| a.square().sum().square(),
            always,
            there,
        ),
        law(
            "Σ s²·Σ s⁴",
            any,
            |a| a.svd().1.square().sum() * a.svd().1.powi(4).sum(),
            |a| a.square().sum() * fourth(a),
            always,
            there,
        ),
        law(
            "Σ (s² − 1)²",
            any,
            |a| (a.svd().1.square() - 1.0).square().sum(),
            |a| {
                fourth(a) - 2.0 * a.square().sum()
                    + a.shape().iter().min().map_or(0.0, |&k| k as f64)
            },
            always,
            there,
        ),
        law(
            "e^{Σ s²}",
            any,
            |a| a.svd().1.square().sum().exp(),
            |a| a.square().sum().exp(),
            always,
            there,
        ),
        law(
            "Π s²",
            square,
            |a| a.svd().1.square().prod(),
            |a| det_of_elements(a).square(),
            always,
            there,
        ),
        law(
            "Σ ln s",
            square,
            |a| a.svd().1.log().sum(),
            |a| det_of_elements(a).abs().log(),
            full,
            |a, _| a.is_full(),
        ),
        law(
            "nuclear²",
            |shape| shape == [2, 2] || shape == [1, 1],
            |a| a.matrix_norm(MatrixNorm::Nuclear, [-2, -1]).square(),
            |a| match a.shape()[0] {
                1 => a.square().sum(),
                _ => a.square().sum() + 2.0 * det_of_elements(a).abs(),
            },
            full,
            |a, _| a.is_full(),
        ),
        law(
            "spectral² · smallest²",
            |shape| shape == [2, 2],
            |a| {
                let norm = |norm| a.matrix_norm(norm, [-2, -1]).square();
                norm(MatrixNorm::LargestSingularValue) * norm(MatrixNorm::SmallestSingularValue)
            },
            |a| det_of_elements(a).square(),
            |a| a.is_full() && a.n_ties == 0,
            there,
        ),
        law(
            "spectral",
            |shape| shape == [2, 2],
            |a| a.matrix_norm(MatrixNorm::LargestSingularValue, [-2, -1]),
            |a| {
                let (squares, det) = (a.square().sum(), det_of_elements(a));
                ((squares + (squares.square() - 4.0 * det.square()).sqrt()) * 0.5).sqrt()
            },
            |a| a.n_ties == 0,
            there,
        ),
        law(
            "Frobenius⁴",
            any,
            |a| a.matrix_norm(MatrixNorm::Frobenius, [-2, -1]).powi(4),
            |a| a.square().sum().square(),
            |a| a.shape[0] * a.shape[1] > 0,
            |_, _| false,
        ),
        law("det", square, |a| a.det(), det_of_elements, always, there),
        law("det²", square, |a| a.det().square(), |a| det_of_elements(a).square(), always, there),
        law(
            "sin det",
            square,
            |a| (a.det() + 0.3).sin(),
            |a| (det_of_elements(a) + 0.3).sin(),
            always,
            there,
        ),
        law(
            "slogdet",
            square,
            |a| a.slogdet().1,
            |a| det_of_elements(a).abs().log(),
            full,
            |a, _| a.is_full(),
        ),
        law(
            "sign·e^slogdet",
            square,
            |a| a.slogdet().0 * a.slogdet().1.exp(),
            det_of_elements,
            always,
            |a, _| a.is_full(),
        ),
        law(
            "ΣA⁻¹·A²",
            square,
            |a| (a.inv().matmul(a).matmul(a) * weights(a)).sum(),
            |a| (a * weights(a)).sum(),
            always,
            |a, _| a.is_full(),
        ),
        law(
            "det·ΣA⁻¹",
            |shape| shape == [2, 2],
            |a| a.det() * a.inv().sum(),
            |a| {
                let at = |row: usize, column: usize| {
                    a.slice(0, row..=row).slice(1, column..=column).sum()
                };
                at(0, 0) + at(1, 1) - at(0, 1) - at(1, 0)
            },
            always,
            |a, _| a.is_full(),
        ),
        law(
            "A·solve(A, w)",
            square,
            |a| (a.matmul(a.solve(weights(a))) * (weights(a) + 1.0)).sum() + a.sum(),
            |a| (weights(a) * (weights(a) + 1.0)).sum() + a.sum(),
            always,
            |a, _| a.is_full(),
        ),
        law(
            "ΣL·Lᵀ",
            square,
            |a| {
                let l = a.cholesky();
                (l.matmul(l.t()) * weights(a)).sum()
            },
            |a| (symmetric(a) * weights(a)).sum(),
            always,
            |_, _| false,
        ),
        law(
            "ln det by Cholesky",
            |shape| square(shape) && shape[0] > 0,
            |a| {
                let l = a.cholesky();
                (l * l.graph().arange(l.shape()[0]).one_hot(l.shape()[0])).sum_over(1).log().sum()
                    * 2.0
            },
            |a| det_of_elements(symmetric(a)).log(),
            always,
            |_, _| false,
        ),
    ]
}

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

/// What is wrong with an answer; `None` if it is right, or none is finite and `may_be_missing`.
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
    for law in laws() {
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
