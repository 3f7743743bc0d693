//! Results do not depend on the number of threads, however small the steps are that they share.

use retrograd_check::{Options, random_graph};
use retrograd_core::{DType, Expr, Graph, Tensor};
use retrograd_task::{Fault, RecordedTask};

use crate::{
    InstructionSet,
    compile::compile,
    kernels::team::{Sharing, ThreadRegisters},
    program::{Memories, Program},
};

/// Threads that share whatever can be split.
fn eager(n_threads: usize) -> Sharing {
    Sharing { n_threads, least_work: 1 }
}

fn bits(tensor: &Tensor) -> Vec<u64> {
    tensor.cast(DType::F64).to_vec::<f64>().into_iter().map(f64::to_bits).collect()
}

/// A program of some outputs, whose leaves hold data.
struct Recorded<'g>(RecordedTask<'g>, Program);

impl<'g> Recorded<'g> {
    fn new(outputs: &[Expr<'g>]) -> Self {
        let recorded = RecordedTask::new(outputs, &[], false).expect("the graph compiles");
        let program =
            compile(&recorded.task, &crate::tuning::Tuning::default()).expect("it is small");
        Self(recorded, program)
    }

    fn memories(&self, sharing: Sharing, instructions: InstructionSet) -> Memories {
        let mut memories = self.1.memories().expect("it is small");
        memories.team = self.1.team(sharing, instructions);
        memories
    }

    /// Runs the program; gives the bits of its outputs.
    fn run(&self, memories: &mut Memories) -> Vec<Vec<u64>> {
        let result: Result<(), Fault> = self.1.run(memories, |leaves| {
            for (slot, leaf) in self.0.signature.leaves.iter().enumerate() {
                leaves.set(slot, leaf.recorded().expect("all leaves hold data").data());
            }
            Ok(())
        });
        assert_eq!(result, Ok(()));
        let outputs = 0..self.0.task.n_outputs;
        outputs.map(|k| bits(&self.1.output(memories, k).to_tensor())).collect()
    }
}

/// Runs a program in some threads, twice; gives the bits of its outputs.
fn run(recorded: &Recorded<'_>, sharing: Sharing) -> Vec<Vec<u64>> {
    let mut memories = recorded.memories(sharing, InstructionSet::best());
    recorded.run(&mut memories);
    recorded.run(&mut memories)
}

fn check(seed: u64, options: &Options) {
    let random = random_graph(seed, options);
    let recorded = Recorded::new(&random.outputs());
    let [one, two, three] = [1, 2, 3].map(|n| run(&recorded, eager(n)));
    assert!(one == two && one == three, "seed {seed} of {options:?}");
}

#[test]
fn random_graphs_give_the_same_bits_in_any_number_of_threads() {
    for dtype in [DType::F32, DType::F64] {
        let small = Options { order: 1, dtype, ..Options::default() };
        (0..100).for_each(|seed| check(seed, &small));
        let large =
            Options { max_size: 24, max_elements: 5000, n_nodes: 30, order: 1, dtype, ..small };
        (100..160).for_each(|seed| check(seed, &large));
    }
}

/// `[m, k] × [k, n]` in all layouts, alone and in pairs, added to something and not.
fn products(g: &Graph, [m, k, n]: [usize; 3]) -> Vec<Expr<'_>> {
    let data = |shape: &[usize], seed: f64| {
        let n_elements = shape.iter().product::<usize>();
        let elements: Vec<_> =
            (0..n_elements).map(|at| (seed * (at + 1) as f64).sin() as f32).collect();
        g.constant(Tensor::new(shape, elements).expect("there are as many elements"))
    };
    let (a, a_t) = (data(&[m, k], 0.7), data(&[k, m], 0.8).t());
    let (b, b_t) = (data(&[k, n], 0.9), data(&[n, k], 1.1).t());
    let [pair, other] = [data(&[3, m, k], 1.2), data(&[3, k, n], 1.3)];
    vec![
        a.matmul(b),
        a.matmul(b_t),
        a_t.matmul(b),
        a_t.matmul(b_t),
        pair.matmul(other),
        data(&[m, n], 1.4) - a.matmul(b),
    ]
}

#[test]
fn products_of_all_sizes_have_the_same_bits_in_any_number_of_threads() {
    let sizes = [1, 2, 3, 8, 17, 65, 130];
    for m in sizes {
        for n in sizes {
            for k in [1, 2, 64, 300, 700, 1500] {
                let g = Graph::new();
                let outputs = products(&g, [m, k, n]);
                let recorded = Recorded::new(&outputs);
                let [one, two, three] = [1, 2, 3].map(|n| run(&recorded, eager(n)));
                assert!(one == two && one == three, "{m} × {k} × {n}");
            }
        }
    }
}

#[test]
fn sums_have_the_same_bits_in_any_number_of_threads() {
    for shape in [&[1][..], &[511], &[512], &[513], &[10_000], &[1000, 7], &[33, 100], &[40, 700]] {
        let g = Graph::new();
        let n_elements = shape.iter().product::<usize>();
        let elements: Vec<_> = (0..n_elements).map(|k| (0.7 * k as f32).sin()).collect();
        let x = g.constant(Tensor::new(shape, elements).expect("there are as many elements"));
        let outputs = [x.exp().sum(), x.exp(), (x * x.sum_over(-1).sum()).square().sum()];
        let recorded = Recorded::new(&outputs);
        let [one, two, three] = [1, 2, 3].map(|n| run(&recorded, eager(n)));
        assert!(one == two && one == three, "{shape:?}");
    }
}

#[test]
fn small_plans_run_in_one_thread() {
    let n_threads = |n_elements: usize| {
        let g = Graph::new();
        let recorded = Recorded::new(&[g.constant(vec![0.5f32; n_elements]).tanh()]);
        let memories = recorded.memories(Sharing::among(2, 10_000), InstructionSet::best());
        memories.team.registers.len()
    };
    assert_eq!([100, 1_000_000].map(n_threads), [1, 2]);
}

#[test]
fn registers_that_a_panic_has_left_empty_are_made_again() {
    let g = Graph::new();
    let recorded = Recorded::new(&[g.constant(vec![0.5f32; 1000]).tanh()]);
    let mut memories = recorded.memories(Sharing::among(1, 10_000), InstructionSet::portable());
    let before = recorded.run(&mut memories);
    let team = &mut memories.team;
    team.registers[0].single = ThreadRegisters::of([].iter()).single;
    team.set_instructions(InstructionSet::portable());
    team.renew(recorded.1.steps().iter().map(|step| &step.kernel));
    assert_eq!(team.instructions(), InstructionSet::portable());
    assert_eq!(recorded.run(&mut memories), before);
}
