//! Random graphs are what they promise: finite, repeatable, of all operations, and differentiated rightly.

use std::collections::BTreeSet;

use retrograd_check::{GradientCheck, Options, RandomGraph, cases::FAMILIES, random_graph};
use retrograd_core::{
    DType, NodeId, Op,
    ops::{Binary, Comparison, Unary},
};

/// The operations that the outputs of a graph depend on.
fn operations(random: &RandomGraph) -> Vec<Op> {
    let graph = random.graph();
    graph.ancestors(&random.outputs()).into_iter().map(|id| graph.node(id).op.clone()).collect()
}

#[test]
fn values_and_gradients_are_finite_and_bounded() {
    for dtype in [DType::F32, DType::F64] {
        for seed in 0..1000 {
            let random = random_graph(seed, &Options { dtype, order: 2, ..Options::default() });
            for (k, output) in random.outputs().into_iter().enumerate() {
                let values = output.value().to_vec::<f64>();
                let is_bounded = values.iter().all(|x| x.abs() < 1e4);
                assert!(is_bounded, "seed {seed}, {dtype}: output {k} is {values:?} in {output:?}");
            }
        }
    }
}

#[test]
fn a_seed_always_gives_the_same_graph() {
    let options = Options { order: 1, ..Options::default() };
    for seed in 0..20 {
        let [a, b] = [(); 2].map(|()| random_graph(seed, &options));
        let nodes = |random: &RandomGraph| -> Vec<_> {
            (0..random.graph().len()).map(|k| random.graph().node(NodeId::new(k)).clone()).collect()
        };
        assert_eq!(nodes(&a), nodes(&b), "seed {seed}");
        let values = |random: &RandomGraph| -> Vec<_> {
            random.outputs().iter().map(|output| output.value()).collect()
        };
        assert_eq!(values(&a), values(&b), "seed {seed}");
    }
}

#[test]
fn a_few_hundred_graphs_have_every_operation_and_row() {
    let options = Options { dtype: DType::F32, ..Options::default() };
    let differentiated = Options { order: 1, ..options.clone() };
    let recorded: Vec<_> = (0..800)
        .map(|seed| random_graph(seed, &options))
        .chain((0..50).map(|seed| random_graph(seed, &differentiated)))
        .flat_map(|random| operations(&random))
        .collect();
    let names: BTreeSet<_> = recorded.iter().map(Op::family).collect();
    for entry in FAMILIES {
        assert!(names.contains(entry.name), "no random graph has {}", entry.name);
    }
    for &row in Unary::ALL {
        assert!(recorded.contains(&Op::Unary(row)), "no random graph has {}", row.name());
    }
    for &row in Binary::ALL {
        assert!(recorded.contains(&Op::Binary(row)), "no random graph has {}", row.name());
    }
    for &comparison in Comparison::ALL {
        let op = Op::Compare(comparison);
        assert!(recorded.contains(&op), "no random graph has {comparison:?}");
    }
}

#[test]
fn tensors_stay_within_the_sizes_asked_for() {
    let options = Options { max_size: 20, max_elements: 2000, ..Options::default() };
    let mut largest = 0;
    for seed in 0..100 {
        let random = random_graph(seed, &options);
        for output in random.outputs() {
            largest = largest.max(output.shape().n_elements());
        }
    }
    assert!((1000..=2000).contains(&largest), "the largest output has {largest} elements");
}

#[test]
fn most_gradients_are_not_zero() {
    let (mut n_zero, mut n_gradients) = (0, 0);
    for seed in 0..200 {
        let random = random_graph(seed, &Options { order: 1, ..Options::default() });
        let outputs = random.outputs();
        for gradient in &outputs[outputs.len() - random.leaves().len()..] {
            n_zero += usize::from(gradient.value().to_vec::<f64>().iter().all(|x| *x == 0.0));
            n_gradients += 1;
        }
    }
    assert!(3 * n_zero < n_gradients, "{n_zero} of {n_gradients} gradients are zero");
}

#[test]
fn first_and_second_derivatives_agree_with_finite_differences() {
    let options = Options { dtype: DType::F64, is_differentiable: true, ..Options::default() };
    for seed in 0..500 {
        let random = random_graph(seed, &options);
        let check = GradientCheck { seed, ..GradientCheck::default() };
        for output in random.outputs().into_iter().filter(|output| output.dtype().is_float()) {
            if let Err(failure) = check.check(output, &random.leaves()) {
                panic!("random graph of seed {seed}: {failure}\n  in {output:?}");
            }
        }
    }
}
