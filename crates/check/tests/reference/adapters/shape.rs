//! Shapes: the same elements in another order or arrangement.

use retrograd_core::{Axes, Error, Expr, PadMode, Shape};

use crate::reference::call::{Adapter, Call, Outputs, Refusal};

/// The table.
pub const SHAPE: &[(&str, Adapter)] = &[
    ("reshape", |c| {
        let x = c.x(0)?;
        c.one(x.try_reshape(c.shape((1, "shape"), x)?))
    }),
    ("view", |c| {
        let x = c.x(0)?;
        c.one(x.try_reshape(c.shape((1, "shape"), x)?))
    }),
    ("permute", |c| c.one(c.x(0)?.try_permute(&c.ints((1, "dims"))?))),
    ("transpose", |c| {
        let (a, b) = (c.int((1, "dim0"), 0)?, c.int((2, "dim1"), 1)?);
        c.along(c.x(0)?, |x| Ok(x.try_transpose(a, b)?))
    }),
    ("t", |c| {
        let x = c.x(0)?;
        match x.rank() {
            0 | 1 => c.one(x),
            _ => c.one(x.try_transpose(-2, -1)),
        }
    }),
    ("flatten", |c| {
        let (first, last) = (c.int((1, "start_dim"), 0)?, c.int((2, "end_dim"), -1)?);
        c.one(c.x(0)?.try_flatten_axes(first, last))
    }),
    ("unflatten", |c| {
        let (x, axis) = (c.x(0)?, c.int((1, "dim"), 0)?);
        let at = if axis < 0 { axis + x.rank() as isize } else { axis } as usize;
        let size = x.shape().get(at).copied().unwrap_or(0);
        let sizes = c.shape((2, "sizes"), c.graph.full([size], 0.0))?;
        c.one(x.try_unflatten(axis, &sizes))
    }),
    ("unsqueeze", |c| c.one(c.x(0)?.try_unsqueeze(c.int((1, "dim"), 0)?))),
    ("squeeze", squeeze),
    ("expand", expand),
    ("broadcast_to", expand),
    ("movedim", |c| {
        c.one(c.x(0)?.try_movedim(&c.ints((1, "source"))?, &c.ints((2, "destination"))?))
    }),
    ("flip", |c| c.one(c.x(0)?.try_flip(&c.ints((1, "dims"))?[..]))),
    ("roll", roll),
    ("repeat", |c| c.one(c.x(0)?.try_tile(&sizes(c, (1, "repeats"))?))),
    ("tile", |c| c.one(c.x(0)?.try_tile(&sizes(c, (1, "dims"))?))),
    ("cat", |c| {
        let parts = c.list(0)?;
        // The reference lets an empty vector stand beside tensors of any rank.
        let is_nothing = |part: &Expr<'_>| part.shape() == Shape::from([0]);
        let some: Vec<_> = parts.iter().copied().filter(|part| !is_nothing(part)).collect();
        let parts = if some.is_empty() { parts } else { some };
        c.one(c.graph.try_concat(&parts, c.int((1, "dim"), 0)?))
    }),
    ("stack", |c| c.one(c.graph.try_stack(&c.list(0)?, c.int((1, "dim"), 0)?))),
    ("hstack", |c| c.one(c.graph.try_hstack(&c.list(0)?))),
    ("vstack", |c| c.one(c.graph.try_vstack(&c.list(0)?))),
    ("meshgrid", meshgrid),
    ("split", |c| {
        let (x, axis) = (c.x(0)?, c.int((2, "dim"), 0)?);
        match c.is_list((1, "split_size_or_sections")) {
            true => Ok(x.try_split_with_sizes(axis, &sizes(c, 1)?)?),
            false => Ok(x.try_split(axis, c.size(1)?)?),
        }
    }),
    ("split_with_sizes", |c| {
        Ok(c.x(0)?.try_split_with_sizes(c.int((2, "dim"), 0)?, &sizes(c, (1, "split_sizes"))?)?)
    }),
    ("chunk", |c| Ok(c.x(0)?.try_chunk(c.int((2, "dim"), 0)?, c.size((1, "chunks"))?)?)),
    ("unbind", |c| Ok(c.x(0)?.try_unbind(c.int((1, "dim"), 0)?)?)),
    ("constant_pad_nd", |c| pad(c, PadMode::Constant(c.number((2, "value"), 0.0)?))),
    ("nn.functional.pad", |c| {
        let mode = match c.text((2, "mode"), "constant")? {
            "reflect" => PadMode::Reflect,
            "replicate" => PadMode::Replicate,
            "circular" => PadMode::Circular,
            _ => PadMode::Constant(c.number((3, "value"), 0.0)?),
        };
        pad(c, mode)
    }),
    ("tril", |c| c.one(c.x(0)?.try_tril(c.int((1, "diagonal"), 0)?))),
    ("triu", |c| c.one(c.x(0)?.try_triu(c.int((1, "diagonal"), 0)?))),
    ("diag", |c| c.one(c.x(0)?.try_diag(c.int((1, "diagonal"), 0)?))),
    ("diagonal", |c| {
        let (a, b) = (c.int((2, "dim1"), 0)?, c.int((3, "dim2"), 1)?);
        c.one(c.x(0)?.try_diagonal(c.int((1, "offset"), 0)?, a, b))
    }),
    ("diag_embed", |c| {
        let (a, b) = (c.int((2, "dim1"), -2)?, c.int((3, "dim2"), -1)?);
        c.one(c.x(0)?.try_diag_embed(c.int((1, "offset"), 0)?, a, b))
    }),
    ("trace", |c| c.one(c.x(0)?.try_trace())),
];

