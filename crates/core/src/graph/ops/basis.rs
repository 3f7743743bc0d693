//! The basis: the rows that a backend must have, and every other row in terms of them.
//!
//! A backend writes one arm for each row of [`Unary::BASIS`] and [`Binary::BASIS`], besides comparison and selection;
//! [`Computation::in_basis`](crate::computation::Computation::in_basis) expands all other rows.

use std::f64::consts;

use crate::graph::{
    ops::{Binary, Comparison, Unary},
    real::Real,
};

impl Unary {
    /// The rows that are not expanded.
    pub const BASIS: &[Unary] = &[
        Unary::Neg,
        Unary::Abs,
        Unary::Exp,
        Unary::Expm1,
        Unary::Log,
        Unary::Log1p,
        Unary::Sqrt,
        Unary::Sin,
        Unary::Cos,
        Unary::Floor,
        Unary::Erf,
        Unary::Erfc,
        Unary::Erfcx,
        Unary::LogNdtr,
        Unary::Lgamma,
        Unary::NanToNum,
    ];

    /// The value at `x` in terms of the basis; `None` for a row of the basis. Other rows that it is written with are
    /// expanded in their turn.
    ///
    /// ```
    /// use retrograd_core::ops::Unary;
    ///
    /// assert_eq!(Unary::Sigmoid.in_terms(0.0), Some(0.5));
    /// assert_eq!(Unary::Exp.in_terms(0.0), None);
    /// ```
    #[track_caller]
    pub fn in_terms<R: Real>(self, x: R) -> Option<R> {
        let one = |x: R| x.lit(1.0);
        Some(match self {
            Unary::Neg | Unary::Abs | Unary::Exp | Unary::Expm1 | Unary::Log => return None,
            Unary::Log1p | Unary::Sqrt | Unary::Sin | Unary::Cos | Unary::Floor => return None,
            Unary::Erf | Unary::Erfc | Unary::Erfcx | Unary::Lgamma => return None,
            Unary::LogNdtr | Unary::NanToNum => return None,
            Unary::Sign => {
                let of_others = R::select(is(x, Comparison::Lt, 0.0), x.lit(-1.0), x);
                R::select(is(x, Comparison::Gt, 0.0), one(x), of_others)
            }
            Unary::Step => {
                let of_numbers = R::select(is(x, Comparison::Gt, 0.0), one(x), x.lit(0.0));
                R::select(x.eq(x), of_numbers, x)
            }
            Unary::Exp2 => x.lit(2.0).pow(x),
            Unary::Log2 => x.log() * x.lit(consts::LOG2_E),
            Unary::Log10 => x.log() * x.lit(consts::LOG10_E),
            Unary::Cbrt => cube_root(x),
            Unary::Reciprocal => one(x) / x,
            Unary::Square => x * x,
            Unary::Tan => x.sin() / x.cos(),
            Unary::Asin => x.atan2(x.semicircle()),
            Unary::Acos => x.semicircle().atan2(x),
            Unary::Semicircle => ((one(x) - x) * (one(x) + x)).sqrt(),
            Unary::Atan => x.atan2(one(x)),
            Unary::Lorentzian => lorentzian(x),
            Unary::Sinh | Unary::Cosh | Unary::Tanh | Unary::SechSquared => hyperbolic(self, x),
            Unary::Asinh | Unary::Acosh | Unary::Atanh => inverse_hyperbolic(self, x),
            Unary::Sigmoid => {
                let e = (-x.abs()).exp();
                R::select(is(x, Comparison::Lt, 0.0), e, one(x)) / (one(x) + e)
            }
            Unary::LogSigmoid => -(-x).softplus(),
            Unary::Softplus => x.relu() + (-x.abs()).exp().log1p(),
            Unary::Relu => R::select(is(x, Comparison::Lt, 0.0), x.lit(0.0), x),
            Unary::Gaussian => gaussian(x),
            Unary::Softsign => R::select(
                is(x.abs(), Comparison::Eq, f64::INFINITY),
                x.sign(),
                x / (one(x) + x.abs()),
            ),
            Unary::Ceil => -(-x).floor(),
            Unary::Trunc => R::select(is(x, Comparison::Lt, 0.0), x.ceil(), x.floor()),
            Unary::Round => round(x),
        })
    }
}

impl Binary {
    /// The rows that are not expanded.
    pub const BASIS: &[Binary] = &[
        Binary::Add,
        Binary::Sub,
        Binary::Mul,
        Binary::Div,
        Binary::Pow,
        Binary::Atan2,
        Binary::Fmod,
        Binary::Polygamma,
        Binary::SincDerivative,
        Binary::ErfcxDerivative,
    ];

    /// The value at `(a, b)` in terms of the basis; `None` for a row of the basis. Other rows that it is written with
    /// are expanded in their turn.
    #[track_caller]
    pub fn in_terms<R: Real>(self, a: R, b: R) -> Option<R> {
        // `a` also where it is NaN, which differs from itself.
        let first_if = |order| R::select(a.eq(a), R::select(a.compare(order, b), a, b), a);
        Some(match self {
            Binary::Add | Binary::Sub | Binary::Mul | Binary::Div | Binary::Pow => return None,
            Binary::Atan2 | Binary::Fmod | Binary::Polygamma => return None,
            Binary::SincDerivative | Binary::ErfcxDerivative => return None,
            Binary::Maximum => first_if(Comparison::Gt),
            Binary::Minimum => -(-a).maximum(-b),
            Binary::ClampMin => first_if(Comparison::Ge),
            Binary::ClampMax => first_if(Comparison::Le),
            Binary::Chain => R::select(is(a, Comparison::Eq, 0.0), a, a * b),
            Binary::Fmax => R::select(b.eq(b), R::select(a.compare(Comparison::Ge, b), a, b), a),
            Binary::Fmin => R::select(b.eq(b), R::select(a.compare(Comparison::Le, b), a, b), a),
            Binary::Hypot => hypot(a, b),
            Binary::Logaddexp => {
                let difference = R::select(a.eq(b), a.lit(0.0), a - b);
                a.maximum(b) + (-difference.abs()).exp().log1p()
            }
        })
    }
}

