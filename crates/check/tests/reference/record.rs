//! A case as expressions: outputs, gradients, and gradients of gradients.

use retrograd_check::rounding::{self, Errors, RoundedEvaluation};
use retrograd_core::{Bindings, Error, Expr, Graph, Tensor, eval};
use retrograd_plan::Plan;

use super::{
    call::{Adapter, Call, Refusal},
    format::{Case, Input, Second},
};

/// The expressions of a case.
pub struct Recorded<'g> {
    /// The outputs.
    pub outputs: Vec<Expr<'g>>,
    /// The gradients by each input.
    pub first: Vec<Expr<'g>>,
    /// The gradients of the weighted gradients by each input.
    pub second: Vec<Expr<'g>>,
}

/// The values of a case's expressions.
#[derive(Clone, Debug)]
pub struct Values {
    /// The outputs.
    pub outputs: Vec<Tensor>,
    /// The gradients by each input.
    pub first: Vec<Tensor>,
    /// The gradients of the weighted gradients by each input.
    pub second: Vec<Tensor>,
}

/// The call of a case on a graph, and the inputs by which derivatives are taken.
pub fn call<'g>(graph: &'g Graph, case: &Case) -> (Call<'g>, Vec<Expr<'g>>) {
    let mut wrt = vec![None; case.n_wrt()];
    let mut n_inputs = 0;
    let mut leaf = |input: &Input| {
        let Some(k) = input.diff else {
            n_inputs += 1;
            return graph.input_with(&format!("input{n_inputs}"), &input.data);
        };
        let x = graph.param(&format!("x{k}"), &input.data);
        wrt[k] = Some(x);
        x
    };
    let args = case.args.iter().map(|given| given.map(&mut leaf)).collect();
    let kwargs = case.kwargs.iter().map(|(name, given)| (name.clone(), given.map(&mut leaf)));
    let call = Call { graph, args, kwargs: kwargs.collect() };
    (call, wrt.into_iter().map(|x| x.expect("inputs are numbered from 0")).collect())
}

/// Records a case by our operations.
pub fn record<'g>(
    graph: &'g Graph,
    case: &Case,
    adapter: Adapter,
) -> Result<Recorded<'g>, Refusal> {
    let (call, wrt) = call(graph, case);
    let outputs = adapter(&call)?;
    if outputs.len() != case.outputs.len() {
        let (ours, theirs) = (outputs.len(), case.outputs.len());
        return Err(Refusal::Argument(format!("{ours} outputs, and the reference has {theirs}")));
    }
    if case.cotangents.is_empty() {
        return Ok(Recorded { outputs, first: Vec::new(), second: Vec::new() });
    }
    let first = weighted_gradient(graph, &outputs, &case.cotangents, &wrt, "seed")?;
    let second = match &case.second {
        Second::Unknown => Vec::new(),
        Second::Zero => weighted_gradient(graph, &first, &ones(&first), &wrt, "weight")?,
        Second::Weighted { v, .. } => weighted_gradient(graph, &first, v, &wrt, "weight")?,
    };
    Ok(Recorded { outputs, first, second })
}

fn ones(exprs: &[Expr<'_>]) -> Vec<(usize, Tensor)> {
    let one = |x: &Expr<'_>| Tensor::full(x.dtype(), x.shape(), 1.0);
    exprs.iter().map(one).enumerate().collect()
}

/// The gradient of the sum of some of `outputs`, weighted, by each of `wrt`.
fn weighted_gradient<'g>(
    graph: &'g Graph,
    outputs: &[Expr<'g>],
    weights: &[(usize, Tensor)],
    wrt: &[Expr<'g>],
    name: &str,
) -> Result<Vec<Expr<'g>>, Error> {
    let mut gradient: Vec<Option<Expr<'g>>> = vec![None; wrt.len()];
    for (k, weight) in weights {
        let seed = graph.input_with(&format!("{name}{k}"), weight);
        for (sum, share) in gradient.iter_mut().zip(outputs[*k].try_vjp(seed, wrt)?) {
            *sum = Some(sum.map_or(share, |sum| sum + share));
        }
    }
    let zero = |x: &Expr<'g>| graph.full(x.shape(), 0.0);
    Ok(gradient.into_iter().zip(wrt).map(|(sum, x)| sum.unwrap_or_else(|| zero(x))).collect())
}

impl Recorded<'_> {
    /// The values that the oracle computes.
    pub fn by_oracle(&self) -> Result<Values, Error> {
        let exprs = self.all();
        let Some(first) = exprs.first() else { return Ok(self.split(Vec::new())) };
        let ids: Vec<_> = exprs.iter().map(|expr| expr.id()).collect();
        Ok(self.split(eval::values(first.graph(), &ids, &Bindings::new())?))
    }

    /// The values of a graph of `f64` where every node is rounded at random.
    pub fn by_rounding(&self, errors: &mut Errors) -> Result<Values, Error> {
        let exprs = self.all();
        let Some(first) = exprs.first() else { return Ok(self.split(Vec::new())) };
        let evaluation = RoundedEvaluation::of(first.graph(), &exprs);
        let values = evaluation.run(&rounding::Values::new(), Some(errors))?;
        Ok(self.split(exprs.iter().map(|x| values[&x.id()].clone()).collect()))
    }

    /// The values that a compiled plan computes.
    pub fn by_plan(&self) -> Result<Values, Error> {
        let exprs = self.all();
        let Some(first) = exprs.first() else { return Ok(self.split(Vec::new())) };
        let plan = Plan::compile(&exprs, &[])?;
        let mut workspace = plan.workspace();
        plan.run(&mut workspace, &first.graph().recorded_params(), &[])?;
        Ok(self.split((0..exprs.len()).map(|k| workspace.output(k).to_tensor()).collect()))
    }

    fn all(&self) -> Vec<Expr<'_>> {
        [&self.outputs[..], &self.first, &self.second].concat()
    }

    fn split(&self, mut values: Vec<Tensor>) -> Values {
        let second = values.split_off(values.len().min(self.outputs.len() + self.first.len()));
        let first = values.split_off(values.len().min(self.outputs.len()));
        Values { outputs: values, first, second }
    }
}
