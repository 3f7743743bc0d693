//! Measures the accuracy of plans' functions and writes the tables of `docs/accuracy.md`.
//!
//! `cargo run --release -p retrograd-check --example accuracy -- exp tanh` tries the functions that it names on all
//! numbers in single precision (minutes each), the others on every 4,093rd.

mod measure;

use std::{fs, ops::Range, path::Path, thread};

use measure::{Errors, Function, Row, pairs, read_true_values, singles, true_values};
use retrograd_core::DType;
use retrograd_cpu::InstructionSet;

/// Numbers that a plan is run on at a time.
const CHUNK: u64 = 1 << 16;

type Measured = Vec<(InstructionSet, Errors)>;

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let rows = Row::all();
    if let Some(name) = names.iter().find(|name| rows.iter().all(|row| row.name() != *name)) {
        eprintln!("there is no function {name}");
        std::process::exit(1);
    }
    let (singles, pairs, data) = (singles(4093), pairs(200_000), read_true_values());
    let (mut single, mut double) = (heading(), heading());
    for row in rows {
        let is_exhaustive =
            matches!(row, Row::Unary(_)) && names.iter().any(|name| name == row.name());
        let inputs = if let Row::Unary(_) = row { &singles } else { &pairs };
        let measured = if is_exhaustive {
            all_singles(row)
        } else {
            Function::new(row, DType::F32, inputs.len()).errors_against_double(inputs)
        };
        single.push_str(&line(row, &measured));
        eprint!("{}", line(row, &measured));
        if let Some((inputs, exact)) = true_values(&data, row) {
            let measured = Function::new(row, DType::F64, inputs.len()).errors(&inputs, &exact);
            double.push_str(&line(row, &measured));
        }
    }
    write("f32", &single);
    write("f64", &double);
}

/// The errors of a function at all single-precision numbers.
fn all_singles(row: Row) -> Measured {
    let n_threads = thread::available_parallelism().map_or(1, |n| n.get()) as u64;
    let n_chunks = (1 << 32) / CHUNK;
    let share = |k: u64| k * n_chunks / n_threads..(k + 1) * n_chunks / n_threads;
    thread::scope(|scope| {
        let threads: Vec<_> =
            (0..n_threads).map(|k| scope.spawn(move || chunks(row, share(k)))).collect();
        let parts =
            threads.into_iter().map(|thread| thread.join().expect("measuring does not fail"));
        parts.reduce(both).expect("there is a thread")
    })
}

fn chunks(row: Row, chunks: Range<u64>) -> Measured {
    let mut function = Function::new(row, DType::F32, CHUNK as usize);
    let parts = chunks.map(|chunk| {
        let bits = chunk * CHUNK..(chunk + 1) * CHUNK;
        let inputs: Vec<_> =
            bits.map(|bits| [f64::from(f32::from_bits(bits as u32)), 0.0]).collect();
        function.errors_against_double(&inputs)
    });
    parts.reduce(both).expect("a thread has chunks")
}

/// The errors of two parts of the inputs.
fn both(a: Measured, b: Measured) -> Measured {
    a.into_iter().zip(b).map(|((set, a), (_, b))| (set, a.and(b))).collect()
}

fn heading() -> String {
    let names: Vec<_> = InstructionSet::available().iter().map(|set| set.name()).collect();
    let columns = names.iter().map(|name| format!(" {name} |")).collect::<String>();
    let rule = "---|".repeat(names.len());
    format!("| function |{columns} worst at | mean | inputs |\n|---|{rule}---|---|---|\n")
}

/// A line of a table: the largest error with each instruction set, where it is largest, and the mean of the best set.
fn line(row: Row, measured: &Measured) -> String {
    let max =
        measured.iter().map(|(_, errors)| format!(" {:.2} |", errors.max)).collect::<String>();
    let worst =
        measured.iter().map(|(_, errors)| *errors).reduce(Errors::and).expect("there is a set");
    let [a, b] = worst.at;
    let at = match row {
        _ if a.is_nan() => "–".to_owned(),
        Row::Unary(_) => format!("{a:e}"),
        Row::Binary(_) => format!("({a:e}, {b:e})"),
    };
    let (_, best) = measured.last().expect("there is a set");
    let n = if best.n == 1 << 32 { "all".to_owned() } else { best.n.to_string() };
    format!("| `{}` |{max} {at} | {:.3} | {n} |\n", row.name(), best.mean())
}

/// Puts a table between the marks that carry its name.
fn write(name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/accuracy.md");
    let text = fs::read_to_string(&path).expect("docs/accuracy.md is there");
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) =
        text.split_once(&start).expect("the document marks where its tables begin");
    let (_, after) = rest.split_once(&end).expect("the document marks where its tables end");
    let page = format!("{before}{start}{table}{end}{after}");
    retrograd_files::write(&path, page.as_bytes()).expect("docs/accuracy.md can be written");
}
