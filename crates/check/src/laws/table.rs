//! The laws: each an equation between two ways to one value.

use retrograd_core::{Expr, Tensor, expr::Pair};

use super::setting::Setting;

/// A law: a statement about a function.
pub(super) struct Law {
    pub(super) name: &'static str,
    pub(super) equations: for<'g> fn(&Setting<'g>) -> Vec<Equation<'g>>,
}

/// Two expressions of one value.
#[derive(Clone, Copy)]
pub(super) enum Equation<'g> {
    /// One is the other.
    Is(Expr<'g>, Expr<'g>),
    /// One is the other for each example, side by side.
    IsEach(Expr<'g>, Expr<'g>),
}

use Equation::{Is, IsEach};

/// All laws.
pub(super) const LAWS: &[Law] = &[
    Law { name: "u·(J·v) = v·(Jᵀ·u)", equations: duality },
    Law { name: "J·v and Jᵀ·u are linear", equations: linearity },
    Law { name: "w·(H·v) = v·(H·w)", equations: symmetry },
    Law { name: "H·v = the gradient of ∇f·v", equations: reverse_over_reverse },
    Law { name: "J·v and Jᵀ·u by the whole Jacobian", equations: jacobian },
    Law { name: "H·v and its diagonal by the whole Hessian", equations: hessian },
    Law { name: "Gauss–Newton and Fisher by the whole Jacobian", equations: gauss_newton },
    Law { name: "Taylor = nested tangents", equations: taylor },
    Law { name: "v·∇(v·H·v) = 3!·c₃", equations: third_order },
    Law { name: "w·∇(v·H·v) = v·∇(w·H·v)", equations: symmetry_of_third_order },
    Law { name: "vmap = loop", equations: batches },
    Law { name: "vmap of grad = loop", equations: per_example_gradients },
    Law { name: "jvp of vmap = loop", equations: tangents_of_a_batch },
    Law { name: "H·v of a vmapped loss = loop", equations: curvature_of_a_batch },
    Law { name: "Hessian of a vmapped loss = loop", equations: hessian_of_a_batch },
    Law { name: "vmap of vmap = vmap", equations: batches_of_batches },
];

/// `Σ a·b` over pairs.
fn inner<'g>(pairs: impl IntoIterator<Item = Pair<'g>>) -> Expr<'g> {
    let terms = pairs.into_iter().map(|(a, b)| (a * b).sum());
    terms.reduce(|a, b| a + b).expect("a random graph has a leaf")
}

/// Tangents or vectors, each with what `pairs` has in second place.
fn zip<'g>(exprs: Vec<Expr<'g>>, pairs: &[Pair<'g>]) -> impl Iterator<Item = Pair<'g>> {
    exprs.into_iter().zip(pairs).map(|(expr, &(_, v))| (expr, v))
}

fn each<'g>(left: Vec<Expr<'g>>, right: Vec<Expr<'g>>) -> Vec<Equation<'g>> {
    left.into_iter().zip(right).map(|(left, right)| Is(left, right)).collect()
}

fn duality<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let forward = inner([(s.u[0], s.y.jvp(&s.v))]);
    let reverse = inner(zip(s.y.vjp(s.u[0], &s.leaves), &s.v));
    vec![Is(forward, reverse)]
}

fn linearity<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let sum = |a: Expr<'g>, b: Expr<'g>| 2.0 * a - 3.0 * b;
    let both: Vec<_> = s.v.iter().zip(&s.w).map(|(v, w)| (v.0, sum(v.1, w.1))).collect();
    let tangents = Is(s.y.jvp(&both), sum(s.y.jvp(&s.v), s.y.jvp(&s.w)));
    let [by_a, by_b] = s.u.map(|u| s.y.vjp(u, &s.leaves));
    let sums = by_a.into_iter().zip(by_b).map(|(a, b)| sum(a, b)).collect();
    let mut equations = each(s.y.vjp(sum(s.u[0], s.u[1]), &s.leaves), sums);
    equations.push(tangents);
    equations
}

fn symmetry<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let [along_v, along_w] = [&s.v, &s.w].map(|along| s.loss.hessian_vector(along));
    vec![Is(inner(zip(along_v, &s.w)), inner(zip(along_w, &s.v)))]
}

fn reverse_over_reverse<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let slope = inner(zip(s.loss.grad(&s.leaves), &s.v));
    each(s.loss.hessian_vector(&s.v), slope.grad(&s.leaves))
}

/// The Jacobian by the leaf that is small enough, as a matrix; that leaf; and its direction, as a vector.
fn dense<'g>(s: &Setting<'g>) -> Option<(Expr<'g>, Pair<'g>, Expr<'g>)> {
    let (x, v) = s.small?;
    let sizes = [s.y.shape().n_elements(), x.shape().n_elements()];
    Some((s.y.jacobian(x).reshape(sizes), (x, v), v.flatten()))
}

fn jacobian<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let Some((matrix, (x, v), direction)) = dense(s) else { return Vec::new() };
    let share = s.y.vjp(s.u[0], &[x])[0].flatten();
    vec![Is(matrix.dot(direction), s.y.jvp(&[(x, v)])), Is(matrix.t().dot(s.u[0]), share)]
}

