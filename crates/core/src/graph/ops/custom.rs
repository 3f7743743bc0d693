//! Operations of users' own: a value and its rules, as a plain struct in their code.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        shape::Shape,
        size::Size,
        tensor::{View, ViewMut},
    },
    graph::{
        expr::{Expr, inputs_of},
        ops::{Batch, Dependence, Link, Op, Operation, Rule, Tangents},
    },
};

/// A custom operation: a value and a derivative rule.
///
/// A custom operation is recorded, differentiated, batched, drawn and run by plans as every other. If its derivative rule is
/// written in expressions that have derivatives, the operation has derivatives of any order. What the rules return is held against the
/// shapes and dtypes that they must return, whenever they are used; an error names the rule, the operand and both shapes.
///
/// ```
/// use retrograd_core::{
///     DType, Expr, Graph, Shape, View, ViewMut,
///     ops::{Custom, CustomOperation, Rule},
/// };
///
/// /// `y = x³`, as if there were no powers.
/// #[derive(Debug)]
/// struct Cube;
///
/// impl CustomOperation for Cube {
///     fn name(&self) -> &str {
///         "cube"
///     }
///
///     fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
///         Ok(inputs[0].clone())
///     }
///
///     fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
///         Some(g * 3.0 * rule.x(0).square())
///     }
///
///     fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
///         let y = y.elements::<f64>();
///         y.iter_mut().zip(x[0].elements::<f64>()).for_each(|(y, x)| *y = x * x * x);
///     }
/// }
///
/// let g = Graph::with_dtype(DType::F64);
/// let x = g.param("x", 2.0);
/// let y = Custom::new(Cube).apply(&[x]);
/// let dy = y.grad(&[x])[0];
/// assert_eq!((y.value().item(), dy.value().item()), (8.0, 12.0));
/// assert_eq!(dy.grad(&[x])[0].value().item(), 12.0);
/// ```
pub trait CustomOperation: fmt::Debug + Send + Sync {
    /// The name: in messages and in pictures.
    fn name(&self) -> &str;

    /// The shape of the output for inputs of given shapes, or the reason why there is none.
    ///
    /// # Errors
    /// If the operation is not defined on inputs of these shapes, or of so many.
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String>;

    /// The share of input `rule.k` in the cotangent `g` of the output: `g` times the derivative of the output by that
    /// input, transposed; `None` if that is zero everywhere. It must be linear in `g`.
    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>>;

    /// The tangent of the output for tangents of the inputs; `None` if it is zero. Where it is not written it follows
    /// from [`vjp`](Self::vjp).
    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        tangents.transposed()
    }

    /// The outputs for a batch of inputs, side by side in front: `[n, …]`. `this` is this operation, to be applied
    /// again. Where it is not written, the operation is applied to the inputs one by one.
    fn vmap<'g>(&self, this: &Custom, batch: Batch<'_, 'g>) -> Expr<'g> {
        batch.reported(this.one_by_one(&batch))
    }

    /// Which elements of the output can depend on which of input `link.k`, for sparse Jacobians; `None` if its
    /// derivatives are zero everywhere. Where it is not written, all depend on all.
    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        Some(Dependence::full(&link.x(link.k).shape(), &link.y.shape()))
    }

    /// Whether the operation has an answer for data of given shapes and values; else the reason why it has none.
    ///
    /// # Errors
    /// If it has none.
    fn check(&self, _x: &[View<'_>]) -> Result<(), String> {
        Ok(())
    }

    /// Writes the value for the inputs `x` into `y`, of the graph's floating-point type.
    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>);
}

/// A user's operation, to be applied. Clones are the same operation: nodes that apply it to the same inputs are one.
#[derive(Clone)]
pub struct Custom(Arc<dyn CustomOperation>);

impl Custom {
    /// An operation of its own, equal to no other.
    pub fn new(operation: impl CustomOperation + 'static) -> Self {
        Self(Arc::new(operation))
    }

    /// Records the operation on inputs.
    ///
    /// # Panics
    /// If there are none, they are of different graphs, it is not defined on their shapes, or no tensor can have the shape
    /// that it gives.
    #[track_caller]
    pub fn apply<'g>(&self, inputs: &[Expr<'g>]) -> Expr<'g> {
        located(self.try_apply(inputs))
    }

    /// The form of [`apply`](Self::apply) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If there are no inputs, they are of different graphs, the operation is not defined on their shapes, or no tensor
    /// can have the shape that it gives.
    #[track_caller]
    pub fn try_apply<'g>(&self, inputs: &[Expr<'g>]) -> Result<Expr<'g>, Error> {
        let misfit = |reason: &str| Expr::misfit_of(self.0.name(), inputs, reason);
        let Some(first) = inputs.first() else {
            return Err(misfit("an operation of your own needs an input"));
        };
        let ids = inputs_of(self.0.name(), inputs)?;
        let shapes: Vec<_> = inputs.iter().map(|input| input.shape()).collect();
        let shape = self.0.shape(&shapes).map_err(|reason| misfit(&reason))?;
        shape.check_possible().map_err(|reason| misfit(&reason))?;
        first.graph().try_record(Op::Custom(self.clone()), ids, shape, first.graph().dtype())
    }

    /// The outputs for a batch, from one application for each of it.
    #[track_caller]
    fn one_by_one<'g>(&self, batch: &Batch<'_, 'g>) -> Result<Expr<'g>, Error> {
        let n = Size::from(batch.n).few("applications, of one operation to each of a batch,");
        let n = n.map_err(|reason| Expr::misfit_of(self.0.name(), &[batch.y], reason))?;
        let inputs = batch.all();
        let mut outputs = Vec::with_capacity(n);
        for i in 0..n {
            let example = |x: &Expr<'g>| x.try_slice(0, i..=i)?.try_reshape(&x.shape()[1..]);
            outputs
                .push(self.try_apply(&inputs.iter().map(example).collect::<Result<Vec<_>, _>>()?)?);
        }
        if outputs.is_empty() {
            Ok(batch.y.repeated(0))
        } else {
            batch.y.graph().try_stack(&outputs, 0)
        }
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl PartialEq for Custom {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Custom {}

impl Hash for Custom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).cast::<()>().hash(state);
    }
}

impl Operation for Custom {
    fn label(&self) -> String {
        self.0.name().to_owned()
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        self.0.vjp(rule, g)
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        self.0.dependence(link)
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        self.0.jvp(tangents)
    }

    fn vmap<'g>(&self, batch: Batch<'_, 'g>) -> Expr<'g> {
        self.0.vmap(self, batch)
    }

    fn can_refuse(&self) -> bool {
        true
    }

    fn check(&self, x: &[View<'_>], _: &Shape) -> Result<(), String> {
        self.0.check(x)
    }

    fn has_dtype(&self, _: &[DType], _: DType) -> bool {
        true
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        self.0.eval(x, y);
    }
}
