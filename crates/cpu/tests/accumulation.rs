//! Products and parts that are added to a value by their own kernel: the sums are those of the oracle, in place and not.

mod oracle;

use oracle::check_step;
use retrograd_check::assert_close;
use retrograd_core::{DType, Expr, Graph, Tensor};
use retrograd_plan::Plan;

const DTYPES: [DType; 2] = [DType::F32, DType::F64];

fn tensor(seed: f64, shape: &[usize], dtype: DType) -> Tensor {
    let elements: Vec<_> =
        (0..shape.iter().product()).map(|k| (seed * (k + 1) as f64).sin()).collect();
    Tensor::new(shape, elements).expect("there are as many elements").cast(dtype)
}

/// A graph with the parameters `w` and `v`, `[k, n]`, and the inputs `x`, `[k, k]`, and `rate`; returns the number of
/// steps of what `record` records.
fn check<F>([k, n]: [usize; 2], record: F) -> usize
where
    F: for<'g> Fn([Expr<'g>; 4]) -> (Vec<Expr<'g>>, Vec<(Expr<'g>, Expr<'g>)>),
{
    let n_steps = DTYPES.map(|dtype| {
        let g = Graph::with_dtype(dtype);
        let params = [("w", 0.7), ("v", 1.3)]
            .map(|(name, seed)| g.param(name, tensor(seed, &[k, n], dtype)));
        let x = g.constant(tensor(0.4, &[k, k], dtype));
        let rate = g.constant(tensor(1.1, &[], dtype));
        let (outputs, updates) = record([params[0], params[1], x, rate]);
        check_step(&g, &outputs, &updates)
    });
    assert_eq!(n_steps[0], n_steps[1]);
    n_steps[0]
}

#[test]
fn a_step_along_a_product_is_one_step_of_the_plan() {
    for size in [[40, 40], [3, 700], [1, 1]] {
        let n = check(size, |[w, v, x, rate]| (vec![], vec![(w, w - rate * x.t().dot(v))]));
        assert_eq!(n, 1);
        let n = check(size, |[w, v, x, _]| (vec![], vec![(w, x.dot(v) * 0.3 + w)]));
        assert_eq!(n, 1);
        let n = check(size, |[w, v, x, _]| (vec![], vec![(w, x.dot(v) - w)]));
        assert_eq!(n, 1);
    }
}

#[test]
fn products_of_one_sum_accumulate() {
    let n = check([20, 30], |[w, v, x, _]| (vec![x.dot(w) + x.dot(v)], vec![]));
    assert_eq!(n, 2);
}

#[test]
fn a_batch_of_products_accumulates() {
    fn stacked<'g>(a: Expr<'g>, b: Expr<'g>) -> Expr<'g> {
        a.reshape([1, 6, 6]).broadcast_to([5, 6, 6]).cumsum(0) + b
    }
    check([6, 6], |[w, v, x, rate]| {
        let (a, b) = (stacked(w, v), stacked(x, w));
        let sums = [a.matmul(b) - rate * b.matmul(a), (a.matmul(b) + b.matmul(a)).transpose(1, 2)];
        (sums.to_vec(), vec![])
    });
}

#[test]
fn products_without_terms_add_nothing() {
    check([5, 6], |[w, v, x, rate]| {
        let product = || x.slice(1, 0..0).dot(v.slice(0, 0..0));
        (vec![product() - w], vec![(w, w - rate * product())])
    });
    check([0, 6], |[w, v, x, _]| (vec![w - x.dot(v)], vec![(w, w - x.dot(v))]));
}

#[test]
fn what_is_an_operand_too_is_not_overwritten() {
    check([30, 30], |[w, v, _, rate]| (vec![], vec![(w, w - rate * w.dot(v)), (v, v + v.dot(v))]));
    check([30, 30], |[w, v, x, _]| (vec![], vec![(w, w - x.dot(v)), (v, v - x.dot(w))]));
    check([30, 30], |[w, v, x, _]| (vec![], vec![(w, v - x.dot(v)), (v, w - x.dot(w))]));
}

#[test]
fn what_is_read_afterwards_is_copied() {
    check([30, 30], |[w, v, x, rate]| {
        let h = x.dot(w);
        let sum = h + rate * x.dot(v);
        (vec![sum, h, h.dot(sum)], vec![(w, w - sum.dot(v))])
    });
}

#[test]
fn a_product_that_is_needed_itself_is_kept() {
    check([30, 30], |[w, v, x, rate]| {
        let product = x.dot(v);
        (vec![product, w + product * rate], vec![(w, w - product)])
    });
}

#[test]
fn sums_that_are_fused_with_their_neighbors_stay_elementwise() {
    let n = check([30, 30], |[w, v, x, _]| (vec![(w + x.dot(v)).tanh()], vec![]));
    assert_eq!(n, 2);
    let n = check([30, 30], |[w, v, x, _]| (vec![w.exp() + x.dot(v)], vec![]));
    assert_eq!(n, 2);
}

#[test]
fn gradients_of_parts_are_added_at_their_places() {
    check([12, 9], |[w, v, _, rate]| {
        let parts = [
            w.slice(0, 2..9),
            w.slice(1, 3..4),
            w.slice_by(0, .., -3),
            w.slice_by(1, 1.., 2).slice(0, 5..6),
            w.t().slice(0, 0..0),
            v.slice(0, 11..12),
        ];
        let cubes = parts.iter().fold(v.sum(), |y, part| y + (*part * *part * *part).sum());
        let y = cubes * rate + w.tanh().sum();
        let [by_w, by_v] = [w, v].map(|x| y.grad(&[x])[0]);
        let outputs = vec![by_w, by_v, by_w.slice(0, 1..3), by_w * v];
        (outputs, vec![(w, w - rate * by_w), (v, v - by_v)])
    });
}

#[test]
fn a_part_that_is_needed_itself_is_kept() {
    check([6, 6], |[w, _, _, rate]| {
        let [one, other] = [w.slice(0, 1..3), w.slice(0, 2..6)]
            .map(|part| (part.square() * part).sum().grad(&[w])[0]);
        let sum = one + other;
        (vec![one, sum, sum - other * rate], vec![(w, one + sum)])
    });
}

#[test]
fn gradients_of_many_parts_take_the_memory_of_one() {
    let (g, n) = (Graph::new(), 200);
    let x = g.param("x", Tensor::zeros(g.dtype(), [n]));
    let y = (0..n).fold(x.sum(), |y, k| y + x.slice(0, k..k + 1).exp().sum()) + x.sum();
    let plan = Plan::compile(&[y.grad(&[x])[0]], &[]).unwrap();
    // The gradient, the elements of which are computed in lines of 64 bytes each, and what each of them is read from.
    let n_bytes = plan.arena_bytes();
    assert!(n_bytes <= 3 * 64 * n, "{n_bytes}");
    check_step(&g, &[y.grad(&[x])[0]], &[]);
}

#[test]
fn numbers_that_are_not_finite_stay_so() {
    let g = Graph::new();
    let (w, x) = (
        g.param("w", [[1.0, f64::NAN], [2.0, 3.0]]),
        g.constant([[f64::INFINITY, 0.0], [0.0, 1.0]]),
    );
    let next = w - 0.5 * x.dot(x);
    let plan = Plan::compile(&[next], &[]).unwrap();
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &g.recorded_params(), &[]).unwrap();
    assert_close(&workspace.output(0).to_tensor(), &next.value(), 4.0);
}
