//! Arrays of `ndarray`: Newton's method for a function of a view, and a graph whose data are arrays, in and out.

use ndarray::{Array1, ArrayView1, ArrayView2, array};
use retrograd::{
    Graph, Tensor,
    scalar::{
        Scalar,
        interop::ndarray::{gradient, hessian, value_and_gradient},
    },
};

/// The negative logarithm of the likelihood of `labels` for logistic regression with weights `w`, and a bit of `w²`.
fn loss<R: Scalar>(
    w: ArrayView1<'_, R>,
    points: ArrayView2<'_, f64>,
    labels: ArrayView1<'_, f64>,
) -> R {
    let margins = points
        .rows()
        .into_iter()
        .zip(labels)
        .map(|(point, &label)| w.iter().zip(point).map(|(&w, &x)| w * x).sum::<R>() * -label);
    margins.map(|margin| margin.softplus()).sum::<R>()
        + w.iter().map(|w| w.square()).sum::<R>() * 0.05
}

fn main() {
    let points = array![[1.0, 0.2], [0.8, -0.5], [-0.3, 1.0], [-1.0, 0.4], [0.1, -0.2]];
    let labels = array![1.0, 1.0, -1.0, -1.0, 1.0];

    let mut w = Array1::zeros(2);
    for step in 0..6 {
        let (value, slope) =
            value_and_gradient(|w| loss(w, points.view(), labels.view()), w.view());
        println!("step {step}: loss {value:.9}");
        let h = hessian(|w| loss(w, points.view(), labels.view()), w.view());
        let adjugate = array![[h[[1, 1]], -h[[0, 1]]], [-h[[1, 0]], h[[0, 0]]]];
        w -= &(adjugate.dot(&slope) / (h[[0, 0]] * h[[1, 1]] - h[[0, 1]] * h[[1, 0]]));
    }
    let slope = gradient(|w| loss(w, points.view(), labels.view()), w.view());
    println!("gradient at the end: {:.1e}", slope.mapv(f64::abs).sum());

    // The same loss as a graph: arrays become its constants, and its values arrays.
    let g = Graph::with_dtype(retrograd::DType::F64);
    let (x, t) = (g.constant(Tensor::from(points.view())), g.constant(Tensor::from(labels.view())));
    let weights = g.constant(Tensor::from(w.view()));
    let by_graph = (x.dot(weights) * -t).softplus().sum() + 0.05 * weights.square().sum();
    let slopes = by_graph.grad(&[weights])[0].value();
    let slopes = slopes.as_array::<f64>().expect("the graph is of f64");
    println!("largest difference by a graph: {:.1e}", (&slopes - &slope).mapv(f64::abs).sum());
}
