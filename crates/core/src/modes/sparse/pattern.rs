//! Sparsity patterns: the derivatives that can differ from zero, by one sweep from the variable to the output.
//!
//! Every element of a node has the set of those elements of `x` that it can depend on. Like nodes, sets are hash-consed:
//! many elements have the same one, and a set costs memory once. The sweep knows no operation; each says which
//! elements of its output depend on which of its inputs.

use std::rc::Rc;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};
use smallvec::SmallVec;

use crate::{
    data::{error::Error, shape::Shape, size::Size},
    graph::{
        NodeId,
        expr::Expr,
        nodes::{NodeSet, between},
        ops::{Dependence, Link},
    },
};

/// The places of a matrix whose entries can differ from zero, row by row.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    starts: Vec<usize>,
    columns: Vec<usize>,
    n_columns: usize,
}

impl Pattern {
    /// The pattern of the Jacobian of `y` by `x`, over their elements in row-major order.
    ///
    /// # Errors
    /// If there are too many elements to look at each, or the rule of an operation speaks of another number of them.
    pub fn of(y: Expr<'_>, x: Expr<'_>) -> Result<Self, Error> {
        let (n_rows, n_columns) = (n_elements(y)?, n_elements(x)?);
        let (sets, of_y) = dependences(y, x)?;
        let none = vec![Sets::EMPTY; if of_y.is_some() { 0 } else { n_rows }];
        let rows = of_y.as_deref().unwrap_or(&none).iter();
        Ok(Self::from_rows(n_columns, rows.map(|&set| sets.elements(set))))
    }

    fn from_rows<'a>(n_columns: usize, rows: impl Iterator<Item = &'a [u32]>) -> Self {
        let (mut starts, mut columns) = (vec![0], Vec::new());
        for row in rows {
            columns.extend(row.iter().map(|&column| column as usize));
            starts.push(columns.len());
        }
        Self { starts, columns, n_columns }
    }

    /// Number of rows.
    pub fn n_rows(&self) -> usize {
        self.starts.len() - 1
    }

    /// Number of columns.
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// The columns of a row, ascending.
    pub fn row(&self, row: usize) -> &[usize] {
        &self.columns[self.starts[row]..self.starts[row + 1]]
    }

    /// All rows, in order.
    pub fn rows(&self) -> impl Iterator<Item = &[usize]> {
        (0..self.n_rows()).map(|row| self.row(row))
    }

    /// All places, row by row.
    pub fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let rows = self.rows().enumerate();
        rows.flat_map(|(row, columns)| columns.iter().map(move |&column| (row, column)))
    }

    /// The pattern of the transposed matrix.
    pub fn transposed(&self) -> Self {
        let mut starts = vec![0; self.n_columns + 1];
        self.columns.iter().for_each(|&column| starts[column + 1] += 1);
        (0..self.n_columns).for_each(|column| starts[column + 1] += starts[column]);
        let (mut next, mut columns) = (starts.clone(), vec![0; self.columns.len()]);
        for (row, column) in self.places() {
            columns[next[column]] = row;
            next[column] += 1;
        }
        Self { starts, columns, n_columns: self.n_rows() }
    }
}

/// The set of each element of a tensor.
type SetOfEach = Rc<[SetId]>;

/// Elements of a tensor up to which the sets of each are found.
const MOST_ELEMENTS: usize = 1 << 28;

/// The number of elements of a value, if they can be looked at one by one.
fn n_elements(x: Expr<'_>) -> Result<usize, Error> {
    let n = Size::from(x.shape().n_elements()).at_most(MOST_ELEMENTS, "elements");
    n.map_err(|reason| Expr::misfit_of("sparse_jacobian", &[x], reason))
}

