//! The graph's memory of how it was written: names, scopes, lines, and which expressions are one.

use std::collections::BTreeSet;

use retrograd_core::{DType, Expr, Graph, NodeId};

fn scope_of(expr: Expr<'_>) -> String {
    expr.graph().regions().get(expr.graph().region_of(expr.id())).path()
}

fn line_of(expr: Expr<'_>) -> u32 {
    let location = expr.graph().location(expr.id());
    assert_eq!(location.file(), file!());
    location.line()
}

/// The nodes recorded from `first` on.
fn recorded_since(g: &Graph, first: usize) -> impl Iterator<Item = Expr<'_>> {
    (first..g.len()).map(|index| g.expr(NodeId::new(index)))
}

#[test]
fn scopes_nest_and_close_with_their_guards() {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let (inside, deeper, after) = {
        let _encoder = g.scope("encoder");
        let inside = x.sin();
        let deeper = {
            let _block = g.scope("block");
            inside.cos()
        };
        (inside, deeper, deeper.exp())
    };
    assert_eq!(scope_of(x), "");
    assert_eq!(scope_of(inside), "encoder");
    assert_eq!(scope_of(deeper), "encoder/block");
    assert_eq!(scope_of(after), "encoder");
    assert_eq!(scope_of(after + 1), "");
}

#[test]
fn a_scope_of_the_same_name_and_parent_is_the_same_scope() {
    let g = Graph::new();
    let x = g.input("x", [2]);
    let in_block = |outer: &str| {
        let _outer = g.scope(outer);
        let _block = g.scope("block");
        x.sin()
    };
    assert_eq!(in_block("a").id(), in_block("a").id());
    assert_ne!(in_block("a").id(), in_block("b").id());
}

#[test]
fn gradients_lie_in_scopes_nested_as_those_of_what_they_are_the_gradient_of() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", 0.5);
    let y = {
        let _encoder = g.scope("encoder");
        let _block = g.scope("block");
        x.sin()
    };
    let loss = y * y;
    let first = g.len();
    let dx = loss.grad(&[x])[0];
    let scopes: BTreeSet<_> = recorded_since(&g, first).map(scope_of).collect();
    let expected = ["", "∂", "∂/∂encoder/∂block"].map(str::to_owned);
    assert_eq!(scopes, BTreeSet::from(expected), "the seed lies where the gradient was asked for");
    let first = g.len();
    dx.grad(&[x]);
    let scopes: BTreeSet<_> = recorded_since(&g, first).map(scope_of).collect();
    assert!(scopes.contains("∂∂/∂∂encoder/∂∂block"), "{scopes:?}");
    let of = |path: &str| {
        let regions = g.regions();
        let region = regions.iter().find(|region| region.path() == path)?;
        region.gradient_of().map(|primal| primal.path())
    };
    assert_eq!(of("∂/∂encoder/∂block").as_deref(), Some("encoder/block"));
    assert_eq!(of("∂∂/∂∂encoder").as_deref(), Some("∂/∂encoder"));
}

#[test]
fn every_node_knows_the_line_that_recorded_it() {
    let g = Graph::new();
    let (line, x) = (line!(), g.input("x", [3]));
    let (next, sum) = (line!(), x + 1.0);
    let wide = sum.broadcast_to([2, 3]).softmax(-1);
    assert_eq!((line_of(x), line_of(sum), line_of(wide)), (line, next, next + 1));
    // All that the softmax is made of carries the line of its user.
    let lines: BTreeSet<_> = recorded_since(&g, sum.id().index() + 1).map(line_of).collect();
    assert_eq!(lines, BTreeSet::from([next + 1]));
}

#[test]
fn nodes_of_a_gradient_carry_line_and_origin_of_the_node_they_are_for() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", 0.5);
    let y = x.tanh();
    let loss = y.square();
    let first = g.len();
    loss.grad(&[x]);
    let mut origins = BTreeSet::new();
    for expr in recorded_since(&g, first) {
        let Some(origin) = g.origin(expr.id()) else { continue };
        assert_eq!(line_of(expr), line_of(g.expr(origin)));
        origins.insert(origin);
    }
    assert_eq!(origins, BTreeSet::from([y.id(), loss.id()]));
    assert_eq!(g.origin(loss.id()), None);
}

