//! Drawings of `retrograd` graphs, and plots of training curves.
//!
//! A drawing shows all nodes that some expressions depend on.
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
//! # Graphs
//! - [`Draw`] adds the method `draw` to graphs.
//! - [`Drawing`] sets the title, the [`Direction`] and the details, and writes DOT text. Where
//!   [Graphviz](https://graphviz.org) is installed, it writes SVG, PNG or PDF, too.
//!
//! # Curves
//! - [`LineChart`] plots curves, such as those of loss and accuracy, as SVG, and needs no other program.
//!
//! # Source
//! A picture takes two steps: `operations.rs` makes a scene of clusters, nodes and edges; `dot.rs` writes a scene as text.
//! A new level of detail makes another scene, and a new format is another writer of scenes.

#![cfg_attr(not(test), deny(clippy::wildcard_enum_match_arm))]

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
