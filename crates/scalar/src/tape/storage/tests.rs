//! A storage keeps what it is given, within its limit.

use super::*;

/// Adds a statement that tells which one it is, as users of the storage do.
fn push(storage: &Storage<f64>, k: usize) -> TapeIndex {
    if !storage.has_room() {
        storage.make_room();
    }
    let Statement { first, second, third } = statement(k);
    let pair = Indices::two(first, second);
    match k % 3 {
        0 => storage.push(pair, third.index(), [k as f64, 1.0, 2.0]),
        _ => storage.push(pair, third.index(), [k as f64, 1.0]),
    }
}

fn statement(k: usize) -> Statement {
    let (first, second) = (TapeIndex::statement(k), TapeIndex::variable(k));
    Statement {
        first,
        second,
        third: BackLink::new(TapeIndex::variable(2 * k), k.is_multiple_of(3)),
    }
}

/// Whether the storage holds the first `n_statements` of these, and nothing else.
fn holds(storage: &Storage<f64>, n_statements: usize) -> bool {
    let partials =
        |k: usize| [k as f64, 1.0, 2.0].into_iter().take(if k.is_multiple_of(3) { 3 } else { 2 });
    let held = |record: &Record<f64>| {
        record.statements.iter().copied().eq((0..n_statements).map(statement))
            && record.partials.iter().copied().eq((0..n_statements).flat_map(partials))
    };
    storage.read(held).expect("nothing is missing")
}

#[test]
fn statements_are_kept_as_memory_grows() {
    let mut storage = Storage::new(usize::MAX);
    for round in 0..2 {
        for k in 0..10_000 {
            assert_eq!(push(&storage, k), TapeIndex::statement(k));
        }
        assert!(holds(&storage, 10_000), "round {round}");
        storage.clear();
        assert!(holds(&storage, 0), "round {round}");
    }
}

#[test]
fn lent_statements_come_back_without_those_that_were_added() {
    let storage = Storage::new(usize::MAX);
    (0..3000).for_each(|k| assert_eq!(push(&storage, k), TapeIndex::statement(k)));
    assert_eq!(storage.add_variables(3), Some(0));
    let (lent, position) = storage.lend();
    assert!(!storage.has_room());
    (3000..9000).for_each(|k| assert_eq!(push(&lent, k), TapeIndex::statement(k)));
    assert_eq!(lent.add_variables(2), Some(3));
    assert!(holds(&lent, 9000));
    storage.take_back(lent, position);
    assert!(holds(&storage, 3000));
    assert_eq!(storage.add_variables(1), Some(3));
    (3000..4000).for_each(|k| assert_eq!(push(&storage, k), TapeIndex::statement(k)));
    assert!(holds(&storage, 4000));
}

#[test]
fn nothing_is_added_while_statements_are_read() {
    let storage = Storage::new(usize::MAX);
    push(&storage, 0);
    let added = storage.read(|_| storage.push(Indices::NONE, TapeIndex::NONE, [1.0, 1.0]));
    assert_eq!(added, Ok(TapeIndex::NONE));
    assert!(holds(&storage, 1));
    assert_eq!(push(&storage, 1), TapeIndex::statement(1));
}

#[test]
fn a_limit_is_reached_and_not_passed() {
    for limit in [0, 1, 100, 10_000, 100_000, 1_000_000] {
        for n_variables in [0, 1, 5, limit / 32] {
            let storage = Storage::new(limit);
            let are_there = storage.add_variables(n_variables).is_some();
            let n_statements =
                (0..).find(|&k| push(&storage, k) == TapeIndex::NONE).expect("there is a limit");
            let n_partials = storage.ends().n_partials;
            let n_variables = storage.ends().n_variables;
            assert_eq!(storage.ends(), Ends { n_variables, n_statements, n_partials });
            let n_bytes = n_variables * 16 + n_statements * (12 + 8) + n_partials * 8;
            assert!(n_bytes <= limit, "{n_bytes} of {limit}");
            assert!(!are_there || limit < 10_000 || n_bytes > limit / 2, "{n_bytes} of {limit}");
            let full = TapeFull { n_statements: n_variables + n_statements, limit };
            assert_eq!(storage.read(|_| ()), Err(full));
            assert_eq!(storage.push(Indices::NONE, TapeIndex::NONE, [1.0, 1.0]), TapeIndex::NONE);
            assert_eq!(storage.add_variables(1), None);
        }
    }
}

#[test]
fn memory_for_statements_becomes_memory_for_variables() {
    let mut storage = Storage::new(100_000);
    (0..).find(|&k| push(&storage, k) == TapeIndex::NONE).expect("there is a limit");
    storage.clear();
    assert_eq!(storage.add_variables(5_000), Some(0));
    assert_ne!(push(&storage, 0), TapeIndex::NONE);
    assert_eq!(storage.add_variables(5_000), None);
}
