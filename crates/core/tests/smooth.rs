//! Second derivatives of smooth functions that are composed of functions with kinks, where the kink is met.
//!
//! An even function `f` of a length `r` is smooth at `r = 0`, and its Hessian there is `f''(0)/2` times that of `r²`. Each
//! mode of differentiation gives that, or NaN; never another number.

use retrograd_core::{DType, Expr, Graph, MatrixNorm, functions::MaxPool, keep};

/// A length that is 0 at some point of four numbers, and its square, written without a kink.
struct Length {
    name: &'static str,
    point: [f64; 4],
    length: for<'g> fn(Expr<'g>) -> Expr<'g>,
    square: for<'g> fn(Expr<'g>) -> Expr<'g>,
    /// Whether every mode by which Hessians are recorded is right, not only one or NaN.
    is_right: bool,
}

/// An even function with its second derivative at 0.
struct Even {
    name: &'static str,
    function: for<'g> fn(Expr<'g>) -> Expr<'g>,
    curvature: f64,
}

const ORIGIN: [f64; 4] = [0.0; 4];
const EQUAL: [f64; 4] = [0.3; 4];

fn part(x: Expr<'_>, k: usize) -> Expr<'_> {
    x.slice(0, k..=k).reshape([])
}

fn differences(x: Expr<'_>) -> Expr<'_> {
    x.slice(0, ..2) - x.slice(0, 2..)
}

/// Multiples of the first number, which tie where it is 0.
fn ties<'g>(x: Expr<'g>, factors: &[f64]) -> Expr<'g> {
    part(x, 0) * x.graph().constant(factors)
}

