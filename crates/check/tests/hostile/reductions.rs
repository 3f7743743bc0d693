//! Functions that reduce or accumulate along axes, or normalize over them.

use retrograd_core::{MatrixNorm, keep};

use crate::call::calls;

calls! {
    "sum_over", "f2,3", |x, _n| x[0].try_sum_over(keep([0, 1]));
    "sum_over.axes", "f2,3", |x, n| x[0].try_sum_over(n.offset());
    "sum_over.axes", "f2,3", |x, n| x[0].try_sum_over(keep(n.size())) => |n| match n.0 {
        0 => Some(vec![1, 3]),
        1 => Some(vec![2, 1]),
        _ => None,
    };
    "sum_over.axes", "f2,3", |x, n| x[0].try_sum_over(&vec![0; n.size().min(100_000)][..]);
    "mean_over", "f2,3", |x, _n| x[0].try_mean_over(0);
    "mean_over.axes", "f2,3", |x, n| x[0].try_mean_over(n.offset());
    "sum", "f2,3", |x, _n| x[0].try_sum();
    "mean", "f2,3", |x, _n| x[0].try_mean();
    "max_over", "f2,3", |x, _n| x[0].try_max_over(keep(0));
    "max_over.axes", "f2,3", |x, n| x[0].try_max_over(n.offset());
    "min_over", "f2,3", |x, _n| x[0].try_min_over(0);
    "min_over.axes", "f2,3", |x, n| x[0].try_min_over(n.offset());
    "max", "f2,3", |x, _n| x[0].try_max();
    "min", "f2,3", |x, _n| x[0].try_min();
    "logsumexp", "f2,3", |x, _n| x[0].try_logsumexp(keep(1));
    "logsumexp.axes", "f2,3", |x, n| x[0].try_logsumexp(n.offset());
    "softmax", "f2,3", |x, _n| x[0].try_softmax(1);
    "softmax.axis", "f2,3", |x, n| x[0].try_softmax(n.offset());
    "log_softmax", "f2,3", |x, _n| x[0].try_log_softmax(1);
    "log_softmax.axis", "f2,3", |x, n| x[0].try_log_softmax(n.offset());
    "softmin", "f2,3", |x, _n| x[0].try_softmin(1);
    "softmin.axis", "f2,3", |x, n| x[0].try_softmin(n.offset());
    "var", "f2,3", |x, _n| x[0].try_var(keep(0), 1.0);
    "var.axes", "f2,3", |x, n| x[0].try_var(n.offset(), 1.0);
    "var_mean", "f2,3", |x, _n| x[0].try_var_mean(0, 1.0);
    "var_mean.axes", "f2,3", |x, n| x[0].try_var_mean(n.offset(), 1.0);
    "std", "f2,3", |x, _n| x[0].try_std(0, 1.0);
    "std.axes", "f2,3", |x, n| x[0].try_std(n.offset(), 1.0);
    "std_mean", "f2,3", |x, _n| x[0].try_std_mean(0, 1.0);
    "std_mean.axes", "f2,3", |x, n| x[0].try_std_mean(n.offset(), 1.0);
    "nansum", "f2,3", |x, _n| x[0].try_nansum(keep(0));
    "nansum.axes", "f2,3", |x, n| x[0].try_nansum(n.offset());
    "prod_over", "f2,3", |x, _n| x[0].try_prod_over(keep(0));
    "prod_over.axes", "f2,3", |x, n| x[0].try_prod_over(n.offset());
    "prod", "f2,3", |x, _n| x[0].try_prod();
    "cumsum", "f2,3", |x, _n| x[0].try_cumsum(1);
    "cumsum.axis", "f2,3", |x, n| x[0].try_cumsum(n.offset());
    "cumprod", "f2,3", |x, _n| x[0].try_cumprod(1);
    "cumprod.axis", "f2,3", |x, n| x[0].try_cumprod(n.offset());
    "logcumsumexp", "f2,3", |x, _n| x[0].try_logcumsumexp(1);
    "logcumsumexp.axis", "f2,3", |x, n| x[0].try_logcumsumexp(n.offset());
    "vector_norm", "f2,3", |x, _n| x[0].try_vector_norm(3.0, keep(0));
    "vector_norm.axes", "f2,3", |x, n| x[0].try_vector_norm(2.0, n.offset());
    "norm", "f2,3", |x, _n| x[0].try_norm();
    "matrix_norm", "f2,3", |x, _n| x[0].try_matrix_norm(MatrixNorm::Frobenius, [0, 1]);
    "matrix_norm", "f2,3", |x, _n| x[0].try_matrix_norm(MatrixNorm::Nuclear, keep([0, 1]));
    "matrix_norm.axes", "f2,3", |x, n| x[0].try_matrix_norm(MatrixNorm::LargestRow, [0, n.offset()]);
    "normalize", "f2,3", |x, _n| x[0].try_normalize(2.0, 1, 1e-12);
    "normalize.axis", "f2,3", |x, n| x[0].try_normalize(2.0, n.offset(), 1e-12);
    "cosine_similarity", "f2,3 f3", |x, _n| x[0].try_cosine_similarity(x[1], -1, 1e-8);
    "cosine_similarity", "f2,1 f3", |x, _n| x[0].try_cosine_similarity(x[1], -1, 1e-8);
    "cosine_similarity.axis", "f2,3 f3", |x, n| x[0].try_cosine_similarity(x[1], n.offset(), 1e-8);
    "pairwise_distance", "f2,3 f3", |x, _n| x[0].try_pairwise_distance(x[1], 2.0, 1e-6);
    "pairwise_distance", "f2,1 f3", |x, _n| x[0].try_pairwise_distance(x[1], 2.0, 1e-6);
    "glu", "f2,4", |x, _n| x[0].try_glu(1);
    "glu.axis", "f2,4", |x, n| x[0].try_glu(n.offset());
}
