//! Regions: where nodes come from, as one tree.
//!
//! A region is a scope, a checkpoint, or one call of a function with its operands and attributes. Regions nest, and every
//! node knows the innermost one that recorded it. Regions are interned: a scope that is opened again, and an equal call in
//! the same region, are the same region.
//! The gradient of a region is a region, too, and so is a call's batch by `vmap`; both know the region that they are
//! derived from. Messages, pictures, the search for NaN and checkpoints read this tree, and nothing else.
//!
//! Scopes keep equal nodes apart, and calls do not: a node that two calls in one scope have in common lies in the first.
//!
//! ```
//! use retrograd_core::{Graph, region::RegionKind};
//!
//! let g = Graph::new();
//! let x = g.input("x", [2, 3]);
//! let y = {
//!     let _scope = g.scope("head");
//!     x.softmax(-1)
//! };
//! let regions = g.regions();
//! let call = regions.get(g.region_of(y.id())).outermost_call().expect("`y` is computed by a call");
//! assert_eq!((call.kind(), &*call.name(), call.path()), (RegionKind::Call, "softmax", "head".to_owned()));
//! assert_eq!((call.operands(), call.results()), (vec![x.id()], &[y.id()][..]));
//! assert_eq!(call.argument("axis").and_then(|axis| axis.as_integer()), Some(-1));
//! ```

mod arguments;
mod call;
mod text;
mod tree;

use std::{borrow::Cow, iter::successors, num::NonZeroU32, panic::Location};

pub(crate) use self::call::Receiver;
use self::tree::{Facts, RegionIdentity};
pub use self::{
    arguments::{ArgumentValue, CallArgument, Describe, describe_fields},
    call::{Call, RegionGuard},
    text::RegionTree,
    tree::Regions,
};
use crate::graph::{Inputs, NodeId};
use smallvec::SmallVec;

/// Arguments of a call; up to two need no allocation.
type CallArguments = SmallVec<[CallArgument; 2]>;

/// The separator of the names of scopes and leaves in a full name.
const SEPARATOR: &str = ".";

/// The full name of `name` inside `prefix`.
pub(crate) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{SEPARATOR}{name}") }
}

/// Index of a region in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RegionId(
    /// One more than the index, so that `Option<RegionId>` takes four bytes, too.
    NonZeroU32,
);

impl RegionId {
    /// The region of everything that is recorded in no other.
    pub const ROOT: Self = Self(NonZeroU32::MIN);

    fn new(index: usize) -> Self {
        let number = u32::try_from(index + 1).ok().and_then(NonZeroU32::new);
        Self(number.expect("a graph has fewer than 2³² − 1 regions"))
    }

    /// Position in the tree, which is ordered: outer regions before inner ones, and each before those derived from it.
    pub fn index(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The kind of a region; a derived region has the kind of the one that it is derived from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegionKind {
    /// A named part of a model. The root is one without a name.
    Scope,
    /// A scope of its own, whose values plans compute again for the gradient.
    Checkpoint,
    /// A call of a function.
    Call,
}

/// A region of a graph.
#[derive(Clone, Copy)]
pub struct Region<'a> {
    regions: &'a Regions,
    id: RegionId,
}

impl<'a> Region<'a> {
    fn new(regions: &'a Regions, id: RegionId) -> Self {
        Self { regions, id }
    }

    /// The index.
    pub fn id(self) -> RegionId {
        self.id
    }

    /// The kind.
    pub fn kind(self) -> RegionKind {
        self.regions.kind(self.identity())
    }

    /// The region around it; `None` for the root, and for gradients of the root.
    pub fn parent(self) -> Option<Self> {
        self.facts().parent.map(|parent| self.regions.get(parent))
    }

