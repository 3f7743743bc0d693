//! Means, variances and normalizations over the whole range of a type: values and derivatives of both orders, by the
//! oracle and by plans.
//!
//! Moving and scaling numbers moves and scales their moments. So the truth is what the plain formulas give in double
//! precision for numbers that are near 0 and 1, which are the same numbers but for that.

use retrograd_core::{DType, Expr, Graph, Params, Tensor, functions::Norm, keep};
use retrograd_plan::Plan;

/// A function of rows of numbers `[m, n]`, along the last axis, with `ε`.
type Function = for<'g> fn(Expr<'g>, f64) -> Expr<'g>;

struct Moment {
    name: &'static str,
    function: Function,
    /// The plain formula.
    plain: Function,
    /// With which power of the scale of numbers the function grows.
    degree: i32,
    /// Whether it stays the same, or moves as numbers do, where they are moved.
    moves: bool,
    /// Whether it depends on where numbers are: then they are not moved for the truth.
    is_fixed: bool,
    takes_eps: bool,
}

fn centered(x: Expr<'_>) -> Expr<'_> {
    x - x.mean_over(keep(-1))
}

fn standardized(x: Expr<'_>, eps: f64) -> Expr<'_> {
    let centered = centered(x);
    centered / (centered.square().mean_over(keep(-1)) + eps).sqrt()
}

fn options<'g>(eps: f64) -> Norm<'g> {
    Norm { eps, ..Norm::default() }
}

fn n_free(x: Expr<'_>) -> f64 {
    (x.shape()[1] - 1) as f64
}

macro_rules! moments {
    ($( $name:literal => $function:expr, $plain:expr, ($degree:literal, $moves:literal, $is_fixed:literal, $takes_eps:literal); )*) => {
        const MOMENTS: &[Moment] = &[$( Moment {
            name: $name,
            function: $function,
            plain: $plain,
            degree: $degree,
            moves: $moves,
            is_fixed: $is_fixed,
            takes_eps: $takes_eps,
        } ),*];
    };
}

moments! {
    "layer_norm" => |x, eps| x.layer_norm(&x.shape()[1..], &options(eps)), standardized, (0, false, false, true);
    "batch_norm" => |x, eps| x.t().batch_norm(&options(eps)).t(), standardized, (0, false, false, true);
    "group_norm" => |x, eps| x.group_norm(1, &options(eps)), standardized, (0, false, false, true);
    "instance_norm" => |x, eps| {
        let shape = [1, x.shape()[0], x.shape()[1]];
        x.reshape(shape).instance_norm(&options(eps)).reshape(x.shape())
    }, standardized, (0, false, false, true);
    "rms_norm" => |x, eps| x.rms_norm(&x.shape()[1..], &options(eps)),
        |x, eps| x / (x.square().mean_over(keep(-1)) + eps).sqrt(), (0, false, true, true);
    "std" => |x, _| x.std(-1, 1.0), |x, _| (centered(x).square().sum_over(-1) / n_free(x)).sqrt(), (1, false, false, false);
    "std_mean" => |x, _| x.std_mean(keep(-1), 0.0).0, |x, _| centered(x).square().mean_over(keep(-1)).sqrt(), (1, false, false, false);
    "var" => |x, _| x.var(-1, 1.0), |x, _| centered(x).square().sum_over(-1) / n_free(x), (2, false, false, false);
    "var_mean" => |x, _| x.var_mean(-1, 0.0).0, |x, _| centered(x).square().mean_over(-1), (2, false, false, false);
    "mean of var_mean" => |x, _| x.var_mean(-1, 0.0).1, |x, _| x.mean_over(-1), (1, true, false, false);
    "norm" => |x, _| x.vector_norm(2.0, -1), |x, _| x.square().sum_over(-1).sqrt(), (1, false, true, false);
    "square of norm" => |x, _| x.vector_norm(2.0, keep(-1)).square(), |x, _| x.square().sum_over(-1), (2, false, true, false);
    "square of std" => |x, _| x.std(-1, 0.0).square(), |x, _| centered(x).square().mean_over(-1), (2, false, false, false);
    "cosine_similarity" => |x, _| x.cosine_similarity(x.exact_reverse(), -1, 0.0),
        |x, _| {
            let product = (x * x.exact_reverse()).sum_over(-1);
            product / x.square().sum_over(-1)
        }, (0, false, true, false);
}

/// The numbers of each row in the opposite order.
trait Reversed {
    fn exact_reverse(self) -> Self;
}

impl Reversed for Expr<'_> {
    fn exact_reverse(self) -> Self {
        self.flip([1])
    }
}

/// Numbers of some shape, spread by `scale` around an offset, as the dtype can hold them.
fn numbers([m, n]: [usize; 2], scale: f64, offset: f64, dtype: DType) -> Vec<f64> {
    let spread = |k: usize| scale * (1.7 * (k + 1) as f64).sin();
    let numbers: Vec<_> = (0..m * n).map(|k| offset + spread(k)).collect();
    Tensor::new([m, n], numbers).expect("they fill the shape").cast(dtype).to_vec()
}

/// The function, its gradient with some weights, and a product with their Hessian.
fn derivatives<'g>(x: Expr<'g>, function: impl Fn(Expr<'g>) -> Expr<'g>) -> [Expr<'g>; 3] {
    let wave = |like: Expr<'g>, by: f64| {
        let n = like.shape().n_elements();
        let wave: Vec<_> = (0..n).map(|k| (by * k as f64 + 0.3).cos()).collect();
        x.graph().constant(Tensor::new(like.shape(), wave).expect("alike").cast(x.dtype()))
    };
    let y = function(x);
    let gradient = y.vjp(wave(y, 0.9), &[x])[0];
    [y, gradient, gradient.jvp(&[(x, wave(x, 2.3))])]
}

