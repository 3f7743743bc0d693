//! Elementwise functions at the edges of the numbers: NaN, ±∞, ±0, subnormal, smallest and largest numbers.
//!
//! The tables say what is true there, by other formulas than the functions' own. A row of the operation tables, or a
//! composed function, that is not in them is named. Every way to a value and its derivatives is held to them.

mod one;
mod one_composed;
mod program;
mod two;
mod two_composed;
mod ways;

use std::collections::BTreeSet;

use one::{FREE, Three};
use program::Program;
use retrograd_core::{
    DType, Real,
    ops::{Binary, COMPOSED, Comparison, ComposedCall, Unary},
};
use two::Pairs;
use ways::{Answers, Record, of_graphs, of_numbers, of_replays};

/// The largest and smallest numbers of a dtype, from 1 on, with signs: then infinite ones, and NaN.
fn edges(dtype: DType) -> Vec<f64> {
    let is_single = dtype == DType::F32;
    let of = |single: f32, double: f64| if is_single { f64::from(single) } else { double };
    let smallest = of(f32::from_bits(1), f64::from_bits(1));
    let subnormal = of(f32::from_bits(1 << 20), f64::from_bits(1 << 50));
    let least = of(f32::MIN_POSITIVE, f64::MIN_POSITIVE);
    let largest = of(f32::MAX, f64::MAX);
    let sizes = [0.0, smallest, subnormal, least, 1.0, 1e9, largest, f64::INFINITY];
    sizes.iter().flat_map(|&x| [x, -x]).chain([f64::NAN]).collect()
}

/// Numbers among which second derivatives of functions of two numbers neither over- nor underflow on the way.
fn moderate() -> Vec<f64> {
    [0.0, 1.0, 2.5, f64::INFINITY].iter().flat_map(|&x| [x, -x]).chain([f64::NAN]).collect()
}

/// Whether a number is the expected one, in units of a dtype. `scale` is that of the numbers it is made of.
fn is_same(dtype: DType, got: f64, expected: f64, scale: f64) -> bool {
    let (expected, tolerance, least) = match dtype {
        DType::F32 => (f64::from(expected as f32), 2e-5, f64::from(f32::MIN_POSITIVE)),
        _ => (expected, 1e-11, f64::MIN_POSITIVE),
    };
    let is_equal = got == expected || got.is_nan() && expected.is_nan();
    let finite = if scale.is_finite() { scale } else { 0.0 };
    is_equal || (got - expected).abs() <= tolerance * expected.abs().max(finite) + 4.0 * least
}

/// Wrong numbers, by the function, the way and the point.
#[derive(Default)]
struct Faults {
    lines: Vec<String>,
    n_compared: usize,
}

impl Faults {
    fn compare(
        &mut self,
        name: &str,
        dtype: DType,
        answers: &Answers,
        points: &[Vec<f64>],
        expected: &[Vec<f64>],
    ) {
        for ((point, numbers), expected) in points.iter().zip(&answers.at).zip(expected) {
            for (k, (got, &expected)) in numbers.iter().zip(expected).enumerate() {
                let Some(got) = *got else { continue };
                if expected == FREE || answers.is_left_open(name, numbers, k, expected) {
                    continue;
                }
                self.n_compared += 1;
                // Of a pole, 0 tells the side by its sign, which formulas need not keep.
                let of_pole =
                    |x: f64| if point.contains(&0.0) && x.is_infinite() { x.abs() } else { x };
                let scale = if point.len() > 1 && k > 2 { 1.0 } else { 0.0 };
                if !is_same(dtype, of_pole(got), of_pole(expected), scale) {
                    let part = ["value", "slope", "curvature"]
                        [if point.len() == 1 { k } else { [0, 1, 1, 2, 2, 2][k] }];
                    self.lines.push(format!(
                        "{name} at {point:?}: {part} {k} is {got:e}, not {expected:e} ({})",
                        answers.way
                    ));
                }
            }
        }
    }

