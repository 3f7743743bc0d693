//! Perceptrons of any depth that tell classes: the mean cross entropy of their outputs.

use retrograd::{
    DType, Elements, Expr, Graph, Tensor,
    layers::{Activation, Loss, Mlp, Model},
};

use crate::{
    Manual, Problem, Task,
    by_hand::{Matrix, Number, Products, number},
    models::rows::{
        N_CLASSES, cross_entropy, gelu, gelu_with_slope, relu, slope_of_relu, times_slope,
    },
};

/// The loss, as a user writes it.
pub fn loss<'g>(problem: &Problem, g: &'g Graph) -> Expr<'g> {
    let workload = problem.workload;
    let (x, t) = (g.input("x", problem.x.shape()), g.input_as("t", DType::I64, [workload.n]));
    let mlp = Mlp::new(workload.widths).activation(workload.activation);
    mlp.apply(&g.bind(&problem.params), x).cross_entropy(t).mean()
}

/// The same by hand.
pub struct ByHand<F> {
    x: Tensor,
    t: Tensor,
    activation: Activation,
    rate: F,
    products: Products<F>,
    params: Vec<Linear<F>>,
    gradients: Vec<Linear<F>>,
    hidden: Vec<Hidden<F>>,
    /// The outputs of the last layer, then the gradient by them.
    logits: Elements<F>,
}

/// Parameters of a layer, or their gradients.
struct Linear<F> {
    weight: Elements<F>,
    bias: Elements<F>,
}

/// The stored values of a hidden layer, all `[n, width]`.
struct Hidden<F> {
    width: usize,
    /// Its outputs.
    y: Elements<F>,
    /// The slope of its activation at each of them, unless `y` tells.
    slope: Elements<F>,
    /// The gradient by what the activation is applied to.
    delta: Elements<F>,
}

impl<F: Number> ByHand<F> {
    /// The parameters of a problem, and room for everything else.
    pub fn new(problem: &Problem) -> Self {
        let workload = problem.workload;
        let (n, widths) = (workload.n, workload.widths);
        assert_eq!(widths.last(), Some(&N_CLASSES));
        let param = |k| problem.param(k).into();
        let layer = |k| Linear { weight: param(2 * k), bias: param(2 * k + 1) };
        let params: Vec<Linear<F>> = (0..widths.len() - 1).map(layer).collect();
        let gradients = params.iter().map(|layer| Linear {
            weight: Elements::zeros(layer.weight.len()),
            bias: Elements::zeros(layer.bias.len()),
        });
        let hidden = widths[1..widths.len() - 1].iter().map(|&width| Hidden {
            width,
            y: Elements::zeros(n * width),
            slope: Elements::zeros(if workload.activation == Activation::Relu {
                0
            } else {
                n * width
            }),
            delta: Elements::zeros(n * width),
        });
        Self {
            x: problem.x.clone(),
            t: problem.t.clone(),
            activation: workload.activation,
            rate: number(workload.learning_rate),
            products: Products::new(problem.n_threads),
            gradients: gradients.collect(),
            hidden: hidden.collect(),
            logits: Elements::zeros(n * N_CLASSES),
            params,
        }
    }

    /// The mean loss; `logits` become the gradient by themselves, and their bias gets its gradient.
    fn forward(&mut self, keeps_slopes: bool) -> f64 {
        let mut x = self.x.view().elements::<F>();
        for (layer, hidden) in self.params.iter().zip(&mut self.hidden) {
            let overwrite = [number(0.0), number(1.0)];
            let n_in = layer.weight.len() / hidden.width;
            let (a, b) = (Matrix::new(x, n_in), Matrix::new(&layer.weight, hidden.width));
            self.products.multiply(overwrite, a, b, &mut hidden.y);
            match self.activation {
                Activation::Relu => relu(&mut hidden.y, &layer.bias),
                Activation::GeluTanh if keeps_slopes => {
                    gelu_with_slope(&mut hidden.y, &layer.bias, &mut hidden.slope)
                }
                Activation::GeluTanh => gelu(&mut hidden.y, &layer.bias),
                other => unreachable!("no workload has {} in it", other.name()),
            }
            x = &hidden.y;
        }
        let last = self.params.len() - 1;
        let (layer, gradient) = (&self.params[last], &mut self.gradients[last]);
        let (a, b) =
            (Matrix::new(x, layer.weight.len() / N_CLASSES), Matrix::new(&layer.weight, N_CLASSES));
        self.products.multiply([number(0.0), number(1.0)], a, b, &mut self.logits);
        let labels = self.t.view().elements::<i64>();
        cross_entropy(&mut self.logits, &layer.bias, labels, &mut gradient.bias)
    }

    /// Gradients of the weights, or at once the weights less their gradients times the learning rate; and gradients of
    /// the biases.
    fn backward(&mut self, task: Task) {
        for k in (0..self.params.len()).rev() {
            let (before, after) = self.hidden.split_at_mut(k);
            let (delta, width) = match after.first() {
                Some(hidden) => (&hidden.delta, hidden.width),
                None => (&self.logits, N_CLASSES),
            };
            let weight = &mut self.params[k].weight;
            let x = match before.last_mut() {
                None => self.x.view().elements::<F>(),
                Some(hidden) => {
                    // Before the weight is updated.
                    let (a, b) = (Matrix::new(delta, width), Matrix::new(weight, width).t());
                    self.products.multiply([number(0.0), number(1.0)], a, b, &mut hidden.delta);
                    let d_bias = &mut self.gradients[k - 1].bias;
                    if self.activation == Activation::Relu {
                        slope_of_relu(&mut hidden.delta, &hidden.y, d_bias);
                    } else {
                        times_slope(&mut hidden.delta, &hidden.slope, d_bias);
                    }
                    &hidden.y
                }
            };
            let (scales, out) = match task {
                Task::Step => ([number(1.0), -self.rate], weight),
                Task::Gradient | Task::Forward => {
                    ([number(0.0), number(1.0)], &mut self.gradients[k].weight)
                }
            };
            let a = Matrix::new(x, out.len() / width).t();
            self.products.multiply(scales, a, Matrix::new(delta, width), out);
        }
    }
}

impl<F: Number> Manual for ByHand<F> {
    fn run(&mut self, task: Task) -> f64 {
        let loss = self.forward(task != Task::Forward);
        if task != Task::Forward {
            self.backward(task);
        }
        if task == Task::Step {
            for (layer, gradient) in self.params.iter_mut().zip(&self.gradients) {
                for (b, &d) in layer.bias.iter_mut().zip(&gradient.bias[..]) {
                    *b = *b - self.rate * d;
                }
            }
        }
        loss
    }

    fn gradients(&self) -> Vec<Tensor> {
        let layers = self.gradients.iter();
        layers
            .flat_map(|layer| [&layer.weight, &layer.bias])
            .map(|d| Tensor::from(&d[..]))
            .collect()
    }
}
