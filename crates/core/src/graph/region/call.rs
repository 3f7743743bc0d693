//! Calls: a function records operations that have names of their own, but users, messages and exporters speak of the
//! function.

use std::panic::Location;

use super::{ArgumentValue, CallArgument, CallArguments, Describe, RegionId};
use crate::graph::{Graph, Inputs, NodeId, expr::Expr};

/// A call of a function that is to be opened: [`Graph::call`] begins it.
#[must_use = "the call begins when it is opened"]
pub struct Call<'g> {
    graph: &'g Graph,
    name: &'static str,
    /// `None` inside a derivative rule.
    arguments: Option<CallArguments>,
}

impl Graph {
    /// A call of the function `name`, with the arguments that are added to it: a region that holds what is recorded until its
    /// guard is dropped. Messages about these nodes, and about what is found not to fit, name the function; of
    /// calls within a call, the outermost.
    ///
    /// ```
    /// use retrograd_core::{Error, Expr, Graph};
    ///
    /// fn try_distance<'g>(x: Expr<'g>, y: Expr<'g>) -> Result<Expr<'g>, Error> {
    ///     let call = x.graph().call("distance").with("x", &x).with("y", &y).open();
    ///     let distance = x.try_sub(y)?.try_vector_norm(2.0, 0)?;
    ///     Ok(call.returns(distance))
    /// }
    ///
    /// let g = Graph::new();
    /// let (x, y) = (g.input("x", [3]), g.input("y", [2]));
    /// let message = try_distance(x, y).unwrap_err().to_string();
    /// assert!(message.starts_with("distance: `x` [3] × `y` [2]: sizes 3 and 2 of axis -1 differ"));
    /// ```
    ///
    /// A derivative rule belongs to the operation that it is for, so its own calls are no regions.
    pub fn call(&self, name: &'static str) -> Call<'_> {
        let arguments = (!self.is_in_rule()).then(CallArguments::new);
        Call { graph: self, name, arguments }
    }

    /// The name of the function that is being called.
    pub(crate) fn called(&self) -> Option<&'static str> {
        self.regions().get(self.open_region()).outermost_call()?.function()
    }

    /// The function that recorded a node, as messages name it: the one that was called, else the operation itself.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([1.0, 2.0]);
    /// assert_eq!(g.function_of(x.cumsum(0).id()), "cumsum");
    /// assert_eq!(g.function_of(x.exp().id()), "exp");
    /// ```
    pub fn function_of(&self, id: NodeId) -> String {
        let regions = self.regions();
        match regions.get(self.region_of(id)).outermost_call().and_then(|call| call.function()) {
            Some(function) => function.to_owned(),
            None => self.node(id).op.to_string(),
        }
    }
}

/// The values that functions are methods of.
pub(crate) trait Receiver<'g> {
    /// A call of a method, in which an expression is the argument `name`.
    fn begin(self, function: &'static str, name: &'static str) -> Call<'g>;
}

impl<'g> Receiver<'g> for Expr<'g> {
    fn begin(self, function: &'static str, name: &'static str) -> Call<'g> {
        self.graph().call(function).with(name, &self)
    }
}

impl<'g> Receiver<'g> for &'g Graph {
    fn begin(self, function: &'static str, _: &'static str) -> Call<'g> {
        self.call(function)
    }
}

impl<'g> Call<'g> {
    /// Adds an argument. Options are added field by field, and nothing is added for an absent one.
    pub fn with(mut self, name: &'static str, value: &(impl Describe + ?Sized)) -> Self {
        if let Some(arguments) = &mut self.arguments {
            match value.describe(self.graph) {
                ArgumentValue::Absent => {}
                ArgumentValue::Fields(fields) => arguments.extend(
                    fields.into_iter().filter(|field| field.value != ArgumentValue::Absent),
                ),
                value @ (ArgumentValue::Node(_)
                | ArgumentValue::Integer(_)
                | ArgumentValue::Number(_)
                | ArgumentValue::Truth(_)
                | ArgumentValue::Text(_)
                | ArgumentValue::List(_)) => arguments.push(CallArgument { name, value }),
            }
        }
        self
    }

    /// Opens the call: nodes recorded until the guard is dropped belong to it.
    #[track_caller]
    #[must_use = "the call ends when the guard is dropped"]
    pub fn open(self) -> RegionGuard<'g> {
        let Self { graph, name, arguments } = self;
        let mut regions = graph.regions_mut();
        let outer = regions.current;
        let call = arguments.map(|arguments| {
            regions.enter_call(name, arguments, Location::caller());
            regions.current
        });
        RegionGuard { graph, outer, call }
    }
}

/// Keeps a region open until it is dropped.
pub struct RegionGuard<'g> {
    graph: &'g Graph,
    /// The region to go back to.
    outer: RegionId,
    /// The region, if it is a call.
    call: Option<RegionId>,
}

impl<'g> RegionGuard<'g> {
    pub(crate) fn new(graph: &'g Graph, outer: RegionId) -> Self {
        Self { graph, outer, call: None }
    }

    /// Notes the results of a call, and hands them back.
    pub fn returns<T: Describe>(&self, results: T) -> T {
        if let Some(call) = self.call {
            let mut nodes = Inputs::new();
            results.describe(self.graph).add_nodes(&mut nodes);
            self.graph.regions_mut().set_results(call, nodes);
        }
        results
    }
}

impl Drop for RegionGuard<'_> {
    fn drop(&mut self) {
        self.graph.regions_mut().current = self.outer;
    }
}
