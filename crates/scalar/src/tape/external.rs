//! External functions, whose values and adjoints are computed elsewhere.

use std::{cell::RefCell, ops::Range};

use super::{Recording, Var, indices::TapeIndex, storage::Ends};
use crate::Number;

/// All external functions of a recording, in order.
pub(super) type Externals<'env, T> = RefCell<Vec<External<'env, T>>>;

/// A rule that computes the adjoints of inputs from the adjoints of outputs.
type ExternalRule<'env, T> = dyn Fn(&[T], &mut [T]) + 'env;

/// An external function: a rule computes its adjoints, and nothing is recorded.
pub(super) struct External<'env, T> {
    inputs: Vec<TapeIndex>,
    /// The outputs, which are consecutive variables.
    outputs: Range<usize>,
    /// The number of statements recorded before this function.
    pub(super) n_statements: usize,
    rule: Box<ExternalRule<'env, T>>,
}

impl<'t, 'env, T: Number> Recording<'t, 'env, T> {
    /// Records an external function of `inputs` with the values `outputs`, such as a solver of linear equations.
    ///
    /// In a reverse sweep, `rule` takes the adjoints of the outputs and writes the adjoints of the inputs, `x̄ = Jᵀ·ȳ`.
    /// The adjoints of the inputs are 0 before the call. The rule is not called if all adjoints of the outputs are 0.
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
    /// Propagates the adjoints of the outputs to the inputs.
    pub(super) fn propagate<const N: usize>(&self, n_variables: usize, adjoints: &mut [[T; N]]) {
        // Adjoints of variables are stored from the last to the first.
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
