//! Third and fourth derivatives of smooth functions that are composed of functions with kinks, where the kink is met: each
//! order by either mode is right or not finite.

use retrograd_core::{DType, Expr, Graph};

type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// Lengths of two numbers at their origin, with their squares.
const LENGTHS: &[(&str, Function, Function)] = &[
    ("abs", |x| part(x, 0).abs(), |x| part(x, 0).square()),
    ("hypot", |x| part(x, 0).hypot(part(x, 1)), squared),
    ("maximum of ±", |x| part(x, 1).maximum(-part(x, 1)), |x| part(x, 1).square()),
    ("fmin of ±", |x| part(x, 1).fmin(-part(x, 1)), |x| part(x, 1).square()),
    ("norm", |x| x.norm(), squared),
    ("norm of a multiple", |x| (3.0 * x).norm(), |x| 9.0 * squared(x)),
    ("std", |x| x.std(0, 0.0), |x| x.var(0, 0.0)),
];

/// Functions of a length and of the numbers themselves, with the same to the fourth order in the square of the length.
type Pair = (
    &'static str,
    for<'g> fn(Expr<'g>, Expr<'g>) -> Expr<'g>,
    for<'g> fn(Expr<'g>, Expr<'g>) -> Expr<'g>,
);

const FUNCTIONS: &[Pair] = &[
    ("r²", |r, _| r.square(), |q, _| q),
    ("r⁴", |r, _| r.powi(4), |q, _| q.square()),
    ("(r²)²", |r, _| r.square().square(), |q, _| q.square()),
    ("cos r", |r, _| r.cos(), |q, _| 1.0 - q / 2.0 + q.square() / 24.0),
    ("exp(−r²)", |r, _| (-r.square()).exp(), |q, _| 1.0 - q + q.square() / 2.0),
    ("r·tanh r", |r, _| r * r.tanh(), |q, _| q - q.square() / 3.0),
    ("x·r²", |r, x| part(x, 0) * r.square(), |q, x| part(x, 0) * q),
    (
        "eˣ·cos r",
        |r, x| part(x, 1).exp() * r.cos(),
        |q, x| part(x, 1).exp() * (1.0 - q / 2.0 + q.square() / 24.0),
    ),
];

fn part(x: Expr<'_>, k: usize) -> Expr<'_> {
    x.slice(0, k..=k).reshape([])
}

fn squared(x: Expr<'_>) -> Expr<'_> {
    x.square().sum()
}

/// The derivative along a vector, by reverse or by forward mode.
fn along<'g>(y: Expr<'g>, x: Expr<'g>, v: Expr<'g>, is_reverse: bool) -> Expr<'g> {
    if is_reverse { (y.grad(&[x])[0] * v).sum() } else { y.jvp(&[(x, v)]) }
}

#[test]
fn derivatives_of_higher_order_are_right_or_not_finite() {
    let directions = [[0.7, -1.1], [0.2, 0.9], [1.3, 0.4], [-0.6, 0.8]];
    let mut faults = Vec::new();
    let cases = LENGTHS.iter().flat_map(|length| FUNCTIONS.iter().map(move |f| (length, f)));
    for ((length_name, length, square), (name, function, smooth)) in cases {
        for modes in 0..16 {
            let g = Graph::with_dtype(DType::F64);
            let x = g.param("x", [0.0, 0.0]);
            let (mut y, mut truth) = (function(length(x), x), smooth(square(x), x));
            for (k, direction) in directions.iter().enumerate() {
                let (v, is_reverse) = (g.constant(*direction), modes >> k & 1 == 1);
                (y, truth) = (along(y, x, v, is_reverse), along(truth, x, v, is_reverse));
                let [got, expected] = [y, truth].map(|y| y.value().item());
                // The last sweep in reverse, or all of three.
                let must_be_right = k < 2 && is_reverse || k == 2 && modes & 0b111 == 0b111;
                let is_right = (got - expected).abs() <= 1e-12 * (1.0 + expected.abs());
                if !is_right && (got.is_finite() || must_be_right) {
                    let order = k + 1;
                    faults.push(format!(
                        "{name} of {length_name}, order {order}, modes {modes:04b}: {got}, not {expected}"
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
