//! The scalar functions compute the same in every form.

use retrograd::{DType, Graph, Tensor};
use retrograd_benches::functions::{FUNCTIONS, Function, Visitor, visit};

/// By how much, relatively to the largest number, results may differ.
const TOLERANCE: f64 = 1e-9;

struct Check;

impl Visitor for Check {
    fn visit<F: Function>(&mut self, name: &'static str, function: &F) {
        let x = function.point();
        let value = function.value(&x);
        let mut by_hand = vec![f64::NAN; x.len()];
        // Twice: what is kept from call to call must not matter.
        let mut memory = Vec::new();
        for _ in 0..2 {
            let other = function.gradient(&x, &mut by_hand, &mut memory);
            assert_close(name, &[other], &[value]);
        }
        let g = Graph::with_dtype(DType::F64);
        let leaf = g.param("x", Tensor::from(x));
        if let Some(y) = function.expression(leaf) {
            assert_close(name, &y.value().to_vec::<f64>(), &[value]);
            assert_close(name, &y.grad(&[leaf])[0].value().to_vec::<f64>(), &by_hand);
        }
    }
}

fn assert_close(name: &str, a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len(), "{name}");
    let largest = b.iter().fold(0.0f64, |largest, b| largest.max(b.abs()));
    for (k, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= TOLERANCE * largest, "{name}, {k}: {a} and {b}");
    }
}

#[test]
fn functions_compute_the_same_in_every_form() {
    FUNCTIONS.iter().for_each(|name| visit(name, &mut Check));
}
