//! From a group of single numbers to a program of scalars.

mod batch;
mod encode;
mod numbers;
mod rounds;
mod schedule;
mod verify;

use retrograd_core::{DType, computation::ValueId};

use self::{encode::Encoder, numbers::Numbers, verify::verify};
use crate::{
    compile::{accumulate::Roles, lower::scalars::schedule::schedule},
    kernels::scalars::Scalars,
};

/// The program of a group that keeps the values of `kept`, and puts some of its numbers together to the values of
/// `joined`. Its registers are the elements of `file`.
pub(crate) fn program(
    roles: &Roles<'_>,
    members: &[ValueId],
    joined: &[ValueId],
    kept: &[ValueId],
    file: ValueId,
) -> Scalars {
    let nodes = &roles.computation.nodes;
    let dtype = roles.fused(members[0]).expect("members of groups are fused");
    let mut numbers = Numbers::new(roles, members);
    members.iter().for_each(|&id| numbers.add(id));
    let joined: Vec<_> = joined.iter().map(|&id| (id, numbers.join(id))).collect();
    let kept: Vec<_> = kept.iter().map(|&id| (id, numbers.find(id))).collect();

    let mut encoder = Encoder::new(dtype, file, &numbers);
    schedule(&numbers, |batch| encoder.compute(batch));
    encoder.finish_singles();
    let kept = kept.into_iter().map(|(id, number)| (id, vec![number]));
    let stored: Vec<_> = kept.chain(joined).collect();
    for (to, elements) in &stored {
        let is_mask = nodes[to.index()].dtype == DType::Bool;
        encoder.store(*to, elements, is_mask);
    }
    let program = encoder.program;
    if cfg!(debug_assertions) {
        verify(&program, &numbers, &stored);
    }
    program
}

#[cfg(test)]
mod tests {
    use retrograd_core::{Expr, Graph, computation::Computation};

    use crate::{compile::stages::lowered, kernels::kernel::Kernel, program::Task};

    /// The number of instructions, of single ones and of registers of the program that some expressions are.
    fn sizes(roots: &[Expr<'_>]) -> [usize; 3] {
        let computation = Computation::of(roots).computation;
        let n_outputs = roots.len();
        let task = Task { computation, n_outputs, targets: vec![], is_checked: false };
        let steps = lowered(&task).steps;
        let [step] = &steps[..] else { panic!("there are {} steps", steps.len()) };
        let Kernel::Scalars(program) = &step.kernel else { panic!("it is no program") };
        [program.code.len(), program.singles.len(), program.n_registers]
    }

    /// The steps of `y ← f(y)`, differentiated by the parameters of `f`.
    fn recurrence(
        n: usize,
        f: impl for<'g> Fn(Expr<'g>, &[Expr<'g>; 2]) -> Expr<'g>,
    ) -> [usize; 3] {
        let g = Graph::new();
        let x = [g.param("a", 0.999), g.param("b", 0.001)];
        let y = (0..n).fold(x[0], |y, _| f(y, &x));
        let slopes = y.grad(&x);
        sizes(&[y, slopes[0], slopes[1]])
    }

    #[test]
    fn chains_are_loops_whose_code_does_not_grow() {
        let affine = |n| recurrence(n, |y, &[a, b]| y * a + b);
        let ([code, singles, few], [as_much, as_many, many]) = (affine(1000), affine(3000));
        assert_eq!((code, singles), (as_much, as_many));
        assert!(code < 20 && singles < 40, "{code} and {singles} instructions");
        // Of six numbers a round, the value, its cotangent and a product of both are stored.
        assert_eq!(many - few, 3 * 2000);

        // Consequences of each round are computed for many rounds at once, now and then.
        let longer = recurrence(2000, |y, &[a, b]| ((y * a).sin() + b) * (y - b).exp());
        assert!(longer[0] < 2000 / 8, "{} instructions", longer[0]);
    }
}
