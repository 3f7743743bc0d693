//! The tree of regions: interned, in an order in which outer regions stand before inner ones.

use std::{iter::successors, panic::Location, sync::Arc};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::{CallArguments, Region, RegionId, RegionKind, SEPARATOR, join};
use crate::graph::Inputs;

/// The identity of a region.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum RegionIdentity {
    Scope {
        parent: Option<RegionId>,
        name: Arc<str>,
    },
    /// Each checkpoint is a region of its own, whence its index.
    Checkpoint {
        parent: RegionId,
        name: Arc<str>,
        index: usize,
    },
    Call {
        parent: RegionId,
        name: &'static str,
        arguments: CallArguments,
    },
    Gradient(RegionId),
    /// A call as the call `by` of `vmap` records it.
    Batch {
        of: RegionId,
        by: RegionId,
    },
}

/// Facts of a region that are no part of its identity.
#[derive(Debug)]
pub(super) struct Facts {
    pub parent: Option<RegionId>,
    /// The innermost scope or checkpoint, which may be the region itself.
    pub scope: RegionId,
    pub gradient: Option<RegionId>,
    pub is_checkpointed: bool,
    pub location: &'static Location<'static>,
    pub results: Inputs,
}

/// The regions of a graph.
#[derive(Debug)]
pub struct Regions {
    regions: IndexMap<RegionIdentity, Facts, FxBuildHasher>,
    /// The region that is open.
    pub(crate) current: RegionId,
}

impl Default for Regions {
    fn default() -> Self {
        let mut regions = Self { regions: IndexMap::default(), current: RegionId::ROOT };
        let root = RegionIdentity::Scope { parent: None, name: "".into() };
        regions.intern(root, None, Location::caller());
        regions
    }
}

