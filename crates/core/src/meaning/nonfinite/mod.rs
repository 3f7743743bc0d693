//! The origin of a NaN or an infinity: the node that makes the first non-finite value, forwards or backwards.
//!
//! The graph is evaluated, and non-finite values are traced from the outputs back to their origin. Only values that
//! reach an output count: a mask of −∞ that a softmax absorbs is no fault, and neither is NaN in the branch of a
//! `select` that is not taken. [`Graph::find_hidden_non_finite`] finds such values, too.

mod search;

pub use crate::data::error::{InputValues, NonFinite, Site};
pub use search::{Evaluated, Flaw};

use crate::{
    computation::{Computation, RecordedComputation, ValueId},
    data::{error::Error, tensor::Tensor},
    graph::{
        Graph, NodeId,
        expr::{Expr, inputs_of},
    },
    meaning::eval::{self, Bindings},
};

impl Graph {
    /// The origin of the non-finite values in `outputs`; `None` if all outputs are finite. Gradients are expressions
    /// like all others, so the origin can lie in the backward pass.
    ///
    /// The origin is the first node in the order of recording whose value is NaN or infinite while its inputs are
    /// finite. Infinite constants, and −∞ in other data, are named only if there is no other origin.
    ///
    /// ```
    /// use retrograd_core::{Bindings, Graph};
    ///
    /// let g = Graph::new();
    /// let x = g.param("x", [3.0, 0.0]);
    /// let length = x.square().sqrt();
    /// assert_eq!(g.find_non_finite(&[length], &Bindings::new())?, None);
    ///
    /// let slopes = length.sum().grad(&[x]);
    /// let found = g.find_non_finite(&slopes, &Bindings::new())?.expect("the root of 0 has no derivative");
    /// assert_eq!((found.index, found.value), (vec![1], f64::INFINITY));
    /// assert_eq!(found.site.gradient_of.map(|node| node.name), Some("sqrt(square(x))".to_owned()));
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the outputs are of another graph, or have no values: see [`values`](eval::values).
    pub fn find_non_finite(
        &self,
        outputs: &[Expr<'_>],
        bindings: &Bindings<'_>,
    ) -> Result<Option<NonFinite>, Error> {
        self.find(outputs, bindings, |evaluated| evaluated.behind_roots())
    }

    /// The first node behind `outputs` with a non-finite value, even if the outputs are finite: NaN that no input has,
    /// or infinity that neither an input nor data have.
    ///
    /// ```
    /// use retrograd_core::{Bindings, Graph};
    ///
    /// let g = Graph::new();
    /// let x = g.input_with("x", [4.0, -1.0]);
    /// let root = x.gt(0.0).select(x.sqrt(), 0.0);
    /// assert_eq!(g.find_non_finite(&[root], &Bindings::new())?, None);
    /// let hidden = g.find_hidden_non_finite(&[root], &Bindings::new())?;
    /// assert!(hidden.is_some_and(|found| found.to_string().starts_with("`sqrt(x)` [2] is NaN at [1]")));
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`find_non_finite`](Self::find_non_finite).
    pub fn find_hidden_non_finite(
        &self,
        outputs: &[Expr<'_>],
        bindings: &Bindings<'_>,
    ) -> Result<Option<NonFinite>, Error> {
        self.find(outputs, bindings, |evaluated| evaluated.anywhere())
    }

    fn find(
        &self,
        outputs: &[Expr<'_>],
        bindings: &Bindings<'_>,
        search: impl Fn(&Evaluated<'_>) -> Option<(ValueId, Flaw)>,
    ) -> Result<Option<NonFinite>, Error> {
        let Some(first) = outputs.first() else { return Ok(None) };
        inputs_of("find_non_finite", outputs)?;
        if !std::ptr::eq(first.graph(), self) {
            return Err(Expr::misfit_of(
                "find_non_finite",
                outputs,
                "they belong to another graph",
            ));
        }
        let RecordedComputation { computation, leaves, origins } = Computation::of(outputs);
        let data = eval::values(self, &leaves, bindings)?;
        let leaf =
            |id: ValueId| Some(data[computation.nodes[id.index()].op.as_leaf()?.slot].clone());
        let site = |id: ValueId| self.site(origins[id.index()]);
        let evaluated = Evaluated::new(&computation, leaf, site)?;
        Ok(search(&evaluated).map(|(id, flaw)| evaluated.report(id, flaw, site)))
    }

    /// A node in the user's terms: its formula, function, scope and source line.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([1.0, 2.0]);
    /// let _scope = g.scope("encoder");
    /// let site = g.site(x.softmax(0).id());
    /// assert_eq!((&*site.function, &*site.scope), ("softmax", "encoder"));
    /// ```
    pub fn site(&self, id: NodeId) -> Site {
        let leaf = self.node(id).op.as_leaf();
        let function = leaf.map_or_else(|| self.function_of(id), |leaf| leaf.kind.to_string());
        Site {
            operand: self.describe(id),
            function,
            scope: self.regions().get(self.region_of(id)).path(),
            gradient_of: self.origin(id).map(|origin| self.describe(origin)),
        }
    }
}

impl Expr<'_> {
    /// The value with other data for some leaves, if it is finite.
    ///
    /// ```
    /// use retrograd_core::{Bindings, Graph};
    ///
    /// let g = Graph::new();
    /// let x = g.input_with("x", -1.0);
    /// let error = x.log().checked_value(&Bindings::new()).unwrap_err();
    /// assert!(error.to_string().starts_with("`log(x)` [] is NaN"));
    /// ```
    ///
    /// # Errors
    /// If the value is not finite; the error names the origin. Also as [`value_with`](Expr::value_with).
    pub fn checked_value(self, bindings: &Bindings<'_>) -> Result<Tensor, Error> {
        match self.graph().find_non_finite(&[self], bindings)? {
            Some(found) => Err(found.into()),
            None => self.value_with(bindings),
        }
    }
}
