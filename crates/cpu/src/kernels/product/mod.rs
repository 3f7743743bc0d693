//! Matrix products: by the `gemm` crates in the way that suits the sizes and layouts, or by a kernel of our own where one
//! operand is a vector.

mod bound;
mod library;
mod matrix;
mod method;
#[cfg(test)]
mod tests;
mod vector;

use std::{fmt, ops::Range};

use retrograd_core::{DType, Shape, computation::ValueId, shape::Layout};
use smallvec::smallvec;

use self::{
    library::Multiply,
    matrix::{Combination, Matrix, Strides, transpose},
    method::{MAX_BLOCK, Method, ProductSizes},
    vector::HorizontalSum,
};
use crate::{
    arena::{Beside, Memory, Output, Split},
    kernels::{
        InstructionSet,
        code::Scalar,
        kernel::{Behavior, Refusal, ValueIds},
        number::{FloatBits, lit},
        team::Team,
    },
    layout::{Source, Walk},
};

/// Products of pairs of matrices in any strided layout, into one contiguous buffer.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    dtype: DType,
    out: ValueId,
    lhs: MatrixOperand,
    rhs: MatrixOperand,
    addend: Option<Addend>,
    sizes: ProductSizes,
    method: Method,
}

/// The addend of products: the result is `scale·of + product_scale·product_factor·lhs·rhs`.
#[derive(Clone, Debug)]
pub(crate) struct Addend {
    /// A contiguous value of the size of the result.
    pub of: ValueId,
    pub scale: f64,
    pub product_scale: f64,
    pub product_factor: Option<Scalar>,
}

impl Addend {
    fn update<F: FloatBits>(&self, memory: &Memory<'_>) -> Combination<F> {
        let factor = self.product_factor.map_or(F::ONE, |factor| factor.settle(memory));
        Combination { keep: lit(self.scale), scale: lit::<F>(self.product_scale) * factor }
    }
}

/// Matrices in a buffer.
#[derive(Clone, Debug)]
struct MatrixOperand {
    base: ValueId,
    strides: Strides,
    n_matrices: usize,
    /// Positions of the first elements of the matrices.
    firsts: Walk,
}

impl MatrixOperand {
    fn new(Source { base, layout, shape }: &Source) -> Self {
        let n_batch = shape.rank() - 2;
        let [rows, columns] = [layout.strides[n_batch], layout.strides[n_batch + 1]];
        let batch = Layout { offset: layout.offset, strides: layout.strides[..n_batch].into() };
        let shape = Shape::from(&shape[..n_batch]);
        Self {
            base: *base,
            strides: Strides { rows, columns },
            n_matrices: shape.n_elements(),
            firsts: Walk::new(&batch, &shape),
        }
    }

    fn matrix<'a, F>(&self, elements: &'a [F], index: usize, sizes: [usize; 2]) -> Matrix<'a, F> {
        Matrix::new(elements, self.firsts.position(index), sizes, self.strides)
    }
}

impl Behavior for Product {
    fn reads_in_place(&self) -> ValueIds {
        self.addend.iter().map(|addend| addend.of).collect()
    }

    fn reads_elsewhere(&self) -> ValueIds {
        let factor = self.addend.iter().filter_map(|addend| addend.product_factor?.source());
        [self.lhs.base, self.rhs.base].into_iter().chain(factor).collect()
    }

    fn writes(&self) -> ValueIds {
        smallvec![self.out]
    }

    fn is_fused(&self) -> bool {
        false
    }

    fn scratch(&self) -> Option<ValueId> {
        self.method.scratch()
    }

    fn can_update(&self) -> bool {
        true
    }

    fn has_bound(&self) -> bool {
        true
    }

    fn is_sure_to_be_finite(&self, memory: &Memory<'_>) -> bool {
        match self.dtype {
            DType::F32 => self.is_bounded::<f32>(memory),
            DType::F64 => self.is_bounded::<f64>(memory),
            DType::I64 | DType::Bool => unreachable!("{FLOATS}"),
        }
    }

