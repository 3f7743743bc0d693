//! Derivatives at kinks, at bad points of branches not taken, and through what is shared, stopped or unused.

use retrograd_core::{DType, Expr, Graph, Tensor, keep};

/// The derivative of `f`, elementwise, at some points.
fn slopes(points: &[f64], f: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) -> Vec<f64> {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", points);
    f(x).sum().grad(&[x])[0].value().to_vec()
}

/// The second derivative of `f`, elementwise, at some points.
fn curvatures(points: &[f64], f: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) -> Vec<f64> {
    slopes(points, |x| f(x).sum().grad(&[x])[0])
}

#[test]
fn kinks_have_the_derivative_that_their_rows_document() {
    assert_eq!(slopes(&[0.0, -0.0], |x| x.relu()), [0.0, 0.0]);
    assert_eq!(slopes(&[0.0, -0.0], |x| x.abs()), [0.0, 0.0]);
    assert_eq!(slopes(&[0.0, 1.0], |x| x.sign()), [0.0, 0.0]);
    assert_eq!(slopes(&[0.0, 1.0], |x| x.step()), [0.0, 0.0]);
    assert_eq!(slopes(&[0.0], |x| x.leaky_relu(0.25)), [0.25]);
    assert_eq!(slopes(&[0.0], |x| x.elu(0.5)), [0.5]);
    assert_eq!(slopes(&[0.0], |x| x.sqrt()), [f64::INFINITY]);
    assert_eq!(slopes(&[0.0], |x| x.powi(3)), [0.0]);
    assert_eq!(curvatures(&[0.0], |x| x.powi(3)), [0.0]);
    assert_eq!(curvatures(&[0.0], |x| x.powi(2)), [2.0]);
}

