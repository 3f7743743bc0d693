//! Memory of a run: one arena with a fixed place for every value, and the leaves' data beside it.
//!
//! This file turns places into slices. It is sound because a slice that can be written never overlaps another:
//! [`Memory::write`] borrows all memory, and [`Memory::write_beside`] checks whatever is read meanwhile. Where several
//! threads compute a step, each has memory in which it can write only some rows of what the step writes, and read only
//! these and what the step does not write: [`Memory::split`].
#![expect(unsafe_code, reason = "values of several types and lifetimes share one allocation")]

mod leaves;
mod share;
mod threads;

use std::{collections::TryReserveError, fmt, marker::PhantomData, ops::Range};

use retrograd_core::{DType, Element, Shape, Slice, SliceMut, View, computation::ValueId};

pub(crate) use leaves::{LeafTable, Leaves};
pub(crate) use share::{Output, Split, Written};
use share::{Parts, Share, Span};

pub(crate) use threads::Threads;

/// Bytes that places are aligned to: a cache line.
pub(crate) const ALIGNMENT: usize = 64;

/// Where the elements of a value lie during a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nowhere: it is never stored.
    Nowhere,
    /// In the arena, from a byte offset.
    Arena { offset: usize, n_elements: usize },
    /// In the data of a leaf.
    Leaf { slot: usize },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Nowhere => f.write_str("nowhere"),
            Place::Arena { offset, n_elements } => {
                write!(f, "at byte {offset}, {n_elements} elements")
            }
            Place::Leaf { slot } => write!(f, "in slot {slot}"),
        }
    }
}

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct CacheLine([u8; ALIGNMENT]);

/// The arena itself, allocated once.
pub(crate) struct Arena(Vec<CacheLine>);

impl Arena {
    /// An arena of at least `n_bytes` bytes.
    ///
    /// # Errors
    /// If there is not so much memory.
    pub fn new(n_bytes: usize) -> Result<Self, TryReserveError> {
        let (mut lines, n_lines) = (Vec::new(), n_bytes.div_ceil(ALIGNMENT));
        lines.try_reserve_exact(n_lines)?;
        lines.resize(n_lines, CacheLine([0; ALIGNMENT]));
        Ok(Self(lines))
    }

    /// Bytes.
    pub fn n_bytes(&self) -> usize {
        self.0.len() * ALIGNMENT
    }

    /// Sets all bytes to 0, which are elements of every type.
    pub fn clear(&mut self) {
        self.0.fill(CacheLine([0; ALIGNMENT]));
    }
}

/// The memory of a run, or the part of it that one of several threads may access.
pub(crate) struct Memory<'a> {
    arena: *mut u8,
    n_bytes: usize,
    leaves: &'a LeafTable,
    places: &'a [Place],
    share: Option<Share<'a>>,
    exclusive: PhantomData<&'a mut Arena>,
}

// SAFETY: it is a borrow of the arena and of leaves' data, which are numbers, for one thread at a time to write; shared
// memory is only read.
unsafe impl Send for Memory<'_> {}
// SAFETY: as above.
unsafe impl Sync for Memory<'_> {}

/// An address range with its element count.
#[derive(Clone, Copy)]
struct AddressRange {
    address: *mut u8,
    n_elements: usize,
    n_bytes: usize,
}

impl<'a> Memory<'a> {
    /// Memory with the given place for each node.
    pub fn new(arena: &'a mut Arena, leaves: &'a Leaves<'_>, places: &'a [Place]) -> Self {
        let (n_bytes, arena) = (arena.n_bytes(), arena.0.as_mut_ptr().cast());
        Self { arena, n_bytes, leaves: leaves.table, places, share: None, exclusive: PhantomData }
    }

