//! Moves that call a function: a table of each one's demands on an expression, and its arguments.

use retrograd_core::{
    Expr,
    functions::{Attention, AvgPool, Conv, ConvPadding, MaxPool, Norm},
};

use crate::cases::custom::CUBE;

use super::{
    builder::{GraphBuilder, Move},
    probe::{are_apart, elements, gaps},
};

/// A call of a function.
struct RandomCall {
    /// Whether the function can be called on an expression that has elements and axes.
    suits: fn(Expr<'_>) -> bool,
    record: for<'g> fn(&mut GraphBuilder<'g>, Expr<'g>) -> Expr<'g>,
}

/// Added to variances, so that no deviation is nearly 0.
const EPS: f64 = 0.5;

const CALLS: &[RandomCall] = &[
    // Windows over the last axes.
    RandomCall {
        suits: is_signal,
        record: |b, x| {
            let (channels, length) = (x.shape()[x.rank() - 2], last(x));
            let (n_kernels, size) = (b.number(1..=3), b.number(1..=length));
            let padding = ConvPadding::By([b.number(0..=1)]);
            let options = Conv { stride: [b.number(1..=2)], padding, ..Conv::default() };
            x.conv1d(b.leaf(&[n_kernels, channels, size].into()), None, &options)
        },
    },
    RandomCall {
        suits: is_signal,
        record: |b, x| {
            let kernel = [b.number(1..=last(x))];
            x.avg_pool1d(&AvgPool { stride: [b.number(1..=2)], ..AvgPool::new(kernel) })
        },
    },
    RandomCall {
        suits: |x| is_signal(x) && are_apart(&elements(x)),
        record: |b, x| {
            let kernel = b.number(1..=last(x));
            let padding = [b.number(0..=kernel / 2)];
            x.max_pool1d(&MaxPool { stride: [b.number(1..=2)], padding, ..MaxPool::new([kernel]) })
        },
    },
    RandomCall {
        suits: |x| matches!(x.rank(), 3 | 4) && are_apart(&elements(x)),
        record: |b, x| {
            let kernel = [b.number(1..=x.shape()[x.rank() - 2]), b.number(1..=last(x))];
            let options = MaxPool { stride: [1, b.number(1..=2)], ..MaxPool::new(kernel) };
            x.max_pool2d_with_indices(&options).0
        },
    },
    // Attention, of a row of queries to keys of the same size.
    RandomCall {
        suits: |x| x.rank() >= 2,
        record: |b, x| {
            let (n_keys, size) = (b.number(1..=3), b.number(1..=3));
            let [keys, values] = [last(x), size].map(|size| b.leaf(&[n_keys, size].into()));
            // A single query that sees one key alone depends on neither: of it, derivatives would be rounding.
            let n_queries = x.shape()[x.rank() - 2];
            let causal = b.chance(0.5) && n_queries > 1;
            let options = Attention { causal, ..Attention::default() };
            x.scaled_dot_product_attention(keys, values, &options)
        },
    },
    RandomCall {
        suits: |x| x.rank() == 3,
        record: |b, x| {
            let marks = x.select_index(-1, 0);
            let mask = Some(marks.gt(gap(b, marks)).unsqueeze(-2));
            let options = Attention { mask, ..Attention::default() };
            x.scaled_dot_product_attention(x, x.sin(), &options)
        },
    },
    // Functions that divide by a deviation.
    RandomCall {
        suits: |x| x.rank() >= 2 && n_elements(x) > x.shape()[1],
        record: |b, x| {
            let norm = affine(b, x.shape()[1]);
            x.batch_norm(&norm)
        },
    },
    RandomCall {
        suits: |x| x.rank() > 2 && x.shape()[2..].iter().product::<usize>() > 1,
        record: |b, x| {
            let norm = affine(b, x.shape()[1]);
            x.instance_norm(&norm)
        },
    },
    RandomCall {
        suits: |x| x.rank() >= 2 && n_elements(x) > x.shape()[1],
        record: |b, x| {
            let channels = x.shape()[1];
            let values = n_elements(x) / channels;
            let suits = |n: &usize| channels.is_multiple_of(*n) && values * channels / n > 1;
            let divisors: Vec<_> = (1..=channels).filter(suits).collect();
            let (n_groups, norm) = (*b.pick(&divisors), affine(b, channels));
            x.group_norm(n_groups, &norm)
        },
    },
    RandomCall { suits: |_| true, record: |b, x| x.layer_norm(&[last(x)], &affine(b, last(x))) },
    RandomCall {
        suits: |_| true,
        record: |b, x| x.rms_norm(&[last(x)], &Norm { bias: None, ..affine(b, last(x)) }),
    },
    // Elements by their indices, some of which are repeated.
    RandomCall {
        suits: |_| true,
        record: |b, x| {
            let (axis, size) = axis_of(b, x);
            let n = b.number(0..=3);
            x.index_select(axis, b.indices(&[n].into(), size))
        },
    },
    RandomCall {
        suits: |_| true,
        record: |b, x| {
            let (axis, size) = axis_of(b, x);
            let shape = x.shape().iter().map(|_| 1).collect();
            x.take_along_dim(b.indices(&shape, size), axis)
        },
    },
    RandomCall {
        suits: |x| x.rank() == 2,
        record: |b, x| {
            let n = b.number(0..=3);
            x.embedding(b.indices(&[n].into(), x.shape()[0]), None)
        },
    },
    RandomCall {
        suits: |_| true,
        record: |b, x| {
            let (axis, size) = axis_of(b, x);
            let n = b.number(0..=3);
            let index = b.indices(&[n].into(), size);
            x.index_add(axis, index, x.index_select(axis, index).sin())
        },
    },
    RandomCall {
        suits: |_| true,
        record: |b, x| {
            let (axis, size) = axis_of(b, x);
            x.scatter(axis, b.indices(&x.shape(), size), b.leaf(&x.shape()))
        },
    },
    RandomCall {
        suits: |_| true,
        record: |b, x| {
            let (axis, size) = axis_of(b, x);
            x.scatter_add_to(axis, b.indices(&x.shape(), size), x.cos())
        },
    },
    RandomCall { suits: |_| true, record: |b, x| x.masked_fill(x.lt(gap(b, x)), b.uniform()) },
    RandomCall { suits: |_| true, record: |b, x| x.masked_select(x.gt(gap(b, x))) },
    RandomCall { suits: is_matrix, record: |b, x| x.tril(b.number(0..=2) as isize - 1) },
    RandomCall {
        suits: is_matrix,
        record: |b, x| x.diagonal(b.number(0..=2) as isize - 1, -2, -1),
    },
    RandomCall {
        suits: |x| x.rank() < 3,
        record: |b, x| x.diag_embed(b.number(0..=1) as isize, -1, -2),
    },
    // Others.
    RandomCall {
        suits: |x| x.rank() == 2,
        record: |b, x| {
            let n = b.number(1..=3);
            let equation = *b.pick(&["ij,jk->ki", "ij,jk->i", "ij,jk->jki"]);
            x.graph().einsum(equation, &[x, b.leaf(&[last(x), n].into())])
        },
    },
    RandomCall { suits: |x| last(x).is_multiple_of(2), record: |_, x| x.glu(-1) },
    RandomCall { suits: |_| true, record: |_, x| CUBE.apply(&[0.5 * x]) },
];

impl<'g> GraphBuilder<'g> {
    pub(super) const CALLS: &'g [Move<'g>] = &[Self::call];

