//! A training run under way: compiled steps, their buffers, and the order of examples.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use retrograd_core::{Element as _, Expr, Graph, Params, Shape, Tensor, with_elements};
use retrograd_plan::PlanCache;

use crate::{
    Dataset, Error, Model, Optimizer, Updates,
    data::{copy_rows, row_size},
    l1, l2,
    optim::{TrainStep, number},
    seeded,
    train::{Fit, History, Score, predict::FEATURES, progress::Meter},
};

/// Name of the input of the targets, as messages have it.
const TARGETS: &str = "targets";

/// A training run under way.
pub(super) struct FitRun<'a, O> {
    fit: &'a Fit<'a, O>,
    data: &'a Dataset,
    whole: MiniBatch,
    /// The batch of the remaining examples at the end of an epoch.
    last: Option<MiniBatch>,
    state: Params,
    rows: Vec<usize>,
    rng: ChaCha8Rng,
    n_steps: usize,
    n_done: usize,
    meter: Meter,
}

impl<'a, O: Optimizer> FitRun<'a, O> {
    /// Compiles the steps. `data` are not empty, and in the dtypes of the objective and the parameters.
    #[track_caller]
    pub fn new(
        fit: &'a Fit<'a, O>,
        model: &impl Model,
        params: &Params,
        data: &'a Dataset,
    ) -> Result<Self, Error> {
        let mut cache = PlanCache::with_options(fit.options.clone());
        let whole = MiniBatch::compile(
            fit,
            model,
            params,
            data,
            fit.batch_size.min(data.len()),
            &mut cache,
        )?;
        let n_left = data.len() % whole.len();
        let last = match n_left {
            0 => None,
            _ => Some(MiniBatch::compile(fit, model, params, data, n_left, &mut cache)?),
        };
        fit.objective.check(&whole.output, data, "training")?;
        let n_steps = fit.n_epochs.saturating_mul(data.len().div_ceil(whole.len()));
        Ok(Self {
            fit,
            data,
            state: whole.step.initial_state(),
            whole,
            last,
            rows: (0..data.len()).collect(),
            rng: seeded(fit.seed),
            n_steps,
            n_done: 0,
            meter: Meter::new(fit.progress, fit.n_epochs, n_steps),
        })
    }

    /// Runs a step with each batch, in a new order; returns the score and the last learning rate.
    pub fn epoch(&mut self, params: &mut Params) -> Result<(Score, f64), Error> {
        let epoch = self.n_done / self.rows.len().div_ceil(self.whole.len()) + 1;
        self.rows.shuffle(&mut self.rng);
        let (mut loss, mut n_right, mut learning_rate) = (0.0, 0.0, 0.0);
        for rows in self.rows.chunks(self.whole.len()) {
            let batch = match &mut self.last {
                Some(last) if rows.len() == last.len() => last,
                _ => &mut self.whole,
            };
            let share = self.fit.schedule.share(self.n_done as f64 / self.n_steps as f64);
            learning_rate = self.fit.optimizer.learning_rate() * share;
            batch.step.set_learning_rate(learning_rate);
            let mean = match batch.run(self.data, rows, params, &mut self.state) {
                Err(Error::Graph(retrograd_core::Error::NonFinite(found))) => {
                    let step = self.n_done + 1;
                    let error = Error::NonFinite { epoch, step, found };
                    return Err(fault_of_features(self.data, rows, epoch).unwrap_or(error));
                }
                Ok(loss) if !loss.is_finite() => {
                    let error = Error::Diverged { epoch, loss };
                    return Err(fault_of_features(self.data, rows, epoch).unwrap_or(error));
                }
                result => result?,
            };
            loss += mean * rows.len() as f64;
            n_right += batch.n_right().unwrap_or(0.0);
            self.n_done += 1;
            self.meter.end_of_step();
        }
        let n = self.rows.len() as f64;
        let accuracy = self.whole.n_right().map(|_| n_right / n);
        Ok((Score { loss: loss / n, accuracy }, learning_rate))
    }

