//! The figures of a workload, and their measurement.

use std::hint::black_box;

use retrograd::layers::Error;
use retrograd_benches::{
    Manual, Problem, Task,
    automatic::Automatic,
    memory, products,
    timing::{median, medians, microseconds},
};

use crate::arguments::Side;

/// Steps before the measurement; the losses of the first and the last of them are reported.
const N_WARM_UP: usize = 20;

/// How often compilation is timed.
const N_COMPILATIONS: usize = 5;

type Compile<'p> = fn(&'p Problem, Task) -> Result<Automatic<'p>, Error>;

/// A side, ready to run.
pub enum Contender<'p> {
    /// The engine: its plan of the step, and its plan of the loss alone once that is compiled.
    Automatic {
        step: Box<Automatic<'p>>,
        forward: Option<Box<Automatic<'p>>>,
        compile: Compile<'p>,
    },
    /// The same by hand.
    ByHand(Box<dyn Manual>),
}

/// The figures of one side.
pub struct Measured {
    /// Median time of a step, in microseconds, as all times here.
    pub step: f64,
    /// Median time of the loss alone.
    pub forward: f64,
    /// The figures of the plan, for the engine only.
    pub plan: Option<PlanFigures>,
    /// Allocations of a step, without those inside matrix products.
    pub n_allocations: u64,
    /// Allocations inside matrix products.
    pub n_allocations_in_products: u64,
    /// The most memory that the process had, with all sides and the data.
    pub peak_bytes: Option<usize>,
    /// The losses before the first step and before the last one of warming up.
    pub losses: [f64; 2],
}

/// The figures of a plan.
pub struct PlanFigures {
    /// Median time from the recorded loss to the plan: gradient, update, compilation and memory.
    pub compile: f64,
    pub arena_bytes: usize,
    /// The least that any arena would need.
    pub live_bytes: usize,
}

impl<'p> Contender<'p> {
    /// A side of a problem.
    pub fn new(side: Side, problem: &'p Problem) -> Result<Self, Error> {
        let compile = match side {
            Side::Automatic => Automatic::new,
            Side::Checked => Automatic::checked,
            Side::ByHand => return Ok(Contender::ByHand(problem.by_hand())),
        };
        let step = Box::new(compile(problem, Task::Step)?);
        Ok(Contender::Automatic { step, forward: None, compile })
    }

    fn step(&mut self) -> f64 {
        match self {
            Contender::Automatic { step, .. } => step.run(),
            Contender::ByHand(by_hand) => by_hand.run(Task::Step),
        }
    }

    fn forward(&mut self) -> f64 {
        match self {
            Contender::Automatic { forward, .. } => {
                forward.as_mut().expect("it is compiled before it is measured").run()
            }
            Contender::ByHand(by_hand) => by_hand.run(Task::Forward),
        }
    }

    fn compile_forward(&mut self, problem: &'p Problem) -> Result<(), Error> {
        if let Contender::Automatic { forward, compile, .. } = self {
            *forward = Some(Box::new(compile(problem, Task::Forward)?));
        }
        Ok(())
    }

    /// The losses of the first step and of the last one of warming up.
    fn warm_up(&mut self) -> [f64; 2] {
        let first = self.step();
        [first, (1..N_WARM_UP).map(|_| self.step()).last().expect("there is more than one step")]
    }

    fn plan_figures(&self, problem: &'p Problem) -> Result<Option<PlanFigures>, Error> {
        let Contender::Automatic { step, compile, .. } = self else { return Ok(None) };
        let mut times = Vec::new();
        for _ in 0..N_COMPILATIONS {
            times.push(microseconds(compile(problem, Task::Step)?.compile_time()));
        }
        let (arena_bytes, live_bytes) = (step.plan().arena_bytes(), step.plan().live_bytes());
        Ok(Some(PlanFigures { compile: median(times), arena_bytes, live_bytes }))
    }
}

/// Measures sides of a problem in turns.
pub fn measure<'p>(
    problem: &'p Problem,
    sides: &mut [Contender<'p>],
) -> Result<Vec<Measured>, Error> {
    let losses: Vec<_> = sides.iter_mut().map(Contender::warm_up).collect();
    let allocations: Vec<_> = sides.iter_mut().map(|side| count(|| side.step())).collect();
    let steps = medians(sides, Contender::step);
    let peak_bytes = memory::peak_bytes();
    sides.iter_mut().try_for_each(|side| side.compile_forward(problem))?;
    let forwards = medians(sides, Contender::forward);
    let in_products = allocations_in_products(problem);
    let measured = |(k, side): (usize, &Contender<'p>)| {
        // Where a side needs no product, or other ones, nothing is said to be inside them that it has not allocated.
        let n_allocations_in_products = in_products.min(allocations[k]);
        Ok(Measured {
            step: steps[k],
            forward: forwards[k],
            plan: side.plan_figures(problem)?,
            n_allocations: allocations[k] - n_allocations_in_products,
            n_allocations_in_products,
            peak_bytes,
            losses: losses[k],
        })
    };
    sides.iter().enumerate().map(measured).collect()
}

/// Allocations of the matrix-product library in one step, found by running its products alone.
fn allocations_in_products(problem: &Problem) -> u64 {
    let count_second = |mut product: retrograd_benches::Product| {
        product();
        count(product)
    };
    products(problem).into_iter().map(count_second).sum()
}

/// The allocations of a call.
fn count<T>(mut call: impl FnMut() -> T) -> u64 {
    allocation_counter::measure(|| {
        black_box(call());
    })
    .count_total
}
