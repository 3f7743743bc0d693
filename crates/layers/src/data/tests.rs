//! Tests of data sets and their files.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};

use retrograd_core::DType;

use super::*;
use crate::seeded;

/// An IDX file of `u8` with the given sizes in its header.
fn idx_file(sizes: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0x08, sizes.len() as u8];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn idx_error(bytes: &[u8]) -> String {
    let error = idx::parse("digits", bytes, DType::F32).unwrap_err().to_string();
    assert!(error.starts_with("digits: "), "{error}");
    error["digits: ".len()..].to_owned()
}

#[test]
fn idx_files_are_read_plain_and_compressed() {
    let plain = idx_file(&[2, 2], &[1, 2, 3, 255]);
    for bytes in [plain.clone(), gzip(&plain)] {
        let tensor = idx::parse("digits", &bytes, DType::I64).unwrap();
        assert_eq!(tensor.shape(), &[2, 2].into());
        assert_eq!(tensor.to_vec::<i64>(), [1, 2, 3, 255]);
    }
}

#[test]
fn idx_elements_of_every_type_are_read() {
    let check = |kind: u8, bytes: &[u8], expected: f64| {
        let file = [&[0, 0, kind, 1, 0, 0, 0, 1], bytes].concat();
        assert_eq!(idx::parse("x", &file, DType::F64).unwrap().to_vec::<f64>(), [expected]);
    };
    check(0x08, &[200], 200.0);
    check(0x09, &[200], -56.0);
    check(0x0b, &(-300i16).to_be_bytes(), -300.0);
    check(0x0c, &70_000i32.to_be_bytes(), 70_000.0);
    check(0x0d, &1.5f32.to_be_bytes(), 1.5);
    check(0x0e, &(-0.1f64).to_be_bytes(), -0.1);
}

#[test]
fn damaged_idx_files_are_errors_that_say_what_was_expected() {
    let file = idx_file(&[2, 3], &[0; 6]);
    for n_kept in 0..file.len() {
        let message = idx_error(&file[..n_kept]);
        let is_header = n_kept < 12;
        assert_eq!(message.contains("incomplete"), is_header, "{n_kept} bytes: {message}");
    }
    assert_eq!(
        idx_error(&[&file[..], &[0]].concat()),
        "[2, 3] elements of u8 take 6 bytes, but more follow the header"
    );
    assert_eq!(
        idx_error(b"\x89PNG\r\n"),
        "an IDX file begins with the bytes 00 00, not 89 50 4e 47"
    );
    assert_eq!(idx_error(&[0, 0, 7, 1]), "0x07 is not an element type of IDX files");
    let compressed = gzip(&file);
    assert!(idx_error(&compressed[..compressed.len() - 9]).contains("cannot be read"));
}

#[test]
fn a_header_that_lies_about_sizes_allocates_nothing() {
    let huge = idx_file(&[u32::MAX, 1000], &[1, 2, 3]);
    assert!(idx_error(&huge).contains("but 3 follow"), "{}", idx_error(&huge));
    let overflowing = idx_file(&[u32::MAX; 3], &[]);
    assert!(idx_error(&overflowing).contains("more than memory holds"));
}

fn csv_error(text: &str, targets: Targets) -> String {
    parse_csv("table", text.as_bytes(), targets).unwrap_err().to_string()
}

#[test]
fn csv_errors_name_line_and_column() {
    let check =
        |text: &str, expected: &str| assert_eq!(csv_error(text, Targets::Classes), expected);
    check("a,b,t\n1,2,0\n1,,0\n", "table, line 3, column `b`: the value is missing");
    check("a,b,t\n1,NaN,0\n", "table, line 2, column `b`: `NaN` is not a finite number");
    check("a,b,t\n1,2,0\n\n1,two,0\n", "table, line 4, column `b`: `two` is not a number");
    check("a,t\r\n1,2\r\n\r\n?,0\r\n", "table, line 4, column `a`: `?` is not a number");
    check("a,t\n1,2\n\n\n1,2,3\n", "table: line 5 has 3 columns, but the header has 2");
    check("a,t\n1,0.5\n", "table, line 2, column `t`: `0.5` is not a class, which are 0, 1, 2, …");
    check("a,t\n1,-1\n", "table, line 2, column `t`: `-1` is not a class, which are 0, 1, 2, …");
    check("a,t\n1,2,3\n", "table: line 2 has 3 columns, but the header has 2");
    check("a,t\n", "table: there are no rows after the header");
    check("a\n1\n", "table: expected a header with at least two columns");
    check("", "table: expected a header with at least two columns");
}

