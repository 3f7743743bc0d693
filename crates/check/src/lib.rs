//! Gradient checks and random graphs for retrograd: for its tests and for users'.
