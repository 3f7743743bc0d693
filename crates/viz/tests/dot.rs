//! The DOT text of graphs, which Graphviz understands.

use std::{collections::BTreeSet, fs, process::Command, thread};

use retrograd_core::{DType, Expr, Graph, Params, Tensor};
use retrograd_viz::{Draw, Error};

/// The line of the node or edge that contains `text`.
fn line<'a>(dot: &'a str, text: &str) -> &'a str {
    let mut lines = dot.lines().filter(|line| line.contains(text));
    let found = lines.next().unwrap_or_else(|| panic!("nothing with {text} in\n{dot}"));
    assert_eq!(lines.next(), None, "{text} occurs twice in\n{dot}");
    found
}

/// The value of an attribute in a line of a node or an edge, up to the next space.
fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!(" {name}=")).unwrap_or_else(|| panic!("{line}"));
    rest.split([' ', ']']).next().unwrap_or(rest)
}

fn has_graphviz() -> bool {
    let is_there = Command::new("dot").arg("-V").output().is_ok();
    if !is_there {
        eprintln!("Graphviz is not installed, so this is tested less");
    }
    is_there
}

/// The SVG that Graphviz makes of a picture, if it is installed.
fn svg<'g>(g: &'g Graph, outputs: &[Expr<'g>]) -> Option<String> {
    if !has_graphviz() {
        return None;
    }
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("picture.svg");
    let drawing = g.draw(outputs).title("<title> & \"more\" \\");
    drawing.save(&path).expect("graphviz can draw it");
    Some(fs::read_to_string(path).expect("what was saved can be read"))
}

#[test]
fn kinds_of_nodes_differ_in_shape_and_in_color() {
    let g = Graph::new();
    let one = Tensor::from([1.0f32]);
    let sum = g.input("an input", [1])
        + g.param("a parameter", [1.0])
        + g.state("some state", one)
        + g.constant([2.0]).named("a constant");
    let dot = g.draw(&[sum.tanh().named("an output")]).to_dot();
    let names = ["an input", "a parameter", "some state", "a constant", "an output", "[<b>", "+"];
    let nodes: Vec<_> = names
        .iter()
        .flat_map(|name| dot.lines().find(|line| line.contains(&format!("<b>{name}</b>"))))
        .chain(dot.lines().find(|line| line.contains(">+<")))
        .collect();
    for name in ["shape", "fillcolor"] {
        let values: BTreeSet<_> = nodes.iter().map(|node| attribute(node, name)).collect();
        assert_eq!((nodes.len(), values.len()), (6, 6), "{name}\n{dot}");
    }
}

#[test]
fn scopes_are_nested_clusters() {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let y = {
        let _outer = g.scope("outer");
        let _inner = g.scope("inner");
        x.exp()
    };
    let _unused = g.scope("unused");
    let dot = g.draw(&[y]).to_dot();
    let position = |text: &str| dot.find(text).unwrap_or_else(|| panic!("no {text} in\n{dot}"));
    let order = ["label=<outer>", "label=<inner>", "[label=<exp", "  }\n  }\n"].map(position);
    assert!(order.is_sorted(), "{dot}");
    assert!(!dot.contains("unused"));
    assert_eq!(dot.matches("subgraph").count(), 2);
}

#[test]
fn what_belongs_to_a_gradient_is_dashed_and_nothing_else() {
    let g = Graph::new();
    let x = g.param("x", [1.0, 2.0]);
    let loss = {
        let _scope = g.scope("model");
        x.sin().square().sum().named("loss")
    };
    let gradient = loss.grad(&[x])[0].named("gradient");
    assert!(!g.draw(&[loss]).to_dot().contains("dashed"));
    let dot = g.draw(&[loss, gradient]).to_dot();
    assert!(line(&dot, "label=<∂model>").contains("dashed"));
    assert!(line(&dot, "<b>gradient</b>").contains("dashed"));
    assert!(!line(&dot, "<b>loss</b>").contains("dashed"));
    let (dashed, solid): (Vec<_>, Vec<_>) =
        dot.lines().filter(|line| line.contains("->")).partition(|line| line.contains("dashed"));
    assert_eq!(solid.len(), 3, "{dot}");
    assert!(dashed.len() >= 3, "{dot}");
}

