//! The table of functions of two numbers: one row each, and all that follows from a row.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::{DType, Float},
        error::{Error, located},
        shape::Shape,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{
            Addresses, Comparison, Dependence, Linearity, Link, Op, Operation, OperationKind,
            RightOperand, Rounding, Rule, Tangents, basis,
            operators::{aligned, binary_expressions},
            rows::rows,
            same_dtype,
            unary::ELEMENTARY,
        },
        real::Real,
    },
};

/// Makes the enum of binary functions and the methods of expressions from the rows of the table.
///
/// A row reads: documentation, variant, names of the method and of its `try_` form, operator symbol if there is one,
/// value, the derivatives by each operand in terms of `a`, `b` and `y = f(a, b)`, pairs of points where they are checked,
/// how the value rounds if not as an elementary function does, and after `=>` the function in terms of the basis.
macro_rules! binary {
    ($( $(#[doc = $doc:literal])+ $Op:ident, $name:ident / $try_name:ident, $symbol:expr, $value:expr, $by_a:expr, $by_b:expr,
        [$($point:expr),*] $(, $rounding:expr)? $(=> $terms:expr)?; )*) => {
        rows! {
            /// A function of two numbers.
            Binary: $( $(#[doc = $doc])+ $Op, $name $(=> $terms)?; )*
        }

        impl Binary {
            /// The sign written between the operands, if there is one.
            pub fn symbol(self) -> Option<&'static str> {
                match self { $( Binary::$Op => $symbol, )* }
            }

            /// Points away from kinks, where the derivatives are checked.
            pub fn points(self) -> &'static [(f64, f64)] {
                match self { $( Binary::$Op => &[$($point),*], )* }
            }

            /// How far the value may be from the exact one.
            pub fn rounding(self) -> Rounding {
                match self { $( Binary::$Op => [$($rounding,)? Rounding::Elements(ELEMENTARY)][0], )* }
            }

            /// The value at `(a, b)` in terms of the [basis](Self::BASIS); `None` for a row of the basis.
            #[track_caller]
            pub fn in_terms<R: Real>(self, a: R, b: R) -> Option<R> {
                match self { $( Binary::$Op => [$(Some(call(a, b, $terms)),)? None][0], )* }
            }

            /// The value at `(a, b)`.
            #[inline(always)]
            pub fn value<F: Float>(self, a: F, b: F) -> F {
                match self { $( Binary::$Op => call(a, b, $value), )* }
            }

            /// The derivative by operand `k` at `(a, b)`, where the value is `y`.
            #[inline(always)]
            #[track_caller]
            pub fn derivative<R: Real>(self, k: usize, a: R, b: R, y: R) -> R {
                match (self, k) {
                    $( (Binary::$Op, 0) => call3(a, b, y, $by_a), )*
                    $( (Binary::$Op, _) => call3(a, b, y, $by_b), )*
                }
            }

            /// The values at all pairs: one loop for each row, so that compilers can vectorize it.
            #[inline(always)]
            pub fn map<F: Float>(self, a: &[F], b: &[F], y: &mut [F]) {
                match self { $( Binary::$Op => map(a, b, y, $value), )* }
            }

            /// The values at all of `a` with one `b`.
            #[inline(always)]
            pub fn map_by_scalar<F: Float>(self, a: &[F], b: F, y: &mut [F]) {
                match self { $( Binary::$Op => map_one(a, y, |a| call(a, b, $value)), )* }
            }

            /// The values at one `a` with all of `b`.
            #[inline(always)]
            pub fn map_of_scalar<F: Float>(self, a: F, b: &[F], y: &mut [F]) {
                match self { $( Binary::$Op => map_one(b, y, |b| call(a, b, $value)), )* }
            }
        }

        binary_expressions! {
            #[expect(clippy::should_implement_trait, reason = "arithmetic is in rows as well as in operators")]
            try_apply_binary: $( $(#[doc = $doc])+ $name / $try_name => Binary::$Op; )*
        }

        /// One provided method of [`Real`] for each row.
        macro_rules! binary_methods {
            () => {
                $(
                    $(#[doc = $doc])+
                    #[inline]
                    #[track_caller]
                    fn $name(self, rhs: Self) -> Self {
                        self.binary(Binary::$Op, rhs)
                    }
                )*
            };
        }
        pub(crate) use binary_methods;
    };
}

binary! {
    /// Sum `y = a + b`; derivatives 1 and 1. Source: `torch.add`.
    Add, add / try_add, Some("+"), |a, b| a + b, |a, _, _| a.lit(1.0), |a, _, _| a.lit(1.0), [(-1.0, 2.0), (0.5, 0.5)], Rounding::Elements(1.0);
    /// Difference `y = a − b`; derivatives 1 and −1. Source: `torch.sub`.
    Sub, sub / try_sub, Some("−"), |a, b| a - b, |a, _, _| a.lit(1.0), |a, _, _| a.lit(-1.0), [(-1.0, 2.0), (0.5, 0.5)], Rounding::Elements(1.0);
    /// Product `y = a·b`; derivatives `b` and `a`. Source: `torch.mul`.
    Mul, mul / try_mul, Some("·"), |a, b| a * b, |_, b, _| b, |a, _, _| a, [(-1.0, 2.0), (0.5, 0.0)], Rounding::Elements(1.0);
    /// Quotient `y = a/b`; derivatives `1/b` and `−y/b`. Source: `torch.div`.
    Div, div / try_div, Some("/"), |a, b| a / b, |_, b, _| b.reciprocal(), |_, b, y| -(y / b), [(-1.0, 2.0), (0.5, -0.5)], Rounding::Elements(1.0);
    /// Power `y = aᵇ`; derivatives `b·aᵇ⁻¹`, which is 0 where `b = 0`, and `y·ln a`, which is 0 where `a = 0`. Source:
    /// `torch.pow`.
    Pow, pow / try_pow, Some("^"), |a, b| a.powf(b), |a, b, _| b.chain(a.pow(b - b.lit(1.0))), log_power, [(0.5, 2.0), (2.0, -1.5)];
    /// Larger of two numbers; NaN if one is, and so are both derivatives. Where they are equal, each gets half of the
    /// gradient. Source: `torch.maximum`.
    Maximum, maximum / try_maximum, None, maximum, |a, b, _| share(a, b), |a, b, _| share(b, a), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| basis::first_if(Comparison::Gt, a, b);
    /// Smaller of two numbers; NaN if one is, and so are both derivatives. Where they are equal, each gets half of the
    /// gradient. Source: `torch.minimum`.
    Minimum, minimum / try_minimum, None, |a, b| -maximum(-a, -b), |a, b, _| share(b, a), |a, b, _| share(a, b), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| -(-a).maximum(-b);
    /// `max(a, b)` with a lower bound `b`; NaN if one is, and so are both derivatives. A tie goes to `a`, so that the
    /// derivative at the bound is 1. Source: `torch.clamp`.
    ClampMin, clamp_min / try_clamp_min, None, |a, b| if a >= b || a.is_nan() { a } else { b }, |a, b, _| if_clamped(a.compare(Comparison::Ge, b), 1.0, a - b), |a, b, _| if_clamped(a.compare(Comparison::Ge, b), 0.0, b - a), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| basis::first_if(Comparison::Ge, a, b);
    /// `min(a, b)` with an upper bound `b`; NaN if one is, and so are both derivatives. A tie goes to `a`, so that the
    /// derivative at the bound is 1. Source: `torch.clamp`.
    ClampMax, clamp_max / try_clamp_max, None, |a, b| if a <= b || a.is_nan() { a } else { b }, |a, b, _| if_clamped(a.compare(Comparison::Le, b), 1.0, b - a), |a, b, _| if_clamped(a.compare(Comparison::Le, b), 0.0, a - b), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| basis::first_if(Comparison::Le, a, b);
    /// Product of a cotangent `a` and a local derivative `b` as the chain rule wants it: like `a·b`, but a cotangent
    /// that is exactly 0 stays 0 whatever the derivative is, infinite or NaN; derivatives `b` and `a`. Source: the
    /// chain rule, with 0·∞ = 0 as in measure theory.
    Chain, chain / try_chain, Some("⊙"), |a, b| if a != F::lit(0.0) { a * b } else { a }, |_, b, _| b, |a, _, _| a, [(-1.0, 2.0), (0.5, 0.2)], Rounding::Elements(1.0)
        => basis::chain;
    /// Larger of two numbers; the other if one is NaN, which has the derivative 0. Where they are equal, each gets half of
    /// the gradient. Source: `torch.fmax`.
    Fmax, fmax / try_fmax, None, |a, b| if a >= b || b.is_nan() { a } else { b }, |a, b, y| share_of_chosen(a, b, y), |a, b, y| share_of_chosen(b, a, y), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| basis::number_if(Comparison::Ge, a, b);
    /// Smaller of two numbers; the other if one is NaN, which has the derivative 0. Where they are equal, each gets half
    /// of the gradient. Source: `torch.fmin`.
    Fmin, fmin / try_fmin, None, |a, b| if a <= b || b.is_nan() { a } else { b }, |a, b, y| share_of_chosen(a, b, y), |a, b, y| share_of_chosen(b, a, y), [(-1.0, 2.0), (0.5, 0.2)], Rounding::Exact
        => |a, b| basis::number_if(Comparison::Le, a, b);
    /// Angle `y = arg(b + i·a)` of the point `(b, a)`, in radians from −π to π; derivatives `b/(a² + b²)` and `−a/(a² + b²)`,
    /// 0 where an operand is infinite. Source: `torch.atan2`.
    Atan2, atan2 / try_atan2, None, |a, b| a.atan2(b), |a, b, _| over_squared_norm(b, a), |a, b, _| -over_squared_norm(a, b), [(-1.0, 2.0), (0.5, -0.2)];
    /// `y = √(a² + b²)` without overflow; derivatives `a/y` and `b/y`, which are 0 where both are 0, and the limits ±1
    /// and 0 where one is infinite. Source: `torch.hypot`.
    Hypot, hypot / try_hypot, None, |a, b| a.hypot(b), share_of_norm, |a, b, y| share_of_norm(b, a, y), [(-1.0, 2.0), (0.5, 0.2)]
        => basis::hypot;
    /// `y = ln(eᵃ + eᵇ)` without overflow; derivatives `σ(a − b)` and `σ(b − a)`, so ½ where both
    /// are infinite and equal. Source: `torch.logaddexp`.
    Logaddexp, logaddexp / try_logaddexp, None, logaddexp, |a, b, _| distance(a, b).sigmoid(), |a, b, _| (-distance(a, b)).sigmoid(), [(-1.0, 2.0), (0.5, 0.5)]
        => basis::logaddexp;
    /// Remainder `y = a − b·n` of division with `n = trunc(a/b)`, with the sign of `a`; derivatives 1 and `−n`. Source:
    /// `torch.fmod`.
    Fmod, fmod / try_fmod, None, |a, b| a.fmod(b), |a, _, _| a.lit(1.0), |a, b, y| -((a - y) / b).round(), [(-5.5, 2.0), (3.5, -1.3)];
    /// `ψ⁽ᵇ⁾(a)`, the derivative of order `b + 1` of `ln Γ(a)`, for whole `b` up to 60; derivatives `ψ⁽ᵇ⁺¹⁾(a)` and 0.
    /// Source: DLMF §5.15.
    Polygamma, polygamma / try_polygamma, None, |a, b| a.polygamma(b), |a, b, _| a.polygamma(b + b.lit(1.0)), |_, b, _| b.lit(0.0), [(-1.3, 0.0), (0.7, 1.0), (3.5, 2.0)];
    /// The derivative of order `b` of `sin(πa)/(πa)`, for whole `b` up to 60; derivatives that of order `b + 1`, and 0.
    /// Source: `torch.sinc`.
    SincDerivative, sinc_derivative / try_sinc_derivative, None, |a, b| a.sinc_derivative(b), |a, b, _| a.sinc_derivative(b + b.lit(1.0)), |_, b, _| b.lit(0.0), [(-1.3, 0.0), (0.2, 1.0), (3.7, 2.0)];
    /// The derivative of order `b` of `e^{a²}·erfc a`, for whole `b` up to 60, to all digits also where it vanishes;
    /// derivatives that of order `b + 1`, and 0. Source: DLMF §7.18.
    ErfcxDerivative, erfcx_derivative / try_erfcx_derivative, None, |a, b| a.erfcx_derivative(b), |a, b, _| a.erfcx_derivative(b + b.lit(1.0)), |_, b, _| b.lit(0.0), [(-0.7, 0.0), (0.4, 1.0), (3.5, 2.0)];
}

#[inline(always)]
fn call<F>(a: F, b: F, f: impl Fn(F, F) -> F) -> F {
    f(a, b)
}

#[inline(always)]
#[track_caller]
fn call3<R>(a: R, b: R, y: R, f: impl Fn(R, R, R) -> R) -> R {
    f(a, b, y)
}

#[inline(always)]
fn map<F: Copy>(a: &[F], b: &[F], y: &mut [F], f: impl Fn(F, F) -> F) {
    for ((y, &a), &b) in y.iter_mut().zip(a).zip(b) {
        *y = f(a, b);
    }
}

#[inline(always)]
fn map_one<F: Copy>(x: &[F], y: &mut [F], f: impl Fn(F) -> F) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

#[inline(always)]
fn maximum<F: Float>(a: F, b: F) -> F {
    if a > b || a.is_nan() { a } else { b }
}

/// The share of `a` in the gradient of `max(a, b)`: 1 if larger, 1/2 if equal, 0 if smaller, and NaN if one is NaN. The
/// difference of different numbers is never 0.
#[track_caller]
fn share<R: Real>(a: R, b: R) -> R {
    R::select(a.eq(b), a.lit(0.5), (a - b).step())
}

/// The share of an operand in the gradient of a clamp: `within` where the number is within its bound, else 1 or 0 as
/// the excess is positive or not, and NaN where it is NaN. Equal infinite numbers are within, so that their difference is
/// not looked at.
#[track_caller]
fn if_clamped<R: Real>(is_within: R::Mask, within: f64, excess: R) -> R {
    R::select(is_within, excess.lit(within), excess.step())
}

/// `∂(aᵇ)/∂b = aᵇ·ln a`, where a power that is 0 wins over an infinite logarithm; 0 at `a = 0` for `b = 0`, too, and NaN
/// for negative `a`.
#[track_caller]
fn log_power<R: Real>(a: R, b: R, y: R) -> R {
    let has_pole = b.compare(Comparison::Lt, b.lit(0.0));
    let positive = R::select(a.eq(a.lit(0.0)), R::select(has_pole, a, a.lit(1.0)), a);
    let power = R::select(a.compare(Comparison::Ge, a.lit(0.0)), y, a.lit(f64::NAN));
    power.chain(positive.log())
}

/// `ln(eᵃ + eᵇ) = max(a, b) + ln(1 + e^{−|a − b|})`, which is an infinite number that both are.
#[inline(always)]
fn logaddexp<F: Float>(a: F, b: F) -> F {
    let difference = if a == b { F::lit(0.0) } else { a - b };
    maximum(a, b) + (-difference.abs()).exp().ln_1p()
}

/// `a − b`, but 0 for equal infinite numbers. Their difference is NaN, which `nan_to_num` turns into 0; for equal finite
/// numbers it changes neither value nor derivative.
#[track_caller]
fn distance<R: Real>(a: R, b: R) -> R {
    let difference = a - b;
    R::select(a.eq(b), difference.nan_to_num(), difference)
}

/// `a/(a² + b²)`, without squares that overflow; the limit 0 where an operand is infinite.
#[track_caller]
fn over_squared_norm<R: Real>(a: R, b: R) -> R {
    let (norm, larger) = (a.hypot(b), a.abs().maximum(b.abs()));
    R::select(larger.eq(larger.lit(f64::INFINITY)), a.lit(0.0), a / norm / norm)
}

/// `a/y`, the derivative of the norm `y` of `a` and `b` by `a`. Where the norm is 0, it is 0. Where the norm is infinite,
/// it has limits, ±1 for an infinite `a` and 0 for a finite one, unless both are infinite.
#[track_caller]
fn share_of_norm<R: Real>(a: R, b: R, y: R) -> R {
    let zero = y.lit(0.0);
    let at_edge = R::select(a.abs().eq(y), (a + b * zero).sign(), a * zero);
    R::select((y + y).eq(y), at_edge, a / y)
}

/// The share of `a` in the gradient of the larger or smaller number `y` of `a` and `b`: 1 if it is `a` alone, 1/2 if
/// both, 0 if `b` alone. So a number that is NaN has the share 0 beside one that is not; of two NaNs, it is NaN.
#[track_caller]
fn share_of_chosen<R: Real>(a: R, b: R, y: R) -> R {
    let if_chosen = R::select(b.eq(y), y.lit(0.5), y.lit(1.0));
    R::select(a.eq(y), if_chosen, R::select(y.eq(y), y.lit(0.0), y.lit(f64::NAN)))
}

impl<'g> Expr<'g> {
    /// Applies a binary function elementwise, after broadcasting.
    ///
    /// # Errors
    /// If the operands are of different graphs or dtypes, not numbers, or do not broadcast to a common shape.
    #[track_caller]
    pub fn try_apply_binary(self, op: Binary, rhs: Expr<'g>) -> Result<Self, Error> {
        let [a, b] = aligned(op.name(), self, rhs)?;
        self.require_float_for(op.name())?;
        if op == Binary::Pow && b.as_literal() == Some(2.0) {
            return Ok(a.square());
        }
        self.graph().try_record(Op::Binary(op), smallvec![a.id(), b.id()], a.shape(), a.dtype())
    }

    /// Applies a binary function elementwise, after broadcasting.
    ///
    /// # Panics
    /// As [`try_apply_binary`](Self::try_apply_binary) errs.
    #[track_caller]
    pub fn apply_binary(self, op: Binary, rhs: Expr<'g>) -> Self {
        located(self.try_apply_binary(op, rhs))
    }
}

impl Operation for Binary {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        Binary::symbol(*self).unwrap_or(Binary::name(*self)).to_owned()
    }

    fn name(&self) -> String {
        Binary::name(*self).to_owned()
    }

    fn symbol(&self) -> Option<&'static str> {
        Binary::symbol(*self)
    }

    fn is_symmetric(&self) -> bool {
        matches!(
            self,
            Binary::Add | Binary::Mul | Binary::Maximum | Binary::Minimum | Binary::Chain
        )
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        match self.kink(rule.k, rule.x(0), rule.x(1), rule.y) {
            Some(kink) => kink.pull_back(g),
            None => g.pull_back(self.derivative(rule.k, rule.x(0), rule.x(1), rule.y)),
        }
    }

    fn linearity(&self) -> Linearity {
        if matches!(self, Binary::Add | Binary::Sub) {
            Linearity::Linear
        } else if matches!(self, Binary::Mul | Binary::Chain) {
            Linearity::Bilinear
        } else {
            Linearity::Nonlinear
        }
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        if self.is_flat(link.k) {
            return None;
        }
        let mut dependence = Dependence::elementwise(&link.y.shape());
        if self.linearity() == Linearity::Bilinear
            && let Some(factor) = link.fixed_value(1 - link.k)
        {
            let factor = factor.to_vec::<f64>();
            let passing = factor.iter().enumerate().map(|(at, f)| (*f != 0.0).then_some(at));
            dependence.input = Addresses::Listed(passing.collect());
        }
        Some(dependence)
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        if let Binary::Chain = self {
            // In both terms a cotangent that is 0 wins over a derivative, and over the tangent of one.
            let by_cotangent = tangents.of(0).and_then(|v| v.pull_back(tangents.x(1)));
            let by_derivative = tangents.of(1).and_then(|v| tangents.x(0).pull_back(v));
            return [by_cotangent, by_derivative].into_iter().flatten().reduce(|a, b| a + b);
        }
        let of = |(k, v): (usize, Expr<'g>)| {
            let (a, b, y) = (tangents.x(0), tangents.x(1), tangents.y);
            match self.kink(k, a, b, y) {
                Some(kink) => Some(kink.push_forward(v)),
                None => v.pull_back(self.derivative(k, a, b, y)),
            }
        };
        tangents.iter().filter_map(of).reduce(|a, b| a + b)
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Binary::rounding(*self)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let [a, b] = x else { unreachable!("a binary function has two operands") };
        same_dtype!(float a, y => |a, y| self.map(a, b.elements(), y));
    }
}
