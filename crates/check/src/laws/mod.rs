//! Laws that derivatives obey on every graph: each mode of differentiation against the others, and their compositions.
//!
//! | law | what it holds against what |
//! |---|---|
//! | `u·(J·v) = v·(Jᵀ·u)` | forward against reverse mode |
//! | `w·(H·v) = v·(H·w)`, `H·v = ∇(∇f·v)` | forward over reverse against itself and reverse over reverse |
//! | products by whole matrices | single sweeps against batches of them |
//! | `vmap` = loop | batches of values, gradients, tangents and curvatures against one example at a time |
//! | Taylor = nested tangents | series against forward over forward over forward |
//! | `v·∇(v·H·v) = 3!·c₃`, `w·∇(v·H·v) = v·∇(w·H·v)` | gradients of `H·v` against series and each other |
//! | one computation | what sharing, simplification and checkpoints make of the graph, equal to it |
//!
//! The expressions of both sides are evaluated side by side. How far they may lie apart is found by rounding them more
//! coarsely, and not chosen.

mod setting;
mod table;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use retrograd_core::{
    DType, Error, Expr, Op, Tensor,
    computation::{Computation, RecordedComputation},
    ops::Custom,
};

use crate::{
    cases::custom::CUBE,
    rounding::{Errors, RoundedEvaluation, Values, apply},
};

use setting::{Setting, graph_of, side_by_side};
use table::{Equation, LAWS};

/// The size of errors: far above unit roundoff, and so small that values depend on it linearly.
const COARSE: f64 = 1.0 / (1u64 << 32) as f64;

/// How many units of roundoff an error is.
const UNITS: f64 = COARSE / (f64::EPSILON / 2.0);

/// Evaluations with errors, of which the largest effect counts.
const N_SAMPLES: usize = 4;

/// How many times the largest effect of random errors rounding may reach. Errors are drawn at random, so all samples
/// can happen to have small effects: with this factor once in 10⁹ numbers.
const FACTOR: f64 = 128.0;

/// A tolerance, relative to the value, beyond which an equation says nothing.
const LOOSE: f64 = 1e-6;

/// The values of expressions by another road than the oracle, such as a plan.
pub type Road<'r> = &'r dyn Fn(&[Expr<'_>]) -> Result<Vec<Tensor>, Error>;

/// How well one law has been kept.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct KeptNodes {
    /// Tensors compared.
    pub n_equations: usize,
    /// Those that are 0 throughout.
    pub n_zero: usize,
    /// Those whose largest element is so ill-conditioned that agreement says little: the tolerance exceeds `1e-6` of it.
    pub n_loose: usize,
    /// The largest distance found, as a part of the tolerance.
    pub worst: f64,
}

/// The counts of graphs and equations that each law was held against.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LawTally {
    /// Graphs.
    pub n_graphs: usize,
    /// Those whose function has an operation of a user's own in it.
    pub n_with_custom: usize,
    /// Those with checkpoints because of which something is computed again.
    pub n_recomputing: usize,
    /// For each law, how well it was kept.
    pub laws: BTreeMap<&'static str, KeptNodes>,
}

/// A law that a graph breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct LawViolation {
    /// The seed of the graph: the same again by [`check`].
    pub seed: u64,
    /// The law.
    pub law: &'static str,
    /// The equation that does not hold, with its values.
    pub reason: String,
}

impl fmt::Display for LawViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the random graph of seed {} breaks “{}”: {}", self.seed, self.law, self.reason)
    }
}

impl std::error::Error for LawViolation {}

/// Holds all laws against the random graph of a seed.
///
/// ```
/// let tally = retrograd_check::laws::check(1, None)?;
/// assert!(tally.laws["vmap = loop"].n_equations > 0);
/// # Ok::<(), retrograd_check::laws::LawViolation>(())
/// ```
///
/// `road` is another way to the values, which must lead to the same ones.
///
/// # Errors
/// The first law that the graph breaks.
///
/// # Panics
/// If a derivative cannot be recorded or evaluated at all; the seed is printed.
pub fn check(seed: u64, road: Option<Road<'_>>) -> Result<LawTally, LawViolation> {
    let trial = Trial::of(seed, &CUBE, road);
    match trial.violations.into_iter().next() {
        Some(violation) => Err(violation),
        None => Ok(trial.tally),
    }
}

impl LawTally {
    /// Adds the counts of another check.
    pub fn add(&mut self, other: &LawTally) {
        self.n_graphs += other.n_graphs;
        self.n_with_custom += other.n_with_custom;
        self.n_recomputing += other.n_recomputing;
        for (&law, kept) in &other.laws {
            let sum = self.laws.entry(law).or_default();
            sum.n_equations += kept.n_equations;
            sum.n_zero += kept.n_zero;
            sum.n_loose += kept.n_loose;
            sum.worst = sum.worst.max(kept.worst);
        }
    }
}

