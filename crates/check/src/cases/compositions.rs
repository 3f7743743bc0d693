//! Cases of functions composed of several operations: softmax and its relatives, losses, units.

use retrograd_core::{Expr, Tensor, keep};

use super::{Case, integers, numbers};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = softmax_family();
    cases.extend(losses());
    cases.extend(units());
    cases
}

fn softmax_family() -> Vec<Case> {
    let far_apart = || Tensor::from([[1000.0, 999.0, -1000.0], [-1000.0, -1001.5, -1000.5]]);
    let along = |axis: isize| {
        let input = || [numbers([2, 3, 2], 1)];
        [
            Case::new(format!("softmax along {axis}"), input(), move |x| x[0].softmax(axis)),
            Case::new(format!("log_softmax along {axis}"), input(), move |x| {
                x[0].log_softmax(axis)
            }),
            Case::new(format!("logsumexp along {axis}"), input(), move |x| x[0].logsumexp(axis)),
        ]
    };
    let mut cases: Vec<_> = [0, 1, -1].into_iter().flat_map(along).collect();
    cases.extend([
        Case::new("logsumexp over all, kept", [numbers([2, 3], 1)], |x| {
            x[0].logsumexp(keep([0, 1]))
        }),
        Case::new("logsumexp over two axes", [numbers([2, 3, 2], 1)], |x| x[0].logsumexp([0, 2])),
        Case::new("softmax of numbers far apart", [far_apart()], |x| x[0].softmax(1)),
        Case::new("log_softmax of numbers far apart", [far_apart()], |x| x[0].log_softmax(1)),
        Case::new("logsumexp of numbers far apart", [far_apart()], |x| x[0].logsumexp(1)),
    ]);
    cases
}

fn losses() -> Vec<Case> {
    let labels = || integers([4], &[2, 0, 1, 2]);
    let with_labels = || [numbers([4, 3], 1), labels()];
    let targets = || Tensor::from([1.0, 0.0, 0.25, 1.0]);
    vec![
        Case::new("cross entropy by gathered labels", with_labels(), |x| {
            -x[0].log_softmax(1).gather(1, x[1].unsqueeze(1)).mean()
        }),
        Case::new("cross entropy by one-hot labels", with_labels(), |x| {
            -(x[1].one_hot(3) * x[0].log_softmax(1)).sum_over(1).mean()
        }),
        Case::new("cross entropy as logsumexp", with_labels(), |x| {
            (x[0].logsumexp(1) - x[0].gather(1, x[1].unsqueeze(1)).squeeze(1)).mean()
        }),
        Case::new("binary cross entropy on logits", [numbers([4], 1), targets()], |x| {
            (x[0].softplus() - x[0] * x[1]).mean()
        }),
        Case::new("binary cross entropy by log_sigmoid", [numbers([4], 1), targets()], |x| {
            -(x[1] * x[0].log_sigmoid() + (1.0 - x[1]) * (-x[0]).log_sigmoid()).mean()
        }),
        Case::new(
            "mean squared error with decay",
            [numbers([4, 2], 1), numbers([2], 2), targets()],
            |x| (x[0].dot(x[1]) - x[2]).square().mean() + 0.01 * x[1].square().sum(),
        ),
        Case::new(
            "one-hot beside absent labels",
            [numbers([3, 2], 1), integers([3], &[1, 7, -1])],
            |x| x[1].one_hot(2) * x[0].exp(),
        ),
    ]
}

fn units() -> Vec<Case> {
    let layer = || [numbers([5, 3], 1), numbers([3, 4], 2), numbers([4], 3)];
    fn norm<'g>(x: Expr<'g>) -> Expr<'g> {
        x.square().sum_over(keep(-1)).sqrt()
    }
    vec![
        Case::new("maxout", [numbers([5, 3], 1), numbers([3, 8], 2), numbers([8], 3)], |x| {
            (x[0].dot(x[1]) + x[2]).reshape([5, 4, 2]).max_over(-1)
        }),
        Case::new("linear and tanh", layer(), |x| (x[0].dot(x[1]) + x[2]).tanh()),
        Case::new("linear and prelu with a learned slope", layer(), |x| {
            (x[0].dot(x[1])).prelu(x[2])
        }),
        Case::new("normalized rows", [numbers([2, 3], 1)], |x| x[0] / norm(x[0])),
        Case::new("standardized columns", [numbers([4, 3], 1)], |x| {
            let centered = x[0] - x[0].mean_over(keep(0));
            centered / (centered.square().mean_over(keep(0)) + 1e-5).sqrt()
        }),
        Case::new(
            "attention",
            [numbers([2, 3, 2], 1), numbers([2, 3, 2], 2), numbers([2, 3, 2], 3)],
            |x| (x[0].matmul(x[1].t()) * 0.7).softmax(-1).matmul(x[2]),
        ),
        Case::new("a guarded square root", [Tensor::from([-1.0, 0.5, 2.0])], |x| {
            x[0].gt(0.0).select(x[0].sqrt(), 0.0)
        }),
        Case::new("a gradient as part of a function", [numbers([3], 1)], |x| {
            x[0].sin().sum().grad(&[x[0]])[0].square().sum() + x[0].prelu(x[0].cos()).sum()
        }),
    ]
}
