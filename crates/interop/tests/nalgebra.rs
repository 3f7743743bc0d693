//! Matrices of duals: products, decompositions and geometry, against the formulas of their derivatives.

use nalgebra::{DMatrix, DVector, Matrix3, RowVector3, SMatrix, UnitQuaternion, Vector3, vector};
use num_traits::Zero;
use retrograd::scalar::{Dual, Number, Real};

type D = Dual<f64, 2>;

/// A matrix that moves along two directions, its value, and the directions.
fn moving() -> (Matrix3<D>, Matrix3<f64>, [Matrix3<f64>; 2]) {
    let value = Matrix3::new(4.0, 1.0, 0.5, -1.0, 3.0, 0.2, 0.7, 0.1, 5.0);
    let directions = [
        Matrix3::new(0.3, -0.1, 0.2, 0.5, 0.1, -0.4, 0.0, 0.6, -0.2),
        Matrix3::new(1.0, 0.0, -0.3, 0.2, 0.4, 0.1, -0.5, 0.3, 0.8),
    ];
    (joined(&value, &directions), value, directions)
}

fn joined<const M: usize, const N: usize>(
    value: &SMatrix<f64, M, N>,
    directions: &[SMatrix<f64, M, N>; 2],
) -> SMatrix<D, M, N> {
    SMatrix::from_fn(|i, j| Dual::new(value[(i, j)], [0, 1].map(|k| directions[k][(i, j)])))
}

#[track_caller]
fn assert_moves<const M: usize, const N: usize>(
    got: &SMatrix<D, M, N>,
    value: SMatrix<f64, M, N>,
    tangents: [SMatrix<f64, M, N>; 2],
) {
    let expected = joined(&value, &tangents);
    for (got, expected) in got.iter().zip(expected.iter()) {
        let close = |a: f64, b: f64| (a - b).abs() < 1e-12 * b.abs().max(1.0);
        let are_close = (0..2).all(|k| close(got.tangents[k], expected.tangents[k]));
        assert!(are_close && close(got.value, expected.value), "{got} is not {expected}");
    }
}

#[test]
fn products_sums_and_norms() {
    let (a, value, d) = moving();
    assert_moves(&(a * a), value * value, d.map(|d| d * value + value * d));
    assert_moves(
        &(a.transpose() - a * Dual::constant(2.0)),
        value.transpose() - value * 2.0,
        d.map(|d| d.transpose() - d * 2.0),
    );
    let norm = SMatrix::<_, 1, 1>::new(a.norm());
    assert_moves(
        &norm,
        SMatrix::<_, 1, 1>::new(value.norm()),
        d.map(|d| SMatrix::<_, 1, 1>::new(value.dot(&d) / value.norm())),
    );
    // Matrices of sizes that are known when it runs only, by other code.
    let large = DMatrix::from_fn(40, 40, |i, j| a[(i % 3, j % 3)]);
    let product = &large * &large;
    let expected = (0..40).map(|k| large[(7, k)] * large[(k, 11)]).sum::<D>();
    assert!((product[(7, 11)] - expected).abs() < 1e-12);
    assert!((product[(7, 11)].tangents[1] - expected.tangents[1]).abs() < 1e-12);
}

#[test]
fn linear_equations_by_every_decomposition() {
    let (a, value, d) = moving();
    let b = vector![1.0, -2.0, 0.5];
    let db = [vector![0.0, 1.0, 0.3], vector![-0.2, 0.0, 0.4]];
    let x = value.lu().solve(&b).unwrap();
    // A·x = b, so A·ẋ = ḃ − Ȧ·x.
    let slopes = [0, 1].map(|k| value.lu().solve(&(db[k] - d[k] * x)).unwrap());
    let moving_b = joined(&b, &db);
    for solution in [
        a.lu().solve(&moving_b).unwrap(),
        a.full_piv_lu().solve(&moving_b).unwrap(),
        a.qr().solve(&moving_b).unwrap(),
        a.try_inverse().unwrap() * moving_b,
    ] {
        assert_moves(&solution, x, slopes);
    }
    let large = DMatrix::from_iterator(3, 3, a.iter().copied());
    let solution = large.lu().solve(&DVector::from_column_slice(moving_b.as_slice())).unwrap();
    assert_moves(&Vector3::from_column_slice(solution.as_slice()), x, slopes);
}

#[test]
fn determinants_inverses_and_factors() {
    let (a, value, d) = moving();
    let inverse = value.try_inverse().unwrap();
    assert_moves(&a.try_inverse().unwrap(), inverse, d.map(|d| -inverse * d * inverse));
    // Jacobi's formula.
    let determinant = value.determinant();
    let expected = Dual::new(determinant, d.map(|d| determinant * (inverse * d).trace()));
    for got in [a.determinant(), a.lu().determinant()] {
        assert_moves(
            &SMatrix::<_, 1, 1>::new(got),
            SMatrix::<_, 1, 1>::new(expected.value),
            expected.tangents.map(SMatrix::<_, 1, 1>::new),
        );
    }
    let (symmetric, s) = (a * a.transpose(), value * value.transpose());
    let ds = d.map(|d| d * value.transpose() + value * d.transpose());
    let factor = symmetric.cholesky().unwrap();
    assert_moves(&(factor.l() * factor.l().transpose()), s, ds);
    let b = joined(&vector![1.0, -2.0, 0.5], &[Vector3::zeros(); 2]);
    let x = s.cholesky().unwrap().solve(&vector![1.0, -2.0, 0.5]);
    let slopes = ds.map(|ds| -(s.cholesky().unwrap().solve(&(ds * x))));
    assert_moves(&factor.solve(&b), x, slopes);
    assert!((-symmetric).cholesky().is_none());
}

