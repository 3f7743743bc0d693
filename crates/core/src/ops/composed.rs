//! Functions written in terms of the tables' rows: their derivatives follow, at every order.

use crate::{expr::Expr, real::Real};

/// A function written in terms of the tables' rows, with what it takes to check it.
#[derive(Clone, Copy, Debug)]
pub struct Composed {
    /// The name: of the method of [`Real`] and of [`Expr`].
    pub name: &'static str,
    /// Points away from kinks, where the derivatives are checked.
    pub points: &'static [f64],
    /// The function with each choice of its arguments that is checked.
    pub calls: &'static [Call],
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
pub struct Call {
    /// The arguments after the number, as they are written.
    pub arguments: &'static str,
    /// The value at a number.
    pub value: fn(f64) -> f64,
    /// The same, recorded.
    pub expr: for<'g> fn(Expr<'g>) -> Expr<'g>,
}

/// Makes, from one definition over [`Real`], a method of every number type, a method of expressions, and a row of
/// [`COMPOSED`].
///
/// A row reads: documentation, name and arguments, body, points where it is checked, and the arguments that it is
/// checked with, which may depend on the number itself.
macro_rules! composed {
    ($( $(#[$doc:meta])* $name:ident($x:ident $(, $arg:ident: $type:ident)*) $body:block
        [$($point:expr),*] with [$( ($($sample:expr),*) ),+] )*) => {
        impl<'g> Expr<'g> {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $name(self $(, $arg: composed!(@type $type Self))*) -> Self {
                    <Self as Real>::$name(self $(, $arg)*)
                }
            )*
        }

        /// One provided method of [`Real`] for each composed function.
        macro_rules! composed_methods {
            () => {
                $(
                    $(#[$doc])*
                    #[track_caller]
                    fn $name(self $(, $arg: $crate::ops::composed!(@type $type Self))*) -> Self {
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
            points: &[$($point),*],
            calls: &[$({
                fn call<R: Real>($x: R) -> R {
                    R::$name($x $(, $sample)*)
                }
                Call { arguments: stringify!($($sample),*), value: |x| call(x), expr: |x| call(x) }
            }),+],
        } ),*];
    };
    (@type Number $Self:ident) => { $Self };
    (@type $type:ident $Self:ident) => { $type };
}

composed! {
    /// Integer power `y = xⁿ`; `y' = n·xⁿ⁻¹`.
    powi(x, n: i32) {
        match n {
            0 => x.lit(1.0),
            1 => x,
            2 => x.square(),
            _ => x.pow(x.lit(f64::from(n))),
        }
    } [-1.5, 0.5, 2.0] with [(0), (1), (2), (3), (-2)]

    /// Power with a constant exponent, `y = xᵖ`; `y' = p·xᵖ⁻¹`.
    powf(x, p: f64) { x.pow(x.lit(p)) } [0.5, 1.0, 2.0] with [(2.5), (-0.5)]

    /// Leaky rectified linear unit: `x` where `x > 0`, else `slope·x`; the derivative at 0 is `slope`.
    leaky_relu(x, slope: f64) { x.prelu(x.lit(slope)) } [-2.0, 0.3, 2.0] with [(0.01)]

    /// Parametric rectified linear unit: `x` where `x > 0`, else `slope·x`, with a slope that can be learned
    /// (He et al. 2015, arXiv:1502.01852); the derivative at 0 is `slope`.
    prelu(x, slope: Number) {
        Self::select(x.gt(x.lit(0.0)), x, slope * x)
    } [-2.0, 0.3, 2.0] with [(x.lit(0.2)), (x.cos())]

    /// Exponential linear unit: `x` where `x > 0`, else `α(eˣ − 1)` (Clevert et al. 2015, arXiv:1511.07289);
    /// the derivative at 0 is `α`.
    elu(x, alpha: f64) {
        let is_positive = x.gt(x.lit(0.0));
        let negative = Self::select(is_positive, x.lit(0.0), x);
        Self::select(is_positive, x, x.lit(alpha) * negative.expm1())
    } [-2.0, 0.3, 2.0] with [(1.0), (0.5)]

    /// Scaled exponential linear unit: `λ·elu(x, α)` with `λ = 1.0507009873554805`, `α = 1.6732632423543772`
    /// (Klambauer et al. 2017, arXiv:1706.02515).
    selu(x) {
        let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        x.lit(scale) * x.elu(alpha)
    } [-2.0, 0.3, 2.0] with [()]

    /// Sigmoid linear unit, or swish: `x·σ(x)` (Ramachandran et al. 2017, arXiv:1710.05941).
    silu(x) { x * x.sigmoid() } [-2.0, 0.0, 2.0] with [()]

    /// Gaussian error linear unit `x·Φ(x) = x/2·(1 + erf(x/√2))` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    gelu(x) {
        let cdf = x.lit(0.5) * (x.lit(1.0) + (x * x.lit(std::f64::consts::FRAC_1_SQRT_2)).erf());
        x * cdf
    } [-2.0, 0.0, 2.0] with [()]

    /// The tanh approximation of [`gelu`](Self::gelu): `x/2·(1 + tanh(√(2/π)(x + 0.044715x³)))`.
    gelu_tanh(x) {
        let sqrt_2_over_pi = 0.797_884_560_802_865_4;
        let inner = x.lit(sqrt_2_over_pi) * (x + x.lit(0.044_715) * x * x.square());
        x.lit(0.5) * x * (x.lit(1.0) + inner.tanh())
    } [-2.0, 0.0, 2.0] with [()]
}

pub(crate) use composed;
