//! Line charts: curves of loss and accuracy.

use std::{error, path::Path};

use plotters::{coord::Shift, prelude::*};

use crate::{
    axis::{Axis, Scale},
    error::Error,
    file,
    text::visible,
};

/// Width and height in pixels.
const SIZE: (u32, u32) = (720, 432);
/// Curves with at most this many points show each of them.
const N_MARKED: usize = 40;
/// The colors of curves, in turn: those of Okabe and Ito that are dark enough for a thin line.
const COLORS: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xB0, 0x46, 0x8C),
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
];
const INK: RGBColor = RGBColor(0x1F, 0x29, 0x33);
const GRID: RGBColor = RGBColor(0xE4, 0xE7, 0xEB);
const FONT: &str = "Helvetica, Arial, sans-serif";

/// Curves over a common axis, saved as SVG.
///
/// Numbers that are not finite, or not positive on a logarithmic axis, leave a gap in their curve; so a loss that
/// diverges can be looked at.
///
/// ```
/// use retrograd_viz::LineChart;
///
/// let chart = LineChart::new("Training")
///     .x_label("epoch")
///     .y_label("loss")
///     .log_y()
///     .line("train", [1.0, 0.3, 0.1])
///     .line("test", [1.1, 0.5, 0.4]);
/// assert!(chart.to_svg()?.starts_with("<svg"));
/// # Ok::<(), retrograd_viz::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a chart does nothing until it is saved or turned into text"]
pub struct LineChart {
    title: String,
    x_label: String,
    y_label: String,
    y_scale: Scale,
    lines: Vec<ChartLine>,
}

/// A line of the chart: a name and points.
#[derive(Clone, Debug)]
struct ChartLine {
    name: String,
    points: Vec<(f64, f64)>,
}

/// The drawn pieces of a line, each without a gap.
type Curve = Vec<Vec<(f64, f64)>>;
type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<Axis, Axis>>;

impl LineChart {
    /// A chart without curves.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            x_label: String::new(),
            y_label: String::new(),
            y_scale: Scale::Linear,
            lines: Vec::new(),
        }
    }

    /// Sets the label of the horizontal axis (default none).
    pub fn x_label(self, label: impl Into<String>) -> Self {
        Self { x_label: label.into(), ..self }
    }

    /// Sets the label of the vertical axis (default none).
    pub fn y_label(self, label: impl Into<String>) -> Self {
        Self { y_label: label.into(), ..self }
    }

    /// Makes the vertical axis logarithmic (default linear), which suits losses.
    ///
    /// ```
    /// use retrograd_viz::LineChart;
    ///
    /// let svg = LineChart::new("Loss").log_y().line("train", [1e0, 1e-3, 1e-6]).to_svg()?;
    /// assert!(svg.contains("1e-6"));
    /// # Ok::<(), retrograd_viz::Error>(())
    /// ```
    pub fn log_y(self) -> Self {
        Self { y_scale: Scale::Log, ..self }
    }

    /// Adds a curve through `values` at 1, 2, 3, …, as they are counted in epochs.
    ///
    /// ```
    /// use retrograd_viz::LineChart;
    ///
    /// let losses = [0.5f32, 0.25, 0.2];
    /// let chart = LineChart::new("Loss").line("train", losses);
    /// assert!(chart.to_svg()?.contains("train"));
    /// # Ok::<(), retrograd_viz::Error>(())
    /// ```
    pub fn line(self, name: impl Into<String>, values: impl IntoIterator<Item: Into<f64>>) -> Self {
        let points = values.into_iter().zip(1..).map(|(y, x)| (f64::from(x), y.into()));
        self.points(name, points)
    }

    /// Adds a curve through points.
    ///
    /// ```
    /// use retrograd_viz::LineChart;
    ///
    /// let sine = (0..100).map(|k| f64::from(k) / 10.0).map(|x| (x, x.sin()));
    /// let chart = LineChart::new("Sine").points("sin x", sine);
    /// assert!(chart.to_svg()?.contains("sin x"));
    /// # Ok::<(), retrograd_viz::Error>(())
    /// ```
    pub fn points(
        mut self,
        name: impl Into<String>,
        points: impl IntoIterator<Item = (f64, f64)>,
    ) -> Self {
        self.lines.push(ChartLine { name: name.into(), points: points.into_iter().collect() });
        self
    }

    /// The chart as SVG.
    ///
    /// # Errors
    /// If the plotting library cannot draw it; no data are known for which it cannot.
    pub fn to_svg(&self) -> Result<String, Error> {
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        self.draw(&area).map_err(|error| Error::Chart { message: error.to_string() })?;
        drop(area);
        Ok(svg)
    }

    /// Saves the chart as SVG. Missing folders are made. The file appears whole or not at all.
    ///
    /// ```
    /// use retrograd_viz::LineChart;
    ///
    /// let folder = tempfile::tempdir()?;
    /// LineChart::new("Loss").line("train", [0.5, 0.25]).save(folder.path().join("loss.svg"))?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If `path` does not end in `.svg`, or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        if file::extension(path) != "svg" {
            return Err(Error::UnknownFormat { path: path.to_owned(), known: &["svg"] });
        }
        Ok(retrograd_files::write(path, self.to_svg()?.as_bytes())?)
    }

    fn draw(&self, area: &Area<'_>) -> Result<(), Box<dyn error::Error>> {
        let curves: Vec<_> = self.lines.iter().map(|line| self.curve(line)).collect();
        let places = || curves.iter().flatten().flatten();
        let x_axis = Axis::around(Scale::Linear, places().map(|&(x, _)| x));
        let y_axis = Axis::around(self.y_scale, places().map(|&(_, y)| y));
        let legend_position = emptier_corner(&curves, &y_axis);
        area.fill(&WHITE)?;
        let title = (FONT, 21).into_font().style(FontStyle::Bold).color(&INK);
        let mut chart = ChartBuilder::on(area)
            .caption(visible(&self.title), title)
            .margin(16)
            .x_label_area_size(48)
            .y_label_area_size(72)
            .build_cartesian_2d(x_axis, y_axis)?;
        self.draw_grid(&mut chart)?;
        for ((line, curve), color) in self.lines.iter().zip(&curves).zip(COLORS.iter().cycle()) {
            draw_curve(&mut chart, &line.name, curve, *color)?;
        }
        chart
            .configure_series_labels()
            .position(legend_position)
            .label_font((FONT, 15, &INK))
            .background_style(WHITE)
            .border_style(GRID)
            .margin(8)
            .draw()?;
        Ok(())
    }

    fn draw_grid(&self, chart: &mut Chart<'_>) -> Result<(), Box<dyn error::Error>> {
        chart
            .configure_mesh()
            .x_desc(visible(&self.x_label))
            .y_desc(visible(&self.y_label))
            .label_style((FONT, 15, &INK))
            .axis_desc_style((FONT, 16, &INK))
            .axis_style(INK)
            .bold_line_style(GRID)
            .light_line_style(TRANSPARENT)
            .draw()?;
        Ok(())
    }

    /// The places of a line's points, in pieces where some cannot be drawn.
    fn curve(&self, line: &ChartLine) -> Curve {
        let place = |&(x, y): &(f64, f64)| Scale::Linear.place(x).zip(self.y_scale.place(y));
        let places: Vec<_> = line.points.iter().map(place).collect();
        let pieces = places.split(Option::is_none).filter(|piece| !piece.is_empty());
        pieces.map(|piece| piece.iter().flatten().copied().collect()).collect()
    }
}

