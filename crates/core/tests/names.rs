//! Names of leaves and tensors: each belongs to one, and nothing that is given under a name is dropped.

use std::panic::Location;

use retrograd_core::{Bindings, DType, Error, Expr, Graph, Params, Shape, Tensor, ops::LeafKind};

/// Records a leaf called `w`, of a kind.
type Record = for<'g> fn(&'g Graph, Tensor) -> Result<Expr<'g>, Error>;

/// Everything that records a named leaf.
const WAYS: &[(LeafKind, Record)] = &[
    (LeafKind::Param, |g, data| g.try_param("w", data)),
    (LeafKind::State, |g, data| g.try_state("w", data)),
    (LeafKind::Input, |g, data| g.try_input_with("w", data)),
    (LeafKind::Input, |g, data| g.try_input("w", data.shape())),
    (LeafKind::Input, |g, data| g.try_input_as("w", data.dtype(), data.shape())),
    (LeafKind::Param, |g, data| {
        let mut params = Params::new();
        params.insert("w", data);
        g.bind(&params).try_param("w")
    }),
];

fn one(value: f32) -> Tensor {
    Tensor::from([value])
}

fn map(tensors: &[(&str, f32)]) -> Params {
    let mut params = Params::new();
    tensors.iter().for_each(|&(name, value)| params.insert(name, one(value)));
    params
}

#[test]
fn layers_that_are_written_in_a_loop_have_weights_of_their_own() {
    let g = Graph::new();
    let mut y = g.constant([1.0]);
    for k in 0..3 {
        let _layer = g.scope(&format!("layer{k}"));
        y = y * g.param("w", [k as f32 + 2.0]);
    }
    assert_eq!(y.value().to_vec::<f32>(), [24.0]);
    let gradients = y.sum().grad(&g.params());
    let gradients: Vec<_> = gradients.iter().map(|gradient| gradient.value().item()).collect();
    assert_eq!(gradients, [12.0, 8.0, 6.0]);
    assert_eq!(
        g.recorded_params(),
        map(&[("layer0.w", 2.0), ("layer1.w", 3.0), ("layer2.w", 4.0)])
    );
}

#[test]
fn a_full_name_is_the_same_in_scopes_and_in_nested_maps() {
    let mut params = Params::new();
    params.insert_nested("encoder", {
        let mut encoder = Params::new();
        encoder.insert_nested("first", map(&[("w", 3.0)]));
        encoder
    });
    let (bound, scoped) = (Graph::new(), Graph::new());
    let (encoder, _encoder) = bound.bind(&params).scope("encoder");
    encoder.scope("first").0.param("w");
    {
        let _outer = scoped.scope("encoder");
        let _inner = scoped.scope("first");
        let (w, x) = (scoped.param("w", [1.0]), scoped.input("x", [1]));
        let (x_data, y) = (one(5.0), w * x);
        let bindings = Bindings::new().with_params(&params).with("encoder.first.x", &x_data);
        assert_eq!(y.value_with(&bindings).unwrap().item(), 15.0);
        assert_eq!(scoped.shared_param("encoder.first.w").id(), w.id());
    }
    let names =
        |g: &Graph| g.recorded_params().iter().map(|(n, _)| n.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        (names(&bound), names(&scoped)),
        (names(&scoped), vec!["encoder.first.w".to_owned()])
    );
}

/// Where an error says that a name was given first and again.
fn lines(error: &Error) -> (Option<u32>, u32) {
    let Error::NameTaken { name, first, again, .. } = error else { panic!("{error}") };
    assert_eq!(name, "w");
    let here = |place: &Location<'_>| (place.file() == file!()).then(|| place.line());
    (first.and_then(here), here(again).expect("the name is given in this file"))
}

#[test]
fn a_second_leaf_of_a_full_name_is_an_error_that_names_both_lines() {
    for (i, (kind, first)) in WAYS.iter().enumerate() {
        for (k, (_, second)) in WAYS.iter().enumerate() {
            let g = Graph::new();
            first(&g, one(1.0)).unwrap();
            let error = second(&g, one(2.0)).unwrap_err();
            let (first_line, again) = lines(&error);
            let first_line = first_line.expect("the name is given in this file");
            assert_eq!(first_line.cmp(&again), i.cmp(&k), "rows of the table stand in order");
            let message = error.to_string();
            assert!(
                message.starts_with(&format!("the name `w` is taken: {kind} has it; ")),
                "{message}"
            );
            for line in [first_line, again] {
                assert!(message.contains(&format!("names.rs:{line}:")), "{message}");
            }
            assert_eq!(g.len(), 1, "nothing is recorded");
        }
        let in_scope = WAYS.iter().filter(|(kind, _)| *kind != LeafKind::Param);
        for (_, second) in in_scope.chain(&WAYS[..1]) {
            let g = Graph::new();
            first(&g, one(1.0)).unwrap();
            let _scope = g.scope("elsewhere");
            assert!(second(&g, one(2.0)).is_ok(), "another scope is another name");
        }
    }
}