    /// The rows of one matrix come after those of another. Each element has the same bits: the library sums in another
    /// order only where it computes few elements, or few rows and columns of long sums.
    fn split(&self) -> Option<Split> {
        let n_matrices = self.lhs.n_matrices;
        let n_rows = n_matrices * self.sizes.m;
        let together = self.method.rows_together(self.sizes, n_matrices);
        Some(Split { n_rows, together, work: self.method.work(self.sizes, n_matrices, self.dtype) })
    }

    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ProductSizes { m, k, n } = self.sizes;
        let (lhs, rhs, n_matrices) = (&self.lhs, &self.rhs, self.lhs.n_matrices);
        write!(f, "matmul {} × {}, {n_matrices} of {m} × {k} × {n}", lhs.base, rhs.base)?;
        write!(f, " {}, {:?}", self.dtype, self.method)?;
        let Some(addend) = &self.addend else { return Ok(()) };
        write!(f, ", {}·{} + {}", addend.scale, addend.of, addend.product_scale)?;
        addend.product_factor.map_or(Ok(()), |factor| write!(f, "·{factor}"))
    }

    fn run(&self, memory: &mut Memory<'_>, team: &mut Team) -> Result<(), Refusal> {
        let split = self.split().expect("products can be split");
        team.compute(memory, split, self.outputs(), |memory, rows, own| {
            self.compute(memory, own.single.instructions, rows);
        });
        Ok(())
    }
}

/// The reason why no product is of other numbers.
const FLOATS: &str = "recording checks that the operands are floats";

impl Product {
    /// The product of matrices in the last two axes of two operands, `[…, m, k] × […, k, n] → […, m, n]`. If it needs
    /// scratch, `scratch` is asked for a value of some elements.
    pub fn new(
        out: ValueId,
        dtype: DType,
        [lhs, rhs]: &[Source; 2],
        addend: Option<Addend>,
        scratch: impl FnOnce(usize) -> ValueId,
    ) -> Self {
        let n_batch = lhs.shape.rank() - 2;
        let (m, k, n) = (lhs.shape[n_batch], lhs.shape[n_batch + 1], rhs.shape[n_batch + 1]);
        let (lhs, rhs, sizes) =
            (MatrixOperand::new(lhs), MatrixOperand::new(rhs), ProductSizes { m, k, n });
        let method = Method::of(sizes, lhs.strides, rhs.strides, scratch);
        Self { dtype, out, lhs, rhs, addend, sizes, method }
    }

    /// The result and scratch, as several threads write them.
    fn outputs(&self) -> impl Iterator<Item = Output> {
        let values = [self.out].into_iter().chain(self.scratch());
        values.map(|id| Output { id, dtype: self.dtype, n_rows_each: 1 })
    }

    /// Computes a range of rows.
    fn compute(&self, memory: &mut Memory<'_>, instructions: InstructionSet, rows: Range<usize>) {
        match self.dtype {
            DType::F32 => self.multiply::<f32>(memory, instructions, rows),
            DType::F64 => self.multiply::<f64>(memory, instructions, rows),
            DType::I64 | DType::Bool => unreachable!("{FLOATS}"),
        }
    }

    fn multiply<F: Multiply + HorizontalSum>(
        &self,
        memory: &mut Memory<'_>,
        instructions: InstructionSet,
        rows: Range<usize>,
    ) {
        let ProductSizes { m, k, n } = self.sizes;
        let elements = rows.start * n..rows.end * n;
        let update = self.prepare(memory, elements.clone());
        if [m, k, n].contains(&0) {
            let out = memory.write::<F>(self.out, elements);
            return out
                .iter_mut()
                .for_each(|out| update.apply(std::slice::from_mut(out), &[F::ZERO]));
        }
        match self.method {
            Method::Library => self.each(memory, rows, |lhs, rhs, out| {
                library::multiply(lhs, rhs, update, out);
            }),
            Method::Blocks => {
                self.each(memory, rows, |lhs, rhs, out| in_blocks(lhs, rhs, update, out));
            }
            Method::Column => self.each(memory, rows, |lhs, rhs, out| {
                vector::multiply(instructions, lhs, rhs, update, out);
            }),
            Method::Rows => self.each(memory, rows, |lhs, rhs, out| {
                for (row, out) in out.chunks_exact_mut(n).enumerate() {
                    let row = lhs.rows(row, 1).t();
                    vector::multiply(instructions, rhs.t(), row, update, out);
                }
            }),
            Method::Transposed(scratch) => self.each_in_two_steps(
                memory,
                rows,
                |rows| (scratch, rows.start * n..rows.end * n),
                |lhs, rhs, room| library::multiply(rhs.t(), lhs.t(), Combination::OVERWRITE, room),
                |lhs, room, out| transpose(Matrix::by_rows(room, lhs.n_rows()), update, out),
            ),
            Method::BlocksOfCopy(scratch) => self.each_in_two_steps(
                memory,
                rows,
                |_| (scratch, 0..k * n),
                |_, rhs, room| transpose(rhs, Combination::OVERWRITE, room),
                |lhs, room, out| in_blocks(lhs, Matrix::by_rows(room, k).t(), update, out),
            ),
        }
    }

