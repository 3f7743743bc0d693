//! Progress of a training run, shown on standard error.

use indicatif::{ProgressBar, ProgressStyle};

use crate::train::Epoch;

/// The display of a training run on standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing.
    Quiet,
    /// A bar that moves with each batch and shows the last epoch's scores; nothing if standard error is not a
    /// terminal.
    #[default]
    Bar,
    /// A line for each epoch; in a terminal the bar, too.
    Lines,
}

/// The bar and lines of a run.
pub(super) struct Meter {
    bar: ProgressBar,
    shows_lines: bool,
    n_epochs: usize,
}

impl Meter {
    pub fn new(progress: Progress, n_epochs: usize, n_steps: usize) -> Self {
        let bar = match progress {
            Progress::Quiet => ProgressBar::hidden(),
            // Hides itself where standard error is not a terminal.
            Progress::Bar | Progress::Lines => ProgressBar::new(n_steps as u64),
        };
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} % {elapsed:>4} {msg}");
        bar.set_style(style.expect("the template is well formed"));
        Self { bar, shows_lines: progress == Progress::Lines, n_epochs }
    }

    pub fn end_of_step(&self) {
        self.bar.inc(1);
    }

    /// Shows the scores of an epoch, counted from 1.
    pub fn end_of_epoch(&self, number: usize, epoch: &Epoch) {
        let width = self.n_epochs.to_string().len();
        let line = || format!("epoch {number:>width$}/{}: {epoch}", self.n_epochs);
        match (self.shows_lines, self.bar.is_hidden()) {
            (true, true) => eprintln!("{}", line()),
            (true, false) => self.bar.println(line()),
            (false, true) => {}
            (false, false) => self.bar.set_message(line()),
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
