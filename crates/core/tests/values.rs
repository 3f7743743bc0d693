//! Values of operations on small examples, worked out by hand or by loops that share nothing with the engine.

use std::ops::Bound;

use retrograd_core::{
    DType, Expr, Graph, Shape, Tensor, keep,
    ops::{Binary, COMPOSED, Unary},
};

/// Runs a function in an `f64` graph on the numbers 1, 2, 3, … in a shape; returns the shape and the elements.
fn on_counted(
    shape: impl Into<Shape>,
    f: impl for<'g> Fn(Expr<'g>) -> Expr<'g>,
) -> (Vec<usize>, Vec<f64>) {
    let (g, shape) = (Graph::with_dtype(DType::F64), shape.into());
    let numbers: Vec<f64> = (1..=shape.n_elements()).map(|n| n as f64).collect();
    let value =
        f(g.constant(Tensor::new(shape, numbers).expect("there is a number for every element")))
            .value();
    (value.shape().to_vec(), value.to_vec())
}

#[track_caller]
fn gives(result: (Vec<usize>, Vec<f64>), shape: &[usize], elements: &[f64]) {
    assert_eq!((&result.0[..], &result.1[..]), (shape, elements));
}

#[test]
fn reductions() {
    gives(on_counted([2, 3], |x| x.sum()), &[], &[21.0]);
    gives(on_counted([2, 3], |x| x.sum_over(0)), &[3], &[5.0, 7.0, 9.0]);
    gives(on_counted([2, 3], |x| x.sum_over(-1)), &[2], &[6.0, 15.0]);
    gives(on_counted([2, 3], |x| x.sum_over(keep(1))), &[2, 1], &[6.0, 15.0]);
    gives(
        on_counted([2, 2, 2], |x| x.sum_over([0, 2])),
        &[2],
        &[1.0 + 2.0 + 5.0 + 6.0, 3.0 + 4.0 + 7.0 + 8.0],
    );
    gives(on_counted([2, 2, 2], |x| x.sum_over(keep([1]))), &[2, 1, 2], &[4.0, 6.0, 12.0, 14.0]);
    gives(on_counted([2, 3], |x| x.mean_over(0)), &[3], &[2.5, 3.5, 4.5]);
    gives(on_counted([2, 3], |x| x.mean()), &[], &[3.5]);
    gives(on_counted([2, 3], |x| (x - 3.0).square().max_over(1)), &[2], &[4.0, 9.0]);
    gives(on_counted([2, 3], |x| x.min_over(keep(0))), &[1, 3], &[1.0, 2.0, 3.0]);
    gives(on_counted([2, 3], |x| x.max()), &[], &[6.0]);
    gives(on_counted([2, 0], |x| x.sum_over(1)), &[2], &[0.0, 0.0]);
    gives(on_counted([2, 0], |x| x.sum_over(0)), &[0], &[]);
    gives(on_counted([], |x| x.sum()), &[], &[1.0]);
    let places = |x: Expr<'_>| -> Vec<i64> { x.value().to_vec() };
    let g = Graph::new();
    let x = g.constant([[1.0, 5.0, 5.0], [7.0, f64::NAN, 9.0]]);
    assert_eq!(places(x.argmax(1)), [1, 1]);
    assert_eq!(places(x.argmax(0)), [1, 1, 1]);
    assert_eq!(places(g.arange(4).sum_over(0)), [6]);
}

#[test]
fn nothing_summed_is_zero_and_not_minus_zero() {
    let g = Graph::with_dtype(DType::F64);
    let nothing = g.constant(Tensor::zeros(DType::F64, [2, 0]));
    assert!(nothing.sum().value().item().is_sign_positive());
    let product = nothing.dot(nothing.t());
    assert!(product.value().to_vec::<f64>().iter().all(|x| x.is_sign_positive()));
}

#[test]
fn not_a_number_wins_every_maximum() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.constant([[1.0, f64::NAN], [f64::NAN, 2.0]]);
    assert!(x.max_over(0).value().to_vec::<f64>().iter().all(|x| x.is_nan()));
    assert!(x.min_over(1).value().to_vec::<f64>().iter().all(|x| x.is_nan()));
    for y in [x.maximum(0.0), x.minimum(0.0), x.t().maximum(x), x.relu()] {
        assert!(y.value().to_vec::<f64>().iter().any(|x| x.is_nan()));
    }
}

