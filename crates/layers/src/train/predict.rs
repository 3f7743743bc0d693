//! Predictions of a trained model: outputs for any number of examples, and scores.

use std::ops::Range;

use retrograd_core::{
    Bindings, DType, Graph, NonFinite, Params, Shape, Slice, Tensor, View, with_elements,
};
use retrograd_plan::{Plan, PlanCache, Workspace};

use crate::{
    Dataset, Error, Model,
    data::row_size,
    train::{Objective, Score},
};

/// Examples that go through the model at once: enough for fast matrix products, few enough to stay in the cache.
const N_ROWS_AT_ONCE: usize = 256;

/// Name of the input of the features, as messages have it.
pub(super) const FEATURES: &str = "features";

/// A model's outputs for any number of examples.
///
/// A graph has fixed shapes, so the model is recorded for each number of rows, at most 256. Plans are compiled once and
/// cached.
///
/// ```
/// use retrograd_core::{DType, Tensor};
/// use retrograd_layers::{Mlp, Model, Predictor, seeded};
///
/// let mlp = Mlp::new([4, 8, 3]);
/// let params = mlp.params(&mut seeded(1));
/// let mut predictor = Predictor::new(&mlp);
/// for n in [1, 300, 0] {
///     let outputs = predictor.predict(&params, &Tensor::zeros(DType::F32, [n, 4]))?;
///     assert_eq!(outputs.shape(), &[n, 3].into());
/// }
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
pub struct Predictor<'m, M: ?Sized> {
    model: &'m M,
    cache: PlanCache,
}

impl<'m, M: Model + ?Sized> Predictor<'m, M> {
    /// Predictions of a model.
    pub fn new(model: &'m M) -> Self {
        Self { model, cache: PlanCache::new() }
    }

    /// Outputs for the examples `x`, `[n, …] → [n, …]`, in the floating-point type of the parameters.
    ///
    /// # Errors
    /// If `x` has no axis of examples or does not fit the model, a parameter is missing, or the model returns another
    /// number of rows than it is given.
    ///
    /// # Panics
    /// If the model panics: a model without its own [`Model::try_apply`] panics if `x` or the parameters do not fit.
    #[track_caller]
    pub fn predict(&mut self, params: &Params, x: &Tensor) -> Result<Tensor, Error> {
        let Some(&n_rows) = x.shape().first() else {
            return Err(Error::data("a scalar has no axis of examples"));
        };
        let x = x.cast(dtype_of(params, x));
        let mut part = self.compile(params, &x, n_rows.min(N_ROWS_AT_ONCE))?;
        let mut outputs = Tensor::zeros(part.dtype, part.output.with_size(0, n_rows));
        for start in (0..n_rows).step_by(N_ROWS_AT_ONCE) {
            let end = n_rows.min(start + N_ROWS_AT_ONCE);
            if end - start != part.shape[0] {
                part = self.compile(params, &x, end - start)?;
            }
            let data = rows(&x, start..end);
            let feeds = [(FEATURES, View::new(&part.shape, data)?)];
            part.plan.run(&mut part.workspace, params, &feeds)?;
            write_rows(part.workspace.output(0), start, &mut outputs);
        }
        Ok(outputs)
    }

    /// The score of the model on `data`. The loss is the mean over all examples, without penalties.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and if there are no examples, outputs do not fit the targets, or a target is none
    /// that the objective takes.
    ///
    /// # Panics
    /// As [`predict`](Self::predict).
    #[track_caller]
    pub fn score(
        &mut self,
        params: &Params,
        objective: Objective,
        data: &Dataset,
    ) -> Result<Score, Error> {
        if data.is_empty() {
            return Err(Error::data("there are no examples to score"));
        }
        let outputs = self.predict(params, data.features())?;
        let data = objective.prepared(data, outputs.dtype())?;
        objective.score(&outputs, data.targets(), &mut self.cache)
    }

