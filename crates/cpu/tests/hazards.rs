//! Values that share memory over time: each case would go wrong if a kernel wrote where another element is still to
//! be read. Matrices are larger than a block, so that one block is written before the next is read.

mod oracle;

use oracle::check_step;
use retrograd_check::assert_close;
use retrograd_core::{DType, Expr, Graph, Tensor};
use retrograd_plan::Plan;

const N: usize = 40;

fn matrix(seed: f64) -> Tensor {
    let elements: Vec<_> = (0..N * N).map(|k| (seed * (k + 1) as f64).sin() as f32).collect();
    Tensor::new([N, N], elements).expect("there are as many elements")
}

/// Checks the outputs and updates of a graph with the parameters `p` and `q` against the oracle.
fn check<F>(record: F)
where
    F: for<'g> Fn(Expr<'g>, Expr<'g>) -> (Vec<Expr<'g>>, Vec<(Expr<'g>, Expr<'g>)>),
{
    let g = Graph::new();
    let (p, q) = (g.param("p", matrix(0.7)), g.param("q", matrix(1.3)));
    let (outputs, updates) = record(p, q);
    check_step(&g, &outputs, &updates);
}

#[test]
fn a_value_read_along_and_across_is_not_computed_where_its_result_goes() {
    check(|p, q| {
        let y = p.dot(q);
        (vec![], vec![(p, p - y), (q, y + y.t())])
    });
    check(|p, q| (vec![], vec![(p, p.dot(q) + p.dot(q).t())]));
}

#[test]
fn a_value_that_is_read_later_is_not_computed_where_its_result_goes() {
    check(|p, q| {
        let y = p.dot(q);
        (vec![y.dot(y)], vec![(p, p - y)])
    });
    check(|p, q| {
        let y = p.dot(q);
        (vec![y], vec![(p, p - y)])
    });
}

#[test]
fn a_value_added_to_its_transpose_is_not_overwritten_before_it_is_read() {
    check(|p, q| {
        let y = p.dot(q);
        (vec![(y + y.t()).exp()], vec![])
    });
}

#[test]
fn a_value_added_to_its_first_row_is_not_overwritten_before_it_is_read() {
    check(|p, q| {
        let y = p.dot(q);
        (vec![y * 2.0 + y.slice(0, 0..1)], vec![])
    });
}

#[test]
fn a_parameter_that_is_read_transposed_is_updated_after_that() {
    check(|p, _| (vec![p.sum()], vec![(p, p * 0.5 + p.t())]));
}

#[test]
fn a_parameter_whose_rows_are_read_again_is_updated_after_that() {
    check(|p, q| (vec![], vec![(p, p + p.slice(0, 3..4) * q)]));
}

#[test]
fn parameters_updated_from_each_other_take_the_old_values() {
    check(|p, q| (vec![], vec![(p, p + 0.1 * q), (q, q - 0.1 * p)]));
    check(|p, q| (vec![], vec![(p, p + 0.1 * q.t()), (q, q - 0.1 * p.t())]));
    check(|p, q| (vec![], vec![(p, q), (q, p)]));
    check(|p, q| (vec![], vec![(p, q.t()), (q, p.sum().broadcast_to([N, N]) + q)]));
}

#[test]
fn a_new_value_can_be_an_output_and_the_value_of_two_parameters() {
    check(|p, q| {
        let value = p * q + 1.0;
        (vec![value, p.dot(q)], vec![(p, value), (q, value)])
    });
}

#[test]
fn a_gradient_step_does_not_disturb_what_is_read_after_it() {
    check(|p, q| {
        let loss = (p.dot(q).tanh() - q).square().mean();
        let gradients = loss.grad(&[p, q]);
        let updates = [p, q].into_iter().zip(gradients).map(|(p, g)| (p, p - 0.1 * g)).collect();
        (vec![loss, p.t().dot(p)], updates)
    });
}

#[test]
fn numbers_computed_of_a_product_and_of_the_parameter_that_it_replaces_come_first() {
    // Few numbers are a fused kernel, many a program of scalars; both stand on the level of the product.
    for n in [3, 40] {
        let g = Graph::new();
        let p = g.param("p", [[0.5]]);
        let row = g.param("row", [[0.1, 0.2, 0.3]]);
        let product = row.dot(row.t());
        let outputs: Vec<_> = (0..n).map(|k| (product * p + f64::from(k)).square()).collect();
        check_step(&g, &outputs, &[(p, product)]);
    }
}

#[test]
fn masks_made_in_another_precision_come_from_another_kernel() {
    let g = Graph::new();
    let x = g.param("x", matrix(0.3));
    let y = x.cast(DType::F64);
    // Each select needs a mask that is computed in the other precision.
    let chosen = y.gt(0.1).select(x.exp(), x.sin());
    let other = chosen.gt(0.5).select(y.exp(), y * y);
    let again = other.lt(0.8).select(chosen, -x);
    let plan = Plan::compile(&[again, other], &[]).unwrap();
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
    assert_close(&workspace.output(0).to_tensor(), &again.value(), 8.0);
    assert_close(&workspace.output(1).to_tensor(), &other.value(), 8.0);
}
