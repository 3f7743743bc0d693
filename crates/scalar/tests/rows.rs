//! Every row of the tables, through every number type, at the points of the row.

use retrograd_core::{
    Real,
    ops::{Binary, Unary},
};
use retrograd_scalar::{Dual, Series, gradient, hessian, taylor};

/// Whether numbers are equal but for a few roundings.
fn check(what: &str, got: f64, expected: f64) {
    let is_close = (got - expected).abs() <= 1e-13 * expected.abs().max(1.0);
    assert!(is_close || (got.is_nan() && expected.is_nan()), "{what}: {got} is not {expected}");
}

/// The first and second derivative of a row, by the row itself.
fn of_row(op: Unary, x: f64) -> [f64; 3] {
    let y = x.unary(op);
    let moving = Dual::variable(x);
    let rate = op.derivative(moving, moving.unary(op));
    [y, op.derivative(x, y), rate.tangents[0]]
}

#[test]
fn unary_rows_have_their_derivatives_in_every_mode() {
    for &op in Unary::ALL {
        for &x in op.points() {
            let [y, first, second] = of_row(op, x);
            let name = |mode: &str| format!("{mode} of {} at {x}", op.name());
            let dual = Dual::variable(Dual::variable(x)).unary(op);
            check(&name("dual"), dual.value.value, y);
            check(&name("dual"), dual.value.tangents[0], first);
            check(&name("dual of dual"), dual.tangents[0].tangents[0], second);
            let series = Series::<f64, 3>::variable(x).unary(op).coefficients;
            check(&name("series"), series[0], y);
            check(&name("series"), series[1], first);
            check(&name("second of series"), 2.0 * series[2], second);
            check(&name("tape"), gradient(|x| x[0].unary(op), &[x])[0], first);
            check(&name("Hessian"), hessian(|x| x[0].unary(op), &[x])[0][0], second);
        }
    }
}

#[test]
fn the_normal_distribution_bends_no_more_far_on_the_right() {
    // φ(x) = exp(−x²/2)/√(2π) is the slope, and −x·φ(x) bends it.
    for x in [9.9, 10.1, 20.0, 37.5, 40.0, 1e4, 1e100] {
        let density = 0.398_942_280_401_432_7 * (-0.5 * x * x).exp();
        let [_, first, second] = taylor(|x| x.log_ndtr(), x);
        for (order, got, expected) in [
            (1, first, density),
            (2, 2.0 * second, -x * density),
            (2, hessian(|x| x[0].log_ndtr(), &[x])[0][0], -x * density),
        ] {
            let is_close = (got - expected).abs() <= 1e-12 * expected.abs();
            assert!(is_close, "derivative {order} at {x}: {got:e} is not {expected:e}");
        }
    }
}

#[test]
fn slopes_of_tanh_vanish_far_out() {
    // sech² is the slope, and −2·tanh·sech² bends it.
    for x in [0.5f64, -3.0, 300.0, 400.0, -711.0, 1e4, f64::INFINITY] {
        let slope = (2.0 / (x.exp() + (-x).exp())).powi(2);
        let bend = -2.0 * x.tanh() * slope;
        let [_, first, second] = taylor(|x| x.tanh(), x);
        check("slope", first, slope);
        check("bend of a series", 2.0 * second, bend);
        check("bend of duals on a tape", hessian(|x| x[0].tanh(), &[x])[0][0], bend);
    }
}

#[test]
fn binary_rows_have_their_derivatives_in_every_mode() {
    for &op in Binary::ALL {
        for &(a, b) in op.points() {
            let y = a.binary(op, b);
            let expected = [0, 1].map(|k| op.derivative(k, a, b, y));
            let name = |mode: &str| format!("{mode} of {} at ({a}, {b})", op.name());
            let dual = Dual::<_, 2>::variable_of(a, 0).binary(op, Dual::variable_of(b, 1));
            check(&name("dual"), dual.value, y);
            let tape = gradient(|x| x[0].binary(op, x[1]), &[a, b]);
            for k in 0..2 {
                check(&name("dual"), dual.tangents[k], expected[k]);
                check(&name("tape"), tape[k], expected[k]);
            }
            let b_moves = if is_fixed(op) { [0.0; 2] } else { [-0.7, 0.1] };
            let (a, b) = ([a, 0.3, 0.2], [b, b_moves[0], b_moves[1]]);
            let series = Series::new(a).binary(op, Series::new(b));
            let twice = moving(a).binary(op, moving(b));
            check(&name("series"), series.coefficients[1], twice.value.tangents[0]);
            check(&name("series"), 2.0 * series.coefficients[2], twice.tangents[0].tangents[0]);
        }
    }
}

/// The number `c₀ + c₁·t + c₂·t²`, moving by two duals.
fn moving([value, first, second]: [f64; 3]) -> Dual<Dual> {
    Dual::new(Dual::new(value, [first]), [Dual::new(first, [2.0 * second])])
}

/// Whether the second operand is a whole number, which cannot move.
fn is_fixed(op: Binary) -> bool {
    matches!(op, Binary::Polygamma | Binary::SincDerivative | Binary::ErfcxDerivative)
}