#[test]
fn a_number_is_drawn_once_for_each_use() {
    let g = Graph::new();
    let x = g.input("x", []);
    let y = (x + 7.0).exp() * 7.0 + 7.0;
    let dot = g.draw(&[y]).to_dot();
    assert_eq!(dot.matches("[label=<7> shape=plain").count(), 3, "{dot}");
}

#[test]
fn a_named_number_and_an_output_that_is_a_number_are_nodes_of_their_own() {
    let g = Graph::new();
    let rate = g.constant(0.1).named("rate");
    let dot = g.draw(&[rate * g.input("x", []) + rate.exp()]).to_dot();
    assert_eq!(attribute(line(&dot, "<b>rate</b><br/>0.1"), "shape"), "note");
    let dot = g.draw(&[g.full([2], 0.5)]).to_dot();
    assert!(line(&dot, "0.5<br/>[2]").contains("shape=hexagon"));
}

#[test]
fn a_frozen_parameter_says_so() {
    let mut params = Params::new();
    params.insert("w", Tensor::from([1.0f32]));
    params.insert("frozen one", Tensor::from([1.0f32]));
    params.freeze("frozen one").unwrap();
    let g = Graph::new();
    let bound = g.bind(&params);
    let dot = g.draw(&[bound.param("w") * bound.param("frozen one")]).to_dot();
    assert!(dot.contains("<b>w</b><br/>param>"), "{dot}");
    assert!(dot.contains("<b>frozen one</b><br/>param<br/>frozen>"), "{dot}");
}

#[test]
fn pointing_at_a_node_shows_where_it_comes_from() {
    let g = Graph::new();
    let x = g.param("x", 3.0);
    let y = x.sin().named("y");
    let dot = g.draw(&y.grad(&[x])).to_dot();
    let tooltip = "cos(x)\\nf32 []\\nfrom the derivative of y = sin(x)\\n";
    assert!(
        line(&dot, "label=<cos>").contains(&format!("tooltip=\"{tooltip}{}:", file!())),
        "{dot}"
    );
    let dot = g.draw(&[x + 0.1]).to_dot();
    assert!(line(&dot, "label=<0.1>").contains("tooltip=\"0.1"), "{dot}");
}

#[test]
fn edges_carry_shapes_and_foreign_dtypes() {
    let g = Graph::with_dtype(DType::F64);
    let labels = g.input_as("labels", DType::I64, [4]);
    let y = g.input("y", [4, 3]).log_softmax(-1) * labels.one_hot(3);
    let dot = g.draw(&[y]).to_dot();
    for label in ["\" [4, 3]\"", "\" i64 [4]\"", " bool [4, 3]\""] {
        assert!(dot.contains(label), "no {label} in\n{dot}");
    }
    assert!(!dot.contains(" f64 [4, 3]\"]"));
}

#[test]
fn the_order_of_operands_is_told_where_it_matters() {
    let g = Graph::new();
    let (x, y) = (g.input("x", [2]), g.input("y", [2]));
    let dot = g.draw(&[y - x]).to_dot();
    assert!(dot.contains("n0 -> n2 [label=\" 2nd [2]\"]"), "{dot}");
    assert!(dot.contains("n1 -> n2 [label=\" 1st [2]\"]"), "{dot}");
    assert!(g.draw(&[x + x]).to_dot().contains("n0 -> n1 [label=\" 2× [2]\"]"));
    assert!(!g.draw(&[x + y]).to_dot().contains("1st"));
}

