//! Pictures of a small model, compared with those kept in the repository.
//!
//! With `UPDATE_GOLDEN=1` the kept ones are written anew, those of the documentation too if Graphviz is installed.

use std::{env, fs, path::Path};

use retrograd_core::{Expr, Graph};
use retrograd_viz::{Draw, Drawing};

/// A multilayer perceptron 2–3–1 with a squared loss, written out operation by operation.
fn loss_of_mlp(g: &Graph) -> Expr<'_> {
    let x = g.input("x", [4, 2]);
    let t = g.input("t", [4, 1]);
    let y = {
        let _mlp = g.scope("mlp");
        let h = {
            let _hidden = g.scope("hidden");
            let w = g.param("w", [[0.1, -0.2, 0.3], [0.4, 0.5, -0.6]]);
            let b = g.param("b", [0.0, 0.1, 0.2]);
            (x.dot(w) + b).sigmoid().named("h")
        };
        let _output = g.scope("output");
        let w = g.param("w", [[0.7], [-0.8], [0.9]]);
        let b = g.param("b", [0.0]);
        (h.dot(w) + b).named("y")
    };
    let _loss = g.scope("squared error");
    (y - t).square().mean().named("loss")
}

/// The loss and its gradient by each parameter.
fn loss_and_gradient(g: &Graph) -> Vec<Expr<'_>> {
    let loss = loss_of_mlp(g);
    let params = g.params();
    let gradient = loss.grad(&params);
    let named = params.iter().zip(gradient).map(|(param, gradient)| {
        let name = g.name(param.id()).expect("parameters have names");
        gradient.named(&format!("∂{name}"))
    });
    [loss].into_iter().chain(named).collect()
}

fn check(name: &str, drawing: Drawing<'_>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let golden = root.join(format!("tests/golden/{name}.dot"));
    let drawing = drawing.source_lines(false);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        drawing.save(&golden).expect("the golden file can be written");
        match drawing.save(root.join(format!("../../docs/pictures/{name}.svg"))) {
            Ok(()) => {}
            Err(error) => eprintln!("the picture of {name} stays as it was: {error}"),
        }
    }
    let expected = fs::read_to_string(&golden).expect("there is a golden file");
    assert_eq!(drawing.to_dot(), expected, "{name} changed; look at it, then set UPDATE_GOLDEN=1");
}

#[test]
fn forward_picture_is_the_one_that_was_looked_at() {
    let g = Graph::new();
    check("mlp", g.draw(&[loss_of_mlp(&g)]).title("An MLP 2–3–1 and its loss"));
}

#[test]
fn gradient_picture_is_the_one_that_was_looked_at() {
    let g = Graph::new();
    check("mlp_gradient", g.draw(&loss_and_gradient(&g)).title("An MLP 2–3–1 and its gradient"));
}

#[test]
fn second_order_picture_is_the_one_that_was_looked_at() {
    let g = Graph::new();
    let x = g.param("x", 2.0);
    let y = {
        let _scope = g.scope("y");
        (x.sigmoid() * x).named("y")
    };
    let dy = y.grad(&[x])[0].named("∂y");
    let ddy = dy.grad(&[x])[0].named("∂∂y");
    check("second_order", g.draw(&[y, dy, ddy]).title("x·σ(x) and two derivatives"));
}