    /// Whether `data`, of `which` use, fit the model and the objective.
    #[track_caller]
    pub(super) fn check(
        &mut self,
        params: &Params,
        objective: Objective,
        data: &Dataset,
        which: &str,
    ) -> Result<(), Error> {
        if data.is_empty() {
            return Err(Error::data(format!("there are no {which} examples")));
        }
        let data = objective.prepared(data, dtype_of(params, data.features()))?;
        let n_rows = data.len().min(N_ROWS_AT_ONCE);
        let part = self.compile(params, data.features(), n_rows)?;
        objective.check(&part.output, &data, which)
    }

    /// The first example, counted from 1, whose loss is not finite, and the node that makes it so.
    #[track_caller]
    pub(super) fn blame(
        &self,
        params: &Params,
        objective: Objective,
        data: &Dataset,
    ) -> Result<Option<(usize, Box<NonFinite>)>, Error> {
        let data = objective.prepared(data, dtype_of(params, data.features()))?;
        let found = |rows: &[usize]| -> Result<Option<NonFinite>, Error> {
            let (graph, some) = (Graph::with_dtype(data.features().dtype()), data.select(rows));
            let x = graph.input_with(FEATURES, some.features());
            let outputs = self.model.try_apply(&graph.bind(params), x)?;
            let losses = objective.losses(outputs, graph.input_with("targets", some.targets()))?;
            Ok(graph.find_non_finite(&[losses], &Bindings::new())?)
        };
        let all: Vec<_> = (0..data.len()).collect();
        for rows in all.chunks(N_ROWS_AT_ONCE) {
            if found(rows)?.is_none() {
                continue;
            }
            for &row in rows {
                if let Some(found) = found(&[row])? {
                    return Ok(Some((row + 1, Box::new(found))));
                }
            }
        }
        Ok(None)
    }

    /// The model for `n_rows` rows of `x`.
    #[track_caller]
    fn compile(
        &mut self,
        params: &Params,
        x: &Tensor,
        n_rows: usize,
    ) -> Result<CompiledRows, Error> {
        let graph = Graph::with_dtype(x.dtype());
        let shape = x.shape().with_size(0, n_rows);
        let outputs = self.model.try_apply(&graph.bind(params), graph.input(FEATURES, &shape))?;
        if outputs.shape().first() != Some(&n_rows) {
            let found = outputs.shape();
            let reason = format!("for {n_rows} examples the model returns the shape {found}");
            return Err(Error::data(reason));
        }
        let plan = self.cache.compile(&[outputs], &[])?;
        let workspace = plan.try_workspace()?;
        Ok(CompiledRows { shape, plan, workspace, dtype: outputs.dtype(), output: outputs.shape() })
    }
}

/// The floating-point type in which a model with these parameters takes `x`.
fn dtype_of(params: &Params, x: &Tensor) -> DType {
    params.dtype().unwrap_or(if x.dtype().is_float() { x.dtype() } else { DType::F32 })
}

/// A model compiled for a number of rows.
struct CompiledRows {
    shape: Shape,
    plan: Plan,
    workspace: Workspace,
    dtype: DType,
    output: Shape,
}

/// The elements of some rows of a tensor.
fn rows(tensor: &Tensor, rows: Range<usize>) -> Slice<'_> {
    let size = row_size(tensor);
    let range = rows.start * size..rows.end * size;
    match tensor.as_slice() {
        Slice::F32(elements) => Slice::F32(&elements[range]),
        Slice::F64(elements) => Slice::F64(&elements[range]),
        Slice::I64(elements) => Slice::I64(&elements[range]),
        Slice::Bool(elements) => Slice::Bool(&elements[range]),
    }
}

/// Writes the rows of `part` into `whole`, from row `start` on.
fn write_rows(part: View<'_>, start: usize, whole: &mut Tensor) {
    let start = start * row_size(whole);
    with_elements!(SliceMut, whole.as_mut_slice(), whole => {
        let part = part.elements();
        whole[start..][..part.len()].copy_from_slice(part);
    });
}
