//! Facts that are not written but recorded: derivative rules as the engine applies them, the derivatives at kinks,
//! and the operations that functions are made of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    panic::Location,
    path::Path,
};

use retrograd::{
    DType, Expr, Graph, NodeId, Op,
    check::cases::{self, Case, Family},
    ops::{Binary, ComposedCall, Unary},
};

/// How deep recorded formulas are written out.
const DEPTH: usize = 8;

/// The derivative of a unary row, in terms of `x` and `y`.
pub fn unary_rule(row: Unary) -> String {
    let graph = Graph::with_dtype(DType::F64);
    let [x, y] = ["x", "y"].map(|name| graph.input(name, []));
    formula(row.derivative(x, y), DEPTH)
}

/// The derivatives of a binary row by its operands, in terms of `a`, `b` and `y`.
pub fn binary_rules(row: Binary) -> [String; 2] {
    let graph = Graph::with_dtype(DType::F64);
    let [a, b, y] = ["a", "b", "y"].map(|name| graph.input(name, []));
    [0, 1].map(|k| formula(row.derivative(k, a, b, y), DEPTH))
}

fn formula(expr: Expr<'_>, depth: usize) -> String {
    format!("{expr:.depth$?}")
}

/// The gradients of an operation's inputs for the cotangent `g` of its output, on the first of its cases that has some.
pub fn gradients(of: &Family) -> Vec<(String, String)> {
    (of.cases)().iter().find_map(|case| gradients_in(case, of)).unwrap_or_default()
}

fn gradients_in(case: &Case, of: &Family) -> Option<Vec<(String, String)>> {
    let graph = Graph::with_dtype(DType::F64);
    let output = case.record(&constants(&graph, case));
    let id =
        graph.ancestors(&[output]).into_iter().find(|&id| graph.node(id).op.family() == of.name)?;
    let y = graph.expr(id);
    let inputs = graph.node(id).inputs.clone();
    let distinct: BTreeSet<_> = inputs.iter().collect();
    let is_usual =
        y.dtype().is_float() && y.shape().n_elements() > 1 && distinct.len() == inputs.len();
    if !is_usual || inputs.is_empty() {
        return None;
    }
    let numbers = inputs.iter().map(|&id| graph.expr(id)).filter(|x| x.dtype().is_float());
    let names: &[&str] = if numbers.clone().count() == 1 { &["x"] } else { &["a", "b", "c"] };
    let numbers: Vec<_> = numbers.zip(names).map(|(x, name)| unless_named(x, name)).collect();
    for other in inputs.iter().map(|&id| graph.expr(id)).filter(|x| !x.dtype().is_float()) {
        unless_named(other, if other.dtype() == DType::Bool { "mask" } else { "index" });
    }
    let y = unless_named(y, "y");
    let gradients = y.vjp(graph.input("g", y.shape()), &numbers);
    let named =
        numbers.iter().map(|x| graph.name(x.id()).expect("it has a name by now").to_string());
    Some(named.zip(gradients.into_iter().map(|gradient| formula(gradient, 5))).collect())
}

/// An expression with a name, which is its own if it has one.
fn unless_named<'g>(x: Expr<'g>, name: &str) -> Expr<'g> {
    if x.graph().name(x.id()).is_some() { x } else { x.named(name) }
}

/// The operations that a case is recorded as.
pub fn operations(case: &Case) -> Vec<Op> {
    let graph = Graph::with_dtype(DType::F64);
    let output = case.record(&constants(&graph, case));
    graph.ancestors(&[output]).into_iter().map(|id| graph.node(id).op.clone()).collect()
}

fn constants<'g>(graph: &'g Graph, case: &Case) -> Vec<Expr<'g>> {
    case.inputs.iter().map(|data| graph.constant(data)).collect()
}

/// The name of an operation in lists; `None` for data and numbers.
fn name(op: &Op) -> Option<String> {
    if op.as_leaf().is_some() || op.as_literal().is_some() {
        return None;
    }
    if let Op::Compare(comparison) = op {
        return Some(comparison.name().to_owned());
    }
    let is_row = matches!(op, Op::Unary(_) | Op::Binary(_));
    Some(if is_row { op.behavior().name() } else { op.family().to_owned() })
}

