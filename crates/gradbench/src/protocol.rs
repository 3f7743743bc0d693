//! Messages and responses: the protocol of GradBench's `CONTRIBUTING.md`.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, value::RawValue};

use crate::{
    error::Error,
    evals,
    evaluation::{Evaluation, Timing},
};

/// A message of the suite. Fields that a kind of message does not have are empty.
#[derive(Deserialize)]
struct Message<'a> {
    id: Number,
    kind: String,
    #[serde(default)]
    module: String,
    #[serde(default)]
    function: String,
    #[serde(default, borrow)]
    input: Option<&'a RawValue>,
}

/// The number of a message whose other fields cannot be read.
#[derive(Deserialize)]
struct Numbered {
    id: Number,
}

#[derive(Serialize)]
struct Response {
    id: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    success: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    timings: Vec<Timing>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// The response to a message, both one line of JSON.
///
/// The response reports failures: an unknown module, function or input gives `"success": false` with an
/// `"error"`, and so does a message that is not understood, as long as its number is. A kind of message that is not
/// known is acknowledged by its number alone.
///
/// ```
/// let message = r#"{"id": 7, "kind": "evaluate", "module": "hello", "function": "double", "input": 1.5}"#;
/// let response = retrograd_gradbench::answer(message.as_bytes())?;
/// assert!(response.starts_with(r#"{"id":7,"success":true,"output":3.0,"#));
/// # Ok::<(), retrograd_gradbench::Error>(())
/// ```
///
/// # Errors
/// If the message has no id. The protocol has no response to such a message, so the caller should stop.
pub fn answer(line: &[u8]) -> Result<String, Error> {
    let response = match serde_json::from_slice(line) {
        Ok(message) => respond(message),
        Err(error) => {
            let Numbered { id } = serde_json::from_slice(line).map_err(Error::Message)?;
            Response::failed(id, Error::Message(error))
        }
    };
    Ok(serde_json::to_string(&response).expect("a response has string keys and can be written"))
}

fn respond(Message { id, kind, module, function, input }: Message<'_>) -> Response {
    match kind.as_str() {
        "start" => Response { tool: Some("retrograd"), ..Response::to(id) },
        "define" => match evals::find(&module) {
            Ok(_) => Response { success: Some(true), ..Response::to(id) },
            Err(error) => Response::failed(id, error),
        },
        "evaluate" => match evaluate(&module, &function, input) {
            Ok(Evaluation { output, timings }) => {
                Response { success: Some(true), output: Some(output), timings, ..Response::to(id) }
            }
            Err(error) => Response::failed(id, error),
        },
        _ => Response::to(id),
    }
}

fn evaluate(module: &str, function: &str, input: Option<&RawValue>) -> Result<Evaluation, Error> {
    let evaluate = evals::find(module)?;
    evaluate(function, input.unwrap_or(RawValue::NULL))
}

impl Response {
    /// A response that says no more than what it responds to.
    fn to(id: Number) -> Self {
        Response { id, tool: None, success: None, output: None, timings: Vec::new(), error: None }
    }

    fn failed(id: Number, error: Error) -> Self {
        Response { success: Some(false), error: Some(error.to_string()), ..Response::to(id) }
    }
}
