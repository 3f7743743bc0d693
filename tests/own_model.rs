//! A model of the user's own: the prelude has all that it takes, and a parameter that is used twice learns from both
//! uses.

use retrograd::prelude::*;

/// `a·w + 2·(b·w)` of rows `[a, b]`, with one `w`.
struct Pairs;

impl Model for Pairs {
    fn params(&self, rng: &mut dyn Rng) -> Params {
        let mut params = Params::new();
        params.insert("w", Init::Gaussian { std: 0.1 }.sample(2, 1, rng));
        params
    }

    fn apply<'g>(&self, params: &Bound<'g, '_>, x: Expr<'g>) -> Expr<'g> {
        let w = params.param("w");
        let (a, b) = (x.slice(1, 0..2), x.slice(1, 2..4));
        (a.dot(w) + 2.0 * b.dot(w)).squeeze(1)
    }
}

#[test]
fn a_parameter_used_twice_is_learned() {
    let wanted = [0.75, -1.5];
    let rows = Init::Gaussian { std: 1.0 }.sample(64, 4, &mut seeded(2));
    let target = |row: &[f64]| {
        wanted.iter().enumerate().map(|(k, w)| w * (row[k] + 2.0 * row[k + 2])).sum::<f64>()
    };
    let targets: Vec<_> = rows.to_vec::<f64>().chunks(4).map(target).collect();
    let data = Dataset::new(rows, targets.into()).unwrap();

    let mut params = Pairs.params(&mut seeded(1));
    let fit = Fit::new(Objective::MeanSquaredError, Sgd::new(0.02)).epochs(40).batch_size(16);
    fit.run(&Pairs, &mut params, &data).unwrap();
    let learned = params.get("w").unwrap().to_vec::<f64>();
    for (found, wanted) in learned.iter().zip(wanted) {
        assert!((found - wanted).abs() < 1e-4, "{learned:?}");
    }
}
