//! Linear regression: `mean (xW + b − t)²`.

use retrograd::{
    Expr, Graph, Tensor,
    layers::{Loss, Mlp, Model},
};

use crate::{
    Manual, Problem, Task,
    by_hand::{Number, number, vectorized},
};

/// The loss, as a user writes it; of any perceptron, of which linear regression is the one without hidden layer.
pub fn loss<'g>(problem: &Problem, g: &'g Graph) -> Expr<'g> {
    let workload = problem.workload;
    let (x, t) = (g.input("x", problem.x.shape()), g.input("t", problem.t.shape()));
    let mlp = Mlp::new(workload.widths).activation(workload.activation);
    mlp.apply(&g.bind(&problem.params), x).squeeze(1).mse(t).mean()
}

/// Number of features: loops of fixed length are unrolled.
const N: usize = 32;

/// Numbers added side by side.
const N_LANES: usize = 8;

/// The same by hand: one pass over the data computes the loss and the gradient.
pub struct ByHand<F> {
    x: Tensor,
    t: Tensor,
    rate: F,
    weight: [F; N],
    bias: F,
    d_weight: [F; N],
    d_bias: F,
}

impl<F: Number> ByHand<F> {
    /// The parameters of a problem.
    pub fn new(problem: &Problem) -> Self {
        let weight = problem.param::<F>(0);
        Self {
            x: problem.x.clone(),
            t: problem.t.clone(),
            rate: number(problem.workload.learning_rate),
            weight: weight.try_into().expect("one weight for each feature"),
            bias: problem.param(1)[0],
            d_weight: [F::default(); N],
            d_bias: F::default(),
        }
    }
}

impl<F: Number> Manual for ByHand<F> {
    fn run(&mut self, task: Task) -> f64 {
        let (x, t) = (self.x.view().elements::<F>(), self.t.view().elements::<F>());
        let rows = x.as_chunks::<N>().0;
        let n = t.len() as f64;
        if task == Task::Forward {
            return squares(rows, t, &self.weight, self.bias).to_f64() / n;
        }
        let (squares, residuals) =
            squares_and_gradient(rows, t, &self.weight, self.bias, &mut self.d_weight);
        let scale = number::<F>(2.0 / n);
        self.d_weight.iter_mut().for_each(|d| *d = *d * scale);
        self.d_bias = residuals * scale;
        if task == Task::Step {
            for (w, &d) in self.weight.iter_mut().zip(&self.d_weight) {
                *w = d.fused(-self.rate, *w);
            }
            self.bias = self.d_bias.fused(-self.rate, self.bias);
        }
        squares.to_f64() / n
    }

    fn gradients(&self) -> Vec<Tensor> {
        vec![Tensor::from(self.d_weight.to_vec()), Tensor::from(vec![self.d_bias])]
    }
}

#[inline(always)]
fn dot<F: Number>(a: &[F; N], b: &[F; N]) -> F {
    let mut lanes = [F::default(); N_LANES];
    for (a, b) in a.as_chunks::<N_LANES>().0.iter().zip(b.as_chunks::<N_LANES>().0) {
        for k in 0..N_LANES {
            lanes[k] = a[k].fused(b[k], lanes[k]);
        }
    }
    // A loop, since the parts of `map` need not be compiled for the same instructions.
    let mut fours = [F::default(); N_LANES / 2];
    for k in 0..N_LANES / 2 {
        fours[k] = lanes[k] + lanes[k + N_LANES / 2];
    }
    (fours[0] + fours[2]) + (fours[1] + fours[3])
}

vectorized! {
    /// The sum of squared residuals.
    fn squares<F: Number>(rows: &[[F; N]], t: &[F], weight: &[F; N], bias: F) -> F {
        let mut squares = F::default();
        for (row, &t) in rows.iter().zip(t) {
            let residual = dot(row, weight) + (bias - t);
            squares = residual.fused(residual, squares);
        }
        squares
    }
}

vectorized! {
    /// The sums of squared residuals and of residuals; `gradient` becomes the sum of rows times their residuals.
    fn squares_and_gradient<F: Number>(
        rows: &[[F; N]],
        t: &[F],
        weight: &[F; N],
        bias: F,
        gradient: &mut [F; N],
    ) -> (F, F) {
        let (mut squares, mut residuals, mut sum) = (F::default(), F::default(), [F::default(); N]);
        for (row, &t) in rows.iter().zip(t) {
            let residual = dot(row, weight) + (bias - t);
            squares = residual.fused(residual, squares);
            residuals += residual;
            for (sum, &x) in sum.iter_mut().zip(row) {
                *sum = x.fused(residual, *sum);
            }
        }
        *gradient = sum;
        (squares, residuals)
    }
}
