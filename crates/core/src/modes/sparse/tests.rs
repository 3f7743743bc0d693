//! Patterns that are known from mathematics, and the sweeps that they take.

use std::collections::BTreeSet;

use crate::{
    Sparse,
    data::{dtype::DType, shape::Shape, tensor::Tensor, tensor::View, tensor::ViewMut},
    graph::{
        Graph,
        expr::Expr,
        ops::{Custom, CustomOperation, Dependence, Link, Rule},
    },
};

/// Numbers that follow no pattern.
fn numbers(n: usize) -> Tensor {
    let number = |k: usize| ((k + 1) as f64 * 0.618_033_988_749_894_9).fract() + 0.2;
    Tensor::from((0..n).map(number).collect::<Vec<f64>>())
}

fn places(matrix: &Sparse<'_>) -> BTreeSet<(usize, usize)> {
    matrix.rows.iter().copied().zip(matrix.columns.iter().copied()).collect()
}

/// The places of a matrix of a shape for which something holds.
fn places_where(
    [m, n]: [usize; 2],
    is_entry: impl Fn(usize, usize) -> bool,
) -> BTreeSet<(usize, usize)> {
    let all = (0..m).flat_map(|row| (0..n).map(move |column| (row, column)));
    all.filter(|&(row, column)| is_entry(row, column)).collect()
}

/// Whether a matrix has the values of a dense one, and entries at the places where they are to be.
#[track_caller]
fn check(matrix: &Sparse<'_>, dense: Expr<'_>, is_entry: impl Fn(usize, usize) -> bool) {
    let (actual, expected) = (matrix.to_dense().value(), dense.value());
    let pairs = actual.to_vec::<f64>().into_iter().zip(expected.to_vec::<f64>());
    for (at, (actual, expected)) in pairs.enumerate() {
        let is_close = (actual - expected).abs() <= 1e-12 * expected.abs().max(1.0);
        assert!(is_close, "element {at} is {actual}, not {expected}");
    }
    assert_eq!(places(matrix), places_where(matrix.shape, is_entry));
}

/// The chain of Rosenbrock's functions, `Σ 100(xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²`.
fn rosenbrock(x: Expr<'_>) -> Expr<'_> {
    let n = x.shape()[0];
    let (left, right) = (x.slice(0, ..n - 1), x.slice(0, 1..));
    (100.0 * (right - left.square()).square() + (1.0 - left).square()).sum()
}

#[test]
fn an_elementwise_function_takes_one_sweep() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(6).reshape([2, 3]).unwrap());
    let y = (x.sin() * x + x.exp()).t();
    let jacobian = y.sparse_jacobian(x);
    assert_eq!((jacobian.n_sweeps, jacobian.shape), (1, [6, 6]));
    check(&jacobian, y.jacobian(x), |row, column| column == row % 2 * 3 + row / 2);
}

#[test]
fn a_tridiagonal_hessian_takes_three_sweeps() {
    let g = Graph::with_dtype(DType::F64);
    for n in [3, 4, 10, 33] {
        let x = g.param(&format!("x{n}"), numbers(n));
        let hessian = rosenbrock(x).sparse_hessian(x);
        assert_eq!(hessian.n_sweeps, 3);
        check(&hessian, rosenbrock(x).hessian(x), |i, j| i.abs_diff(j) <= 1);
    }
}

#[test]
fn a_band_takes_as_many_sweeps_as_it_is_wide() {
    let g = Graph::with_dtype(DType::F64);
    for b in 0..6 {
        let x = g.param(&format!("x{b}"), numbers(30));
        let window = (0..=b).map(|d| x.slice(0, d..30 - b + d)).reduce(|a, b| a + b).unwrap();
        let f = window.sin().sum();
        let hessian = f.sparse_hessian(x);
        assert_eq!(hessian.n_sweeps, 2 * b + 1);
        check(&hessian, f.hessian(x), |i, j| i.abs_diff(j) <= b);
    }
}

