//! Trigonometric functions, in double precision for all types: `x = n·π/2 + r`, then polynomials in `r`, after
//! `e_rem_pio2.c`, `k_sin.c` and `k_cos.c` of fdlibm.

use retrograd_core::DType;

use crate::kernels::number::{Arithmetic, FloatBits, lit, polynomial, select};

/// Up to here `n·π/2` is exact in its leading parts; larger angles are left to the standard library.
pub(super) const LARGEST_ANGLE: f64 = 1_048_576.0;

/// Up to here an angle is less than half of a quarter turn, of which none is taken off it.
pub(super) const SMALL_ANGLE: f64 = 0.785;

/// `π/2` in three parts; products of the first two with whole numbers below `2²⁰` are exact.
const HALF_PI: [f64; 3] =
    [1.570_796_326_734_125_6, 6.077_100_506_303_966e-11, 2.022_266_248_795_951e-21];

/// Of `(sin r/r − 1)/r²` in powers of `r²`, for `|r| ≤ π/4`.
const SIN: [f64; 6] = [
    -0.1666666666666663,
    0.008333333333321917,
    -0.00019841269829457567,
    2.7557313582126127e-06,
    -2.5050742321504786e-08,
    1.589594467996795e-10,
];

/// Of `(cos r − 1 + r²/2)/r⁴` in powers of `r²`, for `|r| ≤ π/4`.
const COS: [f64; 6] = [
    0.041666666666666595,
    -0.001388888888887335,
    2.4801587289010695e-05,
    -2.7557314220120393e-07,
    2.0875705869130103e-09,
    -1.1358775672786261e-11,
];

/// Of `(sin r/r − 1)/r²`, enough for single precision.
const SIN_SINGLE: [f64; 4] =
    [-0.16666666640766062, 0.008333329302032158, -0.00019839311512246836, 2.718115233511286e-06];

/// Of `(cos r − 1)/r²`, enough for single precision.
const COS_SINGLE: [f64; 5] = [
    -0.5,
    0.04166666661945126,
    -0.0013888883497384537,
    2.479945960902785e-05,
    -2.7205719350454317e-07,
];

/// The sine and cosine of `r + rest`, where the rest is at most `2⁻⁴⁸`.
#[inline(always)]
fn near_zero<A: Arithmetic>(r: f64, rest: f64) -> (f64, f64) {
    let z = r * r;
    let slope = A::mul_add(z, A::mul_add(z, 1.0 / 24.0, -0.5), 1.0);
    let sin_tail = A::mul_add(r * z, polynomial::<f64, A>(z, &SIN), rest * slope);
    let half = 0.5 * z;
    let most = 1.0 - half;
    let cos_slope = r * A::mul_add(z, 1.0 / 6.0, -1.0);
    let cos_tail = A::mul_add(z * z, polynomial::<f64, A>(z, &COS), rest * cos_slope);
    (r + sin_tail, most + (((1.0 - most) - half) + cos_tail))
}

/// The same of `r`, enough for single precision: shorter polynomials, and nothing put back.
#[inline(always)]
fn near_zero_single<A: Arithmetic>(r: f64) -> (f64, f64) {
    let z = r * r;
    let sin = A::mul_add(r * z, polynomial::<f64, A>(z, &SIN_SINGLE), r);
    let cos = A::mul_add(z, polynomial::<f64, A>(z, &COS_SINGLE), 1.0);
    (sin, cos)
}

/// The sine and cosine of an angle up to [`SMALL_ANGLE`].
#[inline(always)]
fn small_sin_cos<F: FloatBits, A: Arithmetic>(x: F) -> (f64, f64) {
    match F::DTYPE {
        DType::F32 => near_zero_single::<A>(x.widen()),
        DType::F64 => near_zero::<A>(x.widen(), 0.0),
        DType::I64 | DType::Bool => unreachable!("angles are floats"),
    }
}

/// The sine and cosine of what is left of an angle, and the number of quarter turns (shifted) that were taken off it.
#[inline(always)]
fn sin_cos<F: FloatBits, A: Arithmetic>(x: F) -> (f64, f64, f64) {
    let x = x.widen();
    let shifted = A::mul_add(x, std::f64::consts::FRAC_2_PI, f64::SHIFT);
    let n = shifted - f64::SHIFT;
    let first = A::mul_add(n, -HALF_PI[0], x);
    let (sin, cos) = match F::DTYPE {
        DType::F32 => near_zero_single::<A>(A::mul_add(n, -HALF_PI[1], first)),
        DType::F64 => {
            let product = n * HALF_PI[1];
            let r = first - product;
            near_zero::<A>(r, A::mul_add(n, -HALF_PI[2], (first - r) - product))
        }
        DType::I64 | DType::Bool => unreachable!("angles are floats"),
    };
    (sin, cos, shifted)
}

/// `sin x`.
#[inline(always)]
pub(super) fn sin<F: FloatBits, A: Arithmetic>(x: F) -> F {
    let (sin, cos, shifted) = sin_cos::<F, A>(x);
    let y = select(f64::is_odd(shifted), cos, sin).negated_by_half_turn(shifted);
    select(x == lit(0.0), x, F::narrow(y))
}

/// `sin x` of a small angle.
#[inline(always)]
pub(super) fn small_sin<F: FloatBits, A: Arithmetic>(x: F) -> F {
    select(x == lit(0.0), x, F::narrow(small_sin_cos::<F, A>(x).0))
}

/// `cos x`, a quarter turn ahead of the sine.
#[inline(always)]
pub(super) fn cos<F: FloatBits, A: Arithmetic>(x: F) -> F {
    let (sin, cos, shifted) = sin_cos::<F, A>(x);
    F::narrow(select(f64::is_odd(shifted), sin, cos).negated_by_half_turn(shifted + 1.0))
}

/// `cos x` of a small angle.
#[inline(always)]
pub(super) fn small_cos<F: FloatBits, A: Arithmetic>(x: F) -> F {
    F::narrow(small_sin_cos::<F, A>(x).1)
}

/// `tan x`.
#[inline(always)]
pub(super) fn tan<F: FloatBits, A: Arithmetic>(x: F) -> F {
    let (sin, cos, shifted) = sin_cos::<F, A>(x);
    let is_odd = f64::is_odd(shifted);
    let y = select(is_odd, -cos, sin) / select(is_odd, sin, cos);
    select(x == lit(0.0), x, F::narrow(y))
}

/// `tan x` of a small angle.
#[inline(always)]
pub(super) fn small_tan<F: FloatBits, A: Arithmetic>(x: F) -> F {
    let (sin, cos) = small_sin_cos::<F, A>(x);
    select(x == lit(0.0), x, F::narrow(sin / cos))
}
