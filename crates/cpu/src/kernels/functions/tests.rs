//! Every function against core's, on all instruction sets of the machine.

use retrograd_check::ulps;
use retrograd_core::Element;

use super::*;

/// Units in the last place that a function may be off by; `sech² x` squares what is off by one or two.
fn limit(op: Unary) -> f64 {
    if op == Unary::SechSquared { 5.0 } else { 3.0 }
}

/// Numbers at which something happens: signed zeros, ends of ranges, places where the code changes from one formula to
/// another, and where functions overflow.
const SPECIAL: &[f64] = &[
    0.0,
    f64::MIN_POSITIVE,
    1e-310,
    5e-324,
    1e-45,
    1e-40,
    1.1754943508222875e-38,
    1e-20,
    1e-8,
    0.17157,
    0.3465735902799727,
    0.41421356,
    0.5,
    0.55,
    std::f64::consts::FRAC_1_SQRT_2,
    1.0,
    1.0397207708399179,
    std::f64::consts::SQRT_2,
    2.0,
    2.4142135,
    4.0,
    9.1,
    10.05,
    10.1,
    17.5,
    20.0,
    26.5,
    27.2,
    27.3,
    38.0,
    40.0,
    88.722,
    88.73,
    89.4159,
    90.0,
    103.97,
    104.0,
    126.0,
    128.0,
    149.0,
    150.0,
    709.78,
    709.79,
    710.4758,
    711.0,
    745.13,
    745.14,
    746.0,
    1022.0,
    1024.0,
    1074.0,
    1075.0,
    1076.0,
    std::f64::consts::FRAC_PI_4,
    std::f64::consts::FRAC_PI_2,
    std::f64::consts::PI,
    LARGEST_ANGLE,
    1e7,
    1e15,
    1e18,
    1e19,
    1e22,
    1e30,
    3.4028234663852886e38,
    3.5e38,
    1e154,
    1e155,
    1e300,
    f64::MAX,
    f64::INFINITY,
    f64::NAN,
];

/// The special numbers and their neighbors, and others of all sizes from 2⁻¹¹⁰⁰ to 2¹¹⁰⁰, each with both signs.
fn inputs<F: Element>(neighbors: fn(F) -> [F; 3]) -> Vec<F> {
    let mut state = 1u64;
    let mut random = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let sizes = [(1100, 40_000), (10, 40_000), (3, 20_000)];
    let many = sizes.map(|(exponent, n)| {
        let random = (0..n)
            .map(|_| ((2.0 * random() - 1.0) * f64::from(exponent)).exp2() * (1.0 + random()));
        random.collect::<Vec<_>>()
    });
    let positive = SPECIAL.iter().copied().chain(many.into_iter().flatten());
    positive.flat_map(|x| [x, -x]).flat_map(|x| neighbors(F::from_f64(x))).collect()
}

fn around_f32(x: f32) -> [f32; 3] {
    [x.next_down(), x, x.next_up()]
}

fn around_f64(x: f64) -> [f64; 3] {
    [x.next_down(), x, x.next_up()]
}

/// Checks all functions at `x` against exact values, which are up to `slack` units off themselves.
fn check<F: Functions>(x: &[F], exact: impl Fn(Unary, F) -> f64, slack: impl Fn(Unary) -> f64) {
    let mut y = x.to_vec();
    for instructions in InstructionSet::available() {
        for &op in ROWS {
            F::map(instructions, op, x, &mut y);
            for (&x, &y) in x.iter().zip(&y) {
                let exact = exact(op, x);
                let error = ulps(y.to_f64(), [exact, 0.0], F::DTYPE);
                let (name, set, dtype) = (op.name(), instructions.name(), F::DTYPE);
                assert!(
                    error <= limit(op) + slack(op),
                    "{name}({x:?}) is {y:?} in {dtype} with {set}, not {exact:?}: off by {error:.2} units"
                );
                let is_signed = exact == 0.0 && y.to_f64() == 0.0;
                assert!(
                    !is_signed || exact.is_sign_negative() == y.to_f64().is_sign_negative(),
                    "{name}({x:?}) is {y:?} in {dtype} with {set}, which has the wrong sign"
                );
            }
        }
    }
}

#[test]
fn functions_in_single_precision_are_those_of_core_in_double() {
    let x = inputs(around_f32);
    check(&x, |op, x| op.value(f64::from(x)), |_| 0.0);
}

#[test]
fn functions_in_double_precision_are_those_of_core() {
    let slack = |op| if op == Unary::SechSquared { 4.0 } else { 1.0 };
    check(&inputs(around_f64), |op, x| op.value(x), slack);
}

/// Checks that numbers alone have the values that they have among others.
fn check_alone<F: Functions>(x: &[F]) {
    for instructions in InstructionSet::available() {
        for &op in ROWS {
            for n in [1, LANES - 1, LANES, LANES + 1, x.len()] {
                let mut y = x[..n].to_vec();
                F::map(instructions, op, &x[..n], &mut y);
                for (&x, &y) in x.iter().zip(&y) {
                    let alone = F::value(instructions, op, x).to_f64();
                    let are_equal = alone.to_bits() == y.to_f64().to_bits();
                    let (name, set) = (op.name(), instructions.name());
                    assert!(
                        are_equal || alone.is_nan() && y.is_nan(),
                        "{name}({x:?}) is {alone:?} with {set}, among {n} numbers {y:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_value_does_not_depend_on_its_position_or_neighbors() {
    let (single, double) = (inputs(around_f32), inputs(around_f64));
    check_alone(&single);
    check_alone(&double);
    // Among moderate numbers and small angles, for which there is shorter code.
    for limit in [f32::MODERATE, limit_of_tanh(), SMALL_ANGLE as f32] {
        check_alone(&single.iter().copied().filter(|x| x.abs() <= limit).collect::<Vec<_>>());
    }
    for limit in [f64::MODERATE, limit_of_tanh(), SMALL_ANGLE] {
        check_alone(&double.iter().copied().filter(|x| x.abs() <= limit).collect::<Vec<_>>());
    }
}

/// Checks that values and derivatives of `tanh` are the same alone and together.
fn check_slopes_of_tanh<F: Coefficients>(x: &[F]) {
    let [mut alone, mut y, mut slope] = [(); 3].map(|()| x.to_vec());
    let moderate: Vec<_> = x.iter().copied().filter(|x| x.abs() <= limit_of_tanh()).collect();
    if moderate.len() < x.len() {
        check_slopes_of_tanh(&moderate);
    }
    for instructions in InstructionSet::available() {
        F::map_tanh_with_slope(instructions, x, &mut y, &mut slope);
        for (op, together) in [(Unary::Tanh, &y), (Unary::SechSquared, &slope)] {
            F::map(instructions, op, x, &mut alone);
            for ((x, together), alone) in x.iter().zip(together).zip(&alone) {
                let (name, set, dtype) = (op.name(), instructions.name(), F::DTYPE);
                assert!(
                    together == alone || together.is_nan() && alone.is_nan(),
                    "{name}({x:?}) is {alone:?} in {dtype} with {set}, with the other {together:?}"
                );
            }
        }
    }
}

#[test]
fn values_and_slopes_of_tanh_are_the_same_alone_and_together() {
    check_slopes_of_tanh(&inputs(around_f32));
    check_slopes_of_tanh(&inputs(around_f64));
}
