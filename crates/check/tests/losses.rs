//! Every loss: derivatives of first and second order against finite differences, away from margins.

use std::collections::BTreeSet;

use retrograd_check::GradientCheck;
use retrograd_core::{DType, Expr, Graph, NodeId, Tensor};
use retrograd_layers::{
    Loss,
    loss::{
        BinaryWeights, Classes, GaussianNll, LOSSES, MultiMargin, PoissonNll, Reduction,
        TripletMargin,
    },
};

/// A loss of predictions, targets and what else there is, which are all differentiated by.
type Case = (Vec<Tensor>, for<'g> fn(&[Expr<'g>]) -> Expr<'g>);

fn scores() -> Tensor {
    Tensor::from([[0.3, -1.2, 0.8, 2.1], [-0.4, 0.9, 1.7, -2.2]])
}

fn others() -> Tensor {
    Tensor::from([[1.1, -0.5, -0.7, 0.4], [0.2, 2.3, -1.4, -0.9]])
}

fn probabilities() -> Tensor {
    Tensor::from([[0.3, 0.6, 0.85, 0.2], [0.45, 0.15, 0.7, 0.9]])
}

fn weights() -> Tensor {
    Tensor::from([0.5, 1.5, 2.0, 0.7])
}

fn labels<'g>(like: Expr<'g>) -> Expr<'g> {
    like.graph().constant([2i64, 0])
}

/// Plus and minus one, for each element or for each row.
fn signs<'g>(like: Expr<'g>, is_by_row: bool) -> Expr<'g> {
    match is_by_row {
        true => like.graph().constant([1.0, -1.0]),
        false => like.graph().constant([[1.0, -1.0, -1.0, 1.0], [-1.0, 1.0, -1.0, -1.0]]),
    }
}

fn cases() -> Vec<Case> {
    let pair = || vec![scores(), others()];
    vec![
        (pair(), |x| x[0].mse(x[1])),
        (pair(), |x| x[0].mse_loss(x[1])),
        (pair(), |x| x[0].l1_loss(x[1])),
        (pair(), |x| x[0].smooth_l1_loss(x[1], 1.0)),
        (pair(), |x| x[0].smooth_l1_loss(x[1], 0.0)),
        (pair(), |x| x[0].huber_loss(x[1], 1.0)),
        (vec![scores(), probabilities()], |x| x[0].poisson_nll_loss(x[1], &PoissonNll::default())),
        (vec![probabilities(), probabilities()], |x| {
            let options = PoissonNll { log_input: false, full: true, ..PoissonNll::default() };
            x[0].poisson_nll_loss(1.5 + x[1], &options)
        }),
        (vec![scores(), others(), probabilities()], |x| {
            x[0].gaussian_nll_loss(x[1], x[2], &GaussianNll { full: true, ..Default::default() })
        }),
        (vec![scores(), probabilities()], |x| x[0].kl_div(x[1], false)),
        (pair(), |x| x[0].kl_div(-x[1].square(), true)),
        (vec![scores(), probabilities()], |x| x[0].binary_cross_entropy(x[1])),
        (vec![scores(), probabilities(), weights()], |x| {
            let weights = BinaryWeights { weight: Some(x[2]), positive: Some(2.0 * x[2]) };
            x[0].binary_cross_entropy_with_logits(x[1], &weights)
        }),
        (vec![probabilities(), probabilities()], |x| {
            x[0].binary_cross_entropy_of_probabilities(x[1])
        }),
        (vec![scores(), probabilities(), weights()], |x| {
            x[0].multilabel_soft_margin_loss(x[1], Some(x[2]))
        }),
        (vec![scores()], |x| x[0].soft_margin_loss(signs(x[0], false))),
        (vec![scores()], |x| x[0].cross_entropy(labels(x[0]))),
        (vec![scores(), probabilities()], |x| x[0].cross_entropy(x[1].softmax(-1))),
        (vec![scores(), weights()], |x| {
            let reduction = Reduction::Mean;
            let options =
                Classes { weight: Some(x[1]), smoothing: 0.2, reduction, ..Classes::default() };
            x[0].cross_entropy_with(labels(x[0]), &options)
        }),
        (vec![scores(), weights()], |x| {
            x[0].nll_loss(labels(x[0]), &Classes { weight: Some(x[1]), ..Classes::default() })
        }),
        (vec![scores(), weights()], |x| {
            let options = MultiMargin { p: 2, weight: Some(x[1]), ..MultiMargin::default() };
            x[0].multi_margin_loss(labels(x[0]), &options)
        }),
        (vec![scores()], |x| {
            x[0].multilabel_margin_loss(x[0].graph().constant([[2i64, 0, -1, 1], [3, -1, 0, 0]]))
        }),
        (vec![scores()], |x| x[0].hinge_embedding_loss(signs(x[0], false), 1.0)),
        (pair(), |x| x[0].margin_ranking_loss(x[1], signs(x[0], false), 0.1)),
        (pair(), |x| x[0].cosine_embedding_loss(x[1], signs(x[0], true), -0.9)),
        (vec![scores(), others(), probabilities()], |x| {
            x[0].triplet_margin_loss(x[1], x[2], &TripletMargin::default())
        }),
    ]
}

/// The functions that a case calls.
fn called(case: &Case) -> BTreeSet<String> {
    let graph = Graph::with_dtype(DType::F64);
    let named = case.0.iter().enumerate();
    let inputs: Vec<_> = named.map(|(k, data)| graph.input_with(&format!("x{k}"), data)).collect();
    (case.1)(&inputs);
    (0..graph.len()).map(|index| graph.function_of(NodeId::new(index))).collect()
}

#[test]
fn every_loss_has_a_case() {
    let called: BTreeSet<_> = cases().iter().flat_map(called).collect();
    let missing: Vec<_> =
        LOSSES.iter().map(|loss| loss.name).filter(|name| !called.contains(*name)).collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}

#[test]
fn first_and_second_derivatives_agree_with_finite_differences() {
    let check = GradientCheck { every_element: true, ..GradientCheck::default() };
    for (k, (inputs, loss)) in cases().into_iter().enumerate() {
        if let Err(failure) = check.run(|_, x| loss(x), &inputs) {
            panic!("case {k} of the losses: {failure}");
        }
    }
}
