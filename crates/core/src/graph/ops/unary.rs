//! The table of unary functions: one row each, and all that follows from a row.

use std::f64::consts;

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
            Dependence, Linearity, Link, Op, Operation, OperationKind, Rounding, Rule, Tangents,
            basis, rows::rows, same_dtype,
        },
        real::Real,
    },
};

/// The error of an elementary function, 3 units in the last place: the limit of `docs/accuracy.md`.
pub(super) const ELEMENTARY: f64 = 6.0;

/// Makes the enum of unary functions, their values and their derivatives from the rows of the table.
///
/// A row reads: documentation, variant, names of the method and of its `try_` form, value, derivative in terms of `x`
/// and `y = f(x)`, points where it is checked, how the value rounds if not as an elementary function does, and after `=>` the
/// function in terms of the basis, unless it belongs to that. `unary_methods!` repeats the names as methods of [`Real`]; both lists
/// come from one call.
macro_rules! unary {
    ($( $(#[doc = $doc:literal])+ $Op:ident, $name:ident / $try_name:ident, $value:expr, $derivative:expr, [$($point:expr),*] $(, $rounding:expr)?
        $(=> $terms:expr)?; )*) => {
        rows! {
            /// A function of one number.
            Unary: $( $(#[doc = $doc])+ $Op, $name $(=> $terms)?; )*
        }

        impl Unary {
            /// Points away from kinks, where the derivative is checked.
            pub fn points(self) -> &'static [f64] {
                match self { $( Unary::$Op => &[$($point),*], )* }
            }

            /// How far the value may be from the exact one.
            pub fn rounding(self) -> Rounding {
                match self { $( Unary::$Op => [$($rounding,)? Rounding::Elements(ELEMENTARY)][0], )* }
            }

            /// The value at `x` in terms of the [basis](Self::BASIS); `None` for a row of the basis. Other rows that it is
            /// written with are expanded in their turn.
            ///
            /// ```
            /// use retrograd_core::ops::Unary;
            ///
            /// assert_eq!(Unary::Sigmoid.in_terms(0.0), Some(0.5));
            /// assert_eq!(Unary::Exp.in_terms(0.0), None);
            /// ```
            #[track_caller]
            pub fn in_terms<R: Real>(self, x: R) -> Option<R> {
                match self { $( Unary::$Op => [$(Some(call(x, $terms)),)? None][0], )* }
            }

            /// The value at `x`.
            #[inline(always)]
            pub fn value<F: Float>(self, x: F) -> F {
                match self { $( Unary::$Op => call(x, $value), )* }
            }

            /// The derivative at `x`, where the value is `y`.
            #[inline(always)]
            #[track_caller]
            pub fn derivative<R: Real>(self, x: R, y: R) -> R {
                match self { $( Unary::$Op => call2(x, y, $derivative), )* }
            }

            /// The values at all of `x`: one loop for each row, so that compilers can vectorize it.
            #[inline(always)]
            pub fn map<F: Float>(self, x: &[F], y: &mut [F]) {
                match self { $( Unary::$Op => map(x, y, $value), )* }
            }
        }

        #[expect(clippy::should_implement_trait, reason = "negation is a row as well as an operator")]
        impl Expr<'_> {
            $(
                $(#[doc = $doc])+
                ///
                /// # Panics
                /// If the elements are not floating-point numbers.
                #[track_caller]
                pub fn $name(self) -> Self {
                    self.apply_unary(Unary::$Op)
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                /// If the elements are not floating-point numbers.
                #[track_caller]
                pub fn $try_name(self) -> Result<Self, Error> {
                    self.try_apply_unary(Unary::$Op)
                }
            )*
        }

        /// One provided method of [`Real`] for each row.
        macro_rules! unary_methods {
            () => {
                $(
                    $(#[doc = $doc])+
                    #[inline]
                    #[track_caller]
                    fn $name(self) -> Self {
                        self.unary(Unary::$Op)
                    }
                )*
            };
        }
        pub(crate) use unary_methods;
    };
}

unary! {
    /// Negation `y = −x`; `y' = −1`. Source: `torch.neg`.
    Neg, neg / try_neg, |x| -x, |x, _| x.lit(-1.0), [-2.0, 0.0, 2.0], Rounding::Exact;
    /// Absolute value `y = |x|`; `y' = sign x`, so 0 at 0. Source: `torch.abs`.
    Abs, abs / try_abs, |x| x.abs(), |x, _| x.sign(), [-2.0, 0.3, 2.0], Rounding::Exact;
    /// Sign `y = x/|x|`: −1 or 1, and 0 at 0; `y' = 0`, also at 0. Source: `torch.sign`.
    Sign, sign / try_sign, sign, |x, _| x.lit(0.0), [-2.0, 0.3, 2.0], Rounding::Exact
        => basis::sign;
    /// Unit step `y = (x > 0)`: 1 where `x > 0`, else 0, so 0 at 0; `y' = 0`, also at 0. Source: `torch.heaviside`.
    Step, step / try_step, |x| if x.is_nan() { x } else { select(x > zero(), one(), zero()) }, |x, _| x.lit(0.0), [-2.0, 0.3, 2.0], Rounding::Exact
        => basis::step;
    /// Exponential `y = eˣ`; `y' = y`. Source: DLMF §4.2.
    Exp, exp / try_exp, |x| x.exp(), |_, y| y, [-2.0, 0.0, 2.0];
    /// `y = eˣ − 1` without cancellation near 0; `y' = y + 1`. Source: `torch.expm1`.
    Expm1, expm1 / try_expm1, |x| x.exp_m1(), |_, y| y + y.lit(1.0), [-2.0, 0.0, 2.0];
    /// Power of two `y = 2ˣ`; `y' = y·ln 2`. Source: `torch.exp2`.
    Exp2, exp2 / try_exp2, |x| x.exp2(), |_, y| y * y.lit(consts::LN_2), [-2.0, 0.0, 2.0]
        => |x| x.lit(2.0).pow(x);
    /// Natural logarithm `y = ln x`; `y' = 1/x`. Source: DLMF §4.2.
    Log, log / try_log, |x| x.ln(), |x, _| x.reciprocal(), [0.2, 1.0, 4.0];
    /// `y = ln(1 + x)` without cancellation near 0; `y' = 1/(1 + x)`. Source: `torch.log1p`.
    Log1p, log1p / try_log1p, |x| x.ln_1p(), |x, _| (x + x.lit(1.0)).reciprocal(), [-0.5, 0.0, 3.0];
    /// Logarithm to base 2, `y = log₂ x`; `y' = 1/(x·ln 2)`. Source: `torch.log2`.
    Log2, log2 / try_log2, |x| x.log2(), |x, _| x.lit(consts::LOG2_E) / x, [0.2, 1.0, 4.0]
        => |x| x.log() * x.lit(consts::LOG2_E);
    /// Logarithm to base 10, `y = log₁₀ x`; `y' = 1/(x·ln 10)`. Source: `torch.log10`.
    Log10, log10 / try_log10, |x| x.log10(), |x, _| x.lit(consts::LOG10_E) / x, [0.2, 1.0, 4.0]
        => |x| x.log() * x.lit(consts::LOG10_E);
    /// Square root `y = √x`; `y' = 1/(2y)`, infinite at 0. Source: `torch.sqrt`.
    Sqrt, sqrt / try_sqrt, |x| x.sqrt(), |_, y| (y + y).reciprocal(), [0.25, 1.0, 4.0];
    /// Cube root `y = ∛x`; `y' = 1/(3y²)`, infinite at 0. Source: `numpy.cbrt`.
    Cbrt, cbrt / try_cbrt, |x| x.cbrt(), |_, y| y.lit(1.0 / 3.0) * y.reciprocal().square(), [-2.0, 0.5, 3.0]
        => basis::cube_root;
    /// Reciprocal `y = 1/x`; `y' = −y²`. Source: `torch.reciprocal`.
    Reciprocal, reciprocal / try_reciprocal, |x| one::<F>() / x, |_, y| -y.square(), [-2.0, 0.5, 3.0]
        => |x| x.lit(1.0) / x;
    /// Square `y = x²`; `y' = 2x`. Source: `torch.square`.
    Square, square / try_square, |x| x * x, |x, _| x + x, [-2.0, 0.0, 2.0]
        => |x| x * x;
    /// Sine `y = sin x`, of radians; `y' = cos x`. Source: DLMF §4.14.
    Sin, sin / try_sin, |x| x.sin(), |x, _| x.cos(), [-2.0, 0.0, 2.0];
    /// Cosine `y = cos x`, of radians; `y' = −sin x`. Source: DLMF §4.14.
    Cos, cos / try_cos, |x| x.cos(), |x, _| -x.sin(), [-2.0, 0.3, 2.0];
    /// Tangent `y = tan x`, of radians; `y' = 1 + y²`. Source: DLMF §4.14.
    Tan, tan / try_tan, |x| x.tan(), |_, y| y.square() + y.lit(1.0), [-1.2, 0.0, 2.0]
        => |x| x.sin() / x.cos();
    /// Arcsine `y = arcsin x`, in radians; `y' = 1/√((1 − x)(1 + x))`, infinite at ±1. Source: DLMF §4.23.
    Asin, asin / try_asin, |x| x.asin(), |x, _| x.semicircle().reciprocal(), [-0.7, 0.0, 0.4]
        => |x| x.atan2(x.semicircle());
    /// Arccosine `y = arccos x`, in radians; `y' = −1/√((1 − x)(1 + x))`, infinite at ±1. Source: DLMF §4.23.
    Acos, acos / try_acos, |x| x.acos(), |x, _| -x.semicircle().reciprocal(), [-0.7, 0.0, 0.4]
        => |x| x.semicircle().atan2(x);
    /// Upper half of the unit circle `y = √((1 − x)(1 + x))`; `y' = −x/y`, infinite at ±1. Source: factored out of the
    /// derivatives of `asin` and `acos`, so that their second derivatives have limits at ±1.
    Semicircle, semicircle / try_semicircle, |x| ((one::<F>() - x) * (one::<F>() + x)).sqrt(), |x, y| -(x / y), [-0.7, 0.3, 0.4]
        => basis::semicircle;
    /// Arctangent `y = arctan x`, in radians; `y' = 1/(1 + x²)`. Source: DLMF §4.23.
    Atan, atan / try_atan, |x| x.atan(), |x, _| x.lorentzian(), [-2.0, 0.0, 0.7]
        => |x| x.atan2(x.lit(1.0));
    /// Lorentzian `y = 1/(1 + x²)`; `y' = −2xy²`, 0 at ±∞. Source: factored out of the derivative of `atan`, so that its
    /// second derivative has limits at ±∞.
    Lorentzian, lorentzian / try_lorentzian, lorentzian, |x, y| x.nan_to_num() * y * y * y.lit(-2.0), [-2.0, 0.3, 0.7]
        => basis::lorentzian;
    /// Hyperbolic sine `y = sinh x`; `y' = cosh x`. Source: DLMF §4.28.
    Sinh, sinh / try_sinh, |x| x.sinh(), |x, _| x.cosh(), [-2.0, 0.0, 2.0]
        => basis::sinh;
    /// Hyperbolic cosine `y = cosh x`; `y' = sinh x`. Source: DLMF §4.28.
    Cosh, cosh / try_cosh, |x| x.cosh(), |x, _| x.sinh(), [-2.0, 0.3, 2.0]
        => basis::cosh;
    /// Hyperbolic tangent `y = tanh x`; `y' = sech² x`, which unlike `1 − y²` keeps its digits where `y` is nearly ±1. Source:
    /// DLMF §4.28.
    Tanh, tanh / try_tanh, |x| x.tanh(), |x, _| x.sech_squared(), [-2.0, 0.0, 2.0]
        => basis::tanh;
    /// Square of the hyperbolic secant `y = sech² x = 1/cosh² x`; `y' = −2y·tanh x`. Source: DLMF §4.28.
    SechSquared, sech_squared / try_sech_squared, sech_squared, |x, y| y * x.tanh() * x.lit(-2.0), [-2.0, 0.3, 2.0], Rounding::Elements(2.0 * ELEMENTARY)
        => basis::sech_squared;
    /// Inverse hyperbolic sine `y = arsinh x`; `y' = 1/√(1 + x²)`. Source: DLMF §4.37.
    Asinh, asinh / try_asinh, |x| x.asinh(), |x, _| x.hypot(x.lit(1.0)).reciprocal(), [-2.0, 0.0, 0.7]
        => basis::asinh;
    /// Inverse hyperbolic cosine `y = arcosh x`; `y' = 1/√((x − 1)(x + 1))`, infinite at 1. Source: DLMF §4.37.
    Acosh, acosh / try_acosh, acosh, |x, _| (x - x.lit(1.0)).sqrt().reciprocal() / (x + x.lit(1.0)).sqrt(), [1.2, 2.0, 9.0]
        => basis::acosh;
    /// Inverse hyperbolic tangent `y = artanh x`; `y' = 1/((1 − x)(1 + x))`, infinite at ±1. Source: DLMF §4.37.
    Atanh, atanh / try_atanh, |x| x.atanh(), |x, _| x.semicircle().reciprocal().square(), [-0.7, 0.0, 0.4]
        => basis::atanh;
    /// Logistic sigmoid `y = 1/(1 + e⁻ˣ)`; `y' = y(1 − y) ≤ 1/4`, so deep stacks of it saturate. Source:
    /// `torch.sigmoid`.
    Sigmoid, sigmoid / try_sigmoid, sigmoid, |_, y| y * (y.lit(1.0) - y), [-2.0, 0.0, 2.0]
        => basis::sigmoid;
    /// `y = ln σ(x) = −ln(1 + e⁻ˣ)`, finite for every finite `x`; `y' = σ(−x)`. Source:
    /// `torch.nn.functional.logsigmoid`.
    LogSigmoid, log_sigmoid / try_log_sigmoid, |x| -softplus(-x), |x, _| (-x).sigmoid(), [-2.0, 0.0, 2.0]
        => |x| -(-x).softplus();
    /// `y = ln(1 + eˣ)`, finite for every finite `x`; `y' = σ(x)`. Source: `torch.nn.functional.softplus`.
    Softplus, softplus / try_softplus, softplus, |x, _| x.sigmoid(), [-2.0, 0.0, 2.0]
        => |x| x.relu() + (-x.abs()).exp().log1p();
    /// Rectified linear unit `y = max(x, 0)`; `y' = 1` where `y > 0`, else 0, so 0 at 0. Source:
    /// `torch.nn.functional.relu`.
    Relu, relu / try_relu, |x| select(x < zero(), zero(), x), |_, y| y.step(), [-2.0, 0.3, 2.0], Rounding::Exact
        => basis::relu;
    /// Error function `y = 2/√π ∫₀ˣ e^{−t²} dt`; `y' = 2/√π e^{−x²}`. Source: DLMF §7.2.
    Erf, erf / try_erf, |x| x.erf(), |x, _| x.lit(consts::FRAC_2_SQRT_PI) * x.gaussian(), [-2.0, 0.0, 0.7];
    /// Complementary error function `y = 1 − erf x` without cancellation; `y' = −2/√π e^{−x²}`. Source: DLMF §7.2.
    Erfc, erfc / try_erfc, |x| x.erfc(), |x, _| x.lit(-consts::FRAC_2_SQRT_PI) * x.gaussian(), [-2.0, 0.0, 0.7];
    /// Bell curve `y = e^{−x²}`; `y' = −2xy`, 0 at ±∞. Source: factored out of the derivatives of `erf` and `erfc`, so
    /// that their second derivatives have limits at ±∞.
    Gaussian, gaussian / try_gaussian, gaussian, |x, y| x.clamp(x.lit(-40.0), x.lit(40.0)) * y.lit(-2.0) * y, [-2.0, 0.3, 0.7]
        => basis::gaussian;
    /// Scaled complementary error function `y = e^{x²}·erfc x`; `y' = 2xy − 2/√π`. Source: `torch.special.erfcx`.
    Erfcx, erfcx / try_erfcx, |x| x.erfcx(), |x, _| x.erfcx_derivative(x.lit(1.0)), [-1.0, 0.0, 0.7];
    /// Logarithm of the normal distribution function `y = ln Φ(x)`; `y' = φ(x)/Φ(x) = √(2/π)/erfcx(−x/√2)`. Source:
    /// `torch.special.log_ndtr`.
    LogNdtr, log_ndtr / try_log_ndtr, |x| x.log_ndtr(), inverse_mills_ratio, [-9.0, 0.0, 1.5];
    /// Logarithm of the gamma function `y = ln |Γ(x)|`; `y' = ψ(x)`. Source: DLMF §5.2.
    Lgamma, lgamma / try_lgamma, |x| x.lgamma(), |x, _| x.digamma(), [-1.3, 0.3, 2.5];
    /// Softsign `y = x/(1 + |x|)`, ±1 at ±∞; `y' = 1/(1 + |x|)²`. Source: `torch.nn.functional.softsign`.
    Softsign, softsign / try_softsign, softsign, |x, _| (x.abs() + x.lit(1.0)).reciprocal().square(), [-2.0, 0.3, 2.0]
        => basis::softsign;
    /// Largest whole number not above `x`, `y = ⌊x⌋`; `y' = 0`, also at whole numbers. Source: `torch.floor`.
    Floor, floor / try_floor, |x| x.floor(), |x, _| x.lit(0.0), [-1.7, 0.3, 2.5], Rounding::Exact;
    /// Smallest whole number not below `x`, `y = ⌈x⌉`; `y' = 0`, also at whole numbers. Source: `torch.ceil`.
    Ceil, ceil / try_ceil, |x| x.ceil(), |x, _| x.lit(0.0), [-1.7, 0.3, 2.5], Rounding::Exact
        => |x| -(-x).floor();
    /// Whole part of `x`, rounding towards 0; `y' = 0`, also at whole numbers. Source: `torch.trunc`.
    Trunc, trunc / try_trunc, |x| x.trunc(), |x, _| x.lit(0.0), [-1.7, 0.3, 2.5], Rounding::Exact
        => basis::trunc;
    /// Nearest whole number, the even one of two; `y' = 0`, also halfway. Source: `torch.round`.
    Round, round / try_round, |x| x.round_ties_even(), |x, _| x.lit(0.0), [-1.7, 0.3, 2.2], Rounding::Exact
        => basis::round;
    /// `x`, but 0 where it is NaN and the largest finite number of its sign where it is infinite; `y' = 1` where `x` is
    /// finite, else 0. Source: `torch.nan_to_num`.
    NanToNum, nan_to_num / try_nan_to_num, nan_to_num, is_finite, [-1.7, 0.3, 2.2], Rounding::Exact;
}

#[inline(always)]
fn call<F>(x: F, f: impl Fn(F) -> F) -> F {
    f(x)
}

#[inline(always)]
#[track_caller]
fn call2<R>(x: R, y: R, f: impl Fn(R, R) -> R) -> R {
    f(x, y)
}

#[inline(always)]
fn map<F: Copy>(x: &[F], y: &mut [F], f: impl Fn(F) -> F) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

#[inline(always)]
fn zero<F: Float>() -> F {
    F::lit(0.0)
}

#[inline(always)]
fn one<F: Float>() -> F {
    F::lit(1.0)
}

#[inline(always)]
fn select<F>(mask: bool, a: F, b: F) -> F {
    if mask { a } else { b }
}

#[inline(always)]
fn sign<F: Float>(x: F) -> F {
    if x > zero() {
        one()
    } else if x < zero() {
        -one::<F>()
    } else {
        x
    }
}

/// `1/(1 + e⁻ˣ)`, written with `e^{−|x|}` so that nothing overflows.
#[inline(always)]
fn sigmoid<F: Float>(x: F) -> F {
    let e = (-x.abs()).exp();
    select(x < zero(), e, one()) / (one::<F>() + e)
}

/// `1/cosh² x = 4e/(1 + e)²` with `e = e^{−2|x|}`, which does not overflow.
#[inline(always)]
fn sech_squared<F: Float>(x: F) -> F {
    let e = (-(x.abs() + x.abs())).exp();
    let d = one::<F>() + e;
    F::lit(4.0) * e / (d * d)
}

/// `ln(1 + eˣ) = max(x, 0) + ln(1 + e^{−|x|})`.
#[inline(always)]
fn softplus<F: Float>(x: F) -> F {
    select(x < zero(), zero(), x) + (-x.abs()).exp().ln_1p()
}

/// `e^{−x²}`, with the rounding of the square put back. Beyond 40, where it is 0, there is none.
#[inline(always)]
fn gaussian<F: Float>(x: F) -> F {
    let x = select(x.abs() > F::lit(40.0), F::lit(40.0), x);
    let square = x * x;
    let power = (-square).exp();
    power - power * x.mul_add(x, -square)
}

/// `1/(1 + x²)`; where the square may overflow, it is that of `x·2⁻⁶⁴`, beside which 1 vanishes.
#[inline(always)]
fn lorentzian<F: Float>(x: F) -> F {
    let is_large = x.abs() > F::lit(4e9);
    let scale = select(is_large, F::lit((-64f64).exp2()), one());
    let (scaled, summand) = (x * scale, select(is_large, zero::<F>(), one()));
    one::<F>() / (summand + scaled * scaled) * (scale * scale)
}

/// NaN below 1, where the library has numbers for some.
#[inline(always)]
fn acosh<F: Float>(x: F) -> F {
    if x < one() { F::lit(f64::NAN) } else { x.acosh() }
}

#[inline(always)]
fn softsign<F: Float>(x: F) -> F {
    if x.is_infinite() { sign(x) } else { x / (one::<F>() + x.abs()) }
}

#[inline(always)]
fn nan_to_num<F: Float>(x: F) -> F {
    if x.is_nan() {
        zero()
    } else if x.is_infinite() {
        sign(x) * F::MAX
    } else {
        x
    }
}

/// 1 where `x` is finite, else 0.
#[track_caller]
fn is_finite<R: Real>(x: R, _: R) -> R {
    R::select((x * x.lit(0.0)).eq(x.lit(0.0)), x.lit(1.0), x.lit(0.0))
}

/// `φ(x)/Φ(x)`, without underflow on the left: beyond −2·10⁸ it is `−x` to all digits, and the slope of the quotient would
/// overflow. On the right it is `φ(x)` to all digits, where `erfcx` and its slopes overflow.
#[track_caller]
fn inverse_mills_ratio<R: Real>(x: R, _: R) -> R {
    let sqrt_2_over_pi = consts::FRAC_2_SQRT_PI * consts::FRAC_1_SQRT_2;
    let scaled = x * x.lit(-consts::FRAC_1_SQRT_2);
    let ratio = x.lit(sqrt_2_over_pi) / scaled.erfcx();
    let density = x.lit(0.5 * sqrt_2_over_pi) * scaled.gaussian();
    let on_the_right = R::select(x.gt(x.lit(10.0)), density, ratio);
    R::select(x.lit(-2e8).gt(x), -x, on_the_right)
}

impl<'g> Expr<'g> {
    /// Applies a unary function elementwise.
    ///
    /// # Errors
    /// If the elements are not floating-point numbers.
    #[track_caller]
    pub fn try_apply_unary(self, op: Unary) -> Result<Self, Error> {
        self.require_float_for(op.name())?;
        self.try_record1(Op::Unary(op), self.shape(), self.dtype())
    }

    /// Applies a unary function elementwise.
    ///
    /// # Panics
    /// If the elements are not floating-point numbers.
    #[track_caller]
    pub fn apply_unary(self, op: Unary) -> Self {
        located(self.try_apply_unary(op))
    }
}

impl Operation for Unary {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        Unary::name(*self).to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        match self.kink(rule.x(0), rule.y) {
            Some(kink) => kink.pull_back(g),
            None => g.pull_back(self.derivative(rule.x(0), rule.y)),
        }
    }

    fn linearity(&self) -> Linearity {
        if *self == Unary::Neg { Linearity::Linear } else { Linearity::Nonlinear }
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        (!self.is_flat()).then(|| Dependence::elementwise(&link.y.shape()))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        match self.kink(tangents.x(0), tangents.y) {
            Some(kink) => Some(kink.push_forward(tangents.of(0)?)),
            None => tangents.times(|_| self.derivative(tangents.x(0), tangents.y)),
        }
    }

    fn is_cheap(&self) -> bool {
        false
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Unary::rounding(*self)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(float x[0], y => |x, y| self.map(x, y));
    }
}