    /// A function of the table.
    fn call(&mut self) -> Option<Expr<'g>> {
        let call = self.pick(CALLS);
        self.make(call)
    }

    fn make(&mut self, call: &RandomCall) -> Option<Expr<'g>> {
        let has_elements = |x: Expr<'_>| x.rank() > 0 && n_elements(x) > 0;
        let x = self.float_that(|x| has_elements(x) && (call.suits)(x))?;
        let y = (call.record)(self, x);
        self.fits(&y.shape()).then_some(y)
    }
}

/// Whether it is one signal or a batch of some, each of several channels.
fn is_signal(x: Expr<'_>) -> bool {
    matches!(x.rank(), 2 | 3)
}

fn is_matrix(x: Expr<'_>) -> bool {
    x.rank() >= 2
}

fn n_elements(x: Expr<'_>) -> usize {
    x.shape().n_elements()
}

fn last(x: Expr<'_>) -> usize {
    x.shape()[x.rank() - 1]
}

/// A random axis, and its size.
fn axis_of<'g>(b: &mut GraphBuilder<'g>, x: Expr<'g>) -> (isize, usize) {
    let axis = b.number(0..=x.rank() - 1);
    (axis as isize, x.shape()[axis])
}

/// A number between elements, near none of them.
fn gap<'g>(b: &mut GraphBuilder<'g>, x: Expr<'g>) -> f64 {
    *b.pick(&gaps(&elements(x)))
}

/// A normalization with a weight and a bias for each channel.
fn affine<'g>(b: &mut GraphBuilder<'g>, channels: usize) -> Norm<'g> {
    let [weight, bias] = [(); 2].map(|()| Some(b.leaf(&[channels].into())));
    Norm { weight, bias, eps: EPS }
}

#[cfg(test)]
mod tests {
    use retrograd_core::Graph;

    use super::*;
    use crate::Options;

    #[test]
    fn every_call_of_the_table_suits_some_graph() {
        let is_made = |call: &RandomCall, seed| {
            let graph = Graph::new();
            let mut builder = GraphBuilder::new(&graph, seed, &Options::default());
            builder.grow();
            builder.make(call).is_some()
        };
        for (k, call) in CALLS.iter().enumerate() {
            assert!((0..20).any(|seed| is_made(call, seed)), "call {k} is never made");
        }
    }
}
