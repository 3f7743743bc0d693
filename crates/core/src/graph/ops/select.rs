//! Elementwise choice between two values by a mask.

use smallvec::smallvec;

use crate::{
    data::{
        dtype::DType,
        shape::Shape,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::{
            Addresses, Dependence, Linearity, Link, Op, Operation, OperationKind, RightOperand,
            Rounding, Rule, same_dtype,
        },
    },
};

/// `y = a` where the mask is true, else `b`.
pub(super) struct Select;

functions! { "Choice":
    /// `a` where this mask is true, else `b`, after broadcasting. The gradient reaches only the value chosen, so that a
    /// bad point in the other branch never leaks through, but for one inside products of matrices or factorizations.
    /// Shapes `[…], […], […] → […]`. Source: `torch.where`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([0.0, 4.0]).named("x");
    /// let y = x.gt(0.0).select(x.sqrt(), 0.0).sum();
    /// assert_eq!(y.grad(&[x])[0].value().to_vec::<f64>(), [0.0, 0.25]);
    /// ```
    select / try_select(x, a: impl RightOperand<'g>, b: impl RightOperand<'g>) -> Self,
    "If this is not a mask, or the operands do not fit each other. At least one of `a` and `b` must be an \
     expression of the graph's floating-point type or both be numbers.",
    {
        // A plain number becomes a scalar of the graph's type.
        let number = x.graph().literal(0.0, Shape::scalar(), x.graph().dtype());
        let (a, b) = (a.expr(number), b.expr(number));
        let misfit = |reason: &str| Err(Self::misfit(&[x, a, b], reason));
        inputs_of_one_graph(&[x, a, b])?;
        if x.dtype() != DType::Bool {
            return misfit("the first operand is not a mask; make one by a comparison");
        }
        if a.dtype() != b.dtype() {
            return misfit("the dtypes of the two values differ; cast one of them");
        }
        let Some(values) = a.shape().broadcast(&b.shape()) else {
            return misfit(&a.shape().conflict(&b.shape()));
        };
        let Some(shape) = x.shape().broadcast(&values) else {
            return misfit(&x.shape().conflict(&values));
        };
        if let Err(reason) = shape.check_possible() {
            return misfit(&reason);
        }
        let (mask, a, b) = (x.try_stretch(&shape)?, a.try_stretch(&shape)?, b.try_stretch(&shape)?);
        x.graph().try_record(Op::Select, smallvec![mask.id(), a.id(), b.id()], shape, a.dtype())
    }
}

impl Operation for Select {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        "select".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let (mask, zero) = (rule.x(0), g.like(0.0));
        match rule.k {
            0 => None,
            1 => Some(mask.select(g, zero)),
            _ => Some(mask.select(zero, g)),
        }
    }

    fn linearity(&self) -> Linearity {
        Linearity::Linear
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let shape = link.y.shape();
        let mut dependence = Dependence::elementwise(&shape);
        if let Some(mask) = link.fixed_value(0) {
            let mask = mask.view().elements::<bool>();
            let chosen = mask.iter().enumerate();
            let chosen = chosen.map(|(at, &is_first)| (is_first == (link.k == 1)).then_some(at));
            dependence.input = Addresses::Listed(chosen.collect());
        }
        Some(dependence)
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_dtype(&self, x: &[DType], y: DType) -> bool {
        x == [DType::Bool, y, y]
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let [mask, a, b] = x else { unreachable!("select has three operands") };
        let mask = mask.elements::<bool>();
        same_dtype!(a, y => |a, y| {
            for (((y, &mask), &a), &b) in y.iter_mut().zip(mask).zip(a).zip(b.elements()) {
                *y = if mask { a } else { b };
            }
        });
    }
}
