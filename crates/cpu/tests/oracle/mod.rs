//! The step of a plan beside that of the oracle.

use retrograd_check::assert_close;
use retrograd_core::{Expr, Graph, Params};
use retrograd_plan::{CompileOptions, Plan};

/// Checks the outputs and updates of a step, in a plan that is not checked and in one that is; returns the number of steps
/// of the first.
pub fn check_step<'g>(
    g: &'g Graph,
    outputs: &[Expr<'g>],
    updates: &[(Expr<'g>, Expr<'g>)],
) -> usize {
    let plans = [CompileOptions::new(), CompileOptions::new().checked()]
        .map(|options| Plan::compile_with(outputs, updates, &options).expect("the graph compiles"));
    for plan in &plans {
        let (mut workspace, mut params) = (plan.workspace(), g.recorded_params());
        let result = plan.step(&mut workspace, &mut params, &mut Params::new(), &[]);
        result.expect("all leaves hold data");
        for (k, output) in outputs.iter().enumerate() {
            assert_close(&workspace.output(k).to_tensor(), &output.value(), 64.0);
        }
        for (leaf, value) in updates {
            let name = g.name(leaf.id()).expect("parameters have names");
            let ours = params.get(&name).expect("all parameters are there");
            assert_close(ours, &value.value(), 64.0);
        }
    }
    plans[0].n_steps()
}
