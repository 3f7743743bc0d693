//! Cases of reductions, accumulations and products that are composed of several operations.

use retrograd_core::{Expr, Tensor, keep};

use super::{Case, numbers};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = products_over();
    cases.extend(deviations());
    cases.extend(norms());
    cases.extend(orders());
    cases.extend(named_products());
    cases.extend(contractions());
    cases
}

fn both<'g>((values, others): (Expr<'g>, Expr<'g>)) -> Expr<'g> {
    values.graph().stack(&[values.exp(), others.sin()], 0)
}

/// Numbers among which two zeros are in one row.
fn with_zeros() -> Tensor {
    Tensor::from([[0.5, 0.0, -1.5, 0.0, 2.0], [0.0, 1.5, -0.5, 1.0, 0.7]])
}

fn products_over() -> Vec<Case> {
    let x = || [numbers([2, 5, 3], 1)];
    let along = |axis: isize| {
        [
            Case::new(format!("cumsum along {axis}"), x(), move |x| x[0].cumsum(axis).sin()),
            Case::new(format!("cumprod along {axis}"), x(), move |x| x[0].cumprod(axis).sin()),
            Case::new(format!("logcumsumexp along {axis}"), x(), move |x| {
                x[0].logcumsumexp(axis).exp()
            }),
        ]
    };
    let mut cases: Vec<_> = [0, 1, -1].into_iter().flat_map(along).collect();
    cases.extend([
        Case::new("prod of all", x(), |x| x[0].prod().sin()),
        Case::new("prod over two axes", x(), |x| x[0].prod_over([0, 2]).sin()),
        Case::new("prod over an axis, kept", x(), |x| x[0].prod_over(keep(1)).sin()),
        Case::new("prod over zeros", [with_zeros()], |x| x[0].prod_over(1)),
        Case::new("cumprod over zeros", [with_zeros()], |x| x[0].cumprod(1)),
        Case::new("prod of nothing", [numbers([2, 0], 1)], |x| x[0].prod_over(1).exp()),
    ]);
    cases
}

fn deviations() -> Vec<Case> {
    let x = || [numbers([2, 5, 3], 1)];
    vec![
        Case::new("var of all", x(), |x| x[0].var([0, 1, 2], 1.0).exp()),
        Case::new("var over two axes, kept", x(), |x| x[0].var(keep([0, 1]), 0.0).exp()),
        Case::new("std", x(), |x| x[0].std(1, 1.5).exp()),
        Case::new("var and mean", x(), |x| both(x[0].var_mean(1, 1.0))),
        Case::new("std and mean", x(), |x| both(x[0].std_mean([0, 2], 0.0))),
        Case::new("nansum", x(), |x| x[0].sin().nansum(1).exp()),
    ]
}

fn norms() -> Vec<Case> {
    let x = || [numbers([2, 5], 1)];
    let orders = [2.0, 1.0, 0.0, 3.0, 2.5, 0.5, -1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY];
    let of = |order: f64| {
        [
            Case::new(format!("vector_norm of order {order}"), x(), move |x| {
                x[0].vector_norm(order, 1).exp()
            }),
            Case::new(format!("vector_norm of order {order} of all, kept"), x(), move |x| {
                x[0].vector_norm(order, keep([0, 1])).sin()
            }),
        ]
    };
    let mut cases: Vec<_> = orders.into_iter().flat_map(of).collect();
    cases.push(Case::new("norm", x(), |x| x[0].norm().exp()));
    cases
}

