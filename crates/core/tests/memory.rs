//! Memory that there is none of is an error with the bytes, and what need not be stored is not.

use retrograd_core::{
    Bindings, DType, Error, Graph, Shape, Slice, SliceMut, Tensor, View, ViewMut,
};

/// More bytes than any machine has, and fewer than can be addressed.
const MANY: usize = 1_000_000_000_000_000;

#[test]
fn values_that_no_memory_holds_are_errors_that_name_them() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, 2.0]);
    let message = |error: Error| error.to_string();
    let wide = x.unsqueeze(1).broadcast_to([2, MANY]).named("wide");
    let bytes = "needs 8.0 PB, which cannot be allocated";
    assert_eq!(message(wide.try_value().unwrap_err()), format!("`wide` f32 [2, {MANY}] {bytes}"));
    assert_eq!(wide.sum().try_value().unwrap_err(), wide.try_value().unwrap_err());
    let given = wide.value_with(&Bindings::new()).unwrap_err();
    assert_eq!(given, wide.try_value().unwrap_err());
    let classes = g.constant(0i64).one_hot(MANY);
    assert!(matches!(classes.try_value(), Err(Error::OutOfMemory { .. })));
    let literal = g.full([MANY], 1.0).sum();
    assert!(
        message(literal.try_value().unwrap_err())
            .starts_with("`1` f32 [1000000000000000] needs 4.0 PB")
    );
}

#[test]
fn tensors_that_no_memory_holds_are_errors() {
    for dtype in [DType::F32, DType::F64, DType::I64, DType::Bool] {
        let n_bytes = (MANY * dtype.n_bytes()) as u128;
        let what = format!("a tensor {dtype} [{MANY}]");
        let error = Error::OutOfMemory { what, n_bytes };
        assert_eq!(Tensor::try_zeros(dtype, [MANY]).unwrap_err(), error);
        assert_eq!(Tensor::try_full(dtype, [MANY], 1.0).unwrap_err(), error);
        let panic = std::panic::catch_unwind(|| Tensor::zeros(dtype, [MANY])).unwrap_err();
        assert_eq!(panic.downcast_ref(), Some(&error.to_string()));
        for shape in [vec![usize::MAX], vec![1 << 40, 1 << 40], vec![0, usize::MAX], vec![1; 33]] {
            let shape = Shape::from(&shape[..]);
            let error = Tensor::try_zeros(dtype, &shape).unwrap_err();
            assert_eq!(error, Error::Size { shape });
        }
    }
    assert_eq!(
        Tensor::try_full(DType::F64, [2, 2], 1.5).unwrap(),
        Tensor::from([[1.5, 1.5], [1.5, 1.5]])
    );
}

#[test]
fn numbers_of_bytes_are_read_in_the_unit_that_fits() {
    let message = |n_bytes| Error::OutOfMemory { what: "x".to_owned(), n_bytes }.to_string();
    let read =
        |n_bytes| message(n_bytes).split([' ', ',']).skip(2).take(2).collect::<Vec<_>>().join(" ");
    assert_eq!(read(999), "999 bytes");
    assert_eq!(read(1000), "1.0 kB");
    assert_eq!(read(999_960), "1.0 MB");
    assert_eq!(read(4_000_000_000_000), "4.0 TB");
    assert_eq!(read(u128::from(u64::MAX)), "18.4 EB");
    assert!(read(u128::MAX).ends_with(" YB"));
}

#[test]
fn the_oracle_gives_literals_a_value_and_keeps_none() {
    let g = Graph::new();
    let x = g.input_with("x", [1.0, 2.0]);
    let twos = g.full([2], 2.0);
    assert_eq!((x * twos + twos).value().to_vec::<f64>(), [4.0, 6.0]);
    assert_eq!(
        (twos.value(), twos.value()),
        (Tensor::from([2.0f32; 2]), Tensor::from([2.0f32; 2]))
    );
    let sum = (twos * twos).sum();
    assert_eq!(sum.value_with(&Bindings::new()).unwrap().item(), 8.0);
}

#[test]
fn views_have_as_many_elements_as_their_shape_says() {
    let (shape, mut numbers) = (Shape::from([4]), [1.0f32, 2.0, 3.0]);
    let error = View::new(&shape, Slice::F32(&numbers)).unwrap_err();
    assert_eq!(error.to_string(), "3 elements do not fill the shape [4], which has 4");
    assert_eq!(ViewMut::new(&shape, SliceMut::F32(&mut numbers)).unwrap_err(), error);
    let impossible = Shape::from([0, usize::MAX]);
    assert!(matches!(View::new(&impossible, Slice::F32(&[])), Err(Error::Size { .. })));
}
