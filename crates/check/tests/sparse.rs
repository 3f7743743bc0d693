//! Sparse Jacobians and Hessians of every operation and of random graphs, against dense ones: no entry is missing, and
//! none is anywhere else.

use retrograd_check::{Options, cases, compare::compare, random_graph};
use retrograd_core::{DType, Expr, Graph, Shape, Sparse, Tensor};
use retrograd_plan::Plan;

/// Dense matrices with more entries than this are left out.
const MAX_ENTRIES: usize = 4096;

/// All disagreements, and the number of comparisons.
#[derive(Default)]
struct Findings {
    failures: Vec<String>,
    n_matrices: usize,
    n_places: usize,
    n_entries: usize,
}

impl Findings {
    /// Compares a sparse matrix with a dense one, of shape `[…y, …x]`.
    fn compare(&mut self, what: &str, sparse: &Sparse<'_>, dense: Expr<'_>) {
        let dense = dense.reshape(sparse.shape);
        if let Err(difference) = compare(&sparse.to_dense().value(), &dense.value(), 256.0) {
            self.failures.push(format!("{what}: {difference}"));
        }
        self.n_matrices += 1;
        self.n_places += sparse.shape[0] * sparse.shape[1];
        self.n_entries += sparse.rows.len();
    }

    /// Compares the Jacobian of an expression by each of `wrt`, and the Hessian of the weighted sum of its elements.
    fn compare_derivatives(&mut self, what: &str, y: Expr<'_>, wrt: &[Expr<'_>]) {
        let f = (y * weights(y)).sum();
        let n_outputs = y.shape().n_elements();
        for (k, &x) in wrt.iter().enumerate() {
            let n = x.shape().n_elements();
            if n.max(n_outputs) * n > MAX_ENTRIES {
                continue;
            }
            self.compare(&format!("{what}, Jacobian by {k}"), &y.sparse_jacobian(x), y.jacobian(x));
            self.compare(&format!("{what}, Hessian by {k}"), &f.sparse_hessian(x), f.hessian(x));
        }
    }

    #[track_caller]
    fn assert_none(&self, title: &str) {
        let Self { failures, n_matrices, n_places, n_entries } = self;
        println!("{title}: {n_matrices} matrices, {n_entries} entries of {n_places} places");
        assert!(failures.is_empty(), "{} disagree:\n{}", failures.len(), failures.join("\n"));
    }
}

/// Numbers of the shape of an expression that follow no pattern.
fn weights(y: Expr<'_>) -> Expr<'_> {
    let number = |k: usize| ((k + 1) as f64 * 0.618_033_988_749_894_9).fract() - 0.4;
    let data: Vec<_> = (0..y.shape().n_elements()).map(number).collect();
    let data = Tensor::new(y.shape(), data).expect("there is a number for every element");
    y.graph().input_with(&format!("weights {}", y.graph().len()), data)
}

fn floats<'g>(exprs: &[Expr<'g>]) -> Vec<Expr<'g>> {
    exprs.iter().copied().filter(|x| x.dtype().is_float()).collect()
}

#[test]
fn sparse_derivatives_of_every_operation_are_the_dense_ones() {
    let mut findings = Findings::default();
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        let named = case.inputs.iter().enumerate();
        // Indices and masks are constants, which patterns look at, or inputs, which they do not.
        for is_fixed in [true, false] {
            let leaf = |(k, data): (usize, &Tensor)| match data.dtype().is_float() || !is_fixed {
                true => graph.input_with(&format!("x{k}{is_fixed}"), data),
                false => graph.constant(data),
            };
            let inputs: Vec<_> = named.clone().map(leaf).collect();
            let y = case.record(&inputs);
            if y.dtype().is_float() {
                findings.compare_derivatives(&case.name, y, &floats(&inputs));
            }
        }
    }
    findings.assert_none("cases");
}

#[test]
fn sparse_derivatives_of_random_graphs_are_the_dense_ones() {
    let mut findings = Findings::default();
    let options = Options { dtype: DType::F64, n_nodes: 25, n_outputs: 1, ..Options::default() };
    for seed in 0..200 {
        let random = random_graph(seed, &options);
        for y in floats(&random.outputs()) {
            findings.compare_derivatives(&format!("seed {seed}"), y, &random.leaves());
        }
    }
    findings.assert_none("random graphs");
}

#[test]
fn plans_compute_the_entries() {
    let g = Graph::with_dtype(DType::F64);
    let data: Vec<_> = (0..40).map(|k| 0.3 + f64::from(k) * 0.07).collect();
    let x = g.param("x", Tensor::new(Shape::from([5, 8]), data).unwrap());
    let (left, right) = (x.slice(1, ..7), x.slice(1, 1..));
    let chain = (right - left.square()).square().sum() + x.sum().sin();
    let scaled = x.softmax(-1) * x.slice(0, ..1).exp();
    let values = [
        chain.sparse_hessian(x).values,
        scaled.sparse_jacobian(x).values,
        x.sin().sparse_jacobian(x).values,
    ];
    // Entries are expressions like any other: they have derivatives, too.
    let third = values[0].square().sum().grad(&[x])[0];
    let outputs = [values[0], values[1], values[2], third];
    let plan = Plan::compile(&outputs, &[]).expect("the graph compiles");
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &g.recorded_params(), &[]).expect("all leaves hold data");
    for (k, output) in outputs.iter().enumerate() {
        let computed = workspace.output(k).to_tensor();
        compare(&computed, &output.value(), 512.0).unwrap_or_else(|difference| {
            panic!("output {k}: {difference}");
        });
    }
}