#[test]
fn what_is_singular_by_its_value_is_so_with_derivatives() {
    let singular = Matrix3::new(1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 0.0, 1.0, 1.0);
    let moving = joined(&singular, &[Matrix3::identity(); 2]);
    assert!(singular.try_inverse().is_none() && moving.try_inverse().is_none());
    assert!(moving.lu().solve(&Vector3::from_element(Dual::constant(1.0))).is_none());
    assert!(moving.cholesky().is_none());
}

#[test]
fn duals_of_duals_have_second_derivatives() {
    // The determinant of A + t·D is a cubic polynomial in t.
    let (_, a, [d, _]) = moving();
    let at = |t: f64| (a + d * t).determinant();
    let second = at(1.0) - 2.0 * at(0.0) + at(-1.0);
    let t = Dual::<Dual>::variable(Dual::variable(0.0));
    let moving = Matrix3::from_fn(|i, j| t * d[(i, j)] + a[(i, j)]);
    for determinant in [moving.determinant(), moving.lu().determinant()] {
        assert!((determinant.tangents[0].tangents[0] - second).abs() < 1e-10);
    }
}

#[test]
fn eigenvalues_and_singular_values() {
    let (a, value, d) = moving();
    let (symmetric, s) = (a * a.transpose(), value * value.transpose());
    let (got, expected) = (symmetric.symmetric_eigen(), s.symmetric_eigen());
    let (got_svd, expected_svd) = (a.svd(true, true), value.svd(true, true));
    let (u, v) = (expected_svd.u.unwrap(), expected_svd.v_t.unwrap().transpose());
    for k in 0..3 {
        // λ̇ = vᵀ·Ṡ·v, and σ̇ = uᵀ·Ȧ·v.
        let (of_s, u, v) = (expected.eigenvectors.column(k), u.column(k), v.column(k));
        for (lane, d) in d.iter().enumerate() {
            let ds = d * value.transpose() + value * d.transpose();
            let eigenvalue = got.eigenvalues[k].tangents[lane];
            let singular_value = got_svd.singular_values[k].tangents[lane];
            assert!((eigenvalue - of_s.dot(&(ds * of_s))).abs() < 1e-10);
            assert!((singular_value - u.dot(&(d * v))).abs() < 1e-10);
        }
    }
    assert_moves(
        &(got.recompose() - symmetric).map(|x| x + 1.0),
        Matrix3::repeat(1.0),
        [Matrix3::zeros(); 2],
    );
    assert_moves(
        &(got_svd.recompose().unwrap() - a).map(|x| x + 1.0),
        Matrix3::repeat(1.0),
        [Matrix3::zeros(); 2],
    );
}

/// The algorithm stops where values off the diagonal are 0, and their derivatives are never looked at.
#[test]
fn eigenvectors_of_a_matrix_that_is_diagonal_do_not_move() {
    let direction = Matrix3::new(0.25, 0.5, 1.0, 0.5, -0.5, 2.0, 1.0, 2.0, 0.75);
    let diagonal = Matrix3::from_diagonal(&vector![1.0, 2.0, 4.0]);
    let eigen = joined(&diagonal, &[direction; 2]).symmetric_eigen();
    let slopes: Vec<_> = eigen.eigenvalues.iter().map(|x| x.tangents[0]).collect();
    assert_eq!(slopes, [0.25, -0.5, 0.75]);
    assert!(eigen.eigenvectors.iter().all(|x| x.tangents == [0.0; 2]));
}

#[test]
fn rotations() {
    // The derivative of a rotation by its angle is its axis × what it gives.
    let (axis, point) = (Vector3::new(1.0, 2.0, -2.0) / 3.0, Vector3::new(0.3, -1.0, 0.7));
    let angle = 0.8;
    let fixed = |x: Vector3<f64>| x.map(Dual::<f64, 1>::constant);
    let axis_angle = fixed(axis) * Dual::variable(angle);
    let turned = UnitQuaternion::new(axis_angle) * fixed(point);
    let expected = UnitQuaternion::new(axis * angle) * point;
    let slope = axis.cross(&expected);
    for k in 0..3 {
        assert!((turned[k].value - expected[k]).abs() < 1e-14);
        assert!((turned[k].tangents[0] - slope[k]).abs() < 1e-14);
    }
}

#[test]
fn floats_are_made_of_duals_without_derivatives_only() {
    let (a, value, _) = moving();
    assert!(nalgebra::try_convert::<_, Matrix3<f64>>(a).is_none());
    let constant: Matrix3<D> = nalgebra::convert(value);
    assert_eq!(nalgebra::try_convert::<_, Matrix3<f64>>(constant), Some(value));
    assert_eq!(
        format!("{:.1}", RowVector3::new(D::zero(), a[0], D::constant(1.0))[1]),
        "4.0 [0.3, 1.0]"
    );
}