    /// Has several threads compute a step that writes `values`: each calls `work` with an item and the memory in which
    /// it computes some rows of these values. The others it cannot touch.
    ///
    /// # Panics
    /// If the values overlap, or cannot be split into rows: a fault of the plan. And if `work` does.
    pub fn split<T: Send>(
        &mut self,
        split: Split,
        values: impl Iterator<Item = Output>,
        written: &mut Written,
        (threads, items): (&mut Threads, &mut [T]),
        work: impl Fn(&mut Memory<'_>, Range<usize>, &mut T) + Sync,
    ) {
        assert!(self.share.is_none(), "only all memory is split");
        let written = &mut written.0;
        written.clear();
        written.extend(values.map(|Output { id, dtype, n_rows_each }| Parts {
            span: self.range(id, dtype, true).span(),
            n_rows_each,
        }));
        written.sort_unstable();
        let are_apart = written.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
        let have_rows = written.iter().all(|value| value.can_be_shared(split));
        assert!(are_apart && have_rows, "values that a step writes are apart and have its rows");
        let (this, written, n_parts) = (&*self, &written[..], items.len());
        threads.each(items, |part, item| {
            let rows = split.part(part, n_parts);
            if rows.is_empty() {
                return;
            }
            // `self` is borrowed mutably until all parts are done. No two of their memories have a row in common, since
            // each part is worked on once; they write only their own rows, and read nothing of the others.
            let share = Share { written, n_rows: split.n_rows, rows: rows.clone() };
            work(&mut Memory { share: Some(share), ..*this }, rows, item);
        });
    }

    /// The elements of a value, as `T`s.
    pub fn read<T: Element>(&self, id: ValueId) -> &[T] {
        self.slice(self.range(id, T::DTYPE, false))
    }

    /// The elements of a part of a value.
    pub fn read_part<T: Element>(&self, id: ValueId, part: Range<usize>) -> &[T] {
        self.slice(self.range(id, T::DTYPE, false).part::<T>(part))
    }

    fn slice<T: Element>(&self, range: AddressRange) -> &[T] {
        assert!(self.share.as_ref().is_none_or(|share| share.may_read(range.span())), "{FOREIGN}");
        // SAFETY: `range` lies in the arena or in leaf data of type `T`, aligned and initialized. No slice that can be
        // written exists while `self` is shared, except one that `Beside` has checked against, and those of other
        // threads, which have been checked just before.
        unsafe { std::slice::from_raw_parts(range.address.cast(), range.n_elements) }
    }

    /// The first elements of a value of any type, as many as a shape has.
    pub fn view<'s>(&'s self, id: ValueId, dtype: DType, shape: &'s Shape) -> View<'s> {
        let n = shape.n_elements();
        let data = match dtype {
            DType::F32 => Slice::F32(&self.read(id)[..n]),
            DType::F64 => Slice::F64(&self.read(id)[..n]),
            DType::I64 => Slice::I64(&self.read(id)[..n]),
            DType::Bool => Slice::Bool(&self.read(id)[..n]),
        };
        View::new(shape, data).expect("a value has as many elements as its shape says")
    }

    /// The elements of a part of a value, to be written.
    pub fn write<T: Element>(&mut self, id: ValueId, part: Range<usize>) -> &mut [T] {
        let range = self.range(id, T::DTYPE, true).part::<T>(part);
        self.check_own(range);
        // SAFETY: `self` is borrowed mutably for as long as the slice lives, and no other thread touches these rows.
        unsafe { range.slice_mut() }
    }

    /// The same, with a reader of everything that does not overlap the part.
    pub fn write_part_beside<T: Element>(
        &mut self,
        id: ValueId,
        part: Range<usize>,
    ) -> (&mut [T], Beside<'_>) {
        let written = self.range(id, T::DTYPE, true).part::<T>(part);
        self.check_own(written);
        // SAFETY: as in `write`, and the reader, which shares the borrow, refuses to read what overlaps the slice.
        (unsafe { written.slice_mut() }, Beside { memory: self, written })
    }

    /// Copies a part of one value to the same part of another.
    ///
    /// # Panics
    /// If they overlap: a fault of the plan.
    pub fn copy_part<T: Element>(&mut self, from: ValueId, to: ValueId, part: Range<usize>) {
        let source = self.range(from, T::DTYPE, false).part::<T>(part.clone());
        let target = self.range(to, T::DTYPE, true).part::<T>(part);
        self.check_own(target);
        assert!(source.span().is_apart_from(target.span()), "a copy is beside its original");
        // SAFETY: `self` is borrowed mutably, no other thread touches the target, and the source is not in it.
        unsafe { target.slice_mut() }.copy_from_slice(self.slice::<T>(source));
    }

    /// The elements of a value, to be written, and a reader of everything that does not overlap it.
    pub fn write_beside(&mut self, id: ValueId, dtype: DType) -> (SliceMut<'_>, Beside<'_>) {
        let written = self.range(id, dtype, true);
        self.check_own(written);
        // SAFETY: `self` is borrowed mutably for as long as the slice lives, and the reader, which shares the
        // borrow, refuses to read what overlaps it.
        let slice = unsafe {
            match dtype {
                DType::F32 => SliceMut::F32(written.slice_mut()),
                DType::F64 => SliceMut::F64(written.slice_mut()),
                DType::I64 => SliceMut::I64(written.slice_mut()),
                DType::Bool => SliceMut::Bool(written.slice_mut()),
            }
        };
        (slice, Beside { memory: self, written })
    }

    /// Checks that no other thread touches a range.
    fn check_own(&self, range: AddressRange) {
        assert!(self.share.as_ref().is_none_or(|share| share.may_write(range.span())), "{FOREIGN}");
    }

    /// Whether two values lie in one and the same place.
    pub fn are_in_one_place(&self, a: ValueId, b: ValueId) -> bool {
        self.places[a.index()] == self.places[b.index()]
    }

    #[inline(always)]
    fn range(&self, id: ValueId, dtype: DType, is_written: bool) -> AddressRange {
        match self.places[id.index()] {
            Place::Nowhere => unreachable!("only values with a place are read or written"),
            Place::Arena { offset, n_elements } => {
                // No sum or product of these is beyond all numbers: places have been planned within `isize::MAX` bytes.
                let n_bytes = n_elements * dtype.n_bytes();
                assert!(offset + n_bytes <= self.n_bytes, "a place lies within the arena");
                // SAFETY: the offset is within the arena's allocation.
                AddressRange { address: unsafe { self.arena.add(offset) }, n_elements, n_bytes }
            }
            Place::Leaf { slot } => {
                let leaf = self.leaves.0[slot].expect("every leaf is bound before a run");
                assert!(
                    leaf.dtype == dtype && (leaf.is_writable || !is_written),
                    "leaves are used as declared"
                );
                let n_bytes = leaf.n_elements * dtype.n_bytes();
                AddressRange { address: leaf.address, n_elements: leaf.n_elements, n_bytes }
            }
        }
    }
}

/// The fault of a kernel that several threads compute.
const FOREIGN: &str = "a thread touches only its own rows of what a step writes";

impl AddressRange {
    fn span(self) -> Span {
        Span { start: self.address as usize, end: self.address as usize + self.n_bytes }
    }

