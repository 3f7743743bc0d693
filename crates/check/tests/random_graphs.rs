//! Random graphs are what they promise: finite, repeatable, and of all operations.

use retrograd_check::{GradientCheck, Options, random_graph};
use retrograd_core::DType;

#[test]
fn values_and_gradients_are_finite_and_bounded() {
    for dtype in [DType::F32, DType::F64] {
        for seed in 0..1000 {
            let random = random_graph(seed, &Options { dtype, order: 2, ..Options::default() });
            for (k, output) in random.outputs().into_iter().enumerate() {
                let largest =
                    output.value().to_vec::<f64>().iter().map(|x| x.abs()).fold(0.0, f64::max);
                assert!(
                    largest < 1e9,
                    "seed {seed}, {dtype}: output {k} has {largest} in {output:?}"
                );
            }
        }
    }
}

#[test]
fn first_and_second_derivatives_agree_with_finite_differences() {
    let options = Options { dtype: DType::F64, is_differentiable: true, ..Options::default() };
    for seed in 0..400 {
        let random = random_graph(seed, &options);
        let check = GradientCheck { seed, ..GradientCheck::default() };
        for output in random.outputs().into_iter().filter(|output| output.dtype().is_float()) {
            if let Err(failure) = check.check(output, &random.leaves()) {
                panic!("random graph of seed {seed}: {failure}\n  in {output:?}");
            }
        }
    }
}
