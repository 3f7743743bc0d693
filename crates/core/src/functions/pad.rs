//! Tensors with a margin around them.

use crate::{
    data::{error::Error, shape::Shape, size::Size},
    graph::{
        Graph,
        expr::Expr,
        methods::functions,
        ops::{Window, Windows},
        region::{ArgumentValue, CallArgument, Describe},
    },
};

/// The values in a padded margin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PadMode {
    /// One number.
    Constant(f64),
    /// The tensor mirrored at its edge, which is not repeated: `c b | a b c | b a`.
    Reflect,
    /// The element at the edge: `a a | a b c | c c`.
    Replicate,
    /// The tensor again, from its other end: `b c | a b c | a b`.
    Circular,
}

impl Describe for PadMode {
    fn describe(&self, graph: &Graph) -> ArgumentValue {
        let (mode, value) = match self {
            PadMode::Constant(value) => ("Constant", Some(*value)),
            PadMode::Reflect => ("Reflect", None),
            PadMode::Replicate => ("Replicate", None),
            PadMode::Circular => ("Circular", None),
        };
        let mode = CallArgument { name: "mode", value: mode.describe(graph) };
        let value = CallArgument { name: "value", value: value.describe(graph) };
        ArgumentValue::Fields([mode, value].into())
    }
}

functions! { "Padding and windows":
    /// With a margin before and after each axis. The pairs `(before, after)` belong to the last axes; a negative number
    /// takes elements away. Shapes `[…, n] → […, before + n + after]`. Source: `torch.nn.functional.pad`.
    ///
    /// ```
    /// use retrograd_core::{Graph, PadMode};
    ///
    /// let g = Graph::new();
    /// let x = g.constant([1.0, 2.0, 3.0]);
    /// let padded = x.pad(&[(2, 1)], PadMode::Reflect);
    /// assert_eq!(padded.value().to_vec::<f64>(), [3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    /// ```
    pad / try_pad(x, pairs: &[(isize, isize)], mode: PadMode) -> Self,
    "If there are more pairs than axes, more is taken away than there is, an axis is too short for the mode, or no \
     tensor can have the shape.",
    {
        let Some(first) = x.rank().checked_sub(pairs.len()) else {
            let reason = format!("there are {} pairs for {} axes", pairs.len(), x.rank());
            return Err(Self::misfit(&[x], reason));
        };
        let pairs: Vec<_> = (first..).zip(pairs.iter().copied()).collect();
        match mode {
            PadMode::Constant(_) | PadMode::Circular => x.cropped(&pairs)?.with_margins(&pairs, mode),
            PadMode::Reflect | PadMode::Replicate => x.with_margins(&pairs, mode)?.cropped(&pairs),
        }
    }
}

/// An axis, and how much it gets before and after, or loses.
type AxisMargins = (usize, (isize, isize));

/// The margins of axes to which elements are added.
fn margins(pairs: &[AxisMargins]) -> impl Iterator<Item = (usize, [usize; 2])> {
    pairs.iter().map(|&(axis, (before, after))| (axis, [before, after].map(|n| n.max(0) as usize)))
}

impl PadMode {
    /// Why an axis with `size` elements cannot have the margins `(before, after)`.
    fn fits(self, [before, after]: [usize; 2], size: usize) -> Result<(), String> {
        let largest = match self {
            PadMode::Constant(_) => usize::MAX,
            PadMode::Reflect => size.saturating_sub(1),
            PadMode::Replicate => {
                if size == 0 {
                    0
                } else {
                    usize::MAX
                }
            }
            PadMode::Circular => size,
        };
        if before.max(after) > largest {
            return Err(format!(
                "of size {size} is too short for a margin of {}",
                before.max(after)
            ));
        }
        Ok(())
    }
}