    #[track_caller]
    fn report(&self, at_least: usize) {
        self.lines.iter().for_each(|line| println!("{line}"));
        assert!(self.lines.is_empty(), "{} numbers are wrong, as printed", self.lines.len());
        assert!(self.n_compared > at_least, "only {} numbers were compared", self.n_compared);
    }
}

/// All answers of a function in a precision, by graphs and by number types.
fn all_answers(
    dtype: DType,
    record: Record<'_>,
    program: &Program,
    points: &[Vec<f64>],
) -> Vec<Answers> {
    let mut answers = of_graphs(dtype, points[0].len(), record, points);
    if dtype == DType::F32 {
        answers.extend(of_numbers::<f32>(program, points));
    } else {
        answers.extend(of_numbers::<f64>(program, points));
        answers.push(of_replays(program, points));
    }
    answers
}

/// The numbers of a table at a point; nothing is said between the edges.
fn expected_of_one(edges: &one::Edges, x: f64) -> Three {
    let end = one::AT_ONE.iter().find(|(name, at, _)| *name == edges.name && *at == x);
    let three = match x.abs() {
        _ if x.is_nan() => edges.at_nan,
        _ if end.is_some() => end.map_or([FREE; 3], |(.., three)| *three),
        size if size >= 1e9 => (edges.far)(x),
        size if size < 1e-30 => (edges.near_zero)(x),
        _ => [FREE; 3],
    };
    // Outside of its domain, a function has the derivative of the formula, or NaN.
    let is_outside = three[0].is_nan() && x.is_finite();
    if is_outside { [three[0], FREE, FREE] } else { three }
}

fn check_one(faults: &mut Faults, edges: &one::Edges, record: Record<'_>) {
    let program = Program::record(1, record);
    for dtype in [DType::F32, DType::F64] {
        let points: Vec<_> = self::edges(dtype).into_iter().map(|x| vec![x]).collect();
        let expected: Vec<_> =
            points.iter().map(|x| expected_of_one(edges, x[0]).to_vec()).collect();
        for answers in all_answers(dtype, record, &program, &points) {
            faults.compare(edges.name, dtype, &answers, &points, &expected);
        }
    }
}

/// Whether the arguments of a call depend on the number: then it is a function of several.
fn is_of_several(call: &ComposedCall) -> bool {
    call.arguments.replace("x.lit", "").contains("x.")
}

fn key(name: &str, call: &ComposedCall) -> String {
    format!("{name}({})", call.arguments)
}

#[test]
fn unary_rows_are_as_their_limits() {
    let mut faults = Faults::default();
    for &op in Unary::ALL {
        let Some(edges) = one::UNARY.iter().find(|edges| edges.name == op.name()) else {
            faults.lines.push(format!("{} is not in the table", op.name()));
            continue;
        };
        check_one(&mut faults, edges, &|x| x[0].apply_unary(op));
    }
    faults.report(40_000);
}

#[test]
fn composed_functions_are_as_their_limits() {
    let mut faults = Faults::default();
    for row in COMPOSED {
        for call in row.calls.iter().filter(|call| !is_of_several(call)) {
            let name = key(row.name, call);
            let Some(edges) = one_composed::COMPOSED.iter().find(|edges| edges.name == name) else {
                faults.lines.push(format!("{name} is not in the table"));
                continue;
            };
            let record = call.expr;
            check_one(&mut faults, edges, &move |x| record(x[0]));
        }
        let is_of_several = row.calls.iter().any(is_of_several);
        if is_of_several && !two_composed::COMPOSED.iter().any(|(_, pairs)| pairs.name == row.name)
        {
            faults.lines.push(format!("{} is not in the table of functions of two", row.name));
        }
    }
    faults.report(40_000);
}

/// All pairs of some numbers.
fn all_pairs(numbers: &[f64]) -> Vec<Vec<f64>> {
    numbers.iter().flat_map(|&a| numbers.iter().map(move |&b| vec![a, b])).collect()
}

