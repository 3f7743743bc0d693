//! Tuning: all limits of the compiler that suit a machine.

/// Limits of the compiler and of runs. They change the choice of kernels, and values only by roundings.
///
/// ```
/// use retrograd_cpu::Tuning;
///
/// let tuning = Tuning { longest_row: 1024, ..Tuning::default() };
/// assert_eq!(tuning.block, 512);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tuning {
    /// The elements in a block of a fused kernel (default 512): 2 KB of `f32`, so that a dozen registers fit the
    /// first-level cache.
    pub block: usize,
    /// The longest row that a fused kernel computes at once (default 4096), even if the row is longer than a block.
    pub longest_row: usize,
    /// The fewest scalars of a level that become a program of scalars instead of a fused kernel (default 32).
    pub least_scalars: usize,
    /// The most instructions that a kernel rematerializes instead of reading a stored value (default 4).
    pub most_recomputed: usize,
    /// The fewest elements of a rematerialized value (default 64). Storing and reading fewer takes less time than the
    /// dispatch of an instruction.
    pub least_recomputed: usize,
    /// The ratio of elements from which an operand is small beside its user (default 8). A shared small operand is no
    /// reason to fuse.
    pub small: usize,
    /// The number of blocks above which the arena is arranged by order only, and not by size as well (default 2000).
    pub most_paired: usize,
    /// The least work of a thread in nanoseconds (default 10,000): several times the cost of starting it.
    pub least_work: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            block: 512,
            longest_row: 4096,
            least_scalars: 32,
            most_recomputed: 4,
            least_recomputed: 64,
            small: 8,
            most_paired: 2000,
            least_work: 10_000,
        }
    }
}
