//! Every operation in every mode: tangents against cotangents, batches against loops, series against nested tangents;
//! and modes composed, against finite differences on random graphs.

use retrograd_check::{
    GradientCheck, Options, RandomGraph,
    cases::{self, Case},
    compare::compare,
    random_graph,
};
use retrograd_core::{DType, Expr, Graph, Tensor, expr::Pair};

/// A case, recorded of leaves that hold its data.
fn recorded<'g>(graph: &'g Graph, case: &Case) -> (Vec<Expr<'g>>, Expr<'g>) {
    let named = case.inputs.iter().enumerate();
    let inputs: Vec<_> = named.map(|(k, data)| graph.input_with(&format!("x{k}"), data)).collect();
    let output = case.record(&inputs);
    (inputs, output)
}

/// Numbers of a shape that follow no pattern; another `salt` gives others.
fn numbers<'g>(like: Expr<'g>, salt: usize) -> Expr<'g> {
    let shape = like.shape();
    let number = |k: usize| ((k + 7 * salt + 1) as f64 * 0.618_033_988_749_894_9).fract() - 0.4;
    let data = (0..shape.n_elements()).map(number).collect::<Vec<f64>>();
    let data = Tensor::new(shape, data).expect("there is a number for every element");
    like.graph().input_with(&format!("numbers {} {salt}", like.graph().len()), data)
}

/// All disagreements, so that one run tells everything.
#[derive(Default)]
struct Failures(Vec<String>);

impl Failures {
    fn compare(&mut self, what: String, actual: Expr<'_>, expected: Expr<'_>, n_units: f64) {
        if let Err(difference) = compare(&actual.value(), &expected.value(), n_units) {
            self.0.push(format!("{what}: {difference}"));
        }
    }

    #[track_caller]
    fn assert_none(&self) {
        assert!(self.0.is_empty(), "{} disagree:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn floats<'g>(exprs: &[Expr<'g>]) -> Vec<Expr<'g>> {
    exprs.iter().copied().filter(|x| x.dtype().is_float()).collect()
}

/// Runs a check on every case whose output and some of whose inputs are floating-point numbers.
fn for_each_case(mut check: impl FnMut(&Case, &[Expr<'_>], Expr<'_>)) {
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        let (inputs, output) = recorded(&graph, &case);
        let inputs = floats(&inputs);
        if output.dtype().is_float() && !inputs.is_empty() {
            check(&case, &inputs, output);
        }
    }
}

#[test]
fn the_tangent_of_every_operation_is_the_transpose_of_its_cotangents() {
    let mut failures = Failures::default();
    for_each_case(|case, inputs, y| {
        let along: Vec<_> = inputs.iter().enumerate().map(|(k, &x)| (x, numbers(x, k))).collect();
        let tangent = y.jvp(&along);
        let u = numbers(y, 99);
        let shares = y.vjp(u, inputs);
        let seeds: Vec<_> =
            shares.into_iter().zip(along).map(|(share, (_, v))| (share, v)).collect();
        let transposed = y.graph().vjp(&seeds, &[u])[0];
        failures.compare(case.name.clone(), tangent, transposed, 64.0);
    });
    failures.assert_none();
}

#[test]
fn a_batch_of_every_operation_is_the_operations_side_by_side() {
    const N: usize = 3;
    let mut failures = Failures::default();
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        let (inputs, y) = recorded(&graph, &case);
        let example = |x: Expr<'_>, i: usize| match x.dtype().is_float() {
            true => graph.constant(x.value()) * (1.0 + 0.01 * i as f64),
            false => graph.constant(x.value()),
        };
        // All inputs differ along the batch, or only one of them.
        let some = (0..inputs.len()).map(|k| vec![k]);
        for which in some.chain([(0..inputs.len()).collect()]).filter(|which| !which.is_empty()) {
            let examples: Vec<Vec<_>> = (0..N)
                .map(|i| {
                    let of =
                        |(k, &x): (usize, &_)| if which.contains(&k) { example(x, i) } else { x };
                    inputs.iter().enumerate().map(of).collect()
                })
                .collect();
            let batches: Vec<_> = which
                .iter()
                .map(|&k| {
                    let parts: Vec<_> = examples.iter().map(|example| example[k]).collect();
                    (inputs[k], graph.stack(&parts, 0))
                })
                .collect();
            let one_by_one: Vec<_> = examples.iter().map(|example| case.record(example)).collect();
            let expected = graph.stack(&one_by_one, 0);
            let what = format!("{}, inputs {which:?}", case.name);
            failures.compare(what, y.vmap(&batches), expected, 4.0);
        }
    }
    failures.assert_none();
}

