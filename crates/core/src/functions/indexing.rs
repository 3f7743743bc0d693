//! Elements picked, put and masked by index.

use crate::{
    data::{
        dtype::{DType, Element},
        error::Error,
        shape::{Shape, resolve_axis},
        tensor::Tensor,
    },
    functions::pad::PadMode,
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
        ops::RightOperand,
    },
    with_elements,
};

functions! { "Indexing":
    /// Elements picked by integer indices along an axis, like [`gather`](Self::gather), after the other axes of both
    /// are broadcast. Negative indices count from the end. Shapes `[…, n, …], […, m, …] → […, m, …]`. Source:
    /// `torch.take_along_dim`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
    /// let last_and_first = g.constant([[2i64, 0]]);
    /// assert_eq!(x.take_along_dim(last_and_first, 1).value().to_vec::<f64>(), [3.0, 1.0, 6.0, 4.0]);
    /// ```
    take_along_dim / try_take_along_dim(x, index: Expr<'g>, axis: isize) -> Self,
    "If the axis does not exist, the ranks differ, the other axes do not broadcast, or the indices are not integers.",
    {
        let misfit = |reason: String| Self::misfit(&[x, index], reason);
        let (along, sizes, places) = x.indexed_by(index, axis)?;
        let others = sizes.with_size(along, 1);
        let Some(common) = others.broadcast(&places.with_size(along, 1)) else {
            return Err(misfit(others.conflict(&places.with_size(along, 1))));
        };
        let index = index.counted_from_the_front(sizes[along])?;
        let picked = index.try_broadcast_to(common.with_size(along, places[along]))?;
        x.try_broadcast_to(common.with_size(along, sizes[along]))?.try_gather(axis, picked)
    }

    /// The parts at the given indices of an axis, `index` being a vector. Shapes `[…, n, …], [m] → […, m, …]`. Source:
    /// `torch.index_select`.
    index_select / try_index_select(x, axis: isize, index: Expr<'g>) -> Self,
    "If the axis does not exist, or the indices are not a vector of integers. An index out of bounds is an error of \
     the run that meets it.",
    {
        let (along, shape) = x.selected_by(index, axis)?;
        let picked = index.spread_along(along, &shape)?;
        x.try_gather(axis, picked)
    }

    /// This value with the parts of `source` added at the given indices of an axis, `index` being a vector. Shapes `[…,
    /// n, …], [m], […, m, …] → […, n, …]`. Source: `torch.index_add`.
    index_add / try_index_add(x, axis: isize, index: Expr<'g>, source: Expr<'g>) -> Self,
    "If the axis does not exist, the indices are not a vector of integers, or the sizes do not fit.",
    {
        let misfit = |reason: &str| Self::misfit(&[x, index, source], reason);
        let (along, shape) = x.selected_by(index, axis)?;
        if source.shape() != shape.with_size(along, index.shape().n_elements()) {
            return Err(misfit("the source does not have one part for each index"));
        }
        if source.dtype() != x.dtype() {
            return Err(misfit("the dtypes differ; cast one of them"));
        }
        let places = index.spread_along(along, &shape)?;
        x.try_add(source.try_scatter_add(axis, places, shape[along])?)
    }

    /// This value with elements of `source` in place of those at integer indices along an axis: `y[i, index[i, j]] =
    /// source[i, j]` for axis 1 of a matrix. Where an index occurs twice, the last one counts. The indices may be fewer
    /// than the elements along every axis, and the source larger: what is beyond is left out. Shapes `[…, n, …], […, m,
    /// …], […, m, …] → […, n, …]`. Source: `torch.scatter`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (x, source) = (g.constant([1.0, 2.0, 3.0]), g.constant([8.0, 9.0]));
    /// assert_eq!(x.scatter(0, g.constant([2i64, 0]), source).value().to_vec::<f64>(), [9.0, 2.0, 8.0]);
    /// ```
    scatter / try_scatter(x, axis: isize, index: Expr<'g>, source: Expr<'g>) -> Self,
    "If the axis does not exist, the indices are not integers, or the sizes do not fit.",
    {
        let (along, source) = x.scattered_by(axis, index, source)?;
        let last = index.is_last_of_its_kind(along)?;
        let ones = last.cast(x.dtype());
        let hit = x.added_at(axis, index, ones)?;
        let put = x.added_at(axis, index, last.try_select(source, source.like(0.0))?)?;
        hit.try_gt(0.0)?.try_select(put, x)
    }

    /// This value with elements of `source` added at integer indices along an axis: `y[i, index[i, j]] += source[i, j]`
    /// for axis 1 of a matrix. Sizes are as for [`scatter`](Self::scatter). (PyTorch's `scatter_add`; here that name is
    /// the adjoint of a gather, which starts from zeros.). Shapes `[…, n, …], […, m, …], […, m, …] → […, n, …]`.
    /// Source: `torch.scatter_add`.
    scatter_add_to / try_scatter_add_to(x, axis: isize, index: Expr<'g>, source: Expr<'g>) -> Self,
    "If the axis does not exist, the indices are not integers, or the sizes do not fit.",
    {
        let (_, source) = x.scattered_by(axis, index, source)?;
        x.try_add(x.added_at(axis, index, source)?)
    }

    /// `value` where the mask is true, else the elements of this value, after broadcasting. Shapes `[…], […] → […]`.
    /// Source: `torch.Tensor.masked_fill`.
    masked_fill / try_masked_fill(x, mask: Expr<'g>, value: impl RightOperand<'g>) -> Self,
    "If the mask is not one, or the operands do not fit each other.",
    { mask.try_select(value.expr(x.graph().literal(0.0, Shape::scalar(), x.dtype())), x) }

    /// The elements where the mask is true, in row-major order, after broadcasting. The mask must be known when this is
    /// recorded, since shapes are fixed in a graph. Shapes `[…], […] → [n]`. Source: `torch.masked_select`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let x = g.constant([1.0, -2.0, 3.0]);
    /// assert_eq!(x.masked_select(x.gt(0.0)).value().to_vec::<f64>(), [1.0, 3.0]);
    /// ```
    masked_select / try_masked_select(x, mask: Expr<'g>) -> Self,
    "If the mask is not one, does not broadcast, or depends on inputs without data.",
    {
        let misfit = |reason: String| Self::misfit(&[x, mask], reason);
        inputs_of_one_graph(&[x, mask])?;
        if mask.dtype() != DType::Bool {
            return Err(misfit(format!("the mask is {}, not truth values", mask.dtype())));
        }
        let Some(shape) = x.shape().broadcast(&mask.shape()) else {
            return Err(misfit(x.shape().conflict(&mask.shape())));
        };
        let chosen = mask.try_broadcast_to(&shape)?.try_nonzero()?;
        x.try_broadcast_to(&shape)?.try_reshape([shape.n_elements()])?.try_index_select(0, chosen)
    }

    /// The row-major places of the elements that are not 0, as a constant vector of integers. They must be known when
    /// this is recorded. Shapes `[…] → [n]`. Source: `numpy.flatnonzero`.
    nonzero / try_nonzero(x) -> Self,
    "If this value depends on inputs without data.",
    {
        let values = x.try_value()?;
        let places: Vec<i64> = with_elements!(Slice, values.as_slice(), elements => {
            let chosen = (0..).zip(elements).filter(|(_, element)| element.to_f64() != 0.0);
            chosen.map(|(place, _)| place).collect()
        });
        Ok(x.graph().constant(Tensor::new([places.len()], places)?))
    }
}

impl<'g> Expr<'g> {
    /// Indices of an axis of `size`, with that added to negative ones. Integers have no arithmetic of their own.
    #[track_caller]
    fn counted_from_the_front(self, size: usize) -> Result<Self, Error> {
        let number = self.cast(DType::F64);
        let from_the_end = number.try_add(size as f64)?.cast(DType::I64);
        self.try_lt(0)?.try_select(from_the_end, self)
    }

    /// Checks an index of this value's rank; returns the axis from the front, and both shapes.
    fn indexed_by(self, index: Self, axis: isize) -> Result<(usize, Shape, Shape), Error> {
        let misfit = |reason: String| Self::misfit(&[self, index], reason);
        inputs_of_one_graph(&[self, index])?;
        let along = resolve_axis(axis, self.rank()).map_err(misfit)?;
        if index.dtype() != DType::I64 {
            return Err(misfit("the indices are not integers".to_owned()));
        }
        if index.rank() != self.rank() {
            return Err(misfit(format!("the ranks {} and {} differ", self.rank(), index.rank())));
        }
        Ok((along, self.shape(), index.shape()))
    }

    /// Checks a vector of indices; returns the axis from the front, and this value's shape.
    fn selected_by(self, index: Self, axis: isize) -> Result<(usize, Shape), Error> {
        let misfit = |reason: String| Self::misfit(&[self, index], reason);
        inputs_of_one_graph(&[self, index])?;
        let along = resolve_axis(axis, self.rank()).map_err(misfit)?;
        if index.dtype() != DType::I64 || index.rank() != 1 {
            return Err(misfit("the indices are not a vector of integers".to_owned()));
        }
        Ok((along, self.shape()))
    }

    /// The checks that the scatters share; returns the axis from the front, and the source cut to the indices' sizes.
    #[track_caller]
    fn scattered_by(self, axis: isize, index: Self, source: Self) -> Result<(usize, Self), Error> {
        let misfit = |reason: String| Self::misfit(&[self, index, source], reason);
        let (along, sizes, places) = self.indexed_by(index, axis)?;
        inputs_of_one_graph(&[self, source])?;
        if source.dtype() != self.dtype() || !self.dtype().is_float() {
            return Err(misfit("the values must be of one floating-point type".to_owned()));
        }
        let given = source.shape();
        for axis in 0..self.rank() {
            let is_too_long = axis != along && places[axis] > sizes[axis];
            if is_too_long || given.get(axis).is_none_or(|&size| size < places[axis]) {
                return Err(misfit(format!(
                    "there are more indices than elements along axis {axis}"
                )));
            }
        }
        if given.rank() != self.rank() {
            return Err(misfit("the source has another rank".to_owned()));
        }
        let cut = (0..self.rank())
            .try_fold(source, |source, axis| source.try_slice(axis as isize, ..places[axis]))?;
        Ok((along, cut))
    }

    /// Zeros of this value's shape, with the elements of `source` added at the indices along an axis.
    #[track_caller]
    fn added_at(self, axis: isize, index: Self, source: Self) -> Result<Self, Error> {
        let shape = self.shape();
        let along = resolve_axis(axis, shape.rank())
            .map_err(|reason| Self::misfit(&[self, index], reason))?;
        let part = source.try_scatter_add(axis, index, shape[along])?;
        let missing = |(&whole, &part): (&usize, &usize)| (0, whole as isize - part as isize);
        let margins: Vec<_> = shape.iter().zip(part.shape().iter()).map(missing).collect();
        part.try_pad(&margins, PadMode::Constant(0.0))
    }

    /// For each index along an axis, whether no equal one follows.
    #[track_caller]
    fn is_last_of_its_kind(self, axis: usize) -> Result<Self, Error> {
        let along = axis as isize;
        let n = self.shape()[axis];
        if n == 0 {
            return self.try_eq(self);
        }
        let order = self.try_argsort(along, false)?;
        let sorted = self.try_gather(along, order)?;
        let end = self.graph().literal(1.0, self.shape().with_size(axis, 1), DType::Bool);
        let changes = sorted.try_slice(along, ..n - 1)?.try_ne(sorted.try_slice(along, 1..)?)?;
        let is_last = self.graph().try_concat(&[changes, end], along)?;
        is_last.try_gather(along, order.try_argsort(along, false)?)
    }

    /// This vector along an axis of `shape`, repeated along the others.
    #[track_caller]
    fn spread_along(self, axis: usize, shape: &Shape) -> Result<Self, Error> {
        let n = self.shape().n_elements();
        let ones: Shape = shape.iter().map(|_| 1).collect();
        self.try_reshape(ones.with_size(axis, n))?.try_broadcast_to(shape.with_size(axis, n))
    }
}
