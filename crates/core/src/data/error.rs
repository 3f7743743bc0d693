//! Errors of requests to the graph. Each names the operands, the place and the mend.

mod non_finite;
mod quoted;

use std::{fmt, panic::Location};

pub use self::non_finite::{InputValues, NonFinite, Site};
use self::quoted::{MOST_ENTRIES, names};
pub(crate) use self::quoted::{list, written};
pub use self::quoted::{shortened, shortened_message};
use crate::data::{dtype::DType, shape::Shape};

/// Something wrong with an operation, a tensor, or the data bound to a leaf.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq)]
pub enum Error {
    /// The operands of an operation do not fit it, or each other.
    Operands {
        /// Name of the operation.
        op: String,
        /// The operands, as the user named them.
        operands: Vec<Operand>,
        /// The reason: how the operands misfit.
        reason: String,
    },
    /// The number of elements does not fit the shape of a tensor.
    ElementCount {
        /// Number of elements given.
        n_elements: usize,
        /// Shape wanted.
        shape: Shape,
    },
    /// A shape that no tensor has: with too many axes, or more elements than can be addressed.
    Size {
        /// The shape.
        shape: Shape,
    },
    /// A value was asked for that depends on a leaf without data.
    Unbound {
        /// Description of the leaf.
        leaf: Box<Operand>,
    },
    /// Data given to a leaf have another shape or dtype than was declared.
    Binding {
        /// Name of the leaf.
        leaf: String,
        /// Declared dtype and shape.
        declared: Box<(DType, Shape)>,
        /// Dtype and shape of the data.
        given: Box<(DType, Shape)>,
    },
    /// Memory for data that there is none for.
    OutOfMemory {
        /// The use of the memory, such as a node with its dtype and shape.
        what: String,
        /// Bytes that it takes.
        n_bytes: u128,
    },
    /// Data were given twice for one leaf.
    BoundTwice {
        /// Full name of the leaf.
        leaf: String,
        /// Where they were given.
        how: &'static str,
    },
    /// Data that an operation cannot work on, such as an index out of bounds.
    Data {
        /// Name of the operation.
        op: String,
        /// The expression that it computes, in the user's terms.
        node: Box<Operand>,
        /// The reason: how the data are wrong.
        reason: String,
    },
    /// A value that was to be finite is not.
    NonFinite(Box<NonFinite>),
    /// A name that no leaf or parameter has.
    UnknownName {
        /// The name.
        name: String,
        /// The kind of names that were looked through.
        kind: &'static str,
        /// Names that there are.
        known: Vec<String>,
    },
    /// The state given to a step lacks a tensor.
    MissingState {
        /// Full name of the state.
        name: String,
        /// Names that the map given has.
        known: Vec<String>,
    },
    /// A name was given twice.
    NameTaken {
        /// The full name.
        name: String,
        /// The line that gave it first; `None` in a map, which keeps no lines.
        first: Option<&'static Location<'static>>,
        /// The line that gave it again.
        again: &'static Location<'static>,
        /// The holder of the name, and the way out.
        reason: String,
    },
}

/// An operand of a failed operation, described in the user's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand {
    /// The name given by the user, or else the formula.
    pub name: String,
    /// Type of the elements.
    pub dtype: DType,
    /// Sizes.
    pub shape: Shape,
    /// The user's line that recorded it; `None` for a literal, which is one node wherever it is written.
    pub location: Option<&'static Location<'static>>,
}

