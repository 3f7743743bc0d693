//! Matrices at and near the points where their factorizations are not smooth.

/// A matrix with what is known of it.
pub(crate) struct Point {
    pub name: &'static str,
    pub shape: [usize; 2],
    pub elements: Vec<f64>,
    pub rank: usize,
    /// How many pairs of singular values are equal.
    pub n_ties: usize,
}

impl Point {
    pub fn is_full(&self) -> bool {
        self.rank == self.shape[0].min(self.shape[1])
    }

    /// Whether singular vectors move smoothly: values are distinct, and 0 only where that leaves no choice.
    pub fn has_vectors(&self) -> bool {
        self.n_ties == 0 && (self.is_full() || self.shape[0] == self.shape[1])
    }
}

/// Matrices at and near their singular points.
pub(crate) fn points() -> Vec<Point> {
    let point = |name, shape: [usize; 2], rank, n_ties, elements: &[f64]| {
        let [m, n] = shape;
        assert_eq!(elements.len(), m * n, "{name}");
        Point { name, shape, elements: elements.to_vec(), rank, n_ties }
    };
    let (c, s) = (0.3f64.cos(), 0.3f64.sin());
    vec![
        point("zero 1", [1, 1], 0, 0, &[0.0]),
        point("minus two", [1, 1], 1, 0, &[-2.0]),
        point("zero 2", [2, 2], 0, 1, &[0.0; 4]),
        point("identity 2", [2, 2], 2, 1, &[1.0, 0.0, 0.0, 1.0]),
        point("exchange 2", [2, 2], 2, 1, &[0.0, 3.0, 3.0, 0.0]),
        point("rotation 2", [2, 2], 2, 1, &[c, -s, s, c]),
        point("rank 1 of 2", [2, 2], 1, 0, &[1.0, 2.0, 2.0, 4.0]),
        point("rank 1 of 2, not symmetric", [2, 2], 1, 0, &[0.3, -0.1, 0.9, -0.3]),
        point("corner of 2", [2, 2], 1, 0, &[2.0, 0.0, 0.0, 0.0]),
        point("near rank 1", [2, 2], 2, 0, &[1.0, 2.0, 2.0, 4.1]),
        point("near a tie", [2, 2], 2, 0, &[1.01, 0.0, 0.0, 1.0]),
        point("regular 2", [2, 2], 2, 0, &[2.0, 0.5, 0.3, 1.0]),
        point("zero 3", [3, 3], 0, 3, &[0.0; 9]),
        point("identity 3", [3, 3], 3, 3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        point("cycle 3", [3, 3], 3, 3, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]),
        // Turns about two axes, one after the other: singular values of 1 but for rounding.
        point("turn 3", [3, 3], 3, 3, &[c, -s * c, s * s, s, c * c, -c * s, 0.0, s, c]),
        point("two alike", [3, 3], 3, 1, &[2.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 1.0]),
        point("two alike and 0", [3, 3], 2, 1, &[2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]),
        point("rank 1 of 3", [3, 3], 1, 1, &[1.0, 2.0, 3.0, 2.0, 4.0, 6.0, 3.0, 6.0, 9.0]),
        point("rank 2 of 3", [3, 3], 2, 0, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]),
        point("all alike", [3, 3], 1, 1, &[0.7; 9]),
        point("regular 3", [3, 3], 3, 0, &[2.0, 0.5, 0.1, 0.3, 1.0, -0.4, 0.2, -0.6, 3.0]),
        point("zero 3 × 2", [3, 2], 0, 1, &[0.0; 6]),
        point("rank 1 of 3 × 2", [3, 2], 1, 0, &[1.0, 2.0, 2.0, 4.0, 3.0, 6.0]),
        point("alike 3 × 2", [3, 2], 2, 1, &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        point("regular 3 × 2", [3, 2], 2, 0, &[1.0, 0.5, -0.2, 2.0, 0.3, 0.1]),
        point("zero 1 × 3", [1, 3], 0, 0, &[0.0; 3]),
        point("row", [1, 3], 1, 0, &[1.0, 2.0, -2.0]),
        point("rank 1 of 2 × 3", [2, 3], 1, 0, &[1.0, -1.0, 0.5, -2.0, 2.0, -1.0]),
        point("alike 2 × 3", [2, 3], 2, 1, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        point("empty", [0, 0], 0, 0, &[]),
        point("empty 0 × 2", [0, 2], 0, 0, &[]),
    ]
}
