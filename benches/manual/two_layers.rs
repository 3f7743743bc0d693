//! A multilayer perceptron with one hidden layer by hand.

use crate::{
    Problem, elements,
    manual::{
        Manual, Matrix, add_bias, cross_entropy, multiply,
        regression::{labels, param},
        sum_rows,
    },
};

/// `mean cross entropy` of `relu(xW₁ + b₁)W₂ + b₂` and its gradient.
pub struct TwoLayers {
    hidden: Vec<f32>,
    logits: Vec<f32>,
    d_hidden: Vec<f32>,
    gradients: [Vec<f32>; 4],
}

impl TwoLayers {
    /// Buffers for a problem.
    pub fn new(problem: &Problem) -> Self {
        let (n, widths) = problem.kind.sizes();
        let [n_in, n_hidden, n_out] = *widths else { panic!("the model has one hidden layer") };
        Self {
            hidden: vec![0.0; n * n_hidden],
            logits: vec![0.0; n * n_out],
            d_hidden: vec![0.0; n * n_hidden],
            gradients: [n_in * n_hidden, n_hidden, n_hidden * n_out, n_out]
                .map(|size| vec![0.0; size]),
        }
    }

    fn loss(&mut self, problem: &Problem, keep_gradient: bool) -> f32 {
        let (n, widths) = problem.kind.sizes();
        let [w1, b1, w2, b2] = [0, 1, 2, 3].map(|k| elements(param(problem, k)));
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x, Matrix::new(w1, widths[0], widths[1]), &mut self.hidden);
        for row in self.hidden.chunks_exact_mut(widths[1]) {
            row.iter_mut().zip(b1).for_each(|(h, b)| *h = (*h + b).max(0.0));
        }
        let hidden = Matrix::new(&self.hidden, n, widths[1]);
        multiply(hidden, Matrix::new(w2, widths[1], widths[2]), &mut self.logits);
        add_bias(&mut self.logits, b2);
        cross_entropy(&mut self.logits, labels(problem), widths[2], keep_gradient)
    }
}

impl Manual for TwoLayers {
    fn forward(&mut self, problem: &Problem) -> f32 {
        self.loss(problem, false)
    }

    fn gradient(&mut self, problem: &Problem) -> f32 {
        let loss = self.loss(problem, true);
        let (n, widths) = problem.kind.sizes();
        let [d_w1, d_b1, d_w2, d_b2] = &mut self.gradients;
        let delta = Matrix::new(&self.logits, n, widths[2]);
        multiply(Matrix::new(&self.hidden, n, widths[1]).t(), delta, d_w2);
        sum_rows(&self.logits, d_b2);
        let w2 = Matrix::new(elements(param(problem, 2)), widths[1], widths[2]);
        multiply(delta, w2.t(), &mut self.d_hidden);
        for (d, &h) in self.d_hidden.iter_mut().zip(&self.hidden) {
            *d = if h > 0.0 { *d } else { 0.0 };
        }
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x.t(), Matrix::new(&self.d_hidden, n, widths[1]), d_w1);
        sum_rows(&self.d_hidden, d_b1);
        loss
    }

    fn gradients(&self) -> Vec<&[f32]> {
        self.gradients.iter().map(Vec::as_slice).collect()
    }
}
