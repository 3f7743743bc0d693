//! Cases of the rows of the tables, of comparisons, and of elementwise choice.

use retrograd_core::{
    DType, Real, Shape, Tensor,
    ops::{Binary, COMPOSED, Comparison, Unary},
};

use super::{Case, numbers};

/// Numbers at the points of a row, in turn.
fn at(points: &[f64], shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let numbers = points.iter().copied().cycle().take(shape.n_elements()).collect();
    Tensor::new(shape, numbers).expect("there are points without end")
}

/// Numbers around one point.
fn around(point: f64, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let numbers = (0..shape.n_elements()).map(|k| point * (1.0 + 0.01 * k as f64)).collect();
    Tensor::new(shape, numbers).expect("there is a number for every element")
}

pub(super) fn unary() -> Vec<Case> {
    let of = |&op: &Unary| {
        let shapes: [&[usize]; 4] = [&[], &[op.points().len()], &[2, 3], &[0, 2]];
        shapes.map(|shape| {
            let name = format!("{} {shape:?}", op.name());
            Case::new(name, [at(op.points(), shape)], move |x| x[0].apply_unary(op))
        })
    };
    Unary::ALL.iter().flat_map(of).collect()
}

/// Pairs of shapes that broadcast in every way: not at all, a scalar, a missing axis, axes of size 1 on one side and
/// on both, an empty axis.
const PAIRS: &[(&[usize], &[usize])] = &[
    (&[], &[]),
    (&[2, 3], &[2, 3]),
    (&[3], &[]),
    (&[], &[3]),
    (&[2, 3], &[3]),
    (&[3], &[2, 3]),
    (&[2, 1], &[2, 3]),
    (&[2, 3], &[1, 3]),
    (&[2, 1], &[3]),
    (&[1, 3], &[2, 1]),
    (&[2, 1, 2], &[3, 1]),
    (&[0, 2], &[1, 2]),
];

pub(super) fn binary() -> Vec<Case> {
    Binary::ALL
        .iter()
        .flat_map(|&op| op.points().iter().flat_map(move |&point| binary_at(op, point)))
        .collect()
}

fn binary_at(op: Binary, (a, b): (f64, f64)) -> Vec<Case> {
    let name =
        |a: &dyn std::fmt::Debug, b: &dyn std::fmt::Debug| format!("{} {a:?} {b:?}", op.name());
    let pair = |&(a_shape, b_shape): &(&[usize], &[usize])| {
        let inputs = [around(a, a_shape), around(b, b_shape)];
        Case::new(name(&a_shape, &b_shape), inputs, move |x| x[0].apply_binary(op, x[1]))
    };
    // A power with the exponent 2 is recorded as a square.
    let fixed = if (op, b) == (Binary::Pow, 2.0) { 3.0 } else { b };
    let number_on_the_right = Case::new(name(&[3], &fixed), [around(a, [3])], move |x| {
        x[0].apply_binary(op, x[0].lit(fixed))
    });
    let number_on_the_left =
        Case::new(name(&a, &[3]), [around(b, [3])], move |x| x[0].lit(a).apply_binary(op, x[0]));
    PAIRS.iter().map(pair).chain([number_on_the_right, number_on_the_left]).collect()
}

pub(super) fn composed() -> Vec<Case> {
    let rows = COMPOSED.iter().flat_map(|row| row.calls.iter().map(move |call| (row, call)));
    let case =
        |(row, call): (&retrograd_core::ops::Composed, &retrograd_core::ops::ComposedCall)| {
            let (name, record) = (format!("{}({})", row.name, call.arguments), call.try_expr);
            Case::new(name, [at(row.points, [row.points.len()])], move |x| {
                record(x[0], x[0]).unwrap_or_else(|error| panic!("{error}"))
            })
        };
    rows.map(case).collect()
}

pub(super) fn compare() -> Vec<Case> {
    let of = |&op: &Comparison| {
        PAIRS.iter().map(move |&(a, b)| {
            let inputs = [numbers(a, 1), numbers(b, 2)];
            Case::new(format!("{} {a:?} {b:?}", op.symbol()), inputs, move |x| {
                x[0].apply_comparison(op, x[1]).cast(DType::F64) * x[0] + x[1]
            })
        })
    };
    let integers = Case::new("= of integers", [numbers([3], 1), Tensor::from([0i64, 1, 2])], |x| {
        x[1].eq(x[0].graph().constant(1i64)).cast(DType::F64) * x[0].sin()
    });
    Comparison::ALL.iter().flat_map(of).chain([integers]).collect()
}

pub(super) fn select() -> Vec<Case> {
    let mask = |shape: &[usize]| {
        let numbers = numbers(shape, 5).to_vec::<f64>();
        Tensor::new(shape, numbers.iter().map(|x| *x > 0.0).collect())
            .expect("one truth value for each number")
    };
    let shapes: [[&[usize]; 3]; 7] = [
        [&[2, 3], &[2, 3], &[2, 3]],
        [&[], &[2, 3], &[2, 3]],
        [&[2, 3], &[], &[3]],
        [&[2, 1], &[3], &[1, 3]],
        [&[3], &[2, 1], &[]],
        [&[2, 1, 2], &[3, 1], &[2, 3, 2]],
        [&[0], &[1], &[0]],
    ];
    let case = |[m, a, b]: [&[usize]; 3]| {
        let inputs = [mask(m), numbers(a, 1), numbers(b, 2)];
        Case::new(format!("select {m:?} {a:?} {b:?}"), inputs, |x| x[0].select(x[1], x[2]))
    };
    let numbers_chosen = Case::new("select with numbers", [numbers([2, 3], 1)], |x| {
        x[0].gt(0.0).select(x[0].exp(), 2.0) * x[0].lt(0.0).select(1.0, x[0].sin())
    });
    shapes.map(case).into_iter().chain([numbers_chosen]).collect()
}
