//! Scopes: the named, nested parts of a model, and the gradient of each.

use std::{collections::HashMap, panic::Location, sync::Arc};

use crate::graph::Graph;

/// Index of a scope in its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ScopeId(u32);

/// A named part of a graph.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The scope around it; `None` for the root and for the gradient of the root.
    pub parent: Option<ScopeId>,
    /// The name; a gradient has the name of what it is the gradient of, after `∂`.
    pub name: Arc<str>,
    /// The scope whose gradient this is.
    pub gradient_of: Option<ScopeId>,
    /// Where it was first opened.
    pub location: &'static Location<'static>,
}

/// The scopes of a graph, outer ones before inner ones.
#[derive(Debug)]
pub struct Scopes {
    scopes: Vec<Scope>,
    children: HashMap<(ScopeId, Arc<str>), ScopeId>,
    gradients: HashMap<ScopeId, ScopeId>,
    pub(crate) current: ScopeId,
}

impl Default for Scopes {
    fn default() -> Self {
        let location = Location::caller();
        let root = Scope { parent: None, name: "".into(), gradient_of: None, location };
        Self {
            scopes: vec![root],
            children: HashMap::new(),
            gradients: HashMap::new(),
            current: Scopes::ROOT,
        }
    }
}

impl Scopes {
    /// The scope of everything that is recorded in no other.
    pub const ROOT: ScopeId = ScopeId(0);

    /// The scope at `id`.
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0 as usize]
    }

    /// All scopes.
    pub fn iter(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate().map(|(index, scope)| (ScopeId(index as u32), scope))
    }

    /// Names from the outermost scope inwards, joined by `/`; empty for the root.
    pub fn path(&self, id: ScopeId) -> String {
        let ancestors = std::iter::successors(Some(id), |&id| self.get(id).parent);
        let mut names: Vec<_> =
            ancestors.map(|id| &*self.get(id).name).filter(|name| !name.is_empty()).collect();
        names.reverse();
        names.join("/")
    }

    /// Enters the scope `name` inside the current one; returns the current one, to go back to.
    pub(crate) fn enter(&mut self, name: &str, location: &'static Location<'static>) -> ScopeId {
        let parent = self.current;
        let key = (parent, Arc::from(name));
        self.current = match self.children.get(&key) {
            Some(&id) => id,
            None => {
                let name = Arc::clone(&key.1);
                let id =
                    self.push(Scope { parent: Some(parent), name, gradient_of: None, location });
                self.children.insert(key, id);
                id
            }
        };
        parent
    }

    /// The scope in which the gradient of `scope` is recorded: nested as the scopes themselves are.
    pub(crate) fn gradient_of(&mut self, scope: ScopeId) -> ScopeId {
        let lineage = std::iter::successors(Some(scope), |&id| self.get(id).parent);
        let missing: Vec<_> = lineage.take_while(|id| !self.gradients.contains_key(id)).collect();
        for id in missing.into_iter().rev() {
            let of = self.get(id);
            let parent = of.parent.map(|parent| self.gradients[&parent]);
            let gradient = Scope {
                parent,
                name: format!("∂{}", of.name).into(),
                gradient_of: Some(id),
                location: of.location,
            };
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
        self.graph.set_scope(self.outer);
    }
}
