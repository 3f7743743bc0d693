//! Functions that are stated twice: by factors of a matrix, and by its elements alone.

use retrograd_core::{DType, Expr, MatrixNorm};

use crate::points::Point;

/// A function that is recorded.
pub(crate) type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// A function of matrices by factors and by elements.
pub(crate) struct Law {
    pub name: &'static str,
    pub by_factors: Function,
    pub by_elements: Function,
    /// Whether it can be asked for a matrix of a shape.
    pub fits: fn([usize; 2]) -> bool,
    /// Whether it is smooth at a matrix.
    pub is_smooth: fn(&Point) -> bool,
    /// Whether derivatives of an order, in reverse mode, must be there.
    pub is_there: fn(&Point, usize) -> bool,
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
        let sign = if column.is_multiple_of(2) { 1.0 } else { -1.0 };
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

fn always(_: &Point) -> bool {
    true
}

fn there(_: &Point, _: usize) -> bool {
    true
}

fn with_vectors(a: &Point, _: usize) -> bool {
    a.has_vectors()
}

const fn law(
    name: &'static str,
    fits: fn([usize; 2]) -> bool,
    by_factors: Function,
    by_elements: Function,
    is_smooth: fn(&Point) -> bool,
    is_there: fn(&Point, usize) -> bool,
) -> Law {
    Law { name, by_factors, by_elements, fits, is_smooth, is_there }
}

/// All laws.
pub(crate) const LAWS: &[Law] = &[
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
        |a| fourth(a) - 2.0 * a.square().sum() + a.shape().iter().min().map_or(0.0, |&k| k as f64),
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
        Point::is_full,
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
        Point::is_full,
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
        Point::is_full,
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
            let at =
                |row: usize, column: usize| a.slice(0, row..=row).slice(1, column..=column).sum();
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
            (l * l.graph().arange(l.shape()[0]).one_hot(l.shape()[0])).sum_over(1).log().sum() * 2.0
        },
        |a| det_of_elements(symmetric(a)).log(),
        always,
        |_, _| false,
    ),
];
