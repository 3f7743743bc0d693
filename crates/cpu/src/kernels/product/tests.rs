//! Products are held to a plain loop in double precision, in many sizes and layouts, by every method and instruction set.

use retrograd_core::ops::Literal;

use super::*;
use crate::arena::{Arena, LeafTable, Leaves, Place};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Values of a test: operands, result, base of the sum, and scratch buffer.
const LHS: usize = 0;
const RHS: usize = 1;
const OUT: usize = 2;
const ADDEND: usize = 3;
const SCRATCH: usize = 4;

/// A layout of `n_batch` matrices, and how many elements it spans.
fn random_layout(
    rng: &mut ChaCha8Rng,
    [n_batch, n_rows, n_columns]: [usize; 3],
) -> (Layout, usize) {
    let gap = if rng.random_bool(0.5) { 0 } else { rng.random_range(1..4) };
    let step = if rng.random_bool(0.8) { 1 } else { 2 };
    let mut strides = match rng.random_bool(0.5) {
        true => [(n_columns * step + gap) as isize, step as isize],
        false => [step as isize, (n_rows * step + gap) as isize],
    };
    let mut offset = rng.random_range(0..3);
    for (stride, size) in strides.iter_mut().zip([n_rows, n_columns]) {
        match rng.random_range(0..10) {
            0 => *stride = 0,
            1 => {
                offset += (size - 1) * *stride as usize;
                *stride = -*stride;
            }
            _ => {}
        }
    }
    let span = (n_rows + n_columns) * step * 2 + (n_rows + gap) * (n_columns + gap) * step * 2;
    let batch_stride = if rng.random_bool(0.2) { 0 } else { span };
    let strides = [batch_stride as isize, strides[0], strides[1]];
    (Layout { offset, strides: strides.as_slice().into() }, offset + n_batch * span)
}

/// A product of random operands, added to something or not, and its values.
struct Case<F> {
    product: Product,
    sources: [Source; 2],
    places: Vec<Place>,
    n_bytes: usize,
    /// Operands, result before, and addend.
    values: [Vec<F>; 4],
}

impl<F: Multiply + HorizontalSum> Case<F> {
    fn new(rng: &mut ChaCha8Rng, n_batch: usize, [m, k, n]: [usize; 3]) -> Self {
        let mut source = |base, sizes: [usize; 3]| {
            let (layout, n_elements) = random_layout(rng, sizes);
            let source = Source { base: ValueId::new(base), layout, shape: Shape::from(sizes) };
            (source, random(rng, n_elements))
        };
        let (lhs, lhs_elements) = source(LHS, [n_batch, m, k]);
        let (rhs, rhs_elements) = source(RHS, [n_batch, k, n]);
        let n_out = n_batch * m * n;
        let addend = rng.random_bool(0.5).then(|| Addend {
            of: ValueId::new(ADDEND),
            scale: -1.0,
            product_scale: -1.0,
            product_factor: Some(Scalar::Literal(Literal::new(0.5))),
        });
        let mut lengths = vec![lhs_elements.len(), rhs_elements.len(), n_out, n_out];
        let scratch = |n_elements| {
            lengths.push(n_elements);
            ValueId::new(SCRATCH)
        };
        let sources = [lhs, rhs];
        let product = Product::new(ValueId::new(OUT), F::DTYPE, &sources, addend, scratch);
        let mut end = 0;
        let place = |n_elements| {
            let place = Place::Arena { offset: end, n_elements };
            end = (end + n_elements * F::DTYPE.n_bytes()).next_multiple_of(64);
            place
        };
        let mut places: Vec<_> = lengths.into_iter().map(place).collect();
        if rng.random_bool(0.5) {
            places[ADDEND] = places[OUT];
        }
        let values = [lhs_elements, rhs_elements, vec![lit(f64::NAN); n_out], random(rng, n_out)];
        Self { product, sources, places, n_bytes: end, values }
    }

    fn run(&self, instructions: InstructionSet) -> Vec<F> {
        let mut arena = Arena::new(self.n_bytes).expect("the memory is there");
        let mut table = LeafTable::default();
        let leaves = Leaves::new(&mut table, 0);
        let mut memory = Memory::new(&mut arena, &leaves, &self.places);
        for (index, values) in self.values.iter().enumerate() {
            memory.write(ValueId::new(index), 0..values.len()).copy_from_slice(values);
        }
        let split = self.product.split().expect("products can be split");
        self.product.compute(&mut memory, instructions, split.all());
        memory.read(ValueId::new(OUT)).to_vec()
    }

