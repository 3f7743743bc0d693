//! The data of leaves, which lie outside of the arena.

use std::marker::PhantomData;

use retrograd_core::{DType, Slice, SliceMut, with_elements};

/// Address, length and type of a leaf's data.
#[derive(Clone, Copy)]
pub(super) struct LeafBuffer {
    pub address: *mut u8,
    pub n_elements: usize,
    pub dtype: DType,
    pub is_writable: bool,
}

/// The addresses of the leaves' data. The allocation is kept between runs, the addresses are not.
#[derive(Default)]
pub(crate) struct LeafTable(pub(super) Vec<Option<LeafBuffer>>);

// SAFETY: the addresses are valid only while `Leaves` borrows the data behind them, and cleared with it.
unsafe impl Send for LeafTable {}
// SAFETY: a shared table does not change, and what it points to is reached only through `Memory`.
unsafe impl Sync for LeafTable {}

/// The leaves' data, borrowed for a run.
pub(crate) struct Leaves<'a> {
    pub(super) table: &'a mut LeafTable,
    data: PhantomData<&'a mut [u8]>,
}

impl<'a> Leaves<'a> {
    /// No data yet for any of `n_slots` slots, in the memory of `table`.
    pub fn new(table: &'a mut LeafTable, n_slots: usize) -> Self {
        table.0.clear();
        table.0.resize(n_slots, None);
        Self { table, data: PhantomData }
    }

    /// Sets the data of a slot, to be read.
    pub fn set(&mut self, slot: usize, data: Slice<'a>) {
        let (address, n_elements) = with_elements!(Slice, data, elements => {
            (elements.as_ptr().cast::<u8>().cast_mut(), elements.len())
        });
        self.table.0[slot] =
            Some(LeafBuffer { address, n_elements, dtype: data.dtype(), is_writable: false });
    }

    /// Sets the data of a slot, to be read and written.
    pub fn set_mut(&mut self, slot: usize, data: SliceMut<'a>) {
        let dtype = data.dtype();
        let (address, n_elements) = with_elements!(SliceMut, data, elements => {
            (elements.as_mut_ptr().cast::<u8>(), elements.len())
        });
        self.table.0[slot] = Some(LeafBuffer { address, n_elements, dtype, is_writable: true });
    }
}

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.table.0.clear();
    }
}