#[test]
fn at_nan_a_derivative_is_nan_unless_it_is_the_same_everywhere() {
    let nan = f64::NAN;
    let unknown: [fn(Expr<'_>) -> Expr<'_>; 10] = [
        |x| x.relu(),
        |x| x.abs(),
        |x| x.elu(1.0),
        |x| x.leaky_relu(0.1),
        |x| x.hardtanh(-1.0, 1.0),
        |x| x.relu6(),
        |x| x.hardsigmoid(),
        |x| x.hardshrink(0.5),
        |x| x.softshrink(0.5),
        |x| x.clamp(-1.0, 1.0),
    ];
    let g = Graph::with_dtype(DType::F64);
    for f in unknown {
        let slopes = slopes(&[nan], f);
        assert!(slopes[0].is_nan(), "{slopes:?}");
        assert!(f(g.constant(nan)).value().item().is_nan(), "NaN gets through");
    }
    assert_eq!(slopes(&[nan], |x| x.floor()), [0.0]);
    assert_eq!(slopes(&[nan], |x| -x), [-1.0]);
    assert_eq!(slopes(&[nan], |x| x.nan_to_num()), [0.0]);
    assert_eq!(curvatures(&[nan], |x| x.relu()), [0.0]);
}

#[test]
fn a_clamp_passes_at_its_bounds_and_is_unknown_beside_nan() {
    assert_eq!(slopes(&[-1.0, 0.5, 1.0, 2.0], |x| x.clamp(-1.0, 1.0)), [1.0, 1.0, 1.0, 0.0]);
    let infinite = [f64::NEG_INFINITY, f64::INFINITY];
    assert_eq!(slopes(&infinite, |x| x.clamp_max(f64::INFINITY)), [1.0, 1.0]);
    let g = Graph::with_dtype(DType::F64);
    let (x, bound) = (g.param("x", [1.0, 1.0]), g.param("bound", [1.0, f64::NAN]));
    for y in [x.clamp_min(bound), x.clamp_max(bound), x.maximum(bound)] {
        assert!(y.value().to_vec::<f64>()[1].is_nan());
        for gradient in y.sum().grad(&[x, bound]) {
            assert!(gradient.value().to_vec::<f64>()[1].is_nan());
        }
    }
    let gradient = x.clamp_min(bound).sum().grad(&[x, bound]);
    assert_eq!(
        gradient.iter().map(|g| g.value().to_vec::<f64>()[0]).collect::<Vec<_>>(),
        [1.0, 0.0]
    );
}

#[test]
fn equal_infinite_numbers_share_a_logarithm_of_exponentials() {
    let infinite = [f64::INFINITY, f64::NEG_INFINITY];
    let g = Graph::with_dtype(DType::F64);
    let (a, b) = (g.param("a", infinite), g.param("b", infinite));
    let y = a.logaddexp(b);
    assert_eq!(y.value().to_vec::<f64>(), infinite);
    let ones = g.constant([1.0, 1.0]);
    for slopes in [y.vjp(ones, &[a])[0], y.vjp(ones, &[b])[0], y.jvp(&[(a, ones)])] {
        assert_eq!(slopes.value().to_vec::<f64>(), [0.5, 0.5]);
        assert_eq!(slopes.jvp(&[(a, ones)]).value().to_vec::<f64>(), [0.0, 0.0]);
    }
    // Of one number twice, nothing is left to share.
    assert_eq!(slopes(&infinite, |x| x.logaddexp(x)), [1.0, 1.0]);
    assert_eq!(y.jvp(&[(a, ones), (b, ones)]).value().to_vec::<f64>(), [1.0, 1.0]);
}

#[test]
fn what_is_nan_has_derivatives_that_are_nan() {
    let g = Graph::with_dtype(DType::F64);
    let (x, nan) = (g.param("x", [0.0, 1.0]), g.param("nan", [f64::NAN, f64::NAN]));
    for gradient in x.xlogy(nan).sum().grad(&[x, nan]) {
        assert!(gradient.value().to_vec::<f64>().iter().all(|slope| slope.is_nan()));
    }
    let zero = g.param("zero", [0.0, 0.0]);
    let by_exponent = zero.pow(nan).sum().grad(&[nan])[0].value().to_vec::<f64>();
    assert!(by_exponent.iter().all(|slope| slope.is_nan()));
}

#[test]
fn ties_share_the_gradient_equally() {
    assert_eq!(slopes(&[3.0, 1.0, 3.0, 3.0], |x| x.max()), [1.0 / 3.0, 0.0, 1.0 / 3.0, 1.0 / 3.0]);
    assert_eq!(slopes(&[3.0, 1.0, 1.0], |x| x.min()), [0.0, 0.5, 0.5]);
    let (g, five) = (Graph::with_dtype(DType::F64), Tensor::from([5.0, 5.0]));
    let (a, b) = (g.param("a", &five), g.param("b", &five));
    for both in [a.maximum(b), a.minimum(b)] {
        for gradient in both.sum().grad(&[a, b]) {
            assert_eq!(gradient.value().to_vec::<f64>(), [0.5, 0.5]);
        }
    }
}

#[test]
fn ties_are_shared_within_each_reduced_group() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [[1.0, 1.0, 0.0], [2.0, 3.0, 2.5]]);
    let gradient = x.max_over(keep(1)).sum().grad(&[x])[0];
    assert_eq!(gradient.value().to_vec::<f64>(), [0.5, 0.5, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_branch_not_taken_gives_zero_whatever_its_derivative_is() {
    assert_eq!(slopes(&[0.0, -1.0, 4.0], |x| x.gt(0.0).select(x.sqrt(), 0.0)), [0.0, 0.0, 0.25]);
    assert_eq!(slopes(&[0.0, -1.0, 2.0], |x| x.gt(0.0).select(x.log(), x)), [1.0, 1.0, 0.5]);
    assert_eq!(slopes(&[0.0, 2.0], |x| x.ne(0.0).select(1 / x, 0.0)), [0.0, -0.25]);
    assert_eq!(curvatures(&[0.0, 4.0], |x| x.gt(0.0).select(x.sqrt(), 0.0)), [0.0, -1.0 / 32.0]);
    assert_eq!(
        curvatures(&[0.0, -1.0, 2.0], |x| x.gt(0.0).select(x.log(), 0.0)),
        [0.0, 0.0, -0.25]
    );
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [[0.0, 0.0], [0.0, 4.0]]);
    let squares = x.square().sum_over(keep(1));
    let norm = squares.gt(0.0).select(squares.sqrt(), 0.0);
    assert_eq!(norm.sum().grad(&[x])[0].value().to_vec::<f64>(), [0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn large_numbers_saturate_without_overflow() {
    let far = [-1000.0, 1000.0];
    assert_eq!(slopes(&far, |x| x.sigmoid()), [0.0, 0.0]);
    assert_eq!(slopes(&far, |x| x.softplus()), [0.0, 1.0]);
    assert_eq!(slopes(&far, |x| x.log_sigmoid()), [1.0, 0.0]);
    assert_eq!(slopes(&far, |x| x.tanh()), [0.0, 0.0]);
    assert_eq!(slopes(&far, |x| x.elu(1.0)), [0.0, 1.0]);
    assert_eq!(slopes(&far, |x| x.silu()), [0.0, 1.0]);
    assert_eq!(slopes(&far, |x| x.gelu()), [0.0, 1.0]);
    assert_eq!(slopes(&far, |x| x.gelu_tanh()), [0.0, 1.0]);
}

#[test]
fn a_logarithm_of_a_sum_of_exponentials_is_finite_where_it_can_be() {
    let value = |x: [f64; 2]| Graph::with_dtype(DType::F64).constant(x).logsumexp(0).value().item();
    assert_eq!(value([1000.0, 1000.0]), 1000.0 + 2f64.ln());
    assert_eq!(value([-1000.0, -1000.0]), -1000.0 + 2f64.ln());
    assert_eq!(value([1000.0, -1000.0]), 1000.0);
    assert_eq!(value([f64::NEG_INFINITY, 3.0]), 3.0);
    assert_eq!(value([f64::NEG_INFINITY; 2]), f64::NEG_INFINITY);
    assert_eq!(value([f64::INFINITY, 0.0]), f64::INFINITY);
    assert_eq!(slopes(&[1000.0, 1000.0], |x| x.logsumexp(0)), [0.5, 0.5]);
    assert_eq!(slopes(&[1000.0, -1000.0], |x| x.logsumexp(0)), [1.0, 0.0]);
    assert_eq!(slopes(&[f64::NEG_INFINITY, 3.0], |x| x.logsumexp(0)), [0.0, 1.0]);
    // Where the largest is infinite, the gradient is that of the maximum.
    assert_eq!(slopes(&[f64::INFINITY, 3.0], |x| x.logsumexp(0)), [1.0, 0.0]);
    assert_eq!(slopes(&[f64::INFINITY; 2], |x| x.logsumexp(0)), [0.5, 0.5]);
    assert_eq!(slopes(&[f64::NEG_INFINITY; 2], |x| x.logsumexp(0)), [0.5, 0.5]);
}

#[test]
fn a_norm_has_its_limit_where_it_is_infinite() {
    assert_eq!(slopes(&[f64::NEG_INFINITY, 1.0], |x| x.vector_norm(2.0, 0)), [-1.0, 0.0]);
    assert_eq!(slopes(&[f64::INFINITY, 1.0], |x| x.vector_norm(3.0, 0)), [1.0, 0.0]);
    assert_eq!(slopes(&[0.0, 0.0], |x| x.vector_norm(2.0, 0)), [0.0, 0.0]);
    let g = Graph::with_dtype(DType::F64);
    let norm = |x: [f64; 2]| g.constant(x).vector_norm(2.0, 0).value().item();
    assert_eq!(norm([f64::NEG_INFINITY, 1.0]), f64::INFINITY);
    assert!(norm([f64::NAN, 1.0]).is_nan());
}

#[test]
fn softmax_of_numbers_far_apart_is_exact() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.constant([1000.0, -1000.0, 1000.0]);
    assert_eq!(x.softmax(0).value().to_vec::<f64>(), [0.5, 0.0, 0.5]);
    let log = -(2f64.ln());
    assert_eq!(x.log_softmax(0).value().to_vec::<f64>(), [log, -2000.0 + log, log]);
}

#[test]
fn of_nothing_but_minus_infinity_there_is_no_softmax() {
    let nothing = [f64::NEG_INFINITY; 2];
    let is_nan = |numbers: Vec<f64>| numbers.iter().all(|x| x.is_nan());
    let g = Graph::with_dtype(DType::F64);
    assert!(is_nan(g.constant(nothing).softmax(0).value().to_vec()));
    let one = g.constant([f64::NEG_INFINITY, 1.0]);
    assert_eq!(one.softmax(0).value().to_vec::<f64>(), [0.0, 1.0]);
    assert_eq!(one.log_softmax(0).value().to_vec::<f64>(), [f64::NEG_INFINITY, 0.0]);
}

#[test]
fn a_shared_parameter_sums_over_its_uses() {
    assert_eq!(slopes(&[3.0], |x| x * x * x), [27.0]);
    assert_eq!(slopes(&[3.0], |x| x - x), [0.0]);
    assert_eq!(slopes(&[2.0], |x| x / x), [0.0]);
    assert_eq!(
        slopes(&[2.0, 5.0], |x| x + x.sum() + x.dot(x)),
        [1.0 + 2.0 + 8.0, 1.0 + 2.0 + 20.0]
    );
}

#[test]
fn what_is_stopped_is_a_constant() {
    assert_eq!(slopes(&[3.0], |x| x * x.stop_gradient()), [3.0]);
    assert_eq!(slopes(&[3.0], |x| (x * x).stop_gradient()), [0.0]);
    assert_eq!(curvatures(&[3.0], |x| x * x * x.stop_gradient()), [6.0]);
}

#[test]
fn what_nothing_depends_on_has_zeros_of_its_shape() {
    let g = Graph::with_dtype(DType::F64);
    let (x, unused) = (g.param("x", 2.0), g.param("unused", [[1.0, 2.0, 3.0]]));
    let gradients = x.exp().grad(&[unused, x]);
    assert_eq!(gradients[0].value(), Tensor::zeros(DType::F64, [1, 3]));
    assert_eq!(gradients[1].value().item(), 2f64.exp());
    // Nodes recorded later cannot matter either.
    let later = g.param("later", [1.0]);
    assert_eq!(x.grad(&[later])[0].value().to_vec::<f64>(), [0.0]);
    // Nor does a derivative pass through an index.
    let index = x.unsqueeze(0).argmax(0).cast(DType::F64);
    assert_eq!(index.grad(&[x])[0].value().item(), 0.0);
}

#[test]
fn a_node_in_between_has_a_gradient_too() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [1.0, 2.0]);
    let h = x.square();
    let loss = (h * h).sum() + x.sum();
    let gradients = loss.grad(&[h, x, loss]);
    assert_eq!(gradients[0].value().to_vec::<f64>(), [2.0, 8.0]);
    assert_eq!(gradients[1].value().to_vec::<f64>(), [5.0, 33.0]);
    assert_eq!(gradients[2].value().item(), 1.0);
}

#[test]
fn the_same_expression_may_be_asked_for_twice() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", 3.0);
    let gradients = x.square().grad(&[x, x]);
    assert_eq!(gradients.len(), 2);
    assert_eq!(gradients[0].id(), gradients[1].id());
}

