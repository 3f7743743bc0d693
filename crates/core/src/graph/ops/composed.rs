//! Functions written in terms of the tables' rows: their derivatives follow, at every order.

use smallvec::SmallVec;

use crate::{
    data::error::{Error, located},
    graph::{
        expr::Expr,
        ops::{RightOperand, operators::common_shape},
        real::Real,
    },
};

/// A function written in terms of the tables' rows, with the points at which it is checked.
#[derive(Clone, Copy, Debug)]
pub struct Composed {
    /// The name: of the method of [`Real`] and of [`Expr`].
    pub name: &'static str,
    /// The documentation of the row, line by line.
    pub doc: &'static str,
    /// Points away from kinks, where the derivatives are checked.
    pub points: &'static [f64],
    /// The function with each choice of its arguments that is checked.
    pub calls: &'static [ComposedCall],
}

/// A composed function of one number: its other arguments are chosen.
///
/// ```
/// use retrograd_core::ops::COMPOSED;
///
/// let elu = COMPOSED.iter().find(|row| row.name == "elu").expect("it is a row of the table");
/// assert_eq!(elu.calls[0].arguments, "1.0");
/// assert_eq!((elu.calls[0].value)(2.0), 2.0);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ComposedCall {
    /// The arguments after the number, as they are written.
    pub arguments: &'static str,
    /// The value at a number.
    pub value: fn(f64) -> f64,
    /// The same, recorded.
    pub expr: for<'g> fn(Expr<'g>) -> Expr<'g>,
    /// The `try_` form of the first expression, with arguments that are chosen by the second.
    pub try_expr: for<'g> fn(Expr<'g>, Expr<'g>) -> Result<Expr<'g>, Error>,
}