#[test]
fn hostile_names_are_text_to_graphviz() {
    let hostile = [
        "quote\" ] }; evil [label=\"x",
        "back\\slash\\N\\",
        "<b>bold & </b>",
        "two\nlines\r\n\t",
        "}{|<f0>",
        "&amp; &lt;",
        "nul\0 and \u{ffff} and \u{1b}",
        "∂θ → 数学 🦀",
        " ",
        "-->",
        "]]>",
        "graph",
    ];
    let g = Graph::new();
    let mut y = g.input("x", [2]);
    for name in hostile {
        let _scope = g.scope(name);
        y = (y + g.param(name, [1.0, 2.0])).named(&format!("{name}!"));
    }
    let dot = g.draw(&[y]).to_dot();
    assert_eq!(dot.matches("subgraph").count(), hostile.len());
    let Some(svg) = svg(&g, &[y]) else { return };
    assert_eq!(svg.matches("class=\"cluster\"").count(), hostile.len());
    assert_eq!(svg.matches("class=\"node\"").count(), 2 * hostile.len() + 1);
    for text in
        ["back\\slash\\N\\!", "∂θ → 数学 🦀!", "two\\nlines\\r\\n\\t!", "&amp;amp; &amp;lt;!"]
    {
        assert!(svg.contains(text), "no {text} in\n{svg}");
    }
}

#[test]
fn an_empty_name_is_no_name() {
    let g = Graph::new();
    let y = {
        let _scope = g.scope("");
        g.input("x", [2]).exp().named("")
    };
    assert!(!g.draw(&[y]).to_dot().contains("<b></b>"));
    svg(&g, &[y]);
}

#[test]
fn an_empty_drawing_is_a_drawing() {
    let g = Graph::new();
    assert!(!g.draw(&[]).title("").to_dot().contains("<b></b>"));
    svg(&g, &[]);
}

#[test]
fn depth_costs_no_stack() {
    let draw = || {
        let g = Graph::new();
        let mut y = g.input("x", []);
        for _ in 0..100_000 {
            y = y.sin();
        }
        let scopes: Vec<_> = (0..200).map(|_| g.scope("inner")).collect();
        let y = y.cos();
        drop(scopes);
        g.draw(&[y]).to_dot().matches("->").count()
    };
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(draw).unwrap();
    assert_eq!(thread.join().unwrap(), 100_001);
}

#[test]
fn the_same_graph_gives_the_same_text() {
    let dot = || {
        let g = Graph::new();
        let w = g.param("w", [[1.0, 2.0], [3.0, 4.0]]);
        let y = w.matmul(w).softmax(-1).log().sum();
        g.draw(&y.grad(&[w])).source_lines(false).to_dot()
    };
    assert_eq!(dot(), dot());
}

#[test]
#[should_panic(expected = "draw: `sin(x)` belongs to another graph")]
fn an_expression_of_another_graph_is_refused() {
    let (ours, other) = (Graph::new(), Graph::new());
    let _ = ours.draw(&[other.input("x", [2]).sin()]);
}

#[test]
fn pictures_are_saved_by_their_extension() {
    let g = Graph::new();
    let y = g.input("x", [2]).exp();
    let folder = tempfile::tempdir().unwrap();
    let save = |name: &str| {
        let path = folder.path().join(name);
        g.draw(&[y]).save(&path).map(|()| fs::read(path).unwrap())
    };
    assert!(save("y.gv").unwrap().starts_with(b"digraph"));
    assert!(save("Y.DOT").unwrap().starts_with(b"digraph"));
    assert!(matches!(save("y.jpeg2"), Err(Error::UnknownFormat { .. })));
    assert!(matches!(save("y"), Err(Error::UnknownFormat { .. })));
    if has_graphviz() {
        assert!(save("y.png").unwrap().starts_with(b"\x89PNG"));
        assert!(save("y.pdf").unwrap().starts_with(b"%PDF"));
        assert!(String::from_utf8(save("y.svg").unwrap()).unwrap().contains("</svg>"));
    } else {
        assert!(matches!(save("y.svg"), Err(Error::GraphvizMissing { .. })));
        assert!(!folder.path().join("y.svg").exists());
    }
}