/// The comparison of `x` with a constant.
#[track_caller]
fn is<R: Real>(x: R, order: Comparison, bound: f64) -> R::Mask {
    x.compare(order, x.lit(bound))
}

/// The cube root by a power, made exact to a few units in the last place by one step of Newton's method.
#[track_caller]
fn cube_root<R: Real>(x: R) -> R {
    let root = x.sign() * x.abs().pow(x.lit(1.0 / 3.0));
    let corrected = root - (root - x / (root * root)) * x.lit(1.0 / 3.0);
    let is_edge = (root + root).eq(root);
    R::select(is_edge, root, corrected)
}

/// `1/(1 + x²)`; where the square may overflow, it is that of `x·2⁻⁶⁴`, beside which 1 vanishes.
#[track_caller]
fn lorentzian<R: Real>(x: R) -> R {
    let small = x.lit((-64f64).exp2());
    let scale = R::select(is(x.abs(), Comparison::Gt, 4e9), small, x.lit(1.0));
    let summand = R::select(is(x.abs(), Comparison::Gt, 4e9), x.lit(0.0), x.lit(1.0));
    let scaled = x * scale;
    x.lit(1.0) / (summand + scaled * scaled) * (scale * scale)
}

/// Hyperbolic functions by `e^{|x|}`, or by its root where it may overflow.
#[track_caller]
fn hyperbolic<R: Real>(row: Unary, x: R) -> R {
    let (size, one, half) = (x.abs(), x.lit(1.0), x.lit(0.5));
    let is_large = is(size, Comparison::Gt, 30.0);
    let root = (size * half).exp();
    let large = half * root * root;
    if row == Unary::SechSquared {
        let e = (-(size + size)).exp();
        return x.lit(4.0) * e / ((one + e) * (one + e));
    }
    if row == Unary::Cosh {
        let e = size.exp();
        return R::select(is_large, large, half * (e + one / e));
    }
    if row == Unary::Tanh {
        let e = (size + size).expm1();
        return x.sign() * R::select(is_large, one, e / (e + x.lit(2.0)));
    }
    let e = size.expm1();
    x.sign() * R::select(is_large, large, half * (e + e / (e + one)))
}

/// Inverse hyperbolic functions by logarithms of 1 and more, which do not cancel near 0.
#[track_caller]
fn inverse_hyperbolic<R: Real>(row: Unary, x: R) -> R {
    let (size, one) = (x.abs(), x.lit(1.0));
    let large = size.log() + x.lit(consts::LN_2);
    let is_large = is(size, Comparison::Gt, 1e9);
    if row == Unary::Asinh {
        let square = size * size;
        let near = (size + square / (one + (square + one).sqrt())).log1p();
        return x.sign() * R::select(is_large, large, near);
    }
    if row == Unary::Acosh {
        let excess = x - one;
        let near = (excess + (excess + excess + excess * excess).sqrt()).log1p();
        let value = R::select(is_large, large, near);
        return R::select(x.compare(Comparison::Lt, one), x.lit(f64::NAN), value);
    }
    x.sign() * (x.lit(0.5) * ((size + size) / (one - size)).log1p())
}

/// `e^{−x²}` as the product of that of a number of few digits, whose square is exact, and of the rest.
#[track_caller]
fn gaussian<R: Real>(x: R) -> R {
    let x = R::select(is(x.abs(), Comparison::Gt, 40.0), x.lit(40.0), x);
    let coarse = (x * x.lit(16.0)).floor() * x.lit(1.0 / 16.0);
    (-(coarse * coarse)).exp() * (-((x - coarse) * (x + coarse))).exp()
}

/// The nearest whole number, the even one of two, with the sign of `x` where it is 0.
#[track_caller]
fn round<R: Real>(x: R) -> R {
    let (size, half) = (x.abs(), x.lit(0.5));
    let below = size.floor();
    let rest = size - below;
    let is_even = (below * half).floor().eq(below * half);
    let at_tie = R::select(is_even, below, below + x.lit(1.0));
    let not_above = R::select(rest.compare(Comparison::Lt, half), below, at_tie);
    let rounded = R::select(rest.gt(half), below + x.lit(1.0), not_above);
    let negative = x.compare(Comparison::Lt, x.lit(0.0));
    let zero = x.eq(x.lit(0.0));
    R::select(zero, x, R::select(negative, -rounded, rounded))
}

/// `√(a² + b²)` by the quotient of the smaller number and the larger, so that nothing overflows.
#[track_caller]
fn hypot<R: Real>(a: R, b: R) -> R {
    let (a, b) = (a.abs(), b.abs());
    let (large, small) = (a.fmax(b), a.fmin(b));
    let ratio = small / large;
    let value = large * (large.lit(1.0) + ratio * ratio).sqrt();
    // An infinite operand wins over NaN, and two zeros have no quotient.
    let of_numbers = R::select(is(large, Comparison::Eq, 0.0), large, value);
    let of_finite = R::select((a + b).eq(a + b), of_numbers, a + b);
    R::select(is(large, Comparison::Eq, f64::INFINITY), large, of_finite)
}