/// A table, one law a line.
impl fmt::Display for LawTally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_graphs, n_with_custom, n_recomputing, laws } = self;
        write!(f, "{n_graphs} graphs, {n_with_custom} of them with a custom operation, ")?;
        writeln!(f, "{n_recomputing} with checkpoints that compute something again")?;
        writeln!(f, "{:<48} {:>9} {:>8} {:>7} {:>9}", "law", "compared", "zero", "loose", "worst")?;
        for (law, KeptNodes { n_equations, n_zero, n_loose, worst }) in laws {
            writeln!(f, "{law:<48} {n_equations:>9} {n_zero:>8} {n_loose:>7} {worst:>9.1e}")?;
        }
        Ok(())
    }
}

/// Says which graph it was when something panics.
struct NameSeed(u64);

impl Drop for NameSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("in the random graph of seed {}", self.0);
        }
    }
}

/// The equations of all laws for a function.
fn equations<'g>(setting: &Setting<'g>) -> Vec<(&'static str, Equation<'g>)> {
    let of_law = |law: &'static table::Law| {
        (law.equations)(setting).into_iter().map(|equation| (law.name, equation))
    };
    LAWS.iter().flat_map(of_law).collect()
}

/// The expressions to evaluate, on the data that the leaves hold.
fn roots<'g>(equations: &[(&'static str, Equation<'g>)]) -> Vec<Expr<'g>> {
    let of = |&(_, equation): &(_, Equation<'g>)| match equation {
        Equation::Is(left, right) => vec![left, right],
        Equation::IsEach(left, _) => vec![left],
    };
    equations.iter().flat_map(of).collect()
}

/// All values: exact ones first, then those with errors.
struct Samples<'g> {
    roots: Vec<Expr<'g>>,
    values: Vec<Values>,
    /// For each example.
    examples: Vec<Vec<Values>>,
}

impl<'g> Samples<'g> {
    fn of(setting: &Setting<'g>, equations: &[(&'static str, Equation<'g>)]) -> Self {
        let roots = roots(equations);
        let singles: Vec<_> = equations
            .iter()
            .filter_map(|&(_, equation)| match equation {
                Equation::Is(..) => None,
                Equation::IsEach(_, right) => Some(right),
            })
            .collect();
        let mut errors = Errors::new(DType::F64, COARSE, 0);
        let mut sample = |evaluation: &RoundedEvaluation<'g>, data: &Values| -> Vec<Values> {
            let run = |errors: Option<&mut Errors>| {
                evaluation.run(data, errors).expect("all leaves hold data")
            };
            let exact = run(None);
            let wrong = (0..N_SAMPLES).map(|_| run(Some(&mut errors)));
            std::iter::once(exact).chain(wrong).collect()
        };
        let values = sample(&RoundedEvaluation::of(setting.graph, &roots), &Values::new());
        let single = RoundedEvaluation::of(setting.graph, &singles);
        let examples = setting.examples.iter().map(|data| sample(&single, data)).collect();
        Self { roots, values, examples }
    }

    /// The values of an expression.
    fn whole(&self, x: Expr<'g>) -> Vec<Tensor> {
        self.values.iter().map(|values| values[&x.id()].clone()).collect()
    }

    /// The values of an expression for all examples, side by side.
    fn each(&self, x: Expr<'g>) -> Vec<Tensor> {
        let sample = |k: usize| -> Vec<_> {
            self.examples.iter().map(|samples| samples[k][&x.id()].clone()).collect()
        };
        (0..=N_SAMPLES).map(|k| side_by_side(&sample(k))).collect()
    }

    /// Whether an operation of a user's own is among what was evaluated.
    fn has_custom(&self) -> bool {
        let Some(graph) = self.roots.first().map(|root| root.graph()) else { return false };
        self.values[0].keys().any(|&id| matches!(graph.node(id).op, Op::Custom(_)))
    }
}

/// The laws held against one graph.
struct Trial {
    seed: u64,
    tally: LawTally,
    violations: Vec<LawViolation>,
}

impl Trial {
    /// Holds the laws against the graph of a seed, in every other one of which `custom` is applied.
    fn of(seed: u64, custom: &Custom, road: Option<Road<'_>>) -> Self {
        let _named = NameSeed(seed);
        let (random, again) = (graph_of(seed), graph_of(seed));
        let setting = Setting::of(&random, custom);
        let (equations, twins) = (equations(&setting), equations(&Setting::of(&again, custom)));
        let samples = Samples::of(&setting, &equations);
        let mut trial = Self { seed, tally: LawTally::default(), violations: Vec::new() };
        trial.tally.n_graphs = 1;
        trial.tally.n_with_custom = usize::from(samples.has_custom());
        for &(law, equation) in &equations {
            let (left, right) = match equation {
                Equation::Is(left, right) => (samples.whole(left), samples.whole(right)),
                Equation::IsEach(left, right) => (samples.whole(left), samples.each(right)),
            };
            trial.compare(law, &left, &right);
        }
        trial.one_computation(&samples, &roots(&twins));
        if let Some(road) = road {
            trial.road(&samples, road);
        }
        trial
    }

