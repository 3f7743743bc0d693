//! The picture in the README is that of the README's program: `UPDATE_GOLDEN=1` draws it again.

use std::path::Path;

use retrograd::prelude::*;

#[test]
fn the_picture_in_the_readme_is_fresh() {
    let g = Graph::new();
    let x = g.input_with("x", [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]);
    let t = g.input_with("t", [0.0, 1.0, 1.0, 0.0]);
    let mlp = Mlp::new([2, 4, 1]).activation(Activation::Tanh);
    let params = mlp.params(&mut seeded(1));
    let logits = mlp.apply(&g.bind(&params), x).squeeze(1).named("logits");
    let loss = logits.binary_cross_entropy(t).mean().named("loss");
    let drawing = g.draw(&[loss]).source_lines(false);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/readme.dot");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        drawing.save(&path).expect("the picture can be written");
        drawing.save(path.with_extension("svg")).expect("Graphviz draws the picture");
    }
    let kept = std::fs::read_to_string(&path).expect("the picture is there");
    assert_eq!(drawing.to_dot(), kept, "the graph has changed: draw it again with UPDATE_GOLDEN=1");
}