fn squared(x: Expr<'_>) -> Expr<'_> {
    x.square().sum()
}

macro_rules! lengths {
    ($( $name:literal at $point:expr => $length:expr, $square:expr, $is_right:literal; )*) => {
        const LENGTHS: &[Length] = &[$( Length {
            name: $name,
            point: $point,
            length: $length,
            square: $square,
            is_right: $is_right,
        } ),*];
    };
}

lengths! {
    "abs" at ORIGIN => |x| part(x, 1).abs(), |x| part(x, 1).square(), true;
    "abs of a difference" at EQUAL => |x| (part(x, 1) - part(x, 3)).abs(), |x| (part(x, 1) - part(x, 3)).square(), true;
    "abs of abs" at ORIGIN => |x| part(x, 1).abs().abs(), |x| part(x, 1).square(), true;
    "abs of −abs" at ORIGIN => |x| (-part(x, 1).abs()).abs(), |x| part(x, 1).square(), true;
    "abs of a product" at ORIGIN => |x| (2.0 * part(x, 1)).abs(), |x| 4.0 * part(x, 1).square(), true;
    "hypot" at ORIGIN => |x| part(x, 0).hypot(part(x, 1)), |x| part(x, 0).square() + part(x, 1).square(), true;
    "hypot of hypot" at ORIGIN => |x| part(x, 0).hypot(part(x, 1)).hypot(part(x, 2)), |x| squared(x.slice(0, ..3)), true;
    "maximum of ±" at ORIGIN => |x| part(x, 0).maximum(-part(x, 0)), |x| part(x, 0).square(), true;
    "minimum of ±" at ORIGIN => |x| part(x, 0).minimum(-part(x, 0)), |x| part(x, 0).square(), true;
    "fmax of ±" at ORIGIN => |x| part(x, 0).fmax(-part(x, 0)), |x| part(x, 0).square(), true;
    "fmin of ±" at ORIGIN => |x| part(x, 0).fmin(-part(x, 0)), |x| part(x, 0).square(), true;
    "choice of ±" at ORIGIN => |x| x.gt(0.0).select(x, -x).slice(0, ..1).sum(), |x| part(x, 0).square(), true;
    "norm" at ORIGIN => |x| x.norm(), squared, true;
    "norm of a difference" at EQUAL => |x| differences(x).norm(), |x| squared(differences(x)), true;
    "norm along an axis" at ORIGIN => |x| part(x.reshape([2, 2]).vector_norm(2.0, 1), 0), |x| squared(x.slice(0, ..2)), true;
    "norm along a kept axis" at ORIGIN => |x| x.reshape([2, 2]).vector_norm(2.0, keep(0)).slice(1, 1..).sum(), |x| part(x, 1).square() + part(x, 3).square(), true;
    "norm of one number" at ORIGIN => |x| x.slice(0, 2..3).vector_norm(1.0, 0), |x| part(x, 2).square(), true;
    "largest magnitude of one number" at ORIGIN => |x| x.slice(0, 2..3).vector_norm(f64::INFINITY, 0), |x| part(x, 2).square(), true;
    "norm of norms" at ORIGIN => |x| x.reshape([2, 2]).vector_norm(2.0, 1).norm(), squared, true;
    "Frobenius norm" at ORIGIN => |x| x.reshape([2, 2]).matrix_norm(MatrixNorm::Frobenius, [0, 1]), squared, true;
    "pairwise distance" at EQUAL => |x| x.slice(0, ..2).pairwise_distance(x.slice(0, 2..), 2.0, 0.0), |x| squared(differences(x)), true;
    "distances of pairs" at EQUAL => |x| {
        let points = x.reshape([2, 2]);
        (points.unsqueeze(0) - points.unsqueeze(1)).vector_norm(2.0, -1).slice(0, ..1).slice(1, 1..).sum()
    }, |x| squared(differences(x)), true;
    "std" at EQUAL => |x| x.std(0, 1.0), |x| x.var(0, 1.0), true;
    "maximum of 2 along an axis" at ORIGIN => |x| ties(x, &[1.0, -1.0]).max_over(0), |x| part(x, 0).square(), true;
    "minimum of 2 along an axis" at ORIGIN => |x| -ties(x, &[1.0, -1.0]).min_over(0), |x| part(x, 0).square(), true;
    "maximum of all" at ORIGIN => |x| ties(x, &[1.0, -1.0]).max(), |x| part(x, 0).square(), true;
    "maximum of 2 away from others" at ORIGIN => |x| (ties(x, &[1.0, -1.0, 0.5]) + x.graph().constant([0.0, 0.0, -1.0])).max(), |x| part(x, 0).square(), true;
    "maxima along an axis of many" at ORIGIN => |x| x.graph().stack(&[x, -x], 1).max_over(1).slice(0, 2..3).sum(), |x| part(x, 2).square(), true;
    "maximum of 4 in pairs" at ORIGIN => |x| ties(x, &[1.0, -1.0, -1.0, 1.0]).max_over(0), |x| part(x, 0).square(), true;
    "maximum of 3" at ORIGIN => |x| ties(x, &[1.0, -1.0, 0.0]).max_over(0), |x| part(x, 0).square(), false;
    "maximum of 3, of which 2 are equal" at ORIGIN => |x| ties(x, &[1.0, -1.0, 1.0]).max_over(0), |x| part(x, 0).square(), false;
    "maximum of 4" at ORIGIN => |x| ties(x, &[0.5, -1.0, 1.0, 0.0]).max_over(0), |x| part(x, 0).square(), false;
    "maximum of maxima" at ORIGIN => |x| ties(x, &[1.0, -1.0, -1.0, 0.5]).reshape([2, 2]).max_over(1).max_over(0), |x| part(x, 0).square(), false;
    "largest magnitude of 2" at ORIGIN => |x| ties(x, &[1.0, -1.0]).vector_norm(f64::INFINITY, 0), |x| part(x, 0).square(), false;
    "maximum of magnitudes" at ORIGIN => |x| ties(x, &[1.0, -2.0, 0.0]).abs().max_over(0), |x| 4.0 * part(x, 0).square(), false;
    "maximum of 2 magnitudes" at ORIGIN => |x| part(x, 0).abs().maximum(-part(x, 0).abs()), |x| part(x, 0).square(), false;
    "maximum of equal magnitudes" at ORIGIN => |x| part(x, 0).abs().maximum((-part(x, 0)).abs()), |x| part(x, 0).square(), false;
    "maximum of unequal magnitudes" at ORIGIN => |x| part(x, 0).abs().fmax((2.0 * part(x, 0)).abs()), |x| 4.0 * part(x, 0).square(), false;
    "largest sum of a row" at ORIGIN => |x| ties(x, &[1.0, 0.0, 0.5, 0.5]).reshape([2, 2]).matrix_norm(MatrixNorm::LargestRow, [0, 1]), |x| part(x, 0).square(), false;
    "largest sum of a column" at ORIGIN => |x| ties(x, &[1.0, -2.0]).reshape([2, 1]).matrix_norm(MatrixNorm::LargestColumn, [0, 1]), |x| 9.0 * part(x, 0).square(), false;
    "sum of magnitudes" at ORIGIN => |x| part(x, 0).abs() + (2.0 * part(x, 0)).abs(), |x| 9.0 * part(x, 0).square(), false;
    "sum of norms" at ORIGIN => |x| (2.0 * x).norm() - x.norm(), squared, false;
    "norm of order 1" at ORIGIN => |x| ties(x, &[0.5, -0.25, 0.25]).vector_norm(1.0, 0), |x| part(x, 0).square(), false;
    "norm of order 3" at ORIGIN => |x| ties(x, &[0.5, -0.25]).vector_norm(3.0, 0), |x| (9f64 / 64.0).powf(2.0 / 3.0) * part(x, 0).square(), false;
    "maximum beside a norm" at ORIGIN => |x| ties(x, &[3.0, -3.0]).max() - part(x, 0).abs(), |x| 4.0 * part(x, 0).square(), false;
    "geometric mean" at ORIGIN => |x| ((2.0 * x).norm() * (0.5 * x).norm()).sqrt(), squared, false;
    "largest by sorting" at ORIGIN => |x| ties(x, &[1.0, -1.0]).sort(0, true).0.slice(0, ..1).sum(), |x| part(x, 0).square(), true;
    "largest by index" at ORIGIN => |x| ties(x, &[1.0, -1.0, 0.5]).max_with_index(0).0, |x| part(x, 0).square(), false;
    "largest of topk" at ORIGIN => |x| ties(x, &[-1.0, 1.0]).topk(1, 0, true).0.sum(), |x| part(x, 0).square(), true;
    "largest magnitude by index" at ORIGIN => |x| ties(x, &[1.0, -1.0]).abs().max_with_index(0).0, |x| part(x, 0).square(), true;
    "pooled" at ORIGIN => |x| ties(x, &[1.0, -1.0]).reshape([1, 1, 2]).max_pool1d(&MaxPool::new([2])).sum(), |x| part(x, 0).square(), true;
    "root of a sum" at ORIGIN => |x| squared(x).sqrt(), squared, false;
    "root of a sum of products" at ORIGIN => |x| (x * x).sum().sqrt(), squared, false;
    "root of a square" at ORIGIN => |x| part(x, 1).powi(2).sqrt(), |x| part(x, 1).square(), false;
    "root of a dot product" at ORIGIN => |x| x.dot(x).sqrt(), squared, false;
    "root along an axis" at ORIGIN => |x| part(x.reshape([2, 2]).square().sum_over(1).sqrt(), 1), |x| squared(x.slice(0, 2..)), false;
    "power of ½" at ORIGIN => |x| squared(x).pow(0.5), squared, false;
    "powf of ½" at ORIGIN => |x| squared(x).powf(0.5), squared, false;
    "power of a variable ½" at ORIGIN => |x| squared(x).pow(x.graph().constant(0.5)), squared, false;
    "root of a root" at ORIGIN => |x| squared(x).square().sqrt().sqrt(), squared, false;
    "root of a fourth power" at ORIGIN => |x| squared(x).square().pow(0.25), squared, false;
    "power of a cube root" at ORIGIN => |x| squared(x).cbrt().powf(1.5), squared, false;
    "exponential of a logarithm" at ORIGIN => |x| (squared(x).log() * 0.5).exp(), squared, false;
    "reciprocal of a reciprocal root" at ORIGIN => |x| squared(x).rsqrt().reciprocal(), squared, false;
    "root of a product of squares" at ORIGIN => |x| (squared(x) * squared(x)).sqrt().sqrt(), squared, false;
    "arc" at ORIGIN => |x| (1.0 - squared(x)).acos() * 0.5f64.sqrt(), |x| squared(x), false;
    "hyperbolic arc" at ORIGIN => |x| (1.0 + squared(x)).acosh() * 0.5f64.sqrt(), |x| squared(x), false;
    "choice of ± at equality" at ORIGIN => |x| x.ge(-x).select(x, -x).slice(0, ..1).sum(), |x| part(x, 0).square(), true;
    "twice relu" at ORIGIN => |x| 2.0 * part(x, 0).relu() - part(x, 0), |x| part(x, 0).square(), true;
    "std and mean" at EQUAL => |x| x.std_mean(0, 0.0).0, |x| x.var(0, 0.0), true;
}

fn matern(r: Expr<'_>) -> Expr<'_> {
    let scaled = r * 5f64.sqrt();
    (1.0 + scaled + 5.0 / 3.0 * r.square()) * (-scaled).exp()
}

macro_rules! even {
    ($( $name:literal => $function:expr, $curvature:expr; )*) => {
        const EVEN: &[Even] =
            &[$( Even { name: $name, function: $function, curvature: $curvature } ),*];
    };
}

even! {
    "r²" => |r| r.square(), 2.0;
    "r·r" => |r| r * r, 2.0;
    "powi(2)" => |r| r.powi(2), 2.0;
    "powf(2)" => |r| r.powf(2.0), 2.0;
    "pow(2)" => |r| r.pow(2.0), 2.0;
    "powi(4)" => |r| r.powi(4), 0.0;
    "powf(6)" => |r| r.powf(6.0), 0.0;
    "3r² − r⁴" => |r| 3.0 * r * r - r.powi(4), 6.0;
    "cos r" => |r| r.cos(), -1.0;
    "cosh r" => |r| r.cosh(), 1.0;
    "exp(−r²)" => |r| (-r.square()).exp(), -2.0;
    "1/(1 + r²)" => |r| (1.0 + r * r).reciprocal(), -2.0;
    "ln(1 + r²)" => |r| r.square().log1p(), 2.0;
    "r·tanh r" => |r| r * r.tanh(), 2.0;
    "Matérn 5/2" => matern, -5.0 / 3.0;
    "Huber" => |r| r.lt(1.0).select(r.square() / 2.0, r - 0.5), 1.0;
    "cos r behind a mask" => |r| r.eq(0.0).select(r.like_zero(), r.cos()), 0.0;
}

/// A zero that no derivative passes.
trait LikeZero {
    fn like_zero(self) -> Self;
}

impl LikeZero for Expr<'_> {
    fn like_zero(self) -> Self {
        self.graph().full(self.shape(), 0.0)
    }
}

/// Records a second derivative of `y` by `x` along `v`.
type Mode = for<'g> fn(Expr<'g>, Expr<'g>, Expr<'g>) -> Expr<'g>;

