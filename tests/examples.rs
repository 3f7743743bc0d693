//! Every example runs and reaches what it promises. `cargo test` builds the examples beside the tests.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The program of an example. Test programs lie in `target/PROFILE/deps`, examples in `target/PROFILE/examples`.
fn program(name: &str) -> PathBuf {
    let test = env::current_exe().expect("a running program has a path");
    let profile = test.ancestors().nth(2).expect("tests lie two folders below the target's");
    let program = profile.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
    assert!(
        program.exists(),
        "{} is missing: `cargo build --examples` makes it",
        program.display()
    );
    program
}

/// Runs an example in an empty folder, since none may depend on where it runs.
fn run(name: &str, arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program(name));
    command.args(arguments).current_dir(folder).output().expect("a program that exists starts")
}

/// The output of an example.
fn printed(name: &str, arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let output = run(name, arguments, folder.path());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("examples print text")
}

/// The number after `label` at the start of a line.
fn number_after(text: &str, label: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(label));
    let number = line.and_then(|rest| rest.split([',', ' ']).find(|word| !word.is_empty()));
    let number = number.unwrap_or_else(|| panic!("no line begins with `{label}`:\n{text}"));
    number.parse().unwrap_or_else(|_| panic!("`{label}` is followed by `{number}`, no number"))
}

#[test]
fn mnist_learns_and_writes_its_graph_loss_and_weights() {
    let folder = tempfile::tempdir().unwrap();
    let output = run("mnist", &["--epochs", "2", "--seed", "3", "--out", "new/out"], folder.path());
    let (printed, progress) = (String::from_utf8(output.stdout).unwrap(), output.stderr);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&progress));
    let last = printed.lines().last().unwrap();
    let accuracy = last.strip_prefix("test accuracy: ").unwrap();
    assert!(accuracy.len() == 6 && accuracy.parse::<f64>().unwrap() > 0.92, "{last}");
    assert_eq!(String::from_utf8(progress).unwrap().lines().count(), 2, "a line for each epoch");

    let read = |file: &str| std::fs::read(folder.path().join("new/out").join(file)).unwrap();
    assert!(read("mlp.dot").starts_with(b"digraph"));
    assert!(read("loss.svg").starts_with(b"<svg"));
    assert!(read("mnist.safetensors").len() > 4 * (784 * 256 + 256 * 10));
}

#[test]
fn mnist_repeats_for_its_seed() {
    let weights = |seed: &str| {
        let folder = tempfile::tempdir().unwrap();
        run("mnist", &["--epochs", "1", "--seed", seed], folder.path());
        std::fs::read(folder.path().join("out/mnist.safetensors")).unwrap()
    };
    assert!(weights("1") == weights("1"));
    assert!(weights("1") != weights("2"));
}

#[test]
fn mnist_explains_its_flags_and_refuses_others() {
    assert!(printed("mnist", &["--help"]).contains("--epochs N"));
    let refused = |arguments: &[&str], expected: &str| {
        let folder = tempfile::tempdir().unwrap();
        let output = run("mnist", arguments, folder.path());
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && message.contains(expected), "{message}");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    };
    refused(&["--epoch", "3"], "invalid option '--epoch'");
    refused(&["--epochs"], "missing argument for option '--epochs'");
    refused(&["--seed", "one"], "cannot parse argument \"one\"");
    refused(&["digits"], "unexpected argument \"digits\"");
}

#[test]
fn xor_is_learned_by_the_perceptron_alone() {
    let printed = printed("xor", &[]);
    assert!(printed.contains("linear model: loss 0.69315, accuracy 0.5000"), "{printed}");
    let perceptron = printed.split("perceptron").nth(1).unwrap();
    assert!(perceptron.contains("accuracy 1.0000"), "{printed}");
}

#[test]
fn linear_regression_reaches_the_minimum() {
    let printed = printed("linear_regression", &[]);
    assert_eq!(number_after(&printed, "train mean squared error:"), 2999.555);
    assert_eq!(number_after(&printed, "test R²:"), 0.511);
}

#[test]
fn logistic_regression_is_as_accurate_as_it_should_be() {
    assert!(number_after(&printed("logistic_regression", &[]), "test accuracy:") >= 0.947);
}

#[test]
fn sparse_hessian_takes_three_products_for_ten_thousand_unknowns() {
    let printed = printed("sparse_hessian", &[]);
    assert_eq!(number_after(&printed, "entries of the Hessian:"), 29_998.0);
    assert_eq!(number_after(&printed, "Hessian-vector products:"), 3.0);
    assert!(number_after(&printed, "largest change at the end:") < 1e-8);
}

#[test]
fn second_order_methods_reach_the_minimum_in_a_few_steps() {
    let printed = printed("second_order", &[]);
    let last_steps = printed.split("Newton's method").skip(1).map(|part| part.lines().last());
    let last_steps: Vec<_> = last_steps.map(|line| line.unwrap()).collect();
    assert_eq!(last_steps.len(), 2);
    for line in last_steps {
        assert!(line.starts_with("step 8: loss 0.102416566"), "{printed}");
    }
}

