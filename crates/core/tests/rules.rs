//! Rules of users' own operations are held against what they must return, whatever mode asks for them.

use std::sync::Arc;

use retrograd_core::{
    DType, Error, Expr, Graph, Shape, View, ViewMut,
    ops::{Addresses, Batch, Custom, CustomOperation, Dependence, Link, Rule, Tangents},
};

/// A rule's change of the right answer.
type Spoil = Arc<dyn for<'g> Fn(Expr<'g>) -> Expr<'g> + Send + Sync>;

/// `y = 2x`, with rules of which one may be spoiled.
#[derive(Default)]
struct Twice {
    vjp: Option<Spoil>,
    jvp: Option<Spoil>,
    vmap: Option<Spoil>,
    n_addresses: Option<usize>,
    has_own_jvp: bool,
}

impl std::fmt::Debug for Twice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Twice")
    }
}

fn spoiled<'g>(spoil: Option<&Spoil>, right: Expr<'g>) -> Expr<'g> {
    spoil.map_or(right, |spoil| spoil(right))
}

impl CustomOperation for Twice {
    fn name(&self) -> &str {
        "twice"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        Some(spoiled(self.vjp.as_ref(), g * 2.0))
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        if self.has_own_jvp {
            return tangents.of(0).map(|v| spoiled(self.jvp.as_ref(), v * 2.0));
        }
        // The rule that follows from the cotangents, as if it were not written here.
        Inherited(self).jvp(tangents)
    }

    fn vmap<'g>(&self, this: &Custom, batch: Batch<'_, 'g>) -> Expr<'g> {
        spoiled(self.vmap.as_ref(), this.apply(&batch.all()))
    }

    fn dependence(&self, link: Link<'_, '_>) -> Option<Dependence> {
        let mut dependence = Dependence::elementwise(&link.y.shape());
        if let Some(n) = self.n_addresses {
            dependence.input = Addresses::Listed(vec![Some(0); n].into());
        }
        Some(dependence)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let pairs = y.elements::<f32>().iter_mut().zip(x[0].elements::<f32>());
        pairs.for_each(|(y, x)| *y = 2.0 * x);
    }
}

/// The provided rules of an operation.
#[derive(Debug)]
struct Inherited<'a>(&'a Twice);

impl CustomOperation for Inherited<'_> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        self.0.shape(inputs)
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        self.0.vjp(rule, g)
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        self.0.eval(x, y);
    }
}

/// Wrong answers for one of `f32 [3]`, with how messages call them.
fn spoils() -> Vec<(&'static str, Spoil)> {
    vec![
        ("f32 []", Arc::new(|right| right.sum())),
        (
            "f32 [6]",
            Arc::new(|right| {
                right.graph().concat(&[right.flatten(), right.flatten()], 0).slice(0, ..6)
            }),
        ),
        ("bool [3]", Arc::new(|right| right.flatten().slice(0, ..3).gt(0.0))),
        ("i64 [3]", Arc::new(|right| right.flatten().slice(0, ..3).cast(DType::I64))),
        ("f64 [3]", Arc::new(|right| right.flatten().slice(0, ..3).cast(DType::F64))),
    ]
}

/// A way to derivatives of the second expression by the first.
type Mode = for<'g> fn(Expr<'g>, Expr<'g>) -> Result<(), Error>;

/// The messages of modes of differentiation about an operation.
fn messages(operation: Twice, modes: &[Mode]) -> Vec<String> {
    let graph = Graph::new();
    let x = graph.input("x", [3]);
    let y = Custom::new(operation).apply(&[x]).named("y");
    modes.iter().map(|mode| mode(x, y).expect_err("the rule is wrong").to_string()).collect()
}

#[track_caller]
fn say(messages: Vec<String>, expected: &str) {
    for message in messages {
        assert_eq!(message.lines().next(), Some(expected));
        assert!(message.contains("` at crates/core/tests/rules.rs:"), "{message}");
    }
}

#[test]
fn a_cotangent_of_another_kind_than_its_operand_is_refused_in_every_mode() {
    for (kind, spoil) in spoils() {
        let twice = Twice { vjp: Some(spoil), ..Twice::default() };
        let found = messages(
            twice,
            &[
                |x, y| y.sum().try_grad(&[x]).map(|_| ()),
                |x, y| y.try_vjp(y, &[x]).map(|_| ()),
                |x, y| y.try_jvp(&[(x, x)]).map(|_| ()),
                |x, y| y.try_taylor(&[(x, x)], 2).map(|_| ()),
                |x, y| y.sum().try_hessian(x).map(|_| ()),
                |x, y| y.try_jacobian(x).map(|_| ()),
                |x, y| y.try_sparse_jacobian(x).map(|_| ()),
            ],
        );
        let role = "the cotangent of this operand, which must be f32 [3]";
        say(found, &format!("twice: `x` [3]: the rule `vjp` returns {kind} as {role}"));
    }
}

