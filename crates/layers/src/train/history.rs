//! The record of a training run: scores and learning rate of each epoch.

use std::fmt;

/// The loss and accuracy of a model on some examples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Mean loss.
    pub loss: f64,
    /// The share of correctly classified examples; `None` if the targets are not classes.
    pub accuracy: Option<f64>,
}

/// The result of one epoch, a pass over the training data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Epoch {
    /// Score on the training data, each batch before its own update; the loss includes penalties.
    pub train: Score,
    /// Score on the validation data after the epoch; `None` without validation data.
    pub validation: Option<Score>,
    /// Learning rate of the last step.
    pub learning_rate: f64,
}

/// The results of all epochs, in order.
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
