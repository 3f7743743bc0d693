//! Every operation, on every case: derivatives of first and second order, and values of the tables' rows.

use std::collections::BTreeSet;

use retrograd_check::{
    GradientCheck, assert_close,
    cases::{self, Case, FAMILIES},
};
use retrograd_core::{
    DType, Expr, Graph, NodeId, Op, Tensor,
    documented::Documented,
    functions,
    ops::{self, Binary, COMPOSED, Comparison, LeafKind, Unary},
};

#[test]
fn first_and_second_derivatives_agree_with_finite_differences() {
    let check = GradientCheck { every_element: true, ..GradientCheck::default() };
    let failures: Vec<_> = cases::all()
        .iter()
        .filter_map(|case| {
            let failure = check.run(|_, x| case.record(x), &case.inputs).err()?;
            Some(format!("{}: {failure}", case.name))
        })
        .collect();
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

/// The operations that a case's function is recorded as.
fn operations(case: &Case) -> Vec<Op> {
    let graph = Graph::with_dtype(DType::F64);
    let output = case.record(&inputs(&graph, case));
    graph.ancestors(&[output]).into_iter().map(|id| graph.node(id).op.clone()).collect()
}

fn inputs<'g>(graph: &'g Graph, case: &Case) -> Vec<Expr<'g>> {
    let named = case.inputs.iter().enumerate();
    named.map(|(k, data)| graph.input_with(&format!("x{k}"), data)).collect()
}

#[test]
fn every_family_has_cases_and_each_records_its_operation() {
    let names: BTreeSet<_> = FAMILIES.iter().map(|family| family.name).collect();
    let uncovered: Vec<_> = Op::FAMILIES.iter().filter(|name| !names.contains(**name)).collect();
    assert!(uncovered.is_empty(), "no rows in `check/src/cases/mod.rs`: {uncovered:?}");
    for entry in FAMILIES {
        let cases = (entry.cases)();
        assert!(!cases.is_empty(), "{} has no cases", entry.name);
        for case in cases {
            let names: BTreeSet<_> = operations(&case).iter().map(Op::family).collect();
            assert!(names.contains(entry.name), "{} records only {names:?}", case.name);
        }
    }
}

#[test]
fn every_row_and_comparison_has_a_case() {
    let all = cases::all();
    let recorded: Vec<_> = all.iter().flat_map(operations).collect();
    for &row in Unary::ALL {
        assert!(recorded.contains(&Op::Unary(row)), "{} has no case", row.name());
    }
    for &row in Binary::ALL {
        assert!(recorded.contains(&Op::Binary(row)), "{} has no case", row.name());
    }
    for &comparison in Comparison::ALL {
        assert!(recorded.contains(&Op::Compare(comparison)), "{comparison:?} has no case");
    }
    for row in COMPOSED {
        assert!(all.iter().any(|case| case.name.starts_with(row.name)), "{} has no case", row.name);
    }
}

fn all_functions() -> impl Iterator<Item = &'static Documented> {
    ops::THEMES.iter().chain(functions::THEMES).flat_map(|theme| theme.functions)
}

#[test]
fn every_function_has_a_case() {
    let mut called = BTreeSet::new();
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        case.record(&inputs(&graph, &case));
        called.extend((0..graph.len()).map(|index| graph.function_of(NodeId::new(index))));
    }
    let missing: Vec<_> =
        all_functions().map(|f| f.name).filter(|name| !called.contains(*name)).collect();
    assert!(missing.is_empty(), "no case calls {missing:?}");
}

#[test]
fn calls_know_the_operands_that_their_results_are_computed_from() {
    let is_function = |name: &str| all_functions().any(|function| function.name == name);
    for case in cases::all() {
        let graph = Graph::with_dtype(DType::F64);
        case.record(&inputs(&graph, &case));
        let regions = graph.regions();
        for call in regions.iter().filter(|region| is_function(&region.name())) {
            let (operands, mut pending) = (call.operands(), call.results().to_vec());
            assert!(!pending.is_empty(), "{}: {} has no results", case.name, call.name());
            while let Some(id) = pending.pop() {
                if operands.contains(&id) {
                    continue;
                }
                let node = graph.node(id);
                let is_input = matches!(node.op, Op::Leaf(leaf) if leaf.kind == LeafKind::Input);
                assert!(!is_input, "{}: {} reads {id:?} as well", case.name, call.name());
                pending.extend(&node.inputs);
            }
        }
    }
}

#[test]
fn rows_have_the_same_values_in_the_graph_as_on_numbers() {
    let graph = Graph::with_dtype(DType::F64);
    let values = |points: &[f64], f: &dyn Fn(f64) -> f64| {
        Tensor::from(points.iter().map(|&x| f(x)).collect::<Vec<_>>())
    };
    for &row in Unary::ALL {
        let recorded = graph.constant(row.points()).apply_unary(row);
        assert_close(&recorded.value(), &values(row.points(), &|x| row.value(x)), 0.0);
    }
    for row in COMPOSED {
        for call in row.calls {
            let recorded = (call.expr)(graph.constant(row.points));
            assert_close(&recorded.value(), &values(row.points, &|x| (call.value)(x)), 0.0);
            let tried = (call.try_expr)(graph.constant(row.points), graph.constant(row.points));
            assert_eq!(tried.expect("the operands fit").value(), recorded.value());
        }
    }
    for &row in Binary::ALL {
        for &(a, b) in row.points() {
            let recorded = graph.constant([a]).apply_binary(row, graph.constant([b]));
            assert_close(&recorded.value(), &Tensor::from([row.value(a, b)]), 0.0);
        }
    }
}