fn hessian<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let Some((x, v)) = s.small else { return Vec::new() };
    let n = x.shape().n_elements();
    let matrix = s.loss.hessian(x).reshape([n, n]);
    let product = s.loss.hessian_vector(&[(x, v)])[0].flatten();
    let ones: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k / n == k % n))).collect();
    let ones = Tensor::new([n, n], ones).expect("there is a number for every element");
    let diagonal = (matrix * s.graph.constant(ones)).sum_over(1);
    vec![
        Is(matrix.dot(v.flatten()), product),
        Is(matrix, matrix.t()),
        Is(s.loss.hessian_diagonal(x).flatten(), diagonal),
    ]
}

fn gauss_newton<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let Some((matrix, pair, direction)) = dense(s) else { return Vec::new() };
    let moved = matrix.dot(direction);
    let product = s.loss.gauss_newton_vector(s.y, &[pair])[0].flatten();
    let mut equations = vec![Is(product, matrix.t().dot(s.curvature * moved))];
    let n = s.y.shape().n_elements();
    if n > 0 {
        let fisher = s.y.fisher_vector(&[pair])[0].flatten();
        equations.push(Is(fisher, matrix.t().dot(moved) / n as f64));
    }
    equations
}

fn taylor<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let mut derivative = s.y;
    let mut equations = Vec::new();
    for (k, coefficient) in s.y.taylor(&s.v, 3).into_iter().enumerate() {
        let factorial = (1..=k).product::<usize>() as f64;
        equations.push(Is(coefficient * factorial, derivative));
        derivative = derivative.jvp(&s.v);
    }
    equations
}

/// `c·∇(b·H·v)`, the gradient of a Hessian–vector product.
fn third_derivative<'g>(s: &Setting<'g>, b: &[Pair<'g>], c: &[Pair<'g>]) -> Expr<'g> {
    let curvature = inner(zip(s.loss.hessian_vector(&s.v), b));
    inner(zip(curvature.grad(&s.leaves), c))
}

fn third_order<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    vec![Is(third_derivative(s, &s.v, &s.v), 6.0 * s.loss.taylor(&s.v, 3)[3])]
}

fn symmetry_of_third_order<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    vec![Is(third_derivative(s, &s.v, &s.w), third_derivative(s, &s.w, &s.v))]
}

fn batches<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    vec![IsEach(s.y.vmap(&s.pairs(|x| (x.x, x.xs))), s.y)]
}

fn per_example_gradients<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let gradients = s.loss.grad(&s.leaves);
    let all = s.graph.vmap(&gradients, &s.pairs(|x| (x.x, x.xs)));
    all.into_iter().zip(gradients).map(|(all, one)| IsEach(all, one)).collect()
}

fn tangents_of_a_batch<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let ys = s.y.vmap(&s.pairs(|x| (x.x, x.xs)));
    vec![IsEach(ys.jvp(&s.pairs(|x| (x.xs, x.vs))), s.y.jvp(&s.pairs(|x| (x.x, x.v))))]
}

/// The sum of the losses of the batch.
fn total<'g>(s: &Setting<'g>) -> Expr<'g> {
    s.loss.vmap(&s.pairs(|x| (x.x, x.xs))).sum()
}

fn curvature_of_a_batch<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let all = total(s).hessian_vector(&s.pairs(|x| (x.xs, x.vs)));
    let one = s.loss.hessian_vector(&s.pairs(|x| (x.x, x.v)));
    all.into_iter().zip(one).map(|(all, one)| IsEach(all, one)).collect()
}

fn hessian_of_a_batch<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let n_elements = |x: Expr<'_>| x.shape().n_elements();
    let suits = |n: usize| (1..=16).contains(&n);
    let Some(&x) = s.varied.iter().find(|x| suits(n_elements(x.xs))) else { return Vec::new() };
    let n = n_elements(x.xs);
    let product = total(s).hessian(x.xs).reshape([n, n]).dot(x.vs.flatten());
    vec![IsEach(product.reshape(x.xs.shape()), s.loss.hessian_vector(&[(x.x, x.v)])[0])]
}

fn batches_of_batches<'g>(s: &Setting<'g>) -> Vec<Equation<'g>> {
    let half = |x: Expr<'g>| x.shape().with_size(0, x.shape()[0] / 2);
    let halves = |x: Expr<'g>| half(x).with_axis(0, 2);
    let middle: Vec<_> =
        s.varied.iter().map(|x| s.graph.constant(Tensor::zeros(x.x.dtype(), half(x.xs)))).collect();
    let zipped = || s.varied.iter().zip(&middle);
    let inner: Vec<_> = zipped().map(|(x, &middle)| (x.x, middle)).collect();
    let outer: Vec<_> = zipped().map(|(x, &middle)| (middle, x.xs.reshape(halves(x.xs)))).collect();
    let ys = s.y.vmap(&s.pairs(|x| (x.x, x.xs)));
    let in_two = s.y.vmap(&inner).vmap(&outer);
    vec![Is(in_two.reshape(ys.shape()), ys)]
}
