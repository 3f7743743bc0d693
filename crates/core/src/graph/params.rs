//! Parameters: named tensors in order, owned by the user, bound to a graph while a model is recorded.

use std::{collections::HashSet, panic::Location, sync::Arc};

use indexmap::IndexMap;

use crate::{
    data::{
        dtype::DType,
        error::{Error, located},
        tensor::Tensor,
    },
    graph::{
        Graph, NodeId,
        expr::Expr,
        leaves::NewLeaf,
        ops::{Leaf, LeafKind, Op},
        region::{RegionGuard, join},
    },
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
    id: MapId,
}

/// The identity of a map of parameters: kept when the map is moved or written, while a clone has another.
#[derive(Debug, Default)]
pub(crate) struct MapId(Arc<()>);

impl MapId {
    /// The same identity, for a leaf to remember.
    fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Clone for MapId {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// All identities are equal, so that maps are compared by what they hold.
impl PartialEq for MapId {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Params {
    /// No parameters.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a tensor at the end.
    ///
    /// # Panics
    /// If the name is taken; [`replace`](Self::replace) changes the value of a name.
    #[track_caller]
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) {
        located(self.try_insert(name, tensor));
    }

    /// The form of [`insert`](Self::insert) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If there is a tensor of this name.
    #[track_caller]
    pub fn try_insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Result<(), Error> {
        let name = name.into();
        self.require_free(&name)?;
        self.tensors.insert(name, tensor);
        Ok(())
    }

    /// Replaces the tensor of this name, and returns the old one.
    ///
    /// # Errors
    /// If there is no tensor of this name.
    pub fn replace(&mut self, name: &str, tensor: Tensor) -> Result<Tensor, Error> {
        match self.tensors.get_mut(name) {
            Some(old) => Ok(std::mem::replace(old, tensor)),
            None => Err(self.unknown(name)),
        }
    }

    /// Adds the tensors of `inner`, each under the name `prefix.name`, frozen if it is frozen there.
    ///
    /// # Panics
    /// If there is a tensor of one of these names.
    #[track_caller]
    pub fn insert_nested(&mut self, prefix: &str, inner: Params) {
        located(self.try_insert_nested(prefix, inner));
    }

    /// The form of [`insert_nested`](Self::insert_nested) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If there is a tensor of one of these names; then nothing has been added.
    #[track_caller]
    pub fn try_insert_nested(&mut self, prefix: &str, inner: Params) -> Result<(), Error> {
        for name in inner.tensors.keys() {
            self.require_free(&join(prefix, name))?;
        }
        let join = |name: &str| join(prefix, name);
        self.frozen.extend(inner.frozen.iter().map(|name| join(name)));
        self.tensors.extend(inner.tensors.into_iter().map(|(name, tensor)| (join(&name), tensor)));
        Ok(())
    }

    /// Whether no tensor has this name.
    #[track_caller]
    fn require_free(&self, name: &str) -> Result<(), Error> {
        let Some(tensor) = self.tensors.get(name) else { return Ok(()) };
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        let reason = format!(
            "there is a tensor {dtype} {shape} of this name; give the second another name, or put it in the place of the \
             first by `replace`"
        );
        let (name, again) = (name.to_owned(), Location::caller());
        Err(Error::NameTaken { name, first: None, again, reason })
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

    /// Lets a frozen parameter be trained again, in graphs bound from now on.
    ///
    /// # Errors
    /// If there is no parameter of this name.
    pub fn unfreeze(&mut self, name: &str) -> Result<(), Error> {
        if !self.tensors.contains_key(name) {
            return Err(self.unknown(name));
        }
        self.frozen.remove(name);
        Ok(())
    }

    /// Whether a parameter is taken out of training.
    pub fn is_frozen(&self, name: &str) -> bool {
        self.frozen.contains(name)
    }

    /// The floating-point type of the parameters: that of the first tensor that has one. Integers and truth values,
    /// such as tables of indices, say nothing of it.
    ///
    /// ```
    /// use retrograd_core::{DType, Params, Tensor};
    ///
    /// let mut params = Params::new();
    /// params.insert("order", Tensor::from([2i64, 0, 1]));
    /// assert_eq!(params.dtype(), None);
    /// params.insert("w", Tensor::from([0.5f64, -1.0, 2.0]));
    /// assert_eq!(params.dtype(), Some(DType::F64));
    /// ```
    pub fn dtype(&self) -> Option<DType> {
        self.tensors.values().map(Tensor::dtype).find(|dtype| dtype.is_float())
    }

    /// All float parameters in another dtype; integers and masks stay.
    ///
    /// # Panics
    /// If `dtype` is not a floating-point type.
    #[track_caller]
    pub fn cast(&self, dtype: DType) -> Self {
        assert!(dtype.is_float(), "parameters are numbers of f32 or f64, not of {dtype}");
        let cast = |tensor: &Tensor| match tensor.dtype().is_float() {
            true => tensor.cast(dtype),
            false => tensor.clone(),
        };
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.clone(), cast(tensor)));
        Self { tensors: tensors.collect(), frozen: self.frozen.clone(), id: MapId::default() }
    }

    /// The error that says that there is no parameter of a name, and which there are.
    pub fn unknown(&self, name: &str) -> Error {
        let known = self.tensors.keys().cloned().collect();
        Error::UnknownName { name: name.to_owned(), kind: "parameter", known }
    }
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
    pub fn scope(&self, name: &str) -> (Self, RegionGuard<'g>) {
        let inner = Self { prefix: join(&self.prefix, name), ..self.clone() };
        (inner, self.graph.scope(name))
    }

    /// The parameter of a name. Its full name is its name in the map, in any open scope.
    ///
    /// Taken again from the same map it is the same parameter, so that a model can be applied to several inputs. A map
    /// of its own, a clone too, needs a graph or names of its own: [`Params::insert_nested`] puts both into one map.
    /// Tensors of integers or truth values are not trained.
    ///
    /// # Panics
    /// If there is none, it is of another floating-point type than the graph, or the name is taken in the graph: by
    /// another map's parameter, or by this one's with other elements or before it was frozen.
    #[track_caller]
    pub fn param(&self, name: &str) -> Expr<'g> {
        located(self.try_param(name))
    }

