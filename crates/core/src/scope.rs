//! Scopes: the named, nested parts of a model, and the gradient of each.

use std::{panic::Location, sync::Arc};

use rustc_hash::FxHashMap;

use crate::graph::Graph;

/// The separator of the names of scopes and leaves in a full name.
const SEPARATOR: &str = ".";

/// The full name of `name` inside `prefix`.
pub(crate) fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{SEPARATOR}{name}") }
}

/// Index of a scope in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(u32);

impl ScopeId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// A named part of a graph.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The scope around it; `None` for the root and for the gradient of the root.
    pub parent: Option<ScopeId>,
    /// The name; a gradient has the name of what it is the gradient of, after `∂`.
    pub name: Arc<str>,
    /// The scope whose gradient this is.
    pub gradient_of: Option<ScopeId>,
    /// Whether plans compute its values again for the gradient instead of keeping them, those of scopes in it too.
    pub is_checkpointed: bool,
    /// Where it was first opened.
    pub location: &'static Location<'static>,
}

impl Scope {
    fn new(parent: Option<ScopeId>, name: Arc<str>, location: &'static Location<'static>) -> Self {
        Self { parent, name, gradient_of: None, is_checkpointed: false, location }
    }
}

/// The scopes of a graph, outer ones before inner ones.
#[derive(Debug)]
pub struct Scopes {
    scopes: Vec<Scope>,
    children: FxHashMap<(ScopeId, Arc<str>), ScopeId>,
    gradients: FxHashMap<ScopeId, ScopeId>,
    pub(crate) current: ScopeId,
}

impl Default for Scopes {
    fn default() -> Self {
        let location = Location::caller();
        let root = Scope::new(None, "".into(), location);
        Self {
            scopes: vec![root],
            children: FxHashMap::default(),
            gradients: FxHashMap::default(),
            current: Scopes::ROOT,
        }
    }
}

impl Scopes {
    /// The scope of everything that is recorded in no other.
    pub const ROOT: ScopeId = ScopeId(0);

    /// The scope at `id`.
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.index()]
    }

    /// All scopes.
    pub fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(index, scope)| (ScopeId(index as u32), scope))
    }

    /// Names from the outermost scope inwards, joined by `/`; empty for the root.
    pub fn path(&self, id: ScopeId) -> String {
        self.names(id).join("/")
    }

    /// The full name of the leaf `name` of a scope: the names of the scopes around it stand before its own, joined as
    /// nested parameters' names are. An empty name stays empty.
    pub(crate) fn full_name(&self, scope: ScopeId, name: &str) -> String {
        match name.is_empty() {
            true => String::new(),
            false => join(&self.names(scope).join(SEPARATOR), name),
        }
    }

    /// Names from the outermost scope inwards.
    fn names(&self, id: ScopeId) -> Vec<&str> {
        let ancestors = std::iter::successors(Some(id), |&id| self.get(id).parent);
        let mut names: Vec<_> =
            ancestors.map(|id| &*self.get(id).name).filter(|name| !name.is_empty()).collect();
        names.reverse();
        names
    }

    /// Enters the scope `name` inside the current one; returns the current one, to go back to.
    pub(crate) fn enter(&mut self, name: &str, location: &'static Location<'static>) -> ScopeId {
        let parent = self.current;
        let key = (parent, Arc::from(name));
        self.current = match self.children.get(&key) {
            Some(&id) => id,
            None => {
                let id = self.push(Scope::new(Some(parent), Arc::clone(&key.1), location));
                self.children.insert(key, id);
                id
            }
        };
        parent
    }

    /// Enters a new checkpointed scope, even if there is one of this name; returns the current one, to go back to.
    pub(crate) fn enter_checkpoint(
        &mut self,
        name: &str,
        location: &'static Location<'static>,
    ) -> ScopeId {
        let parent = self.current;
        self.current = self.push(Scope::new(Some(parent), name.into(), location));
        self.checkpoint(self.current);
        parent
    }

    /// Makes a scope a checkpointed one.
    pub(crate) fn checkpoint(&mut self, scope: ScopeId) {
        self.scopes[scope.index()].is_checkpointed = true;
    }

    /// The scope in which the gradient of `scope` is recorded: nested as the scopes themselves are.
    pub(crate) fn gradient_of(&mut self, scope: ScopeId) -> ScopeId {
        let lineage = std::iter::successors(Some(scope), |&id| self.get(id).parent);
        let missing: Vec<_> = lineage.take_while(|id| !self.gradients.contains_key(id)).collect();
        for id in missing.into_iter().rev() {
            let of = self.get(id);
            let parent = of.parent.map(|parent| self.gradients[&parent]);
            let name = format!("∂{}", of.name).into();
            let gradient = Scope { gradient_of: Some(id), ..Scope::new(parent, name, of.location) };
            let gradient = self.push(gradient);
            self.gradients.insert(id, gradient);
        }
        self.gradients[&scope]
    }

    fn push(&mut self, scope: Scope) -> ScopeId {
        let id =
            ScopeId(u32::try_from(self.scopes.len()).expect("a graph has fewer than 2³² scopes"));
        self.scopes.push(scope);
        id
    }
}

/// Keeps a scope open until it is dropped.
pub struct ScopeGuard<'g> {
    graph: &'g Graph,
    outer: ScopeId,
}

impl<'g> ScopeGuard<'g> {
    pub(crate) fn new(graph: &'g Graph, outer: ScopeId) -> Self {
        Self { graph, outer }
    }
}

impl Drop for ScopeGuard<'_> {
    fn drop(&mut self) {
        self.graph.scopes_mut().current = self.outer;
    }
}
