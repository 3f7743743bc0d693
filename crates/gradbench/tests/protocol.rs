//! Sessions with the suite: what is answered to messages with small inputs, whose outputs `messages/make.py` has computed
//! in another way and with more digits, and to messages that cannot be answered as they ask.

use std::{collections::BTreeSet, fs, path::Path};

use retrograd_gradbench::answer;
use serde::Deserialize;
use serde_json::{Number, Value, json, value::RawValue};

/// The difference that numbers may have, in parts of them, or of 1 if they are smaller.
const TOLERANCE: f64 = 1e-10;

/// A line of a file.
#[derive(Deserialize)]
struct Round<'a> {
    #[serde(borrow)]
    message: &'a RawValue,
    response: Value,
}

fn answered(message: &str) -> Value {
    let response = answer(message.as_bytes()).expect("the message has a number");
    serde_json::from_str(&response).expect("responses are JSON")
}

/// Whether two values are the same but for rounding.
fn are_alike(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| are_alike(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let same = |(key, a)| b.get(key).is_some_and(|b| are_alike(a, b));
            a.len() == b.len() && a.iter().all(same)
        }
        (Value::Number(a), Value::Number(b)) => {
            let number = |x: &Number| x.as_f64().expect("every number of JSON is a float, too");
            let (a, b) = (number(a), number(b));
            (a - b).abs() <= TOLERANCE * b.abs().max(1.0)
        }
        _ => a == b,
    }
}

#[test]
fn recorded_messages_are_answered_as_recorded() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut evaluated = BTreeSet::new();
    for file in files.filter(|file| file.extension().is_some_and(|kind| kind == "jsonl")) {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Round { message, response: expected } = serde_json::from_str(line).unwrap();
            let mut response = answered(message.get());
            if let Some(timings) = response.as_object_mut().unwrap().remove("timings") {
                assert_eq!(timings.as_array().unwrap().len(), 2, "preparation, and one run");
                evaluated.insert(file.file_stem().unwrap().to_owned());
            }
            assert!(
                are_alike(&response, &expected),
                "{message}\n  gives    {response}\n  and not  {expected}"
            );
        }
    }
    assert_eq!(evaluated.len(), 13, "every module, and the protocol's own session: {evaluated:?}");
}

#[test]
fn a_line_without_a_number_has_no_answer() {
    for line in [
        "",
        " ",
        "hello",
        "{",
        "[]",
        "{}",
        r#"{"kind": "start"}"#,
        r#"{"id": null, "kind": "start"}"#,
        r#"{"id": "1", "kind": "start"}"#,
        "{\"id\": 1, \"kind\": \"start\"",
    ] {
        assert!(answer(line.as_bytes()).is_err(), "{line}");
    }
    let unknown = answer(br#"{"id": 1}"#).unwrap();
    assert!(
        unknown.starts_with(r#"{"id":1,"success":false,"error":"this is no message"#),
        "{unknown}"
    );
}

#[test]
fn a_function_runs_as_often_and_as_long_as_the_input_says() {
    let timings = |min_runs: u64, min_seconds: f64| -> Vec<u64> {
        let input = json!({"x": [1.0, 2.0], "min_runs": min_runs, "min_seconds": min_seconds});
        let message = json!({
            "id": 1, "kind": "evaluate", "module": "lse", "function": "gradient", "input": input,
        });
        let response = answered(&message.to_string());
        let timings = response["timings"].as_array().unwrap();
        assert_eq!(timings[0]["name"], "prepare");
        assert!(timings[1..].iter().all(|timing| timing["name"] == "evaluate"));
        timings[1..].iter().map(|timing| timing["nanoseconds"].as_u64().unwrap()).collect()
    };
    assert_eq!(timings(0, 0.0).len(), 1);
    assert_eq!(timings(7, 0.0).len(), 7);
    assert!(timings(1, 0.01).iter().sum::<u64>() >= 10_000_000);
}

/// The reason why an evaluation is refused.
fn refused(module: &str, function: &str, input: &Value) -> String {
    let message = json!({
        "id": 1, "kind": "evaluate", "module": module, "function": function, "input": input,
    });
    let response = answered(&message.to_string());
    assert_eq!(response["success"], json!(false), "{module}");
    response["error"].as_str().expect("a reason is a text").to_owned()
}

#[test]
fn what_would_never_end_is_refused() {
    let matrix = vec![0.5; 14 * 14];
    for (module, input, what) in [
        ("lse", json!({"x": [1.0], "min_seconds": 1e300}), "min_seconds is 1e300"),
        ("lse", json!({"x": [1.0], "min_runs": u64::MAX}), "min_runs is 18446744073709551615"),
        ("det", json!({"A": matrix, "ell": 14}), "ell is 14, which is not in 1..=13"),
    ] {
        let error = refused(module, "primal", &input);
        assert!(error.contains(what), "{error}");
    }
}

#[test]
fn a_descent_without_an_end_is_left() {
    for function in ["ff", "fr", "rf", "rr"] {
        for w in [5.0, -1.0, 2.0, 1e308, -1e308, 1e19] {
            let error = refused("particle", function, &json!({"w": w}));
            assert!(error.contains(&format!("the descent from [{w:?}] has no end: ")), "{error}");
        }
        for start in [[1e308, 1.0], [1.0, -1e308], [1e200, 1e200]] {
            let error = refused("saddle", function, &json!({"start": start}));
            assert!(error.ends_with("its function or gradient is not finite"), "{error}");
        }
    }
}

/// Inputs of a few thousand numbers, the products of whose sizes are billions.
#[test]
fn inputs_whose_values_would_not_fit_into_memory_are_refused() {
    let rows = |n: usize, m: usize| vec![vec![0.5; m]; n];
    let camera = json!({"n": 1, "m": 1, "p": 1 << 26, "cam": vec![0.5; 11], "x": vec![0.5; 3], "w": 1, "feat": [0, 0]});
    for (module, function, input, what) in [
        (
            "kmeans",
            "cost",
            json!({"points": rows(20_000, 1), "centroids": rows(20_000, 1)}),
            "points·centroids",
        ),
        ("llsq", "gradient", json!({"x": vec![0.5; 10_000], "n": 1 << 20}), "coefficients·points"),
        ("llsq", "primal", json!({"x": [0.5], "n": 1u64 << 40}), "n is 1099511627776"),
        ("ode", "gradient", json!({"x": vec![0.5; 10_000], "s": 10_000}), "x·s"),
        (
            "lstm",
            "jacobian",
            json!({
                "main_params": rows(2000, 4), "extra_params": rows(3, 1), "state": rows(2000, 1),
                "sequence": rows(2000, 1),
            }),
            "layers·length",
        ),
        (
            "gmm",
            "jacobian",
            json!({
                "d": 1, "k": 20_000, "n": 20_000, "x": rows(20_000, 1), "m": 0, "gamma": 1,
                "alpha": vec![0.5; 20_000], "mu": rows(20_000, 1), "q": rows(20_000, 1), "l": rows(20_000, 0),
            }),
            "n·k·d",
        ),
        ("ba", "objective", camera, "p is 67108864"),
    ] {
        let error = refused(module, function, &input);
        assert!(error.contains(what) && error.len() < 200, "{error}");
    }
}
