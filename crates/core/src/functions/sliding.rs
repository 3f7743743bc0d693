//! Sliding windows.

use crate::{
    data::{shape::resolve_axis, size::Size},
    functions::windows::{Sliding, slide},
    graph::methods::functions,
};

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
        let misfit = |reason: String| Self::misfit(&[x], reason);
        let axis = resolve_axis(axis, x.rank()).map_err(misfit)?;
        let length = x.shape()[axis];
        if size > length {
            return Err(misfit(format!("axis {axis} of size {length} has no window of {size}")));
        }
        if step == 0 {
            return Err(misfit("the step is 0".to_owned()));
        }
        if size == 0 {
            let n_windows = (Size::from(length / step) + 1usize).get().map_err(misfit)?;
            let shape = x.shape().with_size(axis, n_windows);
            return x.graph().try_literal(0.0, shape.with_axis(shape.rank(), 0), x.dtype());
        }
        let sliding = Sliding::over(length, [size, 1, step]).map_err(misfit)?;
        x.graph().try_stack(&slide(x, axis, sliding)?, -1)
    }
}
