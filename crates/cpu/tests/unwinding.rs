//! After a caught panic of a user's operation a workspace shows nothing of other values, and runs again.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use retrograd_core::{
    DType, Expr, Graph, Params, Shape, Tensor, View, ViewMut,
    ops::{Custom, CustomOperation, Rule},
};
use retrograd_plan::{CompileOptions, Plan};

const N: usize = 4096;

/// A copy that panics when it is told to.
#[derive(Debug)]
struct Fuse {
    is_lit: Arc<AtomicBool>,
}

impl CustomOperation for Fuse {
    fn name(&self) -> &str {
        "fuse"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        assert!(!self.is_lit.load(Ordering::SeqCst), "the fuse blows");
        y.elements::<f32>().copy_from_slice(x[0].elements::<f32>());
    }
}

/// Bytes of a mask that are no truth values.
fn n_invalid(mask: View<'_>) -> usize {
    let bytes: Vec<f64> = mask.to_tensor().to_vec();
    bytes.iter().filter(|&&x| x != 0.0 && x != 1.0).count()
}

/// Runs a plan of a mask, large values before it, and a fuse between them, which blows in the second of three runs.
fn check(compile: impl Fn(&[Expr<'_>]) -> Plan, n_threads: usize) {
    let g = Graph::new();
    let is_lit = Arc::new(AtomicBool::new(false));
    let fuse = Custom::new(Fuse { is_lit: Arc::clone(&is_lit) });
    let x = g.input("x", [N]);
    // The first value is gone when the mask is made, which is put in its place.
    let y = fuse.apply(&[fuse.apply(&[x.sin()]).flip(0)]).flip(0);
    let outputs = [y.cumsum(0).gt(0.5), y.exp().sum()];
    let plan = compile(&outputs);
    let data = Tensor::from((0..N).map(|k| 1.0 + k as f32).collect::<Vec<_>>());
    let (feeds, mut workspace) = ([("x", data.view())], plan.workspace().with_threads(n_threads));
    plan.run(&mut workspace, &Params::new(), &feeds).expect("the fuse holds");
    let before = [0, 1].map(|k| workspace.output(k).to_tensor());

    is_lit.store(true, Ordering::SeqCst);
    let run = || plan.run(&mut workspace, &Params::new(), &feeds);
    let panic = catch_unwind(AssertUnwindSafe(run)).expect_err("the fuse blows");
    assert_eq!(panic.downcast_ref(), Some(&"the fuse blows"));
    assert_eq!(n_invalid(workspace.output(0)), 0);
    assert_eq!(workspace.output(0).to_tensor(), Tensor::zeros(DType::Bool, [N]));
    assert_eq!(workspace.output(1).to_tensor().item(), 0.0);

    is_lit.store(false, Ordering::SeqCst);
    plan.run(&mut workspace, &Params::new(), &feeds).expect("the fuse holds");
    assert_eq!([0, 1].map(|k| workspace.output(k).to_tensor()), before);
}

#[test]
fn a_workspace_shows_zeros_after_a_panic_and_runs_again() {
    for n_threads in [1, 2] {
        check(|outputs| Plan::compile(outputs, &[]).expect("it compiles"), n_threads);
        check(
            |outputs| {
                Plan::compile_with(outputs, &[], &CompileOptions::new().checked())
                    .expect("it compiles")
            },
            n_threads,
        );
    }
}

#[test]
fn a_step_that_panics_updates_no_parameter() {
    for options in [CompileOptions::new(), CompileOptions::new().checked()] {
        let g = Graph::new();
        let is_lit = Arc::new(AtomicBool::new(true));
        let fuse = Custom::new(Fuse { is_lit: Arc::clone(&is_lit) });
        let (v, w) = (g.param("v", vec![0.5f32; N]), g.param("w", vec![0.25f32; N]));
        let loss = fuse.apply(&[w.flip(0)]).square().sum();
        let updates = [(v, v * 0.5), (w, w - 0.1 * loss.grad(&[w])[0])];
        let plan = Plan::compile_with(&[loss], &updates, &options).expect("it compiles");
        let (mut params, mut state) = (g.recorded_params(), Params::new());
        let mut workspace = plan.workspace();
        let step = || plan.step(&mut workspace, &mut params, &mut state, &[]);
        catch_unwind(AssertUnwindSafe(step)).expect_err("the fuse blows");
        assert_eq!(params, g.recorded_params());
        is_lit.store(false, Ordering::SeqCst);
        plan.step(&mut workspace, &mut params, &mut state, &[]).expect("the fuse holds");
        assert_ne!(params, g.recorded_params());
    }
}
