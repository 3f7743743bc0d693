//! A tape that has grown allocates nothing for what it records.

use allocation_counter::measure;
use retrograd_scalar::{Scalar, Tape};

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
