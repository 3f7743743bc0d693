//! Arrays in and out: of functions of numbers, and of graphs.

use ndarray::{Array1, Array2, ArrayView1, Axis, array, s};
use num_traits::Zero;
use retrograd::{
    DType, Graph, Params, Plan, Tensor,
    scalar::{self, Dual, Scalar, interop::ndarray as arrays},
};

fn f<R: Scalar + Zero>(x: ArrayView1<'_, R>) -> R {
    (&x * &x).sum() * x[0] + x.iter().map(|x| x.sin()).sum::<R>()
}

#[test]
fn derivatives_are_those_of_slices() {
    let x = array![0.3, -1.2, 2.0, 0.5, 1.0];
    // Every other element, backwards.
    let x = x.slice(s![..;-2]);
    let slice = x.to_vec();
    let of_slice = |x: &[_]| f(ArrayView1::from(x));
    assert_eq!(arrays::gradient(|x| f(x), x).to_vec(), scalar::gradient(|x| f(x.into()), &slice));
    let (value, gradient) = arrays::value_and_gradient(|x| f(x), x);
    assert_eq!((value, gradient.len()), (of_slice(&slice), 3));
    let hessian = arrays::hessian(|x| f(x), x);
    let rows: Vec<_> = hessian.rows().into_iter().map(|row| row.to_vec()).collect();
    assert_eq!(rows, scalar::hessian(|x| f(x.into()), &slice));
    let v = array![1.0, 0.5, -2.0];
    let product = arrays::hessian_vector(|x| f(x), x, v.view());
    assert!((product - hessian.dot(&v)).iter().all(|error| error.abs() < 1e-14));
}

#[test]
fn jacobians_have_a_row_for_each_output() {
    let x = array![2.0, 3.0];
    let rows = arrays::jacobian(|x| array![x[0] * x[1], x.sum(), x[0] / x[1]], x.view());
    assert_eq!(rows, array![[3.0, 2.0], [1.0, 1.0], [1.0 / 3.0, -2.0 / 9.0]]);
    assert_eq!(arrays::jacobian(|_| Array1::default(0), x.view()).shape(), [0, 2]);
    assert_eq!(arrays::jacobian(|x| x.to_owned(), array![].view()).shape(), [0, 0]);
}

#[test]
fn duals_are_multiplied_as_matrices() {
    let moving = |x: f64, v: f64| Dual::<f64>::new(x, [v]);
    let a = array![[moving(1.0, 0.5), moving(2.0, 0.0)], [moving(0.0, 1.0), moving(3.0, 0.0)]];
    let x = array![moving(1.0, 0.0), moving(-1.0, 2.0)];
    let y = a.dot(&x) * moving(2.0, 0.0);
    assert_eq!(y.mapv(|y| y.value), array![-2.0, -6.0]);
    assert_eq!(y.mapv(|y| y.tangents[0]), array![9.0, 14.0]);
}

#[test]
fn tensors_are_made_of_views_in_any_layout() {
    let a = Array2::from_shape_fn((3, 4), |(i, j)| (10 * i + j) as f32);
    for view in [a.view(), a.slice(s![..;2, 1..]), a.slice(s![1..1, ..])] {
        let tensor = Tensor::from(view);
        assert_eq!((tensor.dtype(), &tensor.shape()[..]), (DType::F32, view.shape()));
        assert_eq!(tensor.as_array::<f32>().unwrap(), view.into_dyn());
        assert_eq!(Tensor::from(view.t()).as_array::<f32>().unwrap(), view.t().into_dyn());
        assert!(tensor.as_array::<f64>().is_none());
    }
    let number = Tensor::from(ndarray::arr0(2.5).view());
    assert_eq!((number.shape().rank(), number.item()), (0, 2.5));
    let whole: Tensor = array![[1i64, 2]].view().into();
    assert_eq!(whole.as_array::<i64>().unwrap(), array![[1, 2]].into_dyn());
}

#[test]
fn plans_are_fed_with_arrays_and_give_them() {
    let g = Graph::new();
    let x = g.input("x", [2, 3]);
    let plan = Plan::compile(&[x.sum_over(0)], &[]).unwrap();
    let mut workspace = plan.workspace();
    let data = array![[1f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let tensor = Tensor::from(data.view());
    plan.run(&mut workspace, &Params::new(), &[("x", tensor.view())]).unwrap();
    let output = workspace.output(0);
    assert_eq!(output.as_array::<f32>().unwrap(), data.sum_axis(Axis(0)).into_dyn());
}
