//! Pictures in the README and in `docs` are those of the programs beside them: `UPDATE_GOLDEN=1` draws them again.

use std::path::Path;

use retrograd::{
    prelude::*,
    scalar::{Frozen, Scalar},
    viz::Drawing,
};

/// Fails if a picture is not that of `drawing`, unless it is to be drawn again.
fn check_is_fresh(name: &str, drawing: &Drawing<'_>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        drawing.save(&path).expect("the picture can be written");
        drawing.save(path.with_extension("svg")).expect("Graphviz draws the picture");
    }
    let kept = std::fs::read_to_string(&path).expect("the picture is there");
    assert_eq!(drawing.to_dot(), kept, "the graph has changed: draw it again with UPDATE_GOLDEN=1");
}

#[test]
fn the_picture_in_the_readme_is_fresh() {
    let g = Graph::new();
    let x = g.input_with("x", [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let t = g.input_with("t", [0.0, 1.0, 1.0, 0.0]);
    let mlp = Mlp::new([2, 4, 1]).activation(Activation::Tanh);
    let params = mlp.params(&mut seeded(1));
    let logits = mlp.apply(&g.bind(&params), x).squeeze(1).named("logits");
    let loss = logits.binary_cross_entropy(t).mean().named("loss");
    check_is_fresh("readme.dot", &g.draw(&[loss]).source_lines(false));
}

/// In `docs/scalars.md`.
fn until_two<R: Scalar>(x: &[R]) -> R {
    let mut y = x[0];
    while y < 2.0 {
        y = (y * x[1]).sin() + x[0] * 1.5;
    }
    y
}

#[test]
fn the_picture_of_a_frozen_function_is_fresh() {
    let frozen = Frozen::record(|x| until_two(x), &[1.0, 0.5]);
    check_is_fresh("frozen.dot", &frozen.graph().draw(&[frozen.y()]).source_lines(false));
}
