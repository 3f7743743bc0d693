//! Times of what is compared: medians of samples that are taken in turns.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// How long it may take to find the median of one side.
const BUDGET: Duration = Duration::from_millis(1500);

/// A sample is as many calls in a row as take at least this long.
const SAMPLE: Duration = Duration::from_millis(1);

/// Samples of the slowest sides, however long they take.
const MIN_SAMPLES: usize = 9;

/// The median time of a call on each side, in microseconds, all sides in turns.
pub fn medians<S>(sides: &mut [S], call: impl Fn(&mut S) -> f64) -> Vec<f64> {
    let n_calls = calls_of_a_sample(sides, &call);
    let mut samples = vec![Vec::new(); sides.len()];
    let start = Instant::now();
    while start.elapsed() < BUDGET * sides.len() as u32 || samples[0].len() < MIN_SAMPLES {
        for (side, samples) in sides.iter_mut().zip(&mut samples) {
            samples.push(time(side, &call, n_calls) / n_calls as f64);
        }
    }
    samples.into_iter().map(median).collect()
}

/// How many calls of the fastest side fill a sample.
fn calls_of_a_sample<S>(sides: &mut [S], call: &impl Fn(&mut S) -> f64) -> u32 {
    let sample = microseconds(SAMPLE);
    let mut n_calls = 1;
    while sides.iter_mut().any(|side| time(side, call, n_calls) < sample) {
        n_calls *= 2;
    }
    n_calls
}

fn time<S>(side: &mut S, call: &impl Fn(&mut S) -> f64, n_calls: u32) -> f64 {
    let start = Instant::now();
    for _ in 0..n_calls {
        black_box(call(side));
    }
    microseconds(start.elapsed())
}

/// A duration in microseconds.
pub fn microseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// The middle one of some samples.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}
