//! A comparison is worth nothing unless both sides compute the same.

use retrograd::DType;
use retrograd_benches::{Problem, Task, WORKLOADS, automatic::Automatic};

const N_STEPS: usize = 2;

fn check(dtype: DType, tolerance: f64) {
    for workload in &WORKLOADS {
        let problem = Problem::new(workload, dtype, 1);
        let mut by_hand = problem.by_hand();
        let mut engine = Automatic::new(&problem, Task::Step).expect("workloads compile");
        for step in 0..N_STEPS {
            let (expected, loss) = (by_hand.run(Task::Step), engine.run());
            let error = (loss - expected).abs() / expected.abs();
            println!("{} {dtype} step {step}: {loss}, off by {error:.1e}", workload.name);
            assert!(error <= tolerance, "{}, step {step}: {loss} ≠ {expected}", workload.name);
        }
    }
}

#[test]
fn losses_of_steps_agree_in_single_precision() {
    check(DType::F32, 1e-4);
}

#[test]
fn losses_of_steps_agree_in_double_precision() {
    check(DType::F64, 1e-10);
}

#[test]
fn losses_without_gradients_and_gradients_without_updates_agree() {
    for workload in &WORKLOADS {
        let problem = Problem::new(workload, DType::F64, 2);
        let mut by_hand = problem.by_hand();
        let loss = Automatic::new(&problem, Task::Forward).unwrap().run();
        let mut engine = Automatic::new(&problem, Task::Gradient).unwrap();
        for expected in [by_hand.run(Task::Forward), by_hand.run(Task::Gradient), engine.run()] {
            assert!((loss - expected).abs() <= 1e-10 * expected.abs(), "{}", workload.name);
        }
        for (k, (ours, expected)) in engine.gradients().iter().zip(by_hand.gradients()).enumerate()
        {
            let (ours, expected) = (ours.to_vec::<f64>(), expected.to_vec::<f64>());
            assert_eq!(ours.len(), expected.len());
            let largest = expected.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
            let errors = ours.iter().zip(&expected).map(|(a, b)| (a - b).abs());
            let error = errors.fold(0.0, f64::max);
            assert!(error <= 1e-9 * largest, "{}: gradient {k}: {error}", workload.name);
        }
    }
}
