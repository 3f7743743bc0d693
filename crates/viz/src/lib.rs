//! Drawings of retrograd graphs: DOT and plots.
