//! A chain of elementwise functions of many numbers: `a ← exp(sigmoid(tanh(a·x + 0.1)))`, four times from `a = x`,
//! then `Σa`.

use std::thread;

use retrograd::{Elements, Expr, Graph, Tensor};

use crate::{
    Manual, Problem, Task,
    by_hand::{Number, number, vectorized},
};

/// The sum, and the numbers that it is differentiated by, as a user writes it.
pub fn loss<'g>(problem: &Problem, g: &'g Graph) -> (Expr<'g>, Expr<'g>) {
    let x = g.input("x", problem.x.shape());
    let mut a = x;
    for _ in 0..4 {
        a = (a * x + 0.1).tanh().sigmoid().exp();
    }
    (a.sum(), x)
}

/// The same by hand: one pass, in which values and derivatives of a block stay in the nearest cache. Since each result
/// depends on one number alone, the derivative is carried forward.
pub struct ByHand<F> {
    x: Tensor,
    gradient: Elements<F>,
    n_threads: usize,
}

impl<F: Number> ByHand<F> {
    /// The numbers of a problem.
    pub fn new(problem: &Problem) -> Self {
        let n = problem.x.shape().n_elements();
        Self { x: problem.x.clone(), gradient: Elements::zeros(n), n_threads: problem.n_threads }
    }
}

impl<F: Number> Manual for ByHand<F> {
    fn run(&mut self, task: Task) -> f64 {
        let x = self.x.view().elements::<F>();
        let work = move |x: &[F], gradient: &mut [F]| match task {
            Task::Forward => sum(x),
            Task::Gradient | Task::Step => sum_and_gradient(x, gradient),
        };
        if self.n_threads == 1 {
            return work(x, &mut self.gradient);
        }
        let n = x.len().div_ceil(self.n_threads);
        thread::scope(|scope| {
            let parts = x.chunks(n).zip(self.gradient.chunks_mut(n));
            let threads: Vec<_> =
                parts.map(|(x, gradient)| scope.spawn(move || work(x, gradient))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("arithmetic does not panic"))
                .sum()
        })
    }

    fn gradients(&self) -> Vec<Tensor> {
        vec![Tensor::from(&self.gradient[..])]
    }
}

/// Numbers added side by side.
const N_LANES: usize = 16;

/// Numbers whose sum joins a total in double precision.
const BLOCK: usize = 512;

/// Some numbers in a block of zeros.
#[inline(always)]
fn block<F: Number>(numbers: &[F]) -> [F; BLOCK] {
    let mut block = [F::default(); BLOCK];
    block[..numbers.len()].copy_from_slice(numbers);
    block
}

/// A round for a block; `slope` has told the derivative before, and does so afterwards. Loops are as short as that many
/// numbers are computed at the same time: one number through all rounds would wait for each of its own results.
#[inline(always)]
fn round<F: Number>(x: &[F; BLOCK], a: &mut [F; BLOCK], slope: Option<&mut [F; BLOCK]>) {
    let one = number::<F>(1.0);
    let mut t = [F::default(); BLOCK];
    for k in 0..BLOCK {
        t[k] = a[k].fused(x[k], number(0.1)).fast_tanh();
    }
    let mut s = [F::default(); BLOCK];
    for k in 0..BLOCK {
        s[k] = t[k].fast_sigmoid();
    }
    match slope {
        None => (0..BLOCK).for_each(|k| a[k] = s[k].fast_exp()),
        Some(slope) => {
            for k in 0..BLOCK {
                let y = s[k].fast_exp();
                let d = slope[k].fused(x[k], a[k]) * (-t[k]).fused(t[k], one);
                slope[k] = d * (-s[k]).fused(s[k], s[k]) * y;
                a[k] = y;
            }
        }
    }
}

/// The sum of the first `n`.
#[inline(always)]
fn sum_of<F: Number>(values: &mut [F; BLOCK], n: usize) -> f64 {
    values[n..].fill(F::default());
    let mut lanes = [F::default(); N_LANES];
    for group in values.as_chunks::<N_LANES>().0 {
        for (lane, &x) in lanes.iter_mut().zip(group) {
            *lane += x;
        }
    }
    lanes.iter().map(|lane| lane.to_f64()).sum()
}

vectorized! {
    fn sum<F: Number>(x: &[F]) -> f64 {
        let mut total = 0.0;
        for part in x.chunks(BLOCK) {
            let x = block(part);
            let mut a = x;
            for _ in 0..4 {
                round(&x, &mut a, None);
            }
            total += sum_of(&mut a, part.len());
        }
        total
    }
}

vectorized! {
    fn sum_and_gradient<F: Number>(x: &[F], gradient: &mut [F]) -> f64 {
        let mut total = 0.0;
        for (part, gradient) in x.chunks(BLOCK).zip(gradient.chunks_mut(BLOCK)) {
            let x = block(part);
            let (mut a, mut slope) = (x, [number(1.0); BLOCK]);
            for _ in 0..4 {
                round(&x, &mut a, Some(&mut slope));
            }
            gradient.copy_from_slice(&slope[..part.len()]);
            total += sum_of(&mut a, part.len());
        }
        total
    }
}