#[test]
fn csv_targets_are_numbers_or_classes() {
    let text = b"a,b,target\n1,2.5,3\n4,-5e-1,6\n";
    let numbers = parse_csv("table", text, Targets::Numbers).unwrap();
    assert_eq!(numbers.features().to_vec::<f64>(), [1.0, 2.5, 4.0, -0.5]);
    assert_eq!((numbers.targets().dtype(), numbers.n_classes()), (DType::F64, None));
    let classes = parse_csv("table", text, Targets::Classes).unwrap();
    assert_eq!((classes.targets().to_vec::<i64>(), classes.n_classes()), (vec![3, 6], Some(7)));
}

#[test]
fn a_missing_file_is_named() {
    let error = read_csv("no/such/file.csv", Targets::Numbers).unwrap_err().to_string();
    assert!(error.starts_with("cannot read `no/such/file.csv`: "), "{error}");
}

fn numbered(n_rows: usize) -> Dataset {
    let features = (0..2 * n_rows).map(|x| x as f32).collect();
    let targets: Vec<_> = (0..n_rows as i64).collect();
    Dataset::new(Tensor::new([n_rows, 2], features).unwrap(), targets.into()).unwrap()
}

#[test]
fn splits_keep_rows_together_and_lose_none() {
    let data = numbered(10);
    let (train, test) = data.split_by(|row| row % 5 == 3);
    assert_eq!(test.targets().to_vec::<i64>(), [3, 8]);
    assert_eq!(test.features().to_vec::<f64>(), [6.0, 7.0, 16.0, 17.0]);
    assert_eq!(train.len(), 8);

    let (head, tail) = data.split_at(7);
    assert_eq!((head.len(), tail.targets().to_vec::<i64>()), (7, vec![7, 8, 9]));
}

#[test]
fn a_random_split_repeats_for_its_seed() {
    let data = numbered(50);
    let split = |seed| data.split_randomly(0.3, &mut seeded(seed));
    let (train, test) = split(1);
    assert_eq!((train.len(), test.len()), (35, 15));
    let mut labels = [train.targets().to_vec::<i64>(), test.targets().to_vec()].concat();
    assert!(!labels.is_sorted());
    labels.sort_unstable();
    assert_eq!(labels, (0..50).collect::<Vec<_>>());
    assert_eq!(split(1), (train, test));
    assert_ne!(split(1), split(2));
}

/// The mean of ten times 0.1 is not 0.1 in floating point, and the difference is no spread to divide by.
#[test]
fn a_constant_feature_is_only_shifted() {
    let features = Tensor::full(DType::F64, [10, 2], 0.1);
    let standardizer = Standardizer::fit(&features).unwrap();
    assert_eq!((standardizer.mean(), standardizer.std()), (&[0.1; 2][..], &[0.0; 2][..]));
    let other = Tensor::full(DType::F64, [1, 2], 0.6);
    assert_eq!(standardizer.apply(&other).unwrap().to_vec::<f64>(), [0.5; 2]);
}

#[test]
fn inconsistent_data_are_errors() {
    let (x, t) = (Tensor::zeros(DType::F32, [4, 2]), Tensor::zeros(DType::I64, [3]));
    let message = Dataset::new(x.clone(), t).unwrap_err().to_string();
    assert_eq!(message, "features [4, 2] and targets [3] must have as many rows");
    let integers = Dataset::new(x.cast(DType::I64), x.clone()).unwrap_err().to_string();
    assert_eq!(integers, "features must be floating-point numbers, not i64");
    assert!(Standardizer::fit(&Tensor::zeros(DType::F32, [4])).is_err());
    assert!(Standardizer::fit(&x).unwrap().apply(&Tensor::zeros(DType::F32, [4, 3])).is_err());
}
