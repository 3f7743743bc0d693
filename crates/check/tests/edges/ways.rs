//! All ways to a value and its first and second derivatives.

use retrograd_core::{Bindings, DType, Expr, Graph, Tensor, eval};
use retrograd_plan::Plan;
use retrograd_scalar::{Dual, Frozen, Number, Series, Tape};

use crate::program::Program;

/// The numbers at a point: the value, the derivative by each input, and the second derivatives by each pair `i ≤ j` of
/// inputs; `None` where a way does not give one.
pub type Numbers = Vec<Option<f64>>;

/// A way, with its numbers at each point.
pub struct Answers {
    /// The name of the way.
    pub way: String,
    /// One entry for each point.
    pub at: Vec<Numbers>,
}

impl Answers {
    /// Whether number `k` of the function `name` at a point is a second derivative that is not finite, which the way may
    /// give where another number is `expected`. A power series ends where a coefficient is not finite, and at kinks, also
    /// those of second derivatives. A tangent jumps at a kink, so that the tangent of a tangent is infinite there.
    pub fn is_left_open(
        &self,
        name: &str,
        numbers: &[Option<f64>],
        k: usize,
        expected: f64,
    ) -> bool {
        let n_first = if numbers.len() == 3 { 2 } else { 3 };
        let are_finite = |numbers: &[Option<f64>]| numbers.iter().flatten().all(|x| x.is_finite());
        let is_among =
            |names: &[&str]| names.iter().any(|other| name.split('(').next() == Some(other));
        let ends = !are_finite(&numbers[..n_first])
            || !expected.is_finite()
            || is_among(&["elu", "selu", "celu", "softsign"]);
        let jumps = is_among(&["abs", "hypot", "maximum", "minimum", "fmax", "fmin"]);
        let is_second = k >= n_first && !are_finite(&numbers[k..=k]);
        is_second
            && (self.way.contains("series") && ends
                || self.way.contains("forward over forward") && jumps)
    }
}

/// Records a function of expressions.
pub type Record<'a> = &'a dyn for<'g> Fn(&[Expr<'g>]) -> Expr<'g>;

/// The pairs of inputs, in order.
pub fn pairs(n: usize) -> Vec<(usize, usize)> {
    (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).collect()
}

/// The answers of graphs: by the oracle and by plans, in four orders of the modes, with seeds that are literals and with
/// seeds that are data.
pub fn of_graphs(dtype: DType, n: usize, f: Record<'_>, points: &[Vec<f64>]) -> Vec<Answers> {
    let mut answers = Vec::new();
    for are_literal in [true, false] {
        let graph = Graph::with_dtype(dtype);
        let column = |k: usize| points.iter().map(|point| point[k]).collect::<Vec<_>>();
        let data = |numbers: Vec<f64>| {
            Tensor::new([points.len()], numbers).expect("one number a point").cast(dtype)
        };
        let x: Vec<_> =
            (0..n).map(|k| graph.input_with(&format!("x{k}"), data(column(k)))).collect();
        let ones = match are_literal {
            true => graph.full([points.len()], 1.0),
            false => graph.input_with("ones", data(vec![1.0; points.len()])),
        };
        let seeds = if are_literal { "literal" } else { "given" };
        for (order, outputs) in orders(f(&x), &x, ones) {
            for (machine, values) in [("oracle", oracle(&outputs)), ("plan", plan(&outputs))] {
                let numbers = |p: usize| values.iter().map(|column| Some(column[p])).collect();
                let at = (0..points.len()).map(numbers).collect();
                answers.push(Answers {
                    way: format!("{dtype} {machine}, {order}, {seeds} seeds"),
                    at,
                });
            }
        }
    }
    answers
}