#[test]
fn blocks_take_as_many_sweeps_as_the_largest_is_wide() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(12).reshape([4, 3]).unwrap());
    let jacobian = x.softmax(-1).sparse_jacobian(x);
    assert_eq!(jacobian.n_sweeps, 3);
    check(&jacobian, x.softmax(-1).jacobian(x), |i, j| i / 3 == j / 3);
    let f = x.logsumexp(-1).sum();
    check(&f.sparse_hessian(x), f.hessian(x), |i, j| i / 3 == j / 3);
}

#[test]
fn a_full_row_among_sparse_ones_is_computed_alone() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(20));
    let (hub, others) = (x.slice(0, ..1), x.slice(0, 1..));
    let f = (hub * others).square().sum();
    let hessian = f.sparse_hessian(x);
    assert_eq!(hessian.n_sweeps, 2);
    check(&hessian, f.hessian(x), |i, j| i == j || i == 0 || j == 0);

    // Without the symmetry: a full row by reverse mode, beside two colors; a full column by forward mode.
    let y = g.concat(&[x.square().sum().unsqueeze(0), hub * others], 0);
    let jacobian = y.sparse_jacobian(x);
    assert_eq!(jacobian.n_sweeps, 3);
    check(&jacobian, y.jacobian(x), |i, j| i == 0 || j == 0 || i == j);
    let y = g.concat(&[hub.square(), hub.square(), hub * others], 0);
    let jacobian = y.sparse_jacobian(x);
    assert_eq!(jacobian.n_sweeps, 2);
    check(&jacobian, y.jacobian(x), |i, j| j == 0 || i == j + 1);
}

#[test]
fn rows_are_compressed_where_that_takes_fewer_sweeps() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(12).reshape([4, 3]).unwrap());
    for (y, n_sweeps) in [(x.square().sum_over(1), 1), (x.square().sum(), 1), (x.max_over(1), 1)] {
        let jacobian = y.sparse_jacobian(x);
        assert_eq!(jacobian.n_sweeps, n_sweeps);
        let width = 12 / y.shape().n_elements();
        check(&jacobian, y.jacobian(x), |i, j| j / width == i);
    }
}

#[test]
fn a_convolution_is_a_band() {
    let g = Graph::with_dtype(DType::F64);
    let (x, kernel) = (g.param("x", numbers(9)), g.param("kernel", numbers(3)));
    let y = x.unfold(0, 3, 1).dot(kernel).tanh();
    let jacobian = y.sparse_jacobian(x);
    assert_eq!(jacobian.n_sweeps, 3);
    check(&jacobian, y.jacobian(x), |i, j| (i..i + 3).contains(&j));
    let by_kernel = y.sparse_jacobian(kernel);
    assert_eq!(by_kernel.n_sweeps, 3);
    check(&by_kernel, y.jacobian(kernel), |_, _| true);
}

#[test]
fn a_product_of_matrices_joins_rows_with_columns() {
    let g = Graph::with_dtype(DType::F64);
    let a = g.param("a", numbers(12).reshape([4, 3]).unwrap());
    let b = g.param("b", numbers(6).reshape([3, 2]).unwrap());
    let y = a.matmul(b);
    check(&y.sparse_jacobian(a), y.jacobian(a), |i, j| i / 2 == j / 3);
    check(&y.sparse_jacobian(b), y.jacobian(b), |i, j| i % 2 == j % 2);
}

#[test]
fn a_five_point_laplacian_takes_few_sweeps() {
    const N: usize = 12;
    let g = Graph::with_dtype(DType::F64);
    let u = g.param("u", numbers(N * N).reshape([N, N]).unwrap());
    let squares = |axis| (u.slice(axis, 1..) - u.slice(axis, ..N - 1)).square();
    let energy = (1.0 + squares(0)).sqrt().sum() + (1.0 + squares(1)).sqrt().sum();
    let hessian = energy.sparse_hessian(u);
    let distance = |i: usize, j: usize| (i / N).abs_diff(j / N) + (i % N).abs_diff(j % N);
    check(&hessian, energy.hessian(u), |i, j| distance(i, j) <= 1);
    assert_eq!(hessian.n_sweeps, 5);
}

