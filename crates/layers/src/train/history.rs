//! What happened while a model was trained.

use std::fmt;

/// How well a model does on some examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean loss.
    pub loss: f64,
    /// Share of the examples that are classified right; `None` if the targets are not classes.
    pub accuracy: Option<f64>,
}

/// What happened in one pass over the training data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// On the training data, each batch before the step made with it; the loss with its penalties.
    pub train: Score,
    /// On the validation data, after the epoch; `None` if there are none.
    pub validation: Option<Score>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// What happened in each epoch, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// The epochs.
    pub epochs: Vec<Epoch>,
}

impl History {
    /// Mean training loss of each epoch.
    pub fn losses(&self) -> impl Iterator<Item = f64> {
        self.epochs.iter().map(|epoch| epoch.train.loss)
    }

    /// Mean validation loss after each epoch; nothing without validation data.
    pub fn validation_losses(&self) -> impl Iterator<Item = f64> {
        self.epochs.iter().filter_map(|epoch| epoch.validation).map(|score| score.loss)
    }

    /// The last epoch.
    pub fn last(&self) -> Option<&Epoch> {
        self.epochs.last()
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "loss {:.5}", self.loss)?;
        self.accuracy.map_or(Ok(()), |accuracy| write!(f, ", accuracy {accuracy:.4}"))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.train.fmt(f)?;
        self.validation.map_or(Ok(()), |score| write!(f, "; validation {score}"))
    }
}
