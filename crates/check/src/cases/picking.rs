//! Cases of operations on indices, some of them repeated.

use super::{Case, integers, numbers};

pub(super) fn gather() -> Vec<Case> {
    let vector = [numbers([4], 1), integers([5], &[3, 0, 3, 1, 3])];
    let rows = [numbers([3, 2], 1), integers([2, 2], &[2, 0, 2, 1])];
    let columns = [numbers([2, 3], 1), integers([2, 4], &[2, 2, 0, 1, 0, 0, 0, 2])];
    let middle = [numbers([2, 3, 2], 1), integers([2, 1, 2], &[2, 0, 1, 1])];
    let nothing = [numbers([2, 3], 1), integers([2, 0], &[])];
    vec![
        Case::new("gather from a vector", vector, |x| x[0].gather(0, x[1]).exp()),
        Case::new("gather along axis 0", rows, |x| x[0].gather(0, x[1]).exp()),
        Case::new("gather along axis -1", columns, |x| x[0].gather(-1, x[1]).exp()),
        Case::new("gather along the middle axis", middle, |x| x[0].gather(1, x[1]).exp()),
        Case::new("gather of nothing", nothing, |x| x[0].gather(1, x[1]).exp()),
    ]
}

pub(super) fn scatter_add() -> Vec<Case> {
    let vector = [numbers([5], 1), integers([5], &[3, 0, 3, 1, 3])];
    let rows = [numbers([3, 2], 1), integers([3, 2], &[1, 0, 1, 1, 0, 1])];
    let columns = [numbers([2, 3], 1), integers([2, 3], &[4, 4, 4, 0, 1, 0])];
    let middle = [numbers([2, 2, 2], 1), integers([2, 2, 2], &[0, 0, 0, 1, 2, 2, 0, 2])];
    let nothing = [numbers([2, 0], 1), integers([2, 0], &[])];
    vec![
        Case::new("scatter add into a vector", vector, |x| x[0].scatter_add(0, x[1], 4).exp()),
        Case::new("scatter add along axis 0", rows, |x| x[0].scatter_add(0, x[1], 2).exp()),
        Case::new("scatter add along axis -1", columns, |x| x[0].scatter_add(-1, x[1], 6).exp()),
        Case::new("scatter add along the middle axis", middle, |x| {
            x[0].scatter_add(1, x[1], 3).exp()
        }),
        Case::new("scatter add of nothing", nothing, |x| x[0].scatter_add(1, x[1], 3).exp()),
    ]
}

/// The place of a maximum does not move near the inputs.
pub(super) fn argmax() -> Vec<Case> {
    let picked = |axis: isize| {
        Case::new(format!("argmax along {axis}"), [numbers([2, 3, 4], 1)], move |x| {
            x[0].exp().gather(axis, x[0].argmax(axis).unsqueeze(axis))
        })
    };
    let one_hot = Case::new("argmax as one-hot", [numbers([2, 3], 1)], |x| {
        x[0].argmax(1).one_hot(3) * x[0].exp()
    });
    [0, 1, 2, -1].map(picked).into_iter().chain([one_hot]).collect()
}

/// The order does not change near the inputs, since no two are alike.
pub(super) fn argsort() -> Vec<Case> {
    let sorted = |axis: isize, descending: bool| {
        let name = format!("argsort along {axis}, descending: {descending}");
        Case::new(name, [numbers([2, 3, 4], 1)], move |x| {
            x[0].exp().gather(axis, x[0].argsort(axis, descending)).square()
        })
    };
    let of_integers =
        Case::new("argsort of integers", [numbers([4], 1), integers([4], &[3, 1, 3, 0])], |x| {
            x[0].exp().gather(0, x[1].argsort(0, false))
        });
    let axes = [0, 1, -1].into_iter();
    axes.flat_map(|axis| [sorted(axis, false), sorted(axis, true)]).chain([of_integers]).collect()
}
