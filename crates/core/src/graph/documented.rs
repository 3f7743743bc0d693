//! The documentation of operations and functions as data, for `docs/ops.md` and for tools.
//!
//! The macros that define operations and functions keep the doc comment of each row. A row without documentation does
//! not compile.

/// A function, and the documentation of its row.
///
/// The first paragraph consists of sentences in this order: the formula, derivatives (`y' = …`), behavior at kinks, the
/// shapes (a span with an arrow, such as `[…, n] → […]`), and the source after `Source:`.
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
