//! Rows in terms of the basis have the values of the rows, and need nothing outside of the basis.

use retrograd_core::{
    DType, Expr, Graph, Op, Tensor,
    computation::{Computation, ValueId},
    ops::{Binary, Unary},
};

/// Units in the last place that an expansion may differ by.
const MOST_ULPS: f64 = 8.0;

const EDGES: [f64; 5] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0];

/// Numbers of all sizes that no row gets into trouble at.
const SIZES: [f64; 12] = [1e-6, -1e-3, 0.01, 0.3, -0.5, 0.99, 1.0, -1.0, 1.5, 2.5, -7.3, 33.0];

/// The value of the last node of a computation with one root, by the operations' own `eval`.
fn evaluated(computation: &Computation, leaves: &[Tensor]) -> Tensor {
    let mut values: Vec<Tensor> = Vec::new();
    for node in &computation.nodes {
        let value = match &node.op {
            Op::Leaf(leaf) => leaves[leaf.slot].clone(),
            op => {
                let inputs = node.inputs.iter().map(|input| values[input.index()].view());
                let inputs: Vec<_> = inputs.collect();
                let mut value = Tensor::zeros(node.dtype, &node.shape);
                op.behavior().eval(&inputs, value.view_mut());
                value
            }
        };
        values.push(value);
    }
    values[computation.roots[0].index()].clone()
}

fn are_close(ours: f64, meant: f64, dtype: DType) -> bool {
    let unit = if dtype == DType::F32 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    if meant.is_nan() || meant.is_infinite() || meant == 0.0 {
        return ours.is_nan() && meant.is_nan() || ours.to_bits() == meant.to_bits();
    }
    (ours - meant).abs() <= MOST_ULPS * unit * meant.abs()
}

/// Checks a row at some operands, in both precisions.
fn check(name: &str, operands: &[Vec<f64>], row: impl for<'g> Fn(&[Expr<'g>]) -> Expr<'g>) {
    for dtype in [DType::F32, DType::F64] {
        let g = Graph::with_dtype(dtype);
        let n = operands[0].len();
        let names = ["a", "b"];
        let leaves: Vec<_> = (0..operands.len()).map(|k| g.input(names[k], [n])).collect();
        let computation = Computation::of(&[row(&leaves)]).computation;
        let data: Vec<_> =
            operands.iter().map(|data| Tensor::from(data.clone()).cast(dtype)).collect();
        let expanded = computation.in_basis();
        assert_eq!(expanded.verify(), Ok(()), "{name}");
        for node in &expanded.nodes {
            let is_basis = match &node.op {
                Op::Unary(op) => Unary::BASIS.contains(op),
                Op::Binary(op) => Binary::BASIS.contains(op),
                _ => true,
            };
            assert!(is_basis, "{name} is written with {}", node.op);
        }
        let [ours, meant] = [&expanded, &computation]
            .map(|computation| evaluated(computation, &data).to_vec::<f64>());
        for (at, (ours, meant)) in ours.into_iter().zip(meant).enumerate() {
            let operands: Vec<_> = operands.iter().map(|data| data[at]).collect();
            assert!(are_close(ours, meant, dtype), "{name} {operands:?} {dtype}: {ours}, {meant}");
        }
    }
}

#[test]
fn unary_rows_are_what_they_are_in_terms_of_the_basis() {
    for &row in Unary::ALL {
        let points = [row.points(), &EDGES, &SIZES].concat();
        check(row.name(), &[points], |x| x[0].apply_unary(row));
    }
}

#[test]
fn binary_rows_are_what_they_are_in_terms_of_the_basis() {
    for &row in Binary::ALL {
        let special = [Binary::Polygamma, Binary::SincDerivative, Binary::ErfcxDerivative];
        let mut pairs = row.points().to_vec();
        if !special.contains(&row) {
            let all = [&EDGES[..], &SIZES].concat();
            pairs.extend(all.iter().flat_map(|&a| all.iter().map(move |&b| (a, b))));
        }
        let (a, b) = pairs.into_iter().unzip();
        check(row.name(), &[a, b], |x| x[0].apply_binary(row, x[1]));
    }
}

#[test]
fn the_basis_is_exactly_what_is_not_expanded() {
    for &row in Unary::ALL {
        assert_eq!(row.in_terms(0.5).is_none(), Unary::BASIS.contains(&row), "{}", row.name());
    }
    for &row in Binary::ALL {
        assert_eq!(
            row.in_terms(0.5, 0.5).is_none(),
            Binary::BASIS.contains(&row),
            "{}",
            row.name()
        );
    }
    assert_eq!(Unary::BASIS.len() + Binary::BASIS.len(), 26);
}

#[test]
fn values_that_await_others_still_do_in_the_basis() {
    let g = Graph::new();
    let w = g.param("w", [0.5, 0.25]);
    let y = {
        let _scope = g.checkpoint("block");
        w.sigmoid().tanh()
    };
    let slopes = y.square().sum().grad(&[w]);
    let computation = Computation::of(&slopes).computation;
    let n_awaiting = |c: &Computation| c.awaited.iter().flatten().count();
    let expanded = computation.in_basis();
    assert!(n_awaiting(&computation) > 0 && n_awaiting(&expanded) >= n_awaiting(&computation));
    assert_eq!(expanded.roots.len(), 1);
    assert!(expanded.roots[0] > ValueId::new(0));
}
