//! Linear algebra beyond what finite differences and reference vectors reach: singular matrices, ties, messages, sizes.

use retrograd_core::{DType, Expr, Graph, MatrixNorm, Tensor};

fn assert_near(actual: &Tensor, expected: &[f64], tolerance: f64) {
    let actual = actual.to_vec::<f64>();
    assert_eq!(actual.len(), expected.len());
    for (a, e) in actual.iter().zip(expected) {
        assert!((a - e).abs() <= tolerance * e.abs().max(1.0), "{actual:?} is not {expected:?}");
    }
}

/// Numbers without a pattern, between −1 and 1.
fn numbers(n: usize) -> Vec<f64> {
    (1..=n).map(|k| 2.0 * (k as f64 * 0.754_877_666_246_692_7).fract() - 1.0).collect()
}

fn matrix(g: &Graph, n: usize) -> Expr<'_> {
    let numbers = numbers(n * n).into_iter().enumerate();
    // Squares of the numbers of a sequence are less regular than its numbers.
    let numbers = numbers.map(|(k, x)| (x * (k as f64 + 2.0)).sin()).collect();
    g.constant(Tensor::new([n, n], numbers).expect("there is a number for every element"))
}

fn message(x: Expr<'_>) -> String {
    let error = x.try_value().expect_err("there is no answer").to_string();
    error.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn gradient_of_the_determinant_of_a_singular_matrix_is_its_cofactors() {
    let g = Graph::with_dtype(DType::F64);
    let rank_two = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
    let cofactors = [-3.0, 6.0, -3.0, 6.0, -12.0, 6.0, -3.0, 6.0, -3.0];
    let a = g.constant(rank_two).named("a");
    assert_near(&a.det().value(), &[0.0], 1e-14);
    assert_near(&a.det().grad(&[a])[0].value(), &cofactors, 1e-14);

    let rank_one = g.constant([[1.0, 1.0, 1.0]; 3]).named("rank one");
    assert_eq!(rank_one.det().grad(&[rank_one])[0].value().to_vec::<f64>(), [0.0; 9]);
}

#[test]
fn solutions_inverses_and_determinants_of_large_matrices_agree() {
    let g = Graph::with_dtype(DType::F64);
    let a = matrix(&g, 60);
    let eye = g.arange(60).one_hot(60);
    assert_near(&a.matmul(a.inv()).value(), &eye.value().to_vec::<f64>(), 1e-11);
    assert_near(&a.solve(a).value(), &eye.value().to_vec::<f64>(), 1e-11);
    let definite = a.matmul(a.t()) + eye;
    let lower = definite.cholesky();
    let difference = (lower.matmul(lower.t()) - definite).abs().max();
    assert!(difference.value().item() < 1e-12);
    let (sign, log) = a.slogdet();
    let (u, s, vt) = a.svd();
    assert_near(&log.value(), &[s.log().sum().value().item()], 1e-11);
    assert_near(&(a.det() / (sign * log.exp())).value(), &[1.0], 1e-11);
    assert_near(&(u * s).matmul(vt).value(), &a.value().to_vec::<f64>(), 1e-12);
    assert_near(&u.t().matmul(u).value(), &eye.value().to_vec::<f64>(), 1e-12);
}

#[test]
fn determinants_of_any_size_have_logarithms() {
    let g = Graph::with_dtype(DType::F64);
    let tiny = g.arange(400).one_hot(400) * 1e-3;
    assert_near(&tiny.slogdet().1.value(), &[400.0 * 1e-3f64.ln()], 1e-14);
    let (sign, log) = g.constant([[1.0, 2.0], [2.0, 4.0]]).slogdet();
    assert_eq!((sign.value().item(), log.value().item()), (0.0, f64::NEG_INFINITY));
}

#[test]
fn matrices_without_an_answer_are_named() {
    let g = Graph::with_dtype(DType::F64);
    let singular = g.constant([[1.0, 2.0], [2.0, 4.0]]).named("singular");
    let rhs = g.constant([1.0, 2.0]);
    let dependent = "solve: the matrix is singular: column 1 depends on those before it";
    assert_eq!(message(singular.solve(rhs)), dependent);
    assert_eq!(message(singular.inv()), dependent.replace("solve", "inv"));
    let many = g.constant(Tensor::new([2, 1, 1], vec![4.0, 0.0]).unwrap());
    assert_eq!(message(many.inv()), "inv: matrix 1 is singular: column 0 is 0");
    let indefinite = g.constant([[1.0, 2.0], [2.0, 1.0]]);
    assert_eq!(
        message(indefinite.cholesky()),
        "cholesky: the matrix is not positive definite: its leading minor of size 2 is not positive"
    );
}

#[test]
fn what_does_not_fit_is_named() {
    let g = Graph::with_dtype(DType::F64);
    let (wide, square) = (g.full([2, 3], 1.0).named("wide"), g.full([2, 2], 1.0).named("square"));
    let of = |result: Result<Expr<'_>, retrograd_core::Error>| {
        result.unwrap_err().to_string().lines().next().unwrap().to_owned()
    };
    assert_eq!(of(wide.try_det()), "det: `wide` [2, 3]: a matrix of 2 × 3 is not square");
    assert_eq!(
        of(square.try_solve(g.full([3, 1], 1.0).named("b"))),
        "solve: `square` [2, 2] × `b` [3, 1]: 2 equations have 3 right-hand sides"
    );
    let vector = g.full([2], 1.0).named("vector");
    assert_eq!(of(vector.try_cholesky()), "cholesky: `vector` [2]: a matrix has two axes");
    assert_eq!(
        of(square.try_matrix_norm(MatrixNorm::Nuclear, -1)),
        "matrix_norm: `square` [2, 2]: a matrix has two axes: name that of the rows and that of the columns"
    );
}

