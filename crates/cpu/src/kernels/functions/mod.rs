//! Elementary functions as branch-free code on one number, in loops that compilers vectorize for each instruction set.
//!
//! Which rows of the table of unary functions have such code stands below, in one place. The others run by the loop that
//! core makes of their row, which is also what these are tested against.

mod circular;
mod error;
mod exponential;
mod inverse;
mod logarithm;
#[cfg(test)]
mod tests;

use retrograd_core::{Float, ops::Unary};

use self::{
    circular::{LARGEST_ANGLE, SMALL_ANGLE},
    exponential::limit_of_tanh,
};
use crate::kernels::{
    InstructionSet, compiled,
    instructions::IsaLevel,
    number::{Arithmetic, FloatBits, Fused, Separate, lit, select},
};

/// Loops run over a multiple of this many numbers, so that they have no remainder that is computed one by one.
const LANES: usize = 32;

/// Numbers that functions are applied to by the block. A value does not depend on its position.
pub(crate) trait Functions: Float {
    /// The values of a function at all of `x`.
    fn map(instructions: InstructionSet, op: Unary, x: &[Self], y: &mut [Self]);

    /// The values of `tanh` and of its derivative, as [`map`](Self::map) has them, from one exponential each.
    fn map_tanh_with_slope(
        instructions: InstructionSet,
        x: &[Self],
        y: &mut [Self],
        slope: &mut [Self],
    );

    /// The value of a function at one number: the same as among others.
    fn value(instructions: InstructionSet, op: Unary, x: Self) -> Self;
}

impl<F: Coefficients> Functions for F {
    fn map(instructions: InstructionSet, op: Unary, x: &[F], y: &mut [F]) {
        if !has_code(op) {
            return map_as_core(instructions, op, x, y);
        }
        in_lanes(x, [y], |x, [y]| map_whole(instructions, op, x, y));
    }

    fn map_tanh_with_slope(instructions: InstructionSet, x: &[F], y: &mut [F], slope: &mut [F]) {
        in_lanes(x, [y, slope], |x, [y, slope]| tanhs_with_slopes(instructions, x, y, slope));
    }

    #[inline(always)]
    fn value(instructions: InstructionSet, op: Unary, x: F) -> F {
        if has_code(op) { value_of_one(instructions, op, x) } else { op.value(x) }
    }
}

/// Has something computed for each of `x`, of which a multiple of [`LANES`] is given at a time.
fn in_lanes<F: FloatBits, const N: usize>(
    x: &[F],
    mut outputs: [&mut [F]; N],
    compute: impl Fn(&[F], [&mut [F]; N]),
) {
    let (x, x_rest) = x.split_at(x.len() - x.len() % LANES);
    if !x_rest.is_empty() {
        let (mut padded, mut rests) = ([F::ONE; LANES], [[F::ZERO; LANES]; N]);
        padded[..x_rest.len()].copy_from_slice(x_rest);
        compute(&padded, rests.each_mut().map(|rest| &mut rest[..]));
        for (y, rest) in outputs.iter_mut().zip(&rests) {
            y[x.len()..].copy_from_slice(&rest[..x_rest.len()]);
        }
    }
    if !x.is_empty() {
        compute(x, outputs.map(|y| &mut y[..x.len()]));
    }
}

compiled! {
    /// The values of a row without code here.
    fn map_as_core<F: Float>(op: Unary, x: &[F], y: &mut [F]) {
        op.map(x, y);
    }
}

compiled! {
    /// The values at a multiple of [`LANES`] numbers.
    fn map_whole<F: Coefficients, A>(op: Unary, x: &[F], y: &mut [F]) {
        map_row::<F, A>(op, x, y);
    }
}

compiled! {
    /// The values and derivatives of `tanh` at a multiple of [`LANES`] numbers.
    fn tanhs_with_slopes<F: Coefficients, A>(x: &[F], y: &mut [F], slope: &mut [F]) {
        let numbers = x.iter().zip(y).zip(slope);
        if are_within(x, limit_of_tanh()) {
            for ((&x, y), slope) in numbers {
                (*y, *slope) = exponential::moderate_tanh_with_slope::<F, A>(x);
            }
        } else {
            for ((&x, y), slope) in numbers {
                (*y, *slope) = exponential::tanh_with_slope::<F, A>(x);
            }
        }
    }
}

/// The value at one number.
fn value_of_one<F: Coefficients>(instructions: InstructionSet, op: Unary, x: F) -> F {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn with_fma<F: Coefficients>(op: Unary, x: F) -> F {
        value_of_row::<F, Fused>(op, x)
    }

    match instructions.level() {
        IsaLevel::Portable => value_of_row::<F, Separate>(op, x),
        #[cfg(target_arch = "x86_64")]
        // SAFETY: instruction sets exist only for what the processor has.
        IsaLevel::Avx2 | IsaLevel::Avx512 => unsafe { with_fma(op, x) },
    }
}

/// Numbers with coefficients for all families of functions.
trait Coefficients: exponential::Exponential + logarithm::Logarithm + error::ErrorFunction {}

impl<F: exponential::Exponential + logarithm::Logarithm + error::ErrorFunction> Coefficients for F {}

