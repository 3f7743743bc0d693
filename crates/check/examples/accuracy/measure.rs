//! Measures how far a plan's elementwise functions are from true values, in units in the last place.

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use retrograd_check::ulps;
use retrograd_core::{
    DType, Graph, Params, Tensor,
    ops::{Binary, Unary},
};
use retrograd_cpu::{Cpu, InstructionSet};
use retrograd_plan::{CompileOptions, Plan, Workspace};
use serde_json::Value;

/// A row of the tables of functions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Row {
    /// Of one number.
    Unary(Unary),
    /// Of two numbers.
    Binary(Binary),
}

/// The functions of two numbers that are more than arithmetic.
const BINARY: [Binary; 4] = [Binary::Pow, Binary::Atan2, Binary::Hypot, Binary::Logaddexp];

impl Row {
    /// All rows that are measured.
    pub fn all() -> Vec<Self> {
        let unary = Unary::ALL.iter().copied().map(Row::Unary);
        unary.chain(BINARY.into_iter().map(Row::Binary)).collect()
    }

    /// The name of the function.
    pub fn name(self) -> &'static str {
        match self {
            Row::Unary(op) => op.name(),
            Row::Binary(op) => op.name(),
        }
    }

    /// The value in double precision.
    fn value(self, a: f64, b: f64) -> f64 {
        match self {
            Row::Unary(op) => op.value(a),
            Row::Binary(op) => op.value(a, b),
        }
    }
}

/// Errors of a function with one instruction set.
#[derive(Clone, Copy, Debug)]
pub struct Errors {
    /// The largest, in units in the last place.
    pub max: f64,
    /// The operands there; the second is used by functions of two numbers only.
    pub at: [f64; 2],
    /// The sum of all.
    pub sum: f64,
    /// How many inputs there were.
    pub n: u64,
}

impl Errors {
    const NONE: Self = Self { max: 0.0, at: [f64::NAN; 2], sum: 0.0, n: 0 };

    fn add(&mut self, at: [f64; 2], error: f64) {
        if error > self.max {
            (self.max, self.at) = (error, at);
        }
        self.sum += error;
        self.n += 1;
    }

    /// Both together.
    pub fn and(self, other: Self) -> Self {
        let worse = if other.max > self.max { other } else { self };
        Self { sum: self.sum + other.sum, n: self.n + other.n, ..worse }
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.sum / self.n as f64
    }
}

/// A function compiled for so many numbers at a time, with a workspace for each instruction set of the machine.
pub struct Function {
    row: Row,
    dtype: DType,
    plans: Vec<(InstructionSet, Workspace, Plan)>,
}

impl Function {
    /// Compiles a function.
    pub fn new(row: Row, dtype: DType, n: usize) -> Self {
        let g = Graph::with_dtype(dtype);
        let (a, b) = (g.input("a", [n]), g.input("b", [n]));
        let y = match row {
            Row::Unary(op) => a.apply_unary(op),
            Row::Binary(op) => a.apply_binary(op, b),
        };
        let plan = |set| {
            let options = CompileOptions::new().backend(Cpu::new().instructions(set));
            let plan = Plan::compile_with(&[y], &[], &options).expect("one function compiles");
            (set, plan.workspace(), plan)
        };
        let plans = InstructionSet::available().into_iter().map(plan).collect();
        Self { row, dtype, plans }
    }

    /// The errors with each instruction set at all of `inputs`, of which `exact` are the true values.
    pub fn errors(&mut self, inputs: &[[f64; 2]], exact: &[f64]) -> Vec<(InstructionSet, Errors)> {
        let operand = |k: usize| tensor(self.dtype, inputs.iter().map(|operands| operands[k]));
        let (a, b) = (operand(0), operand(1));
        let feeds = [("a", a.view()), ("b", b.view())];
        let n_feeds = if let Row::Unary(_) = self.row { 1 } else { 2 };
        let mut measured = Vec::new();
        for (set, workspace, plan) in &mut self.plans {
            let run = plan.run(workspace, &Params::new(), &feeds[..n_feeds]);
            run.expect("elementwise functions take all data");
            let y = workspace.output(0).to_tensor().to_vec::<f64>();
            let mut errors = Errors::NONE;
            for ((&at, &exact), y) in inputs.iter().zip(exact).zip(y) {
                errors.add(at, ulps(y, [exact, 0.0], self.dtype));
            }
            measured.push((*set, errors));
        }
        measured
    }

