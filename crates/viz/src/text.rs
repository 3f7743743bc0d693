//! Text as pictures need it: escaped, on one line, not too long.

use std::fmt::{self, Write};

/// Text between tags of an HTML-like label: what has a meaning there is escaped. Backslashes have one, too: after
/// the label is parsed, Graphviz replaces `\\N` by the name of the node.
pub(crate) fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\\' => escaped.push_str("\\\\"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A string of DOT, quotes included, whose lines stay lines. Graphviz reads entities and escapes in it as in labels.
pub(crate) fn quoted(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(html).collect();
    format!("\"{}\"", lines.join("\\n"))
}

/// The text with characters that cannot be seen, or that XML does not allow, written as Rust escapes.
pub(crate) fn visible(text: &str) -> String {
    let is_visible = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let mut visible = String::with_capacity(text.len());
    for c in text.chars() {
        if is_visible(c) { visible.push(c) } else { visible.extend(c.escape_default()) }
    }
    visible
}

/// The text of `value`, cut after `n_chars` characters.
///
/// Formatting stops at the cut, so the formula of a node with thousands of inputs costs no more than a short one.
pub(crate) fn elided(value: impl fmt::Display, n_chars: usize) -> String {
    let mut start = Start { text: String::new(), n_left: n_chars };
    if write!(start, "{value}").is_err() {
        start.text.push('…');
    }
    start.text
}

struct Start {
    text: String,
    n_left: usize,
}

impl Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            self.n_left = self.n_left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

/// A number with at most `n_digits` significant digits, in whichever notation is shorter to read.
pub(crate) fn number(value: f64, n_digits: usize) -> String {
    let digits = format!("{value:.*e}", n_digits.saturating_sub(1));
    let rounded: f64 = digits.parse().expect("a number that was just written can be read");
    match rounded.abs() {
        0.0 => "0".to_owned(),
        1e-4..1e7 => rounded.to_string(),
        _ => format!("{rounded:e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_escapes_what_has_a_meaning_in_xml() {
        assert_eq!(html("<b> & \"c\" 'd'"), "&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;");
        assert_eq!(html("∂θ/∂x }{|"), "∂θ/∂x }{|");
        assert_eq!(html(r"C:\N"), r"C:\\N");
    }

    #[test]
    fn quoted_strings_keep_lines_and_escape_quotes_and_backslashes() {
        assert_eq!(quoted("a\nb"), r#""a\nb""#);
        assert_eq!(quoted("C:\\new \"x\""), r#""C:\\new &quot;x&quot;""#);
        assert_eq!(quoted("ends in \\"), r#""ends in \\""#);
    }

    #[test]
    fn invisible_characters_are_written_out() {
        assert_eq!(visible("a\nb\t\0\u{ffff}"), "a\\nb\\t\\u{0}\\u{ffff}");
    }

    #[test]
    fn long_text_is_cut_at_a_character() {
        assert_eq!(elided("∂∂∂∂", 3), "∂∂∂…");
        assert_eq!(elided("∂∂∂", 3), "∂∂∂");
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (f64::from(0.1f32), "0.1"),
            (0.797_884_560_802_865, "0.797885"),
            (1e-300, "1e-300"),
            (-2.5e10, "-2.5e10"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value, 6), expected);
        }
    }
}
