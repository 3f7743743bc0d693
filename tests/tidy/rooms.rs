//! Imports between the rooms of the house: crates, and the folders of a crate.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::{algo::tarjan_scc, graph::DiGraph};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::{
    check,
    source::{Source, sources},
};

/// The crates, each after those that it may depend on.
const CRATES: &[(&str, &[&str])] = &[
    ("files", &[]),
    ("core", &[]),
    ("cpu", &["core"]),
    ("scalar", &["core", "cpu"]),
    ("layers", &["core", "cpu", "files"]),
    ("viz", &["core", "files"]),
    ("check", &["core", "cpu", "scalar"]),
    ("gradbench", &["core", "cpu", "scalar"]),
];

/// The names that follow `crate::` in some tokens, those in braces included.
fn imports(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    for (k, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token {
            imports(group.stream(), found);
        }
        if matches!(token, TokenTree::Ident(name) if name == "crate") {
            match tokens.get(k + 3) {
                Some(TokenTree::Ident(name)) => drop(found.insert(name.to_string())),
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    heads(group.stream(), found);
                }
                _ => (),
            }
        }
    }
}

/// The first name of each path in the braces of an import.
fn heads(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut is_head = true;
    for token in tokens {
        match token {
            TokenTree::Ident(name) if is_head => drop(found.insert(name.to_string())),
            TokenTree::Punct(punct) => is_head = punct.as_char() == ',',
            TokenTree::Ident(_) | TokenTree::Group(_) | TokenTree::Literal(_) => (),
        }
    }
}

/// The top-level module of a crate that a file belongs to, by its path in `src`.
fn room(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// The module that each name of a crate's root comes from.
fn exports(root: &Source) -> BTreeMap<String, String> {
    let mut exports = BTreeMap::new();
    for item in syn::parse_file(&root.text).expect("it has been parsed").items {
        let syn::Item::Use(item) = item else { continue };
        if let syn::UseTree::Path(path) = &item.tree {
            let mut names = BTreeSet::new();
            collect_names(&path.tree, &mut names);
            exports.extend(names.into_iter().map(|name| (name, path.ident.to_string())));
        }
    }
    exports
}

fn collect_names(tree: &syn::UseTree, names: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => collect_names(&path.tree, names),
        syn::UseTree::Name(name) => drop(names.insert(name.ident.to_string())),
        syn::UseTree::Rename(rename) => drop(names.insert(rename.rename.to_string())),
        syn::UseTree::Group(group) => {
            group.items.iter().for_each(|tree| collect_names(tree, names))
        }
        syn::UseTree::Glob(_) => (),
    }
}

/// The imports between the rooms of a crate: which room, which other, and a file that imports.
fn edges(name: &str) -> Vec<(String, String, String)> {
    let folder = format!("crates/{name}/src/");
    let of_crate = || sources().iter().filter(|s| s.is_of_crate() && s.path.starts_with(&folder));
    let exports = of_crate()
        .find(|source| source.path.ends_with("src/lib.rs"))
        .map(exports)
        .unwrap_or_default();
    let mut edges = Vec::new();
    for source in of_crate() {
        let from = room(&source.path[folder.len()..]);
        let mut names = BTreeSet::new();
        // Test modules may look at everything.
        let text = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        imports(text.parse().expect("it has been parsed"), &mut names);
        for name in names {
            let to = exports.get(&name).unwrap_or(&name);
            if to != from && !["lib", "main"].contains(&from) {
                edges.push((from.to_owned(), to.clone(), source.path.clone()));
            }
        }
    }
    edges
}

#[test]
fn rooms_of_a_crate_import_one_way() {
    let mut violations = Vec::new();
    for (name, _) in CRATES {
        let edges = edges(name);
        let mut graph = DiGraph::new();
        let rooms: BTreeSet<&str> =
            edges.iter().flat_map(|(from, to, _)| [from.as_str(), to.as_str()]).collect();
        let ids: BTreeMap<_, _> = rooms.iter().map(|&room| (room, graph.add_node(room))).collect();
        graph.extend_with_edges(
            edges.iter().map(|(from, to, _)| (ids[from.as_str()], ids[to.as_str()], ())),
        );
        for circle in tarjan_scc(&graph).iter().filter(|rooms| rooms.len() > 1) {
            let circle: Vec<&str> = circle.iter().map(|&id| graph[id]).collect();
            let is_in = |room: &String| circle.contains(&room.as_str());
            let within = edges.iter().filter(|(from, to, _)| is_in(from) && is_in(to));
            let lines = within.map(|(from, to, path)| format!("  {from} → {to} in {path}"));
            violations.push(format!("{name}: {}", circle.join(", ")));
            violations.extend(lines);
        }
    }
    check("imports between rooms form no circle", violations);
}
