//! Whether products can overflow, told by a bound before they are computed.

use super::{Product, library::Multiply};
use crate::{arena::Memory, kernels::finite::sum_of_magnitudes};

impl Product {
    /// Whether the result, and whatever is computed on the way to it in any order, is sure to be finite:
    /// `|scale·of + factor·lhs·rhs| ≤ max|of| + |factor|·k·max|lhs|·max|rhs|`, with a sum of magnitudes for their
    /// maximum, and room for roundings. If not, it may still be finite.
    pub(super) fn is_bounded<F: Multiply>(&self, memory: &Memory<'_>) -> bool {
        let bound = |id| sum_of_magnitudes(memory.read::<F>(id)).widen();
        // Numbers that are not finite stay so in all that follows, and are not less than anything. The operands, which the
        // product reads again and again, are looked at last, so that they are in the cache.
        let (onto, factor) = match &self.addend {
            Some(addend) => (bound(addend.of), addend.update::<F>(memory).scale.widen().abs()),
            None => (0.0, 1.0),
        };
        let k = self.sizes.k as f64;
        let product = k * bound(self.lhs.base) * bound(self.rhs.base);
        // Each of `k` products and as many sums is rounded, by a factor of at most 1 + ε/2; what is rounded besides does
        // not double the result.
        let limit = F::MAX.widen() / 2.0 / (k * F::EPSILON.widen()).exp();
        product < limit && onto + factor * product < limit
    }
}
