//! Functions over `num_traits::Float`, run with every number type.

use std::num::FpCategory;

use num_traits::{Float, FloatConst, FromPrimitive, NumCast, One, Signed, ToPrimitive, Zero};
use retrograd::scalar::{
    Dual, Frozen, Number, ReplayError, Series, Tape, Traced, Var, derivative, gradient, hessian,
    hessian_vector, taylor,
};

/// A function with all number types.
struct Function {
    name: &'static str,
    value: fn(f64) -> f64,
    single: fn(f32) -> f32,
    dual: fn(Dual) -> Dual,
    single_dual: fn(Dual<f32>) -> Dual<f32>,
    var: for<'t> fn(Var<'t>) -> Var<'t>,
    series: fn(Series<f64, 2>) -> Series<f64, 2>,
    traced: for<'g> fn(Traced<'g>) -> Traced<'g>,
    points: &'static [f64],
}

macro_rules! functions {
    ($($name:ident: |$x:ident| $body:expr, [$($point:expr),*];)*) => {
        [$({
            fn $name<T: Float + FloatConst>($x: T) -> T {
                $body
            }
            Function {
                name: stringify!($name),
                value: $name,
                single: $name,
                dual: $name,
                single_dual: $name,
                var: |x| $name(x),
                series: $name,
                traced: |x| $name(x),
                points: &[$($point),*],
            }
        }),*]
    };
}

fn number<T: NumCast>(x: f64) -> T {
    NumCast::from(x).expect("a float holds any number")
}

/// Away from jumps and kinks.
fn functions() -> impl IntoIterator<Item = Function> {
    functions! {
        floor: |x| x.floor() + x * x, [-1.7, 0.3, 2.5];
        ceil: |x| x.ceil() * x, [-1.7, 0.3, 2.5];
        round: |x| x.round() * x, [-1.7, -0.4, 0.3, 2.4, 2.6];
        trunc: |x| x.trunc() * x, [-1.7, 0.3, 2.5];
        fract: |x| x.fract() * x, [-1.7, 0.3, 2.5];
        abs: |x| x.abs() * x, [-1.7, 0.3];
        signum: |x| x.signum() * x, [-1.7, 0.3];
        sign: |x| if x.is_sign_negative() { -x } else { x * x }, [-1.7, 0.3];
        mul_add: |x| x.mul_add(number(3.0), x), [-1.7, 0.3];
        recip: |x| x.recip(), [-1.7, 0.3];
        powi: |x| x.powi(3) + x.powi(-2), [-1.7, 0.3];
        powf: |x| x.powf(number(1.7)) + number::<T>(1.7).powf(x), [1.7, 0.3];
        sqrt: |x| x.sqrt(), [1.7, 0.3];
        exp: |x| x.exp() + x.exp2() + x.exp_m1(), [-1.7, 0.3];
        ln: |x| x.ln() + x.log2() + x.log10() + x.ln_1p(), [1.7, 0.3];
        log: |x| x.log(number(3.0)) + number::<T>(3.0).log(x), [1.7, 0.3];
        max: |x| x.max(number(0.5)) * x, [-1.7, 0.3, 0.8];
        min: |x| x.min(number(0.5)) * x, [-1.7, 0.3, 0.8];
        nan: |x| T::nan().max(x) * T::nan().min(x), [-1.7, 0.3];
        clamp: |x| x.clamp(number(-1.0), number(0.5)) * x, [-1.7, 0.3, 0.8];
        cbrt: |x| x.cbrt(), [-1.7, 0.3];
        hypot: |x| x.hypot(number(-0.7)), [-1.7, 0.3];
        sin: |x| x.sin() + x.cos() * x.tan(), [-1.2, 0.3];
        sin_cos: |x| { let (s, c) = x.sin_cos(); s - c * x }, [-1.2, 0.3];
        asin: |x| x.asin() + x.acos() * x + x.atan(), [-0.7, 0.3];
        atan2: |x| x.atan2(number(-0.4)) + number::<T>(-0.4).atan2(x), [-1.7, 0.3];
        sinh: |x| x.sinh() + x.cosh() * x.tanh(), [-1.2, 0.3];
        asinh: |x| x.asinh() + x.atanh(), [-0.7, 0.3];
        acosh: |x| x.acosh(), [1.7, 3.0];
        degrees: |x| x.to_degrees() + x.sin().to_radians(), [-1.7, 0.3];
        copysign: |x| x.copysign(number(-0.0)) + x.copysign(x * x), [-1.7, 0.3];
        rem: |x| (x * x) % number(0.75) + number::<T>(7.0) % x, [-1.7, 0.3, 1.6];
        constants: |x| x * T::PI() + T::E().powf(x) * T::LN_2() - T::TAU() + T::SQRT_2() * x, [-1.7, 0.3];
        branches: |x| if x.is_nan() || x > T::max_value() || x.is_infinite() { x } else { x * x }, [-1.7, 0.3];
    }
}