fn orders() -> Vec<Case> {
    let x = || [numbers([2, 5, 3], 1)];
    vec![
        Case::new("sort", x(), |x| x[0].sort(1, false).0.cumsum(1).exp()),
        Case::new("sort, descending", x(), |x| x[0].sort(0, true).0.cumsum(0).exp()),
        Case::new("topk", x(), |x| x[0].topk(2, 1, true).0.exp()),
        Case::new("topk of the smallest", x(), |x| x[0].topk(3, 1, false).0.exp()),
        Case::new("max_with_index", x(), |x| x[0].max_with_index(1).0.exp()),
        Case::new("min_with_index", x(), |x| x[0].min_with_index(-1).0.exp()),
        Case::new("median of an odd number", x(), |x| x[0].median(1).0.exp()),
        Case::new("median of an even number", x(), |x| x[0].median(0).0.exp()),
    ]
}

fn named_products() -> Vec<Case> {
    let batches = || [numbers([2, 3, 4], 1), numbers([2, 4, 2], 2)];
    let matrices = || [numbers([3, 4], 1), numbers([4, 2], 2)];
    let added = || [numbers([2], 3), numbers([3, 4], 1), numbers([4, 2], 2)];
    let added_batches = || [numbers([3, 2], 3), numbers([2, 3, 4], 1), numbers([2, 4, 2], 2)];
    let with_vector = || [numbers([3], 3), numbers([3, 4], 1), numbers([4], 2)];
    let chain = || [numbers([5], 1), numbers([5, 2], 2), numbers([2, 4], 3), numbers([4, 3], 4)];
    vec![
        Case::new("outer", [numbers([3], 1), numbers([2], 2)], |x| x[0].outer(x[1]).exp()),
        Case::new("inner", [numbers([2, 3], 1), numbers([2, 2, 3], 2)], |x| x[0].inner(x[1]).sin()),
        Case::new("vdot", [numbers([3], 1), numbers([3], 2)], |x| x[0].vdot(x[1]).sin()),
        Case::new("mm", matrices(), |x| x[0].mm(x[1]).sin()),
        Case::new("mv", [numbers([3, 4], 1), numbers([4], 2)], |x| x[0].mv(x[1]).sin()),
        Case::new("bmm", batches(), |x| x[0].bmm(x[1]).sin()),
        Case::new("addmm", added(), |x| x[0].addmm(x[1], x[2], 0.5, -1.5).sin()),
        Case::new("addmv", with_vector(), |x| x[0].addmv(x[1], x[2], 0.5, -1.5).sin()),
        Case::new("baddbmm", added_batches(), |x| x[0].baddbmm(x[1], x[2], 0.5, -1.5).sin()),
        Case::new("addbmm", added_batches(), |x| x[0].addbmm(x[1], x[2], 0.5, -1.5).sin()),
        Case::new("multi_dot", chain(), |x| x[0].graph().multi_dot(x).sin()),
    ]
}

fn contractions() -> Vec<Case> {
    let cube = |salt| numbers([2, 3, 2], salt);
    let of = |equation: &'static str, inputs: Vec<Tensor>| {
        Case::new(format!("einsum {equation}"), inputs, move |x| {
            x[0].graph().einsum(equation, x).sin()
        })
    };
    vec![
        of("ij,jk->ik", vec![numbers([2, 3], 1), numbers([3, 4], 2)]),
        of("iji->j", vec![cube(1)]),
        of("iji->ij", vec![cube(1)]),
        of("...ij,...kj->...ik", vec![cube(1), numbers([1, 4, 2], 2)]),
        of("i,ij,j", vec![numbers([2], 1), numbers([2, 3], 2), numbers([3], 3)]),
        of("bij,bjk,bk->b", vec![cube(1), numbers([2, 2, 3], 2), numbers([2, 3], 3)]),
        of("ij,kl->jl", vec![numbers([2, 3], 1), numbers([2, 2], 2)]),
        Case::new("tensordot", [cube(1), cube(2)], |x| {
            x[0].tensordot(x[1], &[0, 1], &[2, 1]).sin()
        }),
        Case::new("tensordot over nothing", [numbers([2], 1), numbers([3], 2)], |x| {
            x[0].tensordot(x[1], &[], &[]).sin()
        }),
    ]
}
