//! The sides of the comparison: the plain value, the gradient by hand, and the engine's gradients.

use retrograd::{
    DType, Error, Expr, Graph, Plan, Tensor,
    scalar::{Dual, Frozen, Tape},
};
use retrograd_benches::functions::Function;

/// One way to compute the value of a function and, but for the first, its gradient.
pub struct Side<'f> {
    pub name: &'static str,
    pub call: Call<'f>,
}

/// Computes; returns the value, and puts the gradient where somebody asks for it.
type Call<'f> = Box<dyn FnMut(Option<&mut Vec<f64>>) -> f64 + 'f>;

/// Points that are taken in turns.
struct Points<X = Vec<f64>> {
    all: Vec<X>,
    n_taken: usize,
}

impl Points {
    fn of<F: Function>(function: &F) -> Self {
        Self { all: function.points(), n_taken: 0 }
    }

    fn map<X>(self, f: impl FnMut(Vec<f64>) -> X) -> Points<X> {
        Points { all: self.all.into_iter().map(f).collect(), n_taken: self.n_taken }
    }
}

impl<X> Points<X> {
    fn next(&mut self) -> &X {
        let k = self.n_taken % self.all.len();
        self.n_taken += 1;
        &self.all[k]
    }
}

/// The largest number of variables that forward mode is measured with.
const MAX_LANES: usize = 4;

/// All that a function can be computed by: the plain value first, then the gradient by hand.
pub fn all<F: Function>(function: &F) -> Result<Vec<Side<'_>>, Error> {
    let mut sides = vec![plain(function), by_hand(function), tape(function)];
    if function.point().len() <= MAX_LANES {
        sides.push(duals(function));
    }
    sides.push(frozen(function)?);
    sides.extend(array(function)?);
    Ok(sides)
}

fn plain<F: Function>(function: &F) -> Side<'_> {
    let mut points = Points::of(function);
    Side { name: "plain value", call: Box::new(move |_| function.value(points.next())) }
}

fn by_hand<F: Function>(function: &F) -> Side<'_> {
    let mut points = Points::of(function);
    let (mut gradient, mut memory) = (function.point(), Vec::new());
    let call = move |to: Option<&mut Vec<f64>>| {
        let value = function.gradient(points.next(), &mut gradient, &mut memory);
        copy(&gradient, to);
        value
    };
    Side { name: "by hand", call: Box::new(call) }
}

fn tape<F: Function>(function: &F) -> Side<'_> {
    let mut points = Points::of(function);
    let (mut gradient, mut tape) = (function.point(), Tape::new());
    let call = move |to: Option<&mut Vec<f64>>| {
        let x = points.next();
        let value = tape.value_and_gradient(|x| function.value(x), x, &mut gradient);
        copy(&gradient, to);
        value
    };
    Side { name: "tape", call: Box::new(call) }
}

/// Bytes of the tape once the function is recorded.
pub fn n_tape_bytes<F: Function>(function: &F) -> usize {
    Tape::<f64>::new().record(|t| {
        let y = function.value(&t.variables(&function.point()));
        t.keep(y);
        t.n_bytes()
    })
}

fn duals<F: Function>(function: &F) -> Side<'_> {
    let n = function.point().len();
    let seed = |(k, x): (usize, f64)| {
        let mut tangents = [0.0; MAX_LANES];
        tangents[k] = 1.0;
        Dual::new(x, tangents)
    };
    let mut points =
        Points::of(function).map(|x| x.into_iter().enumerate().map(seed).collect::<Vec<_>>());
    let call = move |to: Option<&mut Vec<f64>>| {
        let y = function.value(points.next());
        copy(&y.tangents[..n], to);
        y.value
    };
    Side { name: "duals", call: Box::new(call) }
}

/// The function as it was recorded once, number by number, with its gradient, and compiled.
fn frozen<F: Function>(function: &F) -> Result<Side<'_>, Error> {
    let mut points = Points::of(function);
    let frozen = Frozen::record(|x| function.value(x), &function.point());
    let gradient = frozen.y().grad(&[frozen.x()])[0];
    let mut replay = frozen.compile(&[frozen.y(), gradient])?;
    let call = move |to: Option<&mut Vec<f64>>| {
        replay.run(points.next()).expect("the function has no branches");
        copy(replay.output(1), to);
        replay.output(0)[0]
    };
    Ok(Side { name: "frozen", call: Box::new(call) })
}

/// The function of arrays, its gradient, and a plan of both.
fn array<F: Function>(function: &F) -> Result<Option<Side<'_>>, Error> {
    let g = Graph::with_dtype(DType::F64);
    let x = g.input("x", [function.point().len()]);
    let Some(y) = function.expression(x) else { return Ok(None) };
    compiled("arrays", &[y, y.grad(&[x])[0]], Points::of(function)).map(Some)
}

/// A plan of a value and its gradient, as functions of `x`.
fn compiled<'f>(
    name: &'static str,
    outputs: &[Expr<'_>],
    points: Points,
) -> Result<Side<'f>, Error> {
    let plan = Plan::compile(outputs, &[])?;
    let (mut workspace, mut points, params) =
        (plan.workspace(), points.map(Tensor::from), outputs[0].graph().recorded_params());
    let call = move |to: Option<&mut Vec<f64>>| {
        plan.run(&mut workspace, &params, &[("x", points.next().view())])
            .expect("the data are those of the plan");
        copy(workspace.output(1).elements(), to);
        workspace.output(0).elements::<f64>()[0]
    };
    Ok(Side { name, call: Box::new(call) })
}

fn copy(gradient: &[f64], to: Option<&mut Vec<f64>>) {
    if let Some(to) = to {
        to.extend(gradient);
    }
}
