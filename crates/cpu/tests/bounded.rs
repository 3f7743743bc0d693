//! Checked updates of large parameters: they are made in place, and undone if a new value is not finite.

mod oracle;

use oracle::check_step;
use retrograd_core::{Bindings, DType, Error, Expr, Graph, Params, Tensor, nonfinite::Site};
use retrograd_plan::{CompileOptions, Plan};

/// A leaf and its new value.
type Update<'g> = (Expr<'g>, Expr<'g>);

/// The magnitudes of two parameters, and the factors of products that are taken from them.
struct Case {
    w: f64,
    v: f64,
    of_w: f64,
    of_v: f64,
}

const MODEST: Case = Case { w: 1.0, v: 1.0, of_w: 0.1, of_v: 0.1 };

/// Numbers from 0.1 to 2.1 times a magnitude.
fn tensor(magnitude: f64, shape: &[usize], dtype: DType) -> Tensor {
    let number = |k: usize| magnitude * (1.1 + ((k + 1) as f64).sin());
    let elements: Vec<_> = (0..shape.iter().product()).map(number).collect();
    Tensor::new(shape, elements).expect("there are as many elements").cast(dtype)
}

/// A loss, and updates of `w` and `v` by products of far fewer numbers than they have, and of `b` and `n` by others.
fn record<'g>(g: &'g Graph, case: &Case) -> (Expr<'g>, Vec<Update<'g>>) {
    let numbers = |magnitude, shape: &[usize]| tensor(magnitude, shape, g.dtype());
    let (w, v) =
        (g.param("w", numbers(case.w, &[400, 300])), g.param("v", numbers(case.v, &[400, 500])));
    let (b, n) = (g.param("b", numbers(1.0, &[300])), g.state("n", numbers(1.0, &[])));
    let [x, d, e] = [400, 300, 500].map(|size| g.constant(numbers(1.0, &[12, size])));
    let updates = vec![
        (w, w - case.of_w * x.t().dot(d)),
        (b, b - 0.1 * d.sum_over(0)),
        (v, v - case.of_v * x.t().dot(e)),
        (n, n + 1.0),
    ];
    (d.square().mean() + b.sum(), updates)
}

/// Parameters and state after two steps, and how these ended.
struct Trained {
    maps: [Params; 2],
    results: [Result<(), Error>; 2],
}

fn train(plan: &Plan, g: &Graph, n_threads: usize) -> Trained {
    let mut workspace = plan.workspace().with_threads(n_threads);
    let (mut params, mut state) = (g.recorded_params(), plan.initial_state());
    let results = [(); 2].map(|()| plan.step(&mut workspace, &mut params, &mut state, &[]));
    Trained { maps: [params, state], results }
}

fn bits(maps: &[Params; 2]) -> Vec<u64> {
    let tensors = maps.iter().flat_map(|map| map.iter().map(|(_, tensor)| tensor));
    tensors.flat_map(|tensor| tensor.cast(DType::F64).to_vec::<f64>()).map(f64::to_bits).collect()
}

/// The site that the first step blames, as the oracle does; `None` if parameters and state become what they become in
/// unchecked steps. After an error they are as before.
fn check(dtype: DType, case: &Case) -> Option<Site> {
    let g = Graph::with_dtype(dtype);
    let (loss, updates) = record(&g, case);
    let [unchecked, plan] =
        [CompileOptions::new(), CompileOptions::new().checked()].map(|options| {
            Plan::compile_with(&[loss], &updates, &options).expect("the graph compiles")
        });
    let roots: Vec<_> = [loss].into_iter().chain(updates.iter().map(|(_, value)| *value)).collect();
    let meant = g.find_non_finite(&roots, &Bindings::new()).expect("all leaves hold data");
    let unchecked = train(&unchecked, &g, 1).maps;
    for n_threads in [1, 2] {
        let trained = train(&plan, &g, n_threads);
        for result in trained.results {
            match (result, &meant) {
                (Ok(()), None) => {}
                (Err(Error::NonFinite(found)), Some(meant)) => {
                    assert_eq!((&found.site, &found.index), (&meant.site, &meant.index));
                }
                (result, meant) => panic!("{result:?}, not {meant:?}"),
            }
        }
        let expected = match meant {
            None => bits(&unchecked),
            Some(_) => bits(&[g.recorded_params(), plan.initial_state()]),
        };
        assert!(bits(&trained.maps) == expected, "{dtype}, {n_threads} threads");
    }
    meant.map(|found| found.site)
}

#[test]
fn numbers_that_no_bound_shows_to_stay_finite_are_updated_all_the_same() {
    for (dtype, max) in [(DType::F32, f32::MAX.into()), (DType::F64, f64::MAX)] {
        let huge = Case { w: max / 4.0, v: max / 4.0, of_w: max / 1e4, of_v: 0.0 };
        for case in [MODEST, huge] {
            assert!(check(dtype, &case).is_none());
        }
    }
}

#[test]
fn nothing_is_updated_if_one_of_several_new_values_is_not_finite() {
    for (dtype, max) in [(DType::F32, f32::MAX.into()), (DType::F64, f64::MAX)] {
        let (huge, step) = (max / 2.5, -max / 50.0);
        let blamed = |case: Case| check(dtype, &case).map(|site| site.operand.name);
        let sum_of_w = blamed(Case { w: huge, of_w: step, ..MODEST }).unwrap();
        assert!(sum_of_w.starts_with("w − "), "{sum_of_w}");
        let sum_of_v = blamed(Case { v: huge, of_v: step, ..MODEST }).unwrap();
        assert!(sum_of_v.starts_with("v − "), "{sum_of_v}");
        let both = Case { w: huge, of_w: step, v: huge, of_v: step };
        assert_eq!(blamed(both), Some(sum_of_w));
        let product = blamed(Case { of_v: max, ..MODEST }).unwrap();
        assert!(product.contains('·') && !product.contains('−'), "{product}");
        assert_eq!(blamed(Case { w: f64::NAN, ..MODEST }).as_deref(), Some("w"));
        assert_eq!(blamed(Case { v: f64::INFINITY, ..MODEST }).as_deref(), Some("v"));
    }
}

#[test]
fn what_else_reads_a_large_parameter_or_its_new_value_is_not_disturbed() {
    let g = Graph::new();
    let numbers = |shape: &[usize]| tensor(1.0, shape, g.dtype());
    let [w, u] = ["w", "u"].map(|name| g.param(name, numbers(&[20, 300])));
    let v = g.param("v", numbers(&[50, 300]));
    let [x, d, a] = [[4, 20], [4, 300], [50, 20]].map(|shape| g.constant(numbers(&shape)));
    let (new_w, new_v) = (w - 0.1 * x.t().dot(d), v - 0.1 * a.dot(w));
    let cases: [(&[Expr<'_>], &[Update<'_>]); 5] = [
        (&[], &[(w, new_w), (v, new_v)]),
        (&[], &[(v, new_v), (w, new_w)]),
        (&[w.sum(), new_w], &[(w, new_w)]),
        (&[new_w.square().sum()], &[(w, new_w)]),
        (&[], &[(w, new_w), (u, new_w)]),
    ];
    for (outputs, updates) in cases {
        check_step(&g, outputs, updates);
    }
}
