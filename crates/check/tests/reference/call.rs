//! A call of the reference, with its tensors recorded: what an adapter turns into a call of ours.

use std::{collections::BTreeMap, fmt};

use retrograd_core::{Axes, DType, Error, Expr, Graph, Shape, keep};

use super::format::Argument;

/// Records a call of the reference by ours. All adapters stand in the tables of [`adapters`](super::adapters).
pub type Adapter = for<'c, 'g> fn(&'c Call<'g>) -> Outputs<'g>;

/// The outputs of an adapter in the reference's order, or the reason why there are none.
pub type Outputs<'g> = Result<Vec<Expr<'g>>, Refusal>;

/// Why a call has no outputs.
#[derive(Debug)]
pub enum Refusal {
    /// One of our operations refused its operands.
    Operation(Error),
    /// The call cannot be written: our types have no such value.
    Type(String),
    /// An adapter does not translate an argument.
    Argument(String),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::Operation(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Operation(error) => error.fmt(f),
            Refusal::Type(why) => write!(f, "the types refuse: {why}"),
            Refusal::Argument(why) => write!(f, "the adapter refuses: {why}"),
        }
    }
}

/// Where an argument stands: at a position, under a keyword, or either.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    position: Option<usize>,
    keyword: Option<&'static str>,
}

impl From<usize> for Place {
    fn from(position: usize) -> Self {
        Self { position: Some(position), keyword: None }
    }
}

impl From<&'static str> for Place {
    fn from(keyword: &'static str) -> Self {
        Self { position: None, keyword: Some(keyword) }
    }
}

impl From<(usize, &'static str)> for Place {
    fn from((position, keyword): (usize, &'static str)) -> Self {
        Self { position: Some(position), keyword: Some(keyword) }
    }
}

/// A call of the reference.
///
/// Getters take a [`Place`]: `0`, `"alpha"`, or `(1, "dim")` for an argument that is given either way. Getters of
/// optional arguments take the default that the reference documents; `None` in the call means that default, too.
///
/// ```text
/// ("add", |c| c.one(c.x(0)?.try_add(c.x(1)?.try_mul(c.number("alpha", 1.0)?)?)))
/// ```
pub struct Call<'g> {
    /// The graph that is recorded on.
    pub graph: &'g Graph,
    /// Arguments given by position.
    pub args: Vec<Argument<Expr<'g>>>,
    /// Arguments given by keyword.
    pub kwargs: BTreeMap<String, Argument<Expr<'g>>>,
}

impl<'g> Call<'g> {
    /// One output, of a `try_` form or of a form that cannot fail.
    pub fn one(&self, output: impl IntoOutput<'g>) -> Outputs<'g> {
        Ok(vec![output.into_output()?])
    }

    /// The argument at a place, if it is there and not `None`.
    pub fn get(&self, place: impl Into<Place>) -> Option<&Argument<Expr<'g>>> {
        let place = place.into();
        let by_position = place.position.and_then(|position| self.args.get(position));
        let given = by_position.or_else(|| self.kwargs.get(place.keyword?))?;
        (!matches!(given, Argument::None)).then_some(given)
    }

    /// Whether an argument is there and not `None`.
    pub fn has(&self, place: impl Into<Place>) -> bool {
        self.get(place).is_some()
    }

    /// Whether the argument at a place is a tensor.
    pub fn is_tensor(&self, place: impl Into<Place>) -> bool {
        matches!(self.get(place), Some(Argument::Tensor(_)))
    }

    /// Whether the argument at a place is a list.
    pub fn is_list(&self, place: impl Into<Place>) -> bool {
        matches!(self.get(place), Some(Argument::List(_)))
    }

