//! Einstein summation, and its special cases.

use crate::{
    data::{
        error::{Error, list, shortened},
        shape::{Axes, Shape, resolve_axis},
        size::n_elements,
    },
    graph::{
        expr::{Expr, inputs_of_one_graph},
        methods::functions,
    },
};

/// The label of an axis: a letter, or the place from the end of an axis that an ellipsis stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Letter(char),
    Ellipsis(usize),
}

/// A tensor whose axes have names, no two alike.
#[derive(Clone, Debug)]
struct Labeled<'g> {
    x: Expr<'g>,
    labels: Vec<Label>,
}

functions! { "Products":
    /// Sums of products over pairs of axes, `x_axes[k]` of this value with `y_axes[k]` of the other; the axes that are
    /// left follow one another. Shapes `[…, k], [k, ---] → […, ---]`. Source: `torch.tensordot`.
    tensordot / try_tensordot(x, rhs: Expr<'g>, x_axes: &[isize], y_axes: &[isize]) -> Self,
    "If an axis does not exist or is named twice, or the sizes of a pair differ.",
    {
        let misfit = |reason: String| Self::misfit(&[x, rhs], reason);
        inputs_of_one_graph(&[x, rhs])?;
        if x_axes.len() != y_axes.len() {
            let reason = format!("{} and {} are not pairs of axes", list(x_axes), list(y_axes));
            return Err(misfit(reason));
        }
        Axes::from(x_axes).resolve(x.rank()).map_err(misfit)?;
        Axes::from(y_axes).resolve(rhs.rank()).map_err(misfit)?;
        let mut b_labels: Vec<_> = (x.rank()..x.rank() + rhs.rank()).map(Label::Ellipsis).collect();
        for (&a, &b) in x_axes.iter().zip(y_axes) {
            let a = resolve_axis(a, x.rank()).map_err(misfit)?;
            let b = resolve_axis(b, rhs.rank()).map_err(misfit)?;
            b_labels[b] = Label::Ellipsis(a);
        }
        let a_labels: Vec<_> = (0..x.rank()).map(Label::Ellipsis).collect();
        let only = |own: &[Label], other: &[Label]| {
            own.iter().copied().filter(|label| !other.contains(label)).collect::<Vec<_>>()
        };
        let output = [only(&a_labels, &b_labels), only(&b_labels, &a_labels)].concat();
        let parts = vec![Labeled { x, labels: a_labels }, Labeled { x: rhs, labels: b_labels }];
        let sizes = common_sizes(&parts).map_err(misfit)?;
        contracted(parts, &sizes, &output)
    }

    graph:

    /// Einstein summation: the axes of each operand are named by letters, and products are summed over the letters that
    /// the output does not name. `...` stands for further axes, which broadcast; a letter that occurs twice in an
    /// operand takes its diagonal; without `->` the output has the letters that occur once, in alphabetical order.
    /// Shapes `[i, j], [j, k] → [i, k]`. Source: `torch.einsum`.
    ///
    /// ```
    /// let g = retrograd_core::Graph::new();
    /// let (a, b) = (g.full([2, 3], 1.0), g.full([3, 4], 2.0));
    /// assert_eq!(g.einsum("ij,jk->ik", &[a, b]).value(), a.dot(b).value());
    /// ```
    einsum / try_einsum(_graph, equation: &str, operands: &[Expr<'g>]) -> Expr<'g>,
    "If the equation is not one, or does not fit the operands.",
    {
        let misfit =
            |reason: String| Expr::misfit(operands, format!("{}: {reason}", shortened(equation)));
        if operands.is_empty() {
            return Err(misfit("there are no operands".to_owned()));
        }
        inputs_of_one_graph(operands)?;
        let (terms, output) = parsed(equation, operands).map_err(misfit)?;
        let mut parts = Vec::with_capacity(operands.len());
        for (&x, labels) in operands.iter().zip(&terms) {
            parts.push(Labeled { x, labels: labels.clone() }.without_repeats().map_err(misfit)?);
        }
        let sizes = common_sizes(&parts).map_err(misfit)?;
        if let Some(label) =
            output.iter().find(|&label| sizes.iter().all(|(known, _)| known != label))
        {
            return Err(misfit(format!("no operand has the axis {label:?} of the output")));
        }
        contracted(parts, &sizes, &output)
    }
}

/// The labels of each operand and of the output.
fn parsed(equation: &str, operands: &[Expr<'_>]) -> Result<(Vec<Vec<Label>>, Vec<Label>), String> {
    let equation: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
    let (inputs, output) = match equation.split_once("->") {
        Some((inputs, output)) => (inputs, Some(output)),
        None => (equation.as_str(), None),
    };
    let terms: Vec<_> = inputs.split(',').collect();
    if terms.len() != operands.len() {
        return Err(format!("it names {} operands, and there are {}", terms.len(), operands.len()));
    }
    let labels = terms
        .iter()
        .zip(operands)
        .map(|(term, operand)| labels_of(term, |n_letters| operand.rank().checked_sub(n_letters)))
        .collect::<Result<Vec<_>, _>>()?;
    let all: Vec<_> = labels.concat();
    let n_ellipsis = all.iter().map(|label| if let Label::Ellipsis(k) = label { k + 1 } else { 0 });
    let n_ellipsis = n_ellipsis.max().unwrap_or(0);
    let output = match output {
        Some(output) => labels_of(output, |_| Some(n_ellipsis))?,
        None => {
            let is_single =
                |c: &char| all.iter().filter(|&&label| label == Label::Letter(*c)).count() == 1;
            let mut letters: Vec<_> = inputs.chars().filter(|c| c.is_alphabetic()).collect();
            letters.sort_unstable();
            let ellipsis = (0..n_ellipsis).rev().map(Label::Ellipsis);
            ellipsis.chain(letters.into_iter().filter(is_single).map(Label::Letter)).collect()
        }
    };
    if (1..output.len()).any(|k| output[..k].contains(&output[k])) {
        return Err("the output names an axis twice".to_owned());
    }
    Ok((labels, output))
}

/// The labels of one term; `n_ellipsis` says, from the number of letters, how many axes an ellipsis stands for.
fn labels_of(
    term: &str,
    n_ellipsis: impl Fn(usize) -> Option<usize>,
) -> Result<Vec<Label>, String> {
    let n_letters = term.chars().filter(|&c| c != '.').count();
    let Some(n_others) = n_ellipsis(n_letters) else {
        let term = shortened(term);
        return Err(format!("`{term}` has more letters than its operand has axes"));
    };
    let (before, after) = match term.split_once("...") {
        Some(parts) => parts,
        None => (term, ""),
    };
    if let Some(wrong) = before.chars().chain(after.chars()).find(|c| !c.is_alphabetic()) {
        return Err(format!("`{wrong}` names no axis"));
    }
    let ellipsis = if term.contains("...") { 0..n_others } else { 0..0 };
    let letters = |part: &str| part.chars().map(Label::Letter).collect::<Vec<_>>();
    Ok(letters(before)
        .into_iter()
        .chain(ellipsis.rev().map(Label::Ellipsis))
        .chain(letters(after))
        .collect())
}

/// The size of each label: all operands agree, but for sizes of 1, which stretch.
fn common_sizes(parts: &[Labeled<'_>]) -> Result<Vec<(Label, usize)>, String> {
    let mut sizes: Vec<(Label, usize)> = Vec::new();
    for part in parts {
        for (&label, &size) in part.labels.iter().zip(part.x.shape().iter()) {
            match sizes.iter_mut().find(|(known, _)| *known == label) {
                None => sizes.push((label, size)),
                Some((_, known)) if *known == 1 => *known = size,
                Some((_, known)) if *known == size || size == 1 => {}
                Some((_, known)) => {
                    return Err(format!("an axis has the sizes {known} and {size}"));
                }
            }
        }
    }
    Ok(sizes)
}

/// The operands multiplied one by one, each label summed as soon as nothing to come has it.
#[track_caller]
fn contracted<'g>(
    parts: Vec<Labeled<'g>>,
    sizes: &[(Label, usize)],
    output: &[Label],
) -> Result<Expr<'g>, Error> {
    let mut parts = parts.into_iter().collect::<std::collections::VecDeque<_>>();
    let mut product = parts.pop_front().expect("there is an operand");
    while let Some(next) = parts.pop_front() {
        let is_needed = |label: &Label| {
            output.contains(label) || parts.iter().any(|part| part.labels.contains(label))
        };
        product = product.times(next, sizes, is_needed)?;
    }
    let order: Vec<_> = output.to_vec();
    product.summed(|label| order.contains(label))?.arranged(&order)
}

impl<'g> Labeled<'g> {
    /// Diagonals in place of labels that occur twice.
    #[track_caller]
    fn without_repeats(mut self) -> Result<Self, String> {
        if self.labels.len() != self.x.rank() {
            let (n, rank) = (self.labels.len(), self.x.rank());
            return Err(format!("{n} labels do not name the {rank} axes of an operand"));
        }
        loop {
            let n = self.labels.len();
            let twins = (0..n).find_map(|a| {
                (a + 1..n).find(|&b| self.labels[a] == self.labels[b]).map(|b| (a, b))
            });
            let Some((a, b)) = twins else { return Ok(self) };
            let shape = self.x.shape();
            if shape[a] != shape[b] {
                return Err(format!("an axis has the sizes {} and {}", shape[a], shape[b]));
            }
            self.x = self.x.diagonal(0, a as isize, b as isize);
            let label = self.labels[a];
            self.labels.retain(|&other| other != label);
            self.labels.push(label);
        }
    }

    /// Summed over the labels that are not wanted.
    #[track_caller]
    fn summed(self, is_wanted: impl Fn(&Label) -> bool) -> Result<Self, Error> {
        let axes: Vec<_> = (0..self.labels.len())
            .filter(|&axis| !is_wanted(&self.labels[axis]))
            .map(|axis| axis as isize)
            .collect();
        let labels = self.labels.iter().copied().filter(|label| is_wanted(label)).collect();
        Ok(Self { x: self.x.try_sum_over(&axes[..])?, labels })
    }

    /// The tensor with its axes in the order of the labels, which are all of its own.
    #[track_caller]
    fn arranged(&self, order: &[Label]) -> Result<Expr<'g>, Error> {
        let place = |label: &Label| {
            let place = self.labels.iter().position(|own| own == label);
            place.expect("the order has the labels of the tensor") as isize
        };
        self.x.try_permute(&order.iter().map(place).collect::<Vec<_>>())
    }

    /// Stretched to the common sizes.
    #[track_caller]
    fn stretched(self, sizes: &[(Label, usize)]) -> Result<Self, Error> {
        let shape: Shape = self.labels.iter().map(|&label| size_of(label, sizes)).collect();
        Ok(Self { x: self.x.try_broadcast_to(shape)?, labels: self.labels })
    }

    /// The product with another, summed over what both have and nothing needs: one matrix product for each index of
    /// what both have and something needs.
    #[track_caller]
    fn times(
        self,
        other: Self,
        sizes: &[(Label, usize)],
        is_needed: impl Fn(&Label) -> bool,
    ) -> Result<Self, Error> {
        let left = self.clone().summed(|label| is_needed(label) || other.labels.contains(label))?;
        let right = other.summed(|label| is_needed(label) || self.labels.contains(label))?;
        let (left, right) = (left.stretched(sizes)?, right.stretched(sizes)?);
        let of_left = |is_shared: bool, needed: bool| -> Vec<Label> {
            let fits = |label: &&Label| {
                right.labels.contains(label) == is_shared && is_needed(label) == needed
            };
            left.labels.iter().filter(fits).copied().collect()
        };
        let (batch, inner, rows) =
            (of_left(true, true), of_left(true, false), of_left(false, true));
        let is_own = |label: &&Label| !left.labels.contains(label);
        let columns: Vec<_> = right.labels.iter().filter(is_own).copied().collect();
        let n = |labels: &[Label]| {
            n_elements(&labels.iter().map(|&label| size_of(label, sizes)).collect::<Shape>())
        };
        let a = left.arranged(&[&batch[..], &rows, &inner].concat())?;
        let b = right.arranged(&[&batch[..], &inner, &columns].concat())?;
        let a = a.try_reshape([n(&batch), n(&rows), n(&inner)])?;
        let b = b.try_reshape([n(&batch), n(&inner), n(&columns)])?;
        let labels = [batch, rows, columns].concat();
        let shape: Shape = labels.iter().map(|&label| size_of(label, sizes)).collect();
        Ok(Self { x: a.try_matmul(b)?.try_reshape(shape)?, labels })
    }
}

fn size_of(label: Label, sizes: &[(Label, usize)]) -> usize {
    sizes.iter().find(|(known, _)| *known == label).map_or(1, |&(_, size)| size)
}
