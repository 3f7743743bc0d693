//! Reports on non-finite values.

use std::fmt;

use crate::data::{
    dtype::DType,
    error::{Error, Operand},
};

/// A node in the user's terms.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// Name or formula, dtype, shape, line.
    pub operand: Operand,
    /// The called function, or the operation; for a leaf, its kind.
    pub function: String,
    /// Names of the scopes that it lies in, joined by `/`; empty for none.
    pub scope: String,
    /// The node whose derivative rule recorded it, if it is part of a gradient.
    pub gradient_of: Option<Operand>,
}

/// A non-finite value, with its node and the values of its inputs.
#[derive(Clone, Debug, PartialEq)]
pub struct NonFinite {
    /// The node that makes it.
    pub site: Site,
    /// Where the first such element is.
    pub index: Vec<usize>,
    /// The value: NaN, ∞ or −∞.
    pub value: f64,
    /// The number of non-finite elements.
    pub n_non_finite: usize,
    /// Each input.
    pub inputs: Vec<InputValues>,
}

/// An input of a node, with a summary of its values.
#[derive(Clone, Debug, PartialEq)]
pub struct InputValues {
    /// Name or formula, dtype, shape, line.
    pub operand: Operand,
    /// The element at the same place, if the node is computed element by element.
    pub there: Option<f64>,
    /// Least and largest finite element, if there is one.
    pub range: Option<(f64, f64)>,
    /// The number of non-finite elements.
    pub n_non_finite: usize,
}

impl From<NonFinite> for Error {
    fn from(found: NonFinite) -> Self {
        Error::NonFinite(Box::new(found))
    }
}

impl fmt::Display for NonFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Site { operand, function, scope, gradient_of } = &self.site;
        let Operand { name, dtype, shape, location } = operand;
        write!(f, "`{name}` {shape} is {}", ShortNumber(self.value, *dtype))?;
        if shape.n_elements() > 1 {
            let (n, of) = (self.n_non_finite, shape.n_elements());
            write!(f, " at {:?}; {n} of its {of} elements {} not finite", self.index, are(n))?;
        }
        let by = if self.inputs.is_empty() { "given as" } else { "computed by" };
        write!(f, "\n  {by} {function}")?;
        if !scope.is_empty() {
            write!(f, " in {scope}")?;
        }
        if let Some(location) = location {
            write!(f, " at {location}")?;
        }
        if let Some(Operand { name, shape, .. }) = gradient_of {
            write!(f, "\n  in the gradient of `{name}` {shape}")?;
        }
        let is_telling = |input: &&InputValues| {
            let is_finite_literal = input.operand.location.is_none() && input.n_non_finite == 0;
            !is_finite_literal
        };
        self.inputs.iter().filter(is_telling).try_for_each(|input| write!(f, "\n  where {input}"))
    }
}

impl fmt::Display for InputValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operand: Operand { name, dtype, shape, .. }, there, range, n_non_finite } = self;
        write!(f, "`{name}` {shape} ")?;
        if let Some(there) = there {
            write!(f, "is {}", ShortNumber(*there, *dtype))?;
            if shape.n_elements() <= 1 {
                return Ok(());
            }
            f.write_str(" there, and ")?;
        }
        match range {
            Some((least, largest)) => {
                let (least, largest) = (ShortNumber(*least, *dtype), ShortNumber(*largest, *dtype));
                write!(f, "has elements from {least} to {largest}")?;
            }
            None => f.write_str("has no finite element")?,
        }
        match n_non_finite {
            0 => Ok(()),
            n => write!(f, ", of which {n} more {} not finite", are(*n)),
        }
    }
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

/// A number in as many digits as its dtype has.
struct ShortNumber(f64, DType);

impl fmt::Display for ShortNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            DType::F32 => write!(f, "{:?}", self.0 as f32),
            DType::F64 => write!(f, "{:?}", self.0),
            DType::I64 => write!(f, "{}", self.0),
            DType::Bool => write!(f, "{}", self.0 != 0.0),
        }
    }
}
