//! Moves that read one value in two ways, and compute the same of both: a plan may compute equal values once.

use retrograd_core::{Expr, ops::Unary};

use super::builder::{GraphBuilder, Move, RandomFunction};

/// The functions whose values and slopes kernels compute together, picked more often than others.
const JOINED: &[Unary] = &[Unary::Tanh, Unary::SechSquared];

impl<'g> GraphBuilder<'g> {
    pub(super) const VIEWS: &'g [Move<'g>] = &[Self::function_of_two_views, Self::view_beside];

    /// One function of a value and of a view of it, put together so that both have a gradient.
    fn function_of_two_views(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.shape().n_elements() > 0)?;
        let view = self.view(x).filter(|view| view.shape().n_elements() > 0)?;
        let function = self.function_of_both(x, view);
        let (of_value, of_view) = (function(x), function(view));
        self.keep(of_value);
        self.keep(of_view);
        Some(self.put_together(of_value, of_view))
    }

    /// A value and a view of it, without a function.
    fn view_beside(&mut self) -> Option<Expr<'g>> {
        let x = self.float_that(|x| x.shape().n_elements() > 0)?;
        let view = self.view(x).filter(|view| view.shape().n_elements() > 0)?;
        self.keep(view);
        Some(self.put_together(x, view))
    }

    /// The elements of a value in another shape or order, some of them, or some many times.
    fn view(&mut self, x: Expr<'g>) -> Option<Expr<'g>> {
        match self.number(0..=4) {
            0 => self.reshaped(x),
            1 => self.unsqueezed_or_squeezed(x),
            2 => Some(self.permuted(x)),
            3 => self.part_of(x),
            _ => self.broadcasted(x),
        }
    }

    /// A function that a value and a view of it can be given to.
    fn function_of_both(&mut self, x: Expr<'g>, view: Expr<'g>) -> RandomFunction<'g> {
        let have_rows = x.rank().min(view.rank()) > 0;
        match self.number(0..=4) {
            0 if have_rows => Box::new(|x| x.softmax(-1)),
            1 if have_rows => Box::new(|x| x.cos().sum_over(-1)),
            2 => {
                let op = *self.pick(Unary::ALL);
                self.harmless(op, x)
            }
            _ => {
                let op = *self.pick(JOINED);
                self.harmless(op, x)
            }
        }
    }

    /// Two values as one, of the shape of either.
    fn put_together(&mut self, a: Expr<'g>, b: Expr<'g>) -> Expr<'g> {
        let is_alike = a.shape().n_elements() == b.shape().n_elements();
        match self.number(0..=2) {
            0 if is_alike => a * b.reshape(a.shape()),
            0 | 1 => a.square() + b.sin().mean(),
            _ => b * a.square().mean() - b,
        }
    }
}
