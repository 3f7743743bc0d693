//! Every example runs and reaches what it promises. `cargo test` builds the examples beside the tests.

use std::{env, process::Command};

/// The output of an example. Test programs lie in `target/PROFILE/deps`, examples in `target/PROFILE/examples`.
fn printed(name: &str) -> String {
    let test = env::current_exe().expect("a running program has a path");
    let profile = test.ancestors().nth(2).expect("tests lie two folders below the target's");
    let program = profile.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    let output = Command::new(program).output().expect("the example is built");
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("examples print text")
}

/// The number at the end of the line that begins with `label`.
fn number_after(text: &str, label: &str) -> f64 {
    let line = text.lines().find(|line| line.starts_with(label));
    let last = line.and_then(|line| line.split_whitespace().last());
    last.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number after `{label}`:\n{text}"))
}

#[test]
fn solvers_of_argmin_reach_the_minimum() {
    let printed = printed("argmin");
    assert!(number_after(&printed, "L-BFGS:") < 1e-6, "{printed}");
    assert!(number_after(&printed, "trust region:") < 1e-6, "{printed}");
    assert!(printed.contains("Gauss–Newton: a = 2.500000000, b = 1.300000000"), "{printed}");
}

#[test]
fn functions_of_arrays_are_minimized() {
    let printed = printed("ndarray");
    assert!(number_after(&printed, "gradient at the end:") < 1e-12, "{printed}");
    assert!(number_after(&printed, "largest difference by a graph:") < 1e-14, "{printed}");
}

#[test]
fn a_robot_arm_reaches_its_target() {
    let printed = printed("nalgebra");
    assert!(number_after(&printed, "distance at the end:") < 1e-12, "{printed}");
    assert!(number_after(&printed, "largest difference from finite ones:") < 1e-7, "{printed}");
}
