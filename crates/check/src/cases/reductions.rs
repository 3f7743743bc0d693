//! Cases of sums, means, maxima and minima.

use retrograd_core::{Axes, Expr, keep};

use super::{Case, numbers};

/// Shapes, and axes to reduce them by.
const REDUCED: &[(&[usize], &[isize])] = &[
    (&[3], &[0]),
    (&[2, 3], &[0]),
    (&[2, 3], &[-1]),
    (&[2, 3], &[0, 1]),
    (&[2, 3, 4], &[0]),
    (&[2, 3, 4], &[1]),
    (&[2, 3, 4], &[2]),
    (&[2, 3, 4], &[0, 2]),
    (&[2, 3, 4], &[-1, 1]),
    (&[2, 3, 4], &[0, 1, 2]),
    (&[1, 3, 1], &[0, 2]),
];

/// Each shape reduced, with and without keeping axes; the input is bent before and the result after, so that both
/// shapes of the gradient matter.
fn reduced(
    name: &'static str,
    reduce: for<'g> fn(Expr<'g>, Axes) -> Expr<'g>,
) -> impl Iterator<Item = Case> {
    REDUCED.iter().flat_map(move |&(shape, axes)| {
        [Axes::from(axes), keep(axes)].map(|axes| {
            let kept = if axes.kept() { " kept" } else { "" };
            let name = format!("{name} {shape:?} over {axes:?}{kept}");
            Case::new(name, [numbers(shape, 1)], move |x| reduce(x[0].sin(), axes.clone()).exp())
        })
    })
}

pub(super) fn sum() -> Vec<Case> {
    let mut cases = vec![
        Case::new("sum of all", [numbers([2, 3], 1)], |x| x[0].exp().sum().square()),
        Case::new("sum of an empty axis", [numbers([2, 0], 1)], |x| x[0].sum_over(1).exp()),
        Case::new("sum beside an empty axis", [numbers([2, 0], 1)], |x| x[0].sum_over(0).exp()),
        Case::new("mean of all", [numbers([2, 3], 1)], |x| x[0].exp().mean().square()),
    ];
    cases.extend(reduced("sum", |x, axes| x.sum_over(axes)));
    cases.extend(reduced("mean", |x, axes| x.mean_over(axes)));
    cases
}

pub(super) fn max() -> Vec<Case> {
    let mut cases = vec![
        Case::new("max of all", [numbers([2, 3], 1)], |x| x[0].max().exp()),
        Case::new("min of all", [numbers([2, 3], 1)], |x| x[0].min().exp()),
        Case::new("max beside an empty axis", [numbers([0, 2], 1)], |x| x[0].max_over(1).exp()),
    ];
    cases.extend(reduced("max", |x, axes| x.max_over(axes)));
    cases.extend(reduced("min", |x, axes| x.min_over(axes)));
    cases
}
