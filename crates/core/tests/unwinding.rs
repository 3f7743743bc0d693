//! After a caught panic of a user's rule a graph records as before: in the scope that is open, for nobody's gradient, in
//! nobody's call.

use std::panic::{AssertUnwindSafe, catch_unwind};

use retrograd_core::{
    Expr, Graph, Shape, View, ViewMut,
    ops::{Batch, Custom, CustomOperation, Rule, Tangents},
};

/// An operation all of whose rules panic.
#[derive(Debug)]
struct Lawless;

impl CustomOperation for Lawless {
    fn name(&self) -> &str {
        "lawless"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        assert!(inputs[0].rank() < 2, "no shape");
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, _: Expr<'g>) -> Option<Expr<'g>> {
        panic!("no vjp")
    }

    fn jvp<'g>(&self, _: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        panic!("no jvp")
    }

    fn vmap<'g>(&self, _: &Custom, _: Batch<'_, 'g>) -> Expr<'g> {
        panic!("no vmap")
    }

    fn eval(&self, _: &[View<'_>], _: ViewMut<'_>) {
        panic!("no eval")
    }
}

/// Has `record` panic inside a scope, then checks what the graph makes of a new node.
fn check(reason: &str, record: impl for<'g> FnOnce(Expr<'g>, Expr<'g>)) {
    let g = Graph::new();
    let x = g.param("x", [0.5, 0.25]);
    let _outer = g.scope("outer");
    let y = {
        let _layer = g.scope("layer");
        Custom::new(Lawless).apply(&[x.sin()]) * x
    };
    let recording = AssertUnwindSafe(|| {
        let _inner = g.scope("inner");
        record(x, y);
    });
    let panic = catch_unwind(recording).expect_err("a rule panics");
    let message = panic.downcast_ref::<&str>().copied().unwrap_or_default();
    assert!(message.contains(reason), "{message} in place of {reason}");
    let after = x.cos();
    assert_eq!(g.regions().get(g.region_of(after.id())).path(), "outer", "{reason}");
    assert_eq!((g.origin(after.id()), after.id().index() + 1), (None, g.len()), "{reason}");
    assert_eq!(g.location(after.id()).file(), file!(), "{reason}");
    assert_eq!(g.function_of(after.id()), "cos", "{reason}");
    assert_eq!(after.sum().grad(&[x])[0].shape(), x.shape(), "{reason}");
}

#[test]
fn a_rule_that_panics_leaves_the_graph_as_it_was() {
    check("no vjp", |x, y| drop(y.sum().grad(&[x])));
    check("no jvp", |x, y| {
        y.jvp(&[(x, x.graph().full([2], 1.0))]);
    });
    check("no vmap", |x, y| {
        let batch = x.graph().constant([[0.5, 1.0], [2.0, 3.0], [4.0, 5.0]]);
        y.vmap(&[(x, batch)]);
    });
    check("no eval", |_, y| drop(y.value()));
    check("no shape", |x, _| {
        Custom::new(Lawless).apply(&[x.unsqueeze(0)]);
    });
    check("a segment", |x, _| {
        x.graph().checkpointed_chain(x, 4, |_, _| panic!("a segment"));
    });
    check("a call", |x, _| {
        let _call = x.graph().call("function").open();
        panic!("a call");
    });
}
