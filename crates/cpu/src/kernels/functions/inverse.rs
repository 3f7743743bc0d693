//! Inverse trigonometric functions and `artanh`, in double precision for all types.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};

use super::logarithm::log1p;
use crate::kernels::number::{Arithmetic, polynomial, select};

/// The rest of `π/2` that rounding has lost.
const HALF_PI_REST: f64 = 6.123_233_995_736_766e-17;

/// Of `(arctan x/x − 1)/x²` in powers of `x²`, for `|x| ≤ tan(π/8)`.
const ATAN: [f64; 12] = [
    -0.33333333333333326,
    0.1999999999999724,
    -0.14285714285344767,
    0.11111111085921582,
    -0.09090908074413831,
    0.0769228136495295,
    -0.06666208381933479,
    0.05876859166248117,
    -0.052174487651714674,
    0.04499973192203873,
    -0.03339729919938443,
    0.015122102453885662,
];

/// Of `(arcsin x/x − 1)/x²` in powers of `x²`, for `|x| ≤ 1/2`.
const ASIN: [f64; 13] = [
    0.16666666666666763,
    0.07499999999970122,
    0.04464285717526649,
    0.030381942676115478,
    0.022372215884270116,
    0.01735159586487232,
    0.013981014375485027,
    0.011397325705814728,
    0.010789144540528393,
    0.003672831306066203,
    0.021789119451848447,
    -0.021114613553425848,
    0.032700876541661705,
];

/// `arctan x`, of `−1/x` or `(x − 1)/(x + 1)` for larger `x`.
#[inline(always)]
pub(super) fn atan<A: Arithmetic>(x: f64) -> f64 {
    let (tan_1, tan_3) = (std::f64::consts::SQRT_2 - 1.0, std::f64::consts::SQRT_2 + 1.0);
    let magnitude = x.abs();
    let (is_large, is_middle) = (magnitude > tan_3, magnitude > tan_1);
    let over = select(is_large, -1.0, select(is_middle, magnitude - 1.0, magnitude));
    let under = select(is_large, magnitude, select(is_middle, magnitude + 1.0, 1.0));
    let base = select(is_large, FRAC_PI_2, select(is_middle, FRAC_PI_4, 0.0));
    let rest = select(is_large, HALF_PI_REST, select(is_middle, 0.5 * HALF_PI_REST, 0.0));
    let t = over / under;
    let z = t * t;
    let tail = A::mul_add(t * z, polynomial::<f64, A>(z, &ATAN), rest);
    (base + (t + tail)).copysign(x)
}

/// `arcsin x` for `0 ≤ x ≤ 1/2`, or `arcsin √((1 − x)/2)` beyond, and whether `x` is beyond.
#[inline(always)]
fn asin_of_half<A: Arithmetic>(magnitude: f64) -> (f64, bool) {
    let is_large = magnitude > 0.5;
    let z = select(is_large, 0.5 * (1.0 - magnitude), magnitude * magnitude);
    let s = select(is_large, z.sqrt(), magnitude);
    (A::mul_add(s * z, polynomial::<f64, A>(z, &ASIN), s), is_large)
}

/// `arcsin x`, near 1 as `π/2 − 2·arcsin √((1 − x)/2)`.
#[inline(always)]
pub(super) fn asin<A: Arithmetic>(x: f64) -> f64 {
    let (p, is_large) = asin_of_half::<A>(x.abs());
    select(is_large, FRAC_PI_2 - (2.0 * p - HALF_PI_REST), p).copysign(x)
}

/// `arccos x`.
#[inline(always)]
pub(super) fn acos<A: Arithmetic>(x: f64) -> f64 {
    let (p, is_large) = asin_of_half::<A>(x.abs());
    let far = select(x < 0.0, 2.0 * (FRAC_PI_2 - (p - HALF_PI_REST)), 2.0 * p);
    select(is_large, far, FRAC_PI_2 - (p.copysign(x) - HALF_PI_REST))
}

/// `artanh x = ½ ln((1 + x)/(1 − x))`.
#[inline(always)]
pub(super) fn atanh<A: Arithmetic>(x: f64) -> f64 {
    let magnitude = x.abs();
    (0.5 * log1p::<f64, A>((magnitude + magnitude) / (1.0 - magnitude))).copysign(x)
}
