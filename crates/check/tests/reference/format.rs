//! The format of the reference vectors, `autograd-opvec-1`.

use std::collections::BTreeMap;

use retrograd_core::{Error, Shape, Tensor};
use serde_json::Value;

/// An argument of a call, with tensors as `T`.
#[derive(Clone, Debug)]
pub enum Argument<T> {
    /// `None`: as if it were left out.
    None,
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list or tuple.
    List(Vec<Self>),
    /// A slice `start:stop:step`.
    Slice([Option<i64>; 3]),
    /// `...` of an index.
    Ellipsis,
    /// A type of elements.
    DType(String),
    /// Something that the format does not describe.
    Opaque(String),
    /// A tensor that the core refuses to make: of an input that is to be rejected.
    Refused(Error),
    /// A tensor.
    Tensor(T),
}

/// A tensor of a case.
#[derive(Clone, Debug)]
pub struct Input {
    /// The elements.
    pub data: Tensor,
    /// Which of the gradients is by this tensor.
    pub diff: Option<usize>,
}

/// An operation with its cases.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The reference's name, such as `nn.functional.gelu`.
    pub name: String,
    /// Which way of calling it the cases are of; empty if there is only one.
    pub variant: String,
    /// The family.
    pub category: String,
    /// Calls with their results.
    pub cases: Vec<Case>,
    /// Calls that must be rejected: only their arguments mean something.
    pub rejected: Vec<Case>,
}

/// A call, and what comes out of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name, unique in its operation.
    pub id: String,
    /// Arguments given by position.
    pub args: Vec<Argument<Input>>,
    /// Arguments given by keyword.
    pub kwargs: BTreeMap<String, Argument<Input>>,
    /// The outputs.
    pub outputs: Vec<Tensor>,
    /// For some outputs, the weights of their elements in the sum that is differentiated.
    pub cotangents: Vec<(usize, Tensor)>,
    /// Gradients by the inputs marked 0, 1, …; `None` where nothing depends on the input.
    pub grads: Vec<Option<Tensor>>,
    /// Second derivatives.
    pub second: Second,
    /// For calls that must be rejected, what the reference says.
    pub message: String,
}

/// Second derivatives of a case.
#[derive(Clone, Debug)]
pub enum Second {
    /// There are none to compare with.
    Unknown,
    /// They are zero.
    Zero,
    /// The gradients of `Σ ⟨gradsₖ, vₖ⟩`.
    Weighted {
        /// The weights, each with the gradient that it is for.
        v: Vec<(usize, Tensor)>,
        /// Gradients by the inputs.
        grads: Vec<Option<Tensor>>,
    },
}

impl<T> Argument<T> {
    /// This argument with its tensors replaced.
    pub fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Argument<U> {
        match self {
            Argument::None => Argument::None,
            Argument::Bool(value) => Argument::Bool(*value),
            Argument::Int(value) => Argument::Int(*value),
            Argument::Float(value) => Argument::Float(*value),
            Argument::Text(text) => Argument::Text(text.clone()),
            Argument::List(items) => Argument::List(items.iter().map(|item| item.map(f)).collect()),
            Argument::Slice(bounds) => Argument::Slice(*bounds),
            Argument::Ellipsis => Argument::Ellipsis,
            Argument::DType(name) => Argument::DType(name.clone()),
            Argument::Opaque(what) => Argument::Opaque(what.clone()),
            Argument::Refused(error) => Argument::Refused(error.clone()),
            Argument::Tensor(tensor) => Argument::Tensor(f(tensor)),
        }
    }
}

impl Operation {
    /// Reads a file of cases.
    pub fn read(json: &Value) -> Self {
        Self {
            name: text(&json["op"]),
            variant: text(&json["variant"]),
            category: text(&json["category"]),
            cases: array(&json["cases"]).iter().map(Case::read).collect(),
            rejected: array(&json["errors"]).iter().map(Case::read).collect(),
        }
    }

    /// The name with the variant: that of the file.
    pub fn full_name(&self) -> String {
        match self.variant.is_empty() {
            true => self.name.clone(),
            false => format!("{}_{}", self.name, self.variant),
        }
    }
}