#[test]
fn gradients_of_norms_are_finite_where_singular_values_tie_or_vanish() {
    let g = Graph::with_dtype(DType::F64);
    let gradient = |rows: [[f64; 2]; 2], norm| {
        let a = g.constant(rows);
        a.matrix_norm(norm, [-2, -1]).grad(&[a])[0].value()
    };
    let (eye, zero, one) = ([[1.0, 0.0], [0.0, 1.0]], [[0.0; 2]; 2], [[2.0, 0.0], [0.0, 0.0]]);
    assert_near(&gradient(eye, MatrixNorm::Nuclear), &[1.0, 0.0, 0.0, 1.0], 0.0);
    assert_near(&gradient(eye, MatrixNorm::LargestSingularValue), &[0.5, 0.0, 0.0, 0.5], 0.0);
    assert_near(&gradient(one, MatrixNorm::Nuclear), &[1.0, 0.0, 0.0, 0.0], 0.0);
    assert_near(&gradient(zero, MatrixNorm::Nuclear), &[0.0; 4], 0.0);
    assert_near(&gradient(zero, MatrixNorm::Frobenius), &[0.0; 4], 0.0);
}

/// A matrix of a rank, of columns that are rounded combinations of a few.
fn of_rank(g: &Graph, [m, n]: [usize; 2], rank: usize) -> Expr<'_> {
    let part = |rows: usize, columns: usize, salt: f64| {
        let numbers =
            (0..rows * columns).map(|k| ((k as f64 + salt).powi(2) * 1.7).sin()).collect();
        g.constant(Tensor::new([rows, columns], numbers).expect("they fit"))
    };
    part(m, rank, 0.3).matmul(part(rank, n, 2.9)).stop_gradient()
}

#[test]
fn a_rank_deficient_matrix_has_singular_values_of_0_and_orthonormal_vectors() {
    for dtype in [DType::F64, DType::F32] {
        for (shape, rank) in [([5, 5], 0), ([5, 5], 2), ([7, 4], 3), ([4, 9], 1), ([30, 20], 12)] {
            let g = Graph::with_dtype(dtype);
            let double = Graph::with_dtype(DType::F64);
            let a = of_rank(&double, shape, rank).value().cast(dtype);
            let (u, s, vt) = g.constant(&a).svd();
            let values = s.value().to_vec::<f64>();
            let tolerance = if dtype == DType::F64 { 1e-13 } else { 1e-5 };
            // In single precision the product is rounded, which leaves it of full rank, but for tiny values.
            let n_values = values.iter().filter(|&&s| s > 1e-5 * values[0]).count();
            assert_eq!(n_values, rank, "{values:?}");
            let eye = |n: usize| g.arange(n).one_hot(n).value().to_vec::<f64>();
            assert_near(&u.t().matmul(u).value(), &eye(values.len()), tolerance);
            assert_near(&vt.matmul(vt.t()).value(), &eye(values.len()), tolerance);
            let product = (u * s.unsqueeze(-2)).matmul(vt).value();
            assert_near(&product, &a.to_vec::<f64>(), 10.0 * tolerance);
        }
    }
}