/// The set of each element of `y`; `None` if `y` does not depend on `x`.
fn dependences(y: Expr<'_>, x: Expr<'_>) -> Result<(Sets, Option<SetOfEach>), Error> {
    let mut sets = Sets::new();
    let mut known: FxHashMap<NodeId, Rc<[SetId]>> = FxHashMap::default();
    known.insert(x.id(), (0..x.shape().n_elements()).map(|at| sets.single(at)).collect());
    let varying = between(&NodeSet::of([x.id()].into_iter()), &[y]);
    for id in varying.iter() {
        let node = x.graph().node(id).clone();
        if id == x.id() || !node.dtype.is_float() {
            continue;
        }
        n_elements(x.graph().expr(id))?;
        let mut all: Option<Rc<[SetId]>> = None;
        for (k, input) in node.inputs.iter().enumerate() {
            let Some(of_input) = known.get(input) else { continue };
            let link = Link::new(k, &node.inputs, x.graph().expr(id), &varying);
            let Some(dependence) = node.op.behavior().dependence(link) else { continue };
            dependence.check(&node.op, link.x(k), link.y)?;
            let shapes = (&link.x(k).shape(), &node.shape);
            let passed = passed_on(&mut sets, of_input, &dependence, shapes);
            all = Some(match all {
                Some(others) => united(&mut sets, &others, &passed),
                None => passed,
            });
        }
        if let Some(all) = all {
            known.insert(id, all);
        }
    }
    let of_y = known.remove(&y.id());
    Ok((sets, of_y))
}

/// The sets that the elements of an output, of shape `y`, depend on through an input of shape `x`: all that comes to the
/// address of each.
fn passed_on(
    sets: &mut Sets,
    of_input: &Rc<[SetId]>,
    dependence: &Dependence,
    (x, y): (&Shape, &Shape),
) -> Rc<[SetId]> {
    if dependence.is_elementwise(x, y) {
        return Rc::clone(of_input);
    }
    let arrivals = dependence.input.of(x).into_iter().zip(of_input.iter().copied());
    let mut arrivals: Vec<_> = arrivals.filter_map(|(at, set)| Some((at?, set))).collect();
    arrivals.retain(|&(_, set)| set != Sets::EMPTY);
    arrivals.sort_unstable();
    arrivals.dedup();
    let n_addresses = arrivals.last().map_or(0, |(at, _)| at + 1);
    let mut there = vec![Sets::EMPTY; n_addresses];
    for together in arrivals.chunk_by(|a, b| a.0 == b.0) {
        let ids: SmallVec<[_; 4]> = together.iter().map(|&(_, set)| set).collect();
        there[together[0].0] = sets.union_of(&ids);
    }
    let found = |at: Option<usize>| at.and_then(|at| there.get(at)).copied();
    dependence.output.of(y).into_iter().map(|at| found(at).unwrap_or(Sets::EMPTY)).collect()
}

/// Unions, element by element.
fn united(sets: &mut Sets, a: &[SetId], b: &[SetId]) -> Rc<[SetId]> {
    a.iter().zip(b).map(|(&a, &b)| sets.union(a, b)).collect()
}

/// A set in [`Sets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct SetId(u32);

/// Sets of numbers, ascending, each of them once.
struct Sets {
    sets: IndexSet<SmallVec<[u32; 4]>, FxBuildHasher>,
    scratch: Vec<u32>,
}

impl Sets {
    const EMPTY: SetId = SetId(0);

    fn new() -> Self {
        Self { sets: IndexSet::from_iter([SmallVec::new()]), scratch: Vec::new() }
    }

    fn elements(&self, id: SetId) -> &[u32] {
        &self.sets[id.0 as usize]
    }

    fn single(&mut self, element: usize) -> SetId {
        self.scratch.clear();
        self.scratch.push(u32::try_from(element).expect("a tensor has fewer than 2³² elements"));
        self.intern()
    }

    /// The union of two sets; in most places one contains the other.
    fn union(&mut self, a: SetId, b: SetId) -> SetId {
        let (small, large) = (self.elements(a), self.elements(b));
        let ((small, large), id) =
            if small.len() > large.len() { ((large, small), a) } else { ((small, large), b) };
        match small.iter().all(|element| large.binary_search(element).is_ok()) {
            true => id,
            false => self.union_of(&[a, b]),
        }
    }

    fn union_of(&mut self, ids: &[SetId]) -> SetId {
        if let &[only] = ids {
            return only;
        }
        self.scratch.clear();
        for id in ids {
            self.scratch.extend_from_slice(&self.sets[id.0 as usize]);
        }
        self.intern()
    }

    /// The set of the numbers in `scratch`.
    fn intern(&mut self) -> SetId {
        self.scratch.sort_unstable();
        self.scratch.dedup();
        let known = self.sets.get_index_of(&self.scratch[..]);
        let index =
            known.unwrap_or_else(|| self.sets.insert_full(SmallVec::from_slice(&self.scratch)).0);
        SetId(u32::try_from(index).expect("there are fewer than 2³² sets"))
    }
}
