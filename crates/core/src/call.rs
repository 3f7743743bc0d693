//! The call of the user: a function records operations that have names of their own, and messages about them should
//! name the function.

use std::num::NonZeroU16;

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use crate::graph::{Graph, NodeId};

/// A function that has been called, as one more than its index among the functions called in a graph.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallId(NonZeroU16);

/// The functions called in a graph.
#[derive(Default)]
pub(crate) struct Calls {
    names: IndexSet<&'static str, FxBuildHasher>,
    /// The function that is being called.
    pub current: Option<CallId>,
}

impl Calls {
    fn enter(&mut self, name: &'static str) -> CallId {
        let (index, _) = self.names.insert_full(name);
        let number = u16::try_from(index + 1).ok().and_then(NonZeroU16::new);
        CallId(number.expect("there are fewer than 2¹⁶ functions"))
    }

    fn name(&self, id: CallId) -> &'static str {
        self.names[usize::from(id.0.get()) - 1]
    }
}

impl Graph {
    /// Says that what is recorded, and what is found not to fit, belongs to a call of the function `name` until the
    /// guard is dropped: messages then name that function. Of calls within a call, the outermost counts.
    ///
    /// ```
    /// use retrograd_core::{Error, Expr, Graph};
    ///
    /// fn try_distance<'g>(x: Expr<'g>, y: Expr<'g>) -> Result<Expr<'g>, Error> {
    ///     let _call = x.graph().calling("distance");
    ///     x.try_sub(y)?.try_vector_norm(2.0, 0)
    /// }
    ///
    /// let g = Graph::new();
    /// let (x, y) = (g.input("x", [3]), g.input("y", [2]));
    /// let message = try_distance(x, y).unwrap_err().to_string();
    /// assert!(message.starts_with("distance: `x` [3] × `y` [2]: sizes 3 and 2 of axis -1 differ"));
    /// ```
    #[must_use = "the call ends when the guard is dropped"]
    pub fn calling(&self, name: &'static str) -> CallGuard<'_> {
        let calls = &mut *self.calls_mut();
        let outer = calls.current;
        if outer.is_none() {
            calls.current = Some(calls.enter(name));
        }
        CallGuard { graph: self, outer }
    }

    /// The name of the function that is being called.
    pub(crate) fn called(&self) -> Option<&'static str> {
        let calls = self.calls();
        calls.current.map(|id| calls.name(id))
    }

    /// The function that recorded a node, as messages name it: the function that was called, else the operation itself.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([1.0, 2.0]);
    /// assert_eq!(g.function_of(x.cumsum(0).id()), "cumsum");
    /// assert_eq!(g.function_of(x.exp().id()), "exp");
    /// ```
    pub fn function_of(&self, id: NodeId) -> String {
        match self.call_of(id) {
            Some(call) => self.calls().name(call).to_owned(),
            None => self.node(id).op.to_string(),
        }
    }
}

/// Keeps a call open until it is dropped.
pub struct CallGuard<'g> {
    graph: &'g Graph,
    outer: Option<CallId>,
}

impl Drop for CallGuard<'_> {
    fn drop(&mut self) {
        self.graph.calls_mut().current = self.outer;
    }
}
