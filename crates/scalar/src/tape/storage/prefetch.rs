//! Prefetch hints for the processor.

/// The distance of prefetches in bytes. The processor's own prefetching ends at a page of 4 KiB.
const AHEAD: usize = 2 << 10;

/// Prefetches memory that will be read soon, if elements of `slice` are read from the last to the first and `k` is
/// next.
#[inline(always)]
pub(in crate::tape) fn expect_reads<E>(slice: &[E], k: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let address = slice.as_ptr().wrapping_add(k).wrapping_byte_sub(AHEAD);
        // SAFETY: a hint does not fail, whatever the address is.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
    }
}

/// Prefetches memory that will be written soon, if elements are written in order and this one was the last.
#[inline(always)]
pub(super) fn expect_writes<E>(last: *const E) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
        // SAFETY: a hint does not fail, whatever the address is.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(last.wrapping_byte_add(AHEAD).cast()) }
    }
}
