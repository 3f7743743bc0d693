//! Scenes written in DOT, the language of Graphviz.

use std::fmt::{self, Write};

use crate::{
    draw::Direction,
    scene::{Cluster, Edge, Node, Role, Scene},
    style::{EDGE, FAINT, INK, frame, gradient_line, look},
    text::{html, quoted},
};

/// A scene with what is said about the picture as a whole; it displays as DOT.
pub(crate) struct Document<'a> {
    pub(crate) scene: &'a Scene,
    pub(crate) title: Option<&'a str>,
    pub(crate) direction: Direction,
}

impl fmt::Display for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("digraph {\n")?;
        self.write_defaults(f)?;
        write_clusters(f, self.scene)?;
        for edge in &self.scene.edges {
            write_edge(f, edge, self.scene.nodes[edge.target].order)?;
        }
        f.write_str("}\n")
    }
}

impl Document<'_> {
    fn write_defaults(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = match self.direction {
            Direction::TopDown => "TB",
            Direction::LeftToRight => "LR",
        };
        writeln!(
            f,
            "  graph [rankdir={direction} bgcolor=white fontname=Helvetica fontcolor=\"{INK}\" fontsize=12 \
             nodesep=0.3 ranksep=0.35 labeljust=l]"
        )?;
        writeln!(
            f,
            "  node [fontname=Helvetica fontcolor=\"{INK}\" fontsize=12 height=0.35 width=0.5 margin=\"0.12,0.06\"]"
        )?;
        writeln!(
            f,
            "  edge [fontname=Helvetica fontcolor=\"{FAINT}\" fontsize=9 color=\"{EDGE}\" arrowsize=0.6]"
        )?;
        match self.title {
            Some(title) => writeln!(
                f,
                "  labelloc=t\n  label=<<font point-size=\"16\"><b>{}</b></font>>",
                html(title)
            ),
            None => Ok(()),
        }
    }
}

/// What remains to be written of the clusters. A list instead of recursion, so that nesting costs no stack.
enum Step {
    Open(usize),
    Close,
}

fn write_clusters(f: &mut fmt::Formatter<'_>, scene: &Scene) -> fmt::Result {
    let mut inner = vec![Vec::new(); scene.clusters.len()];
    let mut members = vec![Vec::new(); scene.clusters.len()];
    let mut steps = Vec::new();
    for (index, cluster) in scene.clusters.iter().enumerate() {
        match cluster.parent {
            Some(parent) => inner[parent].push(index),
            None => steps.push(Step::Open(index)),
        }
    }
    for (index, node) in scene.nodes.iter().enumerate() {
        match node.cluster {
            Some(cluster) => members[cluster].push(index),
            None => write_node(f, index, node)?,
        }
    }
    steps.reverse();
    while let Some(step) = steps.pop() {
        let Step::Open(index) = step else {
            f.write_str("  }\n")?;
            continue;
        };
        open_cluster(f, index, &scene.clusters[index])?;
        members[index].iter().try_for_each(|&node| write_node(f, node, &scene.nodes[node]))?;
        steps.push(Step::Close);
        steps.extend(inner[index].iter().rev().copied().map(Step::Open));
    }
    Ok(())
}

fn open_cluster(f: &mut fmt::Formatter<'_>, index: usize, cluster: &Cluster) -> fmt::Result {
    let (line, fill) = frame(cluster.order);
    let style = if cluster.order > 0 { "rounded,filled,dashed" } else { "rounded,filled" };
    writeln!(f, "  subgraph cluster_{index} {{")?;
    writeln!(
        f,
        "  graph [style=\"{style}\" color=\"{line}\" fillcolor=\"{fill}\" fontcolor=\"{}\" label={} tooltip={}]",
        gradient_line(cluster.order).unwrap_or(FAINT),
        quoted(&cluster.label),
        quoted(&cluster.tooltip),
    )
}

fn write_node(f: &mut fmt::Formatter<'_>, index: usize, node: &Node) -> fmt::Result {
    let look = look(node.role);
    let mut styles = vec!["filled"];
    if node.role == Role::Op {
        styles.push("rounded");
    }
    if node.order > 0 {
        styles.push("dashed");
    }
    write!(f, "  n{index} [label=<{}> shape={}", label(node), look.shape)?;
    if node.role == Role::Literal {
        write!(f, " fontsize=10 fontcolor=\"{FAINT}\" height=0.2 width=0.2")?;
    } else {
        let line = gradient_line(node.order).unwrap_or(look.line);
        let (style, fill) = (styles.join(","), look.fill);
        write!(f, " style=\"{style}\" fillcolor=\"{fill}\" color=\"{line}\"")?;
    }
    if node.is_ordered {
        f.write_str(" ordering=in")?;
    }
    writeln!(f, " tooltip={}]", quoted(&node.tooltip))
}

/// The name in bold, then the other lines; without a name, these alone.
fn label(node: &Node) -> String {
    let mut label = String::new();
    if let Some(name) = &node.name {
        label = format!("<b>{}</b>", html(name));
    }
    for line in &node.lines {
        let separator = if label.is_empty() { "" } else { "<br/>" };
        write!(label, "{separator}{}", html(line)).expect("writing to a string cannot fail");
    }
    label
}

fn write_edge(f: &mut fmt::Formatter<'_>, edge: &Edge, order: usize) -> fmt::Result {
    write!(f, "  n{} -> n{}", edge.source, edge.target)?;
    let mut attributes = Vec::new();
    if !edge.label.is_empty() {
        attributes.push(format!("label={}", quoted(&edge.label)));
    }
    if let Some(color) = gradient_line(order) {
        attributes.push(format!("style=dashed color=\"{color}\""));
    }
    match attributes.is_empty() {
        true => f.write_str("\n"),
        false => writeln!(f, " [{}]", attributes.join(" ")),
    }
}