    /// The name of the scope, checkpoint or function; that of a gradient stands after `∂`.
    pub fn name(self) -> Cow<'a, str> {
        let name: &'a str = match self.regions.primal(self.identity()) {
            RegionIdentity::Scope { name, .. } | RegionIdentity::Checkpoint { name, .. } => name,
            RegionIdentity::Call { name, .. } => name,
            RegionIdentity::Gradient(_) | RegionIdentity::Batch { .. } => "",
        };
        let origins = successors(Some(self), |region| region.derived_from());
        match origins.filter(|region| region.gradient_of().is_some()).count() {
            0 => Cow::Borrowed(name),
            order => Cow::Owned("∂".repeat(order) + name),
        }
    }

    /// The number of derivatives that a region belongs to: 0 for a part of the model, 1 for its gradient, 2 for the
    /// gradient of that.
    pub fn order(self) -> usize {
        let outwards = |region: &Self| region.derived_from().or(region.parent());
        let gradients =
            successors(Some(self), outwards).filter(|region| region.gradient_of().is_some());
        gradients.count()
    }

    /// The region whose gradient or tangent this is.
    pub fn gradient_of(self) -> Option<Self> {
        let RegionIdentity::Gradient(of) = *self.identity() else { return None };
        Some(self.regions.get(of))
    }

    /// The call that a call of `vmap` recorded this for, with one more axis.
    pub fn batch_of(self) -> Option<Self> {
        let RegionIdentity::Batch { of, .. } = *self.identity() else { return None };
        Some(self.regions.get(of))
    }

    /// The region that this is the gradient or batch of.
    pub fn derived_from(self) -> Option<Self> {
        self.gradient_of().or(self.batch_of())
    }

    /// The line that opened it first; of a derived region, that of the region that it is derived from.
    pub fn location(self) -> &'static Location<'static> {
        self.facts().location
    }

    /// Whether plans compute its values again for the gradient instead of keeping them, those of regions in it too.
    pub fn is_checkpointed(self) -> bool {
        self.facts().is_checkpointed
    }

    /// The arguments of a call, without those that are absent; none of other regions.
    pub fn arguments(self) -> &'a [CallArgument] {
        let RegionIdentity::Call { arguments, .. } = self.identity() else { return &[] };
        arguments
    }

    /// The argument of a name.
    pub fn argument(self, name: &str) -> Option<&'a ArgumentValue> {
        self.arguments().iter().find(|argument| argument.name == name).map(|found| &found.value)
    }

    /// The expressions among the arguments of a call, in order.
    pub fn operands(self) -> Vec<NodeId> {
        let mut operands = Inputs::new();
        self.arguments().iter().for_each(|argument| argument.value.add_nodes(&mut operands));
        operands.into_vec()
    }

    /// The nodes that a call returned. An earlier call may have recorded them.
    pub fn results(self) -> &'a [NodeId] {
        &self.facts().results
    }

    /// The outermost call among the region and those around it: the one that the user wrote.
    pub fn outermost_call(self) -> Option<Self> {
        let calls = self.lineage().filter(|region| region.kind() == RegionKind::Call);
        calls.last()
    }

    /// The region and those around it, the innermost first.
    pub fn lineage(self) -> impl Iterator<Item = Self> {
        successors(Some(self), |region| region.parent())
    }

    /// The scopes and checkpoints around what the region records, the innermost first, which may be the region itself.
    pub fn scopes(self) -> impl Iterator<Item = Self> {
        self.lineage().filter(|region| region.kind() != RegionKind::Call)
    }

    /// Names of the scopes and checkpoints from the outermost inwards, joined by `/`; empty for the root. Calls are left
    /// out.
    pub fn path(self) -> String {
        self.scope_names().join("/")
    }

    fn scope_names(self) -> Vec<Cow<'a, str>> {
        let mut names: Vec<_> =
            self.scopes().map(Self::name).filter(|name| !name.is_empty()).collect();
        names.reverse();
        names
    }

    /// The name of the function that was called, whatever it is derived from.
    pub(crate) fn function(self) -> Option<&'static str> {
        let primal = self.regions.primal(self.identity());
        if let RegionIdentity::Call { name, .. } = primal { Some(name) } else { None }
    }

    fn identity(self) -> &'a RegionIdentity {
        self.regions.identity(self.id)
    }

    fn facts(self) -> &'a Facts {
        self.regions.facts(self.id)
    }
}
