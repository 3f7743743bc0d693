//! Tables of numbers: CSV files with a header, whose last column is the target.

use std::path::Path;

use csv::{Position, StringRecord};
use retrograd_core::Tensor;

use crate::{Dataset, Error, data::read_bytes};

/// What the last column of a table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Labels of classes: 0, 1, 2, …
    Classes,
    /// Numbers.
    Numbers,
}

/// Reads a CSV file with a header; the last column is the target, all others are features. Numbers become `f64`,
/// labels `i64`.
///
/// # Errors
/// If the file cannot be read, or as [`parse_csv`].
pub fn read_csv(path: impl AsRef<Path>, targets: Targets) -> Result<Dataset, Error> {
    let path = path.as_ref();
    parse_csv(&path.display().to_string(), &read_bytes(path)?, targets)
}

/// Reads the bytes of a CSV file, as [`read_csv`] does; errors call it `name`.
///
/// ```
/// use retrograd_layers::{Targets, data::parse_csv};
///
/// let flowers = parse_csv("flowers", b"length,width,species\n5.1,3.5,0\n7.0,3.2,1\n", Targets::Classes)?;
/// assert_eq!(flowers.features().shape(), &[2, 2].into());
/// assert_eq!(flowers.targets().to_vec::<i64>(), [0, 1]);
///
/// let error = parse_csv("flowers", b"length,species\n5.1,0\n?,1\n", Targets::Classes).unwrap_err();
/// assert_eq!(error.to_string(), "flowers, line 3, column `length`: `?` is not a number");
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
///
/// # Errors
/// If rows differ in length, a cell is missing, not a number or not finite, or a label is not a class: the message
/// names line and column.
pub fn parse_csv(name: &str, bytes: &[u8], targets: Targets) -> Result<Dataset, Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|error| malformed(name, bytes, &error))?.clone();
    let Some(n_features) = header.len().checked_sub(1).filter(|&n| n > 0) else {
        return Err(Error::format(name, "expected a header with at least two columns"));
    };
    let (mut features, mut numbers, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    for record in reader.records() {
        let record = record.map_err(|error| malformed(name, bytes, &error))?;
        let row = Row { file: name, bytes, header: &header, record: &record };
        for column in 0..n_features {
            features.push(row.number(column)?);
        }
        match targets {
            Targets::Numbers => numbers.push(row.number(n_features)?),
            Targets::Classes => labels.push(row.label(n_features)?),
        }
    }
    let n_rows = features.len() / n_features;
    if n_rows == 0 {
        return Err(Error::format(name, "there are no rows after the header"));
    }
    let targets = match targets {
        Targets::Numbers => Tensor::from(numbers),
        Targets::Classes => Tensor::from(labels),
    };
    Dataset::new(Tensor::new([n_rows, n_features], features)?, targets)
}

/// The line of a record, counted from 1. The reader's position is where the record before it ended, and there may be
/// empty lines, or half of a line break, in between.
fn line_of(bytes: &[u8], position: Option<&Position>) -> u64 {
    let Some(position) = position else { return 1 };
    let between =
        bytes[position.byte() as usize..].iter().take_while(|byte| b"\r\n".contains(byte));
    position.line() + between.filter(|&&byte| byte == b'\n').count() as u64
}

fn malformed(name: &str, bytes: &[u8], error: &csv::Error) -> Error {
    let reason = match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = line_of(bytes, pos.as_ref());
            format!("line {line} has {len} columns, but the header has {expected_len}")
        }
        _ => error.to_string(),
    };
    Error::format(name, reason)
}

/// A row of a table, with what is needed to say where a cell is.
struct Row<'a> {
    file: &'a str,
    bytes: &'a [u8],
    header: &'a StringRecord,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn number(&self, column: usize) -> Result<f64, Error> {
        let cell = &self.record[column];
        match cell.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(_) => Err(self.wrong(column, format!("`{cell}` is not a finite number"))),
            Err(_) if cell.is_empty() => Err(self.wrong(column, "the value is missing")),
            Err(_) => Err(self.wrong(column, format!("`{cell}` is not a number"))),
        }
    }

    fn label(&self, column: usize) -> Result<i64, Error> {
        let number = self.number(column)?;
        let is_class = number >= 0.0 && number.fract() == 0.0 && number < f64::from(u32::MAX);
        match is_class {
            true => Ok(number as i64),
            false => {
                let cell = &self.record[column];
                Err(self.wrong(column, format!("`{cell}` is not a class, which are 0, 1, 2, …")))
            }
        }
    }

    fn wrong(&self, column: usize, reason: impl Into<String>) -> Error {
        Error::Cell {
            file: self.file.to_owned(),
            line: line_of(self.bytes, self.record.position()),
            column: self.header[column].to_owned(),
            reason: reason.into(),
        }
    }
}
