//! `det`: a determinant by expansion along rows, and its gradient.
//! Source: GradBench, `evals/det/README.md`; <https://mathworld.wolfram.com/DeterminantExpansionbyMinors.html>.

use retrograd_scalar::{Scalar, Tape};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::is_derived;
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_code},
    json,
};

/// The work grows as the factorial of the size.
const MOST_ROWS: usize = 13;
/// Memory that a tape may take.
const MOST_BYTES: usize = 8 << 30;

#[derive(Deserialize)]
struct DetInput {
    #[serde(rename = "A")]
    a: Vec<f64>,
    ell: usize,
}

/// `det A = Σⱼ (−1)ʲ·a₀ⱼ·det A₀ⱼ`, where `A₀ⱼ` is `A: [n, n]` without its first row and column `j`.
fn determinant<R: Scalar>(a: &[R], n: usize) -> R {
    let mut next: Vec<usize> = (1..=n).chain([0]).collect();
    minor(a, n, n, &mut next)
}

/// The determinant of the last `m` rows, and of `m` columns: the first is `next[n]`, and the one after `j` is `next[j]`,
/// so that a column is taken out and put back by changing one number.
fn minor<R: Scalar>(a: &[R], n: usize, m: usize, next: &mut [usize]) -> R {
    let row = &a[(n - m) * n..][..n];
    if m == 1 {
        return row[next[n]];
    }
    let mut sum = R::default();
    let mut before = n;
    for k in 0..m {
        let column = next[before];
        next[before] = next[column];
        let term = row[column] * minor(a, n, m - 1, next);
        next[before] = column;
        sum = if k % 2 == 0 { sum + term } else { sum - term };
        before = column;
    }
    sum
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let is_gradient = is_derived(function, ["primal", "gradient"])?;
    let DetInput { a, ell } = json::input(input)?;
    json::check_range("ell", ell, 1..=MOST_ROWS)?;
    if a.len() != ell * ell {
        return Err(Error::Misfit(format!("`A` has {} elements, not {ell}·{ell}", a.len())));
    }
    if !is_gradient {
        return measure_code(input, move || Ok(determinant(&a, ell)));
    }
    let mut tape = Tape::with_limit(MOST_BYTES);
    let mut gradient = vec![0.0; a.len()];
    measure_code(input, move || {
        tape.try_value_and_gradient(|a| determinant(a, ell), &a, &mut gradient)?;
        Ok(gradient.clone())
    })
}
