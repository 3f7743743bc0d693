//! Schedules: learning rates that change during training.

use std::f64::consts::PI;

/// The learning rate in the course of training, as a share of the optimizer's.
///
/// ```
/// use retrograd_layers::Schedule;
///
/// assert_eq!(Schedule::Linear.share(0.25), 0.75);
/// assert!((Schedule::Cosine.share(0.5) - 0.5).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// A constant rate.
    #[default]
    Constant,
    /// Linear decay to zero: `1 − s`.
    Linear,
    /// Cosine decay to zero, `½(1 + cos πs)`: slow at the start and at the end (Loshchilov & Hutter 2016,
    /// arXiv:1608.03983).
    Cosine,
}

impl Schedule {
    /// The factor of the learning rate after a fraction `s` of all steps, `0 ≤ s ≤ 1`.
    pub fn share(self, s: f64) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - s,
            Schedule::Cosine => 0.5 * (1.0 + (PI * s).cos()),
        }
    }
}
