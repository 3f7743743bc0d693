//! Imports between the rooms of the house: crates, and the folders of a crate.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::{
    check,
    source::{Source, root, sources},
};

/// The crates, each after those that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("files", &[]),
    ("core", &[]),
    ("task", &["core"]),
    ("cpu", &["core", "task"]),
    ("plan", &["core", "cpu", "task"]),
    ("scalar", &["core", "plan"]),
    ("layers", &["core", "files", "plan"]),
    ("viz", &["core", "files"]),
    ("check", &["core", "scalar"]),
    ("gradbench", &["core", "plan", "scalar"]),
    ("interop", &[]),
];

/// The crates between whose rooms imports must go one way.
const ONE_WAY: &[&str] =
    &["files", "core", "task", "cpu", "plan", "scalar", "layers", "viz", "check", "gradbench"];

/// The dependencies of a crate of ours on others, with the line of its manifest; those of its tests are free.
fn dependencies(name: &str) -> Vec<(usize, String)> {
    let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml"))
        .unwrap_or_else(|error| panic!("the manifest of {name}: {error}"));
    let lines = manifest.lines().enumerate().skip_while(|(_, line)| *line != "[dependencies]");
    let lines = lines.skip(1).take_while(|(_, line)| !line.starts_with('['));
    let names = lines.filter_map(|(k, line)| Some((k + 1, line.strip_prefix("retrograd-")?)));
    let end = |name: &str| name.find(['.', ' ', '=']).unwrap_or(name.len());
    names.map(|(line, name)| (line, name[..end(name)].to_owned())).collect()
}

#[test]
fn crates_depend_on_each_other_as_declared() {
    let mut violations = Vec::new();
    for (at, (name, declared)) in CRATES.iter().enumerate() {
        for (line, other) in dependencies(name) {
            let is_declared = declared.contains(&&*other);
            let is_earlier = CRATES[..at].iter().any(|(earlier, _)| *earlier == other);
            if !is_declared || !is_earlier {
                violations.push(format!("crates/{name}/Cargo.toml:{line}: {name} → {other}"));
            }
        }
    }
    for source in sources().iter().filter(|source| source.path.ends_with("/src/lib.rs")) {
        let name = source.path.split('/').nth(1).unwrap_or_default();
        if source.is_of_crate() && !CRATES.iter().any(|(known, _)| *known == name) {
            violations.push(format!("{}: {name} stands nowhere", source.place(1)));
        }
    }
    let remedy = "cut the dependency, or declare it in `CRATES`, after those it depends on";
    check("crates depend on each other as declared", remedy, violations);
}

/// An import of a room by a line of a file.
struct Import<'a> {
    from: &'a str,
    to: String,
    place: String,
}

/// Collects the names that follow the root of the crate in some tokens, those in braces included, with their lines. The
/// root is `crate`, or `super` as many times as the file is deep. Test modules may import everything.
fn imports(tokens: TokenStream, depth: usize, found: &mut Vec<(String, usize)>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let is_name = |at: usize, name: &str| matches!(tokens.get(at), Some(TokenTree::Ident(token)) if token == name);
    let is_of_tests = |at: usize| matches!(&tokens[at], TokenTree::Group(group) if group.stream().to_string() == "cfg (test)");
    let mut at = 0;
    while at < tokens.len() {
        if is_of_tests(at) {
            let ends = |token: &TokenTree| match token {
                TokenTree::Punct(punct) => punct.as_char() == ';',
                TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                TokenTree::Ident(_) | TokenTree::Literal(_) => false,
            };
            at += tokens[at..].iter().position(ends).unwrap_or(tokens.len());
        } else if let TokenTree::Group(group) = &tokens[at] {
            imports(group.stream(), depth, found);
        }
        let n_supers = (0..).take_while(|k| is_name(at + 3 * k, "super")).count();
        let n = if is_name(at, "crate") { 1 } else { n_supers };
        if is_name(at, "crate") || n_supers >= depth {
            match tokens.get(at + 3 * n) {
                Some(TokenTree::Group(group)) => heads(group.stream(), found),
                Some(token) => heads(token.clone().into(), found),
                None => (),
            }
        }
        at += (3 * n).max(1);
    }
}

/// The first name of each path in the braces of an import.
fn heads(tokens: TokenStream, found: &mut Vec<(String, usize)>) {
    let mut is_head = true;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if is_head => {
                found.push((name.to_string(), name.span().start().line));
                is_head = false;
            }
            TokenTree::Punct(punct) => is_head = punct.as_char() == ',',
            TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Literal(_) => (),
        }
    }
}

/// The names that the root of a crate imports, each with the room that it comes from.
fn exports(root: &Source) -> BTreeMap<&str, &str> {
    let uses = root.text.split("use ").skip(1);
    let uses = uses.filter_map(|rest| rest.split(';').next()?.split_once("::"));
    let is_end = |c: char| !c.is_alphanumeric() && c != '_';
    uses.flat_map(|(room, names)| names.split(is_end).map(move |name| (name, room))).collect()
}

/// The imports between the rooms of a crate: the modules of its root.
fn imports_between_rooms(name: &str) -> Vec<Import<'static>> {
    let folder = format!("crates/{name}/src/");
    let of_crate = || sources().iter().filter(|s| s.is_of_crate() && s.path.starts_with(&folder));
    let root = of_crate().find(|source| source.path.ends_with("src/lib.rs"));
    let exports = root.map(exports).unwrap_or_default();
    let mut between = Vec::new();
    for source in of_crate() {
        let modules = source.path[folder.len()..].trim_end_matches(".rs").trim_end_matches("/mod");
        let from = modules.split('/').next().unwrap_or(modules);
        let mut found = Vec::new();
        let tokens = source.text.parse().expect("the file has been parsed");
        imports(tokens, modules.split('/').count(), &mut found);
        for (name, line) in found {
            let to = exports.get(&*name).map_or(name, |&room| room.to_owned());
            if to != from && !["lib", "main"].contains(&from) {
                between.push(Import { from, to, place: source.place(line) });
            }
        }
    }
    between
}

#[test]
fn rooms_of_a_crate_import_one_way() {
    let mut violations = Vec::new();
    for name in ONE_WAY {
        let mut imports = imports_between_rooms(name);
        // A room is on no circle if it imports no room that is left, or none that is left imports it.
        let mut n_before = usize::MAX;
        while imports.len() < n_before {
            n_before = imports.len();
            let from: BTreeSet<_> = imports.iter().map(|import| import.from.to_owned()).collect();
            let to: BTreeSet<_> = imports.iter().map(|import| import.to.clone()).collect();
            imports.retain(|import| from.contains(&import.to) && to.contains(import.from));
        }
        let line = |Import { from, to, place }| format!("{place}: {name}, {from} → {to}");
        violations.extend(imports.into_iter().map(line));
    }
    let remedy = "move the thing that both rooms need to where it belongs";
    check("imports between the rooms of a crate form no circle", remedy, violations);
}
