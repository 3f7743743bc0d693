//! Cases of operations that move elements: each is followed by a product, so that a gradient in the wrong place shows
//! at second order too.

use retrograd_core::{Expr, Shape, Tensor};

use super::{Case, numbers};

/// A case whose output is squared: its second derivative depends on where elements have gone.
fn squared<F>(name: impl Into<String>, inputs: impl Into<Vec<Tensor>>, f: F) -> Case
where
    F: for<'g> Fn(&[Expr<'g>]) -> Expr<'g> + 'static,
{
    Case::new(name, inputs, move |x| f(x).square())
}

pub(super) fn broadcast() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[], &[3]),
        (&[], &[2, 3]),
        (&[3], &[2, 3]),
        (&[2, 1], &[2, 3]),
        (&[1, 3], &[2, 3]),
        (&[1, 1], &[2, 3]),
        (&[2, 1, 3], &[2, 2, 4, 3]),
        (&[1], &[0]),
        (&[2, 1], &[3, 2, 0]),
    ];
    let case = |(from, to): (&[usize], &[usize])| {
        let shape = Shape::from(to);
        squared(format!("broadcast {from:?} to {to:?}"), [numbers(from, 1)], move |x| {
            x[0].broadcast_to(&shape)
        })
    };
    shapes.map(case).into()
}

pub(super) fn reshape() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 6] = [
        (&[2, 3], &[3, 2]),
        (&[2, 3], &[6]),
        (&[6], &[1, 2, 1, 3]),
        (&[1, 1], &[]),
        (&[], &[1]),
        (&[0, 3], &[2, 0]),
    ];
    let case = |(from, to): (&[usize], &[usize])| {
        let shape = Shape::from(to);
        squared(format!("reshape {from:?} to {to:?}"), [numbers(from, 1)], move |x| {
            x[0].reshape(&shape)
        })
    };
    let axes = [0, 1, 2, -1, -3].map(|axis| {
        squared(format!("unsqueeze {axis}"), [numbers([2, 3], 1)], move |x| x[0].unsqueeze(axis))
    });
    let squeezed = [
        squared("squeeze 1", [numbers([2, 1, 3], 1)], |x| x[0].squeeze(1)),
        squared("squeeze [0, -1]", [numbers([1, 2, 1], 1)], |x| x[0].squeeze([0, -1])),
        squared("flatten", [numbers([2, 1, 3], 1)], |x| x[0].flatten()),
    ];
    shapes.map(case).into_iter().chain(axes).chain(squeezed).collect()
}

pub(super) fn permute() -> Vec<Case> {
    let orders = [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0], [-1, 0, 1]];
    let case = |order: [isize; 3]| {
        squared(format!("permute {order:?}"), [numbers([2, 3, 4], 1)], move |x| {
            x[0].permute(&order)
        })
    };
    let transposed = [
        squared("transpose of a matrix", [numbers([2, 3], 1)], |x| x[0].t()),
        squared("transpose 0 and -1", [numbers([2, 3, 4], 1)], |x| x[0].transpose(0, -1)),
        squared("transpose of nothing", [numbers([0, 3], 1)], |x| x[0].t()),
        squared("permute four axes", [numbers([2, 1, 3, 2], 1)], |x| x[0].permute(&[3, 1, 0, 2])),
    ];
    orders.map(case).into_iter().chain(transposed).collect()
}

/// Parts `start..end` of axis 1 of a matrix of 7 columns, by a step.
const PARTS: &[(usize, usize, isize)] = &[
    (1, 4, 1),
    (0, 7, 2),
    (0, 7, 3),
    (1, 7, 3),
    (0, 7, -1),
    (0, 7, -2),
    (2, 6, -3),
    (6, 7, -1),
    (3, 3, 1),
    (3, 3, -1),
    (0, 7, 100),
];

pub(super) fn slice() -> Vec<Case> {
    let part = |&(start, end, step): &(usize, usize, isize)| {
        let name = format!("slice {start}..{end} by {step}");
        squared(name, [numbers([2, 7], 1)], move |x| x[0].slice_by(1, start..end, step))
    };
    let others = [
        squared("slice of the first axis", [numbers([5, 2], 1)], |x| x[0].slice_by(-2, 1.., -2)),
        squared("slice of a slice", [numbers([9], 1)], |x| {
            x[0].slice_by(0, 1.., 2).slice_by(0, ..=2, -1)
        }),
        squared("slice of two axes", [numbers([3, 4], 1)], |x| {
            x[0].slice(0, 1..).slice_by(1, .., -1)
        }),
        squared("elements of a vector, some of them twice", [numbers([9], 1)], |x| {
            let g = x[0].graph();
            let part = |scope: &str, start: usize, end: usize| {
                let _scope = g.scope(scope);
                (start..end).map(|k| x[0].slice(0, k..k + 1)).collect::<Vec<_>>()
            };
            let elements = [part("first", 1, 5), part("again", 3, 7)].concat();
            g.concat(&elements, 0) + x[0].slice(0, 1..9)
        }),
    ];
    PARTS.iter().map(part).chain(others).collect()
}

/// The adjoint of each slice, of a part that depends on the input.
pub(super) fn pad() -> Vec<Case> {
    let part = |&(start, end, step): &(usize, usize, isize)| {
        let n = (end - start).div_ceil(step.unsigned_abs());
        squared(format!("pad {start}..{end} by {step}"), [numbers([2, n], 1)], move |x| {
            let whole = x[0].graph().constant(numbers([2, 7], 2));
            whole.slice_by(1, start..end, step).vjp(x[0], &[whole])[0] + whole
        })
    };
    PARTS.iter().map(part).collect()
}

pub(super) fn concat() -> Vec<Case> {
    let along = |axis: isize| {
        let parts = if axis.rem_euclid(2) == 0 {
            [[1, 3], [2, 3], [0, 3]]
        } else {
            [[2, 1], [2, 3], [2, 2]]
        };
        let inputs = parts.map(|shape| numbers(shape, shape[0] + 3 * shape[1]));
        squared(format!("concat along {axis}"), inputs, move |x| x[0].graph().concat(x, axis))
    };
    let stacked = |axis: isize| {
        let inputs = [numbers([2, 3], 1), numbers([2, 3], 2)];
        squared(format!("stack along {axis}"), inputs, move |x| x[0].graph().stack(x, axis))
    };
    let others = [
        squared("concat of one", [numbers([3], 1)], |x| x[0].graph().concat(x, 0)),
        squared("concat with itself", [numbers([2, 2, 2], 1)], |x| {
            x[0].graph().concat(&[x[0], x[0].exp(), x[0]], 1)
        }),
        squared("stack of scalars", [numbers([], 1), numbers([], 2)], |x| x[0].graph().stack(x, 0)),
    ];
    let concatenated = [0, 1, -1, -2].map(along).into_iter();
    concatenated.chain([0, 1, 2, -1].map(stacked)).chain(others).collect()
}
