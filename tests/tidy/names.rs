//! The names of types.

use std::collections::BTreeMap;

use crate::{check, source::sources};

/// Names of the standard library that readers take for its own.
const STANDARD: &str = "\
    Add Arc Arguments AsMut AsRef BTreeMap BTreeSet BinaryHeap Borrow Box Cell Clone Copy Cow Debug Default Deref \
    DerefMut Display Div Drop Duration Eq Err Extend File Fn FnMut FnOnce Formatter From Future Hash HashMap HashSet \
    Hasher Index IndexMut Instant Into IntoIterator Iterator Mul Mutex Neg None Not NonNull Ok Once OnceCell OnceLock \
    Option Ord Ordering PartialEq PartialOrd Path PathBuf PhantomData Pin Range RangeFrom RangeFull RangeInclusive \
    RangeTo Rc Read RefCell Rem Result Reverse RwLock Send Sized Some String Sub Sync ToOwned ToString TryFrom TryInto \
    Unpin Vec VecDeque Weak Wrapping Write";

/// The places where the crates define each type name.
fn definitions() -> BTreeMap<&'static str, Vec<String>> {
    let mut definitions: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.is_of_crate()) {
        for (name, line) in &source.types {
            definitions.entry(name.as_str()).or_default().push(source.place(*line));
        }
    }
    definitions
}

#[test]
fn a_type_name_is_defined_once() {
    let mut definitions = definitions();
    // Each crate has one error type.
    definitions.remove("Error");
    let twice = definitions.iter().filter(|(_, places)| places.len() > 1);
    let violations = twice.map(|(name, places)| format!("{}: `{name}`", places.join(", ")));
    check(
        "a type name is defined once in the workspace",
        "rename the less public one by the field's term",
        violations.collect(),
    );
}

#[test]
fn no_type_shadows_the_standard_library() {
    let standard: Vec<_> = STANDARD.split_whitespace().collect();
    let definitions = definitions();
    let shadows = definitions.iter().filter(|(name, _)| standard.contains(*name));
    let violations = shadows.map(|(name, places)| format!("{}: `{name}`", places.join(", ")));
    check(
        "no type has the name of one of the standard library's",
        "say in the name which one it is",
        violations.collect(),
    );
}
