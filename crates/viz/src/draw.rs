//! `g.draw(…)`: the nodes to draw, the style, and the file.

use std::{collections::BTreeMap, path::Path, time::Duration};

use retrograd_core::{Expr, Graph, NodeId};

use crate::{dot::Document, error::Error, file, graphviz, operations, style::Direction};

/// Adds the method [`draw`](Self::draw) to graphs.
pub trait Draw {
    /// A drawing of all nodes that `outputs` depend on, at the level of operations.
    ///
    /// The drawing of a loss shows the forward pass; a drawing of gradients shows the backward pass, too. Each scope is a
    /// frame, and its gradient another frame. Inputs are ellipses, parameters cylinders, optimizer state boxes with
    /// depth, constants notes, operations rounded boxes, and `outputs` hexagons; an unnamed number stands
    /// beside each of its uses. Nodes and edges of a gradient are dashed and have another color.
    ///
    /// Edges carry shapes, except for scalars; dtypes, if they differ from the graph's; and the positions of operands, if
    /// their order matters. The sign `⊙` is the product of the chain rule, of a cotangent with a derivative: a cotangent
    /// of 0 stays 0 for every derivative. The tooltip of a node in an SVG picture shows its formula and source line, and
    /// for a gradient the differentiated expression.
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

/// The file formats of drawings, by extension. The first two are text; Graphviz draws the others.
const FORMATS: &[&str] = &["dot", "gv", "svg", "png", "pdf"];

impl Drawing<'_> {
    /// Sets the title above the drawing (default none).
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

    /// Sets the direction of edges (default top to bottom).
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

    /// Sets whether tooltips name source lines (default true). Without source lines, a drawing stays the same when
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

    /// Writes the time of each node below it, and colors nodes by their time: the slowest is orange. The profile of a
    /// compiled plan provides these times.
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

    /// The drawing as DOT, the language of Graphviz. The text is deterministic.
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

    /// Saves the drawing in the format of the extension of `path`: `.dot` and `.gv` are text; Graphviz draws `.svg`, `.png`
    /// and `.pdf`. Creates missing folders. The write is atomic.
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
