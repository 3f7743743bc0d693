//! The record of a tape: two vectors that grow together.

use super::prefetch::expect_writes;
use crate::tape::indices::{BackLink, TapeIndex};

/// A statement: the indices of the operands of a value. Its two or three partial derivatives are stored in a separate
/// vector, so that nothing is padded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::tape) struct Statement {
    pub(in crate::tape) first: TapeIndex,
    pub(in crate::tape) second: TapeIndex,
    pub(in crate::tape) third: BackLink,
}

/// The recorded statements and their partial derivatives, in order.
#[derive(Debug)]
pub(in crate::tape) struct Record<T> {
    pub(in crate::tape) n_variables: usize,
    pub(in crate::tape) statements: Vec<Statement>,
    pub(in crate::tape) partials: Vec<T>,
}

/// The numbers of recorded variables, statements and partial derivatives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::tape) struct Ends {
    pub(in crate::tape) n_variables: usize,
    pub(in crate::tape) n_statements: usize,
    pub(in crate::tape) n_partials: usize,
}

impl<T> Default for Record<T> {
    fn default() -> Self {
        Self { n_variables: 0, statements: Vec::new(), partials: Vec::new() }
    }
}

impl<T: Copy> Record<T> {
    /// The bytes of a variable: its value and its adjoint.
    const VARIABLE_BYTES: usize = 2 * size_of::<T>();

    /// # Safety
    /// There must be room for another statement and for `N` partial derivatives.
    #[inline(always)]
    pub(super) unsafe fn push_within_capacity<const N: usize>(
        &mut self,
        statement: Statement,
        partials: [T; N],
    ) {
        let (k, end) = (self.statements.len(), self.partials.len());
        // SAFETY: the caller guarantees capacity, and both vectors are written before their lengths grow. Pointers to
        // an array and to its element have the same alignment.
        unsafe {
            let statements = self.statements.as_mut_ptr().add(k);
            let terms = self.partials.as_mut_ptr().add(end);
            statements.write(statement);
            terms.cast::<[T; N]>().write(partials);
            expect_writes(statements);
            expect_writes(terms);
            self.statements.set_len(k + 1);
            self.partials.set_len(end + N);
        }
    }

    pub(in crate::tape) fn ends(&self) -> Ends {
        Ends {
            n_variables: self.n_variables,
            n_statements: self.statements.len(),
            n_partials: self.partials.len(),
        }
    }

    /// The bytes of the record with memory for `more` statements, including the adjoints of one reverse sweep.
    fn n_bytes(&self, more: usize) -> usize {
        let n_statements = self.statements.len() + more;
        let n_partials = self.partials.capacity().max(self.partials.len() + 3 * more);
        self.n_variables * Self::VARIABLE_BYTES
            + self.statements.capacity().max(n_statements) * size_of::<Statement>()
            + (n_partials + n_statements) * size_of::<T>()
    }

    /// The number of statements for which there is memory, if each new one has three partial derivatives.
    pub(super) fn room(&self, limit: usize) -> usize {
        let n_adjoints = limit.saturating_sub(self.n_bytes(0)) / size_of::<T>();
        let unused = (self.partials.capacity() - self.partials.len()) / 3;
        let capacity = self.statements.capacity().min(TapeIndex::MOST - 1);
        capacity.min(self.statements.len() + unused.min(n_adjoints))
    }

    /// Finds memory for at least one more statement. Returns whether there is any.
    pub(super) fn grow(&mut self, limit: usize) -> bool {
        let n_statements = self.statements.len();
        let mut more = n_statements.max(1 << 10).min(TapeIndex::MOST - 1 - n_statements);
        while more > 0 {
            if self.n_bytes(more) <= limit
                && self.statements.try_reserve_exact(more).is_ok()
                && self.partials.try_reserve_exact(3 * more).is_ok()
            {
                return true;
            }
            more /= 2;
        }
        false
    }

    /// Adds variables. Returns whether there is memory for all of them.
    pub(super) fn add_variables(&mut self, n: usize, limit: usize) -> bool {
        let has_memory = |this: &Self| this.n_bytes(0) + n * Self::VARIABLE_BYTES <= limit;
        if !has_memory(self) {
            self.statements.shrink_to_fit();
            self.partials.shrink_to_fit();
        }
        let is_enough = has_memory(self) && self.n_variables + n < TapeIndex::MOST;
        self.n_variables += if is_enough { n } else { 0 };
        is_enough
    }

    pub(super) fn truncate(&mut self, ends: Ends) {
        self.n_variables = ends.n_variables;
        self.statements.truncate(ends.n_statements);
        self.partials.truncate(ends.n_partials);
    }
}
