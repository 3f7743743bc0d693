//! The sources of the workspace, read and parsed.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use syn::{
    Block, ImplItemFn, Item, ItemFn, ItemMacro, ItemMod, Signature, TraitItemFn,
    spanned::Spanned,
    visit::{self, Visit},
};

/// A line of a file.
#[derive(Clone, Debug)]
pub struct Place {
    pub path: String,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// A function with its length, from its signature to its last brace.
pub struct Function {
    pub place: Place,
    pub n_lines: usize,
}

/// A Rust file of the workspace.
pub struct Source {
    /// Its path from the root of the workspace.
    pub path: String,
    pub text: String,
    pub functions: Vec<Function>,
    /// The types that it defines outside of test modules.
    pub types: Vec<(String, Place)>,
    pub n_macros: usize,
}

impl Source {
    /// Whether it is part of a crate's library or program, not of its tests.
    pub fn is_of_crate(&self) -> bool {
        self.path.starts_with("crates/")
            && self.path.contains("/src/")
            && !self.path.contains("/tests/")
            && !self.path.ends_with("/tests.rs")
    }
}

/// All Rust files of the workspace.
pub fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut files = Vec::new();
        for folder in ["crates", "benches", "examples", "tests"] {
            collect(&root.join(folder), &mut files);
        }
        files.sort();
        files.iter().map(|file| read(root, file)).collect()
    })
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("the workspace has this folder");
    for path in entries.map(|entry| entry.expect("it can be listed").path()) {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn read(root: &Path, file: &Path) -> Source {
    let path = file.strip_prefix(root).expect("it was found there").display().to_string();
    let text = fs::read_to_string(file).expect("it was listed");
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut source = Source { path, text, functions: vec![], types: vec![], n_macros: 0 };
    source.visit_file(&parsed);
    source
}

impl Source {
    fn place(&self, spanned: &impl Spanned) -> Place {
        Place { path: self.path.clone(), line: spanned.span().start().line }
    }

    fn push_function(&mut self, signature: &Signature, body: &Block) {
        let (start, end) = (signature.span().start().line, body.span().end().line);
        let place = self.place(signature);
        self.functions.push(Function { place, n_lines: end + 1 - start });
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
        self.n_macros += usize::from(item.ident.is_some());
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let is_of_tests = item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        let n_types = self.types.len();
        visit::visit_item_mod(self, item);
        if is_of_tests {
            self.types.truncate(n_types);
        }
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let name = match item {
            Item::Struct(item) => Some(&item.ident),
            Item::Enum(item) => Some(&item.ident),
            Item::Trait(item) => Some(&item.ident),
            Item::Union(item) => Some(&item.ident),
            _ => None,
        };
        if let Some(name) = name {
            self.types.push((name.to_string(), self.place(name)));
        }
        visit::visit_item(self, item);
    }
}
