//! Elements by size: sorted, largest and smallest with their places, medians.

use crate::{
    data::{dtype::DType, error::Error, shape::resolve_axis},
    graph::{expr::Expr, methods::functions},
};

functions! { "Order":
    /// Elements sorted along an axis, and the indices they come from. Equal elements keep their order; NaN counts as
    /// larger than every number. The gradient follows the indices. Shapes `[…] → […], […]`. Source: `torch.sort`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (values, indices) = g.constant([3.0, 1.0, 2.0]).sort(0, true);
    /// assert_eq!(values.value().to_vec::<f64>(), [3.0, 2.0, 1.0]);
    /// assert_eq!(indices.value().to_vec::<i64>(), [0, 2, 1]);
    /// ```
    sort / try_sort(x, axis: isize, descending: bool) -> (Self, Self),
    "If the axis does not exist.",
    { x.sorted(axis, descending) }

    /// The `k` largest elements along an axis (the smallest if not `largest`), sorted, and their indices. The gradient
    /// follows the indices. Shapes `[…, n, …] → […, k, …], […, k, …]`. Source: `torch.topk`.
    topk / try_topk(x, k: usize, axis: isize, largest: bool) -> (Self, Self),
    "If the axis does not exist, or has fewer elements.",
    {
        let along = resolve_axis(axis, x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        let size = x.shape()[along];
        if k > size {
            let reason = format!("axis {along} has {size} elements, not {k}");
            return Err(Self::misfit(&[x], reason));
        }
        let (values, indices) = x.sorted(axis, largest)?;
        Ok((values.try_slice(axis, ..k)?, indices.try_slice(axis, ..k)?))
    }

    /// Largest element along an axis, which is removed, and its index: the first NaN if there is one, else the first
    /// maximum. The gradient goes to that element alone; [`max_over`](Self::max_over) shares it between equal ones.
    /// Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.max`.
    max_with_index / try_max_with_index(x, axis: isize) -> (Self, Self),
    "If the axis does not exist or is empty.",
    {
        x.require_elements(&axis.into())?;
        let index = x.try_argmax(axis)?;
        Ok((x.try_gather(axis, index.try_unsqueeze(axis)?)?.try_squeeze(axis)?, index))
    }

    /// Smallest element along an axis, which is removed, and its index: the first NaN if there is one, else the first
    /// minimum. The gradient goes to that element alone; [`min_over`](Self::min_over) shares it between equal ones.
    /// Shapes `[…, n, …] → […, …], […, …]`. Source: `torch.min`.
    min_with_index / try_min_with_index(x, axis: isize) -> (Self, Self),
    "If the axis does not exist or is empty.",
    {
        x.require_elements(&axis.into())?;
        let index = x.try_argmin(axis)?;
        Ok((x.try_gather(axis, index.try_unsqueeze(axis)?)?.try_squeeze(axis)?, index))
    }

    /// Index of the first smallest element along an axis, which is removed; that of the first NaN if there is one.
    /// Shapes `[…, n, …] → […, …]`. Source: `torch.argmin`.
    argmin / try_argmin(x, axis: isize) -> Self,
    "If the axis does not exist or is empty.",
    {
        x.require_elements(&axis.into())?;
        let numbers = if x.dtype().is_float() { x } else { x.cast(DType::F64) };
        numbers.stop_gradient().try_neg()?.try_argmax(axis)
    }

    /// Median along an axis, which is removed, and its index: the lower of the two middle elements if their number is
    /// even, and NaN if there is one. The gradient follows the index. Shapes `[…, n, …] → […, …], […, …]`. Source:
    /// `torch.median`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// assert_eq!(g.constant([4.0, 1.0, 3.0, 2.0]).median(0).0.value().item(), 2.0);
    /// ```
    median / try_median(x, axis: isize) -> (Self, Self),
    "If the axis does not exist or is empty, or the elements are not floating-point numbers.",
    {
        x.require_float()?;
        x.require_elements(&axis.into())?;
        let along = resolve_axis(axis, x.rank()).map_err(|reason| Self::misfit(&[x], reason))?;
        let size = x.shape()[along];
        let order = x.try_argsort(axis, false)?;
        let middle = order.try_slice(axis, (size - 1) / 2..=(size - 1) / 2)?;
        // NaN is sorted to the end: where there is one, it is the median.
        let last = order.try_slice(axis, size - 1..)?;
        let largest = x.try_gather(axis, last)?;
        let index = largest.try_ne(largest)?.try_select(last, middle)?;
        Ok((x.try_gather(axis, index)?.try_squeeze(axis)?, index.try_squeeze(axis)?))
    }
}

impl<'g> Expr<'g> {
    #[track_caller]
    fn sorted(self, axis: isize, descending: bool) -> Result<(Self, Self), Error> {
        resolve_axis(axis, self.rank()).map_err(|reason| Self::misfit(&[self], reason))?;
        let order = self.try_argsort(axis, descending)?;
        Ok((self.try_gather(axis, order)?, order))
    }
}
