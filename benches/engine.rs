//! The engine's side: the models as graph expressions, their gradients by the generic sweep, both compiled.

use retrograd::{
    DType, Error, Expr, Graph, Plan, Workspace,
    layers::{Activation, Loss, Mlp, Model},
};

use crate::{Kind, Problem};

/// A compiled loss, with or without the gradients by all parameters.
pub struct Compiled {
    plan: Plan,
    workspace: Workspace,
}

impl Compiled {
    /// The loss alone.
    pub fn forward(problem: &Problem) -> Result<Self, Error> {
        Self::compile(problem, |loss, _| vec![loss])
    }

    /// The loss, then the gradient by each parameter.
    pub fn gradient(problem: &Problem) -> Result<Self, Error> {
        Self::compile(problem, |loss, params| [vec![loss], loss.grad(params)].concat())
    }

    fn compile(
        problem: &Problem,
        outputs: impl for<'g> Fn(Expr<'g>, &[Expr<'g>]) -> Vec<Expr<'g>>,
    ) -> Result<Self, Error> {
        let g = Graph::new();
        let (n, widths) = problem.kind.sizes();
        let x = g.input("x", [n, widths[0]]);
        let y = Mlp::new(widths).activation(Activation::Relu).apply(&g.bind(&problem.params), x);
        let loss = match problem.kind {
            Kind::LinearRegression => (y.squeeze(1) - g.input("t", [n])).square().mean(),
            Kind::LogisticRegression | Kind::Mlp => {
                y.cross_entropy(g.input_as("t", DType::I64, [n])).mean()
            }
        };
        let plan = Plan::compile(&outputs(loss, &g.params()), &[])?;
        let workspace = plan.workspace();
        Ok(Self { plan, workspace })
    }

    /// Computes all outputs; returns the loss.
    pub fn run(&mut self, problem: &Problem) -> f32 {
        let feeds = [("x", problem.x.view()), ("t", problem.t.view())];
        self.plan
            .run(&mut self.workspace, &problem.params, &feeds)
            .expect("the data fit the graph");
        self.output(0)[0]
    }

    /// The elements of an output.
    pub fn output(&self, k: usize) -> &[f32] {
        self.workspace.output(k).elements()
    }
}
