//! Panicking forms panic at the user's line, with the message of their `try_` form.

use std::{
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use retrograd_core::{DType, Expr, Graph, NodeId, Params, Tensor};

thread_local! {
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<(String, u32)> = const { RefCell::new((String::new(), 0)) };
}

/// Notes where expected panics come from; others are reported as ever.
fn watch_panics() {
    static WATCHING: Once = Once::new();
    WATCHING.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| match info.location() {
            Some(place) if IS_EXPECTED.get() => {
                PLACE.set((place.file().to_owned(), place.line()));
            }
            _ => report(info),
        }));
    });
}

/// File, line and message of the panic that `body` ends in.
fn panic_of<T>(body: impl FnOnce() -> T) -> (String, u32, String) {
    watch_panics();
    IS_EXPECTED.set(true);
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    IS_EXPECTED.set(false);
    let Err(payload) = outcome else { panic!("the body did not panic") };
    let message = payload.downcast_ref::<String>().expect("the message is formatted").clone();
    let (file, line) = PLACE.take();
    (file, line, message)
}

/// Checks that a closure, written on the same line as this macro, panics there with a message that begins so.
macro_rules! panics_here {
    ($begins:literal, $body:expr) => {{
        let (file, line, message) = panic_of(|| $body);
        assert_eq!((file.as_str(), line), (file!(), line!()), "{message}");
        assert!(message.starts_with($begins), "{message}");
    }};
}

/// Checks that the form that returns what is wrong says what the form that panics says.
fn agrees<'g>(tried: Result<Expr<'g>, retrograd_core::Error>, body: impl FnOnce() -> Expr<'g>) {
    let error = tried.expect_err("the operands do not fit").to_string();
    let (_, _, message) = panic_of(body);
    assert_eq!(message, error);
}

#[test]
fn operators_and_methods_panic_at_the_line_that_uses_them() {
    let g = Graph::new();
    let (x, w) = (g.input("x", [2, 3]), g.input("w", [4, 5]));
    let labels = g.input_as("labels", DType::I64, [2]);
    panics_here!("add: ", x + w);
    panics_here!("sub: ", x - w);
    panics_here!("mul: ", 2.0 * labels);
    panics_here!("div: ", labels / 2);
    panics_here!("neg: ", -labels);
    panics_here!("pow: ", x.pow(w));
    panics_here!("maximum: ", x.maximum(w));
    panics_here!("gt: ", x.gt(w));
    panics_here!("exp: ", labels.exp());
    panics_here!("silu: ", labels.silu());
    panics_here!("lerp: ", x.lerp(w, 0.5));
    panics_here!("dot: ", x.dot(w));
    panics_here!("matmul: ", x.matmul(w));
    panics_here!("select: ", x.select(1.0, 2.0));
    panics_here!("t: ", x.sum().t());
    panics_here!("one_hot: ", x.one_hot(3));
    panics_here!("mean: ", labels.mean());
    panics_here!("min: ", labels.min());
    panics_here!("max: ", x.slice(0, 0..0).max());
    panics_here!("logsumexp: ", x.logsumexp(7));
    panics_here!("softmax: ", x.softmax(7));
    panics_here!("grad: ", x.grad(&[x]));
    panics_here!("vjp: ", x.vjp(w, &[x]));
    panics_here!("`x` [2, 3] has no data yet", x.value());
}

#[test]
fn graphs_panic_at_the_line_that_misuses_them() {
    let g = Graph::new();
    g.input("x", [2]);
    g.param("w", 1.0);
    let params = Params::new();
    panics_here!("the name `x` is taken: an input has it; ", g.input("x", [2]));
    panics_here!("the name `x` is taken", g.param("x", 1.0));
    panics_here!("the name `w` is taken", g.param("w", [1.0]));
    panics_here!("the name `w` is taken", g.state("w", Tensor::from(1.0f32)));
    panics_here!("there is no parameter `b`", g.bind(&params).param("b"));
    panics_here!("node 99 is not in this graph of 2 nodes", g.expr(NodeId::new(99)));
    panics_here!("a graph's numbers are f32 or f64, not i64", Graph::with_dtype(DType::I64));
    panics_here!("item: a tensor of shape [2] is not one number", Tensor::from([1.0, 2.0]).item());
}

