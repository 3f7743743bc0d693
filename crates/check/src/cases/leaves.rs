//! Cases of operations without a derivative of their own: leaves, literals, indices, second names, conversions.

use retrograd_core::{DType, Tensor};

use super::{Case, numbers};

pub(super) fn leaf() -> Vec<Case> {
    vec![
        Case::new("leaf []", [numbers([], 1)], |x| x[0]),
        Case::new("leaf [2, 3]", [numbers([2, 3], 1)], |x| x[0]),
        Case::new("leaf [0]", [numbers([0], 1)], |x| x[0]),
    ]
}

pub(super) fn literal() -> Vec<Case> {
    vec![
        Case::new("literal of one number", [numbers([3], 1)], |x| 2.5 * x[0] - 1),
        Case::new("literal of a shape", [numbers([3], 1)], |x| {
            x[0] * x[0].graph().full([2, 3], -0.5)
        }),
        Case::new("literal that nothing depends on", [numbers([3], 1)], |x| {
            x[0].graph().full([2], 1.5)
        }),
    ]
}

pub(super) fn iota() -> Vec<Case> {
    vec![
        Case::new("iota as numbers", [numbers([2, 4], 1)], |x| {
            x[0] * x[0].graph().arange(4).cast(DType::F64)
        }),
        Case::new("iota as indices", [numbers([4], 1)], |x| {
            x[0].exp().gather(0, x[0].graph().arange(3))
        }),
    ]
}

pub(super) fn identity() -> Vec<Case> {
    vec![Case::new("identity", [numbers([2, 3], 1)], |x| x[0].sin().named("a").named("b") * x[0])]
}

/// Stopped gradients of functions that are constant near the inputs, so that differences do not see them either.
pub(super) fn stop_gradient() -> Vec<Case> {
    vec![
        Case::new("stop gradient of a sign", [numbers([2, 3], 1)], |x| {
            x[0].sign().stop_gradient() * x[0].exp()
        }),
        Case::new("stop gradient of a constant", [numbers([3], 1)], |x| {
            x[0].graph().constant([1.0, -2.0, 3.0]).stop_gradient() * x[0]
        }),
    ]
}

/// Conversions of values that are not differentiated: single precision is too coarse for differences.
pub(super) fn cast() -> Vec<Case> {
    vec![
        Case::new("cast of integers", [numbers([3], 1), Tensor::from([-1i64, 0, 5])], |x| {
            x[0].tanh() * x[1].cast(DType::F64)
        }),
        Case::new(
            "cast of truth values",
            [numbers([3], 1), Tensor::from([true, false, true])],
            |x| x[0].tanh() * x[1].cast(DType::I64).cast(DType::F64),
        ),
        Case::new("cast to integers", [numbers([3], 1)], |x| {
            x[0].cast(DType::I64).cast(DType::F64) * x[0]
        }),
        Case::new("cast to truth values", [numbers([3], 1)], |x| {
            x[0].cast(DType::Bool).select(x[0].exp(), 0.0)
        }),
    ]
}
