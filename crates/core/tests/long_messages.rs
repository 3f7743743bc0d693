//! Messages stay short whatever users name, record or ask for.

use retrograd_core::{Bindings, DType, Error, Expr, Graph, Params, Shape, Tensor};

/// Characters that no message has more of: eight operands, each named twice, and a place for each.
const MOST: usize = 3000;

#[track_caller]
fn is_short<T>(result: Result<T, Error>) {
    let Err(error) = result else { panic!("this is an error") };
    let message = error.to_string();
    let start: String = message.chars().take(300).collect();
    assert!(message.chars().count() <= MOST, "{} characters: {start}…", message.chars().count());
}

#[test]
fn names_formulas_and_lists_are_shortened_in_every_message() {
    let g = Graph::new();
    let long = "name ".repeat(200_000);
    let x = g.input(&long, [3]).named(&long);
    let many: Vec<Expr<'_>> =
        (0..20_000).map(|k| g.input(&format!("x{k} {}", &long[..5000]), [2])).collect();
    let wide = g.concat(&many, 0);
    is_short(x.try_add(wide));
    is_short(x.try_value());
    is_short(wide.sin().exp().try_reshape([1]));
    is_short(g.try_concat(&[&many[..], &[x.unsqueeze(0)]].concat(), 0));
    is_short(g.try_stack(&[&many[..], &[x]].concat(), 0));
    is_short(x.value_with(&Bindings::new().with("y", &Tensor::from(1.0f32))));
    is_short(x.value_with(&Bindings::new().with(&long, &Tensor::zeros(DType::F32, [4]))));
    is_short(Params::new().freeze(&long));
    is_short(g.bind(&Params::new()).try_param(&long));
    is_short(g.try_einsum(&long.replace(' ', ""), &[x]));
    let axes = vec![0; 1_000_000];
    is_short(x.try_permute(&axes));
    is_short(x.try_reshape(Shape::from(&vec![7; 1_000_000][..])));
    is_short(x.try_tile(&vec![1; 1_000_000]));
    is_short(x.try_split_with_sizes(0, &vec![1; 1_000_000]));
    is_short(x.try_unflatten(0, &vec![2; 1_000_000]));
    is_short(x.try_layer_norm(&vec![2; 1_000_000], &retrograd_core::functions::Norm::default()));
    is_short(x.try_tensordot(x, &axes, &[0]));
    assert!(format!("{:?}", wide * 2.0).len() < 100_000);
}
