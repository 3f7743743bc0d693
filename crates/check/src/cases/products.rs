//! Cases of products of vectors, matrices and batches.

use super::{Case, numbers};

pub(super) fn matmul() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 14] = [
        (&[3], &[3]),
        (&[2, 3], &[3]),
        (&[2], &[2, 3]),
        (&[2, 3], &[3, 4]),
        (&[1, 3], &[3, 1]),
        (&[2, 1], &[1, 2]),
        (&[2, 2, 3], &[2, 3, 2]),
        (&[2, 2, 3], &[3, 2]),
        (&[2, 3], &[2, 3, 2]),
        (&[2, 1, 2, 3], &[2, 3, 1]),
        (&[3], &[2, 3, 2]),
        (&[2, 2, 3], &[3]),
        (&[2, 0], &[0, 3]),
        (&[0, 2], &[2, 3]),
    ];
    let product = |(a, b): (&[usize], &[usize])| {
        Case::new(format!("matmul {a:?} {b:?}"), [numbers(a, 1), numbers(b, 2)], |x| {
            x[0].matmul(x[1]).sin()
        })
    };
    shapes.map(product).into_iter().chain(transposed()).collect()
}

/// Products of transposed operands, and of an expression with itself.
fn transposed() -> [Case; 8] {
    let pair = |a: [usize; 2], b: [usize; 2]| [numbers(a, 1), numbers(b, 2)];
    [
        Case::new("matmul with the left transposed", pair([3, 2], [3, 4]), |x| {
            x[0].t().dot(x[1]).sin()
        }),
        Case::new("matmul with the right transposed", pair([2, 3], [4, 3]), |x| {
            x[0].dot(x[1].t()).sin()
        }),
        Case::new("matmul with both transposed", pair([3, 2], [4, 3]), |x| {
            x[0].t().dot(x[1].t()).sin()
        }),
        Case::new("matmul with its own transpose", [numbers([2, 3], 1)], |x| {
            x[0].dot(x[0].t()).sin()
        }),
        Case::new("matmul with itself", [numbers([3, 3], 1)], |x| x[0].dot(x[0]).sin()),
        Case::new("dot with itself", [numbers([3], 1)], |x| x[0].dot(x[0]).sin()),
        Case::new(
            "matmul of batches transposed",
            [numbers([2, 3, 2], 1), numbers([2, 4, 3], 2)],
            |x| x[0].t().matmul(x[1].t()).sin(),
        ),
        Case::new(
            "matmul of permuted batches",
            [numbers([2, 3, 4], 1), numbers([4, 3, 2], 2)],
            |x| x[0].permute(&[2, 0, 1]).matmul(x[1]).sin(),
        ),
    ]
}