/// Makes, from one definition over [`Real`], a method of every number type, two methods of expressions, of which one
/// returns what is wrong, and a row of [`COMPOSED`].
///
/// A row reads: documentation, both names and arguments, body, points where it is checked, and the arguments that it is
/// checked with, which may depend on the number itself.
///
/// All that can be wrong with operands of an elementwise function shows before it is recorded. So messages name the
/// function that was called and the operands that it was given, and no row of the body is ever refused.
macro_rules! composed {
    ($( $(#[doc = $doc:literal])+ $name:ident / $try_name:ident($x:ident $(, $arg:ident: $type:ident)*) $body:block
        [$($point:expr),*] with [$( ($($sample:expr),*) ),+] )*) => {
        impl<'g> Expr<'g> {
            $(
                $(#[doc = $doc])+
                ///
                /// # Panics
                /// If the elements are not floating-point numbers, or the operands do not broadcast, or differ in dtype or
                /// graph.
                #[track_caller]
                pub fn $name(self $(, $arg: composed!(@operand $type))*) -> Self {
                    located(self.$try_name($($arg),*))
                }

                #[doc = concat!("[`", stringify!($name), "`](Self::", stringify!($name), ") that returns what is wrong.")]
                ///
                /// # Errors
                /// If the elements are not floating-point numbers, or the operands do not broadcast, or differ in dtype or
                /// graph.
                #[track_caller]
                pub fn $try_name(self $(, $arg: composed!(@operand $type))*) -> Result<Self, Error> {
                    $( let $arg = composed!(@expr $type self $arg); )*
                    suit(stringify!($name), [Some(self) $(, composed!(@given $type $arg))*])?;
                    Ok(<Self as Real>::$name(self $(, $arg)*))
                }
            )*
        }

        /// One provided method of [`Real`] for each composed function.
        macro_rules! composed_methods {
            () => {
                $(
                    $(#[doc = $doc])+
                    #[track_caller]
                    fn $name(self $(, $arg: $crate::graph::ops::composed!(@type $type Self))*) -> Self {
                        let $x = self;
                        $body
                    }
                )*
            };
        }
        pub(crate) use composed_methods;

        /// All composed functions.
        pub const COMPOSED: &[Composed] = &[$( Composed {
            name: stringify!($name),
            doc: concat!($($doc, "\n"),+),
            points: &[$($point),*],
            calls: &[$({
                fn call<R: Real>($x: R) -> R {
                    R::$name($x $(, $sample)*)
                }
                #[allow(unused_variables, reason = "arguments need not depend on the number")]
                fn try_call<'g>(f: Expr<'g>, $x: Expr<'g>) -> Result<Expr<'g>, Error> {
                    f.$try_name($($sample),*)
                }
                ComposedCall {
                    arguments: stringify!($($sample),*),
                    value: |x| call(x),
                    expr: |x| call(x),
                    try_expr: try_call,
                }
            }),+],
        } ),*];
    };
    (@type Number $Self:ident) => { $Self };
    (@type $type:ident $Self:ident) => { $type };
    (@operand Number) => { impl RightOperand<'g> };
    (@operand $type:ident) => { $type };
    (@expr Number $self:ident $arg:ident) => { $arg.expr($self) };
    (@expr $type:ident $self:ident $arg:ident) => { $arg };
    (@given Number $arg:ident) => { Some($arg) };
    (@given $type:ident $arg:ident) => { None };
}

composed! {
    /// Integer power `y = xⁿ`; `y' = n·xⁿ⁻¹`. Source: `torch.pow`.
    powi / try_powi(x, n: i32) {
        match n {
            0 => x.lit(1.0),
            1 => x,
            2 => x.square(),
            _ => x.pow(x.lit(f64::from(n))),
        }
    } [-1.5, 0.5, 2.0] with [(0), (1), (2), (3), (-2)]

    /// Power with a constant exponent, `y = xᵖ`; `y' = p·xᵖ⁻¹`. Source: `torch.pow`.
    powf / try_powf(x, p: f64) { x.pow(x.lit(p)) } [0.5, 1.0, 2.0] with [(2.5), (-0.5)]

    /// Leaky rectified linear unit: `x` where `x > 0`, else `slope·x`; the derivative at 0 is `slope`. Source:
    /// `torch.nn.functional.leaky_relu`.
    leaky_relu / try_leaky_relu(x, slope: f64) { x.prelu(x.lit(slope)) } [-2.0, 0.3, 2.0] with [(0.01)]

    /// Parametric rectified linear unit: `x` where `x > 0`, else `slope·x`, with a slope that can be learned; the
    /// derivative at 0 is `slope`. Source: He et al. 2015, arXiv:1502.01852.
    prelu / try_prelu(x, slope: Number) {
        // NaN falls to the second value, whose derivative is NaN there.
        Self::select(x.compare(Comparison::Le, x.lit(0.0)), slope * x, x.relu())
    } [-2.0, 0.3, 2.0] with [(x.lit(0.2)), (x.cos())]

    /// Exponential linear unit: `x` where `x > 0`, else `α(eˣ − 1)`; the derivative at 0 is `α`. Source: Clevert et al.
    /// 2015, arXiv:1511.07289.
    elu / try_elu(x, alpha: f64) {
        let is_positive = x.gt(x.lit(0.0));
        let negative = Self::select(is_positive, x.lit(0.0), x);
        Self::select(is_positive, x, x.lit(alpha) * negative.expm1())
    } [-2.0, 0.3, 2.0] with [(1.0), (0.5)]

    /// Scaled exponential linear unit: `λ·elu(x, α)` with `λ = 1.0507009873554805`, `α = 1.6732632423543772`. Source:
    /// Klambauer et al. 2017, arXiv:1706.02515.
    selu / try_selu(x) {
        let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        x.lit(scale) * x.elu(alpha)
    } [-2.0, 0.3, 2.0] with [()]

    /// Continuously differentiable exponential linear unit: `x` where `x > 0`, else `α(e^{x/α} − 1)`. Source: Barron
    /// 2017, arXiv:1704.07483.
    celu / try_celu(x, alpha: f64) {
        let is_positive = x.gt(x.lit(0.0));
        let negative = Self::select(is_positive, x.lit(0.0), x);
        Self::select(is_positive, x, x.lit(alpha) * (negative / x.lit(alpha)).expm1())
    } [-2.0, 0.3, 2.0] with [(1.0), (0.8)]

    /// Sigmoid linear unit, or swish: `x·σ(x)`; 0 at −∞. Source: Ramachandran et al. 2017, arXiv:1710.05941.
    silu / try_silu(x) { x.gated(x.sigmoid()) } [-2.0, 0.0, 2.0] with [()]

    /// Gaussian error linear unit `x·Φ(x) = x/2·erfc(−x/√2)`; 0 at −∞. Source: Hendrycks & Gimpel 2016,
    /// arXiv:1606.08415.
    gelu / try_gelu(x) {
        let cdf = x.lit(0.5) * (x * x.lit(-std::f64::consts::FRAC_1_SQRT_2)).erfc();
        x.gated(cdf)
    } [-2.0, 0.0, 2.0] with [()]

    /// The tanh approximation of [`gelu`](Self::gelu): `x/2·(1 + tanh u) = x·σ(2u)` with `u = √(2/π)(x + 0.044715x³)`.
    /// Source: `torch.nn.functional.gelu`.
    gelu_tanh / try_gelu_tanh(x) {
        let twice_sqrt_2_over_pi = 1.595_769_121_605_730_8;
        // Beyond, the gate is not used, and the cube would overflow.
        let near = Self::select(x.abs().gt(x.lit(1000.0)), x.lit(0.0), x);
        let inner = x.lit(twice_sqrt_2_over_pi) * (near + x.lit(0.044_715) * near * near.square());
        x.gated(inner.sigmoid())
    } [-2.0, 0.0, 2.0] with [()]

    /// `x·tanh(ln(1 + eˣ))`; 0 at −∞. Source: Misra 2019, arXiv:1908.08681.
    mish / try_mish(x) { x.gated(x.softplus().tanh()) } [-2.0, 0.0, 2.0] with [()]

    /// `x·gate` for a gate that goes from 0 at −∞ to 1 at ∞ so fast that it has come there at ∓1000: beyond, `max(x,
    /// 0)`, so that infinite numbers have finite derivatives. Source: factored out of `silu`, `gelu` and `mish`.
    gated / try_gated(x, gate: Number) {
        Self::select(x.abs().gt(x.lit(1000.0)), x.relu(), x * gate)
    } [-2.0, 0.3, 2.0] with [(x.sigmoid())]

    /// `ln(1 + e^{βx})/β`, and `x` where `βx` is above `threshold`. Source: `torch.nn.functional.softplus`.
    softplus_above / try_softplus_above(x, beta: f64, threshold: f64) {
        let scaled = x * x.lit(beta);
        Self::select(scaled.gt(x.lit(threshold)), x, scaled.softplus() / x.lit(beta))
    } [-2.0, 0.0, 2.0] with [(3.0, 0.2), (1.0, 20.0)]

    /// `x − tanh x`. Source: `torch.nn.functional.tanhshrink`.
    tanhshrink / try_tanhshrink(x) { x - x.tanh() } [-2.0, 0.3, 2.0] with [()]

    /// `x` where `|x| > λ`, else 0; the derivative at ±λ is 0. Source: `torch.nn.functional.hardshrink`.
    hardshrink / try_hardshrink(x, lambda: f64) {
        x * (x.abs() - x.lit(lambda)).step()
    } [-2.0, 0.3, 2.0] with [(0.5)]

    /// `x ∓ λ` where `±x > λ`, else 0; the derivative at ±λ is 0. Source: `torch.nn.functional.softshrink`.
    softshrink / try_softshrink(x, lambda: f64) {
        (x - x.lit(lambda) * x.sign()) * (x.abs() - x.lit(lambda)).step()
    } [-2.0, 0.3, 2.0] with [(0.5)]

    /// `x` within the bounds, else the nearer bound; the derivative is 0 at both, unlike that of
    /// [`clamp`](Self::clamp). Source: `torch.nn.functional.hardtanh`.
    hardtanh / try_hardtanh(x, low: f64, high: f64) {
        let is_below = x.compare(Comparison::Le, x.lit(low));
        let is_above = x.compare(Comparison::Ge, x.lit(high));
        // The step is 1 for what is left, and NaN for NaN.
        let between = x * (x - x.lit(low)).step();
        Self::select(is_below, x.lit(low), Self::select(is_above, x.lit(high), between))
    } [-2.0, 0.3, 2.0] with [(-1.0, 1.0)]

    /// `min(max(x, 0), 6)`; the derivative at 0 and at 6 is 0. Source: `torch.nn.functional.relu6`.
    relu6 / try_relu6(x) { x.hardtanh(0.0, 6.0) } [-2.0, 0.3, 7.0] with [()]

    /// Piecewise linear sigmoid `min(max(x + 3, 0), 6)/6`; the derivative at ±3 is 0. Source:
    /// `torch.nn.functional.hardsigmoid`.
    hardsigmoid / try_hardsigmoid(x) { (x + x.lit(3.0)).relu6() / x.lit(6.0) } [-4.0, 0.3, 4.0] with [()]

    /// `x·hardsigmoid(x)`; the derivative at −3 is 0, at 3 it is 1. Source: Howard et al. 2019, arXiv:1905.02244.
    hardswish / try_hardswish(x) {
        Self::select(x.compare(Comparison::Le, x.lit(-3.0)), x.lit(0.0), x * x.hardsigmoid())
    } [-4.0, 0.3, 4.0] with [()]

    /// `x` where `x > threshold`, else `value`; the derivative at the threshold is 0. Source:
    /// `torch.nn.functional.threshold`.
    threshold / try_threshold(x, threshold: f64, value: f64) {
        // The step is 1 for what is left, and NaN for NaN.
        let above = x * (x - x.lit(threshold)).step();
        Self::select(x.compare(Comparison::Le, x.lit(threshold)), x.lit(value), above)
    } [-2.0, 0.3, 2.0] with [(0.1, -9.0)]

    /// `x` within the bounds, else the nearer bound, or the upper if they cross; the derivative at the bounds is 1.
    /// Source: `torch.clamp`.
    clamp / try_clamp(x, low: Number, high: Number) {
        x.clamp_min(low).clamp_max(high)
    } [-2.0, 0.3, 2.0] with [(x.lit(-0.5), x.lit(1.5)), (x.sin(), x.cos())]

    /// Reciprocal square root `1/√x`; `y' = −1/(2x√x)`. Source: `torch.rsqrt`.
    rsqrt / try_rsqrt(x) { x.sqrt().reciprocal() } [0.25, 1.0, 4.0] with [()]

    /// `sin(πx)/(πx)`, 1 at 0. Source: `torch.sinc`.
    sinc / try_sinc(x) { x.sinc_derivative(x.lit(0.0)) } [-1.3, 0.0, 0.2, 3.7] with [()]

    /// Logarithm of odds `ln(x/(1 − x))`, the inverse of [`sigmoid`](Self::sigmoid). Source: `torch.logit`.
    logit / try_logit(x) { x.log() - (-x).log1p() } [0.2, 0.5, 0.9] with [()]

    /// `ψ(x)`, the derivative of `ln Γ(x)`. Source: DLMF §5.2.
    digamma / try_digamma(x) { x.polygamma(x.lit(0.0)) } [-1.3, 0.3, 2.5] with [()]

    /// `x·ln y`, 0 where `x = 0` unless `y` is NaN. Where `x = 0` and `y ≤ 0`, both derivatives are 0; where `y` is
    /// NaN, both are NaN. Source: `torch.xlogy`.
    xlogy / try_xlogy(x, y: Number) {
        let is_never_positive = y.compare(Comparison::Le, y.lit(0.0));
        let log = Self::select(x.eq(x.lit(0.0)), Self::select(is_never_positive, y.lit(1.0), y), y).log();
        Self::select(y.eq(y), x.chain(log), (x + y).log())
    } [-2.0, 0.3, 2.0] with [(x.lit(0.7)), (x.exp())]

    /// Interpolation `x + weight·(end − x)`. Source: `torch.lerp`.
    lerp / try_lerp(x, end: Number, weight: Number) {
        x + weight * (end - x)
    } [-2.0, 0.3, 2.0] with [(x.lit(5.0), x.lit(0.4)), (x.sin(), x.cos())]

    /// `x + factor·a·b`. Source: `torch.addcmul`.
    addcmul / try_addcmul(x, a: Number, b: Number, factor: f64) {
        x + x.lit(factor) * (a * b)
    } [-2.0, 0.3, 2.0] with [(x.sin(), x.cos(), 2.5)]

    /// `x + factor·a/b`. Source: `torch.addcdiv`.
    addcdiv / try_addcdiv(x, a: Number, b: Number, factor: f64) {
        x + x.lit(factor) * (a / b)
    } [-2.0, 0.3, 2.0] with [(x.sin(), x.exp(), 2.5)]

    /// Remainder of division rounded down, `x − divisor·floor(x/divisor)`, with the sign of `divisor`; derivatives 1
    /// and `−floor(x/divisor)`. Source: `torch.remainder`.
    remainder / try_remainder(x, divisor: Number) {
        let rest = x.fmod(divisor);
        let differ = x.lit(0.0).gt(rest.sign() * divisor.sign());
        Self::select(differ, rest + divisor, rest)
    } [-5.5, 3.3] with [(x.lit(2.0)), (x.lit(-1.7)), (x.cos())]

    /// Quotient rounded down to a whole number, that of the exact quotient; derivatives 0. Source:
    /// `torch.floor_divide`.
    floor_divide / try_floor_divide(x, divisor: Number) {
        let rest = x.fmod(divisor);
        let differ = x.lit(0.0).gt(rest.sign() * divisor.sign());
        let whole = (x - rest) / divisor - Self::select(differ, x.lit(1.0), x.lit(0.0));
        let quotient = x / divisor;
        let is_infinite = quotient.abs().eq(x.lit(f64::INFINITY));
        Self::select(is_infinite, quotient, whole).round()
    } [-5.5, 3.3] with [(x.lit(2.0)), (x.lit(-1.7)), (x.cos())]

    /// Quotient rounded towards 0 to a whole number; derivatives 0. Source: `torch.div`.
    trunc_divide / try_trunc_divide(x, divisor: Number) {
        (x / divisor).trunc()
    } [-5.5, 3.3] with [(x.lit(2.0)), (x.lit(-1.7)), (x.cos())]

    /// `x` rounded to so many decimals, to the even one of two that are equally near; the derivative is 0. Source:
    /// `torch.round`.
    round_to / try_round_to(x, decimals: i32) {
        let power = x.lit(10f64.powi(decimals.abs()));
        if decimals < 0 { (x / power).round() * power } else { (x * power).round() / power }
    } [-1.3, 0.12, 2.2] with [(0), (-1)]
}

/// Whether the operands of a function composed of rows are floating-point numbers that go together.
fn suit<'g, const N: usize>(op: &str, operands: [Option<Expr<'g>>; N]) -> Result<(), Error> {
    let operands: SmallVec<[Expr<'g>; 4]> = operands.into_iter().flatten().collect();
    operands[0].require_float_for(op)?;
    common_shape(op, &operands).map(|_| ())
}

pub(crate) use composed;