    /// Puts some elements of the addend in the place of the result, and returns the combination of both.
    fn prepare<F: Multiply>(
        &self,
        memory: &mut Memory<'_>,
        elements: Range<usize>,
    ) -> Combination<F> {
        let Some(addend) = &self.addend else { return Combination::OVERWRITE };
        let update = addend.update(memory);
        if !memory.are_in_one_place(addend.of, self.out) {
            memory.copy_part::<F>(addend.of, self.out, elements);
        }
        update
    }

    /// Computes each product, or some rows of it, by a function of its operands.
    fn each<F: Multiply>(
        &self,
        memory: &mut Memory<'_>,
        rows: Range<usize>,
        multiply: impl Fn(Matrix<'_, F>, Matrix<'_, F>, &mut [F]),
    ) {
        for part in self.matrices(rows) {
            let (out, rest) = memory.write_part_beside(self.out, self.elements(&part));
            multiply(self.lhs(rest, &part), self.rhs(rest, &part), out);
        }
    }

    /// Computes each product, or some rows of it, by a function that writes `room`, a part of a value, and one that
    /// reads it beside the first operand.
    fn each_in_two_steps<F: Multiply>(
        &self,
        memory: &mut Memory<'_>,
        rows: Range<usize>,
        room: impl Fn(&Range<usize>) -> (ValueId, Range<usize>),
        first: impl Fn(Matrix<'_, F>, Matrix<'_, F>, &mut [F]),
        second: impl Fn(Matrix<'_, F>, &[F], &mut [F]),
    ) {
        for part in self.matrices(rows) {
            let (scratch, elements) = room(&part.rows);
            let (room, rest) = memory.write_part_beside(scratch, elements.clone());
            first(self.lhs(rest, &part), self.rhs(rest, &part), room);
            let (out, rest) = memory.write_part_beside(self.out, self.elements(&part));
            second(self.lhs(rest, &part), rest.read_part(scratch, elements), out);
        }
    }

    /// The matrices that some rows of all results are of.
    fn matrices(&self, rows: Range<usize>) -> impl Iterator<Item = MatrixRows> {
        let m = self.sizes.m;
        (rows.start / m..rows.end.div_ceil(m)).map(move |index| {
            let first = index * m;
            MatrixRows {
                index,
                rows: rows.start.max(first) - first..rows.end.min(first + m) - first,
            }
        })
    }

    /// The elements of a part among those of all results.
    fn elements(&self, MatrixRows { index, rows }: &MatrixRows) -> Range<usize> {
        let ProductSizes { m, n, .. } = self.sizes;
        (index * m + rows.start) * n..(index * m + rows.end) * n
    }

    fn lhs<'a, F: Multiply>(&self, rest: Beside<'a>, part: &MatrixRows) -> Matrix<'a, F> {
        let sizes = [self.sizes.m, self.sizes.k];
        let matrix = self.lhs.matrix(rest.read(self.lhs.base), part.index, sizes);
        matrix.rows(part.rows.start, part.rows.len())
    }

    fn rhs<'a, F: Multiply>(&self, rest: Beside<'a>, part: &MatrixRows) -> Matrix<'a, F> {
        let sizes = [self.sizes.k, self.sizes.n];
        self.rhs.matrix(rest.read(self.rhs.base), part.index, sizes)
    }
}

/// Some rows of one of the results.
struct MatrixRows {
    index: usize,
    rows: Range<usize>,
}

/// The product, as many rows at a time as the library has a kernel for.
fn in_blocks<F: Multiply>(
    lhs: Matrix<'_, F>,
    rhs: Matrix<'_, F>,
    update: Combination<F>,
    out: &mut [F],
) {
    let n = rhs.n_columns();
    let n_rows = MAX_BLOCK / n;
    for (block, out) in out.chunks_mut(n_rows * n).enumerate() {
        library::multiply(lhs.rows(block * n_rows, out.len() / n), rhs, update, out);
    }
}
