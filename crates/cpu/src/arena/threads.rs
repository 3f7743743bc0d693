//! Threads that compute parts of a step together with the thread that runs the plan.
//!
//! They live as long as the workspace. Between steps they spin for a moment, since waking a sleeping thread takes as
//! long as many a step. Parts belong to nobody beforehand: what no other thread takes in time, the running thread
//! computes.

use std::{
    any::Any,
    cell::UnsafeCell,
    hint::spin_loop,
    mem,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// How long a thread without work spins before it sleeps.
const SPIN: Duration = Duration::from_micros(100);

/// Some threads besides the current one. They end when this is dropped.
pub(crate) struct Threads {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// The process that has them: a fork of it does not.
    process: u32,
}

/// The work on each part, by its number.
type Job = dyn Fn(usize) + Sync;

/// The state that all threads see.
struct Shared {
    /// The number of the current job in the upper half; in the lower half how many of its parts nobody has taken.
    ticket: AtomicU64,
    /// Read only by who has taken a part and not finished it; written only while there is no such part.
    job: UnsafeCell<Option<*const Job>>,
    /// Parts of the job that workers have finished.
    n_finished: AtomicUsize,
    /// The message of the first part that panicked.
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// For each worker, whether it must be woken.
    is_asleep: Box<[AtomicBool]>,
    is_over: AtomicBool,
}

// SAFETY: `job` is read and written as it says there, in the order that `ticket` and `n_finished` give; the rest is
// `Sync`.
unsafe impl Sync for Shared {}
// SAFETY: what `job` points to is `Sync`, and outlives each use of it.
unsafe impl Send for Shared {}

impl Threads {
    /// Starts so many threads.
    ///
    /// # Panics
    /// If the system refuses to start one.
    pub fn new(n: usize) -> Self {
        let shared = Arc::new(Shared {
            ticket: AtomicU64::new(0),
            job: UnsafeCell::new(None),
            n_finished: AtomicUsize::new(0),
            panic: Mutex::new(None),
            is_asleep: (0..n).map(|_| AtomicBool::new(false)).collect(),
            is_over: AtomicBool::new(false),
        });
        // If one cannot be started, those that have been are ended.
        let mut this = Self { shared, workers: Vec::with_capacity(n), process: process::id() };
        for index in 0..n {
            let shared = Arc::clone(&this.shared);
            this.workers.push(thread::spawn(move || shared.work(index)));
        }
        this
    }

    /// Does something with each item, in this thread and in the others, once and in no particular order.
    ///
    /// # Panics
    /// If `work` does, after all items.
    pub fn each<T: Send>(&mut self, items: &mut [T], work: impl Fn(usize, &mut T) + Sync) {
        let (n, first) = (items.len(), AtomicPtr::new(items.as_mut_ptr()));
        let job = |k: usize| {
            debug_assert!(k < n);
            // SAFETY: each number of a part is taken once, so that no other thread has this item.
            work(k, unsafe { &mut *first.load(Ordering::Relaxed).add(k) });
        };
        let job: *const (dyn Fn(usize) + Sync + '_) = &job;
        // SAFETY: it only differs in lifetime, and this function waits for all parts before the job is dropped.
        let job = unsafe { mem::transmute::<*const (dyn Fn(usize) + Sync + '_), *const Job>(job) };
        let shared = &*self.shared;
        let number = (shared.ticket.load(Ordering::Relaxed) >> 32) as u32;
        // SAFETY: all parts of the job before have been finished.
        unsafe { *shared.job.get() = Some(job) };
        let n_parts = u32::try_from(n).expect("a step has few parts");
        let ticket = u64::from(number.wrapping_add(1)) << 32 | u64::from(n_parts);
        shared.ticket.store(ticket, Ordering::SeqCst);
        self.wake();
        let mut n_others = n;
        while let Some(part) = shared.take() {
            shared.finish(part);
            n_others -= 1;
        }
        let start = Instant::now();
        while shared.n_finished.load(Ordering::Acquire) < n_others {
            if start.elapsed() < SPIN { spin_loop() } else { thread::yield_now() }
        }
        shared.n_finished.store(0, Ordering::Relaxed);
        let panic = shared.panic.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }

    /// Wakes all who sleep.
    fn wake(&self) {
        for (worker, is_asleep) in self.workers.iter().zip(&self.shared.is_asleep) {
            if is_asleep.load(Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        if self.process != process::id() {
            // In a fork there are none to be waited for.
            return self.workers.drain(..).for_each(mem::forget);
        }
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.wake();
        // A worker that has ended early has nothing to tell: panics of parts have come back from `each`.
        self.workers.drain(..).for_each(|worker| drop(worker.join()));
    }
}

impl Shared {
    /// Takes a part of the current job, if there is one left. The job stays until it is finished.
    fn take(&self) -> Option<usize> {
        let take = |ticket: u64| (ticket as u32 > 0).then(|| ticket - 1);
        let before = self.ticket.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).ok()?;
        Some((before as u32 - 1) as usize)
    }

    /// Runs the job on a claimed part.
    fn finish(&self, part: usize) {
        // SAFETY: the job is there for as long as a part that was taken is not finished.
        let job = unsafe { &*(*self.job.get()).expect("there is a job with this part") };
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| job(part))) {
            let mut first = self.panic.lock().unwrap_or_else(PoisonError::into_inner);
            if first.is_none() {
                *first = Some(panic);
            } else if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
                // Of a payload that panics as it is dropped, another could come; whoever finishes a part must not panic.
                mem::forget(again);
            }
        }
    }

    /// The loop of a worker, as long as it lives.
    fn work(&self, index: usize) {
        let mut last = Instant::now();
        while !self.is_over.load(Ordering::SeqCst) {
            if let Some(part) = self.take() {
                self.finish(part);
                self.n_finished.fetch_add(1, Ordering::Release);
                last = Instant::now();
            } else if last.elapsed() < SPIN {
                spin_loop();
            } else {
                self.sleep(index);
                last = Instant::now();
            }
        }
    }

    /// Sleeps until there may be something to do.
    fn sleep(&self, index: usize) {
        self.is_asleep[index].store(true, Ordering::SeqCst);
        // Who has changed these before has not seen that this thread sleeps; whoever does so later wakes it.
        if self.ticket.load(Ordering::SeqCst) as u32 == 0 && !self.is_over.load(Ordering::SeqCst) {
            thread::park();
        }
        self.is_asleep[index].store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square_all(threads: &mut Threads, n: usize) {
        let mut items: Vec<usize> = (0..n).collect();
        threads.each(&mut items, |k, item| {
            assert_eq!(k, *item);
            *item *= k;
        });
        assert!(items.into_iter().enumerate().all(|(k, square)| square == k * k));
    }

    #[test]
    fn each_item_is_worked_on_once() {
        for n_threads in 0..4 {
            let mut threads = Threads::new(n_threads);
            (0..2000).for_each(|n| square_all(&mut threads, n % 9));
        }
    }

    #[test]
    fn threads_wake_from_sleep() {
        let mut threads = Threads::new(1);
        for _ in 0..3 {
            while !threads.shared.is_asleep[0].load(Ordering::SeqCst) {
                thread::yield_now();
            }
            // The other thread must come for the second item, as long as this one waits in the first.
            let n_come = AtomicUsize::new(0);
            threads.each(&mut [(), ()], |_, _| {
                n_come.fetch_add(1, Ordering::SeqCst);
                while n_come.load(Ordering::SeqCst) < 2 {
                    thread::yield_now();
                }
            });
        }
    }

    #[test]
    fn a_panic_comes_back_when_all_items_are_done() {
        let mut threads = Threads::new(2);
        for panics_at in 0..3 {
            let n_done = AtomicUsize::new(0);
            let work = |k: usize, _: &mut ()| {
                assert!(k != panics_at, "part {k} fails");
                n_done.fetch_add(1, Ordering::SeqCst);
            };
            let result = catch_unwind(AssertUnwindSafe(|| threads.each(&mut [(); 6], work)));
            let panic = result.expect_err("one part panics");
            assert_eq!(panic.downcast_ref(), Some(&format!("part {panics_at} fails")));
            assert_eq!(n_done.into_inner(), 5);
        }
        square_all(&mut threads, 5);
    }

    #[test]
    fn panics_whose_payloads_panic_come_back_too() {
        struct Payload;
        impl Drop for Payload {
            fn drop(&mut self) {
                panic!("the payload fails");
            }
        }
        let mut threads = Threads::new(2);
        let work = |_: usize, _: &mut ()| std::panic::panic_any(Payload);
        let result = catch_unwind(AssertUnwindSafe(|| threads.each(&mut [(); 6], work)));
        let payload = result.expect_err("all parts panic");
        assert!(payload.is::<Payload>());
        mem::forget(payload);
        (0..100).for_each(|n| square_all(&mut threads, n % 9));
    }

    #[test]
    fn a_fork_waits_for_no_threads() {
        let mut threads = Threads::new(2);
        let (shared, handles) = (Arc::clone(&threads.shared), threads.workers.iter());
        let handles: Vec<_> = handles.map(|worker| worker.thread().clone()).collect();
        threads.process = process::id().wrapping_add(1);
        drop(threads);
        assert_eq!(Arc::strong_count(&shared), 3, "nobody has ended them");
        shared.is_over.store(true, Ordering::SeqCst);
        while Arc::strong_count(&shared) > 1 {
            handles.iter().for_each(|thread| thread.unpark());
            thread::yield_now();
        }
    }

    #[test]
    fn dropped_threads_have_ended() {
        let threads = Threads::new(3);
        let shared = Arc::clone(&threads.shared);
        drop(threads);
        assert_eq!(Arc::strong_count(&shared), 1);
    }
}
