//! A perceptron so small that everything but arithmetic counts: `mean (tanh(xW₁ + b₁)W₂ + b₂ − t)²`.
//!
//! The user's version is [`regression::loss`](super::regression::loss).

use retrograd::Tensor;

use crate::{
    Manual, Problem, Task,
    by_hand::{Number, number, vectorized},
};

const N_IN: usize = 2;
const N_HIDDEN: usize = 8;

/// The same by hand: all in arrays of fixed length.
pub struct ByHand<F> {
    x: Vec<[F; N_IN]>,
    t: Vec<F>,
    rate: F,
    params: Layers<F>,
    gradients: Layers<F>,
}

/// Parameters, or their gradients.
#[derive(Clone, Copy, Default)]
struct Layers<F> {
    w1: [[F; N_HIDDEN]; N_IN],
    b1: [F; N_HIDDEN],
    w2: [F; N_HIDDEN],
    b2: F,
}

impl<F: Number> ByHand<F> {
    /// The parameters of a problem.
    pub fn new(problem: &Problem) -> Self {
        let fits = "the widths are those of this model";
        let (x, w1) = (problem.x.view().elements::<F>(), problem.param::<F>(0));
        let params = Layers {
            w1: w1.as_chunks().0.try_into().expect(fits),
            b1: problem.param(1).try_into().expect(fits),
            w2: problem.param(2).try_into().expect(fits),
            b2: problem.param(3)[0],
        };
        Self {
            x: x.as_chunks().0.to_vec(),
            t: problem.t.to_vec(),
            rate: number(problem.workload.learning_rate),
            params,
            gradients: Layers::default(),
        }
    }
}

impl<F: Number> Manual for ByHand<F> {
    fn run(&mut self, task: Task) -> f64 {
        let Self { x, t, rate, params, gradients } = self;
        match task {
            Task::Forward => squares(x, t, params),
            Task::Gradient => gradient(x, t, params, gradients),
            Task::Step => step(x, t, *rate, params),
        }
        .to_f64()
    }

    fn gradients(&self) -> Vec<Tensor> {
        let Layers { w1, b1, w2, b2 } = self.gradients;
        [w1.concat(), b1.to_vec(), w2.to_vec(), vec![b2]].map(Tensor::from).into()
    }
}

#[inline(always)]
fn hidden<F: Number>(params: &Layers<F>, x: &[F; N_IN]) -> [F; N_HIDDEN] {
    let mut h = params.b1;
    for (weights, &x) in params.w1.iter().zip(x) {
        for (h, w) in h.iter_mut().zip(weights) {
            *h = w.fused(x, *h);
        }
    }
    h.map(F::fast_tanh)
}

#[inline(always)]
fn output<F: Number>(params: &Layers<F>, h: &[F; N_HIDDEN]) -> F {
    let mut products = [F::default(); N_HIDDEN];
    for k in 0..N_HIDDEN {
        products[k] = h[k] * params.w2[k];
    }
    let fours = [0, 1, 2, 3].map(|k| products[k] + products[k + 4]);
    (fours[0] + fours[2]) + (fours[1] + fours[3]) + params.b2
}

#[inline(always)]
fn loss_and_gradient<F: Number>(x: &[[F; N_IN]], t: &[F], params: &Layers<F>) -> (F, Layers<F>) {
    let scale = number::<F>(1.0 / t.len() as f64);
    let (mut loss, mut sums) = (F::default(), Layers::default());
    for (x, &t) in x.iter().zip(t) {
        let h = hidden(params, x);
        let residual = output(params, &h) - t;
        loss = (residual * scale).fused(residual, loss);
        let d = (residual + residual) * scale;
        sums.b2 += d;
        for (k, h) in h.into_iter().enumerate() {
            sums.w2[k] = h.fused(d, sums.w2[k]);
            let d = d * params.w2[k] * (-h).fused(h, number(1.0));
            sums.b1[k] += d;
            sums.w1[0][k] = d.fused(x[0], sums.w1[0][k]);
            sums.w1[1][k] = d.fused(x[1], sums.w1[1][k]);
        }
    }
    (loss, sums)
}

vectorized! {
    @narrow fn squares<F: Number>(x: &[[F; N_IN]], t: &[F], params: &Layers<F>) -> F {
        let mut squares = F::default();
        for (x, &t) in x.iter().zip(t) {
            let residual = output(params, &hidden(params, x)) - t;
            squares = residual.fused(residual, squares);
        }
        squares * number(1.0 / t.len() as f64)
    }
}

vectorized! {
    @narrow fn gradient<F: Number>(x: &[[F; N_IN]], t: &[F], params: &Layers<F>, out: &mut Layers<F>) -> F {
        let (loss, sums) = loss_and_gradient(x, t, params);
        *out = sums;
        loss
    }
}

vectorized! {
    @narrow fn step<F: Number>(x: &[[F; N_IN]], t: &[F], rate: F, params: &mut Layers<F>) -> F {
        let (loss, sums) = loss_and_gradient(x, t, params);
        for k in 0..N_HIDDEN {
            params.w1[0][k] = sums.w1[0][k].fused(-rate, params.w1[0][k]);
            params.w1[1][k] = sums.w1[1][k].fused(-rate, params.w1[1][k]);
            params.b1[k] = sums.b1[k].fused(-rate, params.b1[k]);
            params.w2[k] = sums.w2[k].fused(-rate, params.w2[k]);
        }
        params.b2 = sums.b2.fused(-rate, params.b2);
        loss
    }
}
