//! Parameters: named tensors in order, owned by the user, bound to a graph while a model is recorded.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::{
    dtype::DType,
    error::{Error, located},
    expr::Expr,
    graph::{Graph, NodeId},
    ops::{Leaf, LeafKind, Op},
    scope::ScopeGuard,
    tensor::Tensor,
};

/// Named tensors in the order in which they were inserted: plain data that outlive every graph.
///
/// ```
/// use retrograd_core::{Graph, Params, Tensor};
///
/// let mut params = Params::new();
/// params.insert("w", Tensor::from([0.5f32, -1.0]));
///
/// let g = Graph::new();
/// let w = g.bind(&params).param("w");
/// let loss = w.square().sum();
/// assert_eq!(loss.grad(&g.params())[0].value().to_vec::<f64>(), [1.0, -2.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params {
    tensors: IndexMap<String, Tensor>,
    frozen: HashSet<String>,
}

impl Params {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor at the end, or replaces the one of this name.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        self.tensors.insert(name.into(), tensor);
    }

    /// Adds the tensors of `inner`, each under the name `prefix.name`, frozen if it is frozen there.
    pub fn insert_nested(&mut self, prefix: &str, inner: Params) {
        let join = |name: &str| join(prefix, name);
        self.frozen.extend(inner.frozen.iter().map(|name| join(name)));
        self.tensors.extend(inner.tensors.into_iter().map(|(name, tensor)| (join(&name), tensor)));
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    /// The tensor of a name, to be written.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Tensor> {
        self.tensors.get_mut(name)
    }

    /// The tensor at a position.
    pub fn at(&self, index: usize) -> Option<&Tensor> {
        self.tensors.get_index(index).map(|(_, tensor)| tensor)
    }

    /// Names and tensors, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (&**name, tensor))
    }

    /// Names and tensors to be written, in order.
    pub fn iter_mut(&mut self) -> impl ExactSizeIterator<Item = (&str, &mut Tensor)> {
        self.tensors.iter_mut().map(|(name, tensor)| (&**name, tensor))
    }

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.tensors.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.tensors.is_empty()
    }

    /// Number of elements of all tensors.
    pub fn n_elements(&self) -> usize {
        self.tensors.values().map(|tensor| tensor.shape().n_elements()).sum()
    }

    /// Takes a parameter out of training, in graphs bound from now on.
    ///
    /// # Errors
    /// If there is no parameter of this name.
    pub fn freeze(&mut self, name: &str) -> Result<(), Error> {
        if !self.tensors.contains_key(name) {
            return Err(self.unknown(name));
        }
        self.frozen.insert(name.to_owned());
        Ok(())
    }

    /// Lets a frozen parameter be trained again.
    pub fn unfreeze(&mut self, name: &str) {
        self.frozen.remove(name);
    }

    /// Whether a parameter is taken out of training.
    pub fn is_frozen(&self, name: &str) -> bool {
        self.frozen.contains(name)
    }

    /// All parameters in another dtype.
    pub fn cast(&self, dtype: DType) -> Self {
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.cast(dtype)));
        Self { tensors: tensors.collect(), frozen: self.frozen.clone() }
    }

    /// The error that says that there is no parameter of a name, and which there are.
    pub fn unknown(&self, name: &str) -> Error {
        let known = self.tensors.keys().cloned().collect();
        Error::UnknownName { name: name.to_owned(), kind: "parameter", known }
    }
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// Parameters bound to a graph, from which a model takes its own by name.
#[derive(Clone)]
pub struct Bound<'g, 'p> {
    graph: &'g Graph,
    params: &'p Params,
    prefix: String,
}

impl Graph {
    /// Binds parameters, so that a model can be recorded with them.
    pub fn bind<'g, 'p>(&'g self, params: &'p Params) -> Bound<'g, 'p> {
        Bound { graph: self, params, prefix: String::new() }
    }
}

impl<'g, 'p> Bound<'g, 'p> {
    /// The graph.
    pub fn graph(&self) -> &'g Graph {
        self.graph
    }

    /// The parameters whose names begin with `name.`, and a scope of that name, open until the guard is dropped.
    #[track_caller]
    #[must_use = "the scope closes when the guard is dropped"]
    pub fn scope(&self, name: &str) -> (Self, ScopeGuard<'g>) {
        let inner = Self { prefix: join(&self.prefix, name), ..self.clone() };
        (inner, self.graph.scope(name))
    }

    /// The parameter of a name.
    ///
    /// # Panics
    /// If there is none, it is of another floating-point type than the graph, or the name is taken in the graph.
    #[track_caller]
    pub fn param(&self, name: &str) -> Expr<'g> {
        located(self.try_param(name))
    }

    /// [`param`](Self::param) that returns what is wrong.
    ///
    /// # Errors
    /// If there is none, or it is of another floating-point type than the graph.
    #[track_caller]
    pub fn try_param(&self, name: &str) -> Result<Expr<'g>, Error> {
        let name = join(&self.prefix, name);
        let tensor = self.params.get(&name).ok_or_else(|| self.params.unknown(&name))?;
        let (dtype, shape) = (tensor.dtype(), tensor.shape().clone());
        if dtype != self.graph.dtype() {
            let declared = Box::new((self.graph.dtype(), shape.clone()));
            return Err(Error::Binding { leaf: name, declared, given: Box::new((dtype, shape)) });
        }
        let is_trainable = !self.params.is_frozen(&name);
        Ok(self.graph.leaf(
            LeafKind::Param,
            Some(&name),
            dtype,
            shape,
            Some(tensor.clone()),
            is_trainable,
        ))
    }
}

impl Graph {
    /// The parameters of this graph, frozen ones too, with the values that they were recorded with.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let w = g.param("w", [1.0, 2.0]);
    /// assert_eq!(g.recorded_params().get("w"), Some(&w.value()));
    /// ```
    pub fn recorded_params(&self) -> Params {
        let mut params = Params::new();
        for id in (0..self.len()).map(NodeId::new) {
            let Op::Leaf(leaf @ Leaf { kind: LeafKind::Param, .. }) = self.node(id).op else {
                continue;
            };
            let info = self.leaf_info(leaf).clone();
            params.insert(&*info.name, info.data.expect("parameters are recorded with a value"));
            if !info.trainable {
                params.frozen.insert(info.name.to_string());
            }
        }
        params
    }
}
