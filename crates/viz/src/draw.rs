//! `g.draw(…)`: what to draw, how, and where to.

use std::{collections::BTreeMap, path::Path, time::Duration};

use retrograd_core::{Expr, Graph, NodeId};

use crate::{dot::Document, error::Error, file, graphviz, operations};

/// Drawing, as a method of graphs.
pub trait Draw {
    /// A drawing of everything that `outputs` are computed from, at the level of operations.
    ///
    /// Drawn from its loss, a model is drawn forwards; from its gradients, forwards and backwards. Each scope is a
    /// frame, its gradient a frame of its own. Inputs are ellipses, parameters cylinders, optimizer state boxes with
    /// depth, constants notes, operations rounded boxes, and `outputs` hexagons; a number without a name stands
    /// beside each of its uses. What belongs to a gradient is dashed and of another color.
    ///
    /// Edges carry shapes, except those of single numbers; dtypes, where they are not the graph's; and the positions
    /// of operands, where exchanging them would make a difference. The sign `⊙` is the product by which the chain rule
    /// combines a cotangent with a derivative: a cotangent of 0 stays 0, whatever the derivative is. Pointing at a node of an SVG picture shows its
    /// formula, its source line, and for a gradient the expression whose derivative it comes from.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let w = g.param("w", [0.5, -1.0]);
    /// let loss = w.square().sum();
    /// let forward = g.draw(&[loss]).to_dot();
    /// let backward = g.draw(&loss.grad(&[w])).to_dot();
    /// assert!(!forward.contains("style=dashed"));
    /// assert!(backward.contains("style=dashed"));
    /// ```
    ///
    /// # Panics
    /// If an expression belongs to another graph.
    #[track_caller]
    fn draw<'g>(&'g self, outputs: &[Expr<'g>]) -> Drawing<'g>;
}

impl Draw for Graph {
    #[track_caller]
    fn draw<'g>(&'g self, outputs: &[Expr<'g>]) -> Drawing<'g> {
        for output in outputs {
            assert!(
                std::ptr::eq(output.graph(), self),
                "draw: `{output:?}` belongs to another graph than the one that is asked to draw it"
            );
        }
        Drawing {
            graph: self,
            outputs: outputs.iter().map(|output| output.id()).collect(),
            title: None,
            direction: Direction::TopDown,
            shows_source_lines: true,
            times: BTreeMap::new(),
        }
    }
}

/// Where edges lead to, by and large.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From inputs at the top to outputs at the bottom.
    #[default]
    TopDown,
    /// From inputs at the left to outputs at the right.
    LeftToRight,
}

/// A drawing of a part of a graph, made by [`Draw::draw`].
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_viz::{Direction, Draw};
///
/// let g = Graph::new();
/// let y = (g.input("x", [3]) + 1.0).exp();
/// let folder = tempfile::tempdir()?;
/// g.draw(&[y])
///     .title("Exponential")
///     .direction(Direction::LeftToRight)
///     .save(folder.path().join("exponential.dot"))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[must_use = "a drawing does nothing until it is saved or turned into text"]
pub struct Drawing<'g> {
    graph: &'g Graph,
    outputs: Vec<NodeId>,
    title: Option<String>,
    direction: Direction,
    shows_source_lines: bool,
    times: BTreeMap<NodeId, Duration>,
}

/// The formats a drawing is saved in, by extension; the first two are text, the others drawn by Graphviz.
const FORMATS: &[&str] = &["dot", "gv", "svg", "png", "pdf"];

impl Drawing<'_> {
    /// Writes a title above the drawing.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// assert!(g.draw(&[x]).title("Input & output").to_dot().contains("Input &amp; output"));
    /// ```
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: Some(title.into()), ..self }
    }

    /// Lets edges lead downwards, as they do by default, or to the right.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::{Direction, Draw};
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// assert!(g.draw(&[x]).direction(Direction::LeftToRight).to_dot().contains("rankdir=LR"));
    /// ```
    pub fn direction(self, direction: Direction) -> Self {
        Self { direction, ..self }
    }

    /// Whether tooltips name source lines, as they do by default. Without them, a drawing stays the same when
    /// unrelated lines of a program move.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// assert!(g.draw(&[x]).to_dot().contains(".rs:"));
    /// assert!(!g.draw(&[x]).source_lines(false).to_dot().contains(".rs:"));
    /// ```
    pub fn source_lines(self, shows_source_lines: bool) -> Self {
        Self { shows_source_lines, ..self }
    }

    /// Writes how long nodes take below them, and fills them the more the longer: the slowest is orange. A profile of a
    /// compiled plan knows these times.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let y = g.input("x", [3]).tanh();
    /// let times = [(y.id(), Duration::from_nanos(1500))];
    /// assert!(g.draw(&[y]).times(times).to_dot().contains("1.5 µs"));
    /// ```
    pub fn times(self, times: impl IntoIterator<Item = (NodeId, Duration)>) -> Self {
        Self { times: times.into_iter().collect(), ..self }
    }

    /// The drawing in DOT, the language of Graphviz. The same graph always gives the same text.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let y = g.input("x", [3]).tanh().named("y");
    /// let dot = g.draw(&[y]).to_dot();
    /// assert!(dot.contains("<b>y</b><br/>tanh"));
    /// assert!(dot.contains(r#"n0 -> n1 [label=" [3]"]"#));
    /// ```
    pub fn to_dot(&self) -> String {
        let scene =
            operations::scene(self.graph, &self.outputs, self.shows_source_lines, &self.times);
        let title = self.title.as_deref();
        Document { scene: &scene, title, direction: self.direction }.to_string()
    }

    /// Saves the drawing in the format that the extension of `path` says: `.dot` and `.gv` are text, `.svg`, `.png`
    /// and `.pdf` are drawn by Graphviz. Missing folders are made. The file appears whole or not at all.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_viz::Draw;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [3]);
    /// let error = g.draw(&[x]).save("x.txt").unwrap_err();
    /// assert!(error.to_string().contains("end in .dot, .gv, .svg"));
    /// ```
    ///
    /// # Errors
    /// If the extension is another, Graphviz is needed and not installed or fails, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let format = file::extension(path);
        if !FORMATS.contains(&&*format) {
            return Err(Error::UnknownFormat { path: path.to_owned(), known: FORMATS });
        }
        let dot = self.to_dot();
        let content = match &*format {
            "dot" | "gv" => dot.into_bytes(),
            format => graphviz::render(graphviz::PROGRAM, &dot, format)?,
        };
        Ok(retrograd_files::write(path, &content)?)
    }
}
