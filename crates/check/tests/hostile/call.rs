//! Calls of functions with an integer that nobody means, and operands of sizes that no memory holds.

use retrograd_core::{DType, Error, Expr, Graph, Shape, Tensor};

/// An integer of 64 bits, as a function takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hostile(pub u64);

/// Integers at which arithmetic on sizes goes wrong: as signed ones, these are −1, the smallest and their neighbors, too.
pub const HOSTILE: &[Hostile] = &[
    Hostile(0),
    Hostile(1),
    Hostile(2),
    Hostile(3),
    Hostile(7),
    Hostile(31),
    Hostile(32),
    Hostile(33),
    Hostile((1 << 31) - 1),
    Hostile(1 << 31),
    Hostile((1 << 32) - 1),
    Hostile(1 << 32),
    Hostile((1 << 32) + 1),
    Hostile((1 << 53) + 1),
    Hostile(1 << 60),
    Hostile(1 << 61),
    Hostile(1 << 62),
    Hostile((1 << 63) - 2),
    Hostile((1 << 63) - 1),
    Hostile(1 << 63),
    Hostile((1 << 63) + 1),
    Hostile((1 << 63) + 2),
    Hostile(u64::MAX - 3),
    Hostile(u64::MAX - 2),
    Hostile(u64::MAX - 1),
    Hostile(u64::MAX),
];

impl Hostile {
    /// The integer as a size.
    pub fn size(self) -> usize {
        self.0 as usize
    }

    /// The same bits as an offset.
    pub fn offset(self) -> isize {
        self.0 as isize
    }

    /// The size, in arithmetic that does not wrap.
    pub fn wide(self) -> i128 {
        i128::from(self.0)
    }

    /// The offset, in arithmetic that does not wrap.
    pub fn wide_offset(self) -> i128 {
        self.offset() as i128
    }
}

/// The result of a `try_` form.
pub type Outcome<'g> = Result<Vec<Expr<'g>>, Error>;

/// Sizes in arithmetic that does not wrap; `None` if there is no answer to have them.
pub type Sizes = Option<Vec<i128>>;

/// A function, called with a hostile integer.
pub struct Call {
    /// The function and the argument that is hostile, as in `slice.axis`; the function alone if only operands are.
    pub name: &'static str,
    /// Dtype and shape of each operand, as in `f2,3 i4`.
    pub operands: &'static str,
    /// The `try_` form.
    pub record: for<'a, 'g> fn(&'a [Expr<'g>], Hostile) -> Outcome<'g>,
    /// The shape of the first result for an integer and the operands as they are; no shape where there is no answer.
    pub shape: Option<fn(Hostile) -> Sizes>,
}

/// The list of calls: name, operands, body, and the shape of the result if there is more to say than that it is possible.
macro_rules! calls {
    ($( $name:literal, $operands:literal, |$x:ident, $n:ident| $body:expr $(=> |$s:ident| $shape:expr)?; )*) => {
        pub const CALLS: &[$crate::call::Call] = &[$( $crate::call::Call {
            name: $name,
            operands: $operands,
            record: |$x, $n| $body.map($crate::call::Recorded::expressions),
            shape: $crate::call::calls!(@shape $(|$s| $shape)?),
        } ),*];
    };
    (@shape) => { None };
    (@shape |$s:ident| $shape:expr) => { Some(|$s| $shape) };
}
pub(crate) use calls;

/// Types that functions return.
pub trait Recorded<'g> {
    /// All expressions of it.
    fn expressions(self) -> Vec<Expr<'g>>;
}

impl<'g> Recorded<'g> for Expr<'g> {
    fn expressions(self) -> Vec<Expr<'g>> {
        vec![self]
    }
}

impl<'g> Recorded<'g> for Vec<Expr<'g>> {
    fn expressions(self) -> Vec<Expr<'g>> {
        self
    }
}

impl<'g> Recorded<'g> for Vec<Option<Expr<'g>>> {
    fn expressions(self) -> Vec<Expr<'g>> {
        self.into_iter().flatten().collect()
    }
}

impl<'g> Recorded<'g> for (Expr<'g>, Expr<'g>) {
    fn expressions(self) -> Vec<Expr<'g>> {
        vec![self.0, self.1]
    }
}