impl Regions {
    /// The region at `id`.
    pub fn get(&self, id: RegionId) -> Region<'_> {
        Region::new(self, id)
    }

    /// All regions, outer ones before inner ones, and each before those derived from it.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Region<'_>> {
        (0..self.regions.len()).map(|index| self.get(RegionId::new(index)))
    }

    /// The full name of the leaf `name` in a region: the names of the scopes around it stand before its own, joined as
    /// nested parameters' names are. An empty name stays empty.
    pub(crate) fn full_name(&self, region: RegionId, name: &str) -> String {
        match name.is_empty() {
            true => String::new(),
            false => join(&self.get(region).scope_names().join(SEPARATOR), name),
        }
    }

    /// The innermost scope or checkpoint around a region.
    fn scope_of(&self, region: RegionId) -> RegionId {
        self.facts(region).scope
    }

    /// The innermost scope or checkpoint that is open.
    pub(crate) fn current_scope(&self) -> RegionId {
        self.scope_of(self.current)
    }

    pub(super) fn identity(&self, id: RegionId) -> &RegionIdentity {
        self.regions.get_index(id.index()).expect("ids are those of regions").0
    }

    pub(super) fn facts(&self, id: RegionId) -> &Facts {
        &self.regions[id.index()]
    }

    // Opening.

    /// Enters the scope `name` inside the current region; returns the current one, to go back to.
    pub(crate) fn enter(&mut self, name: &str, location: &'static Location<'static>) -> RegionId {
        let parent = Some(self.current);
        let scope =
            self.intern(RegionIdentity::Scope { parent, name: name.into() }, parent, location);
        std::mem::replace(&mut self.current, scope)
    }

    /// Enters a new checkpoint, even if there is one of this name; returns the current region, to go back to.
    pub(crate) fn enter_checkpoint(
        &mut self,
        name: &str,
        location: &'static Location<'static>,
    ) -> RegionId {
        let (parent, index) = (self.current, self.regions.len());
        let identity = RegionIdentity::Checkpoint { parent, name: name.into(), index };
        let checkpoint = self.intern(identity, Some(parent), location);
        self.checkpoint(checkpoint);
        std::mem::replace(&mut self.current, checkpoint)
    }

    /// Enters a call inside the current region; returns the current one, to go back to.
    pub(crate) fn enter_call(
        &mut self,
        name: &'static str,
        arguments: CallArguments,
        location: &'static Location<'static>,
    ) -> RegionId {
        let parent = self.current;
        let identity = RegionIdentity::Call { parent, name, arguments };
        let call = self.intern(identity, Some(parent), location);
        std::mem::replace(&mut self.current, call)
    }

    /// Has plans compute the values of a region again for its gradient.
    pub(crate) fn checkpoint(&mut self, region: RegionId) {
        self.regions[region.index()].is_checkpointed = true;
    }

    /// Notes the results of a call, the first time that it returns any.
    pub(crate) fn set_results(&mut self, call: RegionId, results: Inputs) {
        let known = &mut self.regions[call.index()].results;
        if known.is_empty() {
            *known = results;
        }
    }

    // Deriving.

    /// The region in which the gradient of `region` is recorded: nested as the regions themselves are.
    pub(crate) fn gradient_of(&mut self, region: RegionId) -> RegionId {
        let lineage = successors(Some(region), |&id| self.facts(id).parent);
        let missing: Vec<_> = lineage.take_while(|&id| self.facts(id).gradient.is_none()).collect();
        for id in missing.into_iter().rev() {
            let &Facts { parent, location, .. } = self.facts(id);
            let parent = parent.and_then(|parent| self.facts(parent).gradient);
            let gradient = self.intern(RegionIdentity::Gradient(id), parent, location);
            self.regions[id.index()].gradient = Some(gradient);
        }
        self.facts(region).gradient.expect("it has been made")
    }

    /// The region in which the call of `vmap` that is open records a batch of what `region` recorded: calls are batched,
    /// and scopes hold both.
    pub(crate) fn batch_of(&mut self, region: RegionId) -> RegionId {
        let by = self.current;
        let (scope, lineage) = (self.scope_of(region), self.lineage(region));
        let calls: Vec<_> = lineage.take_while(|&id| id != scope).collect();
        calls.into_iter().rev().fold(scope, |parent, of| {
            let location = self.facts(of).location;
            self.intern(RegionIdentity::Batch { of, by }, Some(parent), location)
        })
    }

    fn lineage(&self, region: RegionId) -> impl Iterator<Item = RegionId> {
        successors(Some(region), |&id| self.facts(id).parent)
    }

    fn intern(
        &mut self,
        identity: RegionIdentity,
        parent: Option<RegionId>,
        location: &'static Location<'static>,
    ) -> RegionId {
        if let Some(index) = self.regions.get_index_of(&identity) {
            return RegionId::new(index);
        }
        let id = RegionId::new(self.regions.len());
        let scope = match (self.kind(&identity), parent) {
            (RegionKind::Call, Some(parent)) => self.scope_of(parent),
            _ => id,
        };
        let results = Inputs::new();
        let facts =
            Facts { parent, scope, gradient: None, is_checkpointed: false, location, results };
        self.regions.insert(identity, facts);
        id
    }

    pub(super) fn kind(&self, identity: &RegionIdentity) -> RegionKind {
        match self.primal(identity) {
            RegionIdentity::Checkpoint { .. } => RegionKind::Checkpoint,
            RegionIdentity::Call { .. } => RegionKind::Call,
            RegionIdentity::Scope { .. }
            | RegionIdentity::Gradient(_)
            | RegionIdentity::Batch { .. } => RegionKind::Scope,
        }
    }

    /// The identity of the region that a region is derived from in the end.
    pub(super) fn primal<'a>(&'a self, identity: &'a RegionIdentity) -> &'a RegionIdentity {
        let mut primal = identity;
        while let RegionIdentity::Gradient(of) | RegionIdentity::Batch { of, .. } = primal {
            primal = self.identity(*of);
        }
        primal
    }
}
