//! Drawings of `retrograd` graphs, and plots of training curves.
//!
//! | to | see |
//! |---|---|
//! | draw a graph, forward and backward | [`Draw`], [`Drawing`], [`Direction`] |
//! | plot loss and accuracy | [`LineChart`] |
//!
//! A drawing shows everything that some expressions depend on. It is written as DOT text or, where
//! [Graphviz](https://graphviz.org) is installed, as SVG, PNG or PDF. Plots are SVG and need no other program.
//!
//! ```
//! use retrograd_core::Graph;
//! use retrograd_viz::Draw;
//!
//! let g = Graph::new();
//! let (x, w) = (g.input("x", [4, 2]), g.param("w", [0.5, -1.0]));
//! let loss = x.dot(w).sigmoid().mean().named("loss");
//! let dot = g.draw(&[loss]).title("A small model").to_dot();
//! assert!(dot.starts_with("digraph"));
//! assert!(dot.contains("<b>loss</b>"));
//! ```
//!
//! Internally a picture takes two steps: `operations.rs` makes a scene of clusters, nodes and edges; `dot.rs` writes a
//! scene as text. A new level of detail makes another scene, and a new format is another writer of scenes.

mod axis;
mod chart;
mod dot;
mod draw;
mod error;
mod file;
mod graphviz;
mod operations;
mod scene;
mod style;
mod text;

pub use chart::LineChart;
pub use draw::{Draw, Drawing};
pub use error::Error;
pub use style::Direction;