#[test]
fn per_example_gradients_train_a_perceptron_with_clipping() {
    let printed = printed("per_example_gradients", &[]);
    assert!(number_after(&printed, "test accuracy:") > 0.85, "{printed}");
}

#[test]
fn a_custom_operation_is_trained_drawn_and_differentiated_twice() {
    let printed = printed("custom_op", &[]);
    assert!(printed.contains("in the picture: true"), "{printed}");
    assert!(number_after(&printed, "loss:") < 0.01);
    assert_eq!(number_after(&printed, "y' at 3/4:"), 0.512);
    assert_eq!(number_after(&printed, "y'' at 3/4:"), -0.73728);
}

#[test]
fn checkpointed_chain_learns_the_same_in_less_memory() {
    let printed = printed("checkpointed_chain", &[]);
    assert_eq!(printed.matches("losses are equal").count(), 2, "{printed}");
    let bytes = |label: &str| -> Vec<f64> {
        let lines = printed.lines().filter_map(|line| line.trim_start().strip_prefix(label));
        lines.map(|line| number_after(line, "checkpoints:")).collect()
    };
    let (without, with) = (bytes("without "), bytes("with "));
    assert!(with[0] * 10.0 < without[0] && with[1] * 1.6 < without[1], "{printed}");
}

#[test]
fn worked_backprop_agrees_with_the_lecture() {
    let printed = printed("worked_backprop", &[]);
    let numbers: Vec<Vec<_>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .filter(|words: &Vec<_>| is_row(words))
        .collect();
    assert_eq!(numbers.len(), 44);
    for row in numbers {
        assert!(row[3].parse::<f64>().unwrap() < 1e-12, "{row:?}");
    }
}

#[test]
fn profile_tells_which_products_take_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let output = run("profile", &[], folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    for step in ["  linear1: matmul", "  ∂/∂linear1: matmul", "medians of 51 runs"] {
        assert!(printed.contains(step), "no `{step}` in:\n{printed}");
    }
    let drawing = std::fs::read_to_string(folder.path().join("out/profile.dot")).unwrap();
    assert!(drawing.contains("fillcolor=\"#E69F00\"") && drawing.contains(" µs"), "{drawing}");
}

#[test]
fn find_the_nan_names_the_nodes() {
    let printed = printed("find_the_nan", &[]);
    for expected in [
        "The entropy is NaN.\n`log(p)` [2, 2] is -inf at [1, 0]; 1 of its 4 elements is not finite",
        "where `p` [2, 2] is 0.0 there",
        "The loss is 2.5, but a step of training is refused:\n",
        "in ∂/∂metric at examples/find_the_nan.rs:",
        "in the gradient of `distances` [2]",
        "step 11, in epoch 11: `square(",
    ] {
        assert!(printed.contains(expected), "`{expected}` is not in:\n{printed}");
    }
    assert!(!printed.lines().last().unwrap().contains("NaN"), "{printed}");
}

/// Whether the words of a line are a name, two numbers and their difference.
fn is_row(words: &[&str]) -> bool {
    words.len() == 4 && words[1..].iter().all(|word| word.parse::<f64>().is_ok())
}

#[test]
fn rosenbrock_is_minimized_in_a_few_steps() {
    let printed = printed("rosenbrock", &[]);
    assert!(number_after(&printed, "distance from the minimum:") < 1e-9, "{printed}");
    assert!(printed.lines().count() < 60, "{printed}");
}

#[test]
fn ode_sensitivities_are_as_by_differences_in_a_handful_of_statements() {
    let printed = printed("ode_sensitivity", &[]);
    assert!(number_after(&printed, "statements on the tape:") < 20.0, "{printed}");
    assert!(printed.contains("the same with both: true"), "{printed}");
    for name in ["a", "b", "c", "d"] {
        let line = printed.lines().find(|line| line.starts_with(&format!("slope by {name}")));
        let words: Vec<_> = line.expect("there is a slope").split([' ', ',']).collect();
        let numbers: Vec<f64> = words.iter().filter_map(|word| word.parse().ok()).collect();
        assert!((numbers[0] - numbers[1]).abs() < 1e-4 * numbers[1].abs().max(1.0), "{printed}");
    }
}

#[test]
fn a_black_box_loop_is_differentiated_through_its_branches() {
    let printed = printed("black_box_loop", &[]);
    let forwards = number_after(&printed, "by the angle, forwards:");
    let slopes = printed.lines().find(|line| line.starts_with("slopes:")).unwrap();
    assert!(slopes.contains(&format!("[{forwards:.6},")), "{printed}");
}

#[test]
fn a_curve_is_fitted_by_gauss_newton() {
    let printed = printed("curve_fit", &[]);
    assert!(number_after(&printed, "largest error:") < 0.05, "{printed}");
}
