//! An operation of one's own: an activation that no crate has, `y = x/√(1 + x²)`, as a plain struct with its value and
//! its derivative. A perceptron is trained with it, drawn, and asked for a second derivative.

use retrograd::{layers::Error, prelude::*};

/// `y = x/√(1 + x²)`, elementwise: a sigmoid between −1 and 1 that needs no exponential; `y' = (1 + x²)^(−3/2)`.
#[derive(Debug)]
struct InverseRoot;

impl CustomOperation for InverseRoot {
    fn name(&self) -> &str {
        "inverse root"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        let [x] = inputs else { return Err("it has one input".to_owned()) };
        Ok(x.clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g * (1.0 + rule.x(0).square()).powf(-1.5))
    }

    fn vmap<'g>(&self, this: &Custom, batch: Batch<'_, 'g>) -> Expr<'g> {
        this.apply(&batch.all()) // elementwise: a batch is one more axis
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let pairs = y.elements::<f64>().iter_mut().zip(x[0].elements::<f64>());
        pairs.for_each(|(y, x)| *y = x / (1.0 + x * x).sqrt());
    }
}

fn main() -> Result<(), Error> {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input_with("x", [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let t = g.input_with("t", [0.0, 1.0, 1.0, 0.0]);
    let (hidden, output) = (Linear::new(2, 4), Linear::new(4, 1));
    let (activation, mut params) = (Custom::new(InverseRoot), Params::new());
    params.insert_nested("hidden", hidden.params(&mut seeded(1)).cast(DType::F64));
    params.insert_nested("output", output.params(&mut seeded(2)).cast(DType::F64));

    let bound = g.bind(&params);
    let h = activation.apply(&[hidden.apply(&bound.scope("hidden").0, x)]);
    let loss = output.apply(&bound.scope("output").0, h).squeeze(1).binary_cross_entropy(t).mean();
    println!("in the picture: {}", g.draw(&[loss]).to_dot().contains("inverse root"));

    let mut step = Adam::new(0.05).compile(loss)?; // run by a plan like any other
    let mut state = step.initial_state();
    let losses: Result<Vec<_>, _> =
        (0..500).map(|_| step.run(&mut params, &mut state, &[])).collect();
    println!("loss: {:.6}", losses?.last().expect("steps have been made"));

    let z = g.param("z", 0.75);
    let slope = activation.apply(&[z]).grad(&[z])[0];
    println!("y' at 3/4: {:.6}", slope.value().item()); // 64/125
    println!("y'' at 3/4: {:.6}", slope.grad(&[z])[0].value().item()); // −3x·(1 + x²)^(−5/2) = −2304/3125
    Ok(())
}
