//! Functions written in terms of the tables' rows: their derivatives follow, at every order.

use crate::{expr::Expr, real::Real};

/// Makes, from one definition over [`Real`], a method of every number type and a method of expressions.
macro_rules! composed {
    ($( $(#[$doc:meta])* $name:ident($x:ident $(, $arg:ident: $type:ident)*) $body:block [$($point:expr),*] )*) => {
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

        /// Names of the composed functions, and points away from kinks where they are checked.
        pub const COMPOSED: &[(&str, &[f64])] = &[$((stringify!($name), &[$($point),*])),*];
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
    } [-1.5, 0.5, 2.0]

    /// Power with a constant exponent, `y = xᵖ`; `y' = p·xᵖ⁻¹`.
    powf(x, p: f64) { x.pow(x.lit(p)) } [0.5, 1.0, 2.0]

    /// Leaky rectified linear unit: `x` where `x > 0`, else `slope·x`; the derivative at 0 is `slope`.
    leaky_relu(x, slope: f64) { x.prelu(x.lit(slope)) } [-2.0, 0.3, 2.0]

    /// Parametric rectified linear unit: `x` where `x > 0`, else `slope·x`, with a slope that can be learned
    /// (He et al. 2015, arXiv:1502.01852); the derivative at 0 is `slope`.
    prelu(x, slope: Number) { Self::select(x.gt(x.lit(0.0)), x, slope * x) } [-2.0, 0.3, 2.0]

    /// Exponential linear unit: `x` where `x > 0`, else `α(eˣ − 1)` (Clevert et al. 2015, arXiv:1511.07289);
    /// the derivative at 0 is `α`.
    elu(x, alpha: f64) {
        let is_positive = x.gt(x.lit(0.0));
        let negative = Self::select(is_positive, x.lit(0.0), x);
        Self::select(is_positive, x, x.lit(alpha) * negative.expm1())
    } [-2.0, 0.3, 2.0]

    /// Scaled exponential linear unit: `λ·elu(x, α)` with `λ = 1.0507009873554805`, `α = 1.6732632423543772`
    /// (Klambauer et al. 2017, arXiv:1706.02515).
    selu(x) {
        let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
        x.lit(scale) * x.elu(alpha)
    } [-2.0, 0.3, 2.0]

    /// Sigmoid linear unit, or swish: `x·σ(x)` (Ramachandran et al. 2017, arXiv:1710.05941).
    silu(x) { x * x.sigmoid() } [-2.0, 0.0, 2.0]

    /// Gaussian error linear unit `x·Φ(x) = x/2·(1 + erf(x/√2))` (Hendrycks & Gimpel 2016, arXiv:1606.08415).
    gelu(x) {
        let cdf = x.lit(0.5) * (x.lit(1.0) + (x * x.lit(std::f64::consts::FRAC_1_SQRT_2)).erf());
        x * cdf
    } [-2.0, 0.0, 2.0]

    /// The tanh approximation of [`gelu`](Self::gelu): `x/2·(1 + tanh(√(2/π)(x + 0.044715x³)))`.
    gelu_tanh(x) {
        let sqrt_2_over_pi = 0.797_884_560_802_865_4;
        let inner = x.lit(sqrt_2_over_pi) * (x + x.lit(0.044_715) * x * x.square());
        x.lit(0.5) * x * (x.lit(1.0) + inner.tanh())
    } [-2.0, 0.0, 2.0]
}

pub(crate) use composed;