#[track_caller]
fn assert_close(name: &str, x: f64, got: f64, expected: f64, tolerance: f64) {
    let is_close = (got - expected).abs() <= tolerance * expected.abs().max(1.0);
    assert!(is_close, "{name} at {x}: {got} is not {expected}");
}

#[test]
fn functions_have_values_and_derivatives_with_every_number_type() {
    for f in functions() {
        for &x in f.points {
            let value = (f.value)(x);
            let slope = ((f.value)(x + 1e-6) - (f.value)(x - 1e-6)) / 2e-6;
            let close =
                |got: f64, expected: f64| assert_close(f.name, x, got, expected, 1e-15 * 4.0);
            let dual = (f.dual)(Dual::variable(x));
            close(dual.value, value);
            assert_close(f.name, x, dual.tangents[0], slope, 1e-7);
            close(gradient(|x| (f.var)(x[0]), &[x])[0], dual.tangents[0]);
            close(taylor(f.series, x)[1], dual.tangents[0]);

            let frozen = Frozen::record(|x| (f.traced)(x[0]), &[x]);
            let by_x = frozen.y().grad(&[frozen.x()])[0].value();
            close(frozen.y().value().item(), value);
            close(by_x.to_vec::<f64>()[0], dual.tangents[0]);

            let single = (f.single_dual)(Dual::variable(x as f32));
            assert_close(f.name, x, single.value.into(), (f.single)(x as f32).into(), 4e-7);
            assert_close(f.name, x, single.tangents[0].into(), dual.tangents[0], 1e-4);
        }
    }
}

/// The kind of a number, by all methods that tell it.
fn kind<T: Float>(x: T) -> (FpCategory, [bool; 7]) {
    let is = [
        x.is_nan(),
        x.is_infinite(),
        x.is_finite(),
        x.is_normal(),
        x.is_subnormal(),
        x.is_sign_negative(),
        x.is_sign_positive(),
    ];
    (x.classify(), is)
}

#[test]
fn numbers_are_of_the_kind_of_their_values() {
    let tiny = [f64::MIN_POSITIVE, f64::MIN_POSITIVE / 2.0, -5e-324, 0.0, -0.0];
    let large = [f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -1.0];
    for x in tiny.into_iter().chain(large) {
        assert_eq!(kind(Dual::variable(x)), kind(x), "{x}");
        assert_eq!(kind(Series::<f64, 3>::variable(x)), kind(x), "{x}");
        Tape::new().record(|t| assert_eq!(kind(t.variable(x)), kind(x), "{x}"));
        let expected = kind(x);
        Frozen::record(
            |x| {
                assert_eq!(kind(x[0]), expected);
                x[0]
            },
            &[x],
        );
        let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
        let [signum, round] =
            [Float::signum, Float::round].map(|f: fn(Dual) -> Dual| f(Dual::variable(x)));
        assert_eq!(bits(signum.value), bits(x.signum()), "{x}");
        assert_eq!(bits(round.value), bits(x.round()), "{x}");
    }
    for x in [0.5, -0.5, 1.5, 2.5, -2.5, 0.49999999999999994, 4503599627370497.0] {
        assert_eq!(Float::round(Dual::variable(x)).value, x.round());
    }
    assert_eq!(<Dual<f32> as Float>::epsilon().value, f32::EPSILON);
    assert_eq!(<Dual as Float>::max_value().value, f64::MAX);
}

#[test]
fn comparisons_and_zeros_look_at_values() {
    let zero = Dual::new(0.0, [3.0]);
    assert!(Zero::is_zero(&zero) && zero == Dual::zero() && Dual::new(1.0, [3.0]).is_one());
    assert!(!Signed::is_negative(&zero) && Signed::is_positive(&zero));
    Tape::new().record(|t| {
        let x = t.variable(0.0);
        assert!(Zero::is_zero(&x) && x == Var::zero());
    });
    // At kinks: half of each of two that are equal, and the branch that is taken.
    let x = Dual::variable(2.0);
    assert_eq!(x.max(Dual::constant(2.0)).tangents, [0.5]);
    assert_eq!(Float::abs(Dual::variable(0.0)).tangents, [0.0]);
    assert_eq!(Float::copysign(Dual::variable(0.0), -x).tangents, [-1.0]);
    assert_eq!(Float::abs_sub(x, x).tangents, [0.0]);
    assert_eq!(Float::abs_sub(x, Dual::constant(1.0)).tangents, [1.0]);
}

