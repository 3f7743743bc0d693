//! The error function and its complement: a polynomial near 0, `e^{−x²}` times a polynomial elsewhere.

use super::exponential::{Exponential, exp_of_sum};
use crate::kernels::number::{Arithmetic, lit, polynomial, select};

/// Coefficients for each type.
pub(super) trait ErrorFunction: Exponential {
    /// Of `erf x/x − 1` in powers of `x²`, for `|x| ≤ 1`.
    const ERF: &'static [Self];
    /// Of `(x + 2)·e^{x²}·erfc x` in powers of `(x − 2)/(x + 2)`, for `x` from 0.4 to where `erfc` is 0.
    /// The first coefficient is apart, in two parts.
    const ERFC: &'static [Self];
    const ERFC_AT_2: [Self; 2];
    /// From where on `erfc` is 0.
    const ERFC_END: Self;
}

impl ErrorFunction for f32 {
    const ERF: &'static [f32] = &[
        0.12837917,
        -0.37612626,
        0.112835824,
        -0.026853641,
        0.005187954,
        -0.00080066605,
        7.8416524e-05,
    ];
    const ERFC: &'static [f32] = &[
        -0.68716073,
        0.27947116,
        -0.03644047,
        -0.021496622,
        0.006463247,
        0.0030156325,
        -0.0007892467,
        -0.0004949862,
    ];
    const ERFC_AT_2: [f32; 2] = [1.0215827, -7.535416e-09];
    const ERFC_END: f32 = 10.1;
}

impl ErrorFunction for f64 {
    const ERF: &'static [f64] = &[
        0.12837916709551256,
        -0.37612638903183454,
        0.11283791670942438,
        -0.026866170642898035,
        0.005223977604674602,
        -0.0008548325869722467,
        0.0001205529199817156,
        -1.4924684888290054e-05,
        1.6446821174088312e-06,
        -1.620410659191095e-07,
        1.3702032796192421e-08,
        -7.763695619893396e-10,
    ];
    const ERFC: &'static [f64] = &[
        -0.6871606844138092,
        0.27947209255602506,
        -0.036442231507060635,
        -0.021510661887347203,
        0.006479185074331312,
        0.00309061199889057,
        -0.0008372961653969685,
        -0.0006630726344143934,
        3.437222176427021e-05,
        0.00014446345479952126,
        3.414620004413386e-05,
        -2.165860891962783e-05,
        -1.612113953139182e-05,
        -1.2474958546866127e-06,
        3.6777670663513386e-06,
        2.247368590487931e-06,
        -1.1432880042718388e-07,
        -8.625617319375633e-07,
        -1.5124380242384435e-07,
        1.805751139932911e-07,
        3.0903231915821455e-09,
    ];
    const ERFC_AT_2: [f64; 2] = [1.021582705242023, 5.1202202859195576e-17];
    const ERFC_END: f64 = 27.3;
}

/// `erf x` for `|x| ≤ 1`.
#[inline(always)]
fn erf_near_zero<F: ErrorFunction, A: Arithmetic>(x: F) -> F {
    A::mul_add(x, polynomial::<F, A>(x * x, F::ERF), x)
}

/// `erfc x` for `x ≥ 0.4`.
#[inline(always)]
fn erfc_far<F: ErrorFunction, A: Arithmetic>(x: F) -> F {
    let x = select(x > F::ERFC_END, F::ERFC_END, x);
    let two: F = lit(2.0);
    let under = x + two;
    let under_rest = x - (under - two);
    let inverse = lit::<F>(1.0) / under;
    let u = (x - two) * inverse;
    let tail = A::mul_add(u, polynomial::<F, A>(u, F::ERFC), F::ERFC_AT_2[1]);
    let p = F::ERFC_AT_2[0] + tail;
    let p_rest = tail - (p - F::ERFC_AT_2[0]);
    // p/(x + 2), with one step of Newton's method that takes back what sums and quotient have lost.
    let quotient = p * inverse;
    let product = quotient * under;
    let product_rest = A::product_rest(quotient, under, product);
    let remainder = ((p - product) - product_rest) + (p_rest - quotient * under_rest);
    let scaled = A::mul_add(remainder, inverse, quotient);
    let square = x * x;
    exp_of_sum::<F, A>(-square, -A::product_rest(x, x, square), scaled)
}

/// `e^{−x²}`, with the rounding of the square put back, unless the square is so large that the result is 0.
#[inline(always)]
pub(super) fn gaussian<F: ErrorFunction, A: Arithmetic>(x: F) -> F {
    let (square, largest) = (x * x, -F::EXP_RANGE[0]);
    let rest = A::product_rest(x, x, square);
    let is_large = square > largest;
    exp_of_sum::<F, A>(
        -select(is_large, largest, square),
        -select(is_large, lit(0.0), rest),
        lit(1.0),
    )
}

/// `erf x`.
#[inline(always)]
pub(super) fn erf<F: ErrorFunction, A: Arithmetic>(x: F) -> F {
    let magnitude = x.abs();
    let far = (lit::<F>(1.0) - erfc_far::<F, A>(magnitude)).with_sign_of(x);
    select(magnitude < lit(1.0), erf_near_zero::<F, A>(x), far)
}

/// `1 − erf x`.
#[inline(always)]
pub(super) fn erfc<F: ErrorFunction, A: Arithmetic>(x: F) -> F {
    let magnitude = x.abs();
    let right = erfc_far::<F, A>(magnitude);
    let far = select(x < lit(0.0), lit::<F>(2.0) - right, right);
    select(magnitude < lit(0.5), lit::<F>(1.0) - erf_near_zero::<F, A>(x), far)
}
