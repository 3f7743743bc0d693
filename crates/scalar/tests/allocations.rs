//! A tape that has grown allocates nothing for what it records; a checkpointed loop, what it keeps.

use allocation_counter::measure;
use retrograd_scalar::{Real, Scalar, Tape};

fn f<R: Scalar>(x: &[R]) -> R {
    let mut sum = R::from(0.0);
    for k in 0..1000 {
        let turn = x.iter().map(|x| *x * f64::from(k)).sum::<R>();
        sum += turn.sin() * x[k as usize % x.len()];
        if sum > 10.0 {
            sum = sum.sqrt();
        }
    }
    sum
}

#[test]
fn an_evaluation_allocates_its_variables_and_nothing_else() {
    let (mut tape, mut slopes) = (Tape::new(), [0.0; 5]);
    let x = [0.1, 0.2, 0.3, 0.4, 0.5];
    let mut evaluate = || {
        measure(|| {
            tape.value_and_gradient(|x| f(x), &x, &mut slopes);
        })
    };
    let first = evaluate();
    let second = evaluate();
    assert!(first.count_total > 1, "{first:?}");
    assert_eq!(second.count_total, 1, "{second:?}");
}

#[test]
fn a_checkpointed_loop_takes_the_memory_of_its_states() {
    const N: usize = 1000;
    let peak = |n_states: usize, n_steps: usize| {
        let gradient = || {
            Tape::new().record(|t| {
                let x = t.variables(&[0.1; N]);
                let y = t.checkpointed_within(n_states, n_steps, &x, &[], |_, y, _| {
                    y.iter_mut().for_each(|y| *y = y.sin());
                });
                assert!(t.reverse(y[0]).of(x[0]) > 0.0);
            })
        };
        measure(gradient).bytes_max
    };
    let bytes = |n_states: u64| n_states * (N * size_of::<f64>()) as u64;
    let (few, many, long) = (peak(5, 100), peak(45, 100), peak(5, 1000));
    assert!(many - few > bytes(39) && many - few < bytes(41), "{few} and {many}");
    assert!(long < few + bytes(1), "{few} and {long}");
}
