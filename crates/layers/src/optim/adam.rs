//! Adam, and AdamW.

use retrograd_core::Expr;

use crate::{
    Error,
    optim::{Optimizer, Updates, require, require_not_negative, require_rate, without_subnormals},
};

/// Adam (Kingma & Ba 2014, arXiv:1412.6980). Each weight moves by about the learning rate, independent of the scale of
/// its gradient.
///
/// With the gradient `d` in step `t`, in the conventions of PyTorch's `Adam` and `AdamW`:
///
/// - `m ← β₁m + (1 − β₁)d` and `v ← β₂v + (1 − β₂)d²`
/// - `w ← w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε)`
///
/// Weight decay `λ` is [decoupled](Self::weight_decay), or [added to the gradient](Self::l2).
///
/// ```
/// use retrograd_core::{Graph, Params, Tensor};
/// use retrograd_layers::{Adam, Optimizer};
///
/// let mut params = Params::new();
/// params.insert("w", Tensor::from([3.0f32, -4.0]));
/// let g = Graph::new();
/// let loss = g.bind(&params).param("w").square().sum();
///
/// let mut step = Adam::new(0.1).compile(loss)?;
/// let mut state = step.initial_state();
/// for _ in 0..200 {
///     step.run(&mut params, &mut state, &[])?;
/// }
/// assert!(step.run(&mut params, &mut state, &[])? < 1e-3);
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    learning_rate: f64,
    betas: (f64, f64),
    epsilon: f64,
    l2: f64,
    weight_decay: f64,
}

impl Adam {
    /// Adam with `β = (0.9, 0.999)`, `ε = 10⁻⁸` and no weight decay.
    pub fn new(learning_rate: f64) -> Self {
        Self { learning_rate, betas: (0.9, 0.999), epsilon: 1e-8, l2: 0.0, weight_decay: 0.0 }
    }

    /// Sets the decay rates of the averages of the gradient and of its square (default 0.9 and 0.999).
    pub fn betas(self, of_gradient: f64, of_square: f64) -> Self {
        Self { betas: (of_gradient, of_square), ..self }
    }

    /// Sets `ε`, which keeps a step finite if gradients vanish (default `10⁻⁸`).
    pub fn epsilon(self, epsilon: f64) -> Self {
        Self { epsilon, ..self }
    }

    /// Sets the L2 coefficient `λ` (default 0): adds `λw` to the gradient before averaging, as `weight_decay` of
    /// PyTorch's `Adam`.
    pub fn l2(self, l2: f64) -> Self {
        Self { l2, ..self }
    }

    /// Sets the decoupled weight decay `λ` (default 0): `w ← (1 − ηλ)w` before the step, as in AdamW (Loshchilov & Hutter 2017,
    /// arXiv:1711.05101).
    pub fn weight_decay(self, weight_decay: f64) -> Self {
        Self { weight_decay, ..self }
    }
}

impl Optimizer for Adam {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn validate(&self) -> Result<(), Error> {
        require_rate(self.learning_rate)?;
        let (of_gradient, of_square) = self.betas;
        for (name, beta) in
            [("decay rate β₁ of Adam", of_gradient), ("decay rate β₂ of Adam", of_square)]
        {
            require(name, beta, (0.0..1.0).contains(&beta), "from 0 to 1, and less than 1")?;
        }
        require_not_negative("ε of Adam", self.epsilon)?;
        require_not_negative("share of λw in the gradient", self.l2)?;
        require_not_negative("weight decay", self.weight_decay)
    }

    fn new_value<'g>(
        &self,
        updates: &mut Updates<'g>,
        w: Expr<'g>,
        gradient: Expr<'g>,
    ) -> Expr<'g> {
        let (rate, t) = (updates.learning_rate(), updates.step());
        let d = if self.l2 == 0.0 { gradient } else { gradient + self.l2 * w };
        let (beta1, beta2) = self.betas;
        let m = average(updates, "mean", w, beta1, d);
        let v = average(updates, "square", w, beta2, d.square());
        let root = v.sqrt() / one_minus_power(beta2, t).sqrt() + self.epsilon;
        let step = rate / one_minus_power(beta1, t) * (m / root);
        match self.weight_decay == 0.0 {
            true => w - step,
            false => w * (1.0 - self.weight_decay * rate) - step,
        }
    }
}

/// Records the running average `a ← βa + (1 − β)x`; gives its new value.
#[track_caller]
fn average<'g>(
    updates: &mut Updates<'g>,
    what: &str,
    w: Expr<'g>,
    beta: f64,
    x: Expr<'g>,
) -> Expr<'g> {
    let a = updates.state(what, w);
    let new = without_subnormals(beta * a + (1.0 - beta) * x);
    updates.set(a, new);
    new
}

/// `1 − βᵗ`, the total weight in an average of `t` numbers. By `expm1`, since in `f32` the difference of 1 and 0.999
/// has four good digits.
#[track_caller]
fn one_minus_power(beta: f64, t: Expr<'_>) -> Expr<'_> {
    -(t * beta.ln()).expm1()
}