    /// The addresses of some of the elements.
    fn part<T: Element>(self, part: Range<usize>) -> Self {
        assert!(
            part.start <= part.end && part.end <= self.n_elements,
            "a block lies within its value"
        );
        // SAFETY: the offset is within the range.
        let address = unsafe { self.address.cast::<T>().add(part.start).cast() };
        Self { address, n_elements: part.len(), n_bytes: part.len() * T::DTYPE.n_bytes() }
    }

    /// The elements, to be written.
    ///
    /// # Safety
    /// Nothing else may read or write the range while the slice lives.
    unsafe fn slice_mut<'s, T: Element>(self) -> &'s mut [T] {
        if T::DTYPE == DType::Bool {
            // SAFETY: the range is in bounds; zero bytes are `false`, whatever was in this place before.
            unsafe { self.address.write_bytes(0, self.n_bytes) };
        }
        // SAFETY: the range lies in the arena or in writable leaf data, aligned, in bounds, with bytes that are
        // valid as `T`s; and the caller lets nothing else touch it.
        unsafe { std::slice::from_raw_parts_mut(self.address.cast(), self.n_elements) }
    }
}

/// Reads memory while one value is being written.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    memory: &'a Memory<'a>,
    written: AddressRange,
}

impl<'a> Beside<'a> {
    /// The elements of a value, as `T`s.
    ///
    /// # Panics
    /// If they overlap the slice being written: a fault of the plan.
    pub fn read<T: Element>(&self, id: ValueId) -> &'a [T] {
        self.slice(self.memory.range(id, T::DTYPE, false))
    }

    /// The elements of a part of a value.
    ///
    /// # Panics
    /// If they overlap the slice being written: a fault of the plan.
    pub fn read_part<T: Element>(&self, id: ValueId, part: Range<usize>) -> &'a [T] {
        self.slice(self.memory.range(id, T::DTYPE, false).part::<T>(part))
    }

    /// The first elements of a value of any type, as many as a shape has.
    ///
    /// # Panics
    /// If they overlap the slice being written: a fault of the plan.
    pub fn view(&self, id: ValueId, dtype: DType, shape: &'a Shape) -> View<'a> {
        self.check_apart(self.memory.range(id, dtype, false));
        self.memory.view(id, dtype, shape)
    }

    fn slice<T: Element>(&self, range: AddressRange) -> &'a [T] {
        self.check_apart(range);
        self.memory.slice(range)
    }

    fn check_apart(&self, range: AddressRange) {
        let is_apart = range.span().is_apart_from(self.written.span());
        assert!(is_apart, "a step never reads what it writes");
    }
}

