//! Each law is broken by an operation whose rules are wrong.

use std::collections::BTreeSet;

use retrograd_core::{
    Shape, View, ViewMut,
    ops::{Batch, CustomOperation, Rule, Tangents},
};

use super::*;

/// `y = x³`, with something wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// The reverse rule takes the cotangents of neighbors, the forward rule is right.
    Reverse,
    /// The cotangent is squared.
    NotLinear,
    /// Values are larger in a batch.
    Batch,
}

impl CustomOperation for Wrong {
    fn name(&self) -> &str {
        "wrong"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape, String> {
        Ok(inputs[0].clone())
    }

    fn vjp<'g>(&self, rule: Rule<'_, 'g>, g: Expr<'g>) -> Option<Expr<'g>> {
        let slope = 3.0 * rule.x(0).square();
        Some(match self {
            Wrong::Reverse => g.roll(1, 0) * slope,
            Wrong::NotLinear => g.square() * slope,
            Wrong::Batch => g * slope,
        })
    }

    fn jvp<'g>(&self, tangents: Tangents<'_, 'g>) -> Option<Expr<'g>> {
        Some(tangents.of(0)? * 3.0 * tangents.x(0).square())
    }

    fn vmap<'g>(&self, this: &Custom, batch: Batch<'_, 'g>) -> Expr<'g> {
        let ys = this.apply(&batch.all());
        if *self == Wrong::Batch { 1.5 * ys } else { ys }
    }

    fn eval(&self, x: &[View<'_>], y: ViewMut<'_>) {
        let pairs = y.elements::<f64>().iter_mut().zip(x[0].elements::<f64>());
        pairs.for_each(|(y, x)| *y = x * x * x);
    }
}

/// The laws that graphs with an operation break.
fn broken_by(wrong: Wrong) -> BTreeSet<&'static str> {
    let custom = Custom::new(wrong);
    let trials = (1..40).step_by(2).map(|seed| Trial::of(seed, &custom, None));
    trials.flat_map(|trial| trial.violations).map(|violation| violation.law).collect()
}

#[test]
fn a_wrong_reverse_rule_breaks_what_it_has_a_part_in() {
    let expected = [
        "H·v = the gradient of ∇f·v",
        "H·v and its diagonal by the whole Hessian",
        "J·v and Jᵀ·u by the whole Jacobian",
        "u·(J·v) = v·(Jᵀ·u)",
        "v·∇(v·H·v) = 3!·c₃",
        "w·(H·v) = v·(H·w)",
    ];
    let broken = broken_by(Wrong::Reverse);
    for law in expected {
        assert!(broken.contains(law), "{law} is kept; broken are {broken:?}");
    }
    assert!(!broken.contains("vmap = loop") && !broken.contains("Taylor = nested tangents"));
}

#[test]
fn a_rule_that_is_not_linear_in_the_cotangent_breaks_linearity() {
    let broken = broken_by(Wrong::NotLinear);
    for law in ["J·v and Jᵀ·u are linear", "Gauss–Newton and Fisher by the whole Jacobian"] {
        assert!(broken.contains(law), "{law} is kept; broken are {broken:?}");
    }
}

#[test]
fn a_wrong_batching_rule_breaks_every_law_of_batches_and_no_other() {
    let expected = [
        "H·v of a vmapped loss = loop",
        "Hessian of a vmapped loss = loop",
        "jvp of vmap = loop",
        "vmap = loop",
        "vmap of grad = loop",
        "vmap of vmap = vmap",
    ];
    assert_eq!(broken_by(Wrong::Batch), expected.into());
}

#[test]
fn another_road_that_is_off_by_a_little_is_noticed() {
    let road = |outputs: &[Expr<'_>]| {
        let wrong = |output: &Expr<'_>| (*output * (1.0 + 1e-9)).try_value();
        outputs.iter().map(wrong).collect()
    };
    let violation = check(1, Some(&road)).expect_err("the values are off");
    assert_eq!(violation.law, "another road leads to the same values");
    let message = violation.to_string();
    assert!(message.starts_with("the random graph of seed 1 breaks “another road"), "{message}");
}

#[test]
fn equal_numbers_of_which_errors_choose_the_larger_break_no_law() {
    // Three ways to one maximum: with errors the gradient goes one of them, and the others are 0.
    check(36_071, None).expect("a gradient that errors send elsewhere tells nothing of roundings");
}
