//! Series at kinks, for every row and argument: a coefficient is that of both sides, or not there.
//!
//! Near a kink there is none: the series about points a little to the right and to the left tell what the two sides are.

use retrograd_core::{
    Real,
    ops::{Binary, Unary},
};
use retrograd_scalar::{Dual, Series, gradient, taylor};

/// Coefficients that are compared.
const N: usize = 4;

/// As many as are computed, since dividing by a power of the argument loses some.
const N_KNOWN: usize = 10;

/// How far from the kink the sides are looked at.
const NEAR: f64 = 1e-3;

const N_ARGUMENTS: usize = 12;

/// Arguments that are 0 where `t` is.
fn argument<R: Real>(which: usize, t: R) -> R {
    match which {
        0 => t,
        1 => t * t,
        2 => t * t * t,
        3 => -(t * t),
        4 => t + t * t,
        5 => t.sin(),
        6 => t.cos() - t.lit(1.0),
        7 => -t,
        8 => t * t + t * t * t,
        9 => t.square().square(),
        10 => t * t.sin() * t.lit(2.0),
        _ => -(t * t * t) + t.square().square(),
    }
}

/// A function at a kink: a row, or what is made of rows.
#[derive(Clone, Copy, Debug)]
enum Function {
    Unary(Unary),
    /// Of two arguments, of which the second is another one, the same negated, or a constant 0.
    Binary(Binary, Second),
    Made(&'static str),
}

#[derive(Clone, Copy, Debug)]
enum Second {
    Negated,
    Other,
    Constant,
    Power(f64),
}

const MADE: &[&str] = &[
    "abs squared",
    "abs times x",
    "abs of abs",
    "norm squared",
    "max of x and −x squared",
    "relu minus relu",
    "leaky_relu",
    "elu",
    "clamp",
    "hardtanh",
    "relu6",
    "hardswish",
    "softshrink",
    "threshold",
    "select",
    "sign times x",
    "exp of abs",
    "root of square",
    "root of fourth",
    "abs to 1.5",
    "remainder",
];

fn made<R: Real>(name: &str, x: R) -> R {
    let zero = x.lit(0.0);
    match name {
        "abs squared" => x.abs().square(),
        "abs times x" => x.abs() * x,
        "abs of abs" => (x.abs() - x.square()).abs(),
        "norm squared" => x.hypot(x + x).square(),
        "max of x and −x squared" => x.maximum(-x).square(),
        "relu minus relu" => x.relu() - (-x).relu(),
        "leaky_relu" => x.leaky_relu(0.25),
        "elu" => x.elu(1.0),
        "clamp" => x.clamp(zero, x.lit(1.0)),
        "hardtanh" => x.hardtanh(0.0, 1.0),
        "relu6" => x.relu6(),
        "hardswish" => (x - x.lit(3.0)).hardswish(),
        "softshrink" => (x + x.lit(0.5)).softshrink(0.5),
        "threshold" => x.threshold(0.0, 0.0),
        "select" => R::select(x.gt(zero), x * x, -(x * x)),
        "sign times x" => x.sign() * x,
        "exp of abs" => x.abs().exp(),
        "root of square" => x.square().sqrt(),
        "root of fourth" => x.square().square().sqrt(),
        "abs to 1.5" => x.abs().powf(1.5),
        "remainder" => x.remainder(x.lit(1.0)),
        _ => unreachable!("{name}"),
    }
}

impl Function {
    fn all() -> impl Iterator<Item = Self> {
        let seconds = [
            Second::Negated,
            Second::Other,
            Second::Constant,
            Second::Power(1.5),
            Second::Power(2.0),
        ];
        // Orders of derivatives are whole numbers, which do not move.
        let is_moving = |row: &&Binary| {
            !matches!(row, Binary::Polygamma | Binary::SincDerivative | Binary::ErfcxDerivative)
        };
        let binary = move |&row: &Binary| seconds.map(|second| Self::Binary(row, second));
        let unary = Unary::ALL.iter().map(|&row| Self::Unary(row));
        unary
            .chain(Binary::ALL.iter().filter(is_moving).flat_map(binary))
            .chain(MADE.iter().map(|&name| Self::Made(name)))
    }