#[test]
fn equal_expressions_of_a_scope_are_one_node() {
    let g = Graph::new();
    let (x, y) = (g.input("x", [2, 3]), g.input("y", [3]));
    let record = || (x * y + 1.0).sum_over(0).exp();
    let first = record();
    let n_nodes = g.len();
    assert_eq!(record().id(), first.id());
    assert_eq!(g.len(), n_nodes);
    let elsewhere = {
        let _scope = g.scope("elsewhere");
        record()
    };
    assert_ne!(elsewhere.id(), first.id());
    assert_eq!(scope_of(elsewhere), "elsewhere");
}

#[test]
fn sharing_never_merges_what_differs() {
    let g = Graph::new();
    let x = g.input("x", [2, 3]);
    let pairs = [
        (g.constant([1.0, 2.0]), g.constant([1.0, 2.0])),
        (g.constant(0.0), g.constant(-0.0)),
        (g.full([2], 1.0), g.full([3], 1.0)),
        (g.full([2], 1.0), g.full([2], 1.0).cast(DType::F64)),
        (x.sum_over(0), x.sum_over(1)),
        (x.slice(1, 0..2), x.slice(1, 1..3)),
        (x - 1.0, 1.0 - x),
        (x, x.stop_gradient()),
    ];
    for (a, b) in pairs {
        assert_ne!(a.id(), b.id(), "{a:?} and {b:?}");
    }
}

#[test]
fn a_parameter_is_found_again_by_its_full_name() {
    let g = Graph::new();
    let (w, frozen) = (g.param("w", [1.0, 2.0]), g.input("x", [2]));
    assert_eq!(g.shared_param("w").id(), w.id());
    assert_eq!(g.params().iter().map(|param| param.id()).collect::<Vec<_>>(), [w.id()]);
    assert_ne!(frozen.id(), w.id());
}

#[test]
fn a_second_name_is_an_identity() {
    let g = Graph::new();
    let x = g.constant([1.0, 2.0]).named("x");
    let (h, again) = (x.sin().named("h"), x.sin());
    assert_eq!(h.id(), again.id(), "a name does not make a node");
    assert_eq!(again.named("h").id(), h.id());
    let other = h.named("other");
    assert_ne!(other.id(), h.id());
    assert_eq!(h.named("other").id(), other.id());
    assert_eq!(
        [h, other].map(|expr| g.name(expr.id()).as_deref().map(str::to_owned)),
        [Some("h".to_owned()), Some("other".to_owned())]
    );
    assert_eq!(other.value(), h.value());
    assert_eq!(other.sum().grad(&[x])[0].value(), h.sum().grad(&[x])[0].value());
}

#[test]
fn debug_writes_the_formula_around_an_expression() {
    let g = Graph::new();
    let (x, w, b) = (g.input("x", [5, 3]), g.input("w", [3, 4]), g.input("b", [4]));
    let written = |expr: Expr<'_>, formula: &str| assert_eq!(format!("{expr:?}"), formula);
    written(x, "x");
    written(x + 1, "x + 1");
    written(2.0 * x - 0.5, "(2 · x) − 0.5");
    written(x.dot(w) + b, "(x × w) + broadcast(b)");
    written(x.exp().sum_over(0), "sum [0](exp(x))");
    written(x.gt(0.0).select(x, 0.0), "select((x > 0), x, 0)");
    let h = x.dot(w).tanh().named("h");
    written(h, "tanh((x × w))");
    written(h.square().mean(), "sum [0, 1](square(h)) / 20");
    written(x.sin().cos().sin().cos().sin(), "sin(cos(sin(…)))");
    written(g.constant([1.0, 2.0]), "constant");
}

#[test]
fn values_follow_data_bound_at_recording_and_are_remembered() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, 2.0]);
    let y = (x * x).sum();
    assert_eq!(y.value().item(), 5.0);
    let n_nodes = g.len();
    assert_eq!(y.value().item(), 5.0);
    assert_eq!(g.len(), n_nodes, "looking records nothing");
}