impl<'g> Expr<'g> {
    /// Without the elements that negative numbers take away.
    #[track_caller]
    fn cropped(self, pairs: &[AxisMargins]) -> Result<Self, Error> {
        pairs.iter().try_fold(self, |x, &(axis, (before, after))| {
            let [start, cut] = [before, after].map(|n| if n < 0 { n.unsigned_abs() } else { 0 });
            let size = x.shape()[axis];
            if Size::from(start) + cut > Size::from(size) {
                let reason = format!("axis {axis} has only {size} elements to take away");
                return Err(Self::misfit(&[self], reason));
            }
            x.try_slice(axis as isize, start..size - cut)
        })
    }

    #[track_caller]
    fn with_margins(self, pairs: &[AxisMargins], mode: PadMode) -> Result<Self, Error> {
        for (axis, margin) in margins(pairs) {
            mode.fits(margin, self.shape()[axis])
                .map_err(|reason| Self::misfit(&[self], format!("axis {axis} {reason}")))?;
        }
        if margins(pairs).all(|(_, margin)| margin == [0, 0]) {
            return Ok(self);
        }
        if mode == PadMode::Constant(0.0) {
            return self.with_zeros(pairs);
        }
        let mut padded = self;
        for (axis, [before, after]) in margins(pairs) {
            let size = padded.shape()[axis];
            let parts = [
                padded.margin_before(axis, before, mode)?,
                Some(padded),
                padded.margin_after(axis, size, after, mode)?,
            ];
            let parts: Vec<_> = parts.into_iter().flatten().collect();
            if parts.len() > 1 {
                padded = self.graph().try_concat(&parts, axis as isize)?;
            }
        }
        Ok(padded)
    }

    #[track_caller]
    fn with_zeros(self, pairs: &[AxisMargins]) -> Result<Self, Error> {
        let mut whole = self.shape();
        let mut starts = vec![0; self.rank()];
        for (axis, [before, after]) in margins(pairs) {
            let size = (Size::from(whole[axis]) + before + after).get();
            let size = size.map_err(|reason| Self::misfit(&[self], reason))?;
            whole = whole.with_size(axis, size);
            starts[axis] = before;
        }
        let windows = starts.into_iter().map(|start| Window { start, step: 1 });
        self.try_among_zeros(&Windows::new(windows), whole)
    }

    #[track_caller]
    fn margin_before(self, axis: usize, n: usize, mode: PadMode) -> Result<Option<Self>, Error> {
        let (shape, along) = (self.shape(), axis as isize);
        let size = shape[axis];
        match mode {
            _ if n == 0 => Ok(None),
            PadMode::Constant(value) => self.margin_of(value, shape.with_size(axis, n)).map(Some),
            PadMode::Reflect => self.try_slice_by(along, 1..n + 1, -1).map(Some),
            PadMode::Replicate => {
                self.try_slice(along, 0..1)?.try_broadcast_to(shape.with_size(axis, n)).map(Some)
            }
            PadMode::Circular => self.try_slice(along, size - n..).map(Some),
        }
    }

    #[track_caller]
    fn margin_after(
        self,
        axis: usize,
        size: usize,
        n: usize,
        mode: PadMode,
    ) -> Result<Option<Self>, Error> {
        let (shape, along) = (self.shape(), axis as isize);
        match mode {
            _ if n == 0 => Ok(None),
            PadMode::Constant(value) => self.margin_of(value, shape.with_size(axis, n)).map(Some),
            PadMode::Reflect => self.try_slice_by(along, size - 1 - n..size - 1, -1).map(Some),
            PadMode::Replicate => {
                let edge = self.try_slice(along, size - 1..)?;
                edge.try_broadcast_to(shape.with_size(axis, n)).map(Some)
            }
            PadMode::Circular => self.try_slice(along, ..n).map(Some),
        }
    }

    #[track_caller]
    fn margin_of(self, value: f64, shape: Shape) -> Result<Self, Error> {
        self.graph().try_literal(value, shape, self.dtype())
    }
}
