//! Binomial checkpointing: the choice of states to keep so that a loop runs backwards by the fewest forward steps.

/// The number of steps after which the next state is best kept. `n_states` counts the free states and the state before
/// the first step; `n_states` and `n_steps` are at least 2.
///
/// If each step runs at most `r` times, `c` states suffice for `β(c, r) = binomial(c + r, c)` steps. With the least `r`
/// that suffices for `n` steps, the fewest runs are `r·n − β(c + 1, r − 1)`. The result attains this minimum (Griewank
/// and Walther 2000, "Algorithm 799: revolve").
pub(super) fn next_kept(n_steps: usize, n_states: usize) -> usize {
    // β(c, r − 2), β(c, r − 1) and β(c, r).
    let [mut before_last, mut last, mut reach] = [0, 0, 1];
    for r in 1.. {
        if reach >= n_steps {
            break;
        }
        [before_last, last, reach] = [last, reach, reach.saturating_mul(n_states + r) / r];
    }
    // The later steps run backwards with one state less: at least β(c − 1, r − 1) = β(c, r − 1) − β(c, r − 2) steps.
    last.min(n_steps - (last - before_last))
}

#[cfg(test)]
mod tests {
    use super::*;

    const N_STEPS: usize = 150;

    /// The fewest runs of steps, by trying all positions: `runs[c][n]`.
    fn fewest_runs(n_states: usize) -> Vec<Vec<usize>> {
        let mut runs = vec![vec![usize::MAX; N_STEPS + 1]];
        for c in 1..=n_states {
            let mut of_n = vec![0, 0];
            for n in 2..=N_STEPS {
                let without = n * (n - 1) / 2;
                let kept_after = |k: usize| match c {
                    1 => without,
                    _ => k + runs[c - 1][n - k] + of_n[k],
                };
                of_n.push((1..n).map(kept_after).min().unwrap_or(without));
            }
            runs.push(of_n);
        }
        runs
    }

    /// `r·n − β(c + 1, r − 1)`, with the least `r` for which `β(c, r) ≥ n`.
    fn formula(n: usize, c: usize) -> usize {
        let reach = |c: usize, r: usize| (1..=r).fold(1, |reach, k| reach * (c + k) / k);
        let r = (0..).find(|&r| reach(c, r) >= n).expect("more runs reach further");
        if r == 0 { 0 } else { r * n - reach(c + 1, r - 1) }
    }

    #[test]
    fn states_are_kept_where_the_fewest_steps_are_run() {
        let runs = fewest_runs(12);
        for c in 1..=12 {
            for n in 1..=N_STEPS {
                assert_eq!(runs[c][n], formula(n, c), "{n} steps, {c} states");
                if c >= 2 && n >= 2 {
                    let k = next_kept(n, c);
                    assert_eq!(
                        k + runs[c - 1][n - k] + runs[c][k],
                        runs[c][n],
                        "{n} steps, {c} states"
                    );
                }
            }
        }
    }
}
