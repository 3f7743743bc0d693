//! The IDX format of the MNIST files: a header of magic bytes, a type, and sizes; then elements, big-endian.
//!
//! `00 00 tt rr`, where `tt` is the type and `rr` the number of axes; then `rr` sizes of four bytes; then the elements
//! in row-major order. Source: <https://yann.lecun.com/exdb/mnist>. Files may be compressed by gzip.

use std::{io::Read, path::Path};

use flate2::read::MultiGzDecoder;
use retrograd_core::{DType, Shape, Tensor};

use crate::{Error, data::read_bytes};

/// Reads an IDX file, gzip-compressed or plain, into a tensor of `dtype`.
///
/// # Errors
/// If the file cannot be read, or as [`parse`].
pub fn read(path: impl AsRef<Path>, dtype: DType) -> Result<Tensor, Error> {
    let path = path.as_ref();
    parse(&path.display().to_string(), &read_bytes(path)?, dtype)
}

/// Reads the bytes of an IDX file, gzip-compressed or plain, into a tensor of `dtype`; errors call it `name`.
///
/// ```
/// use retrograd_core::DType;
/// use retrograd_layers::data::idx;
///
/// let bytes = [0, 0, 0x08, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 255];
/// let tensor = idx::parse("digits", &bytes, DType::F32)?;
/// assert_eq!(tensor.shape(), &[2, 3].into());
/// assert_eq!(tensor.to_vec::<f64>(), [1.0, 2.0, 3.0, 4.0, 5.0, 255.0]);
///
/// let error = idx::parse("digits", &bytes[..17], DType::F32).unwrap_err();
/// assert_eq!(error.to_string(), "digits: [2, 3] elements of u8 take 6 bytes, but 5 follow the header");
/// # Ok::<(), retrograd_layers::Error>(())
/// ```
///
/// # Errors
/// If the bytes are not such a file, or are fewer or more than the header says.
pub fn parse(name: &str, bytes: &[u8], dtype: DType) -> Result<Tensor, Error> {
    if bytes.starts_with(&GZIP_MAGIC) {
        return parse_plain(name, MultiGzDecoder::new(bytes), dtype);
    }
    parse_plain(name, bytes, dtype)
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Types of elements, by the third byte of the header.
#[derive(Clone, Copy, Debug)]
enum ElementType {
    U8,
    I8,
    I16,
    I32,
    F32,
    F64,
}

impl ElementType {
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x08 => Some(ElementType::U8),
            0x09 => Some(ElementType::I8),
            0x0b => Some(ElementType::I16),
            0x0c => Some(ElementType::I32),
            0x0d => Some(ElementType::F32),
            0x0e => Some(ElementType::F64),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            ElementType::U8 => "u8",
            ElementType::I8 => "i8",
            ElementType::I16 => "i16",
            ElementType::I32 => "i32",
            ElementType::F32 => "f32",
            ElementType::F64 => "f64",
        }
    }

    fn n_bytes(self) -> usize {
        match self {
            ElementType::U8 | ElementType::I8 => 1,
            ElementType::I16 => 2,
            ElementType::I32 | ElementType::F32 => 4,
            ElementType::F64 => 8,
        }
    }

    fn to_f64s(self, bytes: &[u8]) -> Box<dyn Iterator<Item = f64> + '_> {
        match self {
            ElementType::U8 => Box::new(numbers(bytes, u8::from_be_bytes)),
            ElementType::I8 => Box::new(numbers(bytes, i8::from_be_bytes)),
            ElementType::I16 => Box::new(numbers(bytes, i16::from_be_bytes)),
            ElementType::I32 => Box::new(numbers(bytes, i32::from_be_bytes)),
            ElementType::F32 => Box::new(numbers(bytes, f32::from_be_bytes)),
            ElementType::F64 => Box::new(numbers(bytes, f64::from_be_bytes)),
        }
    }
}

fn numbers<'a, T: Into<f64> + 'a, const N: usize>(
    bytes: &'a [u8],
    from_bytes: fn([u8; N]) -> T,
) -> impl Iterator<Item = f64> + 'a {
    bytes.as_chunks().0.iter().map(move |&bytes| from_bytes(bytes).into())
}

fn parse_plain(name: &str, mut reader: impl Read, dtype: DType) -> Result<Tensor, Error> {
    let wrong = |reason: String| Error::format(name, reason);
    let mut magic = [0; 4];
    read_header(name, &mut reader, &mut magic)?;
    let [0, 0, kind, rank] = magic else {
        let found = hex(&magic);
        return Err(wrong(format!("an IDX file begins with the bytes 00 00, not {found}")));
    };
    let Some(kind) = ElementType::from_byte(kind) else {
        return Err(wrong(format!("{kind:#04x} is not an element type of IDX files")));
    };
    let mut sizes = vec![0; 4 * usize::from(rank)];
    read_header(name, &mut reader, &mut sizes)?;
    let shape: Shape = numbers(&sizes, u32::from_be_bytes).map(|size| size as usize).collect();
    let n_bytes = shape.iter().try_fold(kind.n_bytes(), |n, &size| n.checked_mul(size));
    let Some(n_bytes) = n_bytes.filter(|&n| n < isize::MAX as usize) else {
        return Err(wrong(format!("the header says {shape}, which is more than memory holds")));
    };
    // The buffer grows with the data that come, never with what the header says; one byte more tells a longer file.
    let mut bytes = Vec::new();
    reader
        .take(n_bytes as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| wrong(format!("the data after the header cannot be read: {error}")))?;
    if bytes.len() != n_bytes {
        let found = if bytes.len() > n_bytes { "more".to_owned() } else { bytes.len().to_string() };
        let kind = kind.name();
        return Err(wrong(format!(
            "{shape} elements of {kind} take {n_bytes} bytes, but {found} follow the header"
        )));
    }
    Ok(converted(shape, kind.to_f64s(&bytes), dtype)?)
}

fn converted(
    shape: Shape,
    elements: impl Iterator<Item = f64>,
    dtype: DType,
) -> Result<Tensor, retrograd_core::Error> {
    match dtype {
        DType::F32 => Tensor::new(shape, elements.map(|x| x as f32).collect()),
        DType::F64 => Tensor::new(shape, elements.collect::<Vec<f64>>()),
        DType::I64 => Tensor::new(shape, elements.map(|x| x as i64).collect()),
        DType::Bool => Tensor::new(shape, elements.map(|x| x != 0.0).collect()),
    }
}

fn read_header(name: &str, reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), Error> {
    reader.read_exact(bytes).map_err(|error| {
        Error::format(name, format!("the header of an IDX file is incomplete: {error}"))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
