//! The beginnings of comments.

use crate::{
    check,
    source::{Source, sources},
};

/// Beginnings that do not name the thing.
const POOR: &[&str] = &["What", "That which", "It is", "It has", "Whatever", "So many"];

/// The first lines of the comments of a file, with their numbers.
fn beginnings(source: &Source) -> Vec<(usize, &str)> {
    let mut is_in_comment = false;
    let mut found = Vec::new();
    for (k, line) in source.text.lines().enumerate() {
        let comment = line.trim_start().strip_prefix("//");
        let words = comment.map(|text| text.trim_start_matches(['/', '!']).trim());
        if let Some(words) = words
            && !is_in_comment
        {
            found.push((k + 1, words));
        }
        is_in_comment = words.is_some_and(|words| !words.is_empty());
    }
    found
}

/// Whether words begin with one of [`POOR`].
fn is_poor(words: &str) -> bool {
    POOR.iter().any(|poor| words.strip_prefix(poor).is_some_and(|rest| rest.starts_with(' ')))
}

#[test]
fn comments_name_the_thing_first() {
    let mut violations = Vec::new();
    for source in sources() {
        let poor = beginnings(source).into_iter().filter(|(_, words)| is_poor(words));
        violations.extend(poor.map(|(line, words)| format!("{}: {words}", source.place(line))));
    }
    check(
        "the first clause of a comment names the thing",
        "begin with a noun, or with a verb in the third person",
        violations,
    );
}
