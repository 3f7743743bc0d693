//! Functions that pick, put and order elements.

use crate::call::calls;

calls! {
    "gather", "f2,3 i2,4", |x, _n| x[0].try_gather(1, x[1]);
    "gather.axis", "f2,3 i2,4", |x, n| x[0].try_gather(n.offset(), x[1]);
    "scatter_add", "f2,3 i2,3", |x, n| x[0].try_scatter_add(1, x[1], n.size());
    "scatter_add.axis", "f2,3 i2,3", |x, n| x[0].try_scatter_add(n.offset(), x[1], 5);
    "scatter_add.size", "f2,3 i2,3", |x, n| x[0].try_scatter_add(1, x[1], n.size()) => |n| Some(vec![2, n.wide()]);
    "one_hot", "i2,3", |x, _n| x[0].try_one_hot(4);
    "one_hot", "i2,3", |x, _n| x[0].try_one_hot(1_000_000_000_000);
    "one_hot.n_classes", "i2,3", |x, n| x[0].try_one_hot(n.size()) => |n| Some(vec![2, 3, n.wide()]);
    "take_along_dim", "f2,3 i2,4", |x, _n| x[0].try_take_along_dim(x[1], 1);
    "take_along_dim", "f1,3 i4,1", |x, _n| x[0].try_take_along_dim(x[1], 1);
    "take_along_dim.axis", "f2,3 i2,4", |x, n| x[0].try_take_along_dim(x[1], n.offset());
    "index_select", "f2,3 i4", |x, _n| x[0].try_index_select(1, x[1]);
    "index_select.axis", "f2,3 i4", |x, n| x[0].try_index_select(n.offset(), x[1]);
    "index_add", "f2,3 i4 f2,4", |x, _n| x[0].try_index_add(1, x[1], x[2]);
    "index_add.axis", "f2,3 i4 f2,4", |x, n| x[0].try_index_add(n.offset(), x[1], x[2]);
    "scatter", "f2,3 i2,3 f2,3", |x, _n| x[0].try_scatter(1, x[1], x[2]);
    "scatter.axis", "f2,3 i2,3 f2,3", |x, n| x[0].try_scatter(n.offset(), x[1], x[2]);
    "scatter_add_to", "f2,3 i2,3 f2,3", |x, _n| x[0].try_scatter_add_to(1, x[1], x[2]);
    "scatter_add_to.axis", "f2,3 i2,3 f2,3", |x, n| x[0].try_scatter_add_to(n.offset(), x[1], x[2]);
    "masked_fill", "f2,1 b3", |x, _n| x[0].try_masked_fill(x[1], 1.0);
    "masked_select", "f2,1 b3", |x, _n| x[0].try_masked_select(x[1]);
    "nonzero", "f2,3", |x, _n| x[0].try_nonzero();
    "embedding", "f4,3 i2", |x, _n| x[0].try_embedding(x[1], None);
    "embedding", "f4,3 i2", |x, _n| x[0].try_embedding(x[1], Some((1 << 31) + 1));
    "embedding.padding", "f4,3 i2", |x, n| x[0].try_embedding(x[1], Some(n.size()))
        => |n| (n.wide() < 4).then(|| vec![2, 3]);
    "argmax", "f2,3", |x, _n| x[0].try_argmax(1);
    "argmax.axis", "f2,3", |x, n| x[0].try_argmax(n.offset());
    "argmin", "f2,3", |x, _n| x[0].try_argmin(1);
    "argmin.axis", "f2,3", |x, n| x[0].try_argmin(n.offset());
    "argsort", "f2,3", |x, _n| x[0].try_argsort(1, true);
    "argsort.axis", "f2,3", |x, n| x[0].try_argsort(n.offset(), false);
    "sort", "f2,3", |x, _n| x[0].try_sort(1, true);
    "sort.axis", "f2,3", |x, n| x[0].try_sort(n.offset(), false);
    "topk", "f2,3", |x, _n| x[0].try_topk(2, 1, true);
    "topk.k", "f2,3", |x, n| x[0].try_topk(n.size(), 1, true) => |n| (n.wide() <= 3).then(|| vec![2, n.wide()]);
    "topk.axis", "f2,3", |x, n| x[0].try_topk(1, n.offset(), true);
    "max_with_index", "f2,3", |x, _n| x[0].try_max_with_index(1);
    "max_with_index.axis", "f2,3", |x, n| x[0].try_max_with_index(n.offset());
    "min_with_index", "f2,3", |x, _n| x[0].try_min_with_index(1);
    "min_with_index.axis", "f2,3", |x, n| x[0].try_min_with_index(n.offset());
    "median", "f2,3", |x, _n| x[0].try_median(1);
    "median.axis", "f2,3", |x, n| x[0].try_median(n.offset());
}
