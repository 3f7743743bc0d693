//! Log-likelihood of a mixture of Gaussians with a Wishart prior, as the benchmark suite ADBench defines it:
//! `Σᵢ log Σₖ exp(αₖ + log|Qₖ| − ½·|Qₖ·(xᵢ − μₖ)|²) − n·log Σₖ exp αₖ + prior + constant`.
//!
//! `Qₖ` is a lower triangular matrix: its diagonal holds exponentials of parameters, its columns below hold parameters.
//! Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, *A Benchmark of Selected Algorithmic Differentiation Tools on Some
//! Problems in Computer Vision and Machine Learning*, 2018. The data are its instance `gmm_d10_K25` (MIT license).

use std::f64::consts::{LN_2, PI};

use retrograd::{Expr, Real};

use super::{
    Function,
    log_sum_exp::{log_sum_exp, softmax},
};

/// The text of the instance: numbers of dimensions, of components and of points; `α`, `μ`, parameters of `Q`, points;
/// the two numbers of the prior.
const INSTANCE: &str = include_str!("../data/gmm_d10_K25.txt");

/// The log-likelihood as a function of `α`, `μ` and the parameters of `Q`.
pub struct Mixture {
    n_dims: usize,
    n_components: usize,
    params: Vec<f64>,
    /// Of `n_dims` numbers each.
    points: Vec<f64>,
    gamma: f64,
    m: f64,
}

/// The values computed once from all `Q`.
struct Matrices<R> {
    /// Their diagonals, one after another.
    diagonals: Vec<R>,
    log_determinants: Vec<R>,
    /// The sum of the squares of their entries.
    squares: R,
}

/// The parameters of all components.
struct Parts<'x, R> {
    alphas: &'x [R],
    means: &'x [R],
    factors: &'x [R],
}

impl Mixture {
    /// The instance of the benchmark.
    pub fn from_benchmark() -> Self {
        let complete = "the instance is complete";
        let mut numbers = INSTANCE
            .split_whitespace()
            .map(|word| word.parse::<f64>().expect("the instance holds numbers"));
        let mut size = || numbers.next().expect(complete) as usize;
        let (n_dims, n_components, n_points) = (size(), size(), size());
        let n_params = n_components * (1 + n_dims + n_dims * (n_dims + 1) / 2);
        let params: Vec<_> = numbers.by_ref().take(n_params).collect();
        let points: Vec<_> = numbers.by_ref().take(n_points * n_dims).collect();
        let (gamma, m) = (numbers.next().expect(complete), numbers.next().expect(complete));
        Self { n_dims, n_components, params, points, gamma, m }
    }

    fn parts<'x, R>(&self, x: &'x [R]) -> Parts<'x, R> {
        let (alphas, rest) = x.split_at(self.n_components);
        let (means, factors) = rest.split_at(self.n_components * self.n_dims);
        Parts { alphas, means, factors }
    }

    /// Parameters of each `Q`.
    fn n_factors(&self) -> usize {
        self.n_dims * (self.n_dims + 1) / 2
    }

    fn n_points(&self) -> usize {
        self.points.len() / self.n_dims
    }

    /// The parameters of a component's `Q` below its diagonal.
    fn below<'x, R>(&self, factors: &'x [R], k: usize) -> &'x [R] {
        &factors[k * self.n_factors()..(k + 1) * self.n_factors()][self.n_dims..]
    }

    /// The term that does not depend on the parameters.
    fn constant(&self) -> f64 {
        let (d, n_points) = (self.n_dims as f64, self.n_points() as f64);
        let degrees = d + self.m + 1.0;
        let log_gamma = 0.25 * d * (d - 1.0) * PI.ln()
            + (0..self.n_dims).map(|j| Real::lgamma(0.5 * (degrees - j as f64))).sum::<f64>();
        let of_prior = degrees * d * (self.gamma.ln() - 0.5 * LN_2) - log_gamma;
        -0.5 * n_points * d * (2.0 * PI).ln() - self.n_components as f64 * of_prior
    }
}

impl Function for Mixture {
    fn point(&self) -> Vec<f64> {
        self.params.clone()
    }

