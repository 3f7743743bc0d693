//! The training loop: shuffled mini-batches, epoch after epoch.

use retrograd_core::Params;
use retrograd_plan::{Backend, CompileOptions};

use crate::{
    Dataset, Error, Model, Optimizer,
    optim::require_not_negative,
    train::{Epoch, History, Objective, Predictor, Progress, Schedule, Score, run::FitRun},
};

/// A training loop over mini-batches, shuffled anew in each epoch.
///
/// All randomness comes from the seed, so a run repeats bit for bit.
///
/// ```
/// use retrograd_core::Tensor;
/// use retrograd_layers::{Activation, Adam, Dataset, Fit, Mlp, Model, Objective, seeded};
///
/// let xor = Dataset::new(
///     Tensor::from([[0.0f32, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
///     Tensor::from([0i64, 1, 1, 0]),
/// )?;
/// let mlp = Mlp::new([2, 8, 2]).activation(Activation::Tanh);
/// let mut params = mlp.params(&mut seeded(1));
/// let fit = Fit::new(Objective::CrossEntropy, Adam::new(0.05)).epochs(200).batch_size(4);
/// let history = fit.run(&mlp, &mut params, &xor)?;
/// assert_eq!(history.last().and_then(|epoch| epoch.train.accuracy), Some(1.0));
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fit<'d, O> {
    pub(super) objective: Objective,
    pub(super) optimizer: O,
    pub(super) n_epochs: usize,
    pub(super) batch_size: usize,
    pub(super) seed: u64,
    pub(super) schedule: Schedule,
    pub(super) l1: f64,
    pub(super) l2: f64,
    pub(super) progress: Progress,
    pub(super) options: CompileOptions,
    validation: Option<&'d Dataset>,
}

impl<'d, O: Optimizer> Fit<'d, O> {
    /// A training loop with the defaults: 10 epochs, batches of 32, seed 0, one thread, and a progress bar.
    pub fn new(objective: Objective, optimizer: O) -> Self {
        Self {
            objective,
            optimizer,
            n_epochs: 10,
            batch_size: 32,
            seed: 0,
            schedule: Schedule::Constant,
            l1: 0.0,
            l2: 0.0,
            validation: None,
            progress: Progress::Bar,
            options: CompileOptions::new(),
        }
    }

    /// Sets the number of epochs (default 10).
    pub fn epochs(self, n_epochs: usize) -> Self {
        Self { n_epochs, ..self }
    }

    /// Sets the number of examples in a batch, at least 1 (default 32). The last batch of an epoch may be smaller.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets the seed of the order of examples (default 0).
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the schedule of the learning rate (default [`Schedule::Constant`]).
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// Sets the penalty `λ·`[`l1`](crate::l1) of all weights (default `λ = 0`). Weights are trainable parameters of two axes
    /// or more.
    pub fn l1(self, lambda: f64) -> Self {
        Self { l1: lambda, ..self }
    }

    /// Sets the penalty `λ·`[`l2`](crate::l2) of all weights (default `λ = 0`). Weights are trainable parameters of two axes
    /// or more.
    pub fn l2(self, lambda: f64) -> Self {
        Self { l2: lambda, ..self }
    }

    /// Sets validation data, scored after each epoch (default none).
    pub fn validation(self, data: &'d Dataset) -> Self {
        Self { validation: Some(data), ..self }
    }

    /// Sets the display on standard error (default [`Progress::Bar`]).
    pub fn progress(self, progress: Progress) -> Self {
        Self { progress, ..self }
    }

