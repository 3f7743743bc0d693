//! The page: its text, and its tables from facts that are written and facts that are recorded.

use std::collections::{BTreeMap, BTreeSet};

use retrograd::{
    Op, Real,
    check::cases::FAMILIES,
    documented::Documented,
    layers::loss::LOSSES,
    ops::{Binary, COMPOSED, Comparison, Unary},
};

use crate::{
    facts::{Facts, linked},
    recorded::{self, Kink},
    themes,
};

/// Families of which each member is a row of a table of its own.
const TABLES: [&str; 3] = ["unary", "binary", "compare"];

/// The page.
pub fn render() -> String {
    let sections = sections();
    let mut page = introduction(&sections);
    for section in &sections {
        page += &format!("\n## {}\n", section.title);
        if !section.text.is_empty() {
            page += &format!("\n{}\n", section.text);
        }
        page += &table(&section.head, &section.rows);
    }
    page + &index(&sections)
}

/// A table under a title.
struct Section {
    title: String,
    text: &'static str,
    head: Vec<&'static str>,
    /// Cells; the first has the name.
    rows: Vec<Vec<String>>,
}

fn sections() -> Vec<Section> {
    let mut sections = vec![structural(), unary(), binary(), comparisons(), composed(), kinks()];
    sections.extend(functions());
    sections.push(losses());
    sections
}

