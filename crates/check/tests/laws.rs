//! The laws of differentiation hold on 2,000 random graphs; the example `laws` holds them against as many as asked for.

use std::{ops::Range, thread};

use retrograd_check::laws::{self, LawTally};
use retrograd_core::{Error, Expr, Tensor};
use retrograd_plan::Plan;

/// Values by a compiled plan.
fn by_a_plan(outputs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let plan = Plan::compile(outputs, &[])?;
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &outputs[0].graph().recorded_params(), &[])?;
    Ok((0..outputs.len()).map(|k| workspace.output(k).to_tensor()).collect())
}

/// Holds the laws against the graphs of some seeds; one in eleven is compiled too.
fn held(seeds: Range<u64>) -> LawTally {
    let mut tally = LawTally::default();
    for seed in seeds {
        let road: Option<laws::Road<'_>> =
            if seed.is_multiple_of(11) { Some(&by_a_plan) } else { None };
        match laws::check(seed, road) {
            Ok(of_graph) => tally.add(&of_graph),
            Err(violation) => panic!("{violation}"),
        }
    }
    tally
}

#[test]
fn all_laws_hold_on_random_graphs_and_each_says_something() {
    let parts = [0..500, 500..1000, 1000..1500, 1500..2000];
    let threads = parts.map(|seeds| thread::spawn(move || held(seeds)));
    let mut tally = LawTally::default();
    for thread in threads {
        tally.add(&thread.join().expect("the laws hold"));
    }
    println!("{tally}");
    assert_eq!((tally.n_graphs, tally.laws.len()), (2000, 18));
    assert!(tally.n_with_custom > 100, "few graphs have operations of users' own");
    assert!(tally.n_recomputing > 100, "few graphs have checkpoints that do something");
    for (law, kept) in &tally.laws {
        assert!(2 * kept.n_zero < kept.n_equations, "{law} is mostly about zeros: {kept:?}");
        assert!(10 * kept.n_loose < kept.n_equations, "{law} is mostly ill-conditioned: {kept:?}");
    }
}
