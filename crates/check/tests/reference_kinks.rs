//! Kinks and extremes: values and derivatives at points where functions are not smooth or numbers not ordinary,
//! beside PyTorch's and JAX's; a table says whom we follow where they differ, and why.

mod reference;

use std::panic::{AssertUnwindSafe, catch_unwind};

use reference::{
    compare::is_near,
    followed::{self, Part, Point},
    kinks::{self, Answer, Row},
    open,
    tally::{Outcome, Tally},
};
use retrograd_core::{Bindings, DType, Error, Expr, Graph, Tensor, eval};
use retrograd_cpu::Plan;

#[test]
fn kinks_are_as_documented() {
    let (mut total, mut n_followed, mut new) = (Tally::default(), 0, Vec::new());
    for row in kinks::rows() {
        let mut tally = Tally::default();
        n_followed += check(&row, &mut tally);
        let failures = tally.failures.iter();
        failures.for_each(|failure| println!("{failure}"));
        total += &tally;
        if tally.failures.len() > open::n_known_points(&row.name) {
            new.extend(tally.failures);
        }
    }
    for (why, n) in &total.skipped {
        println!("skipped: {n} because: {why}");
    }
    println!("{n_followed} numbers are not PyTorch's, but as the table says");
    println!("reference kinks: {total}");
    assert!(new.is_empty(), "rows with more disagreements than before: {new:#?}");
}

/// Counts the points of a row, and returns how many numbers the table decides.
fn check(row: &Row, tally: &mut Tally) -> usize {
    let skip = |tally: &mut Tally, why: String| {
        (0..row.n_points()).for_each(|k| tally.count(k, Outcome::Skipped(why.clone())));
        0
    };
    let Some(adapter) = row.adapter() else {
        return skip(tally, format!("{}: not built yet", row.name));
    };
    let graph = Graph::with_dtype(DType::F64);
    let recorded = match catch_unwind(AssertUnwindSafe(|| row.record(&graph, adapter))) {
        Ok(Ok(recorded)) => recorded,
        Ok(Err(refusal)) if row.inputs[0].is_empty() => {
            return skip(tally, format!("{}: of no elements: {refusal}", row.name));
        }
        Ok(Err(refusal)) => {
            tally.count(&row.name, Outcome::Failed(refusal.to_string()));
            return 0;
        }
        Err(_) => {
            tally.count(&row.name, Outcome::Failed("panic".to_owned()));
            return 0;
        }
    };
    let (out, grads) = recorded;
    let exprs = [&[out][..], &grads].concat();
    let ways = [("oracle", by_oracle(&exprs)), ("plan", by_plan(&exprs))];
    let answers = ways.map(|(way, values)| (way, answer(values.expect("the graph has its data"))));
    let mut n_followed = 0;
    for k in 0..row.n_points() {
        let outcome: Result<(), String> = answers.iter().try_for_each(|(way, ours)| {
            n_followed += point(row, k, ours).map_err(|how| format!("{way}: {how}"))?;
            Ok(())
        });
        let outcome = match followed::undecided(&row.name) {
            Some(why) if outcome.is_err() => Outcome::Skipped(format!("{}: {why}", row.name)),
            _ => outcome.into(),
        };
        tally.count(&row.name, outcome);
    }
    n_followed
}

/// Whether our answer at a point is right; then how many of its numbers the table decides.
fn point(row: &Row, k: usize, ours: &Answer) -> Result<usize, String> {
    let grads = |answer: &Answer| answer.grads.clone();
    let parts = [(
        Part::Value,
        ours.out.clone(),
        row.torch.out.clone(),
        row.jax.as_ref().map(|jax| jax.out.clone()),
    )];
    let by_input = grads(ours).into_iter().zip(grads(&row.torch)).enumerate();
    let gradients = by_input.map(|(i, (ours, torch))| {
        (Part::Gradient(i), ours, torch, row.jax.as_ref().map(|jax| jax.grads[i].clone()))
    });
    let mut n_followed = 0;
    for (part, ours, torch, jax) in parts.into_iter().chain(gradients) {
        let which = if row.elementwise { k..k + 1 } else { 0..ours.len() };
        for j in which {
            let x: Vec<f64> = match row.elementwise {
                true => row.inputs.iter().map(|input| input[k]).collect(),
                false => row.inputs[0].clone(),
            };
            let at =
                Point { x: &x, element: j, torch: torch[j], jax: jax.as_ref().map(|jax| jax[j]) };
            let tolerance = if part == Part::Value { 1e-12 } else { 1e-10 };
            let close = |a: f64, b: f64| is_near(a, b, tolerance * b.abs().max(1.0));
            match followed::instead(&row.name, part, &at) {
                Some(right) if close(ours[j], right) => {
                    n_followed += usize::from(!close(torch[j], right))
                }
                None if close(ours[j], torch[j]) => {}
                None if at.jax.is_some_and(|jax| close(ours[j], jax)) => n_followed += 1,
                None if torch[j].is_nan() && ours[j].is_finite() => n_followed += 1,
                _ => {
                    return Err(format!(
                        "{part:?} {j} at {x:?} is {:e}, torch {:e}, jax {:?}",
                        ours[j], at.torch, at.jax
                    ));
                }
            }
        }
    }
    Ok(n_followed)
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
