//! Random programs over numbers, to hold the number types against each other and against graphs.
//!
//! A program is a list of steps, each of which computes a number from earlier ones. It runs with every number type, and
//! chooses by [`select`] or, where numbers have values, by an ordinary [`branch`].

mod generate;
mod laws;
mod replays;
mod second;

use std::fmt;

use retrograd_core::{
    Real,
    ops::{Binary, Comparison, Unary},
};

pub use generate::{ProgramKind, random_program};
pub use laws::{ProgramTally, ProgramViolation, check, check_gradient};

/// A step of a program: a number, from numbers before it.
#[derive(Clone, Debug, PartialEq)]
pub enum ProgramStep {
    /// A constant.
    Constant(f64),
    /// A row of the table of unary functions.
    Unary(Unary, usize),
    /// A row of the table of binary functions.
    Binary(Binary, usize, usize),
    /// An integer power.
    Power(usize, i32),
    /// A sum of any number of numbers.
    Sum(Vec<usize>),
    /// A comparison, and the numbers that are the result if it holds and if not.
    Choice(Comparison, [usize; 2], [usize; 2]),
}

/// A straight program with branches: inputs, then steps, of which the last is the result.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomProgram {
    /// The inputs at which it is run.
    pub inputs: Vec<f64>,
    /// The steps; numbers are counted on from the inputs.
    pub steps: Vec<ProgramStep>,
}

impl RandomProgram {
    /// Runs the program; `add` adds numbers, `choose` one of two by comparing two, and `visit` sees the result of each step
    /// and may replace it.
    pub fn run<R: Real>(
        &self,
        inputs: &[R],
        add: impl Fn(Vec<R>) -> R,
        mut choose: impl FnMut(Comparison, [R; 2], [R; 2]) -> R,
        mut visit: impl FnMut(R) -> R,
    ) -> R {
        let mut numbers = inputs.to_vec();
        for step in &self.steps {
            let number = step.compute(&numbers, &add, &mut choose);
            numbers.push(visit(number));
        }
        numbers[numbers.len() - 1]
    }
}

impl ProgramStep {
    fn compute<R: Real>(
        &self,
        numbers: &[R],
        add: &impl Fn(Vec<R>) -> R,
        choose: &mut impl FnMut(Comparison, [R; 2], [R; 2]) -> R,
    ) -> R {
        match self {
            ProgramStep::Constant(value) => numbers[0].lit(*value),
            ProgramStep::Unary(op, x) => numbers[*x].unary(*op),
            ProgramStep::Binary(op, a, b) => numbers[*a].binary(*op, numbers[*b]),
            ProgramStep::Power(x, n) => numbers[*x].powi(*n),
            ProgramStep::Sum(terms) => add(terms.iter().map(|&k| numbers[k]).collect()),
            ProgramStep::Choice(op, compared, alternatives) => {
                choose(*op, compared.map(|k| numbers[k]), alternatives.map(|k| numbers[k]))
            }
        }
    }
}

/// Chooses by a selection: one number if the comparison holds, the other if not.
pub fn select<R: Real>(op: Comparison, [a, b]: [R; 2], [then, otherwise]: [R; 2]) -> R {
    R::select(a.compare(op, b), then, otherwise)
}

/// Chooses by a branch.
pub fn branch<R: PartialOrd>(op: Comparison, [a, b]: [R; 2], [then, otherwise]: [R; 2]) -> R {
    if op.value(a, b) { then } else { otherwise }
}

/// The program as lines of assignments.
impl fmt::Display for RandomProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, input) in self.inputs.iter().enumerate() {
            writeln!(f, "x{k} = {input:?}")?;
        }
        for (k, step) in (self.inputs.len()..).zip(&self.steps) {
            write!(f, "x{k} = ")?;
            match step {
                ProgramStep::Constant(value) => writeln!(f, "{value:?}"),
                ProgramStep::Unary(op, x) => writeln!(f, "{}(x{x})", op.name()),
                ProgramStep::Binary(op, a, b) => writeln!(f, "{}(x{a}, x{b})", op.name()),
                ProgramStep::Power(x, n) => writeln!(f, "powi(x{x}, {n})"),
                ProgramStep::Sum(terms) => {
                    let terms: Vec<_> = terms.iter().map(|k| format!("x{k}")).collect();
                    writeln!(f, "sum of {}", terms.join(", "))
                }
                ProgramStep::Choice(op, [a, b], [then, otherwise]) => {
                    writeln!(f, "if x{a} {} x{b} then x{then} else x{otherwise}", op.symbol())
                }
            }?;
        }
        Ok(())
    }
}