/// The truth for numbers that have been moved by `shift` and scaled by `2⁻ᵉ`.
fn truth(moment: &Moment, shape: [usize; 2], x: &[f64], eps: f64) -> [Vec<f64>; 3] {
    // Differences of the largest numbers are none.
    let quartered = if x.iter().any(|x| x.abs() > 1e300) { 2 } else { 0 };
    let part = 0.5f64.powi(quartered);
    let shift = |row: &[f64]| if moment.is_fixed { 0.0 } else { row[0] * part };
    let moved = x.chunks(shape[1]).flat_map(|row| row.iter().map(move |x| x * part - shift(row)));
    let largest = moved.clone().fold(0.0, |a: f64, b| a.max(b.abs()));
    let largest = largest.max(eps.sqrt());
    let e = if largest > 0.0 { largest.log2().floor() as i32 } else { 0 };
    // In two steps, since a power of two may be no number where its halves are.
    let by = |e: i32, x: f64| x * 2f64.powi(e / 2) * 2f64.powi(e - e / 2);
    let near: Vec<_> = moved.map(|x| by(-e, x)).collect();
    let e = e + quartered;
    let g = Graph::with_dtype(DType::F64);
    let z = g.constant(Tensor::new(shape, near).expect("they fill the shape"));
    let [y, first, second] =
        derivatives(z, |z| (moment.plain)(z, by(-2 * e, eps))).map(|y| y.value().to_vec::<f64>());
    let d = moment.degree;
    let y = y
        .iter()
        .enumerate()
        .map(|(k, y)| by(d * e, *y) + if moment.moves { x[k * shape[1]] } else { 0.0 });
    let scaled = |values: Vec<f64>, e| values.into_iter().map(|y| by(e, y)).collect();
    [y.collect(), scaled(first, (d - 1) * e), scaled(second, (d - 2) * e)]
}

fn largest_of(dtype: DType) -> f64 {
    if dtype == DType::F32 { f64::from(f32::MAX) } else { f64::MAX }
}

/// The faults of numbers that should be some others, and are made of numbers of a size.
fn difference(got: &[f64], expected: &[f64], size: f64, dtype: DType, n: usize) -> Option<String> {
    let (epsilon, largest, smallest) = match dtype {
        DType::F32 => (f64::from(f32::EPSILON), f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE)),
        _ => (f64::EPSILON, f64::MAX, f64::MIN_POSITIVE),
    };
    let size = expected.iter().fold(size, |a: f64, b| a.max(b.abs()));
    // Where derivatives themselves are too large for the type, or nearly too small, there is nothing to compare.
    if size > largest / 1e6 || size > 0.0 && size < smallest * 1e6 {
        return None;
    }
    let tolerance = epsilon * size * (32.0 + 4.0 * (n as f64).sqrt());
    let is_near = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance;
    let at = got.iter().zip(expected).position(|pair| !is_near(pair))?;
    Some(format!("{} at {at}, not {} (of {size:e})", got[at], expected[at]))
}

