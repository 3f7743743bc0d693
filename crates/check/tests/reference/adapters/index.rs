//! Elements picked, put and masked by index.

use retrograd_core::{DType, Error, Expr, Shape, Tensor};

use crate::reference::{
    call::{Adapter, Call, Outputs, Refusal, unexpected},
    format::Argument,
};

/// The table.
pub const INDEX: &[(&str, Adapter)] = &[
    ("__getitem__", get_item),
    ("select", |c| c.one(c.x(0)?.try_select_index(c.int((1, "dim"), 0)?, c.int((2, "index"), 0)?))),
    ("narrow", |c| {
        let start = c.int((2, "start"), 0)?;
        c.one(c.x(0)?.try_narrow(c.int((1, "dim"), 0)?, start, c.size((3, "length"))?))
    }),
    ("slice", |c| {
        let (x, axis) = (c.x(0)?, c.int((1, "dim"), 0)?);
        let bounds = [c.maybe_int((2, "start"))?, c.maybe_int((3, "end"))?];
        c.one(sliced(x, axis, [bounds[0], bounds[1], c.maybe_int((4, "step"))?]))
    }),
    ("gather", |c| {
        let (x, index) = (vector(c.x(0)?)?, c.x((2, "index"))?);
        let places = vector(index)?;
        // Nothing is picked by no index, of whatever rank.
        if places.shape().n_elements() == 0 {
            return c.one(x.graph().full(index.shape(), 0.0));
        }
        let axis = c.int((1, "dim"), 0)?;
        let x = cut_to(x, places, axis)?;
        c.one(x.try_gather(axis, places)?.try_reshape(index.shape()))
    }),
    ("take_along_dim", |c| {
        let (x, index) = (c.x(0)?, c.x((1, "indices"))?);
        match c.maybe_int((2, "dim"))? {
            Some(axis) => c.one(x.try_take_along_dim(index, axis)),
            None => c.one(flat(x)?.try_take_along_dim(flat(index)?, 0)),
        }
    }),
    ("index_select", |c| {
        let (axis, index) = (c.int((1, "dim"), 0)?, c.x((2, "index"))?);
        c.along(c.x(0)?, |x| Ok(x.try_index_select(axis, vector(index)?)?))
    }),
    ("index_add", |c| {
        let (axis, index) = (c.int((1, "dim"), 0)?, vector(c.x((2, "index"))?)?);
        let source = vector(c.x((3, "source"))?)?.try_mul(c.number("alpha", 1.0)?)?;
        c.along(c.x(0)?, |x| Ok(x.try_index_add(axis, index, source)?))
    }),
    ("scatter", |c| {
        let (axis, index) = (c.int((1, "dim"), 0)?, vector(c.x((2, "index"))?)?);
        let source = c.x((3, "src"))?;
        let source = match source.rank() {
            0 => source.try_broadcast_to(index.shape())?,
            _ => source,
        };
        c.along(c.x(0)?, |x| Ok(x.try_scatter(axis, index, source)?))
    }),
    ("scatter_add", |c| {
        let (axis, index) = (c.int((1, "dim"), 0)?, vector(c.x((2, "index"))?)?);
        let source = vector(c.x((3, "src"))?)?;
        c.along(c.x(0)?, |x| Ok(x.try_scatter_add_to(axis, index, source)?))
    }),
    ("masked_fill", |c| c.one(c.x(0)?.try_masked_fill(c.x((1, "mask"))?, c.x((2, "value"))?))),
    ("masked_select", |c| c.one(c.x(0)?.try_masked_select(c.x((1, "mask"))?))),
];