/// A value as it lies in the arena after a run.
pub(crate) fn read_output<'a>(
    arena: &'a Arena,
    place: Place,
    dtype: DType,
    shape: &'a Shape,
) -> View<'a> {
    let Place::Arena { offset, n_elements } = place else {
        unreachable!("outputs are placed in the arena")
    };
    assert!(
        offset + n_elements * dtype.n_bytes() <= arena.n_bytes(),
        "a place lies within the arena"
    );
    // SAFETY: the offset is within the arena's allocation.
    let address = unsafe { arena.0.as_ptr().cast::<u8>().add(offset) };
    // SAFETY: in bounds, aligned to a cache line, and written as elements of this type by the run.
    let data = unsafe {
        match dtype {
            DType::F32 => Slice::F32(std::slice::from_raw_parts(address.cast(), n_elements)),
            DType::F64 => Slice::F64(std::slice::from_raw_parts(address.cast(), n_elements)),
            DType::I64 => Slice::I64(std::slice::from_raw_parts(address.cast(), n_elements)),
            DType::Bool => Slice::Bool(std::slice::from_raw_parts(address.cast(), n_elements)),
        }
    };
    View::new(shape, data).expect("a value has as many elements as its shape says")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_without_elements_is_apart_from_every_other() {
        let mut arena = Arena::new(128).expect("128 bytes are there");
        let mut table = LeafTable::default();
        let leaves = Leaves::new(&mut table, 0);
        let places =
            [(0, 32), (64, 0)].map(|(offset, n_elements)| Place::Arena { offset, n_elements });
        let mut memory = Memory::new(&mut arena, &leaves, &places);
        let (whole, empty) = (ValueId::new(0), ValueId::new(1));
        assert_eq!(memory.write_beside(whole, DType::F32).1.read::<f32>(empty), []);
        assert_eq!(memory.write_beside(empty, DType::F32).1.read::<f32>(whole), [0.0; 32]);
    }
}
