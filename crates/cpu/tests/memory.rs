//! Plans that no memory holds are errors that say how many bytes they need, whatever their operations are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use retrograd_core::{DType, Error, Expr, Graph};
use retrograd_plan::Plan;

/// The largest vector of `f64` that can be recorded: one number less than 2⁶³ bytes.
const LONGEST: usize = (1 << 60) - 1;

/// The message for a plan that cannot have memory; nothing if it can.
fn refusal(outputs: &[Expr<'_>]) -> Option<(String, u128)> {
    let error = Plan::compile(outputs, &[]).and_then(|plan| plan.try_workspace()).err()?;
    let Error::OutOfMemory { what, n_bytes } = &error else { panic!("another error: {error}") };
    assert!(error.to_string().starts_with(&format!("{what} needs ")), "{error}");
    Some((error.to_string(), *n_bytes))
}

#[test]
fn values_that_cannot_be_counted_are_refused_when_they_are_compiled() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input("x", [LONGEST]);
    let outputs = [x.sin().named("y"), x.cos().named("z")];
    let Err(error) = Plan::compile(&outputs, &[]) else { panic!("an arena of 2⁶⁴ bytes") };
    let Error::OutOfMemory { n_bytes, .. } = error else { panic!("another error: {error}") };
    assert_eq!(n_bytes, 1 << 64);
    let message = error.to_string();
    assert!(message.contains("whose largest value is `z` f64 [1152921504606846975]"), "{message}");
    assert!(message.ends_with("needs 18.4 EB, which cannot be allocated"), "{message}");
}

#[test]
fn a_product_of_long_literals_is_refused_with_its_bytes() {
    let product = |g: &Graph, k: usize| {
        let [row, column] = [[1, k], [k, 1]].map(|shape| g.full(shape, 0.5));
        Plan::compile(&[row.matmul(column)], &[]).expect("it can be counted")
    };
    let g = Graph::new();
    assert!(product(&g, 1 << 40).arena_bytes() > 8_000_000_000_000);
    // More than addresses reach.
    let plan = product(&g, 1 << 48);
    let Err(error) = plan.try_workspace() else { panic!("a machine with 2 PB") };
    assert!(error.to_string().ends_with("needs 2.3 PB, which cannot be allocated"), "{error}");
    let workspace = AssertUnwindSafe(|| drop(plan.workspace()));
    let panic = catch_unwind(workspace).expect_err("it panics, too");
    assert_eq!(panic.downcast_ref(), Some(&error.to_string()));
}

#[test]
fn every_kind_of_step_is_refused_with_its_bytes() {
    type Record = for<'g> fn(Expr<'g>) -> Expr<'g>;
    let steps: &[(&str, Record)] = &[
        ("elementwise", |x| x.exp() + x),
        ("masks", |x| x.gt(0.5)),
        ("copies", |x| x.flip(0)),
        ("rows", |x| x.unsqueeze(1).broadcast_to([x.shape()[0], 2]).softmax(-1)),
        ("parts", |x| x.pad(&[(1, 1)], retrograd_core::PadMode::Constant(0.0))),
        ("scans", |x| x.cumsum(0)),
        ("sorting", |x| x.sort(0, false).0),
        ("products", |x| x.unsqueeze(1).matmul(x.graph().full([1, 2], 0.5))),
        ("products of many", |x| {
            x.reshape([x.shape()[0], 1, 1]).matmul(x.graph().full([1, 2], 0.5))
        }),
        ("reductions", |x| x.unsqueeze(0).broadcast_to([2, x.shape()[0]]).exp().sum_over(0)),
        ("joining", |x| x.graph().concat(&[x, x.sin()], 0)),
        ("gathering", |x| x.gather(0, x.graph().arange(x.shape()[0]))),
        ("gradients", |x| x.tanh().square().sum().grad(&[x])[0]),
    ];
    for dtype in [DType::F32, DType::F64] {
        for n in [1 << 52, (1 << 57) - 1] {
            for (name, record) in steps {
                let g = Graph::with_dtype(dtype);
                let y = record(g.input("x", [n]));
                let Some((message, n_bytes)) = refusal(&[y]) else {
                    panic!("{name} of {n} elements of {dtype} has memory")
                };
                assert!(n_bytes >= n as u128, "{name}: {message}");
            }
        }
    }
}

#[test]
fn work_on_more_elements_than_memory_holds_is_counted() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input("x", []);
    let [m, k] = [[1 << 29, 1], [1, 1 << 29]].map(|shape| x.broadcast_to(shape));
    let total = (m + k).exp().sum();
    let plan = Plan::compile(&[total], &[]).expect("only sums of blocks are stored");
    assert!(plan.arena_bytes() >= 8 << 49, "{} bytes", plan.arena_bytes());
    let side = x.broadcast_to([1 << 29, 1 << 29]);
    let (_, n_bytes) = refusal(&[side.matmul(side)]).expect("the product is stored");
    assert!(n_bytes >= 8 << 58);
}
