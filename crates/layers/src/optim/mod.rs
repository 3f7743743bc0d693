//! Optimizers: the new values of parameters, as expressions of gradients, and the training step compiled from them.
//!
//! An optimizer records its update in the graph of the loss, in the scope `update`. The update is compiled into the
//! same plan as the gradient; it is fused, drawn and checked like every other expression.

mod adam;
mod sgd;
mod step;

pub use adam::Adam;
pub use sgd::Sgd;
pub use step::TrainStep;
pub(crate) use step::number;

use std::collections::HashMap;

use retrograd_core::{DType, Expr, Graph, Tensor, ops::LeafKind};
use retrograd_plan::{CompileOptions, PlanCache};

use crate::{Error, error::located};

/// Name of the input that holds the learning rate.
pub const LEARNING_RATE: &str = "learning_rate";

/// An optimizer: a rule for the new value of a parameter.
///
/// A custom optimizer takes a few lines:
///
/// ```
/// use retrograd_core::{DType, Expr, Graph, Tensor};
/// use retrograd_layers::{Optimizer, Updates};
///
/// /// Steps of equal length along the sign of the gradient.
/// struct SignDescent {
///     learning_rate: f64,
/// }
///
/// impl Optimizer for SignDescent {
///     fn learning_rate(&self) -> f64 {
///         self.learning_rate
///     }
///
///     fn new_value<'g>(&self, updates: &mut Updates<'g>, w: Expr<'g>, gradient: Expr<'g>) -> Expr<'g> {
///         w - updates.learning_rate() * gradient.sign()
///     }
/// }
///
/// let g = Graph::new();
/// let w = g.param("w", [1.0, -1.0]);
/// let updates = Updates::record(&SignDescent { learning_rate: 0.1 }, w.square().sum())?;
/// let (leaf, new_value) = updates.pairs()[0];
/// assert_eq!(leaf.id(), w.id());
/// assert_eq!(new_value.value().to_vec::<f32>(), [0.9, -0.9]);
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
pub trait Optimizer {
    /// The learning rate of a compiled step, until [`TrainStep::set_learning_rate`] changes it.
    fn learning_rate(&self) -> f64;

    /// Validates the learning rate and all other settings of the optimizer.
    ///
    /// # Errors
    /// If a setting is invalid.
    fn validate(&self) -> Result<(), Error> {
        require_rate(self.learning_rate())
    }

    /// Records the new value of the parameter `w`, and the updates of the optimizer state.
    #[track_caller]
    fn new_value<'g>(&self, updates: &mut Updates<'g>, w: Expr<'g>, gradient: Expr<'g>)
    -> Expr<'g>;

    /// Compiles the whole step: loss, gradients by all trainable parameters of its graph, and their updates.
    ///
    /// # Errors
    /// As [`compile_in`](Self::compile_in).
    #[track_caller]
    fn compile(&self, loss: Expr<'_>) -> Result<TrainStep, Error> {
        self.compile_in(loss, &[], &mut PlanCache::new())
    }

    /// Compiles the whole step with other options: checked, in some threads, on another backend.
    ///
    /// ```
    /// use retrograd_core::{Graph, Params};
    /// use retrograd_layers::{Optimizer, Sgd};
    /// use retrograd_plan::CompileOptions;
    ///
    /// let g = Graph::new();
    /// let w = g.param("w", [1.0, -1.0]);
    /// let mut step = Sgd::new(0.1).compile_with(w.log().sum(), CompileOptions::new().checked())?;
    /// let mut params = g.recorded_params();
    /// let error = step.run(&mut params, &mut Params::new(), &[]).unwrap_err().to_string();
    /// assert!(error.starts_with("`log(w)` [2] is NaN at [1]"));
    /// # Ok::<(), retrograd_layers::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compile_in`](Self::compile_in), and if the backend lacks an operation.
    #[track_caller]
    fn compile_with(&self, loss: Expr<'_>, options: CompileOptions) -> Result<TrainStep, Error> {
        self.compile_in(loss, &[], &mut PlanCache::with_options(options))
    }

    /// Compiles the whole step, with more outputs besides the loss, unless a plan of this structure is in `cache`.
    ///
    /// # Errors
    /// If the optimizer's numbers make no sense, the loss is not a scalar, its graph has no trainable parameter, or an
    /// output is of another graph; and if updates have been recorded in this graph before, or one of its leaves is called
    /// [`LEARNING_RATE`].
    #[track_caller]
    fn compile_in<'g>(
        &self,
        loss: Expr<'g>,
        outputs: &[Expr<'g>],
        cache: &mut PlanCache,
    ) -> Result<TrainStep, Error> {
        TrainStep::compile(loss, outputs, &Updates::record(self, loss)?, cache)
    }
}

/// The updates of one training step, while they are being recorded: pairs of a leaf, parameter or state, and its new
/// value.
pub struct Updates<'g> {
    learning_rate: Expr<'g>,
    /// Leaves that hold state, by name.
    states: HashMap<String, Expr<'g>>,
    step: Option<Expr<'g>>,
    pairs: Vec<(Expr<'g>, Expr<'g>)>,
}

