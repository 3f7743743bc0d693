//! Cases of linear algebra, at matrices that are far from singular and whose singular values are distinct.

use retrograd_core::{Expr, MatrixNorm, Tensor};

use super::{Case, numbers};

/// Shapes of square matrices.
const SQUARES: [&[usize]; 6] = [&[1, 1], &[2, 2], &[4, 4], &[2, 3, 3], &[2, 0, 0], &[0, 2, 2]];

/// `x·xᵀ + n·I`, which is symmetric and positive definite.
fn definite(x: Expr<'_>) -> Expr<'_> {
    x.matmul(x.t()) + diagonal(x)
}

/// `n·I` for matrices of size `n`.
fn diagonal(x: Expr<'_>) -> Expr<'_> {
    let n = x.shape().last().copied().unwrap_or(1);
    x.graph().arange(n).one_hot(n) * n as f64
}

fn for_squares(
    name: &str,
    function: for<'g> fn(Expr<'g>) -> Expr<'g>,
) -> impl Iterator<Item = Case> + use<'_> {
    SQUARES.into_iter().map(move |shape| {
        Case::new(format!("{name} {shape:?}"), [numbers(shape, 3)], move |x| function(x[0]))
    })
}

pub(super) fn cholesky() -> Vec<Case> {
    let lower = for_squares("cholesky", |x| definite(x).cholesky().sin());
    let not_symmetric =
        for_squares("cholesky of a symmetric part", |x| (x + 2.0 * diagonal(x)).cholesky().sin());
    lower.chain(not_symmetric).collect()
}

pub(super) fn solve() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[3, 3], &[3, 2]),
        (&[3, 3], &[3]),
        (&[1, 1], &[1, 2]),
        (&[2, 3, 3], &[2, 3, 2]),
        (&[2, 3, 3], &[2, 3]),
        (&[2, 3, 3], &[3, 1]),
        (&[3, 3], &[2, 3, 1]),
        (&[2, 1, 2, 2], &[3, 2, 2]),
        (&[2, 0, 0], &[2, 0, 3]),
    ];
    let solution = |(a, b): (&[usize], &[usize])| {
        Case::new(format!("solve {a:?} {b:?}"), [numbers(a, 3), numbers(b, 2)], |x| {
            (x[0] + diagonal(x[0])).solve(x[1]).sin()
        })
    };
    let inverses = for_squares("inv", |x| (x + diagonal(x)).inv().sin());
    let pivots = Case::new(
        "solve with exchanges of rows",
        [Tensor::from([[0.0, 2.0, 0.5], [1.5, 0.0, 0.0], [0.0, 0.3, 1.2]]), numbers([3], 2)],
        |x| x[0].solve(x[1]).sin(),
    );
    shapes.map(solution).into_iter().chain(inverses).chain([pivots]).collect()
}

pub(super) fn det() -> Vec<Case> {
    for_squares("det", |x| (x + diagonal(x)).det().sin())
        .chain(for_squares("det of small pivots", |x| x.det()))
        .collect()
}

pub(super) fn slogdet() -> Vec<Case> {
    for_squares("slogdet", |x| {
        let (sign, log) = (x - 2.0 * diagonal(x)).slogdet();
        sign * log.sin()
    })
    .collect()
}

pub(super) fn svd() -> Vec<Case> {
    let shapes: [&[usize]; 6] = [&[1, 1], &[3, 3], &[4, 2], &[2, 3], &[2, 3, 2], &[2, 0]];
    let values = shapes.map(|shape| {
        Case::new(format!("singular values {shape:?}"), [numbers(shape, 3)], |x| x[0].svd().1.sin())
    });
    let vectors = shapes.map(|shape| {
        // Signs of vectors cancel in the product.
        Case::new(format!("singular vectors {shape:?}"), [numbers(shape, 3)], |x| {
            let (u, s, vt) = x[0].svd();
            (u * s.cos().unsqueeze(-2)).matmul(vt)
        })
    });
    let norms = [MatrixNorm::Frobenius, MatrixNorm::Nuclear, MatrixNorm::LargestSingularValue];
    let norms = norms.map(|norm| {
        Case::new(format!("{norm:?} norm"), [numbers([2, 3, 2], 3)], move |x| {
            x[0].svd().0.sum() * 0.0 + x[0].matrix_norm(norm, [-1, 0]).sin()
        })
    });
    values.into_iter().chain(vectors).chain(norms).collect()
}
