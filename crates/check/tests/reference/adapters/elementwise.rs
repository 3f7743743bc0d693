//! Functions of one element, of a pair of elements, and of a few.

use retrograd_core::ops::Unary;

use crate::reference::call::Adapter;

/// The table.
pub const ELEMENTWISE: &[(&str, Adapter)] = &[
    ("abs", |c| c.one(c.x(0)?.abs())),
    ("add", |c| c.one(c.x(0)?.try_add(c.x(1)?.try_mul(c.number("alpha", 1.0)?)?))),
    ("cos", |c| c.one(c.x(0)?.cos())),
    ("div_no_rounding_mode", |c| c.one(c.x(0)?.try_div(c.x(1)?))),
    ("erf", |c| c.one(c.x(0)?.erf())),
    ("exp", |c| c.one(c.x(0)?.exp())),
    ("expm1", |c| c.one(c.x(0)?.expm1())),
    ("log", |c| c.one(c.x(0)?.log())),
    ("log1p", |c| c.one(c.x(0)?.log1p())),
    ("mul", |c| c.one(c.x(0)?.try_mul(c.x(1)?))),
    ("neg", |c| c.one(c.x(0)?.try_apply_unary(Unary::Neg))),
    ("reciprocal", |c| c.one(c.x(0)?.recip())),
    ("sigmoid", |c| c.one(c.x(0)?.sigmoid())),
    ("sign", |c| c.one(c.x(0)?.sign())),
    ("sin", |c| c.one(c.x(0)?.sin())),
    ("sqrt", |c| c.one(c.x(0)?.sqrt())),
    ("square", |c| c.one(c.x(0)?.square())),
    ("sub", |c| c.one(c.x(0)?.try_sub(c.x(1)?.try_mul(c.number("alpha", 1.0)?)?))),
    ("tanh", |c| c.one(c.x(0)?.tanh())),
    ("true_divide", |c| c.one(c.x(0)?.try_div(c.x(1)?))),
    ("where", |c| c.one(c.x(1)?.try_select(c.x(0)?, c.x(2)?))),
];
