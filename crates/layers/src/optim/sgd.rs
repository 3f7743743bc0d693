//! Stochastic gradient descent.

use retrograd_core::Expr;

use crate::{
    Error,
    optim::{Optimizer, Updates, require, require_not_negative, require_rate, without_subnormals},
};

/// Gradient descent `w ← w − η·d`, where `d` is the gradient, or a momentum of it.
///
/// With weight decay `λ`, momentum `μ` and dampening `τ`, in the conventions of PyTorch's `SGD`:
///
/// - `d = ∂L/∂w + λw`
/// - `m ← d` in the first step, later `m ← μm + (1 − τ)d`
/// - `w ← w − η·m`, or by Nesterov's rule `w ← w − η(d + μm)`
///
/// ```
/// use retrograd_core::{Graph, Params, Tensor};
/// use retrograd_layers::{Optimizer, Sgd};
///
/// let mut params = Params::new();
/// params.insert("w", Tensor::from([3.0f32, -4.0]));
/// let g = Graph::new();
/// let loss = 0.5 * g.bind(&params).param("w").square().sum();
///
/// let mut step = Sgd::new(0.1).momentum(0.9).compile(loss)?;
/// let mut state = step.initial_state();
/// assert_eq!(step.run(&mut params, &mut state, &[])?, 12.5);
/// let w = params.get("w").map(Tensor::to_vec::<f32>).unwrap_or_default();
/// assert!((w[0] - 2.7).abs() < 1e-6 && (w[1] + 3.6).abs() < 1e-6);
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    learning_rate: f64,
    momentum: f64,
    dampening: f64,
    weight_decay: f64,
    is_nesterov: bool,
}

impl Sgd {
    /// Plain gradient descent, without momentum or weight decay.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, momentum: 0.0, dampening: 0.0, weight_decay: 0.0, is_nesterov: false }
    }

    /// Sets the momentum `μ` (default 0): a fraction `μ` of each step is repeated in the next (Polyak 1964).
    pub fn momentum(self, momentum: f64) -> Self {
        Self { momentum, ..self }
    }

    /// Sets the dampening `τ` (default 0): a fraction `1 − τ` of the gradient enters the momentum.
    pub fn dampening(self, dampening: f64) -> Self {
        Self { dampening, ..self }
    }

    /// Enables Nesterov's rule (default off): the next momentum term of the gradient is added ahead of time (Sutskever
    /// et al. 2013). The rule has no effect without momentum.
    pub fn nesterov(self) -> Self {
        Self { is_nesterov: true, ..self }
    }

    /// Sets the weight decay `λ` (default 0), added to the gradient as `λw`: the same as a penalty `λ·`[`l2`](crate::l2).
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }

    /// Records the momentum `m` of the direction `d`.
    #[track_caller]
    fn record_momentum<'g>(self, updates: &mut Updates<'g>, w: Expr<'g>, d: Expr<'g>) -> Expr<'g> {
        let m = updates.state("momentum", w);
        let share = if self.dampening == 0.0 {
            d
        } else {
            let is_first = updates.step().eq(1.0);
            is_first.select(1.0, 1.0 - self.dampening) * d
        };
        let new = without_subnormals(self.momentum * m + share);
        updates.set(m, new);
        new
    }
}

impl Optimizer for Sgd {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), Error> {
        require_rate(self.learning_rate)?;
        require_not_negative("momentum", self.momentum)?;
        require("dampening", self.dampening, self.dampening.is_finite(), "finite")?;
        require_not_negative("weight decay", self.weight_decay)
    }

    fn new_value<'g>(
        &self,
        updates: &mut Updates<'g>,
        w: Expr<'g>,
        gradient: Expr<'g>,
    ) -> Expr<'g> {
        let decays = self.weight_decay != 0.0;
        let d = if decays { gradient + self.weight_decay * w } else { gradient };
        if self.momentum == 0.0 {
            return w - updates.learning_rate() * d;
        }
        let m = self.record_momentum(updates, w, d);
        let direction = if self.is_nesterov { d + self.momentum * m } else { m };
        w - updates.learning_rate() * direction
    }
}
