//! Backpropagation as a lecture works it out by hand, beside what the engine gets: a 2-2-2 network of sigmoid units,
//! the cost ½Σ(t − y)², one step of gradient descent at rate 1. Derivatives by inner values come from the same sweep
//! as those by parameters: the lecture's δ² and δ¹ are ∂cost/∂z2 and ∂cost/∂z1.

use retrograd::prelude::*;
use serde_json::Value;

fn main() -> Result<(), retrograd::Error> {
    let file = include_str!("data/worked_backprop.json");
    let file: Value = serde_json::from_str(file).expect("the file is JSON");
    let vector = |name: &str| Tensor::from(numbers(&file[name]));
    let matrix = |name: &str| vector(name).reshape([2, 2]);
    let g = Graph::with_dtype(DType::F64);
    let (x, t) = (g.input_with("x", vector("x")), g.input_with("t", vector("t")));
    let (w1, b1) = (g.param("W1", matrix("W1")?), g.param("b1", vector("b1")));
    let (w2, b2) = (g.param("W2", matrix("W2")?), g.param("b2", vector("b2")));

    let [z1, h, z2, y] = network(x, [w1, b1, w2, b2]);
    let cost = 0.5 * (t - y).square().sum();
    let gradients = cost.grad(&[z1, z2, w1, b1, w2, b2]);
    let [delta1, delta2, dw1, db1, dw2, db2] = gradients[..] else { unreachable!("six of six") };
    let sig_prime1 = h.sum().grad(&[z1])[0];
    let [w1_new, b1_new, w2_new, b2_new] = [w1 - dw1, b1 - db1, w2 - dw2, b2 - db2];
    let [_, h_new, _, y_new] = network(x, [w1_new, b1_new, w2_new, b2_new]);

    let forward = [("z1", z1), ("h", h), ("z2", z2), ("y", y), ("cost", cost)];
    let inner = [("delta2", delta2), ("sig_prime1", sig_prime1), ("delta1", delta1)];
    let gradients = [("dW1", dw1), ("db1", db1), ("dW2", dw2), ("db2", db2)];
    let new = [("W1_new", w1_new), ("b1_new", b1_new), ("W2_new", w2_new), ("b2_new", b2_new)];
    let after = [("h", h_new), ("y", y_new), ("cost", 0.5 * (t - y_new).square().sum())];
    println!("{:<10} {:>20} {:>20}    error", "", "lecture", "engine");
    compare(&file["float64"], &[&forward[..], &inner, &gradients, &new].concat());
    println!("The slides print dW2[0][1] as +0.00907194, a misprint. After the step:");
    compare(&file["after_one_step"], &after);
    Ok(())
}

/// The network `y = σ(W₂σ(W₁x + b₁) + b₂)`, and what is inside. Row k of a matrix has the weights of unit k.
fn network<'g>(x: Expr<'g>, [w1, b1, w2, b2]: [Expr<'g>; 4]) -> [Expr<'g>; 4] {
    let z1 = w1.dot(x) + b1;
    let z2 = w2.dot(z1.sigmoid()) + b2;
    [z1, z1.sigmoid(), z2, z2.sigmoid()]
}

fn compare(lecture: &Value, table: &[(&str, Expr<'_>)]) {
    for (name, expr) in table {
        for (expected, value) in numbers(&lecture[name]).iter().zip(expr.value().to_vec::<f64>()) {
            let error = (value - expected).abs();
            println!("{name:<10} {expected:>20.16} {value:>20.16} {error:>8.1e}");
        }
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => number.as_f64().into_iter().collect(),
    }
}
