//! `particle`: a charge that makes a particle reach the origin, by descent along the gradient of a trajectory that is
//! itself driven by a gradient. Source: GradBench, `evals/particle/README.md`; Pearlmutter, Siskind 2008, "Using
//! programming language theory to make automatic differentiation sound and efficient".

use std::marker::PhantomData;

use retrograd_scalar::Scalar;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    named,
    nested::{ByModes, Descent, ForwardMode, Mode, NestedFunction, ReverseMode, argmin},
};
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_code},
    json,
};

#[derive(Deserialize)]
struct ParticleInput {
    w: f64,
}

/// `p(x; w) = ‖x − (10, 10 − w)‖⁻¹ + ‖x − (10, 0)‖⁻¹`, of `(x₀, x₁, w)`.
struct Potential;

impl NestedFunction<3> for Potential {
    fn value<R: Scalar>(&self, [x, y, w]: [R; 3]) -> R {
        let inverse_distance =
            |y_of_charge: R| ((x - 10.0).square() + (y - y_of_charge).square()).sqrt().reciprocal();
        inverse_distance(-w + 10.0) + inverse_distance(R::default())
    }
}

/// `x₀(t_f)²`, where the particle meets the axis `x₁ = 0` at the time `t_f`, as a function of `w`. It starts at `(0, 8)`
/// with velocity `(0.75, 0)`, and is accelerated by `−∇p`, for which `M` is used, in steps of Euler's method.
struct Miss<'a, M> {
    steps: &'a Descent,
    mode: PhantomData<M>,
}

impl<M: Mode> NestedFunction<1> for Miss<'_, M> {
    fn value<R: Scalar>(&self, [w]: [R; 1]) -> R {
        const STEP: f64 = 0.1;
        /// The suite's particle comes down after about a hundred.
        const MOST_STEPS: usize = 10_000;
        let (mut x, mut v) = ([R::default(), R::from(8.0)], [R::from(0.75), R::default()]);
        let mut n_steps = 0;
        while self.steps.take() {
            n_steps += 1;
            if n_steps > MOST_STEPS {
                self.steps.give_up("the particle does not come down");
            }
            let [fx, fy, _] = M::gradient(&Potential, [x[0], x[1], w]);
            let next = [x[0] + v[0] * STEP, x[1] + v[1] * STEP];
            // NaN ends the trajectory, too.
            if next[1] < 0.0 || next[1].primal().is_nan() {
                break;
            }
            (x, v) = (next, [v[0] - fx * STEP, v[1] - fy * STEP]);
        }
        let rest = -x[1] / v[1];
        (x[0] + v[0] * rest).square()
    }
}

/// The `w` for which the particle misses the origin least, by gradients in mode `M` of trajectories in mode `N`.
fn best<M: Mode, N: Mode>(w: f64) -> Result<f64, Error> {
    let steps = Descent::new();
    let miss = Miss::<N> { steps: &steps, mode: PhantomData };
    let best = argmin(&steps, |w| miss.value(w), |w| M::gradient(&miss, w), [w]);
    steps.check(&[w], best).map(|[w]| w)
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let modes: ByModes<_, _> = [
        ("ff", best::<ForwardMode, ForwardMode>),
        ("fr", best::<ForwardMode, ReverseMode>),
        ("rf", best::<ReverseMode, ForwardMode>),
        ("rr", best::<ReverseMode, ReverseMode>),
    ];
    let best = named("function", function, &modes)?;
    let ParticleInput { w } = json::input(input)?;
    measure_code(input, move || best(w))
}