/// Draws the pieces of a curve, and its points where they are few or alone.
fn draw_curve(
    chart: &mut Chart<'_>,
    name: &str,
    curve: &Curve,
    color: RGBColor,
) -> Result<(), Box<dyn error::Error>> {
    let style = color.stroke_width(2);
    // The entry in the legend belongs to a piece that is always there.
    chart
        .draw_series(LineSeries::new([], style))?
        .label(visible(name))
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    let n_points: usize = curve.iter().map(Vec::len).sum();
    for piece in curve {
        chart.draw_series(LineSeries::new(piece.iter().copied(), style))?;
        if n_points <= N_MARKED || piece.len() == 1 {
            chart.draw_series(piece.iter().map(|&place| Circle::new(place, 3, color.filled())))?;
        }
    }
    Ok(())
}

/// Where the legend hides least: at the right, below curves that end high and above those that end low.
fn emptier_corner(curves: &[Curve], y_axis: &Axis) -> SeriesLabelPosition {
    let ends = curves.iter().filter_map(|curve| curve.last()?.last());
    let heights: Vec<_> = ends.map(|&(_, y)| y_axis.fraction(y)).collect();
    if heights.iter().sum::<f64>() > 0.5 * heights.len() as f64 {
        SeriesLabelPosition::LowerRight
    } else {
        SeriesLabelPosition::UpperRight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn svg(chart: LineChart) -> String {
        let svg = chart.to_svg().unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        svg
    }

    #[test]
    fn charts_without_points_are_drawn() {
        svg(LineChart::new("nothing"));
        svg(LineChart::new("").line("empty", [0.0; 0]).log_y());
        svg(LineChart::new("none").line("none can be drawn", [f64::NAN, f64::INFINITY]));
    }

    #[test]
    fn a_single_point_and_equal_values_are_drawn() {
        assert!(svg(LineChart::new("one").line("one", [3.0])).contains("<circle"));
        svg(LineChart::new("flat").line("flat", [0.0, 0.0]).log_y());
        svg(LineChart::new("flat").line("flat", [1e300; 9]).log_y());
    }

    #[test]
    fn values_that_cannot_be_drawn_leave_a_gap() {
        let values = [1.0, 2.0, f64::NAN, 3.0, 4.0, 0.0, f64::NEG_INFINITY, 5.0];
        let (linear, log) =
            (LineChart::new("").line("", values), LineChart::new("").line("", values));
        assert_eq!(svg(linear).matches("<circle").count(), 6);
        assert_eq!(svg(log.log_y()).matches("<circle").count(), 5);
    }

    #[test]
    fn extreme_values_are_drawn() {
        let values = [f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 1.0, 1.0 + f64::EPSILON];
        for scale in [Scale::Linear, Scale::Log] {
            for pair in values.iter().flat_map(|&a| values.map(|b| [a, b])) {
                svg(LineChart { y_scale: scale, ..LineChart::new("extreme").line("pair", pair) });
            }
        }
    }

    #[test]
    fn names_are_escaped() {
        let svg = svg(LineChart::new("<a> & \"b\"\n\0").line("</svg>", [1.0, 2.0]));
        assert!(svg.contains("&lt;a&gt; &amp; &quot;b&quot;\\n\\u{0}"), "{svg}");
        assert_eq!(svg.matches("</svg>").count(), 1);
    }

    #[test]
    fn only_svg_is_saved() {
        let error = LineChart::new("loss").save("loss.png").unwrap_err();
        assert!(error.to_string().ends_with("let it end in .svg"), "{error}");
    }
}