    /// A tensor; a number counts as a tensor without axes.
    pub fn x(&self, place: impl Into<Place>) -> Result<Expr<'g>, Refusal> {
        self.required(place, Self::as_tensor)
    }

    /// A tensor that may be left out.
    pub fn optional(&self, place: impl Into<Place>) -> Result<Option<Expr<'g>>, Refusal> {
        self.get(place).map(|given| self.as_tensor(given)).transpose()
    }

    /// The tensors of a list; a tensor that stands alone is a list of one.
    pub fn list(&self, place: impl Into<Place>) -> Result<Vec<Expr<'g>>, Refusal> {
        self.required(place, |call, given| match given {
            Argument::List(items) => items.iter().map(|item| call.as_tensor(item)).collect(),
            _ => Ok(vec![call.as_tensor(given)?]),
        })
    }

    /// All positional arguments as tensors.
    pub fn tensors(&self) -> Result<Vec<Expr<'g>>, Refusal> {
        self.args.iter().map(|given| self.as_tensor(given)).collect()
    }

    /// A number, or its default.
    pub fn number(&self, place: impl Into<Place>, default: f64) -> Result<f64, Refusal> {
        Ok(self.maybe_number(place)?.unwrap_or(default))
    }

    /// A number that may be left out.
    pub fn maybe_number(&self, place: impl Into<Place>) -> Result<Option<f64>, Refusal> {
        self.get(place).map(as_number).transpose()
    }

    /// An integer, or its default.
    pub fn int(&self, place: impl Into<Place>, default: isize) -> Result<isize, Refusal> {
        Ok(self.maybe_int(place)?.unwrap_or(default))
    }

    /// An integer that may be left out.
    pub fn maybe_int(&self, place: impl Into<Place>) -> Result<Option<isize>, Refusal> {
        self.get(place).map(as_int).transpose()
    }

    /// An integer that is not negative.
    pub fn size(&self, place: impl Into<Place>) -> Result<usize, Refusal> {
        let size = self.required(place, |_, given| as_int(given))?;
        usize::try_from(size).map_err(|_| Refusal::Type(format!("{size} is not a `usize`")))
    }

    /// The integers of a list; an integer that stands alone is a list of one.
    pub fn ints(&self, place: impl Into<Place>) -> Result<Vec<isize>, Refusal> {
        self.required(place, |_, given| as_ints(given))
    }

    /// The integers of a list that may be left out.
    pub fn maybe_ints(&self, place: impl Into<Place>) -> Result<Option<Vec<isize>>, Refusal> {
        self.get(place).map(as_ints).transpose()
    }

    /// A list of `N` integers, for which one integer may stand, or none if it is left out: such as a kernel's size
    /// and its stride.
    pub fn sizes<const N: usize>(
        &self,
        place: impl Into<Place>,
        default: [usize; N],
    ) -> Result<[usize; N], Refusal> {
        let Some(ints) = self.maybe_ints(place)? else { return Ok(default) };
        let sizes = match ints[..] {
            [size] => vec![size; N],
            _ => ints,
        };
        let sizes: Option<Vec<usize>> =
            sizes.into_iter().map(|size| size.try_into().ok()).collect();
        sizes
            .and_then(|sizes| sizes.try_into().ok())
            .ok_or_else(|| Refusal::Type(format!("this is not a `[usize; {N}]`")))
    }

    /// A shape for the elements of `x`, in which one size may be −1: what is left of their number.
    pub fn shape(&self, place: impl Into<Place>, x: Expr<'g>) -> Result<Shape, Refusal> {
        let sizes = self.ints(place)?;
        let is_known = |size: &&isize| **size != -1;
        let known: isize = sizes.iter().filter(is_known).product();
        let rest = (x.shape().n_elements() as isize).checked_div(known).unwrap_or(-1);
        let sizes = sizes.iter().map(|&size| usize::try_from(if size == -1 { rest } else { size }));
        let sizes: Option<Vec<_>> = sizes.map(Result::ok).collect();
        let shape = sizes.map(|sizes| Shape::from(&sizes[..]));
        shape.ok_or_else(|| Refusal::Type("a size of a shape is a `usize`".to_owned()))
    }

    /// `f` of `x` along an axis; the reference lets a scalar count as a vector of one element.
    pub fn along(
        &self,
        x: Expr<'g>,
        f: impl Fn(Expr<'g>) -> Result<Expr<'g>, Refusal>,
    ) -> Outputs<'g> {
        match x.rank() {
            0 => self.one(f(x.try_reshape([1])?)?.try_reshape(Shape::scalar())),
            _ => self.one(f(x)),
        }
    }

    /// The axes to reduce over, kept if the call says so: by default all `rank` of them. The reference means all
    /// axes by an empty list, too, and lets a scalar be reduced over its axis 0 or −1.
    pub fn axes(
        &self,
        axes: impl Into<Place>,
        kept: impl Into<Place>,
        rank: usize,
    ) -> Result<Axes, Refusal> {
        let named = self.maybe_ints(axes)?.unwrap_or_default();
        let is_scalar = rank == 0 && named.iter().all(|axis| matches!(axis, -1 | 0));
        let axes = match named.is_empty() || is_scalar {
            true => (0..rank as isize).collect(),
            false => named,
        };
        let axes = Axes::from(&axes[..]);
        Ok(if self.bool(kept, false)? { keep(axes) } else { axes })
    }

    /// A truth value, or its default.
    pub fn bool(&self, place: impl Into<Place>, default: bool) -> Result<bool, Refusal> {
        match self.get(place) {
            None => Ok(default),
            Some(Argument::Bool(value)) => Ok(*value),
            Some(Argument::Int(value)) => Ok(*value != 0),
            Some(other) => Err(unexpected("a truth value", other)),
        }
    }

    /// A string, or its default.
    pub fn text<'c>(
        &'c self,
        place: impl Into<Place>,
        default: &'c str,
    ) -> Result<&'c str, Refusal> {
        match self.get(place) {
            None => Ok(default),
            Some(Argument::Text(text)) => Ok(text),
            Some(other) => Err(unexpected("a string", other)),
        }
    }

    /// `convert` of a required argument.
    fn required<T>(
        &self,
        place: impl Into<Place>,
        convert: impl Fn(&Self, &Argument<Expr<'g>>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let place = place.into();
        match self.get(place) {
            Some(given) => convert(self, given),
            None => Err(Refusal::Argument(format!("there is no argument at {place:?}"))),
        }
    }

    fn as_tensor(&self, given: &Argument<Expr<'g>>) -> Result<Expr<'g>, Refusal> {
        match given {
            Argument::Tensor(tensor) => Ok(*tensor),
            Argument::Int(_) | Argument::Float(_) => Ok(self.graph.constant(as_number(given)?)),
            other => Err(unexpected("a tensor", other)),
        }
    }
}

/// An output, or the error of the operation that refused to record it.
pub trait IntoOutput<'g> {
    /// The output.
    fn into_output(self) -> Result<Expr<'g>, Refusal>;
}

