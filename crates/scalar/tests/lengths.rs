//! Wrong lengths: each message names the function, what is too long or too short, both lengths, and what to do.

use std::panic::{AssertUnwindSafe, catch_unwind};

use retrograd_scalar::{Dual, Frozen, Number, Tape, Var, hessian_vector, jacobian_forward};

/// The message of the panic of a call.
fn message(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).expect_err("the lengths differ");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().expect("a message")).to_owned(),
    }
}

fn product<'t, T: Number>(x: &[Var<'t, T>]) -> Var<'t, T> {
    x.iter().copied().fold(Var::constant(1.0), |product, x| product * x)
}

#[test]
fn wrong_lengths_are_named_with_both_numbers_and_the_remedy() {
    let x = [2.0, 3.0];
    let of_v = |n: usize| message(|| drop(hessian_vector(product, &x, &vec![1.0; n])));
    let of_gradient = |n: usize| {
        message(|| {
            Tape::new().value_and_gradient(product, &x, &mut vec![0.0; n]);
        })
    };
    let of_try = |n: usize| {
        message(|| {
            let _ = Tape::new().try_value_and_gradient(product, &x, &mut vec![0.0; n]);
        })
    };
    let of_write = |n: usize| {
        message(|| {
            Tape::new().record(|t| {
                let x = t.variables(&x);
                t.reverse(x[0] * x[1]).write(&x, &mut vec![0.0; n]);
            });
        })
    };
    for n in [0, 1, 3, 100] {
        let numbers = if n == 1 { "1 number".to_owned() } else { format!("{n} numbers") };
        let expected = |function: &str, what: &str| {
            format!(
                "{function}: `{what}` has {numbers}, but `x` has 2 numbers; give one for each of `x`"
            )
        };
        assert_eq!(of_v(n), expected("hessian_vector", "v"));
        assert_eq!(of_gradient(n), expected("value_and_gradient", "gradient"));
        assert_eq!(of_try(n), expected("value_and_gradient", "gradient"));
        assert_eq!(of_write(n), expected("write", "derivatives"));
        let frozen = Frozen::record(|x| x[0] * x[1], &x);
        let mut replay = frozen.compile(&[frozen.y()]).expect("it compiles");
        let error = replay.run(&vec![1.0; n]).expect_err("the lengths differ").to_string();
        let expected = format!("`x` is declared as f64 [2], but the data given are f64 [{n}]");
        assert_eq!(error, expected);
    }
}

#[test]
fn a_function_that_gives_more_outputs_another_time_is_found() {
    for (first, then) in [(1, 2), (2, 1), (0, 1)] {
        let n_calls = std::cell::Cell::new(0);
        let f = |x: &[Dual<f64, 4>]| {
            n_calls.set(n_calls.get() + 1);
            vec![x[0]; if n_calls.get() == 1 { first } else { then }]
        };
        let text = message(|| drop(jacobian_forward(f, &[1.0; 5])));
        assert!(text.starts_with("jacobian_forward: `outputs` has "), "{text}");
        assert!(text.contains(&format!("{then} number")), "{text}");
        assert!(text.contains(&format!("before` has {first} number")), "{text}");
    }
}

#[test]
fn a_direction_that_does_not_exist_is_named() {
    let text = message(|| drop(Dual::<f64, 2>::variable_of(1.0, 2).value.to_string()));
    assert_eq!(text, "variable_of: there is no direction 2 among 2; they count from 0");
}