/// Value, first and second derivatives, by each order of the modes.
fn orders<'g>(y: Expr<'g>, x: &[Expr<'g>], ones: Expr<'g>) -> Vec<(&'static str, Vec<Expr<'g>>)> {
    let back = |y: Expr<'g>, k: usize| y.vjp(ones, &[x[k]])[0];
    let forth = |y: Expr<'g>, k: usize| y.jvp(&[(x[k], ones)]);
    let of = |inner: &dyn Fn(Expr<'g>, usize) -> Expr<'g>,
              outer: &dyn Fn(Expr<'g>, usize) -> Expr<'g>| {
        let first: Vec<_> = (0..x.len()).map(|k| inner(y, k)).collect();
        let second = pairs(x.len()).into_iter().map(|(i, j)| outer(first[i], j));
        [vec![y], first.clone(), second.collect()].concat()
    };
    vec![
        ("reverse over reverse", of(&back, &back)),
        ("forward over reverse", of(&back, &forth)),
        ("reverse over forward", of(&forth, &back)),
        ("forward over forward", of(&forth, &forth)),
    ]
}

fn oracle(outputs: &[Expr<'_>]) -> Vec<Vec<f64>> {
    let ids: Vec<_> = outputs.iter().map(|output| output.id()).collect();
    let values = eval::values(outputs[0].graph(), &ids, &Bindings::new());
    values.expect("the graph has its data").iter().map(|value| value.to_vec()).collect()
}

fn plan(outputs: &[Expr<'_>]) -> Vec<Vec<f64>> {
    let graph = outputs[0].graph();
    let plan = Plan::compile(outputs, &[]).expect("it can be compiled");
    let mut workspace = plan.workspace();
    let data = graph.recorded_params();
    plan.run(&mut workspace, &data, &[]).expect("the graph has its data");
    (0..outputs.len()).map(|k| workspace.output(k).to_tensor().to_vec()).collect()
}

/// The numbers of a program at a point.
type Way = fn(&Program, &[f64]) -> Numbers;

/// The answers of number types of a precision.
pub fn of_numbers<T: Number>(program: &Program, points: &[Vec<f64>]) -> Vec<Answers> {
    let ways: [(&str, Way); 3] =
        [("duals", duals::<T>), ("series", series::<T>), ("tapes", tapes::<T>)];
    let name = std::any::type_name::<T>();
    let answers = ways.map(|(way, numbers)| Answers {
        way: format!("{name} {way}"),
        at: points.iter().map(|x| numbers(program, x)).collect(),
    });
    answers.into()
}

/// 1 where two indices are equal, else 0.
fn unit<T: Number>(i: usize, j: usize) -> T {
    T::constant(if i == j { 1.0 } else { 0.0 })
}

fn duals<T: Number>(program: &Program, x: &[f64]) -> Numbers {
    let n = x.len();
    let at = |i: usize, j: usize| {
        let variable = |(k, &x): (usize, &f64)| {
            let inner = Dual::new(T::constant(x), [unit(k, j)]);
            Dual::new(inner, [Dual::<T>::new(unit(k, i), [T::constant(0.0)])])
        };
        program.at(&x.iter().enumerate().map(variable).collect::<Vec<_>>())
    };
    let value = at(0, 0).value.value.primal();
    // Duals of duals have the slopes of one side at a kink.
    let first = (0..n).map(|k| {
        let variable = |(j, &x): (usize, &f64)| Dual::<T>::new(T::constant(x), [unit(j, k)]);
        program.at(&x.iter().enumerate().map(variable).collect::<Vec<_>>()).tangents[0].primal()
    });
    let second = pairs(n).into_iter().map(|(i, j)| at(i, j).tangents[0].tangents[0].primal());
    [value].into_iter().chain(first).chain(second).map(Some).collect()
}

fn series<T: Number>(program: &Program, x: &[f64]) -> Numbers {
    let n = x.len();
    let along = |k: usize| {
        let number = |(j, &x): (usize, &f64)| {
            Series::<T, 3>::new([T::constant(x), unit(j, k), T::constant(0.0)])
        };
        program.at(&x.iter().enumerate().map(number).collect::<Vec<_>>()).coefficients
    };
    let value = along(0)[0].primal();
    let first = (0..n).map(|k| Some(along(k)[1].primal()));
    let second = pairs(n).into_iter();
    let second = second.map(|(i, j)| (i == j).then(|| 2.0 * along(i)[2].primal()));
    [Some(value)].into_iter().chain(first).chain(second).collect()
}

fn tapes<T: Number>(program: &Program, x: &[f64]) -> Numbers {
    let n = x.len();
    let mut gradient = vec![T::default(); n];
    let numbers: Vec<_> = x.iter().map(|&x| T::constant(x)).collect();
    let value = Tape::new().value_and_gradient(|x| program.at(x), &numbers, &mut gradient);
    let mut rows = Vec::new();
    for i in 0..n {
        let moving = |(k, &x): (usize, &f64)| Dual::<T>::new(T::constant(x), [unit(k, i)]);
        let x: Vec<_> = x.iter().enumerate().map(moving).collect();
        let mut row = vec![Dual::<T>::default(); n];
        Tape::new().value_and_gradient(|x| program.at(x), &x, &mut row);
        rows.push(row);
    }
    let first = gradient.iter().map(|slope| slope.primal());
    let second = pairs(n).into_iter().map(|(i, j)| rows[i][j].tangents[0].primal());
    [value.primal()].into_iter().chain(first).chain(second).map(Some).collect()
}

/// The answers of recorded programs that are replayed.
pub fn of_replays(program: &Program, points: &[Vec<f64>]) -> Answers {
    let at = points.iter().map(|x| replay(program, x)).collect();
    Answers { way: "f64 replays".to_owned(), at }
}

fn replay(program: &Program, x: &[f64]) -> Numbers {
    let frozen = Frozen::record(|x| program.at(x), x);
    let gradient = frozen.y().grad(&[frozen.x()])[0];
    let hessian = frozen.y().hessian(frozen.x());
    let mut replay = frozen.compile(&[frozen.y(), gradient, hessian]).expect("of its own graph");
    replay.run(x).expect("it takes the branches of its own recording");
    let second = pairs(x.len()).into_iter().map(|(i, j)| replay.output(2)[i * x.len() + j]);
    let first = replay.output(1).iter().copied();
    replay.output(0).iter().copied().chain(first).chain(second).map(Some).collect()
}
