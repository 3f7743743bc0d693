//! The error of a tape without memory left.

use std::{error::Error, fmt};

/// The error of a tape that has reached its limit, or the end of memory. Values are right, but derivatives are unknown.
///
/// ```
/// use retrograd_scalar::Tape;
///
/// let mut tape = Tape::with_limit(1 << 20);
/// let error = tape.record(|t| {
///     let mut y = t.variable(0.5);
///     for _ in 0..1_000_000 {
///         y = t.keep(y * 0.999);
///     }
///     t.checked().unwrap_err()
/// });
/// assert!(error.to_string().contains("limit of 1048576 bytes"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TapeFull {
    /// The number of recorded values.
    pub n_statements: usize,
    /// The limit in bytes of a recording and one reverse sweep.
    pub limit: usize,
}

impl fmt::Display for TapeFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the tape was full after {} statements, ", self.n_statements)?;
        match self.limit {
            usize::MAX => f.write_str("since there was no more memory or no more index"),
            limit => write!(f, "at its limit of {limit} bytes"),
        }?;
        f.write_str(": raise the limit, or compute long loops with `checkpointed`")
    }
}

impl Error for TapeFull {}
