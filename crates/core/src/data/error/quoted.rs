//! Quotations in messages: names, formulas and lists of the user's, cut to a bounded length.

use std::fmt::{self, Write};

/// Characters of a name or formula that a message repeats.
const MOST_CHARACTERS: usize = 60;

/// Entries of a list that a message repeats.
pub(super) const MOST_ENTRIES: usize = 8;

/// A text as messages quote it, in one line: the first 60 characters, and `…` in place of the others. Line breaks and
/// their like are shown as U+FFFD, as bytes that are no text are.
///
/// ```
/// use retrograd_core::error::shortened;
///
/// assert_eq!(shortened("weight"), "weight");
/// assert_eq!(shortened("two\nlines"), "two\u{FFFD}lines");
/// assert_eq!(shortened(&"x".repeat(1000)).chars().count(), 61);
/// ```
pub fn shortened(text: &str) -> String {
    written(|quoted| quoted.write_str(text))
}

/// The message of another error, [shortened] to 200 characters, since it may quote data itself.
pub fn shortened_message(error: &dyn fmt::Display) -> String {
    Quoted::of(200, |quoted| write!(quoted, "{error}"))
}

/// The output of `write` as messages quote it. The writer fails when the text is long enough, so that the rest of a much
/// longer one is never written.
pub(crate) fn written(write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> String {
    Quoted::of(MOST_CHARACTERS, write)
}

/// Numbers as messages list them: the first eight, and `…` in place of the others.
pub(crate) fn list(numbers: &[impl fmt::Debug]) -> String {
    let shown = &numbers[..numbers.len().min(MOST_ENTRIES)];
    let all = format!("{shown:?}");
    match all.strip_suffix(']') {
        Some(open) if shown.len() < numbers.len() => {
            format!("{open}, … {} in all]", numbers.len())
        }
        _ => all,
    }
}

/// Names as messages list them: the first eight, each shortened, and how many others there are.
pub(super) fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let n_others = names.len().saturating_sub(MOST_ENTRIES);
    let shown: Vec<_> =
        names.take(MOST_ENTRIES).map(|name| format!("`{}`", shortened(name))).collect();
    match n_others {
        0 => shown.join(", "),
        n => format!("{} and {n} more", shown.join(", ")),
    }
}

/// A text that takes no more than some characters.
struct Quoted {
    text: String,
    rest: usize,
}

impl Quoted {
    fn of(most: usize, write: impl FnOnce(&mut dyn Write) -> fmt::Result) -> String {
        let mut quoted = Self { text: String::new(), rest: most };
        if write(&mut quoted).is_err() {
            quoted.text.push('…');
        }
        quoted.text
    }
}

impl Write for Quoted {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = text.char_indices().nth(self.rest).map(|(end, _)| end);
        let taken = &text[..end.unwrap_or(text.len())];
        self.text.extend(taken.chars().map(visible));
        self.rest -= taken.chars().count();
        if end.is_some() { Err(fmt::Error) } else { Ok(()) }
    }
}

fn visible(character: char) -> char {
    if character.is_control() { char::REPLACEMENT_CHARACTER } else { character }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shortened(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(shortened(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
        let twice = written(|f| write!(f, "{}", "a".repeat(59)).and_then(|()| write!(f, "bcd")));
        assert_eq!(twice, format!("{}b…", "a".repeat(59)));
    }

    #[test]
    fn what_is_too_long_is_not_written() {
        let mut n_written = 0;
        written(|f| {
            (0..1_000_000).try_for_each(|_| {
                n_written += 1;
                f.write_str("name, ")
            })
        });
        assert!(n_written < 20, "{n_written} were written");
    }

    #[test]
    fn lists_say_how_many_entries_they_leave_out() {
        assert_eq!(list(&[1, -2]), "[1, -2]");
        assert_eq!(list(&[0; 1000]), "[0, 0, 0, 0, 0, 0, 0, 0, … 1000 in all]");
        assert_eq!(names(["a", "b"].into_iter()), "`a`, `b`");
        assert_eq!(names(["a"; 10].into_iter()), format!("{} and 2 more", ["`a`"; 8].join(", ")));
    }
}
