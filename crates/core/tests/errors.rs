//! Messages, exactly as users read them.

use retrograd_core::{Bindings, DType, Error, Graph, NodeId, Params, Tensor, ops::Unary};

/// A graph with leaves whose names the messages repeat.
fn with_leaves(test: impl for<'g> FnOnce(&'g Graph)) {
    let g = Graph::new();
    g.input("x", [32, 3]);
    g.input("w", [4, 8]);
    g.input_as("labels", DType::I64, [32]);
    g.input_as("mask", DType::Bool, [32]);
    test(&g);
}

/// The leaf that `with_leaves` made at a position.
macro_rules! leaves {
    ($g:ident: $($name:ident = $index:literal),*) => {
        $(let $name = $g.expr(NodeId::new($index));)*
    };
}

/// Checks a message, in which `here` stands for every place in this file.
#[track_caller]
fn reads<T>(result: Result<T, Error>, expected: &str) {
    let Err(error) = result else { panic!("this should be an error: {expected}") };
    let message = error.to_string();
    let mut parts = message.split(file!());
    let mut read = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        read.push_str("here");
        read.push_str(part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    assert_eq!(read, expected);
}

#[test]
fn operands_that_do_not_fit_are_named_with_shapes_and_places() {
    with_leaves(|g| {
        leaves!(g: x = 0, w = 1, labels = 2, mask = 3);
        let both = "\n  `x` at here\n  `w` at here";
        reads(
            x.try_dot(w),
            &format!("dot: `x` [32, 3] × `w` [4, 8]: inner sizes 3 and 4 differ{both}"),
        );
        reads(
            x.try_add(w),
            &format!(
                "add: `x` [32, 3] × `w` [4, 8]: sizes 3 and 8 of axis -1 differ, and neither is 1{both}"
            ),
        );
        reads(
            x.try_gt(w),
            &format!(
                "gt: `x` [32, 3] × `w` [4, 8]: sizes 3 and 8 of axis -1 differ, and neither is 1{both}"
            ),
        );
        reads(
            x.try_maximum(x.slice(0, 1..3)),
            "maximum: `x` [32, 3] × `slice(x)` [2, 3]: sizes 32 and 2 of axis -2 differ, and neither is 1\n  `x` at here\n  `slice(x)` at here",
        );
        reads(
            mask.try_select(x, w),
            &format!(
                "select: `mask` bool [32] × `x` f32 [32, 3] × `w` f32 [4, 8]: sizes 3 and 8 of axis -1 differ, and neither is 1\n  `mask` at here{both}"
            ),
        );
        reads(
            mask.unsqueeze(1).try_select(x, labels.cast(DType::F32)),
            "select: `reshape(mask)` bool [32, 1] × `x` f32 [32, 3] × `cast(labels)` f32 [32]: sizes 3 and 32 of axis -1 differ, and neither is 1\n  `reshape(mask)` at here\n  `x` at here\n  `cast(labels)` at here",
        );
        reads(
            x.try_select(x, x),
            "select: `x` [32, 3] × `x` [32, 3] × `x` [32, 3]: the first operand is not a mask; make one by a comparison\n  `x` at here",
        );
        reads(
            g.constant(2.0).try_dot(x),
            "dot: `2` [] × `x` [32, 3]: a scalar has no inner axis; use `*`\n  `x` at here",
        );
        reads(
            g.full([2, 2, 2], 1.0).try_dot(x),
            "dot: `1` [2, 2, 2] × `x` [32, 3]: batches of matrices are multiplied by `matmul`\n  `x` at here",
        );
        reads(
            g.full([5, 2, 2], 1.0).try_matmul(g.full([4, 2, 2], 1.0)),
            "matmul: `1` [5, 2, 2] × `1` [4, 2, 2]: the axes before the last two do not broadcast",
        );
        reads(
            (x + 1.0).exp().try_dot(w.t().sin()),
            "dot: `exp((x + 1))` [32, 3] × `sin(transpose(w))` [8, 4]: inner sizes 3 and 8 differ\n  `exp((x + 1))` at here\n  `sin(transpose(w))` at here",
        );
    });
}

#[test]
fn dtypes_that_do_not_fit_are_named() {
    with_leaves(|g| {
        leaves!(g: x = 0, labels = 2, mask = 3);
        let both = "\n  `x` at here\n  `labels` at here";
        reads(
            x.try_add(labels),
            &format!(
                "add: `x` f32 [32, 3] × `labels` i64 [32]: the dtypes differ; cast one of them{both}"
            ),
        );
        reads(
            x.try_matmul(labels),
            &format!(
                "matmul: `x` f32 [32, 3] × `labels` i64 [32]: the operands must be of one floating-point type{both}"
            ),
        );
        reads(
            x.try_mul(x.cast(DType::F64)),
            "mul: `x` f32 [32, 3] × `cast(x)` f64 [32, 3]: the dtypes differ; cast one of them\n  `x` at here\n  `cast(x)` at here",
        );
        reads(
            mask.try_select(1.0, labels),
            "select: `mask` bool [32] × `1` f32 [] × `labels` i64 [32]: the dtypes of the two values differ; cast one of them\n  `mask` at here\n  `labels` at here",
        );
        reads(
            labels.try_gt(1.5),
            "gt: `labels` i64 [32] × `1.5` f32 [32]: the dtypes differ; cast one of them\n  `labels` at here",
        );
        let cast =
            "the elements are i64; cast them to a floating-point type first\n  `labels` at here";
        reads(labels.try_add(1), &format!("add: `labels` [32]: {cast}"));
        reads(labels.try_apply_unary(Unary::Exp), &format!("exp: `labels` [32]: {cast}"));
        reads(labels.try_mean_over(0), &format!("mean_over: `labels` [32]: {cast}"));
        reads(labels.try_min_over(0), &format!("min_over: `labels` [32]: {cast}"));
        reads(labels.try_softmax(0), &format!("softmax: `labels` [32]: {cast}"));
        reads(labels.try_scatter_add(0, labels, 4), &format!("scatter_add: `labels` [32]: {cast}"));
        reads(
            mask.try_sum_over(0),
            "sum_over: `mask` [32]: the elements are truth values; cast them to a number type first\n  `mask` at here",
        );
        reads(
            x.try_one_hot(3),
            "one_hot: `x` [32, 3]: the elements are f32, not integers\n  `x` at here",
        );
        reads(
            x.try_gather(0, x),
            "gather: `x` [32, 3] × `x` [32, 3]: the indices are not integers\n  `x` at here",
        );
    });
}

#[test]
fn axes_that_do_not_exist_are_named_with_those_that_do() {
    with_leaves(|g| {
        leaves!(g: x = 0, labels = 2);
        let beyond = |op: &str| {
            format!(
                "{op}: `x` [32, 3]: axis 2 does not exist: the last of 2 axes is 1 or -1\n  `x` at here"
            )
        };
        reads(x.try_sum_over(2), &beyond("sum_over"));
        reads(x.try_mean_over(2), &beyond("mean_over"));
        reads(x.try_max_over(2), &beyond("max_over"));
        reads(x.try_min_over(2), &beyond("min_over"));
        reads(x.try_argmax(2), &beyond("argmax"));
        reads(x.try_logsumexp(2), &beyond("logsumexp"));
        reads(x.try_softmax(2), &beyond("softmax"));
        reads(x.try_log_softmax(2), &beyond("log_softmax"));
        reads(x.try_slice(2, ..), &beyond("slice"));
        reads(x.try_transpose(0, 2), &beyond("transpose"));
        reads(x.try_squeeze(2), &beyond("squeeze"));
        reads(g.try_concat(&[x], 2), &beyond("concat"));
        reads(
            x.try_sum_over(-3),
            "sum_over: `x` [32, 3]: axis -3 does not exist: the first of 2 axes is 0 or -2\n  `x` at here",
        );
        reads(
            x.try_sum_over([0, -2]),
            "sum_over: `x` [32, 3]: axis 0 is named twice\n  `x` at here",
        );
        reads(
            x.try_unsqueeze(5),
            "unsqueeze: `x` [32, 3]: in the result, axis 5 does not exist: the last of 3 axes is 2 or -1\n  `x` at here",
        );
        reads(
            x.sum().try_sum_over(0),
            "sum_over: `sum [0, 1](x)` []: a scalar has no axis 0\n  `sum [0, 1](x)` at here",
        );
        reads(
            x.try_permute(&[0, 0]),
            "permute: `x` [32, 3]: [0, 0] does not name each of 2 axes once\n  `x` at here",
        );
        reads(
            x.try_gather(4, labels),
            "gather: `x` f32 [32, 3] × `labels` i64 [32]: axis 4 does not exist: the last of 2 axes is 1 or -1\n  `x` at here\n  `labels` at here",
        );
    });
}

#[test]
fn sizes_that_do_not_fit_are_named() {
    with_leaves(|g| {
        leaves!(g: x = 0, w = 1, labels = 2);
        let (own, both) = ("\n  `x` at here", "\n  `x` at here\n  `w` at here");
        reads(
            x.try_reshape([5, 5]),
            &format!("reshape: `x` [32, 3]: it has 96 elements, and the shape [5, 5] has 25{own}"),
        );
        reads(
            x.try_broadcast_to([32, 4]),
            &format!("broadcast_to: `x` [32, 3]: it does not stretch to [32, 4]{own}"),
        );
        reads(x.try_squeeze(0), &format!("squeeze: `x` [32, 3]: axis 0 has size 32, not 1{own}"));
        reads(
            x.try_slice(0, 30..40),
            &format!("slice: `x` [32, 3]: 30..40 is not a range in axis 0 of size 32{own}"),
        );
        reads(x.try_slice_by(0, .., 0), &format!("slice_by: `x` [32, 3]: the step is 0{own}"));
        reads(
            x.slice(0, 0..0).try_max_over(0),
            "max_over: `slice(x)` [0, 3]: axis 0 is empty\n  `slice(x)` at here",
        );
        reads(
            g.try_concat(&[x, w], 0),
            &format!(
                "concat: `x` [32, 3] × `w` [4, 8]: all sizes but that of axis 0 must agree{both}"
            ),
        );
        reads(
            g.try_stack(&[x, w], 0),
            &format!("stack: `x` [32, 3] × `w` [4, 8]: the shapes differ{both}"),
        );
        reads(g.try_concat(&[], 0), "concat: there is nothing to put together");
        reads(g.try_stack(&[], 0), "stack: there is nothing to put together");
        reads(
            x.try_gather(1, labels),
            "gather: `x` f32 [32, 3] × `labels` i64 [32]: all sizes but that of axis 1 must agree\n  `x` at here\n  `labels` at here",
        );
        let index = labels.unsqueeze(1);
        reads(
            x.try_scatter_add(1, index, 3),
            "scatter_add: `x` f32 [32, 3] × `reshape(labels)` i64 [32, 1]: each element needs one index\n  `x` at here\n  `reshape(labels)` at here",
        );
    });
}

#[test]
fn what_cannot_be_a_tangent_or_a_batch_says_why() {
    with_leaves(|g| {
        leaves!(g: x = 0, w = 1, labels = 2);
        reads(
            x.try_jvp(&[(x, w)]),
            "jvp: `x` [32, 3] × `w` [4, 8]: the tangent, named last, must have the shape and dtype of its expression\n  `x` at here\n  `w` at here",
        );
        reads(
            labels.try_jvp(&[(x, x)]),
            "jvp: `labels` [32]: only floating-point numbers have derivatives\n  `labels` at here",
        );
        reads(
            x.try_vmap(&[(x, w)]),
            "vmap: `x` [32, 3] × `w` [4, 8]: the batch, named last, must have the shape of its expression and one axis in front\n  `x` at here\n  `w` at here",
        );
        let xs = x.broadcast_to([5, 32, 3]).named("xs");
        let ws = w.broadcast_to([6, 4, 8]).named("ws");
        reads(
            x.try_vmap(&[(x, xs), (w, ws)]),
            "vmap: `w` [4, 8] × `ws` [6, 4, 8]: the batch is of 6, and another one is of 5\n  `w` at here\n  `ws` at here",
        );
        reads(x.try_vmap(&[]), "vmap: no expression is to be replaced by a batch");
    });
}

#[test]
fn what_has_no_gradient_says_why() {
    with_leaves(|g| {
        leaves!(g: x = 0, w = 1, labels = 2);
        let loss = x.sum().named("loss");
        reads(
            x.try_grad(&[x]),
            "grad: `x` [32, 3]: only a scalar has a gradient; reduce it by `sum` or `mean`, or give a seed to `vjp`\n  `x` at here",
        );
        reads(
            loss.try_grad(&[labels]),
            "grad: `labels` [32]: only floating-point numbers have derivatives\n  `labels` at here",
        );
        reads(
            labels.sum().try_grad(&[x]),
            "grad: `sum [0](labels)` []: only floating-point numbers have derivatives\n  `sum [0](labels)` at here",
        );
        reads(
            x.try_vjp(w, &[x]),
            "vjp: `x` [32, 3] × `w` [4, 8]: the seed, named last, must have the shape and dtype of the output\n  `x` at here\n  `w` at here",
        );
    });
}

#[test]
fn expressions_of_two_graphs_do_not_mix() {
    with_leaves(|g| {
        leaves!(g: x = 0, mask = 3);
        let other_graph = Graph::new();
        let y = other_graph.input("y", [32, 3]);
        let mixed = |op: &str, x: &str| {
            format!("{op}: {x} × `y` [32, 3]: the operands belong to different graphs")
        };
        let both = "\n  `x` at here\n  `y` at here";
        reads(x.try_add(y), &(mixed("add", "`x` [32, 3]") + both));
        reads(x.try_dot(y), &(mixed("dot", "`x` [32, 3]") + both));
        reads(g.try_concat(&[x, y], 0), &(mixed("concat", "`x` [32, 3]") + both));
        reads(g.try_stack(&[x, y], 0), &(mixed("stack", "`x` [32, 3]") + both));
        reads(x.try_vjp(y, &[x]), &(mixed("vjp", "`x` [32, 3]") + both));
        let loss = x.sum().named("loss");
        reads(
            loss.try_grad(&[x, y]),
            &(mixed("grad", "`loss` []") + "\n  `loss` at here\n  `y` at here"),
        );
        reads(
            mask.unsqueeze(1).try_select(x, y),
            "select: `reshape(mask)` bool [32, 1] × `x` f32 [32, 3] × `y` f32 [32, 3]: the operands belong to different graphs\n  `reshape(mask)` at here\n  `x` at here\n  `y` at here",
        );
    });
}

#[test]
fn missing_and_misshapen_data_name_their_leaf() {
    with_leaves(|g| {
        leaves!(g: x = 0);
        let loss = (x * 2.0).sum();
        let given = |shape: [usize; 2], dtype: DType| {
            loss.value_with(&Bindings::new().with("x", &Tensor::zeros(dtype, shape)))
        };
        reads(
            loss.try_value(),
            "`x` [32, 3] has no data yet: give it when evaluating, or record the leaf with data\n  `x` at here",
        );
        reads(
            given([3, 32], DType::F32),
            "`x` is declared as f32 [32, 3], but the data given are f32 [3, 32]",
        );
        reads(
            given([32, 3], DType::F64),
            "`x` is declared as f32 [32, 3], but the data given are f64 [32, 3]; cast them",
        );
        reads(
            loss.value_with(&Bindings::new().with("X", &Tensor::zeros(DType::F32, [32, 3]))),
            "there is no leaf `X`; there are `x`, `w`, `labels`, `mask`",
        );
    });
    reads(
        Tensor::new([2, 3], vec![1.0f32; 5]),
        "5 elements do not fill the shape [2, 3], which has 6",
    );
    reads(
        Tensor::from([1.0, 2.0]).reshape([3]),
        "2 elements do not fill the shape [3], which has 3",
    );
}

#[test]
fn an_index_out_of_bounds_is_an_error_of_the_run_that_meets_it() {
    let g = Graph::new();
    let x = g.constant([[1.0, 2.0], [3.0, 4.0]]);
    let index = g.input_as("index", DType::I64, [2, 1]);
    let picked = x.gather(1, index).named("picked");
    let added = picked.scatter_add(0, index, 2).sum();
    let with = |value, i: [i64; 2]| {
        let expr: retrograd_core::Expr<'_> = value;
        expr.value_with(&Bindings::new().with("index", &Tensor::new([2, 1], i.to_vec())?))
    };
    assert_eq!(with(picked, [1, 0]).map(|value| value.to_vec::<f64>()), Ok(vec![2.0, 3.0]));
    reads(
        with(picked, [1, 2]),
        "gather: index 2 is out of bounds for axis 1 of size 2\n  `picked` at here",
    );
    reads(
        with(added, [-1, 0]),
        "gather: index -1 is out of bounds for axis 1 of size 2\n  `picked` at here",
    );
    let far = x.scatter_add(0, g.constant([[0i64, 5], [1, 1]]), 4).named("far");
    reads(
        far.try_value(),
        "scatter_add: index 5 is out of bounds for axis 0 of size 4\n  `far` at here",
    );
}

#[test]
fn parameters_that_there_are_not_are_told_from_those_that_there_are() {
    let g = Graph::new();
    let mut params = Params::new();
    reads(g.bind(&params).try_param("w"), "there is no parameter `w`; there are none");
    params.insert("hidden.w", Tensor::from([1.0f32]));
    reads(g.bind(&params).try_param("w"), "there is no parameter `w`; there is `hidden.w`");
    params.insert("hidden.b", Tensor::from([1.0f64]));
    reads(params.freeze("b"), "there is no parameter `b`; there are `hidden.w`, `hidden.b`");
    reads(
        g.bind(&params).try_param("hidden.b"),
        "`hidden.b` is declared as f32 [1], but the data given are f64 [1]; cast them",
    );
}