    /// The result by a plain loop in double precision, with the error that is granted to each element.
    fn expected(&self) -> Vec<(f64, f64)> {
        let ProductSizes { m, k, n } = self.product.sizes;
        let positions = self
            .sources
            .each_ref()
            .map(|source| source.layout.positions(&source.shape).collect::<Vec<_>>());
        let unit = if F::DTYPE == DType::F32 { f32::EPSILON.into() } else { f64::EPSILON };
        let element = |at: usize| {
            let (batch, row, column) = (at / (m * n), at / n % m, at % n);
            let (mut sum, mut magnitudes) = (0.0, 0.0);
            for inner in 0..k {
                let a = self.values[LHS][positions[LHS][(batch * m + row) * k + inner]];
                let b = self.values[RHS][positions[RHS][(batch * k + inner) * n + column]];
                sum += a.to_f64() * b.to_f64();
                magnitudes += (a.to_f64() * b.to_f64()).abs();
            }
            if self.product.addend.is_some() {
                let addend = self.values[ADDEND][at].to_f64();
                (sum, magnitudes) = (-addend - 0.5 * sum, addend.abs() + magnitudes);
            }
            (sum, (k + 1) as f64 * unit * magnitudes)
        };
        (0..self.values[OUT].len()).map(element).collect()
    }
}

fn random<F: FloatBits>(rng: &mut ChaCha8Rng, n: usize) -> Vec<F> {
    (0..n).map(|_| lit(rng.random_range(-1.0..1.0))).collect()
}

/// Computes a product by each instruction set, and compares; returns the method.
fn check<F: Multiply + HorizontalSum>(
    rng: &mut ChaCha8Rng,
    n_batch: usize,
    sizes: [usize; 3],
) -> Method {
    let case = Case::<F>::new(rng, n_batch, sizes);
    let expected = case.expected();
    for instructions in InstructionSet::available() {
        for (at, (ours, (meant, error))) in case.run(instructions).iter().zip(&expected).enumerate()
        {
            assert!(
                (ours.to_f64() - meant).abs() <= *error,
                "{:?} by {}: {ours:?} instead of {meant} at {at}",
                case.product,
                instructions.name()
            );
        }
    }
    case.product.method
}

#[test]
fn products_of_all_layouts_equal_a_plain_loop() {
    let (mut rng, mut seen) = (ChaCha8Rng::seed_from_u64(1), [0; 6]);
    for round in 0..800 {
        // Small ones, any, tall ones with few columns, and long sums of wide ones.
        let ranges = [
            [1..=4, 1..=4, 1..=4],
            [1..=40, 1..=40, 1..=40],
            [20..=150, 50..=150, 1..=12],
            [14..=20, 60..=150, 60..=80],
        ];
        let sizes = ranges[round % 4].clone().map(|range| match rng.random_bool(0.1) {
            true => 1,
            false => rng.random_range(range),
        });
        let n_batch = rng.random_range(1..=2);
        for method in
            [check::<f32>(&mut rng, n_batch, sizes), check::<f64>(&mut rng, n_batch, sizes)]
        {
            seen[match method {
                Method::Library => 0,
                Method::Transposed(_) => 1,
                Method::Blocks => 2,
                Method::BlocksOfCopy(_) => 3,
                Method::Column => 4,
                Method::Rows => 5,
            }] += 1;
        }
    }
    assert!(seen.into_iter().all(|n| n >= 5), "every method is tested: {seen:?}");
}

/// Rows of a matrix, and columns of another, of `n` elements.
fn check_positions<F: Multiply + HorizontalSum>(rng: &mut ChaCha8Rng, n: usize) {
    let (elements, vector): (Vec<F>, Vec<F>) = (random(rng, 45 * n), random(rng, n));
    let (rows, vector) = (Matrix::by_rows(&elements, n), Matrix::by_rows(&vector, 1));
    let columns = Matrix::by_rows(&elements, 45).t();
    for instructions in InstructionSet::available() {
        for matrix in [rows, columns] {
            let mut whole = vec![lit(0.0); 45];
            vector::multiply(instructions, matrix, vector, Combination::OVERWRITE, &mut whole);
            for first in 0..45 {
                let mut part = vec![lit(0.0); 45 - first];
                let rows = matrix.rows(first, 45 - first);
                vector::multiply(instructions, rows, vector, Combination::OVERWRITE, &mut part);
                assert_eq!(part, whole[first..], "{n} elements from {first} on");
            }
        }
    }
}

#[test]
fn an_element_does_not_depend_on_its_neighbors() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    for n in [1, 2, 7, 8, 9, 31, 100] {
        check_positions::<f32>(&mut rng, n);
        check_positions::<f64>(&mut rng, n);
    }
}
