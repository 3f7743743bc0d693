//! Models, losses, initializers, optimizers and training for retrograd, without a derivative formula.
