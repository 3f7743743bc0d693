//! Newton's method with a sparse Hessian: the equation −u″ + sinh u = f on an interval, as the minimum of an energy of
//! ten thousand unknowns. Each unknown meets its two neighbors only, so that three Hessian–vector products give all
//! second derivatives, and each step solves a tridiagonal system.

use retrograd::prelude::*;

const N: usize = 10_000;

fn main() -> Result<(), retrograd::Error> {
    let g = Graph::with_dtype(DType::F64);
    let h = 1.0 / N as f64;
    let force: Vec<f64> = (0..N).map(|k| 10.0 * (7.0 * h * k as f64).sin()).collect();
    let (u, force) = (g.input("u", [N]), g.constant(force));
    let slope = (u.slice(0, 1..) - u.slice(0, ..N - 1)) / h;
    let energy = h * (0.5 * slope.square().sum() + (u.cosh() - force * u).sum());

    let (gradient, hessian) = (energy.grad(&[u])[0], energy.sparse_hessian(u));
    let plan = Plan::compile(&[gradient, hessian.values], &[])?;
    let mut workspace = plan.workspace();
    println!("unknowns: {N}");
    println!("entries of the Hessian: {}", hessian.rows.len());
    println!("Hessian-vector products: {}", hessian.n_sweeps);

    let (mut solution, mut size) = (Tensor::from(vec![0.0; N]), f64::INFINITY);
    for step in 1.. {
        plan.run(&mut workspace, &Params::new(), &[("u", solution.view())])?;
        let [gradient, entries] = [0, 1].map(|k| workspace.output(k).to_tensor().to_vec::<f64>());
        let change = solve_tridiagonal(&hessian.rows, &hessian.columns, &entries, gradient);
        let moved = solution.to_vec::<f64>().into_iter().zip(&change).map(|(u, change)| u - change);
        solution = Tensor::from(moved.collect::<Vec<_>>());
        let last =
            std::mem::replace(&mut size, change.iter().fold(0.0, |a: f64, b| a.max(b.abs())));
        println!("step {step}: largest change {size:.1e}");
        if size < 1e-8 || size >= last {
            break;
        }
    }
    println!("largest change at the end: {size:e}");
    Ok(())
}

/// Solves `A·x = b` by elimination (Thomas), where the entries of `A` are beside its diagonal at most.
fn solve_tridiagonal(rows: &[usize], columns: &[usize], a: &[f64], mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    let [mut below, mut diagonal, mut above] = [(); 3].map(|()| vec![0.0; n]);
    for ((&row, &column), &entry) in rows.iter().zip(columns).zip(a) {
        [&mut above, &mut diagonal, &mut below][row + 1 - column][row] = entry;
    }
    for k in 1..n {
        let factor = below[k] / diagonal[k - 1];
        diagonal[k] -= factor * above[k - 1];
        b[k] -= factor * b[k - 1];
    }
    for k in (0..n).rev() {
        let next = if k + 1 < n { above[k] * b[k + 1] } else { 0.0 };
        b[k] = (b[k] - next) / diagonal[k];
    }
    b
}
