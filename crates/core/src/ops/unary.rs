//! The table of unary functions: one row each, and all that follows from a row.

use crate::{
    dtype::Float,
    error::{Error, located},
    expr::Expr,
    ops::{Op, Operation, Rule, same_dtype},
    real::Real,
    tensor::{View, ViewMut},
};

/// Makes the enum of unary functions, their values and their derivatives from the rows of the table.
///
/// A row reads: documentation, variant, name, value, derivative in terms of `x` and `y = f(x)`, points where it
/// is checked. `unary_methods!` repeats the names as methods of [`Real`]; both lists come from one call.
macro_rules! unary {
    ($( $(#[$doc:meta])* $Op:ident, $name:ident, $value:expr, $derivative:expr, [$($point:expr),*]; )*) => {
        /// A function of one number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Unary { $( $(#[$doc])* $Op, )* }

        impl Unary {
            /// All rows.
            pub const ALL: &[Unary] = &[$(Unary::$Op),*];

            /// The name: of the method, in messages and in pictures.
            pub fn name(self) -> &'static str {
                match self { $( Unary::$Op => stringify!($name), )* }
            }

            /// Points away from kinks, where the derivative is checked.
            pub fn points(self) -> &'static [f64] {
                match self { $( Unary::$Op => &[$($point),*], )* }
            }

            /// The value at `x`.
            #[inline(always)]
            pub fn value<F: Float>(self, x: F) -> F {
                match self { $( Unary::$Op => call(x, $value), )* }
            }

            /// The derivative at `x`, where the value is `y`.
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
                $(#[$doc])*
                #[track_caller]
                pub fn $name(self) -> Self {
                    self.apply_unary(Unary::$Op)
                }
            )*
        }

        /// One provided method of [`Real`] for each row.
        macro_rules! unary_methods {
            () => {
                $(
                    $(#[$doc])*
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
    /// Negation `y = −x`; `y' = −1`.
    Neg, neg, |x| -x, |x, _| x.lit(-1.0), [-2.0, 0.0, 2.0];
    /// Absolute value `y = |x|`; `y' = sign x`, so 0 at 0.
    Abs, abs, |x| x.abs(), |x, _| x.sign(), [-2.0, 0.3, 2.0];
    /// Sign: −1, 0 or 1; `y' = 0`, also at 0.
    Sign, sign, sign, |x, _| x.lit(0.0), [-2.0, 0.3, 2.0];
    /// Unit step: 1 where `x > 0`, else 0, so 0 at 0; `y' = 0`, also at 0.
    Step, step, |x| if x.is_nan() { x } else { select(x > zero(), one(), zero()) }, |x, _| x.lit(0.0), [-2.0, 0.3, 2.0];
    /// Exponential `y = eˣ`; `y' = y`.
    Exp, exp, |x| x.exp(), |_, y| y, [-2.0, 0.0, 2.0];
    /// `y = eˣ − 1` without cancellation near 0; `y' = y + 1`.
    Expm1, expm1, |x| x.exp_m1(), |_, y| y + y.lit(1.0), [-2.0, 0.0, 2.0];
    /// Natural logarithm `y = ln x`; `y' = 1/x`.
    Log, log, |x| x.ln(), |x, _| x.recip(), [0.2, 1.0, 4.0];
    /// `y = ln(1 + x)` without cancellation near 0; `y' = 1/(1 + x)`.
    Log1p, log1p, |x| x.ln_1p(), |x, _| (x + x.lit(1.0)).recip(), [-0.5, 0.0, 3.0];
    /// Square root `y = √x`; `y' = 1/(2y)`, infinite at 0.
    Sqrt, sqrt, |x| x.sqrt(), |_, y| (y + y).recip(), [0.25, 1.0, 4.0];
    /// Reciprocal `y = 1/x`; `y' = −y²`.
    Recip, recip, |x| one::<F>() / x, |_, y| -y.square(), [-2.0, 0.5, 3.0];
    /// Square `y = x²`; `y' = 2x`.
    Square, square, |x| x * x, |x, _| x + x, [-2.0, 0.0, 2.0];
    /// Sine, of radians; `y' = cos x`.
    Sin, sin, |x| x.sin(), |x, _| x.cos(), [-2.0, 0.0, 2.0];
    /// Cosine, of radians; `y' = −sin x`.
    Cos, cos, |x| x.cos(), |x, _| -x.sin(), [-2.0, 0.3, 2.0];
    /// Hyperbolic tangent; `y' = 1 − y²`.
    Tanh, tanh, |x| x.tanh(), |_, y| y.lit(1.0) - y * y, [-2.0, 0.0, 2.0];
    /// Logistic sigmoid `y = 1/(1 + e⁻ˣ)`; `y' = y(1 − y) ≤ 1/4`, so deep stacks of it saturate.
    Sigmoid, sigmoid, sigmoid, |_, y| y * (y.lit(1.0) - y), [-2.0, 0.0, 2.0];
    /// `y = ln σ(x) = −ln(1 + e⁻ˣ)`, finite for every finite `x`; `y' = σ(−x)`.
    LogSigmoid, log_sigmoid, |x| -softplus(-x), |x, _| (-x).sigmoid(), [-2.0, 0.0, 2.0];
    /// `y = ln(1 + eˣ)`, finite for every finite `x`; `y' = σ(x)`.
    Softplus, softplus, softplus, |x, _| x.sigmoid(), [-2.0, 0.0, 2.0];
    /// Rectified linear unit `y = max(x, 0)`; `y' = 1` where `y > 0`, else 0, so 0 at 0.
    Relu, relu, |x| select(x < zero(), zero(), x), |_, y| y.step(), [-2.0, 0.3, 2.0];
    /// Error function `y = 2/√π ∫₀ˣ e^{−t²} dt`; `y' = 2/√π e^{−x²}`.
    Erf, erf, |x| x.erf(), |x, _| x.lit(std::f64::consts::FRAC_2_SQRT_PI) * (-x.square()).exp(), [-2.0, 0.0, 0.7];
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

/// `ln(1 + eˣ) = max(x, 0) + ln(1 + e^{−|x|})`.
#[inline(always)]
fn softplus<F: Float>(x: F) -> F {
    select(x < zero(), zero(), x) + (-x.abs()).exp().ln_1p()
}

impl<'g> Expr<'g> {
    /// Applies a unary function elementwise.
    ///
    /// # Errors
    /// If the elements are not floating-point numbers.
    #[track_caller]
    pub fn try_apply_unary(self, op: Unary) -> Result<Self, Error> {
        self.require_float(op.name())?;
        Ok(self.record1(Op::Unary(op), self.shape(), self.dtype()))
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
    fn label(&self) -> String {
        self.name().to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        g.pull_back(self.derivative(rule.x(0), rule.y))
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        same_dtype!(float x[0], y => |x, y| self.map(x, y));
    }
}