#[test]
fn scattered_entries_are_read_where_they_are() {
    const N: usize = 25;
    for seed in 0..20 {
        let g = Graph::with_dtype(DType::F64);
        let x = g.param("x", numbers(N));
        // Fourth powers of the golden ratio leave pairs without order; some places are named twice.
        let random = |k: usize| ((k + 97 * seed) as f64 * 6.854_101_966_249_685).fract() * N as f64;
        let indices = |salt: usize| {
            let index = |k: usize| random(3 * k * k + salt) as i64;
            (0..10 + 2 * seed).map(index).collect::<Vec<_>>()
        };
        let (a, b) = (indices(1), indices(2));
        let pairs: BTreeSet<_> =
            a.iter().zip(&b).map(|(&a, &b)| (a as usize, b as usize)).collect();
        let [a, b] = [a, b].map(|indices| g.constant(indices));
        let y = (x * 0.0).stop_gradient().index_add(0, a, x.index_select(0, b).sin());
        check(&y.sparse_jacobian(x), y.jacobian(x), |i, j| pairs.contains(&(i, j)));
        let f = (x.index_select(0, a) * x.index_select(0, b)).sin().sum();
        let is_pair = |i, j| pairs.contains(&(i, j)) || pairs.contains(&(j, i));
        let is_met = |i| pairs.iter().any(|&(a, b)| a == i || b == i);
        check(&f.sparse_hessian(x), f.hessian(x), |i, j| is_pair(i, j) || i == j && is_met(i));
    }
}

#[test]
fn a_dense_matrix_takes_a_sweep_for_each_column() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(7));
    for (f, has_diagonal) in [(x.sum().sin(), true), (x.prod(), false)] {
        let hessian = f.sparse_hessian(x);
        assert_eq!(hessian.n_sweeps, 7);
        check(&hessian, f.hessian(x), |i, j| i != j || has_diagonal);
    }
}

#[test]
fn what_has_no_derivative_is_no_dependence() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(3));
    let flat = [
        x.stop_gradient(),
        x.floor(),
        x.ceil(),
        x.sign(),
        x.gt(0.5).cast(DType::F64),
        x.argsort(0, false).cast(DType::F64),
        x.like(2.0),
        g.param("other", numbers(3)),
    ];
    for y in flat {
        let jacobian = y.sparse_jacobian(x);
        assert_eq!((jacobian.n_sweeps, jacobian.rows.len()), (0, 0), "{y:?}");
        check(&jacobian, y.jacobian(x), |_, _| false);
    }
    let f = x.sum() + x.slice(0, ..1).square().sum();
    let hessian = f.sparse_hessian(x);
    assert_eq!(hessian.n_sweeps, 1);
    check(&hessian, f.hessian(x), |i, j| (i, j) == (0, 0));
}

#[test]
fn constant_indices_and_masks_are_looked_at() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(5));
    let index = g.constant([4i64, 0, 4]);
    let picked = x.index_select(0, index).square();
    check(&picked.sparse_jacobian(x), picked.jacobian(x), |i, j| [4, 0, 4][i] == j);
    let source = g.param("source", numbers(3));
    let put = x.index_add(0, index, source.sin());
    check(&put.sparse_jacobian(source), put.jacobian(source), |i, j| [4, 0, 4][j] == i);
    let mask = g.arange(5).lt(2);
    let chosen = mask.select(x.sin(), x.slice_by(0, .., -1));
    let from = |i: usize| if i < 2 { i } else { 4 - i };
    check(&chosen.sparse_jacobian(x), chosen.jacobian(x), |i, j| j == from(i));

    // Values that a run can change, or that the derivative is taken by, say nothing.
    let constant = g.constant(numbers(5));
    let sorted = constant.gather(0, constant.argsort(0, false));
    check(&sorted.sparse_jacobian(constant), sorted.jacobian(constant), |_, _| true);
    let sorted = x.gather(0, x.argsort(0, false));
    check(&sorted.sparse_jacobian(x), sorted.jacobian(x), |_, _| true);
    let index = g.input_with("index", Tensor::from(vec![4i64, 0, 4]));
    let picked = x.index_select(0, index);
    check(&picked.sparse_jacobian(x), picked.jacobian(x), |_, _| true);
}

