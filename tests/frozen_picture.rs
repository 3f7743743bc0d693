//! The picture in `docs/scalars.md` is that of a frozen function: `UPDATE_GOLDEN=1` draws it again.

use std::path::Path;

use retrograd::{
    prelude::*,
    scalar::{Frozen, Scalar},
};

fn f<R: Scalar>(x: &[R]) -> R {
    let mut y = x[0];
    while y < 2.0 {
        y = (y * x[1]).sin() + x[0] * 1.5;
    }
    y
}

#[test]
fn the_picture_of_a_frozen_function_is_fresh() {
    let frozen = Frozen::record(|x| f(x), &[1.0, 0.5]);
    let drawing = frozen.graph().draw(&[frozen.y()]).source_lines(false);

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pictures/frozen.dot");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        drawing.save(&path).expect("the picture can be written");
        drawing.save(path.with_extension("svg")).expect("Graphviz draws the picture");
    }
    let kept = std::fs::read_to_string(&path).expect("the picture is there");
    assert_eq!(drawing.to_dot(), kept, "the graph has changed: draw it again with UPDATE_GOLDEN=1");
}
