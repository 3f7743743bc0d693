//! Requirements of functions on the data that a run is given: checked by checked plans, and looked at by others when a run
//! has failed, to say in the user's terms what is wrong with the data.

use retrograd_core::{Error, Tensor, computation::ValueId};

use crate::plan::{Feed, Plan};

impl Plan {
    /// Checks the data for a run of a checked plan.
    pub(crate) fn require(&self, feeds: &[Feed<'_>]) -> Result<(), Error> {
        if self.is_checked() { self.satisfied(feeds) } else { Ok(()) }
    }

    /// The error of a run in which a node has refused its data.
    pub(crate) fn refused(&self, node: ValueId, reason: String, feeds: &[Feed<'_>]) -> Error {
        let (op, node) = self.signature.refusing[&node].clone();
        match self.satisfied(feeds) {
            Ok(()) => Error::Data { op, node: Box::new(node), reason },
            Err(error) => error,
        }
    }

    /// Whether the data of a run, those that leaves were recorded with where it is given none, are as functions require.
    fn satisfied(&self, feeds: &[Feed<'_>]) -> Result<(), Error> {
        let required = self.signature.leaves.iter().filter(|leaf| !leaf.requirements.is_empty());
        for leaf in required {
            let fed = feeds.iter().find(|(name, _)| *name == leaf.name()).map(|&(_, view)| view);
            if let Some(view) = fed.or_else(|| leaf.data.as_ref().map(Tensor::view)) {
                let view = leaf.checked(view)?;
                leaf.requirements.iter().try_for_each(|requirement| requirement.check(view))?;
            }
        }
        Ok(())
    }
}
