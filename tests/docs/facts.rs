//! The facts in the documentation of a row: its first paragraph, taken apart.

/// The facts that the first paragraph states.
#[derive(Debug, Default)]
pub struct Facts {
    /// The definition, with its formula.
    pub definition: String,
    /// Derivatives, gradients, and what holds at kinks and ties; empty if nothing is said of them.
    pub derivative: String,
    /// The shapes, as spans of code.
    pub shapes: Vec<String>,
    /// Where to look it up; empty if it is not said.
    pub source: String,
}

impl Facts {
    pub fn of(doc: &str) -> Self {
        let lines = doc.lines().map(str::trim).take_while(|line| !line.is_empty());
        let text = without_links(&lines.collect::<Vec<_>>().join(" "));
        let (text, source) = text.split_once(" Source: ").unwrap_or((&text, ""));
        let (text, shapes) = without_shapes(text);
        let mut facts =
            Self { shapes, source: source.trim_end_matches('.').to_owned(), ..Self::default() };
        let mut goes_on = false;
        for (k, (clause, end)) in clauses(&text).into_iter().enumerate() {
            let names_one =
                ["y'", "derivative", "gradient"].iter().any(|word| clause.contains(word));
            let is_rule = k > 0 && (names_one || goes_on);
            let part = if is_rule { &mut facts.derivative } else { &mut facts.definition };
            part.push_str(clause);
            part.push_str(end);
            goes_on = is_rule && end == "; ";
        }
        for part in [&mut facts.definition, &mut facts.derivative] {
            *part = capitalized(part.trim_end_matches([' ', ';', '.']));
        }
        facts
    }
}

/// `[text](target)` and `[text]` as `text`, where the text is a span of code or a word.
fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("](Self::") {
        let start = before.rfind('[').expect("a link has a text");
        plain.push_str(&before[..start]);
        plain.push_str(&before[start + 1..]);
        rest = link.split_once(')').map_or("", |(_, after)| after);
    }
    (plain + rest).replace("[`", "`").replace("`]", "`")
}

/// The text without its spans of shapes, and these.
fn without_shapes(text: &str) -> (String, Vec<String>) {
    let spans = text.split('`').skip(1).step_by(2);
    let is_shape =
        |span: &&str| span.contains('→') && (span.contains('[') || span.starts_with('→'));
    let shapes: Vec<String> = spans.filter(is_shape).map(|span| format!("`{span}`")).collect();
    let mut text = text.to_owned();
    for shape in &shapes {
        let introductions = [", or ", ", each ", ", shapes ", ": shapes ", ": ", ", ", " "];
        text = text.replace(&format!(" Shapes {shape}."), "");
        for introduction in introductions {
            text = text.replace(&format!("{introduction}{shape}"), "");
        }
    }
    (text, shapes)
}

/// The clauses of a text, and what ends each: a period or a semicolon outside spans of code.
fn clauses(text: &str) -> Vec<(&str, &str)> {
    let mut clauses = Vec::new();
    let (mut start, mut is_code) = (0, false);
    for (k, character) in text.char_indices() {
        is_code ^= character == '`';
        let is_end = text[k..].starts_with("; ") || text[k..].starts_with(". ");
        if !is_code && is_end {
            clauses.push((&text[start..k], &text[k..k + 2]));
            start = k + 2;
        }
    }
    clauses.push((&text[start..], ""));
    clauses
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters
        .next()
        .map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// A source with links to the pages that it names.
pub fn linked(source: &str) -> String {
    let parts: Vec<_> = source
        .split('`')
        .enumerate()
        .map(|(k, part)| match (k % 2, page(part)) {
            (1, Some(page)) => format!("[{part}]({page})"),
            (1, None) => format!("`{part}`"),
            _ => part.split(' ').map(linked_word).collect::<Vec<_>>().join(" "),
        })
        .collect();
    parts.concat().replace("DLMF [", "[DLMF ")
}

fn linked_word(word: &str) -> String {
    let bare = word.trim_end_matches([';', ',']);
    let rest = &word[bare.len()..];
    if let Some(section) = bare.strip_prefix('§') {
        format!("[§{section}](https://dlmf.nist.gov/{section}){rest}")
    } else if let Some(id) = bare.strip_prefix("arXiv:") {
        format!("[{bare}](https://arxiv.org/abs/{id}){rest}")
    } else if let Some(id) = bare.strip_prefix("doi:") {
        format!("[{bare}](https://doi.org/{id}){rest}")
    } else {
        word.to_owned()
    }
}

/// The page on a function of PyTorch or NumPy.
fn page(name: &str) -> Option<String> {
    let torch = "https://docs.pytorch.org/docs/stable";
    if name.starts_with("torch.special.") {
        Some(format!("{torch}/special.html#{name}"))
    } else if name.starts_with("torch.") {
        Some(format!("{torch}/generated/{name}.html"))
    } else if name.starts_with("numpy.") {
        Some(format!("https://numpy.org/doc/stable/reference/generated/{name}.html"))
    } else {
        None
    }
}