#[test]
fn no_float_is_made_where_derivatives_would_be_lost() {
    let x = Dual::variable(2.5);
    assert_eq!((x.to_f64(), x.to_f32(), <f64 as NumCast>::from(x)), (None, None, None));
    assert_eq!((x.to_i32(), x.to_usize(), (-x).to_u8()), (Some(2), Some(2), None));
    assert_eq!(Dual::<f64>::nan().to_i64(), None);
    assert_eq!(Float::floor(x).to_f64(), Some(2.0));
    assert_eq!(<Dual as NumCast>::from(0.3).map(|x| (x.value, x.tangents)), Some((0.3, [0.0])));
    assert_eq!(Dual::<f64>::from_f64(0.3).and_then(|x| x.to_f64()), Some(0.3));
    assert_eq!(Float::integer_decode(Dual::<f64>::constant(0.3)), Float::integer_decode(0.3));
    Tape::new().record(|t| {
        let x = t.variable(2.5);
        assert_eq!((x.to_f64(), x.to_i64(), (x * 0.0 + 0.3).to_f64()), (None, Some(2), Some(0.3)));
    });
    // Of a constant that is a number with derivatives.
    assert_eq!(Dual::<Dual>::new(x, [Dual::zero()]).to_f64(), None);
    assert_eq!(Series::<f64, 3>::variable(1.0).to_f64(), None);
}

#[test]
#[should_panic(expected = "would lose its derivatives")]
fn whole_numbers_that_stand_for_all_digits_are_refused() {
    Float::integer_decode(Dual::variable(2.5));
}

#[test]
fn a_recorded_cast_is_a_branch() {
    /// A table with straight lines between its entries.
    fn interpolated<T: Float>(x: T) -> T {
        const TABLE: [f64; 4] = [0.0, 1.0, 4.0, 9.0];
        let k = x.to_usize().expect("the number is in the table").min(2);
        let part = x - number(k as f64);
        number::<T>(TABLE[k]) * (T::one() - part) + number::<T>(TABLE[k + 1]) * part
    }
    assert_eq!((interpolated(1.5), derivative(interpolated, 1.5)), (2.5, 3.0));
    let frozen = Frozen::record(|x| interpolated(x[0]), &[1.5]);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    replay.run(&[1.75]).unwrap();
    assert_eq!(replay.output(0), [interpolated(1.75)]);
    let error = replay.run(&[2.5]).unwrap_err();
    assert!(
        matches!(error, ReplayError::Changed { .. }) && error.to_string().contains(file!()),
        "{error}"
    );
}

#[test]
fn functions_in_pieces_are_recorded_with_all_of_them() {
    fn pieces<T: Float>(x: T) -> T {
        x.round() + number::<T>(10.0) * x.signum() + number::<T>(100.0) * x.abs_sub(T::one())
    }
    let frozen = Frozen::record(|x| pieces(x[0]), &[0.25]);
    assert_eq!(frozen.n_decisions(), 0);
    let mut replay = frozen.compile(&[frozen.y()]).unwrap();
    for x in [1.75, -0.75, 0.0, -0.0, 0.5, -2.5, f64::INFINITY] {
        replay.run(&[x]).unwrap();
        assert_eq!(replay.output(0), [pieces(x)], "{x}");
    }
}

/// The integral of a function by Simpson's rule, as a library would write it.
fn integral<T: Float>(f: impl Fn(T) -> T, from: T, to: T, n: usize) -> T {
    let h = (to - from) / number((2 * n) as f64);
    let weight = |k: usize| number::<T>([2.0, 4.0][k % 2]);
    let inner =
        (1..2 * n).fold(T::zero(), |sum, k| sum + weight(k) * f(from + h * number(k as f64)));
    (f(from) + inner + f(to)) * h / number(3.0)
}

#[test]
fn generic_algorithms_have_derivatives_of_both_orders() {
    // ∫₀ᵃ exp(b·t) dt = (exp(a·b) − 1)/b.
    fn f<T: Float>(x: &[T]) -> T {
        integral(|t| (x[1] * t).exp(), T::zero(), x[0], 200)
    }
    let (a, b) = (0.8, 1.3);
    let exp = (a * b).exp();
    let by_b = a * exp / b - (exp - 1.0) / (b * b);
    let slopes = gradient(|x| f(x), &[a, b]);
    assert_close("by a", a, slopes[0], exp, 1e-9);
    assert_close("by b", b, slopes[1], by_b, 1e-9);
    let rows = hessian(|x| f(x), &[a, b]);
    assert_close("by a twice", a, rows[0][0], b * exp, 1e-9);
    assert_close("by both", a, rows[0][1], a * exp, 1e-9);
    let product = hessian_vector(|x| f(x), &[a, b], &[0.0, 1.0]);
    assert_close("by both", a, product[0], rows[1][0], 1e-12);
    // And functions of the crate itself.
    assert_eq!(derivative(|x| num_traits::pow(x, 5), 2.0), 80.0);
    assert_eq!(
        gradient(|x| num_traits::clamp_min(x[0], Var::one()) * x[1], &[3.0, 2.0]),
        [2.0, 3.0]
    );
}

#[test]
#[should_panic(expected = "is lent to a scratch")]
fn variables_of_a_tape_that_is_lent_are_not_recorded() {
    Tape::new().record(|t| {
        let x = t.variables(&[1.0, 2.0, 3.0]);
        t.scratch(|_| x[0].mul_add(x[1], x[2]).value())
    });
}