impl<'g> IntoOutput<'g> for Expr<'g> {
    fn into_output(self) -> Result<Expr<'g>, Refusal> {
        Ok(self)
    }
}

impl<'g> IntoOutput<'g> for Result<Expr<'g>, Error> {
    fn into_output(self) -> Result<Expr<'g>, Refusal> {
        Ok(self?)
    }
}

impl<'g> IntoOutput<'g> for Result<Expr<'g>, Refusal> {
    fn into_output(self) -> Result<Expr<'g>, Refusal> {
        self
    }
}

/// The refusal of an argument of a kind that an adapter does not translate.
pub fn unexpected<T: fmt::Debug>(wanted: &str, given: &Argument<T>) -> Refusal {
    Refusal::Argument(format!("{given:?} is not {wanted}"))
}

/// A number; a tensor of one known element counts, too.
fn as_number(given: &Argument<Expr<'_>>) -> Result<f64, Refusal> {
    match given {
        Argument::Int(value) => Ok(*value as f64),
        Argument::Float(value) => Ok(*value),
        Argument::Bool(value) => Ok(f64::from(u8::from(*value))),
        Argument::Tensor(x) if x.shape().n_elements() == 1 => Ok(x.try_value()?.item()),
        other => Err(unexpected("a number", other)),
    }
}

fn as_int(given: &Argument<Expr<'_>>) -> Result<isize, Refusal> {
    match given {
        Argument::Int(value) => Ok(*value as isize),
        Argument::Tensor(x) if x.dtype() == DType::I64 && x.shape().n_elements() == 1 => {
            Ok(x.try_value()?.item() as isize)
        }
        other => Err(unexpected("an integer", other)),
    }
}

fn as_ints(given: &Argument<Expr<'_>>) -> Result<Vec<isize>, Refusal> {
    match given {
        Argument::List(items) => items.iter().map(as_int).collect(),
        _ => Ok(vec![as_int(given)?]),
    }
}