    /// The form of [`param`](Self::param) that returns an error instead of panicking.
    ///
    /// # Errors
    /// If there is none, it is of another floating-point type than the graph, or the name is taken in the graph.
    #[track_caller]
    pub fn try_param(&self, name: &str) -> Result<Expr<'g>, Error> {
        let name = join(&self.prefix, name);
        let tensor = self.params.get(&name).ok_or_else(|| self.params.unknown(&name))?;
        let (dtype, shape) = (tensor.dtype(), tensor.shape().clone());
        if dtype.is_float() && dtype != self.graph.dtype() {
            let declared = Box::new((self.graph.dtype(), shape.clone()));
            return Err(Error::Binding { leaf: name, declared, given: Box::new((dtype, shape)) });
        }
        let trainable = dtype.is_float() && !self.params.is_frozen(&name);
        if let Some(id) = self.graph.leaf_named(&name) {
            return match self.obstacle(id, tensor, trainable) {
                None => Ok(self.graph.expr(id)),
                Some(reason) => Err(self.graph.taken(id, |_| reason.to_owned())),
            };
        }
        let (kind, data, map) =
            (LeafKind::Param, Some(tensor.clone()), Some(self.params.id.share()));
        self.graph.record_new(NewLeaf { kind, name, dtype, shape, data, trainable, map })
    }

    /// Why the leaf at `id` is not the parameter `tensor` of this map, if it is not.
    fn obstacle(&self, id: NodeId, tensor: &Tensor, trainable: bool) -> Option<&'static str> {
        let Op::Leaf(leaf) = self.graph.node(id).op else {
            unreachable!("only leaves are entered under a leaf's name")
        };
        let info = self.graph.leaf_info(leaf);
        if !info.map.as_ref().is_some_and(|map| map.is(&self.params.id)) {
            return Some(
                "it is not of the map that is bound now; bind one map, in which `insert_nested` keeps models apart, or \
                 record the second in a graph of its own",
            );
        }
        if info.trainable != trainable {
            return Some(
                "it has been frozen or unfrozen since it was recorded; bind it to a new graph",
            );
        }
        let is_same = info.data.as_ref().is_some_and(|data| data.is_same(tensor));
        (!is_same)
            .then_some("its elements have changed since it was recorded; bind them to a new graph")
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
