//! Dense linear algebra on matrices in the last two axes, for each index of the others.
//!
//! Five operations have rules of their own: [`Cholesky`], [`Solve`], [`Adjugate`], [`LogDeterminant`] and [`Svd`].
//! Inverses, determinants and norms are expressions of them. The workspace of an operation is part of its output, so
//! that it needs no memory beside it. Rules are those of Giles (2008), "Collected matrix derivative results for
//! forward and reverse mode algorithmic differentiation".

pub(super) mod adjugate;
pub(super) mod cholesky;
mod elimination;
pub(super) mod log_determinant;
pub(super) mod solve;
pub(super) mod svd;

pub use adjugate::Adjugate;
pub(super) use cholesky::Cholesky;
pub(super) use log_determinant::LogDeterminant;
pub(super) use solve::Solve;
pub use svd::Svd;

use crate::{
    data::{
        dtype::{DType, Float},
        error::Error,
        shape::Shape,
        tensor::View,
    },
    graph::{Graph, expr::Expr, ops::Comparison},
};

impl<'g> Expr<'g> {
    /// Whether the last two axes hold square matrices of floating-point numbers; else an error of the operation `op`.
    fn require_square(self) -> Result<(), Error> {
        self.require_matrices()?;
        let (m, n) = last_two(&self.shape());
        match m == n {
            true => Ok(()),
            false => Err(Self::misfit(&[self], format!("a matrix of {m} × {n} is not square"))),
        }
    }

    /// Whether there are matrices of floating-point numbers; else an error of the operation `op`.
    fn require_matrices(self) -> Result<(), Error> {
        self.require_float()?;
        match self.rank() {
            0 | 1 => Err(Self::misfit(&[self], "a matrix has two axes")),
            _ => Ok(()),
        }
    }

    /// The identity matrices that fit these square ones.
    #[track_caller]
    fn identity_like(self) -> Result<Self, Error> {
        let (shape, dtype) = (self.shape(), self.dtype());
        let ones = mask(self.graph(), last_two(&shape).1, Comparison::Eq);
        ones.cast(dtype).try_stretch(&shape)
    }
}

/// The mask of a square matrix of size `n` that is true where a row's index compares so with a column's.
#[track_caller]
fn mask(graph: &Graph, n: usize, comparison: Comparison) -> Expr<'_> {
    let index = graph.arange(n);
    index.unsqueeze(1).apply_comparison(comparison, index.unsqueeze(0))
}

/// Rows and columns of matrices in the last two axes.
fn last_two(shape: &Shape) -> (usize, usize) {
    let &[m, n] = shape.last_chunk().expect("recording checks that there are matrices");
    (m, n)
}

/// The axes before the last two.
fn batch_axes(shape: &Shape) -> &[usize] {
    &shape[..shape.rank() - 2]
}

/// Matrices of `m` rows and `n` columns, for each index of other axes.
fn matrices(batch: &[usize], m: usize, n: usize) -> Shape {
    batch.iter().copied().chain([m, n]).collect()
}

/// The distance of numbers of this type near 1.
fn epsilon<F: Float>() -> f64 {
    epsilon_of(F::DTYPE)
}

/// The distance of numbers of a type near 1.
fn epsilon_of(dtype: DType) -> f64 {
    match dtype {
        DType::F32 => f64::from(f32::EPSILON),
        DType::F64 | DType::I64 | DType::Bool => f64::EPSILON,
    }
}

/// Says what is wrong with the first of many matrices for which `fault` finds something in the `len` numbers of its
/// output.
fn check_each(
    y: View<'_>,
    len: usize,
    fault: impl Fn(&dyn Fn(usize) -> f64) -> Option<String>,
) -> Result<(), String> {
    let n_matrices = y.shape.n_elements() / len.max(1);
    let number = |at: usize| match y.data.dtype() {
        DType::F32 => f64::from(y.elements::<f32>()[at]),
        DType::F64 => y.elements::<f64>()[at],
        DType::I64 | DType::Bool => unreachable!("matrices are of floats"),
    };
    for k in 0..n_matrices {
        let Some(fault) = fault(&|at| number(k * len + at)) else { continue };
        let which = if n_matrices == 1 { "the matrix".to_owned() } else { format!("matrix {k}") };
        return Err(format!("{which} {fault}"));
    }
    Ok(())
}