/// Sizes of a list, or of one integer.
fn sizes(
    c: &Call<'_>,
    place: impl Into<crate::reference::call::Place>,
) -> Result<Vec<usize>, Refusal> {
    let sizes = c.ints(place)?;
    let sizes: Option<Vec<usize>> = sizes.iter().map(|&size| size.try_into().ok()).collect();
    sizes.ok_or_else(|| Refusal::Type("a size is a `usize`".to_owned()))
}

/// Axes of other sizes than 1 stay, and a scalar may be squeezed.
fn squeeze<'g>(c: &Call<'g>) -> Outputs<'g> {
    let x = c.x(0)?;
    let (shape, rank) = (x.shape(), x.rank());
    let named = c.maybe_ints((1, "dim"))?.unwrap_or_else(|| (0..rank as isize).collect());
    if rank == 0 {
        return c.one(x);
    }
    Axes::from(&named[..]).resolve(rank).map_err(|reason| Expr::misfit(&[x], reason))?;
    let at = |axis: &isize| if *axis < 0 { axis + rank as isize } else { *axis } as usize;
    let axes: Vec<_> = named.into_iter().filter(|axis| shape[at(axis)] == 1).collect();
    c.one(x.try_squeeze(&axes[..]))
}

/// A size of −1 is that of the tensor's own axis.
fn expand<'g>(c: &Call<'g>) -> Outputs<'g> {
    let (x, wanted) = (c.x(0)?, c.ints((1, "size"))?);
    let (own, rank) = (x.shape(), wanted.len());
    let size = |(axis, &size): (usize, &isize)| match (size, (axis + own.rank()).checked_sub(rank))
    {
        (-1, Some(axis)) => own.get(axis).copied().ok_or(size),
        _ => usize::try_from(size).map_err(|_| size),
    };
    let sizes: Result<Shape, _> = wanted.iter().enumerate().map(size).collect();
    match sizes {
        Ok(sizes) => c.one(x.try_broadcast_to(sizes)),
        Err(size) => Err(Refusal::Type(format!("{size} is not a `usize`"))),
    }
}

fn roll<'g>(c: &Call<'g>) -> Outputs<'g> {
    let (x, shifts) = (c.x(0)?, c.ints((1, "shifts"))?);
    let axes = c.maybe_ints((2, "dims"))?.unwrap_or_default();
    if axes.is_empty() && shifts.len() == 1 {
        let flat = x.try_reshape([x.shape().n_elements()])?;
        return c.one(flat.try_roll(shifts[0], 0)?.try_reshape(x.shape()));
    }
    if shifts.is_empty() || shifts.len() != axes.len() {
        return Err(Refusal::Type("a roll is by one shift along one axis".to_owned()));
    }
    c.one(shifts.iter().zip(&axes).try_fold(x, |x, (&shift, &axis)| x.try_roll(shift, axis)))
}

/// With indexing `xy`, the first two axes change places.
fn meshgrid<'g>(c: &Call<'g>) -> Outputs<'g> {
    let mut vectors = if c.is_list(0) { c.list(0)? } else { c.tensors()? };
    let is_xy = c.text("indexing", "ij")? == "xy" && vectors.len() > 1;
    if !is_xy {
        return Ok(c.graph.try_meshgrid(&vectors)?);
    }
    vectors.swap(0, 1);
    let mut grids = c.graph.try_meshgrid(&vectors)?;
    grids.swap(0, 1);
    Ok(grids)
}

/// The reference lists the margins from the last axis to the first.
fn pad<'g>(c: &Call<'g>, mode: PadMode) -> Outputs<'g> {
    let margins = c.ints((1, "pad"))?;
    if !margins.len().is_multiple_of(2) {
        return Err(Refusal::Type("margins are pairs".to_owned()));
    }
    let pairs: Vec<_> = margins.chunks(2).rev().map(|pair| (pair[0], pair[1])).collect();
    let padded: Result<_, Error> = c.x(0)?.try_pad(&pairs, mode);
    c.one(padded)
}