#[test]
fn movements() {
    gives(on_counted([2, 3], |x| x.t()), &[3, 2], &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    gives(
        on_counted([1, 2, 3], |x| x.permute(&[2, 0, 1])),
        &[3, 1, 2],
        &[1.0, 4.0, 2.0, 5.0, 3.0, 6.0],
    );
    gives(
        on_counted([2, 2, 2], |x| x.transpose(0, -1)),
        &[2, 2, 2],
        &[1.0, 5.0, 3.0, 7.0, 2.0, 6.0, 4.0, 8.0],
    );
    gives(on_counted([2, 3], |x| x.reshape([3, 2])), &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    gives(on_counted([2, 1, 3], |x| x.squeeze(1)), &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    gives(on_counted([2], |x| x.unsqueeze(-1)), &[2, 1], &[1.0, 2.0]);
    gives(on_counted([2, 1], |x| x.broadcast_to([2, 3])), &[2, 3], &[1.0, 1.0, 1.0, 2.0, 2.0, 2.0]);
    gives(on_counted([2], |x| x.broadcast_to([2, 2])), &[2, 2], &[1.0, 2.0, 1.0, 2.0]);
    gives(on_counted([6], |x| x.slice(0, 1..=3)), &[3], &[2.0, 3.0, 4.0]);
    gives(on_counted([6], |x| x.slice_by(0, 1.., 2)), &[3], &[2.0, 4.0, 6.0]);
    gives(on_counted([6], |x| x.slice_by(0, 1..6, -3)), &[2], &[6.0, 3.0]);
    gives(on_counted([2, 3], |x| x.slice_by(1, .., -1)), &[2, 3], &[3.0, 2.0, 1.0, 6.0, 5.0, 4.0]);
    gives(on_counted([2, 3], |x| x.slice(0, 1..1)), &[0, 3], &[]);
    gives(
        on_counted([2, 2], |x| x.graph().concat(&[x, -x], 0)),
        &[4, 2],
        &[1.0, 2.0, 3.0, 4.0, -1.0, -2.0, -3.0, -4.0],
    );
    gives(
        on_counted([2, 2], |x| x.graph().concat(&[x, x.slice(1, 1..)], -1)),
        &[2, 3],
        &[1.0, 2.0, 2.0, 3.0, 4.0, 4.0],
    );
    gives(on_counted([2], |x| x.graph().stack(&[x, -x], 0)), &[2, 2], &[1.0, 2.0, -1.0, -2.0]);
    gives(on_counted([2], |x| x.graph().stack(&[x, -x], 1)), &[2, 2], &[1.0, -1.0, 2.0, -2.0]);
}

#[test]
fn picking_and_adding_by_index() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    let columns = g.constant([[2i64, 2], [0, 1]]);
    assert_eq!(x.gather(1, columns).value().to_vec::<f64>(), [3.0, 3.0, 4.0, 5.0]);
    let rows = g.constant([[1i64, 0, 1]]);
    assert_eq!(x.gather(0, rows).value().to_vec::<f64>(), [4.0, 2.0, 6.0]);
    let repeated = g.constant([[3i64, 3, 0], [1, 1, 1]]);
    assert_eq!(
        x.scatter_add(1, repeated, 4).value().to_vec::<f64>(),
        [3.0, 0.0, 0.0, 3.0, 0.0, 15.0, 0.0, 0.0]
    );
    let hot = g.constant([2i64, 0, 7, -1]).one_hot(3).value();
    assert_eq!(hot.to_vec::<f64>(), [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn products_agree_with_four_loops() {
    let number = |k: usize| ((k * 7 + 3) % 11) as f64 - 5.0;
    let (batch, m, n, inner) = (3, 2, 4, 5);
    let tensor = |shape: [usize; 3], from: usize| {
        let numbers: Vec<_> = (0..shape.iter().product()).map(|k| number(k + from)).collect();
        Tensor::new(shape, numbers).expect("there is a number for every element")
    };
    let (a, b) = (tensor([batch, m, inner], 0), tensor([batch, inner, n], 5));
    let (left, right) = (a.to_vec::<f64>(), b.to_vec::<f64>());
    let mut expected = Vec::new();
    for matrix in 0..batch {
        for row in 0..m {
            for column in 0..n {
                let terms = (0..inner).map(|k| {
                    left[(matrix * m + row) * inner + k] * right[(matrix * inner + k) * n + column]
                });
                expected.push(terms.sum::<f64>());
            }
        }
    }
    let g = Graph::with_dtype(DType::F64);
    let product = g.constant(&a).matmul(g.constant(&b));
    assert_eq!(product.shape(), [batch, m, n].into());
    assert_eq!(product.value().to_vec::<f64>(), expected);
    let first =
        g.constant(&a).slice(0, 0..1).squeeze(0).dot(g.constant(&b).slice(0, 0..1).squeeze(0));
    assert_eq!(first.value().to_vec::<f64>(), expected[..m * n]);
}

#[test]
fn products_of_vectors_and_broadcast_batches() {
    let g = Graph::with_dtype(DType::F64);
    let (v, w) = (g.constant([1.0, 2.0]), g.constant([3.0, -1.0]));
    let m = g.constant([[1.0, 2.0], [3.0, 4.0]]);
    assert_eq!(v.dot(w).value(), Tensor::from(1.0));
    assert_eq!(m.dot(v).value(), Tensor::from([5.0, 11.0]));
    assert_eq!(v.dot(m).value(), Tensor::from([7.0, 10.0]));
    let batch = g.stack(&[m, -m], 0);
    assert_eq!(batch.matmul(v).value(), Tensor::from([[5.0, 11.0], [-5.0, -11.0]]));
    assert_eq!(v.matmul(batch).value(), Tensor::from([[7.0, 10.0], [-7.0, -10.0]]));
    assert_eq!(batch.matmul(m).slice(0, 1..).squeeze(0).value(), (-m.dot(m)).value());
}

#[test]
fn comparisons_casts_and_choices() {
    let g = Graph::with_dtype(DType::F64);
    let truths = |x: Expr<'_>| -> Vec<bool> { x.value().to_vec() };
    let x = g.constant([-1.0, 0.0, 2.0, f64::NAN]);
    assert_eq!(truths(x.gt(0)), [false, false, true, false]);
    assert_eq!(truths(x.ge(0)), [false, true, true, false]);
    assert_eq!(truths(x.lt(0)), [true, false, false, false]);
    assert_eq!(truths(x.le(0)), [true, true, false, false]);
    assert_eq!(truths(x.eq(0)), [false, true, false, false]);
    assert_eq!(truths(x.ne(0)), [true, false, true, true]);
    let i = g.constant([1i64, 2]);
    assert_eq!(truths(i.ge(2)), [false, true]);
    assert_eq!(x.gt(0).select(1, x).value().to_vec::<f64>()[..3], [-1.0, 0.0, 1.0]);
    let mask = g.constant([[true], [false]]);
    assert_eq!(
        mask.select(g.constant([1.0, 2.0]), 0.0).value(),
        Tensor::from([[1.0, 2.0], [0.0, 0.0]])
    );
    assert_eq!(g.constant([1.9, -1.9, 0.0]).cast(DType::I64).value(), Tensor::from([1i64, -1, 0]));
    assert_eq!(g.constant([0.5, 0.0]).cast(DType::Bool).value(), Tensor::from([true, false]));
    assert_eq!(mask.cast(DType::F32).value(), Tensor::from([[1.0f32], [0.0]]));
}

#[test]
fn a_fraction_is_not_cut_to_fit_the_integers_beside_it() {
    let g = Graph::new();
    let labels = g.constant([1i64, 2]);
    assert!(labels.try_lt(1.5).is_err(), "cut to 1, it would not be above the label 1");
    assert!(labels.try_eq(1.5).is_err());
    assert_eq!(labels.cast(DType::F32).lt(1.5).value(), Tensor::from([true, false]));
    assert_eq!(labels.eq(2.0).value(), Tensor::from([false, true]));
}

/// A formula that shares nothing with the row, good to a few units of roundoff; rows without one are held against
/// the reference vectors of `retrograd-check`, or stand beside tests of their own (`special.rs`).
fn reference(row: Unary) -> Option<fn(f64) -> f64> {
    Some(match row {
        Unary::Neg => |x| 0.0 - x,
        Unary::Abs => |x| x.max(-x),
        Unary::Sign => |x| f64::from(i8::from(x > 0.0) - i8::from(x < 0.0)),
        Unary::Step => |x| f64::from(u8::from(x > 0.0)),
        Unary::Exp => |x| std::f64::consts::E.powf(x),
        Unary::Expm1 => |x| 2.0 * (x / 2.0).sinh() * (x / 2.0).exp(),
        Unary::Log => |x| x.log2() * std::f64::consts::LN_2,
        Unary::Log1p => |x| 2.0 * (x / (2.0 + x)).atanh(),
        Unary::Sqrt => |x| x.powf(0.5),
        Unary::Reciprocal => |x| x.powi(-1),
        Unary::Square => |x| x.powi(2),
        Unary::Sin => |x| (x - std::f64::consts::FRAC_PI_2).cos(),
        Unary::Cos => |x| 1.0 - 2.0 * (x / 2.0).sin().powi(2),
        Unary::Tanh => |x| x.sinh() / x.cosh(),
        Unary::Sigmoid => |x| 0.5 + 0.5 * (x / 2.0).tanh(),
        Unary::LogSigmoid => |x| -(1.0 + (-x).exp()).ln(),
        Unary::Softplus => |x| (1.0 + x.exp()).ln(),
        Unary::Relu => |x| (x + x.abs()) / 2.0,
        Unary::Erf => error_function,
        Unary::Gaussian => |x| 1.0 / (x * x).exp(),
        Unary::Lorentzian => |x| x.atan().cos().powi(2),
        Unary::Semicircle => |x| x.asin().cos(),
        Unary::Erfc => |x| 1.0 - error_function(x),
        Unary::Exp2 => |x| (x * std::f64::consts::LN_2).exp(),
        Unary::Log10 => |x| x.ln() / std::f64::consts::LN_10,
        Unary::Tan => |x| x.sin() / x.cos(),
        Unary::Asin => |x| (x / (1.0 - x * x).sqrt()).atan(),
        Unary::Sinh => |x| (x.exp() - (-x).exp()) / 2.0,
        Unary::Cosh => |x| (x.exp() + (-x).exp()) / 2.0,
        Unary::SechSquared => |x| 1.0 - x.tanh().powi(2),
        Unary::Asinh => |x| (x + (x * x + 1.0).sqrt()).ln(),
        Unary::Acosh => |x| (x + (x * x - 1.0).sqrt()).ln(),
        Unary::Atanh => |x| ((1.0 + x) / (1.0 - x)).ln() / 2.0,
        _ => return None,
    })
}

/// `erf x = 2/√π Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1))`.
fn error_function(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..60 {
        let n = f64::from(n);
        term *= -x * x / n;
        sum += term / (2.0 * n + 1.0);
    }
    std::f64::consts::FRAC_2_SQRT_PI * sum
}

#[test]
fn rows_have_the_values_of_independent_formulas() {
    for &row in Unary::ALL {
        for &x in row.points() {
            let Some(reference) = reference(row) else { continue };
            let (found, expected) = (row.value(x), reference(x));
            let error = (found - expected).abs() / expected.abs().max(1.0);
            assert!(error < 1e-14, "{} at {x}: {found} instead of {expected}", row.name());
            let single = f64::from(row.value(x as f32));
            assert!(
                (single - expected).abs() <= 4e-7 * expected.abs().max(1.0),
                "{} at {x} in f32",
                row.name()
            );
        }
    }
}

/// A formula that shares nothing with a row of two numbers.
fn reference_of_two(row: Binary) -> Option<fn(f64, f64) -> f64> {
    Some(match row {
        Binary::Add => |a, b| a - -b,
        Binary::Sub => |a, b| a + -b,
        Binary::Mul => |a, b| ((a + b).powi(2) - (a - b).powi(2)) / 4.0,
        Binary::Div => |a, b| a * b.recip(),
        Binary::Pow => |a, b| (b * a.ln()).exp(),
        Binary::Maximum => |a, b| (a + b + (a - b).abs()) / 2.0,
        Binary::Minimum => |a, b| (a + b - (a - b).abs()) / 2.0,
        Binary::ClampMin => |a, b| (a + b + (a - b).abs()) / 2.0,
        Binary::ClampMax => |a, b| (a + b - (a - b).abs()) / 2.0,
        Binary::Chain => |a, b| a * b,
        Binary::Hypot => |a, b| (a * a + b * b).sqrt(),
        Binary::Logaddexp => |a, b| (a.exp() + b.exp()).ln(),
        Binary::Fmod => |a, b| a - b * (a / b).trunc(),
        Binary::Atan2 => |a, b| 2.0 * (a / (b + (a * a + b * b).sqrt())).atan(),
        _ => return None,
    })
}

/// A formula for a composed function, with the arguments that it is checked with.
fn reference_of_composed(name: &str, arguments: &str) -> Option<fn(f64) -> f64> {
    Some(match (name, arguments) {
        ("powi", "0") => |_| 1.0,
        ("powi", "1") => |x| x,
        ("powi", "2") => |x| x * x,
        ("powi", "3") => |x| x * x * x,
        ("powi", "-2") => |x| 1.0 / (x * x),
        ("powf", "2.5") => |x| x * x * x.sqrt(),
        ("powf", "-0.5") => |x| 1.0 / x.sqrt(),
        ("leaky_relu", "0.01") => |x| if x > 0.0 { x } else { 0.01 * x },
        ("prelu", "x.lit(0.2)") => |x| if x > 0.0 { x } else { 0.2 * x },
        ("prelu", "x.cos()") => |x| if x > 0.0 { x } else { x.cos() * x },
        ("elu", "1.0") => |x| if x > 0.0 { x } else { x.exp() - 1.0 },
        ("elu", "0.5") => |x| if x > 0.0 { x } else { 0.5 * (x.exp() - 1.0) },
        ("selu", "") => |x| {
            let alpha = 1.673_263_242_354_377_2;
            1.050_700_987_355_480_5 * if x > 0.0 { x } else { alpha * (x.exp() - 1.0) }
        },
        ("silu", "") => |x| x / (1.0 + (-x).exp()),
        ("gelu", "") => |x| x * (1.0 + error_function(x / 2f64.sqrt())) / 2.0,
        ("gelu_tanh", "") => |x| {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3));
            0.5 * x * (1.0 + inner.tanh())
        },
        _ => return None,
    })
}

#[test]
fn rows_of_two_numbers_and_composed_functions_have_the_values_of_independent_formulas() {
    let agree = |found: f64, expected: f64, name: &str| {
        let error = (found - expected).abs() / expected.abs().max(1.0);
        assert!(error < 1e-14, "{name}: {found} instead of {expected}");
    };
    for &row in Binary::ALL {
        for &(a, b) in row.points() {
            let Some(reference) = reference_of_two(row) else { continue };
            agree(row.value(a, b), reference(a, b), row.name());
        }
    }
    for row in COMPOSED {
        for call in row.calls {
            let Some(reference) = reference_of_composed(row.name, call.arguments) else { continue };
            for &x in row.points {
                agree((call.value)(x), reference(x), row.name);
            }
        }
    }
}

#[test]
fn integers_beyond_those_that_floats_hold_stay_exact() {
    let big = (1i64 << 53) + 1;
    let x = Graph::new();
    let x = x.constant([[big, 1], [-big, i64::MAX - big]]);
    assert_eq!(x.sum_over(1).value(), Tensor::from([big + 1, i64::MAX - 2 * big]));
    assert_eq!(x.value().to_vec::<i64>(), [big, 1, -big, i64::MAX - big]);
}

#[test]
fn slices_reach_no_further_than_their_axis_however_large_the_step() {
    let g = Graph::new();
    let x = g.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]);
    assert_eq!(x.slice_by(0, .., isize::MAX).value().to_vec::<f64>(), [1.0, 2.0]);
    assert_eq!(x.slice_by(0, .., isize::MIN).value().to_vec::<f64>(), [5.0, 6.0]);
    assert!(x.try_slice(0, 0..=usize::MAX).is_err());
    assert!(x.try_slice(0, (Bound::Excluded(usize::MAX), Bound::Unbounded)).is_err());
}

#[test]
fn columns_of_no_rows_are_put_side_by_side() {
    let g = Graph::new();
    let x = g.full([0, 1], 1.0);
    assert_eq!(*g.concat(&[x, x], 1).value().shape(), Shape::from([0, 2]));
}
