//! The IDX format of the MNIST files: a header of magic bytes, a type, and sizes; then elements, big-endian.
//!
//! `00 00 tt rr`, where `tt` is the type and `rr` the number of axes; then `rr` sizes of four bytes; then the elements
//! in row-major order. Source: <https://yann.lecun.com/exdb/mnist>. Files may be compressed by gzip.

use std::{
    io::{self, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use retrograd_core::{DType, Element, Shape, Tensor, with_elements};

use crate::{Error, data::read_bytes, error::called};

/// Reads an IDX file, gzip-compressed or plain, into a tensor of `dtype`.
///
/// # Errors
/// If the file cannot be read, or as [`parse`].
pub fn read(path: impl AsRef<Path>, dtype: DType) -> Result<Tensor, Error> {
    IdxReader::new(dtype).read(path)
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
/// If the bytes are not such a file, or are fewer or more than the header says; if a number does not fit `dtype`, such as
/// 0.5 as `i64`; or if compressed data take more memory than [`IdxReader::most_bytes`] lets them.
pub fn parse(name: &str, bytes: &[u8], dtype: DType) -> Result<Tensor, Error> {
    IdxReader::new(dtype).parse(name, bytes)
}

/// Reads IDX files, with a limit on those that are compressed.
#[derive(Clone, Copy, Debug)]
pub struct IdxReader {
    dtype: DType,
    most_bytes: Option<u64>,
}

impl IdxReader {
    /// A reader of tensors of `dtype`.
    pub fn new(dtype: DType) -> Self {
        Self { dtype, most_bytes: None }
    }

    /// Sets the bytes that the elements of a compressed file may take when they are not compressed any more (default: 64
    /// times as many as the file has, and no less than 64 MiB). A megabyte of gzip can hold a gigabyte of zeros.
    ///
    /// ```
    /// use retrograd_core::DType;
    /// use retrograd_layers::data::idx::IdxReader;
    ///
    /// let reader = IdxReader::new(DType::F32).most_bytes(8 << 30);
    /// assert!(reader.read("no/such/file").is_err());
    /// ```
    pub fn most_bytes(self, n_bytes: u64) -> Self {
        Self { most_bytes: Some(n_bytes), ..self }
    }

    /// Reads a file, as [`read`] does.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`parse`].
    pub fn read(self, path: impl AsRef<Path>) -> Result<Tensor, Error> {
        let path = path.as_ref();
        self.parse(&called(path), &read_bytes(path)?)
    }

    /// Reads the bytes of a file, as [`parse`] does.
    ///
    /// # Errors
    /// As [`parse`].
    pub fn parse(self, name: &str, bytes: &[u8]) -> Result<Tensor, Error> {
        const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
        const LEAST_LIMIT: u64 = 64 << 20;
        let n_bytes = bytes.len() as u64;
        if bytes.starts_with(&GZIP_MAGIC) {
            let limit = n_bytes.saturating_mul(64).max(LEAST_LIMIT);
            let limit = Limit::Compressed(self.most_bytes.unwrap_or(limit));
            return parse_stream(name, MultiGzDecoder::new(bytes), self.dtype, limit);
        }
        parse_stream(name, bytes, self.dtype, Limit::Plain(n_bytes))
    }
}

/// How many bytes there can be.
#[derive(Clone, Copy)]
enum Limit {
    /// The number of bytes in the file.
    Plain(u64),
    /// The most bytes that may come out of the file.
    Compressed(u64),
}

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

    /// Decodes big-endian numbers into the first of `elements`; where one does not fit, returns its position and itself.
    fn decode<T: Element>(self, bytes: &[u8], elements: &mut [T]) -> Result<(), (usize, f64)> {
        match self {
            ElementType::U8 => put(numbers(bytes, u8::from_be_bytes), elements),
            ElementType::I8 => put(numbers(bytes, i8::from_be_bytes), elements),
            ElementType::I16 => put(numbers(bytes, i16::from_be_bytes), elements),
            ElementType::I32 => put(numbers(bytes, i32::from_be_bytes), elements),
            ElementType::F32 => put(numbers(bytes, f32::from_be_bytes), elements),
            ElementType::F64 => put(numbers(bytes, f64::from_be_bytes), elements),
        }
    }
}

fn numbers<'a, T: Into<f64> + 'a, const N: usize>(
    bytes: &'a [u8],
    from_bytes: fn([u8; N]) -> T,
) -> impl Iterator<Item = f64> + 'a {
    bytes.as_chunks().0.iter().map(move |&bytes| from_bytes(bytes).into())
}

fn put<T: Element>(
    numbers: impl Iterator<Item = f64>,
    elements: &mut [T],
) -> Result<(), (usize, f64)> {
    for (k, (element, number)) in elements.iter_mut().zip(numbers).enumerate() {
        *element = T::from_f64(number);
        if !is_held(*element, number) {
            return Err((k, number));
        }
    }
    Ok(())
}

/// Whether a dtype has held a number: integers exactly, floating-point numbers but for rounding.
fn is_held<T: Element>(element: T, number: f64) -> bool {
    match T::DTYPE {
        DType::I64 => element.to_f64() == number && number < -(i64::MIN as f64),
        DType::F32 => element.to_f64().is_finite() == number.is_finite(),
        DType::F64 | DType::Bool => true,
    }
}

fn parse_stream(
    name: &str,
    mut reader: impl Read,
    dtype: DType,
    limit: Limit,
) -> Result<Tensor, Error> {
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
    let n_elements = n_elements(&shape, kind, (magic.len() + sizes.len()) as u64, limit);
    let mut tensor = Tensor::zeros(dtype, [n_elements.map_err(wrong)?]);
    let filled = with_elements!(SliceMut, tensor.as_mut_slice(), elements => {
        fill(elements, kind, &mut reader)
    });
    let n_found = filled.map_err(wrong)?;
    check_count(&shape, kind, n_found).map_err(wrong)?;
    tensor.reshape(shape).map_err(|error| wrong(error.to_string()))
}

/// The number of elements of a shape that the header says, if so many can follow: nothing is allocated on the word of a
/// header alone.
fn n_elements(
    shape: &Shape,
    kind: ElementType,
    n_header: u64,
    limit: Limit,
) -> Result<usize, String> {
    let n_elements = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    // Elements of any dtype take no more than eight bytes.
    let n_elements =
        n_elements.filter(|n| n.checked_mul(8).is_some_and(|n| isize::try_from(n).is_ok()));
    let Some(n_elements) = n_elements else {
        return Err(format!("the header says {shape}, which is more than memory holds"));
    };
    let n_bytes = (n_elements * kind.n_bytes()) as u64;
    match limit {
        Limit::Plain(n_file) => check_count(shape, kind, n_file - n_header),
        Limit::Compressed(most) if n_bytes > most => Err(format!(
            "{shape} elements of {} take {n_bytes} bytes, more than the {most} that this compressed file may hold; \
             `IdxReader::most_bytes` allows more",
            kind.name()
        )),
        Limit::Compressed(_) => Ok(()),
    }?;
    Ok(n_elements)
}

/// Whether as many bytes have been found as elements of a shape take.
fn check_count(shape: &Shape, kind: ElementType, n_found: u64) -> Result<(), String> {
    let n_bytes = (shape.n_elements() * kind.n_bytes()) as u64;
    let found = match n_found {
        _ if n_found == n_bytes => return Ok(()),
        _ if n_found > n_bytes => "more".to_owned(),
        _ => n_found.to_string(),
    };
    let kind = kind.name();
    Err(format!("{shape} elements of {kind} take {n_bytes} bytes, but {found} follow the header"))
}

/// Fills a tensor with the numbers that come, a part at a time. Returns how many bytes came, one more than there is room
/// for if there are more.
fn fill<T: Element>(
    elements: &mut [T],
    kind: ElementType,
    reader: &mut impl Read,
) -> Result<u64, String> {
    const PART: usize = 1 << 13;
    let mut buffer = [0; 8 * PART];
    let unreadable =
        |error: io::Error| format!("the data after the header cannot be read: {error}");
    let mut n_found = 0;
    for (part, elements) in elements.chunks_mut(PART).enumerate() {
        let bytes = &mut buffer[..elements.len() * kind.n_bytes()];
        let n_read = read_up_to(reader, bytes).map_err(unreadable)?;
        n_found += n_read as u64;
        kind.decode(&bytes[..n_read], elements).map_err(|(k, number)| {
            format!("element {} is {number}, which is no {}", part * PART + k, T::DTYPE)
        })?;
        if n_read < bytes.len() {
            return Ok(n_found);
        }
    }
    // The end of compressed data is where their checksum is compared.
    Ok(n_found + read_up_to(reader, &mut buffer[..1]).map_err(unreadable)? as u64)
}

/// Fills a buffer as far as there are data.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut n_read = 0;
    while n_read < buffer.len() {
        match reader.read(&mut buffer[n_read..]) {
            Ok(0) => break,
            Ok(n) => n_read += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(n_read)
}

fn read_header(name: &str, reader: &mut impl Read, bytes: &mut [u8]) -> Result<(), Error> {
    reader.read_exact(bytes).map_err(|error| {
        Error::format(name, format!("the header of an IDX file is incomplete: {error}"))
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
