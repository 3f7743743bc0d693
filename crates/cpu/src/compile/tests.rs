//! The stages of a dozen small tasks, compared with texts that were looked at. `UPDATE_GOLDEN=1` writes them anew.

use std::{env, fs, path::Path};

use retrograd_core::{Expr, Graph, keep};
use retrograd_task::RecordedTask;

use super::compile_in;
use crate::{compile::stages::Stages, tuning::Tuning};

/// The stages whose tables show simplification, fusion and placement.
const SHOWN: [&str; 6] = ["simplify", "accumulate", "group", "rematerialize", "lower", "place"];

/// Outputs, and updates of parameters.
type Recorded<'g> = (Vec<Expr<'g>>, Vec<(Expr<'g>, Expr<'g>)>);

/// A small task, by its name.
type Example = (&'static str, for<'g> fn(&'g Graph) -> Recorded<'g>);

fn outputs<'g>(outputs: impl IntoIterator<Item = Expr<'g>>) -> Recorded<'g> {
    (outputs.into_iter().collect(), Vec::new())
}

const EXAMPLES: &[Example] = &[
    ("identities", |g| {
        let x = g.input("x", [3]);
        outputs([(x * 1.0 + 0.0).reshape([3]), x.transpose(0, 0) * 2.0 * 3.0])
    }),
    ("chain", |g| outputs([g.input("x", [1000]).sin().exp().square()])),
    ("two_outputs", |g| {
        let x = g.input("x", [8, 8]);
        outputs([x.tanh(), x.tanh().square().sum()])
    }),
    ("views", |g| {
        let x = g.input("x", [4, 6]);
        outputs([x.transpose(0, 1).exp() + x.reshape([6, 4]).exp()])
    }),
    ("softmax", |g| outputs([g.input("x", [4, 10]).softmax(-1)])),
    ("layer_norm", |g| outputs([g.input("x", [4, 10]).layer_norm(&[10], &Default::default())])),
    ("matmul", |g| {
        let (x, w) = (g.input("x", [4, 8]), g.input("w", [2, 8]));
        outputs([x.matmul(w.transpose(0, 1)) + g.input("b", [2])])
    }),
    ("sgd", |g| {
        let (x, w) = (g.input("x", [4, 3]), g.param("w", [[0.5], [1.0], [2.0]]));
        let loss = x.matmul(w).square().sum();
        (vec![loss], vec![(w, w - 0.1 * loss.grad(&[w])[0])])
    }),
    ("tanh_layer", |g| {
        let (x, w) = (g.input("x", [16, 16]), g.param("w", [[0.5; 16]; 16]));
        let y = x.matmul(w).tanh();
        outputs(y.square().sum().grad(&[w, x]))
    }),
    ("rows_and_columns", |g| {
        let x = g.input("x", [6, 5]);
        outputs([x.exp().sum_over(keep(1)), x.exp().sum_over(keep(0))])
    }),
    ("gather", |g| {
        let table = g.input("table", [10, 4]);
        let index = g.constant([1i64, 5, 9]);
        let rows = table.index_select(0, index);
        outputs(rows.square().sum().grad(&[table]))
    }),
    ("scalars", |g| {
        let x = g.input("x", [40]);
        let element = |k: isize| x.select_index(0, k);
        let chain = (0..39).map(|k| (element(k + 1) - element(k).square()).square());
        outputs(chain.reduce(|a, b| a + b))
    }),
];

/// The text of the stages of a task.
fn stages(record: for<'g> fn(&'g Graph) -> Recorded<'g>) -> String {
    let graph = Graph::new();
    let (outputs, updates) = record(&graph);
    let recorded = RecordedTask::new(&outputs, &updates, false).expect("it can be compiled");
    let mut text = String::new();
    let mut show = |name: &'static str, table: &dyn std::fmt::Display| {
        if SHOWN.contains(&name) {
            text += &format!("# {name}\n{table}\n");
        }
    };
    compile_in(&mut Stages(&mut show), &recorded.task, &Tuning::default()).expect("it is small");
    text
}

#[test]
fn the_stages_of_small_tasks_are_those_that_were_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (name, record) in EXAMPLES {
        let (golden, text) = (folder.join(format!("{name}.txt")), stages(*record));
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&folder).expect("the folder can be made");
            retrograd_files::write(&golden, text.as_bytes())
                .expect("the golden file can be written");
        }
        let expected = fs::read_to_string(&golden).expect("there is a golden file");
        assert_eq!(text, expected, "{name} changed; look at it, then set UPDATE_GOLDEN=1");
    }
}