    fn value<R: Real>(&self, x: &[R]) -> R {
        let parts = self.parts(x);
        let matrices = self.matrices(parts.factors);
        let mut sum = x[0].lit(0.0);
        let mut terms = parts.alphas.to_vec();
        let (mut centered, mut whitened) = (parts.means.to_vec(), parts.means.to_vec());
        for point in self.points.chunks_exact(self.n_dims) {
            for (k, term) in terms.iter_mut().enumerate() {
                *term = self.term(k, point, &parts, &matrices, &mut centered, &mut whitened);
            }
            sum = sum + log_sum_exp(&terms);
        }
        self.posterior(sum, log_sum_exp(parts.alphas), &matrices)
    }

    fn expression<'g>(&self, x: Expr<'g>) -> Option<Expr<'g>> {
        let g = x.graph();
        let (n, d, k) = (self.n_points(), self.n_dims, self.n_components);
        let alphas = x.slice(0, 0..k);
        let means = x.slice(0, k..k * (1 + d)).reshape([k, d]);
        let factors = x.slice(0, k * (1 + d)..self.params.len()).reshape([k, self.n_factors()]);
        let (logarithms, below) = (factors.slice(1, 0..d), factors.slice(1, d..self.n_factors()));
        let diagonals = logarithms.exp();

        // Where each parameter of Q stands in it.
        let columns = (0..d).flat_map(|column| (column + 1..d).map(move |row| row * d + column));
        let places: Vec<_> = columns.map(|place| place as i64).collect();
        let zeros = g.constant(0.0).broadcast_to([k, d * d]);
        let q = zeros.index_add(1, g.constant(places), below).reshape([k, d, d])
            + diagonals.diag_embed(0, 1, 2);

        let points = g.constant(self.points.as_slice()).reshape([n, d]);
        // [d, k·d]: one product for all components.
        let whitening = q.reshape([k * d, d]).t();
        let centers = q.matmul(means.reshape([k, d, 1])).reshape([k * d]);
        let whitened = (points.dot(whitening) - centers).reshape([n, k, d]);
        let distances = whitened.square().sum_over(2);
        let log_determinants = logarithms.sum_over(1);
        let terms = alphas + log_determinants - 0.5 * distances;

        let squares = diagonals.square().sum() + below.square().sum();
        let prior = 0.5 * self.gamma * self.gamma * squares - self.m * log_determinants.sum();
        let normalizer = n as f64 * alphas.logsumexp(0);
        Some(terms.logsumexp(1).sum() - normalizer + prior + self.constant())
    }

    fn gradient(&self, x: &[f64], gradient: &mut [f64], _: &mut Vec<f64>) -> f64 {
        let d = self.n_dims;
        let parts = self.parts(x);
        let Parts { alphas, means, factors } = parts;
        let matrices = self.matrices(factors);
        gradient.fill(0.0);
        let (by_alphas, rest) = gradient.split_at_mut(alphas.len());
        let (by_means, by_factors) = rest.split_at_mut(means.len());

        let mut sum = 0.0;
        let (mut terms, mut shares) = (alphas.to_vec(), alphas.to_vec());
        let (mut centered, mut whitened) = (means.to_vec(), means.to_vec());
        for point in self.points.chunks_exact(d) {
            for (k, term) in terms.iter_mut().enumerate() {
                *term = self.term(k, point, &parts, &matrices, &mut centered, &mut whitened);
            }
            sum += softmax(&terms, &mut shares);
            for (k, &share) in shares.iter().enumerate() {
                let own = k * d..(k + 1) * d;
                by_alphas[k] += share;
                pull_back(
                    share,
                    (&centered[own.clone()], &whitened[own.clone()]),
                    (&matrices.diagonals[own.clone()], self.below(factors, k)),
                    &mut by_means[own],
                    &mut by_factors[k * self.n_factors()..(k + 1) * self.n_factors()],
                );
            }
        }

        let square_of_gamma = self.gamma * self.gamma;
        for (k, by_factors) in by_factors.chunks_exact_mut(self.n_factors()).enumerate() {
            let (by_logarithms, by_below) = by_factors.split_at_mut(d);
            for (by_logarithm, diagonal) in
                by_logarithms.iter_mut().zip(&matrices.diagonals[k * d..])
            {
                let by_diagonal = *by_logarithm + square_of_gamma * diagonal;
                *by_logarithm = by_diagonal * diagonal + by_alphas[k] - self.m;
            }
            for (by_entry, entry) in by_below.iter_mut().zip(self.below(factors, k)) {
                *by_entry += square_of_gamma * entry;
            }
        }
        let normalizer = softmax(alphas, &mut shares);
        for (by_alpha, share) in by_alphas.iter_mut().zip(&shares) {
            *by_alpha -= self.n_points() as f64 * share;
        }
        self.posterior(sum, normalizer, &matrices)
    }
}

