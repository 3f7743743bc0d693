//! Many lists in one allocation.

/// Lists of elements, in the order in which these came.
#[derive(Debug)]
pub(crate) struct Lists<T> {
    /// Where each list ends; it begins where the one before ends.
    ends: Vec<u32>,
    all: Vec<T>,
}

impl<T: Copy> Lists<T> {
    /// `n` lists of elements, each of which comes with the number of its list.
    pub fn new(n: usize, elements: impl Iterator<Item = (usize, T)> + Clone) -> Self {
        let mut ends = vec![0; n + 1];
        elements.clone().for_each(|(list, _)| ends[list + 1] += 1);
        // Where each list begins, shifted by one; then each element moves its end.
        (1..ends.len()).for_each(|k| ends[k] += ends[k - 1]);
        let any = elements.clone().next().map(|(_, element)| element);
        let mut all: Vec<T> = any.into_iter().cycle().take(ends[n] as usize).collect();
        for (list, element) in elements {
            let end = &mut ends[list];
            all[*end as usize] = element;
            *end += 1;
        }
        Self { ends, all }
    }

    /// A list.
    pub fn of(&self, list: usize) -> &[T] {
        let start = list.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start as usize..self.ends[list] as usize]
    }
}
