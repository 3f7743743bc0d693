//! The documentation of operations and functions as data: `docs/ops.md` is made from it, and whoever wants to tell
//! users what there is can do the same.
//!
//! Nothing is written here. The macros that make operations and functions from their rows keep the doc comment of each
//! row, and ask for one: a row without documentation does not compile.

/// A function, and the documentation of its row.
///
/// The first paragraph says what it is, sentence by sentence: the formula, derivatives (`y' = …`), what holds at kinks,
/// the shapes (a span with an arrow, such as `[…, n] → […]`), and last its source, after `Source:`.
#[derive(Clone, Copy, Debug)]
pub struct Documented {
    /// The name of the method.
    pub name: &'static str,
    /// The documentation, line by line.
    pub doc: &'static str,
    /// Name and type, as they are written, of each argument after the expression or graph itself.
    pub arguments: &'static [(&'static str, &'static str)],
}

/// A theme: functions with related documentation.
///
/// ```
/// use retrograd_core::functions::THEMES;
///
/// let theme = THEMES.iter().find(|theme| theme.title == "Accumulation").expect("there are such functions");
/// assert!(theme.functions.iter().any(|function| function.name == "cumsum"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Theme {
    /// The title of the theme. Several files can have parts of one theme.
    pub title: &'static str,
    /// The functions, in the order in which they are written.
    pub functions: &'static [Documented],
}
