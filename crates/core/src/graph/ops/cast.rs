//! Conversion between element types.

use crate::{
    data::{
        dtype::{DType, Element},
        shape::Shape,
        tensor::{Slice, View, ViewMut},
    },
    graph::{
        expr::Expr,
        ops::{Linearity, Op, Operation, OperationKind, Rounding, Rule},
    },
    with_elements,
};

/// The same numbers in the node's dtype.
pub(super) struct Cast;

impl Expr<'_> {
    /// The same numbers in another dtype: floats are cut towards zero on the way to integers, truth is 1, and
    /// what is not zero is true. Gradients pass between floating-point types.
    ///
    /// ```
    /// use retrograd_core::{DType, Graph};
    ///
    /// let g = Graph::new();
    /// assert_eq!(g.constant([1.7, -1.7]).cast(DType::I64).value().to_vec::<i64>(), [1, -1]);
    /// ```
    #[track_caller]
    pub fn cast(self, dtype: DType) -> Self {
        if self.dtype() == dtype { self } else { self.record1(Op::Cast, self.shape(), dtype) }
    }
}

impl Operation for Cast {
    fn kind(&self) -> OperationKind {
        OperationKind::Elementwise
    }

    fn label(&self) -> String {
        "cast".to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let dtype = rule.x(0).dtype();
        (dtype.is_float() && rule.y.dtype().is_float()).then(|| g.cast(dtype))
    }

    fn linearity(&self) -> Linearity {
        Linearity::Linear
    }

    fn rounding(&self, _: &[&Shape], _: DType) -> Rounding {
        Rounding::Exact
    }

    fn has_dtype(&self, _: &[DType], _: DType) -> bool {
        true
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        if let (Slice::F32(x), DType::I64) = (x[0].data, y.data.dtype()) {
            return convert(x, y.elements(), |x| x as i64);
        }
        with_elements!(Slice, x[0].data, x => {
            with_elements!(SliceMut, y.data, y => convert(x, y, |x| Element::from_f64(x.to_f64())));
        });
    }
}

fn convert<A: Element, B: Element>(x: &[A], y: &mut [B], f: impl Fn(A) -> B) {
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}
