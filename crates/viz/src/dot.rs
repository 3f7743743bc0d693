//! Scenes written in DOT, the language of Graphviz.

use std::fmt;

use crate::{
    scene::{Cluster, Role, Scene, SceneEdge, SceneNode},
    style::{Direction, EDGE, FAINT, FONT, INK, frame, gradient_line, heat, look},
    text::{html, quoted},
};

/// A scene with the settings of the whole picture; it displays as DOT.
///
/// Graphviz puts the head of an edge below its tail. Edges within a gradient are written from head to tail, and
/// their arrows turned around, so that values flow down and cotangents back up beside them, those of a layer at
/// its height. Edges from a model to its gradient carry values kept for it: they are thin, and pull less than
/// others. Edges from a second gradient into the first would pull against these directions, so they do not pull.
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
            write_edge(f, self.scene, edge)?;
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
            "  graph [rankdir={direction} newrank=true bgcolor=white fontname=\"{FONT}\" fontcolor=\"{INK}\" fontsize=12 \
             nodesep=0.3 ranksep=0.35 labeljust=l]"
        )?;
        writeln!(
            f,
            "  node [fontname=\"{FONT}\" fontcolor=\"{INK}\" fontsize=12 height=0.35 width=0.5 margin=\"0.12,0.06\"]"
        )?;
        writeln!(
            f,
            "  edge [fontname=\"{FONT}\" fontcolor=\"{FAINT}\" fontsize=9 color=\"{EDGE}\" arrowsize=0.6]"
        )?;
        match self.title.filter(|title| !title.is_empty()) {
            Some(title) => writeln!(
                f,
                "  labelloc=t\n  label=<<font point-size=\"16\"><b>{}</b></font>>",
                html(title)
            ),
            None => Ok(()),
        }
    }
}

/// A pending step of writing clusters. Steps form a list instead of recursion, so that nesting costs no stack.
enum ClusterStep {
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
            None => steps.push(ClusterStep::Open(index)),
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
        let ClusterStep::Open(index) = step else {
            f.write_str("  }\n")?;
            continue;
        };
        open_cluster(f, index, &scene.clusters[index])?;
        members[index].iter().try_for_each(|&node| write_node(f, node, &scene.nodes[node]))?;
        steps.push(ClusterStep::Close);
        steps.extend(inner[index].iter().rev().copied().map(ClusterStep::Open));
    }
    Ok(())
}

fn open_cluster(f: &mut fmt::Formatter<'_>, index: usize, cluster: &Cluster) -> fmt::Result {
    let (line, fill) = frame(cluster.order);
    let style = if cluster.order > 0 { "rounded,filled,dashed" } else { "rounded,filled" };
    writeln!(f, "  subgraph cluster_{index} {{")?;
    writeln!(
        f,
        "  graph [style=\"{style}\" color=\"{line}\" fillcolor=\"{fill}\" fontcolor=\"{}\" label=<{}> tooltip={}]",
        gradient_line(cluster.order).unwrap_or(FAINT),
        html(&cluster.label),
        quoted(&cluster.tooltip),
    )
}

fn write_node(f: &mut fmt::Formatter<'_>, index: usize, node: &SceneNode) -> fmt::Result {
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
        if node.role == Role::Output {
            f.write_str(" margin=\"0,0.02\"")?;
        }
        let line = gradient_line(node.order).unwrap_or(look.line);
        let (style, fill) = (styles.join(","), node.heat.map_or(look.fill.to_owned(), heat));
        write!(f, " style=\"{style}\" fillcolor=\"{fill}\" color=\"{line}\"")?;
    }
    writeln!(f, " tooltip={}]", quoted(&node.tooltip))
}

/// The name in bold, then the other lines; without a name, these alone.
fn label(node: &SceneNode) -> String {
    let name = node.name.iter().map(|name| format!("<b>{}</b>", html(name)));
    let lines: Vec<_> = name.chain(node.lines.iter().map(|line| line_of_label(line))).collect();
    lines.join("<br/>")
}

/// A line, larger if it is a single sign such as `·`, which would be lost in its box.
fn line_of_label(line: &str) -> String {
    let is_sign = line.chars().count() == 1 && !line.chars().all(char::is_alphanumeric);
    if is_sign { format!("<font point-size=\"16\">{}</font>", html(line)) } else { html(line) }
}

fn write_edge(f: &mut fmt::Formatter<'_>, scene: &Scene, edge: &SceneEdge) -> fmt::Result {
    let (from, to) = (scene.nodes[edge.source].order, scene.nodes[edge.target].order);
    let flows_back = from == to && to % 2 == 1;
    let (tail, head) =
        if flows_back { (edge.target, edge.source) } else { (edge.source, edge.target) };
    write!(f, "  n{tail} -> n{head} [label={}", quoted(&spaced(&edge.label)))?;
    if flows_back {
        f.write_str(" dir=back")?;
    }
    if let Some(color) = gradient_line(to) {
        write!(f, " style=dashed color=\"{color}\"")?;
    }
    if from < to {
        f.write_str(" weight=0 penwidth=0.7")?;
    }
    if from > to && to > 0 {
        f.write_str(" constraint=false")?;
    }
    f.write_str("]\n")
}

/// The label with some room between it and its edge.
fn spaced(label: &str) -> String {
    if label.is_empty() { String::new() } else { format!(" {label}") }
}