    /// Of an argument that is `offset` at 0.
    fn of<R: Real>(self, which: usize, offset: f64, t: R) -> R {
        let x = argument(which, t) + t.lit(offset);
        match self {
            Self::Unary(row) => x.unary(row),
            Self::Binary(row, Second::Negated) => x.binary(row, -x + t.lit(2.0 * offset)),
            Self::Binary(row, Second::Other) => {
                x.binary(row, argument((which + 5) % N_ARGUMENTS, t) + t.lit(offset))
            }
            Self::Binary(row, Second::Constant) => x.binary(row, t.lit(offset)),
            Self::Binary(row, Second::Power(p)) => x.binary(row, t.lit(p)),
            Self::Made(name) => made(name, x),
        }
    }
}

/// Offsets at which rows have kinks, or none.
const OFFSETS: [f64; 6] = [0.0, 1.0, -1.0, 0.5, -2.0, 0.3];

/// Coefficients a little beside the kink, on both sides; `None` where they do not settle, as those of what has no series.
fn beside(function: Function, which: usize, offset: f64) -> [[Option<f64>; N]; 2] {
    [NEAR, -NEAR].map(|near| {
        let at = |t: f64| taylor::<{ N + 2 }>(|t| function.of(which, offset, t), t);
        let (here, nearer) = (at(near), at(near / 4.0));
        let finite = nearer.iter().filter(|c| c.is_finite());
        let size = finite.fold(1.0, |size: f64, c| size.max(c.abs()));
        std::array::from_fn(|k| {
            let (here, nearer) = (here[k], nearer[k]);
            let does_settle = (here - nearer).abs() <= 0.02 * size.min(1e4 + nearer.abs());
            // The rest of the distance is taken to be linear in it.
            does_settle.then_some(nearer + (nearer - here) / 3.0)
        })
    })
}

#[test]
fn coefficients_at_kinks_are_those_of_both_sides_or_not_there() {
    let (mut faults, mut n_there, mut n_checked) = (Vec::new(), 0, 0);
    for function in Function::all() {
        for (which, offset) in (0..N_ARGUMENTS).flat_map(|k| OFFSETS.map(|offset| (k, offset))) {
            let series = taylor::<N_KNOWN>(|t| function.of(which, offset, t), 0.0);
            let value = function.of(which, offset, 0.0);
            let sides = beside(function, which, offset);
            let is_continuous = sides.iter().all(|side| {
                side[0].is_some_and(|near| (near - value).abs() <= 0.1 * (1.0 + value.abs()))
            });
            for k in 1..N {
                let of_both = match [sides[0][k], sides[1][k]] {
                    [Some(a), Some(b)] if (a - b).abs() <= 0.1 * (1.0 + a.abs()) => {
                        Some(0.5 * (a + b))
                    }
                    _ => None,
                };
                let got = series[k];
                if !value.is_finite() || !is_continuous {
                    continue;
                }
                n_checked += 1;
                n_there += usize::from(got.is_finite());
                let is_right = of_both.is_some_and(|c| (got - c).abs() <= 0.1 * (1.0 + c.abs()));
                // The slopes that rows choose at kinks are those of all modes.
                let dual = || function.of(which, offset, Dual::variable(0.0)).tangents[0];
                let is_chosen = k == 1 && got == dual();
                if got.is_finite() && !is_right && !is_chosen {
                    faults.push(format!(
                        "{function:?} of argument {which} at {offset}: coefficient {k} is {got}, not {:?}", [sides[0][k], sides[1][k]]
                    ));
                }
            }
        }
    }
    println!("{n_there} of {n_checked} coefficients at kinks and elsewhere are there");
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_is_smooth_at_a_kink_has_all_its_coefficients() {
    let square = [0.0, 0.0, 1.0, 0.0, 0.0];
    let of = |f: fn(Series<f64, 5>) -> Series<f64, 5>| taylor(f, 0.0);
    for (name, series) in [
        ("|t²|", of(|t| t.square().abs())),
        ("relu t²", of(|t| t.square().relu())),
        ("max(t², 0)", of(|t| t.square().maximum(t.lit(0.0)))),
        ("max(t², t⁴)", of(|t| t.square().maximum(t.square().square()))),
        ("|t|²", of(|t| t.abs().square())),
        ("|t|·|t|", of(|t| t.abs() * t.abs())),
        ("hypot(t, 0)²", of(|t| t.hypot(t.lit(0.0)).square())),
        ("max(t, −t)²", of(|t| t.maximum(-t).square())),
        ("t·|t|·sign t", of(|t| t * t.abs() * t.sign())),
        ("relu(t)² + relu(−t)²", of(|t| t.relu().square() + (-t).relu().square())),
        ("−min(t², −t²)", of(|t| -t.square().minimum(-t.square()))),
        ("t > 0 ? t² : t²", of(|t| Series::select(t.gt(t.lit(0.0)), t * t, t * t))),
        ("t² > 0 ? t² : 7", of(|t| Series::select((t * t).gt(t.lit(0.0)), t * t, t.lit(0.0)))),
        (
            "cosh |t|, but for …",
            of(|t| (t.abs().cosh() - t.lit(1.0)) * t.lit(2.0) - t.square().square() / t.lit(12.0)),
        ),
    ] {
        for (k, (got, expected)) in series.into_iter().zip(square).enumerate() {
            assert!((got - expected).abs() < 1e-15, "{name}: coefficient {k} of {series:?}");
        }
    }
    assert_eq!(taylor::<3>(|t| t.square().abs(), 0.0), [0.0, 0.0, 1.0]);
    assert_eq!(taylor::<5>(|t| t.square().square().sqrt(), 0.0)[..3], [0.0, 0.0, 1.0]);
    assert_eq!(taylor::<5>(|t| (t * t * t).cbrt(), 0.0)[..3], [0.0, 1.0, 0.0]);
}

#[test]
fn what_has_two_sides_has_no_coefficients_but_those_of_both() {
    let nan_after = |series: [f64; 4], k: usize| {
        let are_nan = series[k..].iter().all(|c| c.is_nan());
        assert!(are_nan, "{series:?}");
    };
    assert_eq!(taylor::<4>(|t| t.abs(), 0.0), [0.0; 4]);
    assert_eq!(taylor::<4>(|t| t.relu(), 0.0), [0.0; 4]);
    assert_eq!(taylor::<4>(|t| t.maximum(-t), 0.0), [0.0; 4]);
    assert_eq!(taylor::<4>(|t| t.maximum(t.lit(0.0)), 0.0), [0.0, 0.5, 0.0, 0.0]);
    nan_after(taylor(|t| t.square().sqrt(), 0.0), 1);
    nan_after(taylor(|t| t.abs() * t, 0.0), 2);
    assert!(taylor::<4>(|t| (t * t * t).abs(), 0.0)[3].is_nan());
    assert_eq!(taylor::<4>(|t| (t * t * t).abs(), 0.0)[..3], [0.0; 3]);
    let root = taylor::<4>(|t| t.sqrt(), 0.0);
    assert_eq!(root[1], f64::INFINITY);
    assert!(root[2..].iter().all(|c| !c.is_finite()), "{root:?}");
}

#[test]
fn first_derivatives_at_kinks_are_those_of_duals_and_tapes() {
    for function in Function::all() {
        for (which, offset) in (0..N_ARGUMENTS).flat_map(|k| OFFSETS.map(|offset| (k, offset))) {
            let [_, series] = taylor::<2>(|t| function.of(which, offset, t), 0.0);
            let longer = taylor::<N>(|t| function.of(which, offset, t), 0.0)[1];
            let dual = function.of(which, offset, Dual::variable(0.0)).tangents[0];
            let tape = gradient(|t| function.of(which, offset, t[0]), &[0.0])[0];
            let what = format!("{function:?} of argument {which} at {offset}");
            // An infinite factor that a zero stops is known to more coefficients only, as the slope 1 of ∛t³.
            let is_root = matches!(function, Function::Unary(Unary::Cbrt | Unary::Sqrt));
            let longer = if is_root { series } else { longer };
            for (mode, got) in [("dual", dual), ("tape", tape), ("longer series", longer)] {
                let is_same = (got - series).abs() <= 1e-12 * (1.0 + series.abs());
                let may_differ = !got.is_finite() || !series.is_finite();
                assert!(is_same || may_differ, "{what}: {series} by series, {got} by {mode}");
            }
        }
    }
}

#[test]
fn beside_nan_duals_series_and_tapes_agree() {
    let nan = f64::NAN;
    // A product that stops at a cotangent of 0 is no function of its operands.
    for &row in Binary::ALL.iter().filter(|&&row| row != Binary::Chain) {
        for (a, b) in [(nan, 1.0), (1.0, nan), (nan, nan), (nan, 0.0), (0.0, nan)] {
            let dual =
                Dual::<f64, 2>::variable_of(a, 0).binary(row, Dual::variable_of(b, 1)).tangents;
            let tape = gradient(|x| x[0].binary(row, x[1]), &[a, b]);
            let series = [
                taylor::<2>(|t| (t + a).binary(row, b.into()), 0.0)[1],
                taylor::<2>(|t| Series::from(a).binary(row, t + b), 0.0)[1],
            ];
            for k in 0..2 {
                let are_one = |x: f64, y: f64| x == y || x.is_nan() && y.is_nan();
                let what = format!("{} of ({a}, {b}), by operand {k}", row.name());
                assert!(are_one(dual[k], tape[k]), "{what}: {} and {}", dual[k], tape[k]);
                assert!(are_one(dual[k], series[k]), "{what}: {} and {}", dual[k], series[k]);
            }
        }
    }
}
