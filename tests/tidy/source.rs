//! The sources of the workspace, read and parsed.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use syn::{
    Block, Ident, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod, Meta, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A function: its first line, and its length from its signature to its last brace.
pub struct Function {
    pub line: usize,
    pub n_lines: usize,
}

/// A Rust file of the workspace.
pub struct Source {
    /// The path from the root of the workspace.
    pub path: String,
    pub text: String,
    pub functions: Vec<Function>,
    /// The types that are defined outside of test modules, with their lines.
    pub types: Vec<(String, usize)>,
    /// The lines of macros by example.
    pub macros: Vec<usize>,
}

/// The root of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All Rust files of the workspace.
pub fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let mut files = Vec::new();
        for folder in ["crates", "benches", "examples", "tests"] {
            collect(&root().join(folder), &mut files);
        }
        files.sort();
        files.iter().map(|file| read(file)).collect()
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the workspace has this folder");
    for path in entries.map(|entry| entry.expect("the folder can be listed").path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(file: &Path) -> Source {
    let path = file.strip_prefix(root()).expect("the file lies below the root");
    let path = path.display().to_string().replace('\\', "/");
    let text = fs::read_to_string(file).expect("the file was listed");
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut source = Source { path, text, functions: vec![], types: vec![], macros: vec![] };
    source.visit_file(&parsed);
    source
}

fn line(spanned: &impl Spanned) -> usize {
    spanned.span().start().line
}

impl Source {
    /// Whether the file is part of a crate's library or program, not of its tests.
    pub fn is_of_crate(&self) -> bool {
        self.path.starts_with("crates/")
            && self.path.contains("/src/")
            && !self.path.contains("/tests/")
            && !self.path.ends_with("/tests.rs")
    }

    /// A line of the file, as messages write it.
    pub fn place(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    fn push_function(&mut self, signature: &Signature, body: &Block) {
        let line = line(signature);
        self.functions.push(Function { line, n_lines: body.span().end().line + 1 - line });
    }

    fn push_type(&mut self, name: &Ident) {
        self.types.push((name.to_string(), line(name)));
    }
}

impl<'ast> Visit<'ast> for Source {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.push_function(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.push_function(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.push_function(&item.sig, body);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast ItemMacro) {
        self.macros.extend(item.ident.as_ref().map(line));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let n_types = self.types.len();
        visit::visit_item_mod(self, item);
        let is_test =
            |meta: &Meta| meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test");
        if item.attrs.iter().any(|attribute| is_test(&attribute.meta)) {
            self.types.truncate(n_types);
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Struct(item) => self.push_type(&item.ident),
            Item::Enum(item) => self.push_type(&item.ident),
            Item::Trait(item) => self.push_type(&item.ident),
            Item::Union(item) => self.push_type(&item.ident),
            Item::Type(item) => self.push_type(&item.ident),
            _ => (),
        }
        visit::visit_item(self, item);
    }
}
