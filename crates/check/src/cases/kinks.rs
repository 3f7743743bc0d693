//! Cases of the operation that makes derivatives right at kinks. Differences do not see kinks, so these are away from them.

use retrograd_core::keep;

use super::{Case, numbers};

/// Gradients and tangents of functions that have kinks: their own derivatives are second ones.
pub(super) fn kinked() -> Vec<Case> {
    vec![
        Case::new("gradient of abs", [numbers([4], 1)], |x| {
            x[0].abs().exp().sum().grad(&[x[0]])[0]
        }),
        Case::new("gradient of hypot", [numbers([4], 1), numbers([4], 2)], |x| {
            x[0].hypot(x[1]).exp().sum().grad(&[x[1]])[0]
        }),
        Case::new("gradient of maximum", [numbers([4], 1), numbers([4], 2)], |x| {
            x[0].maximum(x[1]).exp().sum().grad(&[x[0]])[0]
        }),
        Case::new("gradient of a norm", [numbers([3, 2], 1)], |x| {
            x[0].vector_norm(2.0, 1).exp().sum().grad(&[x[0]])[0]
        }),
        Case::new("tangent of abs", [numbers([4], 1), numbers([4], 2)], |x| {
            x[0].abs().exp().jvp(&[(x[0], x[1])])
        }),
        Case::new("tangent of a norm", [numbers([3, 2], 1), numbers([3, 2], 2)], |x| {
            x[0].vector_norm(2.0, 1).exp().jvp(&[(x[0], x[1])])
        }),
    ]
}

pub(super) fn length() -> Vec<Case> {
    vec![
        Case::new("length of all", [numbers([2, 3], 1)], |x| x[0].sin().norm().exp()),
        Case::new("length of rows", [numbers([2, 3], 1)], |x| {
            x[0].sin().vector_norm(2.0, -1).exp()
        }),
        Case::new("length of columns kept", [numbers([2, 3], 1)], |x| {
            x[0].sin().vector_norm(2.0, keep(0)).exp()
        }),
        Case::new("length in a deviation", [numbers([2, 3], 1)], |x| {
            x[0].sin().std([0, 1], 1.0).exp()
        }),
    ]
}