/// Ways to record the product of the Hessian with the vector `v`; they are to be right where lengths are.
const PRODUCTS: &[(&str, Mode)] = &[
    ("reverse over reverse", |y, x, v| (y.grad(&[x])[0] * v).sum().grad(&[x])[0]),
    ("forward over reverse", |y, x, v| y.hessian_vector(&[(x, v)])[0]),
    ("Hessian", |y, x, v| y.hessian(x).dot(v)),
    ("reverse over forward", |y, x, v| y.jvp(&[(x, v)]).grad(&[x])[0]),
];

/// Ways to record `vᵀ·H·v`, which are right or NaN.
const CURVATURES: &[(&str, Mode)] = &[
    ("forward over forward", |y, x, v| y.jvp(&[(x, v)]).jvp(&[(x, v)])),
    ("Taylor", |y, x, v| 2.0 * y.taylor(&[(x, v)], 2)[2]),
    ("Taylor of the gradient", |y, x, v| (y.grad(&[x])[0] * v).sum().taylor(&[(x, v)], 1)[1]),
    ("reverse over Taylor", |y, x, v| y.taylor(&[(x, v)], 1)[1].grad(&[x])[0].dot(v)),
];

fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * (1.0 + b.abs())
}

/// The faults of a length under an even function.
fn faults(length: &Length, even: &Even) -> Vec<String> {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", length.point);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    let y = (even.function)((length.length)(x));
    let square = (length.square)(x).hessian(x).dot(v) * (even.curvature / 2.0);
    let expected: Vec<f64> = square.value().to_vec();
    let mut faults = Vec::new();
    let mut see = |mode: &str, got: Vec<f64>, expected: &[f64], may_be_nan: bool| {
        let is_right = |(a, b): (&f64, &f64)| is_near(*a, *b) || may_be_nan && !a.is_finite();
        if !got.iter().zip(expected).all(is_right) {
            let (length, even) = (length.name, even.name);
            faults.push(format!("{even} of {length}, {mode}: {got:?}, not {expected:?}"));
        }
    };
    see("gradient", y.grad(&[x])[0].value().to_vec(), &ORIGIN, !length.is_right);
    for (mode, product) in PRODUCTS {
        see(mode, product(y, x, v).value().to_vec(), &expected, !length.is_right);
    }
    let along = square.dot(v).value().to_vec::<f64>();
    for (mode, curvature) in CURVATURES {
        see(mode, curvature(y, x, v).value().to_vec(), &along, true);
    }
    faults
}

