//! Cases of operations of users' own: with the rules that have to be written only, and with all of them.

use std::sync::LazyLock;

use retrograd_core::{
    DType, Expr, Float, Shape, View, ViewMut,
    ops::{Batch, Custom, CustomOperation, Rule, Tangents},
};

use super::{Case, numbers};

/// `y = x³`, by the rules that have to be written.
#[derive(Debug)]
struct Cube;

/// One such operation for all graphs: another one would not be equal to it.
pub(crate) static CUBE: LazyLock<Custom> = LazyLock::new(|| Custom::new(Cube));

/// `y = a·b`, by all rules.
#[derive(Debug)]
struct CustomProduct;

pub(super) fn custom() -> Vec<Case> {
    vec![
        Case::new("custom cube [2, 3]", [numbers([2, 3], 1)], |x| CUBE.apply(x)),
        Case::new("custom cube []", [numbers([], 2)], |x| CUBE.apply(x)),
        Case::new("custom product [4]", [numbers([4], 3), numbers([4], 4)], |x| {
            Custom::new(CustomProduct).apply(x)
        }),
        Case::new("custom product of cubes", [numbers([2, 2], 5)], |x| {
            Custom::new(CustomProduct).apply(&[CUBE.apply(x), CUBE.apply(&[x[0].sin()])])
        }),
    ]
}

impl CustomOperation for Cube {
    fn name(&self) -> &str {
        "cube"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g * 3.0 * rule.x(0).square())
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        fn cube<F: Float>(x: &[F], y: &mut [F]) {
            y.iter_mut().zip(x).for_each(|(y, &x)| *y = x * x * x);
        }
        match y.dtype() {
            DType::F32 => cube::<f32>(x[0].elements(), y.elements()),
            DType::F64 => cube::<f64>(x[0].elements(), y.elements()),
            DType::I64 | DType::Bool => unreachable!("rules are of floats"),
        }
    }
}

impl CustomOperation for CustomProduct {
    fn name(&self) -> &str {
        "product"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        match inputs {
            [a, b] if a == b => Ok(a.clone()),
            _ => Err("two operands of one shape are multiplied".to_owned()),
        }
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(g * rule.x(1 - rule.k))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        let terms = tangents.iter().map(|(k, tangent)| tangent * tangents.x(1 - k));
        terms.reduce(|a, b| a + b)
    }

    fn vmap<'g>(&self, this: &Custom, batch: Batch<'_, 'g>) -> Expr<'g> {
        this.apply(&batch.all())
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        fn multiply<F: Float>(a: &[F], b: &[F], y: &mut [F]) {
            y.iter_mut().zip(a.iter().zip(b)).for_each(|(y, (&a, &b))| *y = a * b);
        }
        match y.dtype() {
            DType::F32 => multiply::<f32>(x[0].elements(), x[1].elements(), y.elements()),
            DType::F64 => multiply::<f64>(x[0].elements(), x[1].elements(), y.elements()),
            DType::I64 | DType::Bool => unreachable!("rules are of floats"),
        }
    }
}