    fn violate(&mut self, law: &'static str, reason: String) {
        self.violations.push(LawViolation { seed: self.seed, law, reason });
    }

    /// Sharing and simplification change no value, and what is recorded again is the same computation.
    fn one_computation(&mut self, samples: &Samples<'_>, twins: &[Expr<'_>]) {
        const LAW: &str = "sharing and simplification change no value";
        let recording = Computation::of(&samples.roots);
        let recomputes = recording.computation.awaited.iter().any(Option::is_some);
        self.tally.n_recomputing = usize::from(recomputes);
        if recording.computation != Computation::of(twins).computation {
            self.violate(LAW, "recorded again, it is another computation".to_owned());
        }
        for (value, root) in values_of(&recording, &samples.values[0]).iter().zip(&samples.roots) {
            let meant = &samples.values[0][&root.id()];
            let pairs = value.to_vec::<f64>().into_iter().zip(meant.to_vec::<f64>());
            // A plain product in place of a protected one can change the sign of a zero.
            if !pairs.into_iter().all(|(a, b)| a == b || a.is_nan() && b.is_nan()) {
                self.violate(LAW, format!("{value:?} instead of {meant:?} in {root:?}"));
            }
            self.tally.laws.entry(LAW).or_default().n_equations += 1;
        }
    }

    /// Another road leads to the same values.
    fn road(&mut self, samples: &Samples<'_>, road: Road<'_>) {
        const LAW: &str = "another road leads to the same values";
        match road(&samples.roots) {
            Ok(values) => {
                for (value, &root) in values.into_iter().zip(&samples.roots) {
                    self.compare(LAW, &vec![value; N_SAMPLES + 1], &samples.whole(root));
                }
            }
            Err(error) => self.violate(LAW, error.to_string()),
        }
    }

    /// Compares two values, the first of their samples, by how far the others lie apart.
    fn compare(&mut self, law: &'static str, left: &[Tensor], right: &[Tensor]) {
        let [left, right] = [left, right]
            .map(|samples| -> Vec<Vec<f64>> { samples.iter().map(Tensor::to_vec).collect() });
        let kept = self.tally.laws.entry(law).or_default();
        let (mut largest, mut tolerance_at_largest) = (0.0, 0.0);
        for k in 0..left[0].len() {
            let (a, b) = (left[0][k], right[0][k]);
            if a == b || a.is_nan() && b.is_nan() {
                continue;
            }
            // Where errors lead out of a domain, or decide which of two equal numbers is the larger, nothing is known
            // of the value.
            let is_another = |x: f64, y: f64| x.is_nan() || (x - y).abs() > 0.5 * y.abs();
            let effects = left.iter().zip(&right).map(|(l, r)| match (l[k], r[k]) {
                (l, r) if is_another(l, a) || is_another(r, b) => f64::INFINITY,
                (l, r) => ((l - r) - (a - b)).abs(),
            });
            let effect = effects.fold(0.0, f64::max);
            let last_rounding = 4.0 * f64::EPSILON * a.abs().max(b.abs()) + f64::MIN_POSITIVE;
            let tolerance = FACTOR * effect / UNITS + last_rounding;
            // Also false for what is not a number.
            let agree = (a - b).abs() <= tolerance;
            if !agree {
                let reason =
                    format!("element {k} is {a:?} and {b:?}, further apart than {tolerance:.1e}");
                return self.violate(law, reason);
            }
            kept.worst = kept.worst.max((a - b).abs() / tolerance);
            if b.abs() > largest {
                (largest, tolerance_at_largest) = (b.abs(), tolerance);
            }
        }
        kept.n_equations += 1;
        kept.n_zero += usize::from(right[0].iter().all(|x| *x == 0.0));
        kept.n_loose += usize::from(tolerance_at_largest > LOOSE * largest);
    }
}

/// The values of a computation's roots, from those of the leaves it was recorded from.
fn values_of(recording: &RecordedComputation, leaves: &Values) -> Vec<Tensor> {
    let mut values: Vec<Tensor> = Vec::new();
    for node in &recording.computation.nodes {
        let value = match node.op.as_leaf() {
            Some(leaf) => leaves[&recording.leaves[leaf.slot]].clone(),
            None => {
                let inputs = node.inputs.iter().map(|x| values[x.index()].clone());
                apply(node, &inputs.collect::<Vec<_>>(), None)
            }
        };
        values.push(value);
    }
    recording.computation.roots.iter().map(|root| values[root.index()].clone()).collect()
}