#[test]
fn tensors_that_no_memory_holds_are_refused_where_they_are_recorded() {
    let g = Graph::new();
    let (x, many) = (g.param("x", [[1.0]]), g.input("many", [274_177, 1]));
    // The number of elements, 2⁶⁴ + 1, would be taken for 1.
    let wide = x.broadcast_to([1, 67_280_421_310_721]);
    panics_here!("matmul: `many` [274177, 1] × `broadcast(x)`", many.matmul(wide));
    let error = many.try_matmul(wide).unwrap_err().to_string();
    assert!(
        error.contains(": a tensor cannot have the shape [274177, 67280421310721]: "),
        "{error}"
    );
    let empty = [0, 1 << 32, 1 << 32];
    panics_here!("a tensor cannot have the shape [0, 4294967296", g.input("empty", empty));
    let deep = (0..30).fold(x, |x, _| x.unsqueeze(0));
    assert_eq!(deep.sum().value().item(), 1.0);
    panics_here!("unsqueeze: `reshape(reshape(reshape(…)))` [1, 1, 1", deep.unsqueeze(0));
    let reason = deep.try_unsqueeze(0).unwrap_err().to_string();
    assert!(reason.contains(": it has 33 axes, and there can be 32\n"), "{reason}");
    let error = Tensor::new([1 << 32, 1 << 32], Vec::<f32>::new()).unwrap_err();
    assert!(error.to_string().starts_with("a tensor cannot have the shape"), "{error}");
}

#[test]
fn a_taken_name_says_by_what_and_why() {
    let g = Graph::new();
    g.input("x", [2]);
    g.param("w", 1.0);
    let (_, _, message) = panic_of(|| g.input("x", [2]));
    let first = g.location(NodeId::new(0)).to_string();
    assert!(message.contains(&first) && first.starts_with(file!()), "{message}");
    let reason = |body: fn(&Graph) -> Expr<'_>| {
        let (_, _, message) = panic_of(|| body(&g));
        let (_, reason) = message.split_once(": ").expect("the name stands before the reason");
        reason.lines().next().map(str::to_owned).unwrap_or_default()
    };
    assert_eq!(
        reason(|g| g.input("x", [2])),
        "an input has it; use the expression of the first again, or record an input under another name or in a scope of \
         its own"
    );
    assert_eq!(
        reason(|g| g.param("x", 1.0)),
        "an input has it; record a parameter under another name or in a scope of its own"
    );
    assert_eq!(
        reason(|g| g.param("w", [1.0])),
        "a parameter has it; record a parameter under another name or in a scope of its own, or share the first by its \
         expression or `shared_param(\"w\")`"
    );
}

#[test]
fn both_forms_say_the_same() {
    let g = Graph::new();
    let (x, w) = (g.input("x", [2, 3]), g.input("w", [4, 5]));
    let labels = g.input_as("labels", DType::I64, [2]);
    agrees(x.try_add(w), || x + w);
    agrees(x.try_div(w), || x / w);
    agrees(labels.try_exp(), || labels.exp());
    agrees(x.try_clamp(w, 1.0), || x.clamp(w, 1.0));
    agrees(x.try_minimum(w), || x.minimum(w));
    agrees(x.try_ne(w), || x.ne(w));
    agrees(x.try_dot(w), || x.dot(w));
    agrees(x.try_sum_over(4), || x.sum_over(4));
    agrees(labels.try_mean(), || labels.mean());
    agrees(x.try_reshape([7]), || x.reshape([7]));
    agrees(x.try_gather(0, w), || x.gather(0, w));
    agrees(x.try_one_hot(2), || x.one_hot(2));
    agrees(labels.try_min(), || labels.min());
    agrees(g.try_concat(&[x, w], 0), || g.concat(&[x, w], 0));
    agrees(g.try_stack(&[], 0), || g.stack(&[], 0));
}
