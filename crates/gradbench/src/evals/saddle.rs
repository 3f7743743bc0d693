//! `saddle`: a saddle point by descent along the gradient of a maximum, which is found by ascent.
//! Source: GradBench, `evals/saddle/README.md`; Pearlmutter, Siskind 2008, "Using programming language theory to make
//! automatic differentiation sound and efficient".

use std::marker::PhantomData;

use retrograd_scalar::Scalar;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    named,
    nested::{ByModes, Descent, ForwardMode, Mode, NestedFunction, ReverseMode, argmax, argmin},
};
use crate::{
    error::Error,
    evaluation::{Evaluation, measure_code},
    json,
};

#[derive(Deserialize)]
struct SaddleInput {
    start: [f64; 2],
}

/// `f(x, y) = (x₁² + y₁²) − (x₂² + y₂²)`, where the point `x` of the suite's text is `(x₁, y₁)`, and `y` is `(x₂, y₂)`.
struct Saddle;

impl NestedFunction<4> for Saddle {
    fn value<R: Scalar>(&self, [x1, y1, x2, y2]: [R; 4]) -> R {
        (x1 * x1 + y1 * y1) - (x2 * x2 + y2 * y2)
    }
}

/// The `y` for which `f(x, y)` is greatest, by gradients in mode `M`.
fn highest<M: Mode, R: Scalar>(steps: &Descent, x: [R; 2], start: [f64; 2]) -> [R; 2] {
    let all = |y: [R; 2]| [x[0], x[1], y[0], y[1]];
    let gradient = |y| {
        let [.., dx2, dy2] = M::gradient(&Saddle, all(y));
        [dx2, dy2]
    };
    argmax(steps, |y| Saddle.value(all(y)), gradient, start.map(R::from))
}

/// `max_y f(x, y)`, as a function of `x`.
struct Maximum<'a, M> {
    steps: &'a Descent,
    start: [f64; 2],
    mode: PhantomData<M>,
}

impl<M: Mode> NestedFunction<2> for Maximum<'_, M> {
    fn value<R: Scalar>(&self, x: [R; 2]) -> R {
        let y = highest::<M, R>(self.steps, x, self.start);
        Saddle.value([x[0], x[1], y[0], y[1]])
    }
}

/// `argmin_x max_y f(x, y)` by gradients in mode `M` of maxima in mode `N`, then the `y` of that `x`.
fn saddle<M: Mode, N: Mode>(start: [f64; 2]) -> Result<[f64; 4], Error> {
    let steps = Descent::new();
    let maximum = Maximum::<N> { steps: &steps, start, mode: PhantomData };
    let x = argmin(&steps, |x| maximum.value(x), |x| M::gradient(&maximum, x), start);
    let y = highest::<M, f64>(&steps, x, start);
    steps.check(&start, [x[0], x[1], y[0], y[1]])
}

pub(crate) fn evaluate(function: &str, input: &RawValue) -> Result<Evaluation, Error> {
    let modes: ByModes<_, _> = [
        ("ff", saddle::<ForwardMode, ForwardMode>),
        ("fr", saddle::<ForwardMode, ReverseMode>),
        ("rf", saddle::<ReverseMode, ForwardMode>),
        ("rr", saddle::<ReverseMode, ReverseMode>),
    ];
    let saddle = named("function", function, &modes)?;
    let SaddleInput { start } = json::input(input)?;
    measure_code(input, move || Ok(saddle(start)?.to_vec()))
}
