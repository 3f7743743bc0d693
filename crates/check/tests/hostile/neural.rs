//! Normalization and attention.

use retrograd_core::functions::{Attention, Norm};

use crate::call::calls;

calls! {
    "batch_norm", "f5,2,3", |x, _n| x[0].try_batch_norm(&Norm::default());
    "batch_norm_by", "f5,2,3 f2 f2", |x, _n| x[0].try_batch_norm_by(x[1], x[2], &Norm::default());
    "layer_norm", "f5,2,3", |x, _n| x[0].try_layer_norm(&x[0].shape()[1..], &Norm::default());
    "layer_norm.sizes", "f5,2,3", |x, n| x[0].try_layer_norm(&[n.size()], &Norm::default())
        => |n| (n.wide() == 3).then(|| vec![5, 2, 3]);
    "layer_norm.sizes", "f5,2,3", |x, n| x[0].try_layer_norm(&vec![3; n.size().min(100_000)], &Norm::default());
    "rms_norm", "f5,2,3", |x, _n| x[0].try_rms_norm(&x[0].shape()[1..], &Norm::default());
    "rms_norm.sizes", "f5,2,3", |x, n| x[0].try_rms_norm(&[n.size()], &Norm::default())
        => |n| (n.wide() == 3).then(|| vec![5, 2, 3]);
    "group_norm", "f5,4,3", |x, _n| x[0].try_group_norm(2, &Norm::default());
    "group_norm.n_groups", "f5,4,3", |x, n| x[0].try_group_norm(n.size(), &Norm::default())
        => |n| (n.wide() == 1 || n.wide() == 2).then(|| vec![5, 4, 3]).or((n.wide() == 4).then(|| vec![5, 4, 3]));
    "group_norm.n_groups", "f5,0,3", |x, n| x[0].try_group_norm(n.size(), &Norm::default());
    "instance_norm", "f5,2,3", |x, _n| x[0].try_instance_norm(&Norm::default());
    "scaled_dot_product_attention", "f5,2 f4,2 f4,3", |x, _n| {
        x[0].try_scaled_dot_product_attention(x[1], x[2], &Attention::default())
    };
    "scaled_dot_product_attention", "f5,2 f4,2 f4,3 f5,1", |x, _n| {
        let options = Attention { causal: true, mask: Some(x[3]), ..Attention::default() };
        x[0].try_scaled_dot_product_attention(x[1], x[2], &options)
    };
    "scaled_dot_product_attention", "f6,5,2 f3,4,2 f3,4,7", |x, _n| {
        let options = Attention { grouped: true, ..Attention::default() };
        x[0].try_scaled_dot_product_attention(x[1], x[2], &options)
    };
}
