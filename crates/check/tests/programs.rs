//! Random programs have the same derivatives with every number type; the example `programs` runs as many as asked for.

use retrograd_check::programs::{
    ProgramKind, ProgramStep, ProgramTally, RandomProgram, check, check_gradient, random_program,
};
use retrograd_core::ops::{Binary, Unary};

#[test]
fn number_types_and_graphs_agree_on_random_programs() {
    let mut tally = ProgramTally::default();
    for seed in 0..1600 {
        match check(seed) {
            Ok(of_program) => tally.add(&of_program),
            Err(violation) => panic!("{violation}"),
        }
    }
    println!("{tally}");
    assert_eq!(tally.n_programs, 1600);
    assert!(tally.n_first > 800 && tally.n_second > 600 && tally.n_differences > 300, "{tally}");
    assert!(tally.n_not_finite > 100, "{tally}");
    assert!(tally.n_flipped > 600 && tally.n_compiled > 100, "{tally}");
}

#[test]
fn wrong_gradients_are_found() {
    // x₀·sin x₁.
    let steps = vec![ProgramStep::Unary(Unary::Sin, 1), ProgramStep::Binary(Binary::Mul, 0, 2)];
    let program = RandomProgram { inputs: vec![2.0, 0.5], steps };
    let gradient = [0.5f64.sin(), 2.0 * 0.5f64.cos()];
    assert_eq!(check_gradient(&program, &gradient), Ok(()));
    for k in 0..2 {
        let mut wrong = gradient;
        wrong[k] += 1e-8;
        let message = check_gradient(&program, &wrong).expect_err("it is wrong");
        assert!(message.starts_with(&format!("the derivative by x{k} is ")), "{message}");
    }
}

#[test]
fn programs_are_the_same_for_the_same_seed_and_have_all_steps() {
    let programs =
        || (0..200).map(|seed| random_program(seed, ProgramKind::ALL[seed as usize % 4]));
    let listing: String = programs().map(|program| program.to_string()).collect();
    let again: String = programs().map(|program| program.to_string()).collect();
    assert_eq!(listing, again);
    for word in ["powi", "sum of", "if ", "NaN", "inf", "0.5"] {
        assert!(listing.contains(word), "no program has {word}");
    }
    for &row in Unary::ALL {
        assert!(listing.contains(&format!("{}(", row.name())), "no program has {}", row.name());
    }
}
