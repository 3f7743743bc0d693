//! Steps with data, parameters, state or a rate that are not theirs.

use retrograd_core::{DType, Graph, Params, Tensor};
use retrograd_layers::{Adam, LogisticRegression, Loss, Model, Optimizer, Sgd, TrainStep, seeded};

use crate::{check, features};

fn step(optimizer: &impl Optimizer) -> (TrainStep, Params) {
    let model = LogisticRegression::softmax(4, 3);
    let params = model.params(&mut seeded(1));
    let g = Graph::new();
    let (x, t) = (g.input("x", [2, 4]), g.input_as("t", DType::I64, [2]));
    let loss = model.apply(&g.bind(&params), x).cross_entropy(t).mean();
    (optimizer.compile(loss).expect("the loss has parameters"), params)
}

#[test]
fn a_step_with_data_or_state_that_are_not_its_own_is_an_error_and_changes_nothing() {
    let (x, t) = (features(2, 4), Tensor::from([0i64, 2]));
    let (wrong, foreign) = (features(2, 5), Tensor::from([0i64, 3]));
    let stepped = |change: &dyn Fn(&mut TrainStep, &mut Params, &mut Params),
                   feeds: &[(&str, &Tensor)]| {
        let (mut step, mut params) = step(&Adam::new(0.1));
        let mut state = step.initial_state();
        change(&mut step, &mut params, &mut state);
        let before = (params.clone(), state.clone());
        let feeds: Vec<_> = feeds.iter().map(|(name, data)| (*name, data.view())).collect();
        let outcome = step.run(&mut params, &mut state, &feeds).map(drop);
        assert_eq!((params, state), before, "nothing is changed");
        outcome
    };
    let both = [("x", &x), ("t", &t)];
    let sgd_state = step(&Sgd::new(0.1).momentum(0.9)).0.initial_state();
    let rate: &[&str] = &["the learning rate is ", "finite and not negative"];
    check(vec![
        (
            "no state",
            Box::new(|| stepped(&|_, _, state| *state = Params::new(), &both)),
            &[
                "there is no state `optimizer/step`; there are none: make it by `initial_state()` of the step",
            ],
        ),
        (
            "the state of another optimizer",
            Box::new(|| stepped(&|_, _, state| *state = sgd_state.clone(), &both)),
            &["there is no state `", "`linear.weight/momentum`", "initial_state()"],
        ),
        (
            "no parameters",
            Box::new(|| stepped(&|_, params, _| *params = Params::new(), &both)),
            &["there is no parameter `linear.weight`"],
        ),
        (
            "no targets",
            Box::new(|| stepped(&|_, _, _| {}, &both[..1])),
            &["`t` [2] has no data yet"],
        ),
        (
            "features twice",
            Box::new(|| stepped(&|_, _, _| {}, &[both[0], both[0], both[1]])),
            &["data for `x` are given twice"],
        ),
        (
            "an input that there is not",
            Box::new(|| stepped(&|_, _, _| {}, &[both[0], both[1], ("y", &x)])),
            &["there is no input `y`"],
        ),
        (
            "too many features",
            Box::new(|| stepped(&|_, _, _| {}, &[("x", &wrong), both[1]])),
            &["`x` is declared as f32 [2, 4], but the data given are f32 [2, 5]"],
        ),
        (
            "a label that is no class",
            Box::new(|| stepped(&|_, _, _| {}, &[both[0], ("t", &foreign)])),
            &["cross_entropy: label 3 of example 2 of 2: the model has 3 classes, labeled 0 to 2"],
        ),
        (
            "a rate that is NaN",
            Box::new(|| stepped(&|step, _, _| step.set_learning_rate(f64::NAN), &both)),
            rate,
        ),
        (
            "a negative rate",
            Box::new(|| stepped(&|step, _, _| step.set_learning_rate(-0.1), &both)),
            rate,
        ),
    ]);
    let given = |g: &Graph| g.input("learning_rate", []).id();
    let g = Graph::new();
    given(&g);
    let error = Sgd::new(0.1).compile(g.param("w", [1.0]).sum()).err().unwrap().to_string();
    assert!(error.starts_with("the name `learning_rate` is taken: an input has it; "), "{error}");
}
