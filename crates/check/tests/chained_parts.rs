//! Chains of slices, indices and changes of shape: each element of the output is one of the input, and its seed comes
//! back there.

use retrograd_core::{Bindings, DType, Expr, Graph, PadMode, Shape, Tensor, eval};
use retrograd_plan::Plan;

/// A move, where the shape permits it.
type Move = (&'static str, for<'g> fn(Expr<'g>) -> Option<Expr<'g>>);

/// Moves that pick, repeat and arrange elements.
const MOVES: &[Move] = &[
    ("slice(0, 1..)", |x| size(x, 0).filter(|n| *n > 1).map(|_| x.slice(0, 1..))),
    ("slice_by(-1, .., 2)", |x| size(x, -1).map(|_| x.slice_by(-1, .., 2))),
    ("slice_by(0, .., -1)", |x| size(x, 0).map(|_| x.slice_by(0, .., -1))),
    ("select_index(0, -1)", |x| size(x, 0).filter(|n| *n > 0).map(|_| x.select_index(0, -1))),
    ("select_index(-1, 0)", |x| size(x, -1).filter(|n| *n > 0).map(|_| x.select_index(-1, 0))),
    ("flatten", |x| Some(x.reshape([x.shape().n_elements()]))),
    ("reshape in two", |x| {
        let n = x.shape().n_elements();
        (n % 2 == 0).then(|| x.reshape([2, n / 2]))
    }),
    ("reshape in five", |x| {
        let n = x.shape().n_elements();
        (n % 5 == 0).then(|| x.reshape([n / 5, 5, 1]))
    }),
    ("t", |x| (x.rank() > 1).then(|| x.t())),
    ("index_select(0, [0, 0])", |x| {
        size(x, 0).filter(|n| *n > 0).map(|_| x.index_select(0, x.graph().constant([0i64, 0])))
    }),
    ("broadcast", |x| (x.rank() < 4).then(|| x.unsqueeze(0).broadcast_to(with_two(x)))),
    ("pad", |x| {
        size(x, -1).map(|_| {
            let margins: Vec<_> = (0..x.rank())
                .map(|axis| if axis + 1 == x.rank() { (1, 0) } else { (0, 0) })
                .collect();
            x.pad(&margins, PadMode::Constant(0.0))
        })
    }),
    ("concat with itself", |x| size(x, 0).map(|_| x.graph().concat(&[x, x], 0))),
];

fn with_two(x: Expr<'_>) -> Shape {
    [2].into_iter().chain(x.shape().iter().copied()).collect()
}

/// The size of an axis, if there is one.
fn size(x: Expr<'_>, axis: isize) -> Option<usize> {
    if axis < 0 { x.shape().last().copied() } else { x.shape().first().copied() }
}

/// The names of the moves that a number stands for, and their result.
fn chain<'g>(
    x: Expr<'g>,
    mut number: usize,
    length: usize,
) -> Option<(Vec<&'static str>, Expr<'g>)> {
    let (mut names, mut y) = (Vec::new(), x);
    for _ in 0..length {
        let (name, apply) = MOVES[number % MOVES.len()];
        number /= MOVES.len();
        names.push(name);
        y = apply(y)?;
    }
    Some((names, y))
}

fn by_plan(outputs: &[Expr<'_>]) -> Vec<Vec<f64>> {
    let plan = Plan::compile(outputs, &[]).expect("it can be compiled");
    let mut workspace = plan.workspace();
    let data = outputs[0].graph().recorded_params();
    plan.run(&mut workspace, &data, &[]).expect("the graph has its data");
    (0..outputs.len()).map(|k| workspace.output(k).to_tensor().to_vec()).collect()
}

fn by_oracle(outputs: &[Expr<'_>]) -> Vec<Vec<f64>> {
    let ids: Vec<_> = outputs.iter().map(|output| output.id()).collect();
    let values = eval::values(outputs[0].graph(), &ids, &Bindings::new());
    values.expect("the graph has its data").iter().map(|value| value.to_vec()).collect()
}

/// Numbers 1, 2, 3, … times a factor.
fn numbers(shape: &[usize], factor: f64) -> Tensor {
    let n: usize = shape.iter().product();
    Tensor::new(shape, (1..=n).map(|k| k as f64 * factor).collect()).expect("as many as it has")
}

#[test]
fn seeds_come_back_to_the_elements_that_a_chain_has_picked() {
    const LENGTH: u32 = 3;
    let mut n_chains = 0;
    for number in 0..MOVES.len().pow(LENGTH) {
        let g = Graph::with_dtype(DType::F64);
        let x = g.param("x", numbers(&[2, 5, 3], 1.0));
        let Some((names, y)) = chain(x, number, LENGTH as usize) else { continue };
        let seed = g.input_with("seed", numbers(&y.shape(), 0.25));
        let outputs = [y, y.vjp(seed, &[x])[0], seed];
        let [oracle, plan] = [by_oracle(&outputs), by_plan(&outputs)];
        assert_eq!(oracle, plan, "{names:?}");
        // The values are the places from 1 on; 0 is padding.
        let mut expected = vec![0.0; 31];
        for (&place, &weight) in oracle[0].iter().zip(&oracle[2]) {
            expected[place as usize] += weight;
        }
        assert_eq!(oracle[1], expected[1..], "{names:?}");
        n_chains += 1;
    }
    assert!(n_chains > 1000, "only {n_chains} chains");
}

#[test]
fn a_seed_of_another_shape_is_an_error_that_names_both() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(&[5, 5, 5], 1.0));
    let y = x.select_index(0, 1).select_index(0, 2);
    let seed = g.input_with("seed", numbers(&[2, 5, 5], 1.0));
    let message = y.try_vjp(seed, &[x]).map(|_| ()).expect_err("the shapes differ").to_string();
    assert!(message.contains("[5]") && message.contains("[2, 5, 5]"), "{message}");
    // A vector of indices picks rows: that is another function than an index for each axis.
    let rows = x.index_select(0, g.constant([1i64, 2]));
    assert_eq!(rows.vjp(seed, &[x])[0].shape(), [5, 5, 5].into());
}
