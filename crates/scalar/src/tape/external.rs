//! Functions whose values and adjoints are computed elsewhere.

use std::{cell::RefCell, ops::Range};

use super::{Recording, Var, indices::TapeIndex, storage::Ends};
use crate::Number;

/// All external functions of a recording, in order.
pub(super) type Externals<'env, T> = RefCell<Vec<External<'env, T>>>;

/// Adjoints of inputs from those of outputs.
type ExternalRule<'env, T> = dyn Fn(&[T], &mut [T]) + 'env;

/// A function whose adjoint is not recorded, but computed by a rule.
pub(super) struct External<'env, T> {
    inputs: Vec<TapeIndex>,
    /// The outputs are variables, one after the other.
    outputs: Range<usize>,
    /// How many statements were recorded before.
    pub(super) n_statements: usize,
    rule: Box<ExternalRule<'env, T>>,
}

impl<'t, 'env, T: Number> Recording<'t, 'env, T> {
    /// The values `outputs` of a function of `inputs` that is computed elsewhere, such as the solution of linear equations.
    ///
    /// In a reverse pass, `rule` gets the derivatives of the result by each output, and writes those by each input: the
    /// product of the transposed Jacobian with them. What it writes to are zeros before. It is not called where all
    /// derivatives by outputs are 0.
    ///
    /// ```
    /// use retrograd_scalar::Tape;
    ///
    /// Tape::new().record(|t| {
    ///     let x = t.variables(&[3.0, 4.0]);
    ///     let norm = t.external(&x, &[5.0], |by_norm, by_x| {
    ///         by_x.copy_from_slice(&[by_norm[0] * 3.0 / 5.0, by_norm[0] * 4.0 / 5.0]);
    ///     });
    ///     assert_eq!(t.reverse(norm[0] * 10.0).collect(&x), [6.0, 8.0]);
    /// });
    /// ```
    pub fn external(
        self,
        inputs: &[Var<'t, T>],
        outputs: &[T],
        rule: impl Fn(&[T], &mut [T]) + 'env,
    ) -> Vec<Var<'t, T>> {
        let index = |&x: &Var<'t, T>| match x.recorded_index() {
            Some(index) => index,
            None if x.is_constant() => TapeIndex::NONE,
            None => self.statement(x),
        };
        let inputs = inputs.iter().map(index).collect();
        let Ends { n_variables, n_statements, .. } = self.storage().ends();
        let outputs = self.variables(outputs);
        let rule = Box::new(rule);
        let range = n_variables..n_variables + outputs.len();
        let external = External { inputs, outputs: range, n_statements, rule };
        self.externals.borrow_mut().push(external);
        outputs
    }
}

impl<T: Number> External<'_, T> {
    /// Hands the adjoints of the outputs on to the inputs.
    pub(super) fn propagate<const N: usize>(&self, n_variables: usize, adjoints: &mut [[T; N]]) {
        // Variables lie from last to first.
        let slots = n_variables - self.outputs.end..n_variables - self.outputs.start;
        for lane in 0..N {
            let by_outputs = adjoints[slots.clone()].iter().rev().map(|a| a[lane]);
            let by_outputs: Vec<T> = by_outputs.collect();
            if by_outputs.iter().all(|a| a.is_zero()) {
                continue;
            }
            let mut by_inputs = vec![T::default(); self.inputs.len()];
            (self.rule)(&by_outputs, &mut by_inputs);
            for (&index, by_input) in self.inputs.iter().zip(by_inputs) {
                let sum = &mut adjoints[index.slot(n_variables)][lane];
                *sum = *sum + by_input;
            }
        }
    }
}