fn introduction(sections: &[Section]) -> String {
    let n_structural = FAMILIES.len() - TABLES.len();
    let (n_unary, n_binary, n_comparisons) =
        (Unary::ALL.len(), Binary::ALL.len(), Comparison::ALL.len());
    let n_primitives = n_structural + n_unary + n_binary + n_comparisons;
    let n_functions = themes().map(|theme| theme.functions.len()).sum::<usize>() + COMPOSED.len();
    let contents: Vec<_> = sections
        .iter()
        .map(|section| format!("- [{0}](#{1})", section.title, anchor(&section.title)))
        .collect();
    format!(
        "# Operations and functions

<!-- Generated from the rows of the tables by `{command}`; edit the documentation of the row instead. -->

**{n_primitives} primitives** have a value and a derivative rule of their own: {n_unary} functions of one number,
{n_binary} of two, {n_comparisons} comparisons, and {n_structural} operations that move, pick, sum or multiply elements or
factorize matrices, leaves among them. The other {n_functions} functions and {n_losses} losses on this page record one of
them, or are *composed* of several; their derivatives follow, at every order.

This page is generated. Formulas, rules at kinks, shapes and sources stand beside the row that defines a function; what is
in a column *as recorded* or *made of* is what the engine records when it is asked. Derivative rules are written with
`x` (or `a` and `b`) for inputs, `y` for the output, and `g` for the cotangent of `y`; `a ⊙ b` is the product that keeps a
cotangent of 0 at 0, [`chain`](#{binary}). In shapes, `…` stands for any number of axes, and an axis that is named
alone between two `…` may be any one.

## Contents

- [At the edges of the numbers](#at-the-edges-of-the-numbers)
{contents}
- [Index](#index)
{edges}",
        command = crate::COMMAND,
        n_losses = LOSSES.len(),
        binary = anchor(&binary().title),
        contents = contents.join("\n"),
        edges = include_str!("edges.md"),
    )
}

fn structural() -> Section {
    let rows = FAMILIES.iter().filter(|family| !TABLES.contains(&family.name)).map(|family| {
        let facts = Facts::of(example(family.name).doc());
        let rules = recorded::gradients(family)
            .into_iter()
            .map(|(x, rule)| format!("{x}: {}", code(&rule)));
        vec![
            code(family.name),
            joined(&facts.definition, &facts.derivative),
            facts.shapes.join("<br>"),
            rules.collect::<Vec<_>>().join("<br>"),
            linked(&facts.source),
        ]
    });
    Section {
        title: "Structural primitives".to_owned(),
        text: "Beside what each does, the gradients of its inputs as recorded on an example; `…` where they go deeper.",
        head: vec![
            "operation",
            "what it does, and its gradient",
            "shapes",
            "gradients as recorded",
            "source",
        ],
        rows: rows.collect(),
    }
}

/// An operation of a family.
fn example(name: &str) -> Op {
    let cases =
        FAMILIES.iter().filter(|family| family.name == name).flat_map(|family| (family.cases)());
    let mut operations = cases.flat_map(|case| recorded::operations(&case));
    operations.find(|op| op.family() == name).expect("each case of a family records its operation")
}

fn unary() -> Section {
    let rows = Unary::ALL.iter().map(|row| {
        let facts = Facts::of(row.doc());
        let rule = code(&recorded::unary_rule(*row));
        vec![code(row.name()), facts.definition, facts.derivative, rule, linked(&facts.source)]
    });
    Section {
        title: "Primitive functions of one number".to_owned(),
        text: "Elementwise, `[…] → […]`.",
        head: vec!["name", "value", "derivative, and kinks", "`y'` as recorded", "source"],
        rows: rows.collect(),
    }
}

fn binary() -> Section {
    let rows = Binary::ALL.iter().map(|row| {
        let facts = Facts::of(row.doc());
        let [by_a, by_b] = recorded::binary_rules(*row).map(|rule| code(&rule));
        let rules = format!("a: {by_a}<br>b: {by_b}");
        vec![code(row.name()), facts.definition, facts.derivative, rules, linked(&facts.source)]
    });
    Section {
        title: "Primitive functions of two numbers".to_owned(),
        text: "Elementwise, `[…], […] → […]` after broadcasting.",
        head: vec!["name", "value", "derivatives, and kinks", "derivatives as recorded", "source"],
        rows: rows.collect(),
    }
}

fn comparisons() -> Section {
    let rows = Comparison::ALL.iter().map(|row| {
        let facts = Facts::of(row.doc());
        vec![code(row.name()), facts.definition, linked(&facts.source)]
    });
    Section {
        title: "Comparisons".to_owned(),
        text: "Elementwise, `[…], […] → […]` after broadcasting, giving truth values, which have no derivatives. Primitive.",
        head: vec!["name", "value", "source"],
        rows: rows.collect(),
    }
}

fn composed() -> Section {
    let rows = COMPOSED.iter().map(|row| {
        let facts = Facts::of(row.doc);
        let parts: BTreeSet<_> = row.calls.iter().flat_map(recorded::parts_of).collect();
        vec![
            code(row.name),
            facts.definition,
            facts.derivative,
            list(&parts),
            linked(&facts.source),
        ]
    });
    Section {
        title: "Composed elementwise functions".to_owned(),
        text: "Elementwise, `[…] → […]`, further numbers and tensors broadcasting.",
        head: vec!["name", "value", "derivative, and kinks", "made of", "source"],
        rows: rows.collect(),
    }
}

fn kinks() -> Section {
    let mut rows = Vec::new();
    for &row in Unary::ALL {
        let kinks = recorded::kinks(|x| x.apply_unary(row));
        rows.extend(kinks.iter().map(|kink| kink_row(row.name(), kink)));
    }
    // The derivatives of a remainder jump wherever its value does.
    let continuous = Binary::ALL.iter().filter(|row| !matches!(row, Binary::Fmod));
    rows.extend(continuous.flat_map(|&row| binary_kinks(row)));
    for row in COMPOSED {
        rows.extend(row.calls.iter().filter(|call| !call.arguments.contains("()")).flat_map(
            |call| {
                let name = format!(
                    "{}({})",
                    row.name,
                    call.arguments.replace("x.lit", "").replace(['(', ')'], "")
                );
                recorded::kinks(call.expr)
                    .iter()
                    .map(|kink| kink_row(&name, kink))
                    .collect::<Vec<_>>()
            },
        ));
    }
    Section {
        title: "Derivatives at kinks".to_owned(),
        text: "Where the derivative of an elementwise function jumps, at multiples of 1/10 between −7 and 7: what the engine \
               gives just before, there, and just after.",
        head: vec!["function", "at", "before", "there", "after"],
        rows,
    }
}

/// The kinks of a binary row where one operand passes the other, 0.5, or else 0.
fn binary_kinks(row: Binary) -> Vec<Vec<String>> {
    let beside = |other: f64| {
        let by_a = recorded::kinks(|x| x.apply_binary(row, x.lit(other)));
        let by_b = recorded::kinks(|x| x.lit(other).apply_binary(row, x));
        let by_a = by_a.iter().map(|kink| kink_row(&format!("{}(x, {other})", row.name()), kink));
        let by_b = by_b.iter().map(|kink| kink_row(&format!("{}({other}, x)", row.name()), kink));
        by_a.chain(by_b).collect::<Vec<_>>()
    };
    let kinks = beside(0.5);
    if kinks.is_empty() { beside(0.0) } else { kinks }
}

fn kink_row(name: &str, kink: &Kink) -> Vec<String> {
    let numbers = kink.derivatives.map(rounded);
    [code(name), rounded(kink.at)].into_iter().chain(numbers).collect()
}

/// A number to four decimals, without those that are 0.
fn rounded(number: f64) -> String {
    let number = (number * 1e4).round() / 1e4;
    format!("{}", number + 0.0).replace('-', "−")
}

fn functions() -> Vec<Section> {
    let calls = recorded::calls();
    let mut titles: Vec<&str> = Vec::new();
    let mut rows: BTreeMap<&str, Vec<Vec<String>>> = BTreeMap::new();
    for theme in themes() {
        if !titles.contains(&theme.title) {
            titles.push(theme.title);
        }
        let own = theme.functions.iter().map(|function| {
            let operations = calls.get(function.name).into_iter().flatten().flatten().cloned();
            let mut cells = cells_of(function);
            cells.insert(3, list(&operations.collect()));
            cells
        });
        rows.entry(theme.title).or_default().extend(own);
    }
    let section = |title: &str| Section {
        title: title.to_owned(),
        text: "",
        head: vec!["function", "what it gives, and rules at ties", "shapes", "made of", "source"],
        rows: rows.remove(title).unwrap_or_default(),
    };
    titles.into_iter().map(section).collect()
}

fn losses() -> Section {
    Section {
        title: "Losses".to_owned(),
        text: "Methods of predictions `y` with targets `t`, from the trait `Loss`, composed of the functions above. What a loss \
               records lies in a scope of its name.",
        head: vec!["loss", "what it gives, and rules at kinks", "shapes", "source"],
        rows: LOSSES.iter().map(cells_of).collect(),
    }
}

fn cells_of(function: &Documented) -> Vec<String> {
    let facts = Facts::of(function.doc);
    let text = joined(&facts.definition, &facts.derivative);
    vec![code(function.name), text, facts.shapes.join("<br>"), linked(&facts.source)]
}

/// All names, each with the sections that it is in.
fn index(sections: &[Section]) -> String {
    let mut places: BTreeMap<&str, &Section> = BTreeMap::new();
    for section in sections.iter().filter(|section| section.head[1] != "at") {
        for row in &section.rows {
            places.entry(&row[0]).or_insert(section);
        }
    }
    let links =
        places.iter().map(|(name, section)| format!("[{name}](#{})", anchor(&section.title)));
    format!("\n## Index\n\n{}\n", links.collect::<Vec<_>>().join(" ·\n"))
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | ").trim_end())
    };
    let head: Vec<_> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!("\n{}{rule}{rows}", line(&head))
}

/// The anchor that a heading has where Markdown is shown.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-")
}

fn code(text: &str) -> String {
    format!("`{}`", text)
}

fn list(names: &BTreeSet<String>) -> String {
    names.iter().cloned().collect::<Vec<_>>().join(", ")
}

fn joined(definition: &str, rule: &str) -> String {
    if rule.is_empty() { definition.to_owned() } else { format!("{definition}. {rule}") }
}
