//! Newton's method, for logistic regression on whether a breast tumor is benign: with the exact Hessian, and without any
//! matrix, by conjugate gradients on Hessian–vector products. Where gradient descent takes a thousand steps, these take
//! a few. The direction is an expression like any other, so that each step, update included, is one plan.

use retrograd::{
    layers::{Error, data::parse_csv},
    prelude::*,
};

const TUMORS: &[u8] = include_bytes!("data/breast_cancer.csv");

fn main() -> Result<(), Error> {
    let tumors = parse_csv("breast_cancer.csv", TUMORS, Targets::Classes)?;
    let tumors = tumors.standardized(&Standardizer::fit(tumors.features())?)?;
    let g = Graph::with_dtype(DType::F64);
    let x = g.constant(tumors.features().cast(DType::F64));
    let t = g.constant(tumors.targets().cast(DType::F64));
    let w = g.param("w", Tensor::zeros(DType::F64, [30]));
    // The penalty keeps the Hessian positive definite.
    let loss = x.dot(w).binary_cross_entropy(t).mean() + 0.005 * w.square().sum();
    let gradient = loss.grad(&[w])[0];

    println!("Newton's method, exact Hessian");
    minimize(loss, w, gradient, loss.hessian(w).solve(gradient))?;
    println!("Newton's method, 25 Hessian-vector products");
    let product = |v| loss.hessian_vector(&[(w, v)])[0];
    minimize(loss, w, gradient, conjugate_gradients(product, gradient, 25))
}

/// Steps of `w − direction`, until the gradient vanishes.
fn minimize<'g>(
    loss: Expr<'g>,
    w: Expr<'g>,
    gradient: Expr<'g>,
    direction: Expr<'g>,
) -> Result<(), Error> {
    let plan = Plan::compile(&[loss, gradient.norm()], &[(w, w - direction)])?;
    let (mut params, mut memory) = (w.graph().recorded_params(), plan.workspace());
    for k in 0..20 {
        plan.step(&mut memory, &mut params, &mut Params::new(), &[])?;
        let [loss, norm] = [0, 1].map(|k| memory.output(k).to_tensor().item());
        println!("step {k}: loss {loss:.9}, gradient {norm:.1e}");
        if norm < 1e-12 {
            break;
        }
    }
    Ok(())
}

/// About the solution of `H·s = b`, from a few products with `H` (Hestenes and Stiefel 1952).
fn conjugate_gradients<'g>(h: impl Fn(Expr<'g>) -> Expr<'g>, b: Expr<'g>, n: usize) -> Expr<'g> {
    let (mut s, mut r, mut p) = (0.0 * b, b, b);
    for _ in 0..n {
        let hp = h(p);
        let along = r.dot(r) / p.dot(hp);
        let next = r - along * hp;
        (s, p, r) = (s + along * p, next + next.dot(next) / r.dot(r) * p, next);
    }
    s
}
