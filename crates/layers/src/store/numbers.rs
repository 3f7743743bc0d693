//! Elements of safetensors files: their types, and their conversion to tensors.

use retrograd_core::{DType, Element, Shape, Slice, Tensor};
use safetensors::Dtype;

/// The type in which tensors of a dtype are stored.
pub(super) fn stored_dtype(dtype: DType) -> Dtype {
    match dtype {
        DType::F32 => Dtype::F32,
        DType::F64 => Dtype::F64,
        DType::I64 => Dtype::I64,
        DType::Bool => Dtype::BOOL,
    }
}

pub(super) fn little_endian(elements: Slice<'_>) -> Vec<u8> {
    match elements {
        Slice::F32(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::F64(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::I64(elements) => elements.iter().flat_map(|x| x.to_le_bytes()).collect(),
        Slice::Bool(elements) => elements.iter().map(|&x| u8::from(x)).collect(),
    }
}

/// The tensor of some bytes, with the same values. Smaller floating-point types become `f32`, other integers `i64`.
#[expect(clippy::wildcard_enum_match_arm, reason = "the enum of another crate grows")]
pub(super) fn tensor(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Result<Tensor, String> {
    let small =
        |format: Small| read(shape, bytes, move |[byte]: [u8; 1]| Ok(format.value(byte.into())));
    match dtype {
        Dtype::F32 => read(shape, bytes, |x| Ok(f32::from_le_bytes(x))),
        Dtype::F64 => read(shape, bytes, |x| Ok(f64::from_le_bytes(x))),
        Dtype::F16 => read(shape, bytes, |x| Ok(F16.value(u16::from_le_bytes(x)))),
        Dtype::BF16 => {
            read(shape, bytes, |x| Ok(f32::from_bits(u32::from(u16::from_le_bytes(x)) << 16)))
        }
        Dtype::F8_E5M2 => small(F8_E5M2),
        Dtype::F8_E4M3 => small(F8_E4M3),
        Dtype::F8_E5M2FNUZ => small(F8_E5M2FNUZ),
        Dtype::F8_E4M3FNUZ => small(F8_E4M3FNUZ),
        Dtype::F8_E8M0 => read(shape, bytes, |[byte]: [u8; 1]| Ok(power_of_two(byte))),
        Dtype::I64 => read(shape, bytes, |x| Ok(i64::from_le_bytes(x))),
        Dtype::I32 => read(shape, bytes, |x| Ok(i64::from(i32::from_le_bytes(x)))),
        Dtype::I16 => read(shape, bytes, |x| Ok(i64::from(i16::from_le_bytes(x)))),
        Dtype::I8 => read(shape, bytes, |x| Ok(i64::from(i8::from_le_bytes(x)))),
        Dtype::U64 => read(shape, bytes, |x| {
            let number = u64::from_le_bytes(x);
            i64::try_from(number).map_err(|_| format!("{number}, which is more than i64 holds"))
        }),
        Dtype::U32 => read(shape, bytes, |x| Ok(i64::from(u32::from_le_bytes(x)))),
        Dtype::U16 => read(shape, bytes, |x| Ok(i64::from(u16::from_le_bytes(x)))),
        Dtype::U8 => read(shape, bytes, |x| Ok(i64::from(u8::from_le_bytes(x)))),
        Dtype::BOOL => read(shape, bytes, |[byte]: [u8; 1]| match byte {
            0 | 1 => Ok(byte == 1),
            _ => Err(format!("the byte {byte}, and truth values are 0 or 1")),
        }),
        other => Err(format!("it is of type {}, which cannot be loaded", name(other))),
    }
}

/// The name of a stored type, as dtypes are written here.
pub(super) fn name(dtype: Dtype) -> String {
    format!("{dtype:?}").to_lowercase()
}

/// A tensor of elements that are `N` bytes each. `decode` gives an element, or what it is instead.
fn read<T: Element, const N: usize>(
    shape: &[usize],
    bytes: &[u8],
    decode: impl Fn([u8; N]) -> Result<T, String>,
) -> Result<Tensor, String> {
    let chunks = bytes.as_chunks().0.iter().enumerate();
    let decoded =
        chunks.map(|(k, &bytes)| decode(bytes).map_err(|is| format!("element {k} is {is}")));
    let elements = decoded.collect::<Result<Vec<T>, _>>()?;
    Tensor::new(Shape::from(shape), elements).map_err(|error| error.to_string())
}

/// A floating-point format of at most 16 bits: a sign, an exponent with a bias, a mantissa.
struct Small {
    exponent_bits: u32,
    mantissa_bits: u32,
    bias: i32,
    specials: Specials,
}

/// The bit patterns that are not finite numbers.
enum Specials {
    /// IEEE 754: the largest exponent is that of infinities and NaN.
    Ieee,
    /// The largest exponent with the largest mantissa is NaN, and there are no infinities.
    LargestIsNan,
    /// The pattern of −0 is NaN, and there are no infinities.
    NegativeZeroIsNan,
}

const F16: Small =
    Small { exponent_bits: 5, mantissa_bits: 10, bias: 15, specials: Specials::Ieee };
/// Source: <https://arxiv.org/abs/2209.05433>, as is the next.
const F8_E5M2: Small =
    Small { exponent_bits: 5, mantissa_bits: 2, bias: 15, specials: Specials::Ieee };
const F8_E4M3: Small =
    Small { exponent_bits: 4, mantissa_bits: 3, bias: 7, specials: Specials::LargestIsNan };
/// Source: <https://arxiv.org/abs/2206.02915>, as is the next.
const F8_E5M2FNUZ: Small =
    Small { exponent_bits: 5, mantissa_bits: 2, bias: 16, specials: Specials::NegativeZeroIsNan };
const F8_E4M3FNUZ: Small =
    Small { exponent_bits: 4, mantissa_bits: 3, bias: 8, specials: Specials::NegativeZeroIsNan };

impl Small {
    /// The number of a pattern: `±(1 + m/2ᴹ)·2^(e − bias)`, or `±m/2ᴹ·2^(1 − bias)` where `e` is 0. All are numbers of
    /// `f32`.
    fn value(&self, bits: u16) -> f32 {
        let bits = u32::from(bits);
        let mantissa = bits & ((1 << self.mantissa_bits) - 1);
        let exponent = (bits >> self.mantissa_bits) & ((1 << self.exponent_bits) - 1);
        let is_negative = bits >> (self.mantissa_bits + self.exponent_bits) == 1;
        let sign = if is_negative { -1.0 } else { 1.0 };
        let is_largest = exponent == (1 << self.exponent_bits) - 1;
        match self.specials {
            Specials::Ieee if is_largest && mantissa == 0 => return sign * f32::INFINITY,
            Specials::Ieee if is_largest => return f32::NAN,
            Specials::LargestIsNan if is_largest && mantissa == (1 << self.mantissa_bits) - 1 => {
                return f32::NAN;
            }
            Specials::NegativeZeroIsNan if is_negative && exponent == 0 && mantissa == 0 => {
                return f32::NAN;
            }
            Specials::Ieee | Specials::LargestIsNan | Specials::NegativeZeroIsNan => {}
        }
        let leading = if exponent == 0 { 0 } else { 1 << self.mantissa_bits };
        let power = exponent.max(1) as i32 - self.bias - self.mantissa_bits as i32;
        sign * (leading + mantissa) as f32 * 2.0f32.powi(power)
    }
}

/// A power of two by its exponent alone, with a bias of 127: the scales of microscaling formats.
/// Source: <https://www.opencompute.org/documents/ocp-microscaling-formats-mx-v1-0-spec-final-pdf>.
fn power_of_two(byte: u8) -> f32 {
    match byte {
        0xff => f32::NAN,
        0 => f32::from_bits(1 << 22),
        exponent => f32::from_bits(u32::from(exponent) << 23),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums are those of Python: `struct.unpack("<e", …)`, packed again as `"<f"`.
    #[test]
    fn all_half_precision_numbers_have_their_values() {
        let all = || (0..=u16::MAX).map(|bits| F16.value(bits));
        let hash = all()
            .filter(|x| !x.is_nan())
            .fold(0u64, |hash, x| hash.wrapping_mul(31).wrapping_add(u64::from(x.to_bits())));
        assert_eq!(hash, 0xab483b91c8000000);
        assert_eq!(all().filter(|x| x.is_nan()).count(), 2 * 1023);
    }

    #[test]
    fn formats_of_a_byte_have_their_extremes() {
        let check = |format: Small, [least, one, largest]: [u16; 3], [tiny, huge]: [f32; 2]| {
            let values = [0, least, one, largest, largest | 0x80].map(|bits| format.value(bits));
            assert_eq!(values, [0.0, tiny, 1.0, huge, -huge]);
        };
        check(F8_E5M2, [1, 0x3c, 0x7b], [2.0f32.powi(-16), 57344.0]);
        check(F8_E4M3, [1, 0x38, 0x7e], [2.0f32.powi(-9), 448.0]);
        check(F8_E5M2FNUZ, [1, 0x40, 0x7f], [2.0f32.powi(-17), 57344.0]);
        check(F8_E4M3FNUZ, [1, 0x40, 0x7f], [2.0f32.powi(-10), 240.0]);
        assert_eq!([0x7c, 0xfc].map(|bits| F8_E5M2.value(bits)), [f32::INFINITY, -f32::INFINITY]);
        assert!([0x7d, 0x7f, 0xfe].iter().all(|&bits| F8_E5M2.value(bits).is_nan()));
        assert!([0x7f, 0xff].iter().all(|&bits| F8_E4M3.value(bits).is_nan()));
        assert!(F8_E4M3FNUZ.value(0x80).is_nan() && F8_E5M2FNUZ.value(0x80).is_nan());
        assert_eq!(
            [0, 126, 127, 254].map(power_of_two),
            [2.0f32.powi(-127), 0.5, 1.0, 2.0f32.powi(127)]
        );
        assert!(power_of_two(0xff).is_nan());
    }
}
