//! The instruction sets that kernels are compiled for, and which of them this machine has.

/// The vector instructions of elementwise kernels.
///
/// Values of this type exist only for what the machine has. Functions such as `exp` round differently with fused
/// multiplication and addition than without, so results can differ in the last bits between [`portable`](Self::portable)
/// and the others, and so between machines; a workspace that is restricted to `portable` gives the same elementwise
/// results on all machines of one target.
///
/// ```
/// use retrograd_cpu::InstructionSet;
///
/// let best = InstructionSet::best();
/// assert!(InstructionSet::available().contains(&best));
/// assert_eq!(InstructionSet::portable().name(), "portable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InstructionSet(IsaLevel);

/// The levels of instruction sets, each with all that those before it have. Kept private, since a set that the machine
/// lacks must not be named to a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum IsaLevel {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl InstructionSet {
    /// The set that every processor of the target has.
    pub fn portable() -> Self {
        Self(IsaLevel::Portable)
    }

    /// All sets that this machine has, the best one last.
    pub fn available() -> Vec<Self> {
        let all = [
            IsaLevel::Portable,
            #[cfg(target_arch = "x86_64")]
            IsaLevel::Avx2,
            #[cfg(target_arch = "x86_64")]
            IsaLevel::Avx512,
        ];
        let best = Self::best();
        all.into_iter().filter(|&level| level <= best.0).map(Self).collect()
    }

    /// The best one, which workspaces use unless told otherwise.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            if has!("avx2") && has!("fma") {
                let is_wide = has!("avx512f") && has!("avx512dq") && has!("avx512vl");
                return Self(if is_wide { IsaLevel::Avx512 } else { IsaLevel::Avx2 });
            }
        }
        Self::portable()
    }

    /// The name, as in `docs/accuracy.md`.
    pub fn name(self) -> &'static str {
        match self.0 {
            IsaLevel::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            IsaLevel::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            IsaLevel::Avx512 => "AVX-512",
        }
    }

    pub(super) fn level(self) -> IsaLevel {
        self.0
    }
}
