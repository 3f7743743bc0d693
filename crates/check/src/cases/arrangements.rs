//! Cases of functions that arrange, pick and join elements.

use retrograd_core::{Expr, Graph, PadMode, Tensor};

use super::{Case, integers, numbers};

/// The outputs bent and put together, so that each gets a cotangent of its own.
#[track_caller]
fn joined<'g>(graph: &'g Graph, parts: &[Expr<'g>]) -> Expr<'g> {
    let flat: Vec<_> = parts.iter().map(|part| part.sin().flatten()).collect();
    graph.concat(&flat, 0).exp()
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = moves();
    cases.extend(parts());
    cases.extend(margins());
    cases.extend(diagonals());
    cases.extend(picks());
    cases.extend(scatters());
    cases
}

fn moves() -> Vec<Case> {
    let x = || [numbers([2, 3, 4], 1)];
    let vectors = || [numbers([2], 1), numbers([3], 2), numbers([4], 3)];
    vec![
        Case::new("flip of two axes", x(), |x| x[0].flip([0, -1]).exp()),
        Case::new("roll forwards", x(), |x| x[0].roll(1, 1).exp()),
        Case::new("roll backwards", x(), |x| x[0].roll(-7, -1).exp()),
        Case::new("movedim of two axes", x(), |x| x[0].movedim(&[0, 2], &[-1, 0]).exp()),
        Case::new("tile by more repeats than axes", x(), |x| x[0].tile(&[2, 1, 3, 2]).exp()),
        Case::new("tile by fewer repeats than axes", x(), |x| x[0].tile(&[2]).exp()),
        Case::new("unflatten", x(), |x| x[0].unflatten(-1, &[2, 2]).exp()),
        Case::new("flatten_axes", x(), |x| x[0].flatten_axes(0, 1).exp()),
        Case::new("meshgrid", vectors(), |x| joined(x[0].graph(), &x[0].graph().meshgrid(x))),
        Case::new("hstack of vectors", vectors(), |x| x[0].graph().hstack(x).exp()),
        Case::new("hstack of matrices", [numbers([2, 3], 1), numbers([2, 1], 2)], |x| {
            x[0].graph().hstack(x).exp()
        }),
        Case::new("vstack", [numbers([3], 1), numbers([2, 3], 2)], |x| {
            x[0].graph().vstack(x).exp()
        }),
    ]
}

fn parts() -> Vec<Case> {
    let x = || [numbers([2, 5, 3], 1)];
    vec![
        Case::new("narrow from the end", x(), |x| x[0].narrow(1, -3, 2).exp()),
        Case::new("select_index", x(), |x| x[0].select_index(1, -2).exp()),
        Case::new("unbind", x(), |x| joined(x[0].graph(), &x[0].unbind(2))),
        Case::new("split", x(), |x| joined(x[0].graph(), &x[0].split(1, 2))),
        Case::new("split_with_sizes", x(), |x| {
            joined(x[0].graph(), &x[0].split_with_sizes(1, &[3, 0, 2]))
        }),
        Case::new("chunk", x(), |x| joined(x[0].graph(), &x[0].chunk(1, 3))),
        Case::new("unfold with overlap", x(), |x| x[0].unfold(1, 3, 1).exp()),
        Case::new("unfold with gaps", x(), |x| x[0].unfold(1, 2, 3).exp()),
    ]
}

fn margins() -> Vec<Case> {
    let modes =
        [PadMode::Constant(0.0), PadMode::Constant(1.5), PadMode::Reflect, PadMode::Replicate];
    let modes = modes.into_iter().chain([PadMode::Circular]);
    let with = |mode: PadMode| {
        let x = || [numbers([2, 3, 4], 1)];
        [
            Case::new(format!("pad, {mode:?}"), x(), move |x| {
                x[0].pad(&[(1, 2), (3, 0)], mode).exp()
            }),
            Case::new(format!("pad, {mode:?}, with elements taken away"), x(), move |x| {
                x[0].pad(&[(-1, 1), (2, -2)], mode).exp()
            }),
        ]
    };
    modes.flat_map(with).collect()
}

fn diagonals() -> Vec<Case> {
    let matrices = || [numbers([2, 3, 4], 1)];
    vec![
        Case::new("tril", matrices(), |x| x[0].tril(-1).exp()),
        Case::new("triu", matrices(), |x| x[0].triu(1).exp()),
        Case::new("diagonal above", matrices(), |x| x[0].diagonal(2, -2, -1).exp()),
        Case::new("diagonal below, of exchanged axes", matrices(), |x| {
            x[0].diagonal(-1, 2, 0).exp()
        }),
        Case::new("diagonal beyond the matrix", matrices(), |x| x[0].diagonal(4, 1, 2).exp()),
        Case::new("diag_embed above", matrices(), |x| x[0].diag_embed(1, 0, -1).exp()),
        Case::new("diag_embed below", matrices(), |x| x[0].diag_embed(-2, -1, -2).exp()),
        Case::new("diag of a vector", [numbers([3], 1)], |x| x[0].diag(1).exp()),
        Case::new("trace", [numbers([3, 4], 1)], |x| x[0].exp().trace().square()),
    ]
}

fn picks() -> Vec<Case> {
    let x = || numbers([2, 3], 1);
    let mask = || Tensor::from([[true, false, true], [false, true, false]]);
    vec![
        Case::new("take_along_dim", [x(), integers([1, 2], &[2, -3])], |x| {
            x[0].take_along_dim(x[1], 1).exp()
        }),
        Case::new("index_select", [x(), integers([4], &[2, 0, 2, 1])], |x| {
            x[0].index_select(1, x[1]).exp()
        }),
        Case::new("masked_fill", [x(), mask()], |x| x[0].exp().masked_fill(x[1], 3.0)),
        Case::new("masked_fill by an expression", [x(), mask(), numbers([3], 2)], |x| {
            x[0].masked_fill(x[1], x[2]).exp()
        }),
        Case::new("masked_select", [x()], |x| {
            let mask =
                x[0].graph().constant(Tensor::from([[true, false, true], [false, true, true]]));
            x[0].masked_select(mask).exp()
        }),
    ]
}

fn scatters() -> Vec<Case> {
    let (x, source) = (|| numbers([3, 4], 1), || numbers([2, 3], 2));
    let index = || integers([2, 3], &[3, 0, 3, 1, 2, 0]);
    vec![
        Case::new("scatter, with an index twice", [x(), index(), source()], |x| {
            x[0].scatter(1, x[1], x[2]).exp()
        }),
        Case::new(
            "scatter along axis 0",
            [x(), integers([2, 3], &[2, 0, 1, 1, 2, 1]), source()],
            |x| x[0].scatter(0, x[1], x[2]).exp(),
        ),
        Case::new("scatter_add_to", [x(), index(), source()], |x| {
            x[0].scatter_add_to(1, x[1], x[2]).exp()
        }),
        Case::new("index_add", [x(), integers([5], &[1, 0, 1, 3, 1]), numbers([3, 5], 2)], |x| {
            x[0].index_add(1, x[1], x[2]).exp()
        }),
    ]
}