impl Case {
    fn read(json: &Value) -> Self {
        let kwargs = json["kwargs"].as_object().into_iter().flatten();
        let cotangents = array(&json["cotangents"]).iter();
        Self {
            id: text(&json["id"]),
            args: array(&json["args"]).iter().map(argument).collect(),
            kwargs: kwargs.map(|(name, value)| (name.clone(), argument(value))).collect(),
            outputs: array(&json["outputs"]).iter().map(tensor).collect(),
            cotangents: cotangents.map(|seed| (index(&seed["output"]), tensor(seed))).collect(),
            grads: tensors(&json["grads"]),
            second: second(&json["second"]),
            message: text(&json["torch_message_regex"]),
        }
    }

    /// The number of inputs with a gradient.
    pub fn n_wrt(&self) -> usize {
        self.inputs().iter().filter_map(|input| input.diff).map(|k| k + 1).max().unwrap_or(0)
    }

    /// All tensors that a call is made with.
    pub fn inputs(&self) -> Vec<&Input> {
        let mut inputs = Vec::new();
        let mut pending: Vec<_> = self.args.iter().chain(self.kwargs.values()).rev().collect();
        while let Some(given) = pending.pop() {
            match given {
                Argument::Tensor(input) => inputs.push(input),
                Argument::List(items) => pending.extend(items.iter().rev()),
                _ => {}
            }
        }
        inputs
    }
}

fn second(json: &Value) -> Second {
    match json {
        Value::Object(fields) if fields.contains_key("zero") => Second::Zero,
        Value::Object(fields) if fields.contains_key("grads") => {
            let v = array(&json["v"]).iter().filter(|v| !v.is_null());
            let v = v.map(|v| (index(&v["input"]), tensor(v))).collect();
            Second::Weighted { v, grads: tensors(&json["grads"]) }
        }
        _ => Second::Unknown,
    }
}

fn argument(json: &Value) -> Argument<Input> {
    match json {
        Value::Null => Argument::None,
        Value::Bool(value) => Argument::Bool(*value),
        Value::Number(value) => match value.as_i64() {
            Some(value) => Argument::Int(value),
            None => Argument::Float(number(json)),
        },
        Value::String(text) => Argument::Text(text.clone()),
        Value::Array(items) => Argument::List(items.iter().map(argument).collect()),
        Value::Object(fields) => {
            let of = |name: &str| fields.get(name);
            if of("t").is_some() {
                let diff = of("diff").filter(|diff| !diff.is_null()).map(index);
                let tensor = try_tensor(json);
                tensor.map_or_else(Argument::Refused, |data| Argument::Tensor(Input { data, diff }))
            } else if let Some(value) = of("float") {
                Argument::Float(number(value))
            } else if let Some(bounds) = of("slice") {
                Argument::Slice([0, 1, 2].map(|k| bounds[k].as_i64()))
            } else if of("ellipsis").is_some() {
                Argument::Ellipsis
            } else if let Some(name) = of("dtype") {
                Argument::DType(text(name))
            } else {
                Argument::Opaque(json.to_string())
            }
        }
    }
}

fn tensors(json: &Value) -> Vec<Option<Tensor>> {
    array(json).iter().map(|json| (!json.is_null()).then(|| tensor(json))).collect()
}

fn tensor(json: &Value) -> Tensor {
    try_tensor(json).expect("the data of an answer fill its shape")
}

fn try_tensor(json: &Value) -> Result<Tensor, Error> {
    let sizes: Vec<_> = array(&json["shape"]).iter().map(index).collect();
    let (shape, data) = (Shape::from(&sizes[..]), array(&json["data"]).iter());
    match json["t"].as_str() {
        Some("f64") => Tensor::new(shape, data.map(number).collect()),
        Some("i64") => Tensor::new(shape, data.map(|x| x.as_i64().expect("an integer")).collect()),
        Some("bool") => {
            Tensor::new(shape, data.map(|x| x.as_bool().expect("a truth value")).collect())
        }
        other => panic!("the format knows no tensors of {other:?}"),
    }
}

/// A number; those that JSON cannot write are strings.
pub fn number(json: &Value) -> f64 {
    match json {
        Value::String(text) => text.parse().expect("NaN, Infinity or -Infinity"),
        _ => json.as_f64().expect("a number"),
    }
}

fn array(json: &Value) -> &[Value] {
    json.as_array().map_or(&[], Vec::as_slice)
}

fn text(json: &Value) -> String {
    json.as_str().unwrap_or_default().to_owned()
}

fn index(json: &Value) -> usize {
    json.as_u64().and_then(|index| index.try_into().ok()).expect("an index")
}
