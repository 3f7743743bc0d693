//! Dependences between elements of outputs and inputs, from which sparsity patterns are made.

use crate::{
    data::{
        error::Error,
        shape::{AxisSet, Layout, Shape},
    },
    graph::{
        expr::Expr,
        ops::{Link, Op},
    },
};

/// Which elements of an output can have a derivative by which elements of an input.
///
/// Both tensors lie in one space of addresses, and an output depends on the inputs at its address. So an elementwise
/// function keeps every element where it is, a view looks elsewhere, a sum brings many elements to one address, and
/// strides of 0 along the inner axes of a product bring whole rows to those elements that they are the operands of.
///
/// More dependences than there are only cost time; one too few gives wrong derivatives.
///
/// ```
/// use retrograd_core::{Shape, ops::Dependence};
///
/// // Each element of a vector of sums depends on a row of the matrix.
/// let (x, y) = (Shape::from([2, 3]), Shape::from([2]));
/// let by_row = Dependence::equal_along(&x, &[0], &y, &[0]);
/// assert_eq!(by_row.input.of(&x), [Some(0), Some(0), Some(0), Some(1), Some(1), Some(1)]);
/// assert_eq!(by_row.output.of(&y), [Some(0), Some(1)]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependence {
    /// Where the elements of the input lie.
    pub input: Addresses,
    /// The layout of the output's elements.
    pub output: Addresses,
}

/// Where the elements of a tensor lie in a space of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// At the positions of a layout; several may share one.
    Strided(Layout),
    /// The address of each, in row-major order; of some there may be none.
    Listed(Box<[Option<usize>]>),
}

impl Addresses {
    /// The address of each element of a tensor of a shape, in row-major order.
    pub fn of(&self, shape: &Shape) -> Vec<Option<usize>> {
        match self {
            Addresses::Strided(layout) => layout.positions(shape).map(Some).collect(),
            Addresses::Listed(addresses) => addresses.to_vec(),
        }
    }

    /// Whether there is an address for each element of a tensor of a shape, or none.
    fn fit(&self, shape: &Shape) -> bool {
        match self {
            Addresses::Strided(layout) => layout.strides.len() == shape.rank(),
            Addresses::Listed(addresses) => addresses.len() == shape.n_elements(),
        }
    }

    /// An address of its own for each element.
    pub(super) fn distinct(shape: &Shape) -> Self {
        Addresses::Strided(Layout::contiguous(shape))
    }
}

impl Dependence {
    /// Holds the rule of a user's own operation against the shapes of the input and the output that it speaks of.
    ///
    /// # Errors
    /// If it has other numbers of addresses, or of axes.
    pub(crate) fn check<'g>(&self, op: &Op, x: Expr<'g>, y: Expr<'g>) -> Result<(), Error> {
        for (addresses, of) in [(&self.input, x), (&self.output, y)] {
            if !addresses.fit(&of.shape()) {
                let reason = match addresses {
                    Addresses::Strided(layout) => format!("{} strides", layout.strides.len()),
                    Addresses::Listed(list) => format!("{} addresses", list.len()),
                };
                let reason = format!("the rule `dependence` returns {reason} for {}", of.shape());
                let operands = vec![of.graph().describe(of.id())];
                return Err(Error::Operands { op: op.to_string(), operands, reason });
            }
        }
        Ok(())
    }

    /// Each element of the output depends on the element of the input at the same place.
    pub fn elementwise(shape: &Shape) -> Self {
        Self { input: Addresses::distinct(shape), output: Addresses::distinct(shape) }
    }

    /// Every element of the output depends on every element of the input.
    pub fn full(x: &Shape, y: &Shape) -> Self {
        Self::equal_along(x, &[], y, &[])
    }

    /// An element of the output depends on those of the input whose indices along the axes `of_x` are its own along the
    /// axes `of_y`, which have the same sizes in the same order.
    pub fn equal_along(x: &Shape, of_x: &[usize], y: &Shape, of_y: &[usize]) -> Self {
        let sizes: Shape = of_y.iter().map(|&axis| y[axis]).collect();
        let dense = Layout::contiguous(&sizes);
        let spread = |shape: &Shape, axes: &[usize]| {
            let mut layout = Layout::contiguous(shape);
            layout.strides.fill(0);
            axes.iter().zip(&dense.strides).for_each(|(&axis, &by)| layout.strides[axis] = by);
            Addresses::Strided(layout)
        };
        Self { input: spread(x, of_x), output: spread(y, of_y) }
    }

    /// The output is the input, of shape `x`, in another layout.
    pub(super) fn view(x: &Shape, layout: Layout) -> Self {
        Self { input: Addresses::distinct(x), output: Addresses::Strided(layout) }
    }

    /// The elements of the input, at the positions of a layout of the output, of shape `y`, add up to it.
    pub(super) fn placed(layout: Layout, y: &Shape) -> Self {
        Self { input: Addresses::Strided(layout), output: Addresses::distinct(y) }
    }

    /// The elements of the input along some axes, which are removed, come together.
    pub(super) fn reduced(axes: AxisSet, link: Link<'_, '_>) -> Self {
        let (x, y) = (link.x(0).shape(), link.y.shape());
        let kept: Vec<_> = (0..x.rank()).filter(|&axis| !axes.contains(axis)).collect();
        let all: Vec<_> = (0..y.rank()).collect();
        Self::equal_along(&x, &kept, &y, &all)
    }

    /// For each index of the axes before the last two, everything depends on everything: matrices of which no more is
    /// known.
    pub(super) fn by_matrix(link: Link<'_, '_>) -> Self {
        let (x, y) = (link.x(link.k).shape(), link.y.shape());
        let batch: Vec<_> = (0..x.rank() - 2).collect();
        Self::equal_along(&x, &batch, &y, &batch)
    }

    /// Along one axis everything depends on everything; along the others indices are equal.
    pub(super) fn along(axis: usize, link: Link<'_, '_>) -> Self {
        let (x, y) = (link.x(link.k).shape(), link.y.shape());
        let others: Vec<_> = (0..x.rank()).filter(|&other| other != axis).collect();
        Self::equal_along(&x, &others, &y, &others)
    }

    /// Whether each element of the output depends on that of the input which has its number.
    pub(crate) fn is_elementwise(&self, x: &Shape, y: &Shape) -> bool {
        let is_contiguous = |addresses: &Addresses, shape: &Shape| match addresses {
            Addresses::Strided(layout) => layout.is_contiguous(shape),
            Addresses::Listed(_) => false,
        };
        // The first part of a vector begins as the vector does, but there are fewer of it.
        x.n_elements() == y.n_elements()
            && is_contiguous(&self.input, x)
            && is_contiguous(&self.output, y)
    }
}

/// For each element of a tensor of shape `part`, the address that an index along an axis of a tensor of shape `whole`
/// points to; `None` if one is out of bounds.
pub(super) fn pointed_at(
    index: &[i64],
    part: &Shape,
    axis: usize,
    whole: &Shape,
) -> Option<Addresses> {
    let mut layout = Layout::contiguous(whole);
    let stride = std::mem::take(&mut layout.strides[axis]) as usize;
    let at = |(base, &i): (usize, &i64)| {
        let i = usize::try_from(i).ok().filter(|&i| i < whole[axis])?;
        Some(Some(base + i * stride))
    };
    let listed: Option<Box<[_]>> = layout.positions(part).zip(index).map(at).collect();
    listed.map(Addresses::Listed)
}
