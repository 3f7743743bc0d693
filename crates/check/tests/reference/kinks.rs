//! The format of the reference's kinks and extremes, `autograd-kinks-1`, and the calls that they are of.

use std::collections::BTreeMap;

use retrograd_core::{Error, Expr, Graph, Shape, Tensor};
use serde_json::Value;

use super::{
    adapters::adapter,
    call::{Adapter, Call, Refusal},
    data::vendored,
    format::{Argument, number},
};

/// A row's name, that of its adapter, and keyword arguments.
type CallRow = (&'static str, &'static str, &'static [(&'static str, Keyword)]);

/// A row whose name, or whose keyword arguments, are not simply those of the adapter.
const CALLS: &[CallRow] = &[
    ("amax", "amax", &[]),
    ("bce", "nn.functional.binary_cross_entropy", NONE),
    ("bce_with_logits", "nn.functional.binary_cross_entropy_with_logits", NONE),
    ("clamp_-1_1", "clamp", &[("min", Keyword::Number(-1.0)), ("max", Keyword::Number(1.0))]),
    ("cumprod", "cumprod", ALONG),
    ("gelu_tanh", "nn.functional.gelu", &[("approximate", Keyword::Text("tanh"))]),
    ("hinge_embedding", "nn.functional.hinge_embedding_loss", NONE),
    ("huber", "nn.functional.huber_loss", NONE),
    ("kl_div", "nn.functional.kl_div", NONE),
    ("l1", "nn.functional.l1_loss", NONE),
    ("log_softmax", "log_softmax", ALONG),
    ("logsumexp", "logsumexp", ALONG),
    ("max", "max_reduction_no_dim", &[]),
    ("mse", "nn.functional.mse_loss", NONE),
    ("norm1", "linalg.vector_norm", &[("ord", Keyword::Number(1.0))]),
    ("norm2", "linalg.vector_norm", &[("ord", Keyword::Number(2.0))]),
    ("norm_inf", "linalg.vector_norm", &[("ord", Keyword::Number(f64::INFINITY))]),
    ("poisson_nll", "nn.functional.poisson_nll_loss", NONE),
    ("smooth_l1", "nn.functional.smooth_l1_loss", NONE),
    ("softmax", "softmax", ALONG),
];

/// A keyword argument.
#[derive(Clone, Copy)]
enum Keyword {
    Axis(i64),
    Number(f64),
    Text(&'static str),
}

const ALONG: &[(&str, Keyword)] = &[("dim", Keyword::Axis(0))];
const NONE: &[(&str, Keyword)] = &[("reduction", Keyword::Text("none"))];

/// A library's derivatives at the points of a row.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The values.
    pub out: Vec<f64>,
    /// The gradients of their weighted sum by each input.
    pub grads: Vec<Vec<f64>>,
}

/// A call at some points, each an element of the inputs, or all of them together.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the function.
    pub name: String,
    /// The inputs by which derivatives are taken, then the others.
    pub inputs: Vec<Vec<f64>>,
    /// The shape of the inputs.
    pub shape: Shape,
    /// The weights of the outputs.
    weights: Option<Tensor>,
    /// Whether each element is a point of its own.
    pub elementwise: bool,
    /// PyTorch's.
    pub torch: Answer,
    /// JAX's, if it was asked.
    pub jax: Option<Answer>,
}

/// All rows.
pub fn rows() -> Vec<Row> {
    let json: Value = serde_json::from_str(&vendored("kinks.json.gz")).expect("valid JSON");
    let of = |family: &str, inputs: &[&str], gradients: &[&str]| -> Vec<Row> {
        let rows = json[family].as_object().expect("rows by name").iter();
        let cases = rows.flat_map(|(name, row)| {
            let cases = row.as_array().cloned().unwrap_or_else(|| vec![row.clone()]);
            cases.into_iter().map(move |case| (name.clone(), case))
        });
        cases.map(|(name, case)| Row::read(name, &case, inputs, gradients)).collect()
    };
    [
        of("unary", &["x"], &["grad"]),
        of("binary", &["a", "b"], &["grad_a", "grad_b"]),
        of("vector", &["x"], &["grad"]),
        of("loss", &["input", "target"], &["grad"]),
    ]
    .concat()
}

impl Row {
    fn read(name: String, json: &Value, inputs: &[&str], gradients: &[&str]) -> Self {
        let of = |prefix: &str| Answer {
            out: numbers(&json[format!("{prefix}out")]),
            grads: gradients.iter().map(|g| numbers(&json[format!("{prefix}{g}")])).collect(),
        };
        Self {
            name,
            inputs: inputs.iter().map(|input| numbers(&json[*input])).collect(),
            shape: shape(&json[inputs[0]]),
            weights: json
                .get("weights")
                .map(|w| Tensor::new(shape(w), numbers(w)).expect("a weight for every output")),
            elementwise: json.get("weights").is_none(),
            torch: of(""),
            jax: json.get("jax_out").map(|_| of("jax_")),
        }
    }

    /// Number of points.
    pub fn n_points(&self) -> usize {
        if self.elementwise { self.inputs[0].len() } else { 1 }
    }

    /// The adapter that calls our function, if there is one.
    pub fn adapter(&self) -> Option<Adapter> {
        let named = CALLS.iter().find(|(row, ..)| *row == self.name);
        let name = named.map_or(&*self.name, |(_, name, _)| name);
        adapter(name).or_else(|| adapter(&format!("nn.functional.{name}"))).or_else(|| match name {
            "logsigmoid" => adapter("nn.functional.logsigmoid"),
            "div" => adapter("div_no_rounding_mode"),
            _ => None,
        })
    }

    /// Records the value and the gradients.
    pub fn record<'g>(
        &self,
        graph: &'g Graph,
        adapter: Adapter,
    ) -> Result<(Expr<'g>, Vec<Expr<'g>>), Refusal> {
        let options =
            CALLS.iter().find(|(row, ..)| *row == self.name).map_or(NO_OPTIONS, |row| row.2);
        let kwargs = options.iter().map(|&(name, value)| (name.to_owned(), value.argument()));
        let tensor = |data: &Vec<f64>| Tensor::new(&self.shape, data.clone());
        let data = self.inputs.iter().map(tensor).collect::<Result<Vec<_>, Error>>()?;
        let named = data.iter().enumerate();
        let x: Vec<_> = named.map(|(k, data)| graph.param(&format!("x{k}"), data)).collect();
        let args = x.iter().map(|&x| Argument::Tensor(x)).collect();
        let call = Call { graph, args, kwargs: kwargs.collect::<BTreeMap<_, _>>() };
        let out = adapter(&call)?[0];
        let ones = || Tensor::full(out.dtype(), out.shape(), 1.0);
        let seed = graph.input_with("seed", self.weights.clone().unwrap_or_else(ones));
        Ok((out, out.try_vjp(seed, &x[..self.torch.grads.len()])?))
    }
}

const NO_OPTIONS: &[(&str, Keyword)] = &[];

impl Keyword {
    fn argument<T>(self) -> Argument<T> {
        match self {
            Keyword::Axis(axis) => Argument::Int(axis),
            Keyword::Number(value) => Argument::Float(value),
            Keyword::Text(text) => Argument::Text(text.to_owned()),
        }
    }
}

fn numbers(json: &Value) -> Vec<f64> {
    json["data"].as_array().into_iter().flatten().map(number).collect()
}

fn shape(json: &Value) -> Shape {
    let sizes = json["shape"].as_array().into_iter().flatten();
    sizes.map(|size| size.as_u64().expect("a size") as usize).collect()
}
