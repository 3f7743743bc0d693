//! Values and derivatives of functions, correctly rounded from 360-digit arithmetic.

use serde_json::Value;

use super::{data::vendored, format::number, verdicts::Part};

/// A function at its points.
#[derive(Clone)]
pub struct Function {
    /// Its name in the file.
    pub name: String,
    n_inputs: usize,
    /// The inputs, the values, then the derivatives: by each input, and second ones.
    columns: Vec<Vec<f64>>,
}

/// All functions of the file, of one input and of two.
pub fn functions() -> Vec<Function> {
    let text = vendored("true_values.json.gz");
    let json: Value = serde_json::from_str(&text).expect("the file is valid JSON");
    let column = |column: &Value| column.as_array().into_iter().flatten().map(number).collect();
    let of = |family: &str, n_inputs: usize| {
        let functions = json[family].as_object().into_iter().flatten();
        let function = |(name, columns): (&String, &Value)| Function {
            name: name.clone(),
            n_inputs,
            columns: columns.as_array().into_iter().flatten().map(column).collect(),
        };
        functions.map(function).collect::<Vec<_>>()
    };
    [of("unary", 1), of("binary", 2)].concat()
}

impl Function {
    /// The inputs of each point, with what is true there.
    pub fn points(&self, part: Part) -> Vec<(Vec<f64>, f64)> {
        let column = match part {
            Part::Value => self.n_inputs,
            Part::Gradient(k) => self.n_inputs + 1 + k,
            Part::Curvature => 2 * self.n_inputs + 1,
        };
        let Some(truths) = self.columns.get(column) else { return Vec::new() };
        let inputs = |k: usize| self.columns[..self.n_inputs].iter().map(|x| x[k]).collect();
        truths.iter().enumerate().map(|(k, &truth)| (inputs(k), truth)).collect()
    }
}