#[test]
fn a_tangent_of_another_kind_than_its_output_is_refused() {
    for (kind, spoil) in spoils() {
        let twice = Twice { jvp: Some(spoil), has_own_jvp: true, ..Twice::default() };
        let found = messages(
            twice,
            &[
                |x, y| y.try_jvp(&[(x, x)]).map(|_| ()),
                |x, y| y.try_taylor(&[(x, x)], 1).map(|_| ()),
            ],
        );
        let role = "the tangent of this output, which must be f32 [3]";
        say(found, &format!("twice: `y` [3]: the rule `jvp` returns {kind} as {role}"));
    }
}

#[test]
fn a_batch_of_another_kind_than_its_output_is_refused() {
    for (kind, spoil) in spoils() {
        let twice = Twice { vmap: Some(spoil), ..Twice::default() };
        let found = messages(
            twice,
            &[|x, y| {
                let xs = x.graph().full([5, 3], 1.0);
                y.try_vmap(&[(x, xs)]).map(|_| ())
            }],
        );
        let role = "the batch of this output, which must be f32 [5, 3]";
        say(found, &format!("twice: `y` [3]: the rule `vmap` returns {kind} as {role}"));
    }
}

#[test]
fn addresses_for_another_number_of_elements_are_refused() {
    let twice = Twice { n_addresses: Some(2), ..Twice::default() };
    let found = messages(twice, &[|x, y| y.try_sparse_jacobian(x).map(|_| ())]);
    say(found, "twice: `x` [3]: the rule `dependence` returns 2 addresses for [3]");
}

#[test]
fn an_expression_of_another_graph_is_refused() {
    let twice = Twice { vjp: Some(Arc::new(|_| foreign())), ..Twice::default() };
    let found = messages(twice, &[|x, y| y.sum().try_grad(&[x]).map(|_| ())]);
    let role = "the cotangent of this operand, which must be f32 [3]";
    let kind = "an expression of another graph";
    say(found, &format!("twice: `x` [3]: the rule `vjp` returns {kind} as {role}"));
}

/// A vector of three numbers in a graph that nobody else has.
fn foreign<'g>() -> Expr<'g> {
    Box::leak(Box::new(Graph::new())).full([3], 1.0)
}

#[test]
fn right_rules_pass_and_the_form_that_panics_says_the_same() {
    let graph = Graph::new();
    let x = graph.param("x", [1.0, 2.0, 3.0]);
    let y = Custom::new(Twice { has_own_jvp: true, ..Twice::default() }).apply(&[x]);
    assert_eq!(y.sum().grad(&[x])[0].value().to_vec::<f64>(), [2.0; 3]);
    assert_eq!(y.jvp(&[(x, x)]).value().to_vec::<f64>(), [2.0, 4.0, 6.0]);
    assert_eq!(y.vmap(&[(x, graph.full([2, 3], 1.0))]).value().to_vec::<f64>(), [2.0; 6]);
    let wrong = Twice { vjp: Some(Arc::new(|g| g.sum())), ..Twice::default() };
    let y = Custom::new(wrong).apply(&[x]).sum();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| y.grad(&[x])));
    let payload = panic.expect_err("the rule is wrong");
    assert_eq!(payload.downcast_ref(), Some(&y.try_grad(&[x]).unwrap_err().to_string()));
}

/// An operation whose output nobody can have.
#[derive(Debug)]
struct Endless;

impl CustomOperation for Endless {
    fn name(&self) -> &str {
        "endless"
    }

    fn shape(&self, _: &[Shape]) -> Result<Shape, String> {
        Ok([usize::MAX].into())
    }

    fn vjp<'g>(&self, _: Rule<'_, 'g>, _: Expr<'g>) -> Option<Expr<'g>> {
        None
    }

    fn eval(&self, _: &[View<'_>], _: ViewMut<'_>) {}
}

#[test]
fn an_output_that_no_tensor_can_be_is_refused() {
    let graph = Graph::new();
    let x = graph.input("x", [3]);
    let message = Custom::new(Endless).try_apply(&[x]).unwrap_err().to_string();
    let expected = "endless: `x` [3]: a tensor cannot have the shape [18446744073709551615]: ";
    assert!(message.starts_with(expected), "{message}");
}