#[test]
fn a_leaf_without_a_name_is_refused() {
    let g = Graph::new();
    let shape = Shape::from([1]);
    let errors = [
        g.try_param("", one(1.0)),
        g.try_state("", one(1.0)),
        g.try_input_with("", one(1.0)),
        g.try_input("", &shape),
        g.try_input_as("", DType::I64, &shape),
        g.try_leaf_at(LeafKind::Param, "", one(1.0)),
    ];
    for error in errors {
        let message = error.unwrap_err().to_string();
        assert!(message.ends_with("needs a name"), "{message}");
    }
}

#[test]
fn a_shared_parameter_is_found_by_its_full_name_or_not_at_all() {
    let g = Graph::new();
    g.input("x", [1]);
    let w = {
        let _scope = g.scope("encoder");
        g.param("w", [1.0])
    };
    let _elsewhere = g.scope("decoder");
    assert_eq!(g.shared_param("encoder.w").id(), w.id());
    for name in ["w", "x", "decoder.w"] {
        let message = g.try_shared_param(name).unwrap_err().to_string();
        assert_eq!(message, format!("there is no parameter `{name}`; there is `encoder.w`"));
    }
}

#[test]
fn a_map_that_is_bound_again_gives_the_same_parameters() {
    let params = map(&[("w", 2.0)]);
    let g = Graph::new();
    let (first, second) = (g.bind(&params).param("w"), g.bind(&params).param("w"));
    let moved = params;
    assert_eq!(first.id(), second.id());
    assert_eq!(g.bind(&moved).param("w").id(), first.id());
}

#[test]
fn parameters_that_would_be_dropped_when_a_map_is_bound_are_an_error() {
    let refused = |change: &dyn Fn(&mut Params), reason: &str| {
        let mut params = map(&[("w", 2.0)]);
        let g = Graph::new();
        g.bind(&params).param("w");
        change(&mut params);
        let error = g.bind(&params).try_param("w").unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        lines(&error);
    };
    refused(&|params| *params = map(&[("w", 3.0)]), "not of the map that is bound now");
    // A clone is to be trained apart from its original, though it holds the same.
    refused(&|params| *params = params.clone(), "not of the map that is bound now");
    refused(&|params| drop(params.replace("w", one(3.0))), "its elements have changed");
    refused(&|params| params.freeze("w").unwrap(), "has been frozen or unfrozen");
    let mut params = map(&[("w", 2.0)]);
    let g = Graph::new();
    let w = g.bind(&params).param("w");
    params.replace("w", one(2.0)).unwrap();
    assert_eq!(g.bind(&params).param("w").id(), w.id(), "equal elements are the same");
}

#[test]
fn a_map_takes_each_name_once() {
    let mut params = map(&[("w", 1.0), ("layer.w", 2.0)]);
    let before = params.clone();
    let nested = map(&[("v", 3.0), ("w", 4.0)]);
    let errors = [params.try_insert("w", one(5.0)), params.try_insert_nested("layer", nested)];
    for (error, name) in errors.into_iter().zip(["w", "layer.w"]) {
        let message = error.unwrap_err().to_string();
        let expected =
            format!("the name `{name}` is taken: there is a tensor f32 [1] of this name; ");
        assert!(message.starts_with(&expected), "{message}");
        assert!(message.contains("given again at") && message.contains("names.rs"), "{message}");
    }
    assert_eq!(params, before, "nothing is added");
    assert_eq!(params.replace("w", one(5.0)), Ok(one(1.0)));
    assert!(params.replace("v", one(5.0)).is_err());
    params.freeze("w").unwrap();
    params.unfreeze("w").unwrap();
    assert!(params.unfreeze("v").is_err() && params.freeze("v").is_err());
}

#[test]
fn data_that_are_bound_twice_are_an_error() {
    let g = Graph::new();
    let y = g.input("x", [1]) * g.param("w", [2.0]);
    let (three, four) = (one(3.0), one(4.0));
    let twice = Bindings::new().with("x", &three).with("x", &four);
    let message = y.value_with(&twice).unwrap_err().to_string();
    assert_eq!(message, "data for `x` are given twice; give them once");
    let maps = [map(&[("w", 5.0), ("v", 0.0)]), map(&[("w", 6.0), ("v", 0.0)])];
    let bindings = Bindings::new().with("x", &three).with_params(&maps[0]);
    assert_eq!(y.value_with(&bindings).unwrap().item(), 15.0);
    let message = y.value_with(&bindings.clone().with_params(&maps[1])).unwrap_err().to_string();
    assert_eq!(message, "data for `w` are in the maps twice; give them once");
    // A tensor for one leaf is meant to count more than a map.
    assert_eq!(y.value_with(&bindings.with("w", &four)).unwrap().item(), 12.0);
}

#[test]
fn integers_are_bound_but_not_trained() {
    let mut params = Params::new();
    params.insert("order", Tensor::from([1i64, 0]));
    params.insert("w", Tensor::from([1.0f32, 3.0]));
    let g = Graph::new();
    let bound = g.bind(&params);
    let y = bound.param("w").gather(0, bound.param("order"));
    assert_eq!(y.value().to_vec::<f32>(), [3.0, 1.0]);
    assert_eq!(g.params().len(), 1);
    assert_eq!(
        (params.dtype(), params.cast(DType::F64).dtype()),
        (Some(DType::F32), Some(DType::F64))
    );
    assert_eq!(params.cast(DType::F64).get("order"), params.get("order"));
}
