//! Functions of one element, of a pair of elements, and of a few.

use retrograd_core::{
    Error, Expr, Real as _, Shape,
    ops::{Binary, Unary},
};

use crate::reference::call::{Adapter, Call, Outputs, Refusal};

/// The table.
pub const ELEMENTWISE: &[(&str, Adapter)] = &[
    ("abs", |c| unary(c, Unary::Abs)),
    ("acos", |c| unary(c, Unary::Acos)),
    ("acosh", |c| unary(c, Unary::Acosh)),
    ("add", |c| c.one(c.x(0)?.try_add(c.x(1)?.try_mul(c.number("alpha", 1.0)?)?))),
    ("addcdiv", |c| c.one(c.x(0)?.try_addcdiv(c.x(1)?, c.x(2)?, c.number("value", 1.0)?))),
    ("addcmul", |c| c.one(c.x(0)?.try_addcmul(c.x(1)?, c.x(2)?, c.number("value", 1.0)?))),
    ("asin", |c| unary(c, Unary::Asin)),
    ("asinh", |c| unary(c, Unary::Asinh)),
    ("atan", |c| unary(c, Unary::Atan)),
    ("atan2", |c| binary(c, Binary::Atan2)),
    ("atanh", |c| unary(c, Unary::Atanh)),
    ("ceil", |c| unary(c, Unary::Ceil)),
    ("clamp", |c| {
        // The reference casts bounds to the type of what they bound.
        let bound =
            |place| Ok::<_, Refusal>(c.optional(place)?.map(|bound| bound.cast(c.graph.dtype())));
        let x = match bound((1, "min"))? {
            Some(low) => c.x(0)?.try_clamp_min(low)?,
            None => c.x(0)?,
        };
        match bound((2, "max"))? {
            Some(high) => c.one(x.try_clamp_max(high)),
            None => c.one(x),
        }
    }),
    ("clamp_max", |c| c.one(c.x(0)?.try_clamp_max(c.x(1)?))),
    ("clamp_min", |c| c.one(c.x(0)?.try_clamp_min(c.x(1)?))),
    ("cos", |c| unary(c, Unary::Cos)),
    ("cosh", |c| unary(c, Unary::Cosh)),
    ("digamma", |c| c.one(c.x(0)?.digamma())),
    ("div", |c| match c.text("rounding_mode", "true")? {
        "floor" => c.one(c.x(0)?.try_floor_divide(c.x(1)?)),
        "trunc" => c.one(c.x(0)?.try_trunc_divide(c.x(1)?)),
        _ => c.one(c.x(0)?.try_div(c.x(1)?)),
    }),
    ("erf", |c| unary(c, Unary::Erf)),
    ("erfc", |c| unary(c, Unary::Erfc)),
    ("exp", |c| unary(c, Unary::Exp)),
    ("exp2", |c| unary(c, Unary::Exp2)),
    ("expm1", |c| unary(c, Unary::Expm1)),
    ("float_power", |c| binary(c, Binary::Pow)),
    ("floor", |c| unary(c, Unary::Floor)),
    ("fmax", |c| binary(c, Binary::Fmax)),
    ("fmin", |c| binary(c, Binary::Fmin)),
    ("fmod", |c| binary(c, Binary::Fmod)),
    ("hypot", |c| binary(c, Binary::Hypot)),
    ("lerp", |c| c.one(c.x(0)?.try_lerp(c.x(1)?, c.x((2, "weight"))?))),
    ("lgamma", |c| unary(c, Unary::Lgamma)),
    ("log", |c| unary(c, Unary::Log)),
    ("log10", |c| unary(c, Unary::Log10)),
    ("log1p", |c| unary(c, Unary::Log1p)),
    ("log2", |c| unary(c, Unary::Log2)),
    ("logaddexp", |c| binary(c, Binary::Logaddexp)),
    ("logit", |c| match c.maybe_number((1, "eps"))? {
        // Bounds that cross, of eps > 1/2, are taken in this order.
        Some(eps) => {
            let x = c.x(0)?;
            let limited = x.gt(1.0 - eps).select(x.lit(1.0 - eps), x);
            c.one(x.lt(eps).select(x.lit(eps), limited).logit())
        }
        None => c.one(c.x(0)?.logit()),
    }),
    ("maximum", |c| binary(c, Binary::Maximum)),
    ("minimum", |c| binary(c, Binary::Minimum)),
    ("mul", |c| binary(c, Binary::Mul)),
    ("nan_to_num", |c| unary(c, Unary::NanToNum)),
    ("neg", |c| unary(c, Unary::Neg)),
    ("nn.functional.celu", |c| c.one(c.x(0)?.celu(c.number((1, "alpha"), 1.0)?))),
    ("nn.functional.elu", |c| c.one(c.x(0)?.elu(c.number((1, "alpha"), 1.0)?))),
    ("nn.functional.gelu", |c| match c.text("approximate", "none")? {
        "none" => c.one(c.x(0)?.gelu()),
        "tanh" => c.one(c.x(0)?.gelu_tanh()),
        other => Err(Refusal::Type(format!("there is no GELU of kind {other:?}"))),
    }),
    ("nn.functional.glu", |c| c.one(c.x(0)?.try_glu(c.int((1, "dim"), -1)?))),
    ("nn.functional.hardshrink", |c| c.one(c.x(0)?.hardshrink(c.number((1, "lambd"), 0.5)?))),
    ("nn.functional.hardsigmoid", |c| c.one(c.x(0)?.hardsigmoid())),
    ("nn.functional.hardswish", |c| c.one(c.x(0)?.hardswish())),
    ("nn.functional.hardtanh", |c| {
        let bounds = (c.number((1, "min_val"), -1.0)?, c.number((2, "max_val"), 1.0)?);
        c.one(c.x(0)?.hardtanh(bounds.0, bounds.1))
    }),
    ("nn.functional.leaky_relu", |c| {
        c.one(c.x(0)?.leaky_relu(c.number((1, "negative_slope"), 0.01)?))
    }),
    ("nn.functional.logsigmoid", |c| unary(c, Unary::LogSigmoid)),
    ("nn.functional.mish", |c| c.one(c.x(0)?.mish())),
    ("nn.functional.prelu", |c| {
        let x = c.x(0)?;
        let slope = by_channel(x, c.x((1, "weight"))?)?;
        c.one(x.try_prelu(slope))
    }),
    ("nn.functional.relu", |c| unary(c, Unary::Relu)),
    ("nn.functional.relu6", |c| c.one(c.x(0)?.relu6())),
    ("nn.functional.selu", |c| c.one(c.x(0)?.selu())),
    ("nn.functional.silu", |c| c.one(c.x(0)?.silu())),
    ("nn.functional.softplus", |c| {
        let (beta, threshold) = (c.number((1, "beta"), 1.0)?, c.number((2, "threshold"), 20.0)?);
        c.one(c.x(0)?.softplus_above(beta, threshold))
    }),
    ("nn.functional.softshrink", |c| c.one(c.x(0)?.softshrink(c.number((1, "lambd"), 0.5)?))),
    ("nn.functional.softsign", |c| unary(c, Unary::Softsign)),
    ("nn.functional.tanhshrink", |c| c.one(c.x(0)?.tanhshrink())),
    ("nn.functional.threshold", |c| {
        let (threshold, value) = (c.number((1, "threshold"), 0.0)?, c.number((2, "value"), 0.0)?);
        c.one(c.x(0)?.threshold(threshold, value))
    }),
    ("pow", |c| binary(c, Binary::Pow)),
    ("reciprocal", |c| unary(c, Unary::Reciprocal)),
    ("remainder", |c| c.one(c.x(0)?.try_remainder(c.x(1)?))),
    ("round", |c| c.one(c.x(0)?.round_to(c.int("decimals", 0)? as i32))),
    ("rsqrt", |c| c.one(c.x(0)?.rsqrt())),
    ("rsub", |c| c.one(c.x((1, "other"))?.try_sub(c.x(0)?.try_mul(c.number((2, "alpha"), 1.0)?)?))),
    ("sigmoid", |c| unary(c, Unary::Sigmoid)),
    ("sign", |c| unary(c, Unary::Sign)),
    ("sin", |c| unary(c, Unary::Sin)),
    ("sinc", |c| c.one(c.x(0)?.sinc())),
    ("sinh", |c| unary(c, Unary::Sinh)),
    ("special.log_ndtr", |c| unary(c, Unary::LogNdtr)),
    ("sqrt", |c| unary(c, Unary::Sqrt)),
    ("square", |c| unary(c, Unary::Square)),
    ("sub", |c| c.one(c.x(0)?.try_sub(c.x(1)?.try_mul(c.number("alpha", 1.0)?)?))),
    ("tan", |c| unary(c, Unary::Tan)),
    ("tanh", |c| unary(c, Unary::Tanh)),
    ("true_divide", |c| binary(c, Binary::Div)),
    ("trunc", |c| unary(c, Unary::Trunc)),
    ("where", |c| c.one(c.x(1)?.try_select(c.x(0)?, c.x(2)?))),
    ("xlogy", |c| c.one(c.x(0)?.try_xlogy(c.x(1)?))),
];

fn unary<'g>(c: &Call<'g>, row: Unary) -> Outputs<'g> {
    c.one(c.x(0)?.try_apply_unary(row))
}

fn binary<'g>(c: &Call<'g>, row: Binary) -> Outputs<'g> {
    c.one(c.x(0)?.try_apply_binary(row, c.x((1, "other"))?))
}

/// Numbers of each channel, on the axis of channels of `x`, the second.
fn by_channel<'g>(x: Expr<'g>, numbers: Expr<'g>) -> Result<Expr<'g>, Error> {
    let n = numbers.shape().n_elements();
    if n == 1 {
        return numbers.try_reshape(Shape::scalar());
    }
    if x.rank() < 2 {
        return Err(Expr::misfit(&[x, numbers], "the first has no axis of channels"));
    }
    numbers.try_reshape((1..x.rank()).map(|axis| if axis == 1 { n } else { 1 }).collect::<Shape>())
}
