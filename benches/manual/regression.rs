//! Linear and softmax regression by hand.

use retrograd::Slice;

use crate::{
    Problem, elements,
    manual::{Manual, Matrix, add_bias, cross_entropy, multiply, sum_rows},
};

/// `mean (xW + b − t)²` and its gradient.
pub struct LinearRegression {
    residual: Vec<f32>,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
}

impl LinearRegression {
    /// Buffers for a problem.
    pub fn new(problem: &Problem) -> Self {
        let (n, widths) = problem.kind.sizes();
        Self { residual: vec![0.0; n], d_weight: vec![0.0; widths[0]], d_bias: vec![0.0] }
    }
}

impl Manual for LinearRegression {
    fn forward(&mut self, problem: &Problem) -> f32 {
        let (n, widths) = problem.kind.sizes();
        let [weight, bias] = [0, 1].map(|k| elements(param(problem, k)));
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x, Matrix::new(weight, widths[0], 1), &mut self.residual);
        let mut total = 0.0;
        for (r, t) in self.residual.iter_mut().zip(elements(&problem.t)) {
            *r += bias[0] - t;
            total += *r * *r;
        }
        total / n as f32
    }

    fn gradient(&mut self, problem: &Problem) -> f32 {
        let loss = self.forward(problem);
        let (n, widths) = problem.kind.sizes();
        let scale = 2.0 / n as f32;
        let mut total = 0.0;
        for r in &mut self.residual {
            *r *= scale;
            total += *r;
        }
        self.d_bias[0] = total;
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x.t(), Matrix::new(&self.residual, n, 1), &mut self.d_weight);
        loss
    }

    fn gradients(&self) -> Vec<&[f32]> {
        vec![&self.d_weight, &self.d_bias]
    }
}

/// `mean cross entropy` of `xW + b` and its gradient.
pub struct LogisticRegression {
    logits: Vec<f32>,
    d_weight: Vec<f32>,
    d_bias: Vec<f32>,
}

impl LogisticRegression {
    /// Buffers for a problem.
    pub fn new(problem: &Problem) -> Self {
        let (n, widths) = problem.kind.sizes();
        Self {
            logits: vec![0.0; n * widths[1]],
            d_weight: vec![0.0; widths[0] * widths[1]],
            d_bias: vec![0.0; widths[1]],
        }
    }

    fn loss(&mut self, problem: &Problem, keep_gradient: bool) -> f32 {
        let (n, widths) = problem.kind.sizes();
        let [weight, bias] = [0, 1].map(|k| elements(param(problem, k)));
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x, Matrix::new(weight, widths[0], widths[1]), &mut self.logits);
        add_bias(&mut self.logits, bias);
        cross_entropy(&mut self.logits, labels(problem), widths[1], keep_gradient)
    }
}

impl Manual for LogisticRegression {
    fn forward(&mut self, problem: &Problem) -> f32 {
        self.loss(problem, false)
    }

    fn gradient(&mut self, problem: &Problem) -> f32 {
        let loss = self.loss(problem, true);
        let (n, widths) = problem.kind.sizes();
        let x = Matrix::new(elements(&problem.x), n, widths[0]);
        multiply(x.t(), Matrix::new(&self.logits, n, widths[1]), &mut self.d_weight);
        sum_rows(&self.logits, &mut self.d_bias);
        loss
    }

    fn gradients(&self) -> Vec<&[f32]> {
        vec![&self.d_weight, &self.d_bias]
    }
}

/// Parameter `k` of a problem.
pub(super) fn param(problem: &Problem, k: usize) -> &retrograd::Tensor {
    problem.params.iter().nth(k).expect("the parameters are those of the model").1
}

/// The class labels of a problem.
pub(super) fn labels(problem: &Problem) -> &[i64] {
    match problem.t.as_slice() {
        Slice::I64(labels) => labels,
        other => panic!("labels are integers, not {}", other.dtype()),
    }
}
