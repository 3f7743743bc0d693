//! Second and third derivatives of smooth functions that are made of functions with kinks, where the kink is met: right
//! in every mode, or not finite.

use retrograd_scalar::{Dual, Number, Scalar, Series, Tape, Var, hessian, hessian_vector};

type Matrix = [[f64; 2]; 2];

/// A length `r` of two numbers that are 0, with the matrix of `r²`.
fn lengths() -> Vec<(&'static str, Matrix)> {
    let (first, difference, both) =
        ([[1.0, 0.0], [0.0, 0.0]], [[1.0, -1.0], [-1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]);
    vec![
        ("abs", first),
        ("abs of the negative", first),
        ("abs of abs", first),
        ("abs of a difference", difference),
        ("maximum", difference),
        ("minimum", difference),
        ("fmax", difference),
        ("fmin", difference),
        ("clamps", difference),
        ("two relus", difference),
        ("maximum of abs", first),
        ("hypot", both),
        ("hypot of abs", both),
        ("hypot with 0", difference),
        ("hypot of hypot", [[1.0, 0.0], [0.0, 2.0]]),
        ("hypot of a difference", [[1.0, -1.0], [-1.0, 2.0]]),
        ("root of squares", both),
        ("root of a square", first),
    ]
}

fn length<R: Scalar>(name: &str, [x, y]: [R; 2]) -> R {
    let (zero, d) = (R::constant(0.0), x - y);
    match name {
        "abs" => x.abs(),
        "abs of the negative" => (-x).abs(),
        "abs of abs" => x.abs().abs(),
        "abs of a difference" => d.abs(),
        "maximum" => d.maximum(-d),
        "minimum" => -d.minimum(-d),
        "fmax" => x.fmax(y) - x.fmin(y),
        "fmin" => -d.fmin(-d),
        "clamps" => d.clamp_min(zero) - d.clamp_max(zero),
        "two relus" => d.relu() + (-d).relu(),
        "maximum of abs" => x.abs().maximum(-x),
        "hypot" => x.hypot(y),
        "hypot of abs" => x.abs().hypot((-y).abs()),
        "hypot with 0" => zero.hypot(d),
        "hypot of hypot" => x.hypot(y).hypot(y),
        "hypot of a difference" => d.hypot(y),
        "root of squares" => (x * x + y * y).sqrt(),
        "root of a square" => (x * x).sqrt(),
        _ => unreachable!("{name}"),
    }
}

/// Even functions of a length, with their second derivatives at 0.
const FUNCTIONS: &[(&str, f64)] = &[
    ("square", 2.0),
    ("product", 2.0),
    ("cos", -1.0),
    ("cosh", 1.0),
    ("gauss", -2.0),
    ("matérn", -5.0 / 3.0),
    ("hypot", 1.0),
];

fn function<R: Scalar>(name: &str, r: R) -> R {
    let s = r * 5f64.sqrt();
    match name {
        "square" => r.square(),
        "product" => r * r * 1.0,
        "cos" => r.cos(),
        "cosh" => r.cosh(),
        "gauss" => (-r.square()).exp(),
        "matérn" => (s + 1.0 + s * s / 3.0) * (-s).exp(),
        "hypot" => r.hypot(R::constant(1.0)),
        _ => unreachable!("{name}"),
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    length: &'static str,
    function: &'static str,
    /// Where the two numbers are both 0.
    at: [f64; 2],
}

impl Case {
    fn of<R: Scalar>(&self, x: &[R]) -> R {
        let x = [0, 1].map(|k| x[k] - self.at[k]);
        function(self.function, length(self.length, x))
    }

    /// The second derivative along two directions, by each mode.
    fn along(&self, u: [f64; 2], v: [f64; 2]) -> Vec<(&'static str, f64)> {
        let twice =
            [0, 1].map(|k| Dual::new(Dual::new(self.at[k], [u[k]]), [Dual::constant(v[k])]));
        let series = |v: [f64; 2]| {
            let x = [0, 1].map(|k| Series::<f64, 6>::new([self.at[k], v[k], 0.0, 0.0, 0.0, 0.0]));
            2.0 * self.of(&x).coefficients[2]
        };
        let [sum, difference] = [[u[0] + v[0], u[1] + v[1]], [u[0] - v[0], u[1] - v[1]]];
        let product = |rows: &[f64]| rows[0] * v[0] + rows[1] * v[1];
        let rows = hessian(|x| self.of(x), &self.at);
        let row = |k: usize| rows[k][0] * u[0] + rows[k][1] * u[1];
        vec![
            ("duals of duals", self.of(&twice).tangents[0].tangents[0]),
            ("duals on a tape", product(&hessian_vector(|x| self.of(x), &self.at, &u))),
            ("the Hessian", row(0) * v[0] + row(1) * v[1]),
            ("series", (series(sum) - series(difference)) / 4.0),
            ("duals of variables", self.by_tape(u, v)),
            ("variables of variables", self.by_tapes(u, v)),
        ]
    }

    fn by_tape(&self, u: [f64; 2], v: [f64; 2]) -> f64 {
        Tape::new().record(|t| {
            let x = t.variables(&self.at);
            let moving = [0, 1].map(|k| Dual::new(x[k], [Var::constant(u[k])]));
            let y = self.of(&moving).tangents[0];
            let gradient = t.reverse(y).collect(&x);
            gradient[0] * v[0] + gradient[1] * v[1]
        })
    }

    fn by_tapes(&self, u: [f64; 2], v: [f64; 2]) -> f64 {
        Tape::new().record(|outer| {
            let x = outer.variables(&self.at);
            let mut gradient = [Var::default(); 2];
            Tape::new().value_and_gradient(|x| self.of(x), &x, &mut gradient);
            let along = gradient[0] * u[0] + gradient[1] * u[1];
            let row = outer.reverse(along).collect(&x);
            row[0] * v[0] + row[1] * v[1]
        })
    }

    /// The third derivative along three directions, by each mode.
    fn along_three(&self, [u, v, w]: [[f64; 2]; 3]) -> Vec<(&'static str, f64)> {
        let twice = |k: usize| Dual::new(Dual::new(self.at[k], [u[k]]), [Dual::constant(v[k])]);
        let thrice = [0, 1].map(|k| Dual::new(twice(k), [Dual::constant(w[k])]));
        let mut gradient = [Dual::<Dual>::default(); 2];
        Tape::new().value_and_gradient(
            |x: &[Var<'_, Dual<Dual>>]| self.of(x),
            &[0, 1].map(twice),
            &mut gradient,
        );
        let row = gradient.map(|d| d.tangents[0].tangents[0]);
        vec![
            ("duals of duals of duals", self.of(&thrice).tangents[0].tangents[0].tangents[0]),
            ("duals of duals on a tape", row[0] * w[0] + row[1] * w[1]),
        ]
    }
}

fn cases() -> impl Iterator<Item = (Case, f64, Matrix)> {
    lengths().into_iter().flat_map(|(length, matrix)| {
        FUNCTIONS.iter().flat_map(move |&(function, second)| {
            let case = move |at| (Case { length, function, at }, second, matrix);
            [[0.0, 0.0], [1.5, -0.25]].map(case)
        })
    })
}

const DIRECTIONS: [[f64; 2]; 5] = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [-0.5, 2.0], [-1.0, -0.25]];

fn is_right(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 1e-9 * (1.0 + expected.abs()) || !got.is_finite()
}

#[test]
fn second_derivatives_at_kinks_are_right_or_not_finite() {
    let (mut n, mut there, mut faults) = (0, [0; 6], Vec::new());
    for (case, second, m) in cases() {
        for (u, v) in DIRECTIONS.iter().flat_map(|&u| DIRECTIONS.map(|v| (u, v))) {
            let product = |k: usize| m[k][0] * v[0] + m[k][1] * v[1];
            let expected = second * (u[0] * product(0) + u[1] * product(1));
            n += 1;
            for (k, (mode, got)) in case.along(u, v).into_iter().enumerate() {
                there[k] += usize::from(got.is_finite());
                // A tape leaves out a partial derivative that is 0, as that of a square is at 0, whatever a root makes of it.
                let is_left_out = mode.ends_with("of variables") && case.length.starts_with("root");
                if !is_right(got, expected) && !is_left_out {
                    faults.push(format!(
                        "{case:?} along {u:?}, {v:?}: {got} by {mode}, not {expected}"
                    ));
                }
            }
        }
    }
    println!("{there:?} of {n} second derivatives are there; {} faults", faults.len());
    assert!(
        faults.is_empty(),
        "{} faults, such as\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}

#[test]
fn third_derivatives_at_kinks_are_right_or_not_finite() {
    let mut faults = Vec::new();
    for (case, ..) in cases() {
        let triples = DIRECTIONS.iter().flat_map(|&u| DIRECTIONS.map(|v| [u, v]));
        for [u, v] in triples {
            for (mode, got) in case.along_three([u, v, [0.75, -1.0]]) {
                if !is_right(got, 0.0) {
                    faults.push(format!("{case:?} along {u:?}, {v:?}: {got} by {mode}"));
                }
            }
        }
    }
    assert!(
        faults.is_empty(),
        "{} faults, such as\n{}",
        faults.len(),
        faults[..faults.len().min(40)].join("\n")
    );
}
