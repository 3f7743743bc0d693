//! Loops compiled for the processor that is there.

/// Defines a function whose body is compiled for AVX2 and FMA as well, and taken where the processor has them. What it
/// calls must be inlined, to be compiled for them too.
macro_rules! vectorized {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident<$F:ident: $bound:path>($($arg:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
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

                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the processor has the features.
                    return unsafe { for_avx2($($arg),*) };
                }
            }
            portable($($arg),*)
        }
    };
}
pub(crate) use vectorized;
