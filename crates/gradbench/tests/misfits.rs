//! Inputs that are no inputs: they are refused with a reason, whatever the function.

use std::{fs, path::Path};

use retrograd_gradbench::answer;
use serde_json::{Value, json};

/// Replacements of a part of an input.
fn strange_values() -> Vec<Value> {
    vec![
        json!(null),
        json!("text"),
        json!(-1),
        json!(0),
        json!(1),
        json!(0.5),
        json!(5),
        json!(1e-308),
        json!(1e308),
        json!(-1e308),
        json!(1u64 << 40),
        json!("x".repeat(100_000)),
        json!(u64::MAX),
        json!([]),
        json!([[]]),
        json!([[], []]),
        json!([1]),
        json!([1.0, 2.0]),
        json!([[1.0], [2.0, 3.0]]),
        json!([[1.0, 2.0, 3.0]]),
        json!({}),
    ]
}

/// The places of all parts of a value, itself included.
fn parts(value: &Value, place: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| parts(field, format!("{place}/{key}"), found));
        }
        // The first and the last element stand for all.
        Value::Array(elements) if !elements.is_empty() => {
            parts(&elements[0], format!("{place}/0"), found);
            let last = elements.len() - 1;
            parts(&elements[last], format!("{place}/{last}"), found);
        }
        _ => {}
    }
    found.push(place);
}

#[test]
fn a_strange_input_is_answered_whatever_part_of_it_is_strange() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/messages");
    let (mut n_answered, mut n_refused) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_none_or(|kind| kind != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(file).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let mut places = Vec::new();
            parts(&line["message"], String::new(), &mut places);
            for place in places.iter().filter(|place| place.starts_with("/input")) {
                for strange in strange_values() {
                    let mut message = line["message"].clone();
                    *message.pointer_mut(place).unwrap() = strange;
                    let response = answer(message.to_string().as_bytes()).unwrap();
                    let response: Value = serde_json::from_str(&response).unwrap();
                    n_answered += 1;
                    if response["success"] == json!(false) {
                        let error = response["error"].as_str().unwrap();
                        assert!((1..1000).contains(&error.len()), "{error:.200}");
                        n_refused += 1;
                    }
                }
            }
        }
    }
    println!("{n_refused} of {n_answered} strange inputs are refused");
    assert!(n_refused > n_answered / 2);
}

/// Lines that were cut or damaged on their way, one byte each.
#[test]
fn a_damaged_line_is_answered_or_has_no_number() {
    let line = br#"{"id": 1, "kind": "evaluate", "module": "lse", "function": "gradient", "input": {"x": [1, 2.5]}}"#;
    let (mut n_answered, mut n_numberless) = (0, 0);
    let mut check = |damaged: &[u8]| match answer(damaged) {
        Ok(response) => {
            assert!(
                serde_json::from_str::<Value>(&response).is_ok_and(|value| value["id"].is_number())
            );
            n_answered += 1;
        }
        Err(_) => n_numberless += 1,
    };
    for at in 0..line.len() {
        check(&line[..at]);
        let mut damaged = line.to_vec();
        for byte in (0..8).map(|bit| line[at] ^ 1 << bit).chain(*b"\0\xff\"9-[{,") {
            damaged[at] = byte;
            check(&damaged);
        }
    }
    println!("{n_answered} damaged lines are answered, {n_numberless} have no number");
    assert!(n_answered > 0 && n_numberless > line.len());
    let nested = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(answer(format!("{{\"id\": 1, \"input\": {nested}}}").as_bytes()).is_ok());
}
