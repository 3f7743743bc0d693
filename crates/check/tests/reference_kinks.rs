//! Kinks and extremes: values and derivatives at points where functions are not smooth or numbers not ordinary,
//! beside PyTorch's; a table says what is right where that is not, and why, and is itself held against true values.

mod reference;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use reference::{
    compare::is_near,
    exceptions::FAULTS,
    followed::FOLLOWED,
    kinks::{self, Answer, Row},
    tally::{Outcome, Tally},
    true_values,
    verdicts::{Part, Point, Verdicts},
};
use retrograd_core::{Bindings, DType, Error, Expr, Graph, Tensor, eval};
use retrograd_plan::Plan;

#[test]
fn kinks_are_as_documented() {
    let followed = Verdicts::new(FOLLOWED);
    let mut total = Tally::default();
    for row in kinks::rows() {
        check(&row, &followed, &mut total);
    }
    total.failures.iter().for_each(|failure| println!("{failure}"));
    for (why, n) in &total.skipped {
        println!("skipped: {n} because: {why}");
    }
    let stale = followed.stale();
    stale.iter().for_each(|row| println!("a row that decides nothing: {row}"));
    println!("{} rows of the table decide against PyTorch", FOLLOWED.len());
    println!("reference kinks: {total}");
    assert!(total.failures.is_empty() && stale.is_empty(), "failures or stale rows, as printed");
}

#[test]
fn what_the_tables_call_right_is_true() {
    let mut n_points = 0;
    for function in true_values::functions() {
        for (names, part, right, _) in FOLLOWED.iter().chain(FAULTS) {
            let names = names.iter().map(|name| name.rsplit('.').next().expect("it has a part"));
            if !names.into_iter().any(|name| name == function.name) {
                continue;
            }
            for (x, truth) in function.points(*part) {
                let point = Point { x: &x, element: 0, options: &BTreeMap::new() };
                let Some(right) = right(&point) else { continue };
                let is_true = is_near(right, truth, 1e-12 * truth.abs());
                assert!(is_true, "{} {part:?} at {x:?}: {right:e}, truly {truth:e}", function.name);
                n_points += 1;
            }
        }
    }
    assert!(n_points > 600, "only {n_points} numbers of the tables are proved by the true values");
}

/// Counts the points of a row.
fn check(row: &Row, followed: &Verdicts, tally: &mut Tally) {
    let Some(adapter) = row.adapter() else {
        let unknown = || Outcome::Skipped(format!("{}: no adapter translates it", row.name));
        return (0..row.n_points()).for_each(|_| tally.count(&row.name, unknown()));
    };
    let graph = Graph::with_dtype(DType::F64);
    let recorded = match catch_unwind(AssertUnwindSafe(|| row.record(&graph, adapter))) {
        Ok(Ok(recorded)) => recorded,
        Ok(Err(refusal)) => return tally.count(&row.name, Outcome::Failed(refusal.to_string())),
        Err(_) => return tally.count(&row.name, Outcome::Failed("panic".to_owned())),
    };
    let (out, grads) = recorded;
    let exprs = [&[out][..], &grads].concat();
    let ways = [("oracle", by_oracle(&exprs)), ("plan", by_plan(&exprs))];
    let answers = ways.map(|(way, values)| (way, answer(values.expect("the graph has its data"))));
    for k in 0..row.n_points() {
        let outcome: Result<(), String> = answers.iter().try_for_each(|(way, ours)| {
            point(row, k, ours, followed).map_err(|how| format!("{way}: {how}"))
        });
        tally.count(&row.name, outcome.into());
    }
}

/// Whether our answer at a point is right.
fn point(row: &Row, k: usize, ours: &Answer, followed: &Verdicts) -> Result<(), String> {
    let gradients = ours.grads.iter().zip(&row.torch.grads).enumerate();
    let gradients = gradients.map(|(i, (ours, torch))| (Part::Gradient(i), ours, torch));
    let value = (Part::Value, &ours.out, &row.torch.out);
    for (part, ours, torch) in [value].into_iter().chain(gradients) {
        let x: Vec<f64> = match row.elementwise {
            true => row.inputs.iter().map(|input| input[k]).collect(),
            false => row.inputs[0].clone(),
        };
        let tolerance = if part == Part::Value { 1e-12 } else { 1e-10 };
        let close = |a: f64, b: f64| is_near(a, b, tolerance * b.abs().max(1.0));
        for j in if row.elementwise { k..k + 1 } else { 0..ours.len() } {
            let at = Point { x: &x, element: j, options: &BTreeMap::new() };
            let decided = followed.right(&row.name, part, &at, |right| !close(torch[j], right));
            if !close(ours[j], decided.unwrap_or(torch[j])) {
                let (ours, torch) = (ours[j], torch[j]);
                return Err(format!(
                    "{part:?} {j} at {x:?} is {ours:e}, torch {torch:e}, decided {decided:?}"
                ));
            }
        }
    }
    Ok(())
}

fn by_oracle(exprs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let ids: Vec<_> = exprs.iter().map(|expr| expr.id()).collect();
    eval::values(exprs[0].graph(), &ids, &Bindings::new())
}

fn by_plan(exprs: &[Expr<'_>]) -> Result<Vec<Tensor>, Error> {
    let plan = Plan::compile(exprs, &[])?;
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &exprs[0].graph().recorded_params(), &[])?;
    Ok((0..exprs.len()).map(|k| workspace.output(k).to_tensor()).collect())
}

fn answer(values: Vec<Tensor>) -> Answer {
    let mut values = values.iter().map(|tensor| tensor.to_vec::<f64>());
    let out = values.next().expect("the value comes first");
    Answer { out, grads: values.collect() }
}
