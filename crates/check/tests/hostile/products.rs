//! Products, contractions and linear algebra.

use crate::call::calls;

calls! {
    "dot", "f2,3 f3,4", |x, _n| x[0].try_dot(x[1]);
    "matmul", "f2,3 f3,4", |x, _n| x[0].try_matmul(x[1]);
    "matmul", "f5,1,2,3 f6,3,4", |x, _n| x[0].try_matmul(x[1]);
    "matmul", "f3 f6,3,4", |x, _n| x[0].try_matmul(x[1]);
    "outer", "f3 f2", |x, _n| x[0].try_outer(x[1]);
    "inner", "f2,3 f4,3", |x, _n| x[0].try_inner(x[1]);
    "inner", "f f4,3", |x, _n| x[0].try_inner(x[1]);
    "vdot", "f3 f3", |x, _n| x[0].try_vdot(x[1]);
    "mv", "f2,3 f3", |x, _n| x[0].try_mv(x[1]);
    "mm", "f2,3 f3,4", |x, _n| x[0].try_mm(x[1]);
    "bmm", "f5,2,3 f5,3,4", |x, _n| x[0].try_bmm(x[1]);
    "addmm", "f4 f2,3 f3,4", |x, _n| x[0].try_addmm(x[1], x[2], 0.5, 2.0);
    "addmv", "f2 f2,3 f3", |x, _n| x[0].try_addmv(x[1], x[2], 0.5, 2.0);
    "baddbmm", "f2,4 f5,2,3 f5,3,4", |x, _n| x[0].try_baddbmm(x[1], x[2], 0.5, 2.0);
    "addbmm", "f2,4 f5,2,3 f5,3,4", |x, _n| x[0].try_addbmm(x[1], x[2], 0.5, 2.0);
    "multi_dot", "f2 f2,3 f3,4 f4,5", |x, _n| x[0].graph().try_multi_dot(x);
    "multi_dot", "f2,3 f3,2 f2,3", |x, _n| x[0].graph().try_multi_dot(x);
    "tensordot", "f2,3 f3,4", |x, _n| x[0].try_tensordot(x[1], &[1], &[0]);
    "tensordot", "f2,3 f4,5", |x, _n| x[0].try_tensordot(x[1], &[], &[]);
    "tensordot.x_axes", "f2,3 f3,4", |x, n| x[0].try_tensordot(x[1], &[n.offset()], &[0]);
    "tensordot.y_axes", "f2,3 f3,4", |x, n| x[0].try_tensordot(x[1], &[1], &[n.offset()]);
    "einsum", "f2,3 f3,4", |x, _n| x[0].graph().try_einsum("ij,jk->ik", x);
    "einsum", "f2,3 f4,5", |x, _n| x[0].graph().try_einsum("ij,kl->ijkl", x);
    "einsum", "f2,1 f5", |x, _n| x[0].graph().try_einsum("...,...", x);
    "einsum", "f3,3", |x, _n| x[0].graph().try_einsum("ii->i", x);
    "einsum", "f2", |x, _n| x[0].graph().try_einsum("i,i,i,i->i", &[x[0]; 4]);
    "einsum", "f2", |x, n| x[0].graph().try_einsum(&"i".repeat(n.size().min(100_000)), x);
    "linear", "f5,3 f4,3 f4", |x, _n| x[0].try_linear(x[1], Some(x[2]));
    "bilinear", "f5,2 f5,3 f4,2,3 f4", |x, _n| x[0].try_bilinear(x[1], x[2], Some(x[3]));
    "cholesky", "f2,3,3", |x, _n| x[0].try_cholesky();
    "solve", "f2,3,3 f3,4", |x, _n| x[0].try_solve(x[1]);
    "solve", "f3,3 f3", |x, _n| x[0].try_solve(x[1]);
    "solve", "f5,1,3,3 f6,3,4", |x, _n| x[0].try_solve(x[1]);
    "inv", "f2,3,3", |x, _n| x[0].try_inv();
    "det", "f2,3,3", |x, _n| x[0].try_det();
    "slogdet", "f2,3,3", |x, _n| x[0].try_slogdet();
    "svd", "f2,3,4", |x, _n| x[0].try_svd();
    "svd", "f4,3", |x, _n| x[0].try_svd();
}