type Function = for<'g> fn(Expr<'g>) -> Expr<'g>;

/// Roots written by hand, with what their squares are.
const ROOTS: &[(&str, Function, Function)] = &[
    ("root of a sum", |x| x.square().sum().sqrt().square(), squared),
    ("root of a square", |x| part(x, 1).square().sqrt().powi(2), |x| part(x, 1).square()),
    ("root of a product", |x| (part(x, 1) * part(x, 1)).sqrt().powf(2.0), |x| part(x, 1).square()),
    (
        "root times itself",
        |x| {
            let r = x.square().sum().sqrt();
            r * r
        },
        squared,
    ),
    (
        "root along an axis",
        |x| x.reshape([2, 2]).square().sum_over(keep(1)).sqrt().pow(2.0).sum(),
        squared,
    ),
    (
        "exp of a square of a root",
        |x| (-x.square().sum().sqrt().square()).exp(),
        |x| (-squared(x)).exp(),
    ),
    ("square root, squared", |x| x.sqrt().square().sum(), |x| x.sum()),
    ("logarithm of an exponential", |x| (x + 800.0).exp().log().sum(), |x| x.sum()),
];

#[test]
fn roots_and_squares_cancel_in_derivatives() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", ORIGIN);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    for (name, function, smooth) in ROOTS {
        let [gradient, expected] = [function, smooth].map(|f| f(x).grad(&[x])[0]);
        assert_eq!(gradient.value(), expected.value(), "gradient of {name}");
        for (mode, product) in PRODUCTS.iter() {
            let [got, expected] = [function, smooth].map(|f| product(f(x), x, v).value());
            assert_eq!(got, expected, "{mode} of {name}");
        }
        for (mode, curvature) in CURVATURES {
            let [got, expected] = [function, smooth].map(|f| curvature(f(x), x, v).value().item());
            assert!(got == expected || !got.is_finite(), "{mode} of {name}: {got}, not {expected}");
        }
    }
}

