//! The tree of regions: what is one region and what are two, what a call knows, and the tree of a small model as text.

use std::{env, fs, path::Path};

use retrograd_core::{
    Expr, Graph,
    functions::Norm,
    region::{Region, RegionKind},
};

/// The innermost call that recorded an expression.
fn with_call<T>(expr: Expr<'_>, look: impl FnOnce(Region<'_>) -> T) -> T {
    let regions = expr.graph().regions();
    let region = regions.get(expr.graph().region_of(expr.id()));
    assert_eq!(region.kind(), RegionKind::Call, "{expr:?}");
    look(region.outermost_call().expect("it is a call"))
}

#[test]
fn calls_in_one_scope_are_regions_of_their_own() {
    let g = Graph::new();
    let (a, b) = (g.input("a", [3]), g.input("b", [3]));
    let _scope = g.scope("heads");
    let (first, second) = (a.softmax(0), b.softmax(0));
    let [first_id, second_id] = [first, second].map(|y| with_call(y, |call| call.id()));
    assert_ne!(first_id, second_id);
    with_call(second, |call| {
        assert_eq!((&*call.name(), call.path().as_str()), ("softmax", "heads"));
        assert_eq!((call.operands(), call.results()), (vec![b.id()], &[second.id()][..]));
    });
    // The same call of the same operand records nothing anew.
    let n_nodes = g.len();
    let n_regions = g.regions().iter().count();
    assert_eq!(a.softmax(0).id(), first.id());
    assert_eq!((g.len(), g.regions().iter().count()), (n_nodes, n_regions));
}

#[test]
fn attributes_of_a_call_are_its_arguments() {
    let g = Graph::new();
    let (x, w) = (g.input("x", [4, 10]), g.input("w", [10]));
    let norm = Norm { weight: Some(w), eps: 1e-3, ..Norm::default() };
    with_call(x.layer_norm(&[10], &norm), |call| {
        let text: Vec<_> = call.arguments().iter().map(ToString::to_string).collect();
        assert_eq!(text, ["x = %0", "sizes = [10]", "weight = %1", "eps = 0.001"]);
        assert_eq!(call.operands(), [x.id(), w.id()]);
    });
    with_call(x.sum_over([0, -1]), |call| {
        assert_eq!(call.argument("axes").map(ToString::to_string).as_deref(), Some("[0, -1]"));
        assert_eq!(call.argument("keep"), None);
    });
}

#[test]
fn checkpoints_of_one_name_are_regions_of_their_own_and_scopes_are_not() {
    let g = Graph::new();
    let x = g.input("x", [3]);
    let inside = |open: fn(&Graph) -> retrograd_core::region::RegionGuard<'_>| {
        let _guard = open(&g);
        g.region_of((x + g.len() as f64).id())
    };
    assert_eq!(inside(|g| g.scope("a")), inside(|g| g.scope("a")));
    assert_ne!(inside(|g| g.checkpoint("a")), inside(|g| g.checkpoint("a")));
}

#[test]
fn a_call_can_be_checkpointed() {
    let g = Graph::new();
    let x = g.input("x", [3]);
    let y = x.softmax(0);
    with_call(y, |call| assert!(!call.is_checkpointed()));
    let id = with_call(y, |call| call.id());
    g.checkpoint_region(id);
    with_call(y, |call| assert!(call.is_checkpointed()));
}

/// A model of two heads in a scope, a checkpoint, a gradient, and a batch.
fn record_model(g: &Graph) {
    let (x, w) = (g.input("x", [3]), g.param("w", [1.0, 2.0, 3.0]));
    let y = {
        let _heads = g.scope("heads");
        x.softmax(0) * (w.softmax(0))
    };
    let z = {
        let _checkpoint = g.checkpoint("block");
        y.tanh().sum()
    };
    z.grad(&[w]);
    let _batched = g.scope("batched");
    y.vmap(&[(x, g.input("xs", [5, 3]))]);
}

#[test]
fn the_tree_of_a_model_reads_as_it_was_written() {
    let g = Graph::new();
    record_model(&g);
    let text = g.region_tree().to_string();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/regions.txt");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        retrograd_files::write(&path, text.as_bytes())
            .expect("the folder of golden files can be written");
    }
    let golden = fs::read_to_string(&path).expect("the golden file is there");
    assert_eq!(text, golden, "`UPDATE_GOLDEN=1` writes {} anew", path.display());
}

#[test]
fn outer_regions_stand_before_inner_ones_and_primal_ones_before_derived_ones() {
    let g = Graph::new();
    record_model(&g);
    for region in g.regions().iter() {
        for earlier in [region.parent(), region.derived_from()].into_iter().flatten() {
            assert!(earlier.id() < region.id());
        }
        if let (Some(primal), Some(parent)) = (region.gradient_of(), region.parent()) {
            assert_eq!(parent.gradient_of().map(Region::id), primal.parent().map(Region::id));
        }
    }
}