impl<'g> Recorded<'g> for (Expr<'g>, Expr<'g>, Expr<'g>) {
    fn expressions(self) -> Vec<Expr<'g>> {
        vec![self.0, self.1, self.2]
    }
}

impl<'g> Recorded<'g> for retrograd_core::Sparse<'g> {
    fn expressions(self) -> Vec<Expr<'g>> {
        vec![self.values]
    }
}

impl<'g> Recorded<'g> for (Tensor, Vec<Tensor>) {
    fn expressions(self) -> Vec<Expr<'g>> {
        Vec::new()
    }
}

/// Dtype and sizes of an operand.
pub type Kind = (DType, Vec<usize>);

impl Call {
    /// Dtypes and shapes of the operands as they are.
    pub fn kinds(&self) -> Vec<Kind> {
        let kind = |text: &str| {
            let (dtype, sizes) = text.split_at(1);
            let dtype = match dtype {
                "f" => DType::F64,
                "i" => DType::I64,
                "b" => DType::Bool,
                _ => panic!("{text} in {}", self.name),
            };
            let sizes = sizes.split(',').filter(|size| !size.is_empty());
            (dtype, sizes.map(|size| size.parse().expect("a size")).collect())
        };
        self.operands.split_whitespace().map(kind).collect()
    }
}

/// How many elements an operand has at most that is given data.
const MOST_WITH_DATA: usize = 1 << 12;

/// Records operands: leaves, with data if they are small.
pub fn leaves<'g>(graph: &'g Graph, kinds: &[Kind]) -> Vec<Expr<'g>> {
    let leaf = |(k, (dtype, sizes)): (usize, &Kind)| {
        let (name, shape) = (format!("x{k}"), Shape::from(&sizes[..]));
        if shape.n_elements() > MOST_WITH_DATA {
            return graph.input_as(&name, *dtype, shape);
        }
        let numbers: Vec<f64> = (0..shape.n_elements()).map(|k| 0.5 + 0.37 * k as f64).collect();
        let data = match dtype {
            DType::F32 | DType::F64 => {
                Tensor::new(shape, numbers).expect("one for each").cast(*dtype)
            }
            DType::I64 | DType::Bool => Tensor::zeros(*dtype, shape),
        };
        graph.input_with(&name, data)
    };
    kinds.iter().enumerate().map(leaf).collect()
}

/// Records operands: numbers, all of one value, that are nowhere stored.
pub fn literals<'g>(graph: &'g Graph, kinds: &[Kind]) -> Vec<Expr<'g>> {
    let literal = |(dtype, sizes): &Kind| {
        let number = match dtype {
            DType::F32 | DType::F64 => 2.0,
            DType::I64 | DType::Bool => 0.0,
        };
        graph.full(&sizes[..], number).cast(*dtype)
    };
    kinds.iter().map(literal).collect()
}

/// The operands with other sizes: each size that occurs replaced wherever it does, all of them, and axes in front.
pub fn variations(kinds: &[Kind]) -> Vec<Vec<Kind>> {
    let mut sizes: Vec<usize> = kinds.iter().flat_map(|(_, sizes)| sizes.clone()).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let with = |f: &dyn Fn(usize) -> usize| -> Vec<Kind> {
        kinds.iter().map(|(dtype, sizes)| (*dtype, sizes.iter().map(|&s| f(s)).collect())).collect()
    };
    let mut all = Vec::new();
    for &old in &sizes {
        for new in [0, 1 << 31, 1 << 40, 1 << 59] {
            all.push(with(&|size| if size == old { new } else { size }));
        }
    }
    for new in [0, 1, 1 << 12, 1 << 31, 1 << 40, 1 << 59] {
        all.push(with(&|_| new));
    }
    let deep = |sizes: &[usize]| [&vec![1; 32 - sizes.len()], sizes].concat();
    for k in 0..kinds.len() {
        let mut one = kinds.to_vec();
        one[k].1 = deep(&kinds[k].1);
        all.push(one);
    }
    all.push(kinds.iter().map(|(dtype, sizes)| (*dtype, deep(sizes))).collect());
    all.retain(|kinds| kinds.iter().all(|(_, sizes)| crate::shapes::is_possible(sizes)));
    all
}
