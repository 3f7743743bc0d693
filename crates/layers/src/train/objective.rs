//! Objectives: the loss that training minimizes, and the score of a model.

use retrograd_core::{DType, Expr, Graph, Params, Shape, Tensor};
use retrograd_plan::PlanCache;

use crate::{Dataset, Error, Loss, optim::number, train::Score};

/// The objective of training: the mean, over examples, of a loss of outputs against targets.
///
/// Outputs of width 1, `[n, 1]`, count as one number for each example, `[n]`, where the targets are such.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Objective {
    /// [`Loss::mse`] of outputs `[n, …]` against numbers `[n, …]`.
    MeanSquaredError,
    /// [`Loss::binary_cross_entropy`] of logits `[n, …]` against classes 0 and 1, or their probabilities, `[n, …]`.
    BinaryCrossEntropy,
    /// [`Loss::cross_entropy`] of logits `[n, k]` against integer labels `[n]` or probabilities `[n, k]`.
    CrossEntropy,
}

impl Objective {
    /// The loss of each example, `[n]`.
    ///
    /// # Errors
    /// If outputs and targets do not fit each other.
    #[track_caller]
    pub fn losses<'g>(self, outputs: Expr<'g>, targets: Expr<'g>) -> Result<Expr<'g>, Error> {
        let outputs = self.aligned(outputs, targets);
        Ok(match self {
            Objective::MeanSquaredError => outputs.try_mse(targets),
            Objective::BinaryCrossEntropy => outputs.try_binary_cross_entropy(targets),
            Objective::CrossEntropy => outputs.try_cross_entropy(targets),
        }?)
    }

    /// The number of correctly classified examples, a scalar; `None` for objectives without classes. The predicted class
    /// has the largest logit; for a single logit it is 1 if the logit is positive.
    #[track_caller]
    pub fn n_right<'g>(self, outputs: Expr<'g>, targets: Expr<'g>) -> Option<Expr<'g>> {
        let outputs = self.aligned(outputs, targets);
        let is_right = match self {
            Objective::MeanSquaredError => return None,
            Objective::BinaryCrossEntropy => outputs.gt(0.0).eq(targets.gt(0.5)),
            Objective::CrossEntropy if targets.dtype().is_float() => {
                outputs.argmax(-1).eq(targets.argmax(-1))
            }
            Objective::CrossEntropy => outputs.argmax(-1).eq(targets),
        };
        let is_right = is_right.cast(outputs.graph().dtype());
        let n_outputs = is_right.shape().get(1..).map_or(1, |sizes| sizes.iter().product());
        Some(is_right.sum() / n_outputs as f64)
    }

    /// The score of outputs.
    pub(super) fn score(
        self,
        outputs: &Tensor,
        targets: &Tensor,
        cache: &mut PlanCache,
    ) -> Result<Score, Error> {
        let g = Graph::with_dtype(outputs.dtype());
        let y = g.input_as("outputs", outputs.dtype(), outputs.shape());
        let t = g.input_with("targets", targets);
        let loss = self.losses(y, t)?.mean();
        let all: Vec<_> = std::iter::once(loss).chain(self.n_right(y, t)).collect();
        let plan = cache.compile(&all, &[])?;
        let mut workspace = plan.try_workspace()?;
        let feeds = [("outputs", outputs.view())];
        plan.run(&mut workspace, &Params::new(), &feeds)?;
        let n_examples = targets.shape()[0] as f64;
        let accuracy = (all.len() > 1).then(|| number(workspace.output(1)) / n_examples);
        Ok(Score { loss: number(workspace.output(0)), accuracy })
    }

    /// Whether the targets of `data`, of `which` use, are such as this objective takes, for a model whose outputs have the
    /// shape `outputs` for some examples.
    pub(super) fn check(self, outputs: &Shape, data: &Dataset, which: &str) -> Result<(), Error> {
        let g = Graph::with_dtype(data.features().dtype());
        let y = g.input("outputs", outputs.with_size(0, data.len()));
        match self.losses(y, g.input_with("targets", data.targets())) {
            Err(Error::Graph(retrograd_core::Error::Data { op, reason, .. })) => {
                Err(Error::data(format!("in the {which} data, {op}: {reason}")))
            }
            result => result.map(drop),
        }
    }

    /// A data set in the dtypes that this objective computes with: labels stay integers, all else becomes `dtype`.
    pub(super) fn prepared(self, data: &Dataset, dtype: DType) -> Result<Dataset, Error> {
        let keeps_labels = self == Objective::CrossEntropy && data.targets().dtype() == DType::I64;
        let targets = data.targets();
        let targets = if keeps_labels { targets.clone() } else { targets.cast(dtype) };
        Dataset::new(data.features().cast(dtype), targets)
    }

    #[track_caller]
    fn aligned<'g>(self, outputs: Expr<'g>, targets: Expr<'g>) -> Expr<'g> {
        let is_column = outputs.shape().last() == Some(&1) && outputs.rank() == targets.rank() + 1;
        if is_column && self != Objective::CrossEntropy { outputs.squeeze(-1) } else { outputs }
    }
}