/// Makes [`map_row`] from the rows that have code here: those for each type, some of which have shorter code for moderate
/// numbers, with the same results, and those that are computed in double precision for all types, angles apart.
macro_rules! rows {
    (each type { $($Op:ident => $family:ident::$function:ident,)* }
        moderate { $($Limited:ident up to $limit:expr => $limited_family:ident::$limited:ident, $moderate:ident;)* }
        double { $($Double:ident => $double_family:ident::$double:ident,)* }
        angle { $($Angle:ident => $angle_family:ident::$angle:ident, $small:ident;)* }) => {
        /// The rows with code of their own.
        #[cfg(test)]
        const ROWS: &[Unary] = &[$(Unary::$Op,)* $(Unary::$Limited,)* $(Unary::$Double,)* $(Unary::$Angle,)*];

        /// Whether a row has code of its own.
        fn has_code(op: Unary) -> bool {
            matches!(op, $(Unary::$Op)|* $(| Unary::$Limited)* $(| Unary::$Double)* $(| Unary::$Angle)*)
        }

        /// The values of a row that has code here.
        #[inline(always)]
        fn map_row<F: Coefficients, A: Arithmetic>(op: Unary, x: &[F], y: &mut [F]) {
            $( if op == Unary::$Op {
                return each(x, y, $family::$function::<F, A>);
            } )*
            $( if op == Unary::$Limited {
                return match are_within(x, $limit) {
                    true => each(x, y, $limited_family::$moderate::<F, A>),
                    false => each(x, y, $limited_family::$limited::<F, A>),
                };
            } )*
            $( if op == Unary::$Double {
                return each(x, y, double::$Double::<F, A>);
            } )*
            $( if op == Unary::$Angle {
                if are_within(x, lit(SMALL_ANGLE)) {
                    return each(x, y, $angle_family::$small::<F, A>);
                }
                each(x, y, $angle_family::$angle::<F, A>);
                return replace_large_angles(op, x, y);
            } )*
            unreachable!("the row has no code here");
        }

        /// The value at one number of a row that has code here.
        #[inline(always)]
        fn value_of_row<F: Coefficients, A: Arithmetic>(op: Unary, x: F) -> F {
            match op {
                $( Unary::$Op => $family::$function::<F, A>(x), )*
                $( Unary::$Limited if x.abs() <= $limit => $limited_family::$moderate::<F, A>(x),
                Unary::$Limited => $limited_family::$limited::<F, A>(x), )*
                $( Unary::$Double => double::$Double::<F, A>(x), )*
                $( Unary::$Angle if x.abs() <= lit(SMALL_ANGLE) => $angle_family::$small::<F, A>(x),
                Unary::$Angle if is_large_angle(x) => op.value(x),
                Unary::$Angle => $angle_family::$angle::<F, A>(x), )*
                _ => unreachable!("the row has no code here"),
            }
        }

        /// The rows that are computed in double precision for each type. Functions rather than closures: those are sure to
        /// be inlined, and so compiled for the instruction set.
        #[expect(non_snake_case, reason = "they are called as their rows")]
        mod double {
            use super::*;

            $( #[inline(always)]
            pub fn $Double<F: FloatBits, A: Arithmetic>(x: F) -> F {
                F::narrow($double_family::$double::<A>(x.widen()))
            } )*
        }
    };
}

rows! {
    each type {
        Exp2 => exponential::exp2,
        Expm1 => exponential::expm1,
        Sinh => exponential::sinh,
        Cosh => exponential::cosh,
        Log => logarithm::log,
        Log2 => logarithm::log2,
        Log10 => logarithm::log10,
        Log1p => logarithm::log1p,
        Softplus => logarithm::softplus,
        LogSigmoid => logarithm::log_sigmoid,
        Erf => error::erf,
        Erfc => error::erfc,
        Gaussian => error::gaussian,
    }
    moderate {
        Exp up to F::MODERATE => exponential::exp, moderate_exp;
        Sigmoid up to F::MODERATE => exponential::sigmoid, moderate_sigmoid;
        Tanh up to limit_of_tanh() => exponential::tanh, moderate_tanh;
        SechSquared up to limit_of_tanh() => exponential::sech_squared, moderate_sech_squared;
    }
    double {
        Asin => inverse::asin,
        Acos => inverse::acos,
        Atan => inverse::atan,
        Atanh => inverse::atanh,
    }
    angle {
        Sin => circular::sin, small_sin;
        Cos => circular::cos, small_cos;
        Tan => circular::tan, small_tan;
    }
}

/// Whether no number has a larger magnitude than a limit; NaN does not count. Of a multiple of [`LANES`] numbers.
#[inline(always)]
fn are_within<F: FloatBits>(x: &[F], limit: F) -> bool {
    let mut largest = [F::ZERO; LANES];
    for group in x.as_chunks::<LANES>().0 {
        for (largest, x) in largest.iter_mut().zip(group) {
            *largest = select(x.abs() > *largest, x.abs(), *largest);
        }
    }
    largest.iter().fold(true, |all, &x| all & (x <= limit))
}

#[inline(always)]
fn each<F: Copy>(x: &[F], y: &mut [F], f: impl Fn(F) -> F) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// The values of core at angles that are too large for the code here.
#[inline(always)]
fn replace_large_angles<F: FloatBits>(op: Unary, x: &[F], y: &mut [F]) {
    if !x.iter().fold(false, |any, &x| any | is_large_angle(x)) {
        return;
    }
    for (y, &x) in y.iter_mut().zip(x).filter(|(_, x)| is_large_angle(**x)) {
        *y = op.value(x);
    }
}

#[inline(always)]
fn is_large_angle<F: FloatBits>(x: F) -> bool {
    x.widen().abs() > LARGEST_ANGLE
}