impl Error {
    /// There is no memory for `n` elements.
    pub(crate) fn out_of_memory(what: String, dtype: DType, n: usize) -> Self {
        Error::OutOfMemory { what, n_bytes: n as u128 * dtype.n_bytes() as u128 }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Operands { op, operands, reason } => write_operands(f, op, operands, reason),
            Error::ElementCount { n_elements, shape } => {
                let wanted = shape.n_elements();
                write!(f, "{n_elements} elements do not fill the shape {shape}, which has {wanted}")
            }
            Error::Size { shape } => {
                f.write_str(&shape.check_possible().err().unwrap_or_else(|| shape.to_string()))
            }
            Error::Unbound { leaf } => write!(
                f,
                "`{}` {} has no data yet: give it when evaluating, or record the leaf with data{}",
                shortened(&leaf.name),
                leaf.shape,
                Origins(std::slice::from_ref(leaf))
            ),
            Error::Binding { leaf, declared, given } => {
                let hint = if declared.1 == given.1 { "; cast them" } else { "" };
                let (declared, given) = (kind(declared), kind(given));
                write!(
                    f,
                    "`{}` is declared as {declared}, but the data given are {given}{hint}",
                    shortened(leaf)
                )
            }
            Error::OutOfMemory { what, n_bytes } => {
                write!(f, "{what} needs {}, which cannot be allocated", Bytes(*n_bytes))
            }
            Error::BoundTwice { leaf, how } => {
                write!(f, "data for `{}` are {how} twice; give them once", shortened(leaf))
            }
            Error::Data { op, node, reason } => {
                write!(f, "{}: {reason}{}", shortened(op), Origins(std::slice::from_ref(node)))
            }
            Error::NonFinite(found) => found.fmt(f),
            Error::UnknownName { name, kind, known } => {
                write!(
                    f,
                    "there is no {kind} `{}`; there {}",
                    shortened(name),
                    list_of_names(known)
                )
            }
            Error::MissingState { name, known } => write!(
                f,
                "there is no state `{}`; there {}: make it by `initial_state()` of the step",
                shortened(name),
                list_of_names(known)
            ),
            Error::NameTaken { name, first, again, reason } => {
                let name = shortened(name);
                write!(f, "the name `{name}` is taken: {reason}")?;
                first.map_or(Ok(()), |first| write!(f, "\n  `{name}` at {first}"))?;
                write!(f, "\n  given again at {again}")
            }
        }
    }
}

impl std::error::Error for Error {}

fn kind((dtype, shape): &(DType, Shape)) -> String {
    format!("{dtype} {shape}")
}

fn list_of_names(known: &[String]) -> String {
    let list = names(known.iter().map(String::as_str));
    match known.len() {
        0 => "are none".to_owned(),
        1 => format!("is {list}"),
        _ => format!("are {list}"),
    }
}

/// A number of bytes in the largest unit that it has one of, of steps of a thousand: `4.0 TB`.
struct Bytes(u128);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 8] = ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
        let mut size = self.0 as f64 / 1e3;
        let mut units = UNITS.into_iter();
        let mut unit = units.next().unwrap_or_default();
        while let (true, Some(next)) = (size >= 999.95, units.next()) {
            (size, unit) = (size / 1e3, next);
        }
        if self.0 < 1000 { write!(f, "{} bytes", self.0) } else { write!(f, "{size:.1} {unit}") }
    }
}

/// The message form of all operations: `matmul: x [32, 3] × w [4, 8]: inner sizes 3 and 4 differ`, then where
/// each operand was made.
fn write_operands(
    f: &mut fmt::Formatter<'_>,
    op: &str,
    operands: &[Operand],
    reason: &str,
) -> fmt::Result {
    let same_dtype = operands.windows(2).all(|pair| pair[0].dtype == pair[1].dtype);
    write!(f, "{}: ", shortened(op))?;
    let shown = &operands[..operands.len().min(MOST_ENTRIES)];
    for (k, operand) in shown.iter().enumerate() {
        let separator = if k > 0 { " × " } else { "" };
        write!(f, "{separator}`{}` ", shortened(&operand.name))?;
        if !same_dtype {
            write!(f, "{} ", operand.dtype)?;
        }
        write!(f, "{}", operand.shape)?;
    }
    if shown.len() < operands.len() {
        write!(f, " and {} more", operands.len() - shown.len())?;
    }
    write!(f, "{}{reason}{}", if operands.is_empty() { "" } else { ": " }, Origins(shown))
}

/// A line for each of some operands that says where it was made.
struct Origins<'a>(&'a [Operand]);

impl fmt::Display for Origins<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, operand) in self.0.iter().enumerate() {
            let Some(location) = operand.location else { continue };
            if !self.0[..k].contains(operand) {
                write!(f, "\n  `{}` at {location}", shortened(&operand.name))?;
            }
        }
        Ok(())
    }
}

/// The value, or a panic at the caller's line with the error's message.
#[track_caller]
pub(crate) fn located<T>(result: Result<T, Error>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}
