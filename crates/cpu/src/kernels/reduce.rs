//! Sums and maxima over neighboring axes of contiguous values.

use std::fmt;

use retrograd_core::{
    DType, Float, Shape, SliceMut,
    computation::ValueId,
    ops::{Max, Op, Sum},
    shape::AxisSet,
};
use smallvec::smallvec;

use crate::{
    arena::Memory,
    kernels::{
        dispatched,
        kernel::{Behavior, Refusal, ValueIds},
        row::{self, CHUNK, N_LANES, larger},
        team::Team,
    },
};

/// A reduction of a contiguous value seen as `[n_outer, n_reduced, n_inner]` over its middle axis.
#[derive(Clone, Debug)]
pub(crate) struct Reduce {
    out: ValueId,
    input: ValueId,
    dtype: DType,
    kind: ReduceKind,
    n_reduced: usize,
    n_inner: usize,
}

#[derive(Clone, Copy, Debug)]
enum ReduceKind {
    Sum,
    /// The sum of sums, of which there are few.
    Total,
    Max,
}

impl Behavior for Reduce {
    fn reads_elsewhere(&self) -> ValueIds {
        smallvec![self.input]
    }

    fn writes(&self) -> ValueIds {
        smallvec![self.out]
    }

    fn is_fused(&self) -> bool {
        false
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, n, n_inner) = (self.kind, self.n_reduced, self.n_inner);
        write!(f, "reduce {}, {kind:?} of {n} × {n_inner} {}", self.input, self.dtype)
    }

    fn run(&self, memory: &mut Memory<'_>, _: &mut Team) -> Result<(), Refusal> {
        let (out, rest) = memory.write_beside(self.out, self.dtype);
        match out {
            SliceMut::F32(out) => self.reduce(rest.read::<f32>(self.input), out),
            SliceMut::F64(out) => self.reduce(rest.read::<f64>(self.input), out),
            SliceMut::I64(_) | SliceMut::Bool(_) => unreachable!("only floats are reduced here"),
        }
        Ok(())
    }
}

impl Reduce {
    /// The kernel for a reduction of `input`, a contiguous value of `shape`; `None` if the axes are not
    /// neighbors or the elements are not floats.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a few of many rows are told apart")]
    pub fn new(op: &Op, out: ValueId, input: ValueId, shape: &Shape, dtype: DType) -> Option<Self> {
        let (kind, axes) = match op {
            Op::Sum(Sum { axes }) => (ReduceKind::Sum, *axes),
            Op::Max(Max { axes }) => (ReduceKind::Max, *axes),
            _ => return None,
        };
        let (first, last) = (axes.iter().next()?, axes.iter().next_back()?);
        let are_neighbors = (first..=last).all(|axis| axes.contains(axis) || shape[axis] == 1);
        if !are_neighbors || !dtype.is_float() {
            return None;
        }
        let n_inner = shape[last + 1..].iter().product();
        Some(Self { out, input, dtype, kind, n_reduced: AxisSet::n_elements(axes, shape), n_inner })
    }

    /// The kernel that adds up the sums of `n` blocks.
    pub fn of_sums(sums: ValueId, n: usize, out: ValueId, dtype: DType) -> Self {
        Self { out, input: sums, dtype, kind: ReduceKind::Total, n_reduced: n, n_inner: 1 }
    }

    fn reduce<F: Float>(&self, x: &[F], out: &mut [F]) {
        match (self.kind, self.n_reduced * self.n_inner) {
            (_, 0) => out.fill(<F as Float>::lit(0.0)),
            (ReduceKind::Total, n) => {
                let total: f64 = x[..n].iter().map(|sum| sum.to_f64()).sum();
                out[0] = <F as Float>::lit(total);
            }
            (ReduceKind::Sum, _) if self.n_inner == 1 => sum_rows(x, self.n_reduced, out),
            (ReduceKind::Sum, _) => sum_columns(x, self.n_reduced, self.n_inner, out),
            (ReduceKind::Max, _) if self.n_inner == 1 => max_of_rows(x, self.n_reduced, out),
            (ReduceKind::Max, _) => max_of_columns(x, self.n_reduced, self.n_inner, out),
        }
    }
}

dispatched! {
    /// The sum of each row of `n` elements.
    fn sum_rows<F: Float>(x: &[F], n: usize, out: &mut [F]) {
        row::sum(x, n, out);
    }
}

dispatched! {
    /// The sum of `n_reduced` rows of `n_inner` elements, for each group of them.
    fn sum_columns<F: Float>(x: &[F], n_reduced: usize, n_inner: usize, out: &mut [F]) {
        for (x, out) in x.chunks_exact(n_reduced * n_inner).zip(out.chunks_exact_mut(n_inner)) {
            for (strip, out) in out.chunks_mut(N_LANES).enumerate() {
                sum_strip(x, n_inner, strip * N_LANES, out);
            }
        }
    }
}

/// The sums of the columns that begin at `first`, at most [`N_LANES`] of them.
#[inline(always)]
fn sum_strip<F: Float>(x: &[F], n_inner: usize, first: usize, out: &mut [F]) {
    let mut totals = [0.0; N_LANES];
    for rows in x.chunks(n_inner * CHUNK / N_LANES) {
        let mut lanes = [<F as Float>::lit(0.0); N_LANES];
        for row in rows.chunks_exact(n_inner) {
            for (lane, &x) in lanes.iter_mut().zip(&row[first..first + out.len()]) {
                *lane = *lane + x;
            }
        }
        for (total, lane) in totals.iter_mut().zip(lanes) {
            *total += lane.to_f64();
        }
    }
    for (out, total) in out.iter_mut().zip(totals) {
        *out = <F as Float>::lit(total);
    }
}

dispatched! {
    /// The maximum of each row of `n` elements.
    fn max_of_rows<F: Float>(x: &[F], n: usize, out: &mut [F]) {
        row::max(x, n, out);
    }
}

dispatched! {
    /// The maximum of `n_reduced` rows of `n_inner` elements, for each group of them; NaN if one is.
    fn max_of_columns<F: Float>(x: &[F], n_reduced: usize, n_inner: usize, out: &mut [F]) {
        for (x, out) in x.chunks_exact(n_reduced * n_inner).zip(out.chunks_exact_mut(n_inner)) {
            out.copy_from_slice(&x[..n_inner]);
            for row in x.chunks_exact(n_inner).skip(1) {
                for (out, &x) in out.iter_mut().zip(row) {
                    *out = larger(*out, x);
                }
            }
        }
    }
}
