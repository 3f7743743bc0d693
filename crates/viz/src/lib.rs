//! Drawings of retrograd graphs, and plots of what happens while a model is trained.
//!
//! [`Draw`] gives a graph the method `draw`: everything that some expressions are computed from, forwards and
//! backwards, as DOT text or, where [Graphviz](https://graphviz.org) is installed, as SVG, PNG or PDF.
//! [`LineChart`] plots curves of loss and accuracy as SVG and needs no other program.
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
//! A picture is made in two steps: `operations.rs` says what is in it, as a scene of clusters, nodes and edges;
//! `dot.rs` says how a scene is written down. Another level of detail is another way to make a scene, another
//! format another way to write one.

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
pub use draw::{Direction, Draw, Drawing};
pub use error::Error;