#[test]
fn values_that_rounding_cannot_tell_apart_are_equal_and_small_ones_keep_their_digits() {
    let g = Graph::with_dtype(DType::F64);
    for k in 0..50 {
        let (c, s) = (f64::from(k).cos(), f64::from(k).sin());
        let turn = g.constant([[c, -s * c, s * s], [s, c * c, -c * s], [0.0, s, c]]);
        let values = (turn * 0.7).svd().1.value().to_vec::<f64>();
        assert!(values[0] == values[1] && values[1] == values[2], "{k}: {values:?}");
    }
    let rank_one = g.constant([[0.3, -0.1], [0.9, -0.3]]).svd().1.value().to_vec::<f64>();
    assert_eq!(rank_one[1], 0.0);
    let graded = g.constant([[1.0, 0.0], [0.0, 1e-20]]).svd().1.value().to_vec::<f64>();
    assert_eq!(graded, [1.0, 1e-20]);
    let by_rows = g.constant([[1.0, 1.0], [1e-20, -1e-20]]).svd().1.value().to_vec::<f64>();
    assert!((by_rows[1] / (2.0f64.sqrt() * 1e-20) - 1.0).abs() < 1e-14, "{by_rows:?}");
}

#[test]
fn the_first_triples_have_derivatives_whatever_the_rest_is() {
    let g = Graph::with_dtype(DType::F64);
    // Of rank 1 with two singular values of 0, and of rank 2 with two that are equal.
    for rows in [
        [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 6.0, 9.0]],
        [[5.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    ] {
        let a = g.constant(rows);
        let (u, s, vt) = a.svd();
        let first = (u.slice(-1, ..1) * s.slice(-1, ..1)).matmul(vt.slice(-2, ..1));
        let of_norm = first.square().sum().grad(&[a])[0];
        // The square of the largest singular value, whose gradient is 2·s₀·u₀·v₀ᵀ.
        assert_near(&of_norm.value(), &(first * 2.0).value().to_vec::<f64>(), 1e-13);
        let all = (u * s.unsqueeze(-2)).matmul(vt);
        let gradient = all.square().sum().grad(&[a])[0].value().to_vec::<f64>();
        assert!(gradient.iter().all(|x| x.is_nan()), "{gradient:?}");
    }
}

#[test]
fn what_only_rounding_keeps_from_being_singular_has_no_answer() {
    let g = Graph::with_dtype(DType::F64);
    let nearly = g.constant([[0.3, -0.1], [0.9, -0.3]]);
    let dependent = "inv: the matrix is singular: column 1 depends on those before it";
    assert_eq!(message(nearly.inv()), dependent);
    assert_eq!(nearly.slogdet().1.value().item(), f64::NEG_INFINITY);
    let column = g.constant([[0.3], [0.7], [1.1]]);
    assert!(message(column.matmul(column.t()).cholesky()).contains("leading minor of size 2"));
    // One that is regular by a few roundings more.
    let regular = g.constant([[0.3, -0.1], [0.9, -0.3 + 1e-14]]);
    assert!(regular.inv().try_value().is_ok());
}

#[test]
fn single_precision_is_single_precision() {
    let (double, single) = (Graph::with_dtype(DType::F64), Graph::new());
    let (a, b) = (matrix(&double, 8), matrix(&single, 8));
    assert_near(&b.inv().value(), &a.inv().value().to_vec::<f64>(), 1e-4);
    assert_near(&b.svd().1.value(), &a.svd().1.value().to_vec::<f64>(), 1e-5);
    assert_near(&b.det().value(), &a.det().value().to_vec::<f64>(), 1e-4);
}
