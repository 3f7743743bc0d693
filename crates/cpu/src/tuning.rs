//! Tuning: all numbers of the compiler that suit a machine.

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
    /// Numbers in a block of a fused kernel (default 512): 2 KB of `f32`, so that a dozen registers fit the first-level
    /// cache.
    pub block: usize,
    /// The longest row that a fused kernel takes as a whole (default 4096), longer than a block if need be.
    pub longest_row: usize,
    /// The fewest single numbers of a level that are a program of scalars, and not a fused kernel (default 32).
    pub least_scalars: usize,
    /// The most instructions that a kernel computes again in place of a stored value (default 4).
    pub most_recomputed: usize,
    /// The fewest elements of a value that is computed again (default 64): fewer are stored and read in less time than an
    /// instruction is dispatched in.
    pub least_recomputed: usize,
    /// How many times fewer elements than its user a small operand has (default 8); sharing it is no reason to fuse.
    pub small: usize,
    /// The number of blocks above which the arena is arranged in order alone, not by size as well (default 2000).
    pub most_paired: usize,
    /// Nanoseconds of work that a thread takes on at least (default 10,000): several times as long as handing it over.
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