#[test]
fn even_functions_of_lengths_have_their_hessian_where_the_length_is_zero() {
    let pairs = LENGTHS.iter().flat_map(|length| EVEN.iter().map(move |even| (length, even)));
    let faults: Vec<_> = pairs.flat_map(|(length, even)| faults(length, even)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn ties_whose_cotangent_is_not_zero_or_does_not_bend_add_nothing() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", ORIGIN);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    let masked = g.constant([true, false]).select(0.0, x.reshape([2, 2]).max_over(1));
    let flat = [
        (x.relu().max_over(0) - 1.0).square(),
        x.relu().max_over(0).square(),
        (x.relu().max_over(0) + 1.0).log(),
        x.max_over(0),
        masked.slice(0, ..1).square().sum(),
        masked.slice(0, ..1).sum().cos(),
    ];
    for y in flat {
        for (mode, product) in PRODUCTS {
            assert_eq!(product(y, x, v).value().to_vec::<f64>(), ORIGIN, "{mode} of {y:?}");
        }
    }
    // Of four that tie, each has a quarter of the gradient, as if none would move away from the others.
    for (mode, product) in PRODUCTS {
        let got = product((x.max_over(0) - 1.0).square(), x, v).value().to_vec::<f64>();
        assert!(got.iter().all(|got| is_near(*got, 2.0 * 1.9 / 16.0)), "{mode}: {got:?}");
    }
}

/// Lengths of functions that have the derivative of one side where they meet 0, as documented.
const ONE_SIDED: &[(&str, Function)] = &[
    ("relu of both signs", |x| part(x, 0).relu() + (-part(x, 0)).relu()),
    ("clamp of both signs", |x| part(x, 0).clamp_min(0.0) + (-part(x, 0)).clamp_min(0.0)),
    ("product with the sign", |x| part(x, 0) * part(x, 0).sign()),
    ("relu", |x| part(x, 0).relu()),
    ("relu of a square", |x| part(x, 0).square().relu().sqrt()),
];

#[test]
fn functions_with_one_side_have_the_second_derivative_of_that_side() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", ORIGIN);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    for (name, length) in ONE_SIDED {
        let y = length(x).square();
        for (mode, product) in PRODUCTS {
            assert_eq!(product(y, x, v).value().to_vec::<f64>(), ORIGIN, "{mode} of {name}");
        }
    }
}