    /// The errors against the same function in double precision.
    pub fn errors_against_double(&mut self, inputs: &[[f64; 2]]) -> Vec<(InstructionSet, Errors)> {
        let exact: Vec<_> = inputs.iter().map(|&[a, b]| self.row.value(a, b)).collect();
        self.errors(inputs, &exact)
    }
}

fn tensor(dtype: DType, numbers: impl Iterator<Item = f64>) -> Tensor {
    match dtype {
        DType::F32 => Tensor::from(numbers.map(|x| x as f32).collect::<Vec<_>>()),
        DType::F64 | DType::I64 | DType::Bool => Tensor::from(numbers.collect::<Vec<_>>()),
    }
}

/// Every `stride`th single-precision number, in the order of bits.
pub fn singles(stride: usize) -> Vec<[f64; 2]> {
    (0..=u32::MAX).step_by(stride).map(|bits| [f64::from(f32::from_bits(bits)), 0.0]).collect()
}

/// Pairs of `n` single-precision numbers of ordinary sizes and both signs.
pub fn pairs(n: usize) -> Vec<[f64; 2]> {
    // A sequence of low discrepancy: multiples of an irrational number.
    let at = |k: usize, irrational: f64| (k as f64 * irrational).fract();
    let number = |k, p: f64, q: f64| {
        let size = (at(k, p) * 24.0 - 18.0).exp2() * (1.0 + at(k, q));
        f64::from((if k % 2 == 0 { size } else { -size }) as f32)
    };
    let pair = |k| {
        [
            number(k, 0.618_033_988_749, 0.414_213_562_373),
            number(k / 2, 0.732_050_807_568, 0.236_067_977_499),
        ]
    };
    (0..n).map(pair).collect()
}

/// The files of true values: at ordinary numbers and extremes, and at numbers of all sizes.
const FILES: [&str; 2] = ["true_values.json.gz", "sampled_values.json.gz"];

/// The inputs at which the true value of a function is known, and these values.
pub fn true_values(files: &[Value], row: Row) -> Option<(Vec<[f64; 2]>, Vec<f64>)> {
    let parts = files.iter().filter_map(|file| columns(file, row));
    parts.reduce(|(inputs, exact), (more, also)| ([inputs, more].concat(), [exact, also].concat()))
}

/// The inputs and values of a function in one file.
fn columns(file: &Value, row: Row) -> Option<(Vec<[f64; 2]>, Vec<f64>)> {
    let kind = if let Row::Unary(_) = row { "unary" } else { "binary" };
    let functions = file[kind].as_object().expect("the file has functions of one and two numbers");
    let (_, columns) =
        functions.iter().find(|(name, _)| name.replace('_', "") == row.name().replace('_', ""))?;
    let column = |k: usize| columns[k].as_array().expect("functions have columns").iter();
    let numbers = |k| column(k).map(|x| x.as_f64().expect("columns are of numbers"));
    let inputs = match row {
        Row::Unary(_) => numbers(0).map(|a| [a, 0.0]).collect(),
        Row::Binary(_) => numbers(0).zip(numbers(1)).map(|(a, b)| [a, b]).collect(),
    };
    let exact = if let Row::Unary(_) = row { 1 } else { 2 };
    Some((inputs, numbers(exact).collect()))
}

/// The contents of the files of true values.
pub fn read_true_values() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let read = |name| {
        let path = folder.join(name);
        let file = File::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).expect("the file is compressed text");
        serde_json::from_str(&text).expect("the true values are valid JSON")
    };
    FILES.map(read).into()
}
