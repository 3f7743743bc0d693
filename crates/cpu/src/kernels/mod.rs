//! Loops that do the arithmetic: matrix products, reductions, and the interpreter of fused elementwise code; and the
//! tests for what is not finite.
//!
//! Reductions and elementwise code are compiled for several instruction sets, and one that the machine has is taken at
//! run time. Reductions and elementwise arithmetic give the same bits with each: nothing is contracted or
//! reordered. The functions of `functions` round differently where they use fused instructions, and so do the products of
//! matrices, most of which come from the `gemm` crates, which choose among their own.
#![expect(
    unsafe_code,
    reason = "calls of functions compiled for processor features, and of the product library"
)]

pub(crate) mod code;
pub(crate) mod elementwise;
pub(crate) mod embed;
pub(crate) mod finite;
pub(crate) mod functions;
mod instructions;
pub(crate) mod kernel;
mod nested;
mod number;
mod operand;
pub(crate) mod plain;
pub(crate) mod product;
pub(crate) mod reduce;
mod row;
pub(crate) mod rows;
pub(crate) mod scalars;
pub(crate) mod team;
mod text;

pub use instructions::InstructionSet;

/// Defines a function whose body is compiled for AVX2 as well, and taken where the processor has it.
macro_rules! dispatched {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident<$T:ident: $bound:path>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        $visibility fn $name<$T: $bound>($($arg: $type),*) $(-> $out)? {
            #[inline(always)]
            fn portable<$T: $bound>($($arg: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn vectorized<$T: $bound>($($arg: $type),*) $(-> $out)? {
                    portable($($arg),*)
                }

                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has the features.
                    return unsafe { vectorized($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}
use dispatched;

/// Defines a function whose body is compiled for each instruction set, with its way of arithmetic as a second type where
/// the body names one.
macro_rules! compiled {
    ($(#[$doc:meta])* fn $name:ident<$F:ident: $bound:path $(, $A:ident)?>($($arg:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$doc])*
        fn $name<$F: $bound>(instructions: $crate::kernels::InstructionSet, $($arg: $type),*) {
            #[inline(always)]
            fn with<$F: $bound $(, $A: $crate::kernels::number::Arithmetic)?>($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            fn with_avx2<$F: $bound>($($arg: $type),*) {
                with::<$F $(, $crate::kernels::compiled!(@$A Fused))?>($($arg),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl")]
            fn with_avx512<$F: $bound>($($arg: $type),*) {
                with::<$F $(, $crate::kernels::compiled!(@$A Fused))?>($($arg),*);
            }

            match instructions.level() {
                $crate::kernels::instructions::IsaLevel::Portable => {
                    with::<$F $(, $crate::kernels::compiled!(@$A Separate))?>($($arg),*);
                }
                #[cfg(target_arch = "x86_64")]
                // SAFETY: instruction sets exist only for what the processor has.
                $crate::kernels::instructions::IsaLevel::Avx2 => unsafe { with_avx2($($arg),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: likewise.
                $crate::kernels::instructions::IsaLevel::Avx512 => unsafe { with_avx512($($arg),*) },
            }
        }
    };
    (@$A:ident $arithmetic:ident) => { $crate::kernels::number::$arithmetic };
}
use compiled;
