//! The look of each kind of node. The hues are those of Okabe and Ito, which people with color blindness can tell
//! apart; no two kinds differ in color alone.

use crate::scene::Role;

/// The direction of edges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From inputs at the top to outputs at the bottom.
    #[default]
    TopDown,
    /// From inputs at the left to outputs at the right.
    LeftToRight,
}

/// Shape and colors of a node.
pub(crate) struct Look {
    pub(crate) shape: &'static str,
    pub(crate) fill: &'static str,
    pub(crate) line: &'static str,
}

/// Fonts that look alike, of which every machine has one.
pub(crate) const FONT: &str = "Helvetica,Arial,sans-serif";
/// Color of text.
pub(crate) const INK: &str = "#1F2933";
/// Color of secondary text: labels of edges, literals.
pub(crate) const FAINT: &str = "#52606D";
/// Color of forward edges.
pub(crate) const EDGE: &str = "#7B8794";

/// How the nodes of a role look.
pub(crate) fn look(role: Role) -> Look {
    let (shape, fill, line) = match role {
        Role::Input => ("ellipse", "#D6EAF8", "#0072B2"),
        Role::Param => ("cylinder", "#D3F0E5", "#009E73"),
        Role::State => ("box3d", "#EFE3F3", "#7B4B94"),
        Role::Constant => ("note", "#ECEFF1", "#52606D"),
        Role::Literal => ("plain", "none", "none"),
        Role::Op => ("box", "#FFFFFF", "#52606D"),
        Role::Output => ("hexagon", "#FFF3B0", "#8A6D00"),
    };
    Look { shape, fill, line }
}

/// The color of nodes and edges of a gradient, by its order; `None` for the forward part, of order 0.
pub(crate) fn gradient_line(order: usize) -> Option<&'static str> {
    match order {
        0 => None,
        1 => Some("#D55E00"),
        _ => Some("#B0468C"),
    }
}

/// Line and fill of a scope's frame. The fill lets through what is behind it, so that inner scopes are darker.
pub(crate) fn frame(order: usize) -> (&'static str, &'static str) {
    match order {
        0 => ("#9FB3C8", "#627D980F"),
        1 => ("#E8A878", "#D55E000D"),
        _ => ("#D69BC1", "#B0468C0D"),
    }
}

/// The fill of a node by its heat: from white to orange.
pub(crate) fn heat(heat: f64) -> String {
    let [red, green, blue] = [0xE6, 0x9F, 0x00].map(|orange: u8| {
        let white = f64::from(u8::MAX);
        (white + (f64::from(orange) - white) * heat.clamp(0.0, 1.0)).round() as u8
    });
    format!("#{red:02X}{green:02X}{blue:02X}")
}
