//! A chain of elementwise functions of many numbers: `a ← exp(sigmoid(tanh(a·x + 0.1)))`, four times from `a = x`,
//! then `Σa`.

use std::thread;

use retrograd::{Expr, Graph, Tensor};

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

/// The same by hand: one pass, in which value and derivative of each number stay in registers. Since each result depends
/// on one number alone, the derivative is carried forward.
pub struct ByHand<F> {
    x: Tensor,
    gradient: Vec<F>,
    n_threads: usize,
}

impl<F: Number> ByHand<F> {
    /// The numbers of a problem.
    pub fn new(problem: &Problem) -> Self {
        let n = problem.x.shape().n_elements();
        Self { x: problem.x.clone(), gradient: vec![F::default(); n], n_threads: problem.n_threads }
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
        vec![Tensor::from(self.gradient.clone())]
    }
}

/// Numbers added side by side.
const N_LANES: usize = 16;

/// Numbers whose sum joins a total in double precision.
const BLOCK: usize = 512;

// Rounds are written out, not looped over: the compiler vectorizes innermost loops only.

#[inline(always)]
fn value<F: Number>(x: F) -> F {
    let round = |a: F| a.fused(x, number(0.1)).fast_tanh().fast_sigmoid().fast_exp();
    round(round(round(round(x))))
}

/// The value, and its derivative by `x`.
#[inline(always)]
fn value_and_derivative<F: Number>(x: F) -> (F, F) {
    let one = number::<F>(1.0);
    let round = |(a, d): (F, F)| {
        let t = a.fused(x, number(0.1)).fast_tanh();
        let s = t.fast_sigmoid();
        let y = s.fast_exp();
        (y, d.fused(x, a) * (-t).fused(t, one) * (-s).fused(s, s) * y)
    };
    round(round(round(round((x, one)))))
}

#[inline(always)]
fn sum_of<F: Number>(values: &[F; BLOCK]) -> f64 {
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
        for x in x.chunks(BLOCK) {
            let mut values = [F::default(); BLOCK];
            for (y, &x) in values.iter_mut().zip(x) {
                *y = value(x);
            }
            total += sum_of(&values);
        }
        total
    }
}

vectorized! {
    fn sum_and_gradient<F: Number>(x: &[F], gradient: &mut [F]) -> f64 {
        let mut total = 0.0;
        for (x, gradient) in x.chunks(BLOCK).zip(gradient.chunks_mut(BLOCK)) {
            let mut values = [F::default(); BLOCK];
            for ((y, d), &x) in values.iter_mut().zip(gradient).zip(x) {
                (*y, *d) = value_and_derivative(x);
            }
            total += sum_of(&values);
        }
        total
    }
}
