//! Sliding windows.

use crate::{functions::functions, shape::resolve_axis};

functions! { "Padding and windows":
    /// Windows of `size` elements that start every `step` elements of an axis: the axis counts the windows, and a new
    /// last axis runs through each. Windows may overlap; one that does not fit is left out. Shapes `[…, n, …] → […, (n
    /// − size)/step + 1, …, size]`. Source: `torch.Tensor.unfold`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let windows = g.arange(5).unfold(0, 3, 2).value();
    /// assert_eq!((windows.shape(), windows.to_vec::<i64>()), (&[2, 3].into(), vec![0, 1, 2, 2, 3, 4]));
    /// ```
    unfold / try_unfold(x, axis: isize, size: usize, step: usize) -> Self,
    "If the axis does not exist or is shorter than a window, or the step is 0.",
    {
        let misfit = |reason: String| Self::misfit("unfold", &[x], reason);
        let axis = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let length = x.shape()[axis];
        if size > length {
            return Err(misfit(format!("axis {axis} of size {length} has no window of {size}")));
        }
        if step == 0 {
            return Err(misfit("the step is 0".to_owned()));
        }
        let reach = (length - size) / step * step + 1;
        if size == 0 {
            let n_windows = length / step + 1;
            let shape = x.shape().with_size(axis, n_windows);
            return Ok(x.graph().literal(0.0, shape.with_axis(shape.rank(), 0), x.dtype()));
        }
        let part = |k: usize| x.try_slice_by(axis as isize, k..k + reach, step as isize);
        let parts = (0..size).map(part).collect::<Result<Vec<_>, _>>()?;
        x.graph().try_stack(&parts, -1)
    }
}
