//! Random graphs are what they promise: finite, repeatable, and of all operations.

use retrograd_check::{Options, random_graph};
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