#[test]
fn series_of_every_operation_are_those_of_nested_tangents() {
    let mut failures = Failures::default();
    for_each_case(|case, inputs, y| {
        let along: Vec<_> = inputs.iter().enumerate().map(|(k, &x)| (x, numbers(x, k))).collect();
        let series = y.taylor(&along, 3);
        let mut derivative = y;
        for (k, coefficient) in series.iter().enumerate() {
            let factorial = (1..=k).product::<usize>() as f64;
            let what = format!("{}, order {k}", case.name);
            failures.compare(what, *coefficient * factorial, derivative, 1e4);
            derivative = derivative.jvp(&along);
        }
    });
    failures.assert_none();
}

/// A function at a point: its values as a vector, its leaves with directions, and one of them with a batch of two.
struct Function<'g> {
    y: Expr<'g>,
    along: Vec<Pair<'g>>,
    batch: Pair<'g>,
}

/// The derivatives of a function by modes and their compositions.
type Mode = for<'g> fn(&Function<'g>) -> Vec<Expr<'g>>;

/// Their gradients and tangents, and those of the gradients, are one composition more.
const COMPOSITIONS: &[(&str, Mode)] = &[
    ("Hessian–vector product", |f| f.loss().hessian_vector(&f.along)),
    ("Taylor coefficient", |f| f.y.taylor(&f.along, 2).split_off(2)),
    ("vmap", |f| vec![f.y.vmap(&[f.batch])]),
    ("vmap of grad", |f| f.graph().vmap(&f.loss().grad(&f.leaves()), &[f.batch])),
    ("vmap of jvp", |f| vec![f.y.jvp(&f.along).vmap(&[f.batch])]),
    ("vmap of a Hessian–vector product", |f| {
        f.graph().vmap(&f.loss().hessian_vector(&f.along), &[f.batch])
    }),
    ("gradient of a vmapped loss", |f| {
        f.loss().vmap(&[f.batch]).square().sum().grad(&[f.batch.1, f.along[0].0])
    }),
];

impl<'g> Function<'g> {
    /// The function of a random graph, in every other one of which `custom` is applied.
    fn of(random: &'g RandomGraph, custom: &Case) -> Self {
        let graph = random.graph();
        let values: Vec<_> = floats(&random.outputs()).into_iter().map(Expr::flatten).collect();
        let y = graph.concat(&values, 0);
        let y = if random.seed() % 2 == 1 { custom.record(&[0.5 * y]) } else { y };
        let along: Vec<_> = random.leaves().into_iter().map(|x| (x, numbers(x, 1))).collect();
        // By little, so that no function meets a jump on the way.
        let (x, data) = (along[0].0, along[0].0.value().to_vec::<f64>());
        let near = [0.999, 1.001].iter().flat_map(|by| data.iter().map(move |x| by * x));
        let near = Tensor::new(x.shape().with_axis(0, 2), near.collect::<Vec<_>>());
        let near = near.expect("there are two numbers for every element");
        Self { y, along, batch: (x, graph.input_with("batch", near)) }
    }

    fn graph(&self) -> &'g Graph {
        self.y.graph()
    }

    fn loss(&self) -> Expr<'g> {
        self.y.sin().sum()
    }

    fn leaves(&self) -> Vec<Expr<'g>> {
        self.along.iter().map(|&(x, _)| x).collect()
    }
}

#[test]
fn compositions_of_modes_agree_with_finite_differences_on_random_graphs() {
    let options = Options {
        dtype: DType::F64,
        n_nodes: 24,
        max_size: 3,
        max_elements: 12,
        is_differentiable: true,
        ..Options::default()
    };
    let cases = cases::all();
    let cube = cases.iter().find(|case| case.name == "custom cube []").expect("it is a case");
    for seed in 0..60 {
        let random = random_graph(seed, &options);
        let function = Function::of(&random, cube);
        let mut leaves = vec![function.batch.1];
        leaves.extend(function.along.iter().flat_map(|&(x, v)| [x, v]));
        for (name, mode) in COMPOSITIONS {
            for derivative in mode(&function) {
                let check = GradientCheck { seed, ..GradientCheck::default() };
                if let Err(failure) = check.check(derivative, &leaves) {
                    panic!("{name} on the random graph of seed {seed}: {failure}");
                }
            }
        }
    }
}