    /// Compiles [checked](CompileOptions::checked) steps. The error of a non-finite loss, gradient or new value
    /// names the step and the node, and the parameters stay as they were before the step.
    ///
    /// ```
    /// use retrograd_core::Tensor;
    /// use retrograd_layers::{Dataset, Fit, LinearRegression, Model, Objective, Sgd, seeded};
    ///
    /// let data = Dataset::new(Tensor::from([[1.0f32], [2.0]]), Tensor::from([1.0f32, 3.0]))?;
    /// let model = LinearRegression::new(1);
    /// let mut params = model.params(&mut seeded(1));
    /// let fit = Fit::new(Objective::MeanSquaredError, Sgd::new(1e9)).checked();
    /// let error = fit.run(&model, &mut params, &data).unwrap_err().to_string();
    /// assert!(error.starts_with("step 3, in epoch 3: "), "{error}");
    /// assert!(error.contains("is inf"), "{error}");
    /// assert!(params.iter().all(|(_, tensor)| tensor.as_slice().is_finite()));
    /// # Ok::<(), retrograd_layers::Error>(())
    /// ```
    pub fn checked(self) -> Self {
        Self { options: self.options.checked(), ..self }
    }

    /// Sets the largest number of threads of a [step](crate::TrainStep::with_threads) (default 1). Results do not depend on
    /// the number, to the last bit.
    ///
    /// # Panics
    /// [`run`](Self::run), if the system refuses to start a thread.
    pub fn threads(self, n: usize) -> Self {
        Self { options: self.options.threads(n), ..self }
    }

    /// Sets the backend that compiles the steps (default the CPU). Validation runs on the CPU.
    pub fn backend(self, backend: impl Backend + 'static) -> Self {
        Self { options: self.options.backend(backend), ..self }
    }

    /// Trains `params` in place.
    ///
    /// # Errors
    /// Before the first step: if there are no examples (also for validation), or no trainable parameters; if features do not
    /// fit the model, or outputs the targets; if the objective does not accept a target, such as a label that is no class;
    /// or if the learning rate, another setting of the optimizer, a penalty, the batch size or the number of threads is
    /// invalid.
    ///
    /// Later: if the loss of a step or on the validation data is not finite. The parameters then have the values of the
    /// last step; a failed [checked](Self::checked) step changes none.
    ///
    /// # Panics
    /// If the model panics: a model without its own [`Model::try_apply`] panics if data do not fit.
    #[track_caller]
    pub fn run(
        &self,
        model: &impl Model,
        params: &mut Params,
        data: &Dataset,
    ) -> Result<History, Error> {
        self.validate()?;
        let Some(dtype) = params.dtype() else {
            return Err(Error::data("there are no parameters to train"));
        };
        if data.is_empty() {
            return Err(Error::data("there are no examples to train on"));
        }
        let data = self.objective.prepared(data, dtype)?;
        let mut run = FitRun::new(self, model, params, &data)?;
        let mut predictor = Predictor::new(model);
        if let Some(data) = self.validation {
            predictor.check(params, self.objective, data, "validation")?;
        }
        // The history grows with the epochs: training may end long before the last.
        let mut history = History::default();
        for epoch in 1..=self.n_epochs {
            let (train, learning_rate) = run.epoch(params)?;
            let validation = match self.validation {
                Some(data) => Some(self.validation_score(&mut predictor, params, data, epoch)?),
                None => None,
            };
            history.epochs.push(Epoch { train, validation, learning_rate });
            run.show(&history);
        }
        Ok(history)
    }

    /// Whether the settings of this loop are valid; settings of the optimizer are checked when it is recorded.
    fn validate(&self) -> Result<(), Error> {
        if self.batch_size == 0 {
            return Err(Error::data("a batch needs at least one example, and the batch size is 0"));
        }
        if self.options.n_threads() == 0 {
            return Err(Error::data("training runs in at least one thread, not in 0"));
        }
        require_not_negative("share of the l1 penalty", self.l1)?;
        require_not_negative("share of the l2 penalty", self.l2)
    }

    /// The score on the validation data after an epoch, if its loss is finite.
    #[track_caller]
    fn validation_score<M: Model + ?Sized>(
        &self,
        predictor: &mut Predictor<'_, M>,
        params: &Params,
        data: &Dataset,
        epoch: usize,
    ) -> Result<Score, Error> {
        let score = predictor.score(params, self.objective, data)?;
        if score.loss.is_finite() {
            return Ok(score);
        }
        let found = predictor.blame(params, self.objective, data)?;
        Err(Error::Validation { epoch, loss: score.loss, found })
    }
}
