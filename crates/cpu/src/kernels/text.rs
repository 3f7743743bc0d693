//! The text of kernels, as plans and the compiler's tables print them.

use std::fmt;

use retrograd_core::ops::Binary;

use crate::kernels::{
    code::{BlockOperand, Elementwise, Extent, Form, Instruction, Line, Scalar, Store},
    kernel::Kernel,
};

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.behavior().write(f)
    }
}

impl Elementwise {
    /// Writes the extent, then one instruction and one store a line.
    pub(super) fn write_code(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows;
        write!(f, "fused {} × {} {}", rows.n_rows, rows.n_columns, rows.dtype)?;
        self.prologue.iter().try_for_each(|line| write!(f, "\n    {line}, once"))?;
        self.code.iter().try_for_each(|line| write!(f, "\n    {line}"))?;
        self.stores.iter().try_for_each(|store| write!(f, "\n    {store}"))
    }
}

impl fmt::Display for BlockOperand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlockOperand::Register(register) => write!(f, "r{register}"),
            BlockOperand::Contiguous(id) => write!(f, "{id}"),
        }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Literal(literal) => write!(f, "{}", literal.value()),
            Scalar::Element { of, position, .. } => write!(f, "{of}[{position}]"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.extent {
            Extent::Row => " a row",
            Extent::Element => "",
        };
        write!(f, "r{}", self.register)?;
        if let Instruction::TanhWithSlope { slope, .. } = self.instruction {
            write!(f, ", r{slope}")?;
        }
        write!(f, " = {}{unit}", self.instruction)
    }
}

impl fmt::Display for Instruction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Instruction::Fill { scalar } => write!(f, "{scalar}"),
            Instruction::Load { from, walk } => write!(f, "load {from}{walk}"),
            Instruction::LoadMask { from, walk } => write!(f, "load mask {from}{walk}"),
            Instruction::Unary { op, x } => write!(f, "{} {x}", op.name()),
            Instruction::TanhWithSlope { x, .. } => write!(f, "tanh and slope {x}"),
            Instruction::Binary { op, a, b } => write!(f, "{} {a}, {b}", op.name()),
            Instruction::Nested { ops, a, b, c } => {
                let [inner, outer] = [ops.inner, ops.outer].map(Binary::name);
                match ops.is_second {
                    true => write!(f, "{outer} {c}, ({inner} {a}, {b})"),
                    false => write!(f, "{outer} ({inner} {a}, {b}), {c}"),
                }
            }
            Instruction::Compare { op, a, b } => write!(f, "{} {a}, {b}", op.name()),
            Instruction::Select { mask, a, b } => write!(f, "select {mask}, {a}, {b}"),
            Instruction::Sum { x } => write!(f, "sum of row {x}"),
            Instruction::Max { x } => write!(f, "max of row {x}"),
            Instruction::Spread { x } => write!(f, "spread {x}"),
            Instruction::Pick { x, index } => write!(f, "pick {x} at {index}"),
            Instruction::Put { x, index } => write!(f, "put {x} at {index}"),
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let form = match self.form {
            Form::Numbers => "",
            Form::TruthValues => "truth of ",
            Form::Sum => "sums of blocks of ",
        };
        let test = if self.is_tested { ", tested" } else { "" };
        write!(f, "{} <- {form}{}{test}", self.to, self.from)
    }
}