impl Mixture {
    /// Computes the shared values of all `Q`.
    fn matrices<R: Real>(&self, factors: &[R]) -> Matrices<R> {
        let zero = factors[0].lit(0.0);
        let mut this =
            Matrices { diagonals: Vec::new(), log_determinants: Vec::new(), squares: zero };
        for factors in factors.chunks_exact(self.n_factors()) {
            let (logarithms, below) = factors.split_at(self.n_dims);
            let mut log_determinant = zero;
            for &logarithm in logarithms {
                let diagonal = logarithm.exp();
                this.diagonals.push(diagonal);
                this.squares = this.squares + diagonal.square();
                log_determinant = log_determinant + logarithm;
            }
            this.log_determinants.push(log_determinant);
            for &entry in below {
                this.squares = this.squares + entry.square();
            }
        }
        this
    }

    /// The logarithm of the term of component `k` for a point. Writes `x − μ` and `Q·(x − μ)` to the component's parts
    /// of two slices.
    fn term<R: Real>(
        &self,
        k: usize,
        point: &[f64],
        parts: &Parts<'_, R>,
        matrices: &Matrices<R>,
        centered: &mut [R],
        whitened: &mut [R],
    ) -> R {
        let own = k * self.n_dims..(k + 1) * self.n_dims;
        let (centered, whitened) = (&mut centered[own.clone()], &mut whitened[own.clone()]);
        center(point, &parts.means[own.clone()], centered);
        transform(&matrices.diagonals[own], self.below(parts.factors, k), centered, whitened);
        parts.alphas[k] + matrices.log_determinants[k] - half_square(whitened)
    }

    /// The result: from the sum of all points' logarithms, `log Σ exp α` and the prior.
    fn posterior<R: Real>(&self, sum: R, normalizer: R, matrices: &Matrices<R>) -> R {
        let lit = |number: f64| sum.lit(number);
        let mut log_determinant = lit(0.0);
        for &own in &matrices.log_determinants {
            log_determinant = log_determinant + own;
        }
        let prior =
            lit(0.5 * self.gamma * self.gamma) * matrices.squares - lit(self.m) * log_determinant;
        sum - lit(self.n_points() as f64) * normalizer + prior + lit(self.constant())
    }
}

/// `x − μ`.
fn center<R: Real>(point: &[f64], mean: &[R], out: &mut [R]) {
    for ((out, &x), &mean) in out.iter_mut().zip(point).zip(mean) {
        *out = mean.lit(x) - mean;
    }
}

/// `Q·v`: of the diagonal, and the columns below it.
fn transform<R: Real>(diagonal: &[R], below: &[R], v: &[R], out: &mut [R]) {
    for ((out, &diagonal), &v) in out.iter_mut().zip(diagonal).zip(v) {
        *out = diagonal * v;
    }
    let mut below = below.iter();
    for (column, &v) in v.iter().enumerate() {
        for (out, &entry) in out[column + 1..].iter_mut().zip(below.by_ref()) {
            *out = *out + entry * v;
        }
    }
}

/// `½·|v|²`.
fn half_square<R: Real>(v: &[R]) -> R {
    let mut sum = v[0].square();
    for v in &v[1..] {
        sum = sum + v.square();
    }
    sum * v[0].lit(0.5)
}

/// Adds the derivatives of `−share·½·|Q·(x − μ)|²` by `μ`, by the diagonal of `Q`, and by its columns below.
fn pull_back(
    share: f64,
    (centered, whitened): (&[f64], &[f64]),
    (diagonal, below): (&[f64], &[f64]),
    by_mean: &mut [f64],
    by_factors: &mut [f64],
) {
    let (by_diagonal, by_below) = by_factors.split_at_mut(diagonal.len());
    let mut start = 0;
    for column in 0..diagonal.len() {
        let rows = &whitened[column + 1..];
        let end = start + rows.len();
        by_diagonal[column] -= share * whitened[column] * centered[column];
        let mut transposed = diagonal[column] * whitened[column];
        let entries = below[start..end].iter().zip(&mut by_below[start..end]);
        for ((entry, by_entry), row) in entries.zip(rows) {
            *by_entry -= share * centered[column] * row;
            transposed += entry * row;
        }
        by_mean[column] += share * transposed;
        start = end;
    }
}
