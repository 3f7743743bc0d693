//! Every elementwise function, on operands that it cannot work on: an error that names it, never a panic.

use retrograd_core::{
    DType, Error, Expr, Graph,
    ops::{Binary, COMPOSED, Unary},
};

/// Checks that there is an error of the function called `name`, about an operand of the user.
#[track_caller]
fn names(name: &str, operand: &str, result: Result<Expr<'_>, Error>) {
    let Err(error) = result else { panic!("{name} of {operand} should be an error") };
    let message = error.to_string();
    assert!(message.starts_with(&format!("{name}: `{operand}`")), "{name}: {message}");
}

/// Leaves that are no floating-point numbers.
fn not_numbers(g: &Graph) -> [Expr<'_>; 2] {
    [g.input_as("labels", DType::I64, [3]), g.input_as("mask", DType::Bool, [3])]
}

#[test]
fn functions_of_one_number_refuse_what_is_none() {
    let g = Graph::new();
    for (x, name) in not_numbers(&g).into_iter().zip(["labels", "mask"]) {
        for &row in Unary::ALL {
            names(row.name(), name, x.try_apply_unary(row));
        }
    }
}

#[test]
fn functions_of_two_numbers_refuse_operands_that_do_not_fit() {
    let (g, other_graph) = (Graph::new(), Graph::new());
    let [x, y] = [("x", [3]), ("y", [2])].map(|(name, shape)| g.input(name, shape));
    let others = [y, x.cast(DType::F64), other_graph.input("z", [3])];
    let not_numbers = not_numbers(&g);
    for &row in Binary::ALL {
        for other in others.into_iter().chain(not_numbers) {
            names(row.name(), "x", x.try_apply_binary(row, other));
        }
        for (other, name) in not_numbers.into_iter().zip(["labels", "mask"]) {
            names(row.name(), name, other.try_apply_binary(row, other));
            names(row.name(), name, other.try_apply_binary(row, x));
        }
    }
}

#[test]
fn composed_functions_refuse_operands_that_do_not_fit() {
    let g = Graph::new();
    let [x, y] = [("x", [3]), ("y", [2])].map(|(name, shape)| g.input(name, shape));
    let double = g.input_as("double", DType::F64, [3]);
    let not_numbers = not_numbers(&g);
    for row in COMPOSED {
        for call in row.calls {
            assert_eq!((call.try_expr)(x, x).unwrap().shape(), x.shape(), "{}", row.name);
            for (other, name) in not_numbers.into_iter().zip(["labels", "mask"]) {
                names(row.name, name, (call.try_expr)(other, x));
            }
            let has_operands = call.arguments.contains("x.");
            for other in [y, double] {
                let result = (call.try_expr)(x, other);
                match has_operands {
                    true => names(row.name, "x", result),
                    false => assert!(result.is_ok(), "{}", row.name),
                }
            }
        }
    }
}

#[test]
fn numbers_beside_what_is_no_number_do_not_hide_it() {
    let g = Graph::new();
    let labels = g.input_as("labels", DType::I64, [3]);
    let message = labels.try_clamp(0.5, 2.0).unwrap_err().to_string();
    let reason =
        "clamp: `labels` [3]: the elements are i64; cast them to a floating-point type first";
    assert!(message.starts_with(reason), "{message}");
}