#[test]
fn infinite_cotangents_pass_norms_of_other_orders() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [1.0, 2.0]);
    let infinite = g.constant(f64::INFINITY);
    let gradient = x.vector_norm(3.0, 0).vjp(infinite, &[x])[0].value().to_vec::<f64>();
    assert_eq!(gradient, [f64::INFINITY; 2]);
}

#[test]
fn roots_of_fourth_powers_are_right_or_not_finite() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", ORIGIN);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    let expected = squared(v).value().item() * 2.0;
    let roots: [Function; 3] = [|u| u.sqrt(), |u| u.pow(0.5), |u| u.square().pow(0.25)];
    for root in roots {
        for (mode, curvature) in PRODUCTS.iter().chain(CURVATURES) {
            let got = curvature(root(squared(x).square()), x, v);
            let got = if got.rank() > 0 { got.dot(v) } else { got }.value().item();
            assert!(is_near(got, expected) || !got.is_finite(), "{mode}: {got}, not {expected}");
        }
    }
}

#[test]
fn kernels_of_equal_points_have_their_mixed_derivatives() {
    let g = Graph::with_dtype(DType::F64);
    let (a, b) = (g.param("a", [0.3, -1.2]), g.param("b", [0.3, -1.2]));
    let gauss = (-(a - b).norm().square()).exp();
    for (kernel, curvature) in [(gauss, 2.0), (matern((a - b).norm()), 5.0 / 3.0)] {
        let mixed = kernel.grad(&[a])[0].jacobian(b).value().to_vec::<f64>();
        let expected = [curvature, 0.0, 0.0, curvature];
        assert!(mixed.iter().zip(expected).all(|(a, b)| is_near(*a, b)), "{mixed:?}");
    }
}

#[test]
fn batches_and_sparse_hessians_meet_kinks_as_others_do() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [0.5, -0.5]);
    let hessian = x.norm().square().hessian(x);
    let points = g.constant([[0.0, 0.0], [3.0, 4.0]]);
    let expected = [2.0, 0.0, 0.0, 2.0].repeat(2);
    let batch = hessian.vmap(&[(x, points)]).value().to_vec::<f64>();
    assert!(batch.iter().zip(&expected).all(|(a, b)| is_near(*a, *b)), "{batch:?}");
    let gradients = x.norm().square().grad(&[x])[0].vmap(&[(x, points)]);
    let curvature = gradients.jvp(&[(points, points.like_zero() + 1.0)]).value();
    assert!(curvature.to_vec::<f64>().iter().all(|x| is_near(*x, 2.0)), "{curvature:?}");

    let x = g.param("y", [0.0, 2.0, 0.0]);
    let sparse = x.abs().square().sum().sparse_hessian(x);
    assert_eq!((sparse.n_sweeps, sparse.values.value().to_vec::<f64>()), (1, vec![2.0; 3]));
}

#[test]
fn what_has_a_kink_itself_keeps_the_second_derivative_zero() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", ORIGIN);
    let v = g.constant([0.7, -1.1, 0.4, 1.9]);
    for y in [x.abs().sum(), x.norm(), 3.0 * x.norm(), x.maximum(-x).sum(), x.abs().mean()] {
        for (mode, product) in PRODUCTS {
            assert_eq!(product(y, x, v).value().to_vec::<f64>(), ORIGIN, "{mode} of {y:?}");
        }
    }
}