/// The value and first derivatives at a pair. Where the value overflows, nothing is said of these.
fn first_of_two(pairs: &Pairs, dtype: DType, x: &[f64]) -> Vec<f64> {
    let [value, by_a, by_b] = (pairs.first)(x[0], x[1]);
    let largest = if dtype == DType::F32 { f64::from(f32::MAX) } else { f64::MAX };
    let overflows = value.abs() > largest && x.iter().all(|x| x.is_finite());
    // A value with few digits has derivatives with few.
    let least = if dtype == DType::F32 { f64::from(f32::MIN_POSITIVE) } else { f64::MIN_POSITIVE };
    let underflows = pairs.name == "hypot" && value != 0.0 && value < least;
    let [by_a, by_b] = if overflows || underflows { [FREE; 2] } else { [by_a, by_b] };
    vec![value, by_a, by_b, FREE, FREE, FREE]
}

fn check_two(faults: &mut Faults, pairs: &Pairs, record: Record<'_>) {
    let program = Program::record(2, record);
    for dtype in [DType::F32, DType::F64] {
        let points = all_pairs(&edges(dtype));
        let expected: Vec<_> = points.iter().map(|x| first_of_two(pairs, dtype, x)).collect();
        for answers in all_answers(dtype, record, &program, &points) {
            faults.compare(pairs.name, dtype, &answers, &points, &expected);
        }
        let points = all_pairs(&moderate());
        let second = |x: &Vec<f64>| {
            let second = (pairs.second)(x[0], x[1]);
            [FREE; 3].into_iter().chain(second).collect()
        };
        let expected: Vec<_> = points.iter().map(second).collect();
        for answers in all_answers(dtype, record, &program, &points) {
            faults.compare(pairs.name, dtype, &answers, &points, &expected);
        }
    }
}

#[test]
fn binary_rows_are_as_their_limits() {
    let mut faults = Faults::default();
    for &op in Binary::ALL {
        let Some(pairs) = two::BINARY.iter().find(|pairs| pairs.name == op.name()) else {
            faults.lines.push(format!("{} is not in the table", op.name()));
            continue;
        };
        check_two(&mut faults, pairs, &|x| x[0].apply_binary(op, x[1]));
    }
    faults.report(100_000);
}

#[test]
fn comparisons_and_choices_are_as_their_tables() {
    let mut faults = Faults::default();
    for &op in Comparison::ALL {
        let Some(pairs) = two::COMPARISONS.iter().find(|pairs| pairs.name == op.name()) else {
            faults.lines.push(format!("{} is not in the table", op.name()));
            continue;
        };
        check_two(&mut faults, pairs, &|x| {
            Real::select(x[0].compare(op, x[1]), x[0].lit(1.0), x[0].lit(0.0))
        });
    }
    check_two(&mut faults, &two::SELECT, &|x| Real::select(x[1].gt(0.0), x[0], x[1] * 2.0));
    faults.report(100_000);
}

#[test]
fn composed_functions_of_two_are_as_their_limits() {
    let mut faults = Faults::default();
    for (record, pairs) in two_composed::COMPOSED {
        check_two(&mut faults, pairs, &move |x| record(x[0], x[1]));
    }
    faults.report(100_000);
}

#[test]
fn the_tables_have_no_rows_of_functions_that_are_gone() {
    let unary = Unary::ALL.iter().map(|op| op.name().to_owned());
    let binary = Binary::ALL.iter().map(|op| op.name().to_owned());
    let composed = COMPOSED.iter().flat_map(|row| row.calls.iter().map(|call| key(row.name, call)));
    let names = COMPOSED.iter().map(|row| row.name.to_owned());
    let known: BTreeSet<String> = unary.chain(binary).chain(composed).chain(names).collect();
    let ones = one::UNARY.iter().chain(one_composed::COMPOSED).map(|edges| edges.name);
    let twos = two::BINARY.iter().map(|pairs| pairs.name);
    let twos = twos.chain(two_composed::COMPOSED.iter().map(|(_, pairs)| pairs.name));
    let gone: Vec<_> = ones.chain(twos).filter(|name| !known.contains(*name)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}
