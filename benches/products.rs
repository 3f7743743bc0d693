//! The matrix products of a step, to be run alone: what the library allocates inside them is counted apart.

use retrograd::DType;

use crate::{
    Problem,
    by_hand::{Matrix, Number, Products, number},
};

/// A product, of zeros.
pub type Product = Box<dyn FnMut()>;

/// The matrix products of the step of a problem.
pub fn products(problem: &Problem) -> Vec<Product> {
    match problem.dtype {
        DType::F32 => all::<f32>(problem),
        DType::F64 => all::<f64>(problem),
        DType::I64 | DType::Bool => unreachable!("workloads compute with f32 or f64"),
    }
}

fn all<F: Number>(problem: &Problem) -> Vec<Product> {
    let (n, mut products) = (problem.workload.n, Vec::new());
    for (k, width) in problem.workload.widths.windows(2).enumerate() {
        let [n_in, n_out] = [width[0], width[1]];
        products.push(product::<F>([n, n_in, n_out], [false, false]));
        products.push(product::<F>([n_in, n, n_out], [true, false]));
        if k > 0 {
            products.push(product::<F>([n, n_out, n_in], [false, true]));
        }
    }
    products
}

/// A product `[m, k] × [k, n]`, each operand transposed or not.
fn product<F: Number>(
    [m, k, n]: [usize; 3],
    [a_is_transposed, b_is_transposed]: [bool; 2],
) -> Product {
    let [a, b, mut out] = [m * k, k * n, m * n].map(|size| vec![F::default(); size]);
    let mut products = Products::new(1);
    Box::new(move || {
        let a = if a_is_transposed { Matrix::new(&a, m).t() } else { Matrix::new(&a, k) };
        let b = if b_is_transposed { Matrix::new(&b, k).t() } else { Matrix::new(&b, n) };
        products.multiply([number(0.0), number(1.0)], a, b, &mut out);
    })
}