#[test]
fn a_polynomial_has_its_third_derivative_and_no_fifth() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", 1.5);
    let polynomial = 2.0 * x.powi(4) - x.powi(3) + x * x - 7.0;
    let derivatives: Vec<f64> = std::iter::successors(Some(polynomial), |y| y.grad(&[x]).pop())
        .skip(1)
        .take(5)
        .map(|derivative| derivative.value().item())
        .collect();
    assert_eq!(derivatives, [23.25, 47.0, 66.0, 48.0, 0.0]);
}

#[test]
fn mixed_partial_derivatives_are_symmetric() {
    let g = Graph::with_dtype(DType::F64);
    let (x, y) = (g.param("x", 0.7), g.param("y", -1.3));
    let f = (x * y).sin() * x.exp() + x.powi(3) / (y.square() + 1);
    let xy = f.grad(&[x])[0].grad(&[y])[0].value().item();
    let yx = f.grad(&[y])[0].grad(&[x])[0].value().item();
    assert!((xy - yx).abs() < 1e-14 && xy.abs() > 0.1, "{xy} {yx}");
}

#[test]
fn a_seed_weights_the_outputs() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [1.0, 2.0]);
    let seed = g.constant([[1.0, 10.0], [100.0, 1000.0]]);
    let outer = x.unsqueeze(1) * x.unsqueeze(0);
    // ∂/∂x₀ Σ sᵢⱼ·xᵢ·xⱼ = 2·s₀₀·x₀ + (s₀₁ + s₁₀)·x₁.
    assert_eq!(outer.vjp(seed, &[x])[0].value().to_vec::<f64>(), [222.0, 4110.0]);
}

#[test]
fn gradients_pass_between_floating_point_types_and_no_others() {
    let g = Graph::with_dtype(DType::F64);
    let x = g.param("x", [1.5, -2.5]);
    let single = x.cast(DType::F32);
    let gradient = (single * single).sum().grad(&[x])[0];
    assert_eq!(gradient.dtype(), DType::F64);
    assert_eq!(gradient.value().to_vec::<f64>(), [3.0, -5.0]);
    let whole = x.cast(DType::I64).cast(DType::F64);
    assert_eq!((whole * x).sum().grad(&[x])[0].value().to_vec::<f64>(), [1.0, -2.0]);
}