    /// Shows the last epoch.
    pub fn show(&self, history: &History) {
        if let Some(epoch) = history.last() {
            self.meter.end_of_epoch(history.epochs.len(), epoch);
        }
    }
}

/// A step for batches of one size, and the buffers of its data.
struct MiniBatch {
    x: Tensor,
    t: Tensor,
    /// The shape of the model's outputs.
    output: Shape,
    step: TrainStep,
    has_classes: bool,
}

impl MiniBatch {
    #[track_caller]
    fn compile<O: Optimizer>(
        fit: &Fit<'_, O>,
        model: &impl Model,
        params: &Params,
        data: &Dataset,
        n_rows: usize,
        cache: &mut PlanCache,
    ) -> Result<Self, Error> {
        let buffer = |of: &Tensor| Tensor::zeros(of.dtype(), of.shape().with_size(0, n_rows));
        let (x, t) = (buffer(data.features()), buffer(data.targets()));
        let graph = Graph::with_dtype(x.dtype());
        let targets = graph.input_as(TARGETS, t.dtype(), t.shape());
        let features = graph.input(FEATURES, x.shape());
        let outputs = model.try_apply(&graph.bind(params), features)?;
        let loss = fit.objective.losses(outputs, targets)?.mean();
        let loss = penalized(loss, fit.l1, fit.l2).named("loss");
        let n_right = fit.objective.n_right(outputs, targets);
        let updates = Updates::record(&fit.optimizer, loss)?;
        let step = TrainStep::compile(loss, n_right.as_slice(), &updates, cache)?;
        Ok(Self { x, t, output: outputs.shape(), step, has_classes: n_right.is_some() })
    }

    fn len(&self) -> usize {
        self.x.shape()[0]
    }

    /// Makes a step with the examples at `rows`, as many as this batch has; gives the loss before it.
    fn run(
        &mut self,
        data: &Dataset,
        rows: &[usize],
        params: &mut Params,
        state: &mut Params,
    ) -> Result<f64, Error> {
        copy_rows(data.features(), rows, &mut self.x);
        copy_rows(data.targets(), rows, &mut self.t);
        self.step.run(params, state, &[(FEATURES, self.x.view()), (TARGETS, self.t.view())])
    }

    /// The number of correctly classified examples in the last run; `None` without classes.
    fn n_right(&self) -> Option<f64> {
        self.has_classes.then(|| number(self.step.output(0)))
    }
}

/// The error that a feature of some examples is not finite, if one is.
fn fault_of_features(data: &Dataset, rows: &[usize], epoch: usize) -> Option<Error> {
    let size = row_size(data.features());
    with_elements!(Slice, data.features().as_slice(), elements => {
        let is_finite = |&feature: &usize| elements[feature].to_f64().is_finite();
        let mut features = rows.iter().flat_map(|row| row * size..(row + 1) * size);
        let feature = features.find(|feature| !is_finite(feature))?;
        let (value, example, n) = (elements[feature], feature / size + 1, data.len());
        let reason = format!(
            "the loss is not finite in epoch {epoch}: feature {} of example {example} of {n} is {value}",
            feature % size + 1
        );
        Some(Error::data(reason))
    })
}

/// The loss with penalties of all weights of its graph.
#[track_caller]
fn penalized<'g>(loss: Expr<'g>, l1_share: f64, l2_share: f64) -> Expr<'g> {
    let mut weights = loss.graph().params();
    weights.retain(|weight| weight.rank() >= 2);
    let mut total = loss;
    for (share, penalty) in [(l1_share, l1 as fn(&[Expr<'g>]) -> Expr<'g>), (l2_share, l2)] {
        if share != 0.0 && !weights.is_empty() {
            total = total + share * penalty(&weights);
        }
    }
    total
}
