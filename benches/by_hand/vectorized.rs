//! Loops compiled for the processor that is there.

/// Defines a function whose body is compiled for AVX2 and AVX-512 as well, and taken where the processor has them. What
/// it calls must be inlined, to be compiled for them too. `@narrow` keeps it from AVX-512, which does not suit few numbers.
macro_rules! vectorized {
    ($(@$narrow:ident)? $(#[$doc:meta])* $visibility:vis fn $name:ident<$F:ident: $bound:path>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments, reason = "a loop fused by hand reads and writes many arrays")]
        $visibility fn $name<$F: $bound>($($arg: $type),*) $(-> $out)? {
            #[allow(clippy::too_many_arguments, reason = "as above")]
            #[inline(always)]
            fn portable<$F: $bound>($($arg: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            #[expect(unsafe_code, reason = "a call of a function compiled for processor features")]
            {
                #[allow(clippy::too_many_arguments, reason = "as above")]
                #[target_feature(enable = "avx2,fma")]
                fn for_avx2<$F: $bound>($($arg: $type),*) $(-> $out)? {
                    portable($($arg),*)
                }

                #[allow(clippy::too_many_arguments, reason = "as above")]
                #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl")]
                fn for_avx512<$F: $bound>($($arg: $type),*) $(-> $out)? {
                    portable($($arg),*)
                }

                use std::arch::is_x86_feature_detected as has;
                let is_wide = true $(&& stringify!($narrow).is_empty())?;
                if has!("avx2") && has!("fma") {
                    if is_wide && has!("avx512f") && has!("avx512dq") && has!("avx512vl") {
                        // SAFETY: the processor has the features.
                        return unsafe { for_avx512($($arg),*) };
                    }
                    // SAFETY: likewise.
                    return unsafe { for_avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}
pub(crate) use vectorized;