/// Everything that is wrong with a function for some numbers.
fn faults(moment: &Moment, shape: [usize; 2], x: &[f64], dtype: DType, eps: f64) -> Vec<String> {
    let g = Graph::with_dtype(dtype);
    let data = Tensor::new(shape, x.to_vec()).expect("they fill the shape").cast(dtype);
    let outputs = derivatives(g.constant(&data), |x| (moment.function)(x, eps));
    let plan = Plan::compile(&outputs, &[]).expect("the graph compiles");
    let mut workspace = plan.workspace();
    plan.run(&mut workspace, &Params::new(), &[]).expect("all leaves hold data");
    let expected = truth(moment, shape, x, eps);
    let largest = x.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    let mut faults = Vec::new();
    for (order, expected) in expected.iter().enumerate() {
        let oracle = outputs[order].value().to_vec::<f64>();
        let planned = workspace.output(order).to_tensor().to_vec::<f64>();
        for (by, got) in [("oracle", oracle), ("plan", planned)] {
            let is_of_numbers = moment.moves && order == 0;
            let size = if is_of_numbers { largest } else { 0.0 };
            if let Some(difference) = difference(&got, expected, size, dtype, shape[1]) {
                faults.push(format!("{} of order {order}, {by}: {difference}", moment.name));
            }
        }
    }
    faults
}

#[test]
fn moments_hold_over_the_whole_range_of_a_type() {
    let mut all = Vec::new();
    let offsets: [f64; 4] = [0.0, 1.0, -300.0, 1e4];
    for (dtype, scales) in [
        (DType::F32, [1e-30, 1e-25, 1e-10, 1e-3, 1.0, 1e3, 1e10, 1e20, 1.5e38]),
        (DType::F64, [1e-200, 1e-160, 1e-30, 1e-3, 1.0, 1e3, 1e30, 1e200, 1e308]),
    ] {
        for shape in [[1, 4], [3, 10], [2, 500], [1, 5000]] {
            for (scale, offset) in scales.iter().flat_map(|s| offsets.map(|o| (*s, o * s))) {
                if offset.abs() + scale > 0.9 * largest_of(dtype) {
                    continue;
                }
                let x = numbers(shape, scale, offset, dtype);
                let are_apart = |moment: &&Moment| offset.abs() <= scale || !moment.is_fixed;
                // Where a length is no number of the type, the derivatives of its square are none, either.
                let is_within = |moment: &&Moment| {
                    !moment.name.starts_with("square") || scale < largest_of(dtype) / 1e6
                };
                for moment in MOMENTS.iter().filter(are_apart).filter(is_within) {
                    let epsilons = [0.0, 1e-5, scale * scale].into_iter().filter(|eps| {
                        *eps == 0.0 || moment.takes_eps && *eps > 1e-37 && *eps < 1e37
                    });
                    for eps in epsilons {
                        let at =
                            format!("{dtype} {shape:?}, {scale:e} around {offset:e}, ε = {eps:e}");
                        let faults = faults(moment, shape, &x, dtype, eps);
                        all.extend(faults.into_iter().map(|fault| format!("{at}: {fault}")));
                    }
                }
            }
        }
    }
    assert!(all.is_empty(), "{} faults:\n{}", all.len(), all[..all.len().min(40)].join("\n"));
}

#[test]
fn equal_numbers_have_no_deviation() {
    for dtype in [DType::F32, DType::F64] {
        for number in [0.1, 30000.123, 1.6e9, -7.7e-20, 3e38, 1e-44, 0.0] {
            for shape in [[1, 10], [2, 500], [1, 4999]] {
                let g = Graph::with_dtype(dtype);
                let x = g.full(shape, number).value();
                let x = g.constant(&x);
                for moment in MOMENTS.iter().filter(|moment| !moment.is_fixed && !moment.moves) {
                    let y = (moment.function)(x, 1e-5);
                    let gradient = y.sum().grad(&[x])[0];
                    let plan = Plan::compile(&[y, gradient], &[]).expect("the graph compiles");
                    let mut workspace = plan.workspace();
                    plan.run(&mut workspace, &Params::new(), &[]).expect("all leaves hold data");
                    let planned = [0, 1].map(|k| workspace.output(k).to_tensor());
                    for value in [y.value(), gradient.value()].into_iter().chain(planned) {
                        let is_flat =
                            |x: &f64| x.abs() <= if dtype == DType::F32 { 0.05 } else { 1e-10 };
                        let values = value.to_vec::<f64>();
                        assert!(
                            values.iter().all(is_flat),
                            "{} of {number} {shape:?}",
                            moment.name
                        );
                    }
                    let zeros = [y.value(), workspace.output(0).to_tensor()];
                    for value in zeros {
                        let is_zero = value.to_vec::<f64>().iter().all(|y| *y == 0.0);
                        assert!(
                            is_zero,
                            "{} of {number} {dtype} {shape:?}: {value:?}",
                            moment.name
                        );
                    }
                }
            }
        }
    }
}