#[test]
fn zeros_of_constant_factors_are_no_entries() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(4));
    let factor = g.constant([2.0, 0.0, -1.0, 0.0]);
    for y in [x * factor, factor * x, x.chain(factor), factor.chain(x)] {
        let is_entry = |i: usize, j: usize| i == j && i.is_multiple_of(2);
        check(&y.sparse_jacobian(x), y.jacobian(x), is_entry);
        let f = y.sin().sum();
        check(&f.sparse_hessian(x), f.hessian(x), is_entry);
    }
    // Values that a run can change say nothing.
    let y = x * g.input_with("factor", [2.0, 0.0, -1.0, 0.0]);
    check(&y.sparse_jacobian(x), y.jacobian(x), |i, j| i == j);
}

/// `y = x²`, elementwise or said to be something else.
#[derive(Debug)]
struct Square {
    is_elementwise: bool,
}

impl CustomOperation for Square {
    fn name(&self) -> &str {
        "square"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g * 2.0 * rule.x(0))
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let shape = link.y.shape();
        Some(match self.is_elementwise {
            true => Dependence::elementwise(&shape),
            false => Dependence::full(&shape, &shape),
        })
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let y = y.elements::<f64>();
        y.iter_mut().zip(x[0].elements::<f64>()).for_each(|(y, x)| *y = x * x);
    }
}

#[test]
fn an_operation_of_a_users_own_says_what_it_depends_on() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(4));
    for is_elementwise in [true, false] {
        let y = Custom::new(Square { is_elementwise }).apply(&[x]);
        let jacobian = y.sparse_jacobian(x);
        assert_eq!(jacobian.n_sweeps, if is_elementwise { 1 } else { 4 });
        check(&jacobian, x.square().jacobian(x), |i, j| i == j || !is_elementwise);
    }
}

#[test]
fn empty_tensors_have_empty_matrices() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", Tensor::from(Vec::<f64>::new()));
    let jacobian = x.square().sparse_jacobian(x);
    assert_eq!((jacobian.shape, jacobian.n_sweeps), ([0, 0], 0));
    let y = g.param("w", numbers(2)).sum() + x.sum();
    assert_eq!(y.sparse_jacobian(x).shape, [1, 0]);
    assert!(jacobian.values.value().to_vec::<f64>().is_empty());
}

#[test]
fn a_tridiagonal_hessian_of_a_hundred_thousand_takes_three_sweeps() {
    const N: usize = 100_000;
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", numbers(N));
    let hessian = rosenbrock(x).sparse_hessian(x);
    assert_eq!((hessian.n_sweeps, hessian.rows.len()), (3, 3 * N - 2));
    let (values, x) = (hessian.values.value().to_vec::<f64>(), x.value().to_vec::<f64>());
    for ((&i, &j), value) in hessian.rows.iter().zip(&hessian.columns).zip(values) {
        let expected = match (i, j) {
            (i, j) if i != j => -400.0 * x[i.min(j)],
            (i, _) if i == N - 1 => 200.0,
            (i, _) => {
                1200.0 * x[i] * x[i] - 400.0 * x[i + 1] + 2.0 + if i > 0 { 200.0 } else { 0.0 }
            }
        };
        assert!((value - expected).abs() <= 1e-9 * expected.abs().max(1.0), "({i}, {j}): {value}");
    }
}