/// A scalar as a vector of one element.
fn vector(x: Expr<'_>) -> Result<Expr<'_>, Error> {
    if x.rank() == 0 { x.try_reshape([1]) } else { Ok(x) }
}

fn flat(x: Expr<'_>) -> Result<Expr<'_>, Error> {
    x.try_reshape([x.shape().n_elements()])
}

/// The part of `x` that indices of fewer rows or columns speak of.
fn cut_to<'g>(x: Expr<'g>, index: Expr<'g>, axis: isize) -> Result<Expr<'g>, Error> {
    let along = if axis < 0 { axis + x.rank() as isize } else { axis } as usize;
    let mut others = (0..x.rank().min(index.rank())).filter(|&axis| axis != along);
    others.try_fold(x, |x, axis| x.try_slice(axis as isize, ..index.shape()[axis]))
}

/// An axis sliced as in Python: bounds count from the end if they are negative, and are cut to the axis.
fn sliced<'g>(
    x: Expr<'g>,
    axis: isize,
    [start, end, step]: [Option<isize>; 3],
) -> Result<Expr<'g>, Error> {
    let along = if axis < 0 { axis + x.rank() as isize } else { axis } as usize;
    let size = x.shape()[along] as isize;
    let bound = |bound: isize| (if bound < 0 { bound + size } else { bound }).clamp(0, size);
    let start = start.map_or(0, bound);
    let end = end.map_or(size, bound).max(start);
    x.try_slice_by(axis, start as usize..end as usize, step.unwrap_or(1))
}

/// Slices and single indices axis by axis; then all lists and masks together.
fn get_item<'g>(c: &Call<'g>) -> Outputs<'g> {
    let x = c.x(0)?;
    // A list of nothing but numbers is an index of rows; any other stands for an index of each axis.
    let is_number = |item: &Argument<_>| matches!(item, Argument::Int(_));
    let items = match &c.args[1..] {
        [Argument::List(items)] if !items.iter().all(is_number) => items.clone(),
        items => items.to_vec(),
    };
    let n_named = items.iter().filter(|item| !matches!(item, Argument::Ellipsis)).count();
    let (mut y, mut axis, mut lists) = (x, 0, Vec::new());
    for item in &items {
        match item {
            Argument::Ellipsis => axis += x.rank() - n_named,
            Argument::Int(index) => y = y.try_select_index(axis as isize, *index as isize)?,
            Argument::Slice(bounds) => {
                y = sliced(y, axis as isize, bounds.map(|bound| bound.map(|b| b as isize)))?;
                axis += 1;
            }
            Argument::Tensor(index) => {
                let is_mask = index.dtype() == DType::Bool;
                let places = if is_mask { index.try_nonzero()? } else { *index };
                lists.push((axis, places.try_value()?.to_vec::<i64>()));
                axis += 1;
            }
            Argument::List(index) => {
                let places = index.iter().map(|item| match item {
                    Argument::Int(index) => Ok(*index),
                    other => Err(unexpected("an index", other)),
                });
                lists.push((axis, places.collect::<Result<_, _>>()?));
                axis += 1;
            }
            other => return Err(unexpected("an index", other)),
        }
    }
    c.one(picked(y, &lists))
}

/// The elements at the places that lists of indices of several axes name together: as the reference does, at the
/// first of these axes if they are neighbors, else in front.
fn picked<'g>(x: Expr<'g>, lists: &[(usize, Vec<i64>)]) -> Result<Expr<'g>, Refusal> {
    let Some((first, places)) = lists.first() else { return Ok(x) };
    let n = places.len();
    let shape = x.shape();
    let mut linear = vec![0; n];
    for (axis, places) in lists {
        let size = shape[*axis] as i64;
        for (at, &place) in linear.iter_mut().zip(places) {
            *at = *at * size + if place < 0 { place + size } else { place };
        }
    }
    let axes: Vec<_> = lists.iter().map(|&(axis, _)| axis as isize).collect();
    let front: Vec<_> = (0..axes.len() as isize).collect();
    let moved = x.try_movedim(&axes, &front)?;
    let rest: Vec<_> = moved.shape()[axes.len()..].to_vec();
    let n_places = moved.shape()[..axes.len()].iter().product();
    let joined: Shape = [n_places].into_iter().chain(rest).collect();
    let linear = x.graph().constant(Tensor::new([n], linear)?);
    let y = moved.try_reshape(joined)?.try_index_select(0, linear)?;
    let are_neighbors = lists.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1);
    Ok(if are_neighbors { y.try_movedim(&[0], &[*first as isize])? } else { y })
}
