//! Numbers that count the operations they take part in.

use std::{
    cell::Cell,
    ops::{Add, Div, Mul, Neg, Sub},
};

use retrograd::{
    Real,
    ops::{Binary, Comparison, Unary},
};

use super::Function;

/// Operations of a function's value: each function of one or two numbers is one, a constant none.
pub fn n_operations(function: &impl Function) -> usize {
    let count = Cell::new(0);
    let x: Vec<_> =
        function.point().into_iter().map(|value| Counted { value, count: &count }).collect();
    function.value(&x);
    count.get()
}

#[derive(Clone, Copy)]
struct Counted<'c> {
    value: f64,
    count: &'c Cell<usize>,
}

impl Counted<'_> {
    fn one_more(self, value: f64) -> Self {
        self.count.set(self.count.get() + 1);
        Self { value, ..self }
    }
}

impl Real for Counted<'_> {
    type Mask = bool;

    fn lit(self, value: f64) -> Self {
        Self { value, ..self }
    }

    fn unary(self, op: Unary) -> Self {
        self.one_more(op.value(self.value))
    }

    fn binary(self, op: Binary, rhs: Self) -> Self {
        self.one_more(op.value(self.value, rhs.value))
    }

    fn compare(self, op: Comparison, rhs: Self) -> bool {
        op.value(self.value, rhs.value)
    }

    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
}

impl Neg for Counted<'_> {
    type Output = Self;

    fn neg(self) -> Self {
        self.unary(Unary::Neg)
    }
}

macro_rules! counted {
    ($($Trait:ident :: $method:ident),*) => {$(
        impl $Trait for Counted<'_> {
            type Output = Self;

            fn $method(self, rhs: Self) -> Self {
                self.binary(Binary::$Trait, rhs)
            }
        }
    )*};
}

counted!(Add::add, Sub::sub, Mul::mul, Div::div);
