//! The text of a plan: its kernels with their operations, in-place writes, and the places of results.

use std::fmt::{self, Write};

use retrograd_core::{Graph, computation::ValueId, error::shortened};

use crate::plan::Plan;

/// The leaves that a plan reads, its steps, and its memory. [`Plan::to_text`] adds names and lines.
///
/// ```
/// use retrograd_core::Graph;
/// use retrograd_plan::Plan;
///
/// let g = Graph::new();
/// let (x, w) = (g.input("x", [2, 3]), g.param("w", [0.5, 1.0, 2.0]));
/// let plan = Plan::compile(&[(x * w).tanh().sum()], &[])?;
/// let text = plan.to_string();
/// assert!(text.starts_with("%0 = input x : f32[2, 3]\n%1 = param w : f32[3]\nstep 0: "), "{text}");
/// assert!(text.contains("tanh"), "{text}");
/// # Ok::<(), retrograd_core::Error>(())
/// ```
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl Plan {
    /// The plan as text, with the operation, scope, name and line of each value that a step computes, as `graph` has them:
    /// the graph that the plan was compiled from. Another graph's names are wrong.
    ///
    /// ```
    /// use retrograd_core::Graph;
    /// use retrograd_plan::Plan;
    ///
    /// let g = Graph::new();
    /// let x = g.input("x", [2, 3]);
    /// let _scope = g.scope("head");
    /// let plan = Plan::compile(&[x.tanh().sum().named("total")], &[])?;
    /// let text = plan.to_text(&g);
    /// assert!(text.contains("// %2 = sum [0, 1] in head, `total`, "), "{text}");
    /// # Ok::<(), retrograd_core::Error>(())
    /// ```
    ///
    /// # Panics
    /// If `graph` is another one, and has fewer nodes.
    pub fn to_text(&self, graph: &Graph) -> String {
        let mut text = String::new();
        self.write(&mut text, Some(graph)).expect("a string takes all text");
        text
    }

    fn write(&self, f: &mut dyn Write, graph: Option<&Graph>) -> fmt::Result {
        for leaf in &self.signature.leaves {
            let (value, kind, operand) = (leaf.value, leaf.kind.label(), &leaf.description);
            let name = shortened(leaf.name());
            writeln!(f, "{value} = {kind} {name} : {}{}", operand.dtype, operand.shape)?;
        }
        for (k, step) in self.compiled.executable.steps().iter().enumerate() {
            writeln!(f, "step {k}: {}", step.text)?;
            if let Some(graph) = graph {
                step.computes.iter().try_for_each(|&id| self.write_origin(f, graph, id))?;
            }
        }
        writeln!(f, "arena of {} bytes, {} of them live", self.arena_bytes(), self.live_bytes())
    }

    /// Writes the name, function, scope and line of a value.
    fn write_origin(&self, f: &mut dyn Write, graph: &Graph, id: ValueId) -> fmt::Result {
        let origin = self.signature.origins[id.index()];
        let site = graph.site(origin);
        write!(f, "    // {id} = {}", graph.node(origin).op)?;
        if !site.scope.is_empty() {
            write!(f, " in {}", shortened(&site.scope))?;
        }
        if let Some(name) = graph.name(origin) {
            write!(f, ", `{}`", shortened(&name))?;
        }
        match site.operand.location {
            Some(line) => writeln!(f, ", {}:{}", file_name(line.file()), line.line()),
            None => writeln!(f),
        }
    }
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::{env, fs, path::Path};

    use super::*;

    #[test]
    fn the_plan_in_the_documentation_is_what_its_layer_compiles_to() {
        let g = Graph::new();
        let x = g.input("x", [4, 3]);
        let (w, b) = (g.param("w", [[0.5, 1.0]; 3]), g.param("b", [0.0, 0.0]));
        let scope = g.scope("layer");
        let loss = (x.matmul(w) + b).tanh().square().sum().named("loss");
        drop(scope);
        let gradients = loss.grad(&[w, b]);
        let updates = [(w, w - 0.1 * gradients[0]), (b, b - 0.1 * gradients[1])];
        let text = Plan::compile(&[loss], &updates).expect("it compiles").to_string();

        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/architecture.md");
        let kept = fs::read_to_string(&page).expect("there is a page");
        let start = kept.find("```text\n%0 = input x").expect("the page has a plan") + 8;
        let end = start + kept[start..].find("```").expect("the plan ends");
        if env::var_os("UPDATE_GOLDEN").is_some() {
            let page_with_text = [&kept[..start], &text, &kept[end..]].concat();
            retrograd_files::write(&page, page_with_text.as_bytes()).expect("it can be written");
        } else {
            assert_eq!(kept[start..end], text, "the plan has changed: set UPDATE_GOLDEN=1");
        }
    }

    #[test]
    fn leaves_have_the_numbers_that_steps_read() {
        let g = Graph::new();
        let x = g.input("x", [2]).exp();
        let text = Plan::compile(&[x.sin(), x * g.input("y", [2])], &[]).map(|it| it.to_string());
        let text = text.expect("it compiles");
        let y = text.lines().find_map(|line| line.strip_suffix(" = input y : f32[2]"));
        let y = y.expect("there is a line for y");
        assert!(text.contains(&format!("mul r0, {y}\n")), "{text}");
        assert_ne!(y, "%1", "a value of another kind comes before it");
    }
}