/// The operations that a composed function records of a number.
pub fn parts_of(call: &ComposedCall) -> BTreeSet<String> {
    let graph = Graph::with_dtype(DType::F64);
    let x = graph.input("x", []);
    let y = (call.expr)(x);
    // The nodes of the arguments have places of their own.
    let is_part = |id: &NodeId| graph.location(*id) == graph.location(y.id());
    graph
        .ancestors(&[y])
        .into_iter()
        .filter(is_part)
        .filter_map(|id| name(&graph.node(id).op))
        .collect()
}

/// For each method called in the cases of the gradient checks, the operations that each of its calls records.
///
/// A node knows the place in the source that recorded it, and what stands there is the name of the method. Where a
/// closure hides the call, the place is in the core, in a row of its own or in what serves the call that uses the node.
pub fn calls() -> BTreeMap<String, Vec<BTreeSet<String>>> {
    let mut at_places: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        let output = case.record(&constants(&graph, &case));
        let mut places: BTreeMap<NodeId, Place> = BTreeMap::new();
        for id in graph.ancestors(&[output]).into_iter().rev() {
            let node = graph.node(id);
            let own = Place::of(graph.location(id));
            let place = if own.is_hidden() { places.get(&id).copied().unwrap_or(own) } else { own };
            places.extend(node.inputs.iter().map(|&input| (input, place)));
            at_places.entry(place).or_default().extend(name(&node.op));
        }
    }
    let mut calls: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for (place, operations) in at_places {
        if let Some(method) = place.row().or_else(|| place.method()) {
            calls.entry(method).or_default().push(operations);
        }
    }
    calls
}

/// A place in a source.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    file: &'static str,
    line: usize,
    column: usize,
}

impl Place {
    fn of(location: &'static Location<'static>) -> Self {
        Self {
            file: location.file(),
            line: location.line() as usize,
            column: location.column() as usize,
        }
    }

    /// Whether it is neither in a case nor in a row.
    fn is_hidden(self) -> bool {
        !self.file.starts_with("crates/check") && self.row().is_none()
    }

    /// The lines up to this one, if the source is of this workspace.
    fn lines(self) -> Vec<String> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(self.file);
        let source = fs::read_to_string(path).unwrap_or_default();
        source.lines().take(self.line).map(str::to_owned).collect()
    }

    /// The name that stands here.
    fn method(self) -> Option<String> {
        let line = self.lines().pop()?;
        let here = line.chars().skip(self.column - 1);
        Some(here.take_while(|&c| c.is_alphanumeric() || c == '_').collect())
    }

    /// The function in whose row this is, if it is in the row of one.
    fn row(self) -> Option<String> {
        let lines = self.lines();
        let of_this_item = lines.iter().rev().take_while(|line| *line != "}");
        let mut headers = of_this_item.filter_map(|line| line.trim().split_once(" / try_"));
        headers.next().map(|(name, _)| name.to_owned())
    }
}

/// A point where the derivative jumps: what it is on the left, there, and on the right.
pub struct Kink {
    pub at: f64,
    pub derivatives: [f64; 3],
}

/// The distance at which a derivative is compared with itself.
const NEAR: f64 = 1e-9;

/// The kinks of a function among multiples of 1/10, by its derivative as the engine records it.
pub fn kinks(function: impl for<'g> Fn(Expr<'g>) -> Expr<'g>) -> Vec<Kink> {
    let points: Vec<_> = (-70..=70).map(|k| f64::from(k) / 10.0).collect();
    let derivative = |offset: f64| -> Vec<f64> {
        let graph = Graph::with_dtype(DType::F64);
        let x = graph.constant(points.iter().map(|x| x + offset).collect::<Vec<_>>());
        function(x).sum().grad(&[x])[0].value().to_vec()
    };
    let [left, there, right] = [-NEAR, 0.0, NEAR].map(derivative);
    let found = points.iter().zip(left).zip(there.into_iter().zip(right));
    let kinks =
        found.map(|((&at, left), (there, right))| Kink { at, derivatives: [left, there, right] });
    kinks.filter(|kink| kink.is_one()).collect()
}

impl Kink {
    fn is_one(&self) -> bool {
        let [left, _, right] = self.derivatives;
        let size = left.abs().max(right.abs());
        size < 1e6 && (left - right).abs() > 1e-3 * size.max(1.0)
    }
}
