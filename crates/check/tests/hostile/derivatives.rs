//! Functions that record derivatives and batches.

use retrograd_core::{Error, Expr};

use crate::call::calls;

/// A scalar that depends on all elements, by operations of every kind of linearity.
fn scalar<'g>(x: Expr<'g>) -> Result<Expr<'g>, Error> {
    x.try_sin()?.try_mul(x)?.try_sum()
}

calls! {
    "grad", "f2,3", |x, _n| scalar(x[0])?.try_grad(&[x[0]]);
    "grad_if_used", "f2,3", |x, _n| scalar(x[0])?.try_grad_if_used(&[x[0]]);
    "value_and_grad", "f2,3", |x, _n| scalar(x[0])?.try_value_and_grad(&[x[0]]);
    "vjp", "f2,3", |x, _n| x[0].try_sin()?.try_vjp(x[0], &[x[0]]);
    "vjp", "f2,3", |x, _n| x[0].graph().try_vjp(&[(x[0].try_sin()?, x[0])], &[x[0]]);
    "jvp", "f2,3", |x, _n| x[0].try_sin()?.try_jvp(&[(x[0], x[0])]);
    "jvp", "f2,3", |x, _n| x[0].graph().try_jvp(&[x[0].try_sin()?], &[(x[0], x[0])]);
    "vmap", "f2,3 f4,2,3", |x, _n| x[0].try_sin()?.try_vmap(&[(x[0], x[1])]);
    "vmap", "f2,3 f4,2,3", |x, _n| x[0].graph().try_vmap(&[x[0].try_sin()?], &[(x[0], x[1])]);
    "vmap", "f3 f4,3 f2,1", |x, _n| x[0].try_add(x[2])?.try_vmap(&[(x[0], x[1])]);
    "vmap", "f3 f4,3 f2,3 f3,5", |x, _n| x[0].try_mul(x[2])?.try_matmul(x[3])?.try_vmap(&[(x[0], x[1])]);
    "vmap", "f4 f2", |x, _n| x[0].try_select_index(0, 0)?.try_add(x[0])?.try_vmap(&[(x[0].try_select_index(0, 0)?, x[1])]);
    "vmap", "f5 f4,5", |x, _n| x[0].try_mul(x[0])?.try_sum()?.try_grad(&[x[0]])?[0].try_vmap(&[(x[0], x[1])]);
    "taylor", "f2,3", |x, n| scalar(x[0])?.try_taylor(&[(x[0], x[0])], n.size());
    "taylor.order", "f3", |x, n| scalar(x[0])?.try_taylor(&[(x[0], x[0])], n.size().max(1) - 1);
    "taylor.order", "f3", |x, n| x[0].try_sum()?.try_taylor(&[(x[0], x[0])], n.size());
    "jacobian", "f2,3", |x, _n| x[0].try_sin()?.try_jacobian(x[0]);
    "jacobian", "f2,3", |x, _n| x[0].try_sum_over(0)?.try_jacobian(x[0]);
    "jacobian", "f3 f4", |x, _n| x[0].try_outer(x[1])?.try_jacobian(x[0]);
    "hessian", "f2,3", |x, _n| scalar(x[0])?.try_hessian(x[0]);
    "hessian_vector", "f2,3", |x, _n| scalar(x[0])?.try_hessian_vector(&[(x[0], x[0])]);
    "hessian_diagonal", "f2,3", |x, _n| scalar(x[0])?.try_hessian_diagonal(x[0]);
    "gauss_newton_vector", "f2,3", |x, _n| {
        let outputs = x[0].try_sin()?;
        outputs.try_mul(outputs)?.try_sum()?.try_gauss_newton_vector(outputs, &[(x[0], x[0])])
    };
    "fisher_vector", "f2,3", |x, _n| x[0].try_sin()?.try_sum_over(1)?.try_fisher_vector(&[(x[0], x[0])]);
    "sparse_jacobian", "f2,3", |x, _n| x[0].try_sin()?.try_sparse_jacobian(x[0]);
    "sparse_jacobian", "f2,3", |x, _n| x[0].try_sum_over(0)?.try_sparse_jacobian(x[0]);
    "sparse_hessian", "f2,3", |x, _n| scalar(x[0])?.try_sparse_hessian(x[0]);
}