impl<'g> Updates<'g> {
    /// Records the gradient of `loss` by all trainable parameters of its graph, and their updates.
    ///
    /// # Errors
    /// If the optimizer's numbers make no sense, the loss is not a scalar, or its graph has no trainable parameter; and
    /// if updates have been recorded in this graph before, or one of its leaves is called [`LEARNING_RATE`].
    #[track_caller]
    pub fn record(optimizer: &(impl Optimizer + ?Sized), loss: Expr<'g>) -> Result<Self, Error> {
        optimizer.validate()?;
        let graph = loss.graph();
        let params = graph.params();
        if params.is_empty() {
            return Err(Error::data("there is no trainable parameter in the graph of the loss"));
        }
        let gradients = loss.try_grad(&params)?;
        let _scope = graph.scope("update");
        let rate = Tensor::from(optimizer.learning_rate());
        let learning_rate = graph.try_leaf_at(LeafKind::Input, LEARNING_RATE, rate)?;
        let mut updates = Self::at(learning_rate);
        for (w, gradient) in params.into_iter().zip(gradients) {
            let new_value = optimizer.new_value(&mut updates, w, gradient);
            updates.pairs.push((w, new_value));
        }
        Ok(updates)
    }

    /// No updates yet.
    fn at(learning_rate: Expr<'g>) -> Self {
        Self { learning_rate, states: HashMap::new(), step: None, pairs: Vec::new() }
    }

    /// The leaves, and their new values.
    pub fn pairs(&self) -> &[(Expr<'g>, Expr<'g>)] {
        &self.pairs
    }

    /// The learning rate: an input of shape `[]`, which may change from run to run.
    pub fn learning_rate(&self) -> Expr<'g> {
        self.learning_rate
    }

    /// The state `w/what` of the parameter `w`: a leaf of the shape of `w`, initially zero. Repeated calls return the same
    /// leaf.
    ///
    /// # Panics
    /// If another leaf of the graph has this name.
    #[track_caller]
    pub fn state(&mut self, what: &str, w: Expr<'g>) -> Expr<'g> {
        let name = self.graph().name(w.id()).expect("a parameter has a name");
        self.leaf(format!("{name}/{what}"), Tensor::zeros(w.dtype(), w.shape()))
    }

    /// The leaf of state of a full name.
    #[track_caller]
    fn leaf(&mut self, name: String, initial: Tensor) -> Expr<'g> {
        if let Some(&known) = self.states.get(&name) {
            return known;
        }
        let leaf = located(self.graph().try_leaf_at(LeafKind::State, &name, initial));
        self.states.insert(name, leaf);
        leaf
    }

    /// Records the update of `leaf` to `new_value` at the end of each step.
    pub fn set(&mut self, leaf: Expr<'g>, new_value: Expr<'g>) {
        self.pairs.push((leaf, new_value));
    }

    /// The index of the current step, from 1 on, counted in the state `optimizer/step`.
    ///
    /// # Panics
    /// If another leaf of the graph has this name.
    #[track_caller]
    pub fn step(&mut self) -> Expr<'g> {
        if let Some(step) = self.step {
            return step;
        }
        let zero = Tensor::zeros(self.graph().dtype(), ());
        let count = self.leaf("optimizer/step".to_owned(), zero);
        let step = count + 1.0;
        self.set(count, step);
        self.step = Some(step);
        step
    }

    fn graph(&self) -> &'g Graph {
        self.learning_rate.graph()
    }
}

/// Whether a learning rate is finite and not negative.
pub(crate) fn require_rate(rate: f64) -> Result<(), Error> {
    require_not_negative("learning rate", rate)
}

/// Whether a setting of an optimizer or of training is finite and not negative.
pub(crate) fn require_not_negative(name: &str, number: f64) -> Result<(), Error> {
    require(name, number, number.is_finite() && number >= 0.0, "finite and not negative")
}

/// The error of a setting out of range.
fn require(name: &str, number: f64, is_met: bool, needed: &str) -> Result<(), Error> {
    match is_met {
        true => Ok(()),
        false => Err(Error::data(format!("the {name} is {number}; it must be {needed}"))),
    }
}

/// `x`, but 0 where it is below the normal numbers. What is left of a gradient that has become 0, as that of a
/// rectifier that is never active, would shrink into the subnormal numbers and stay there, where processors are slow:
/// with 22 of 256 hidden units dead, `examples/mnist.rs` took 5.2 s of processor time instead of 3.2 (Intel Xeon).
#[track_caller]
fn without_subnormals(x: Expr<'_>) -> Expr<'_> {
    let smallest = match x.dtype() {
        DType::F32 => f64::from(f32::MIN_POSITIVE),
        DType::F64 => f64::MIN_POSITIVE,
        DType::I64 | DType::Bool => unreachable!("parameters are floating-point numbers"),
    };
    x.abs().lt(smallest).select(0.0, x)
}

#[cfg(test)]
mod tests;
