//! `doublet dedup`: what goes, why, and that everything else stays byte for byte.
//!
//! The evidence of each removal is recomputed here from the texts alone, by plain loops.

mod against;
mod budget;
mod faults;
mod files;
mod property;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use doublet::text::normalized;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doublet"));
    command.stdin(Stdio::null());
    command
}

/// A folder of its own that commands run in.
pub(super) struct Place(pub(super) TempDir);

impl Place {
    pub(super) fn new() -> Self {
        Self(TempDir::new().expect("a temporary folder"))
    }

    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub(super) fn lines(&self, name: &str) -> Vec<String> {
        self.read(name).split_inclusive('\n').map(str::to_owned).collect()
    }

    pub(super) fn removed(&self, folder: &str) -> Vec<Value> {
        let list = self.read(&format!("{folder}/removed.jsonl"));
        list.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        program().current_dir(self.0.path()).args(arguments).output().expect("the program starts")
    }

    /// Runs `dedup`, expects this exit code, and returns what it said.
    pub(super) fn dedup(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(&[&["dedup"], arguments].concat());
        let said = String::from_utf8(output.stderr).expect("messages are UTF-8");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        said
    }

    /// Every name in the folder, at any depth.
    pub(super) fn names(&self) -> Vec<String> {
        fn walk(folder: &Path, root: &Path, names: &mut Vec<String>) {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    walk(&path, root, names);
                } else {
                    let below = path.strip_prefix(root).expect("below");
                    names.push(below.to_string_lossy().into_owned());
                }
            }
        }
        let mut names = Vec::new();
        walk(self.0.path(), self.0.path(), &mut names);
        names.sort();
        names
    }
}

/// `count` words that belong to `seed` alone, as sentences of ten.
pub(super) fn prose(seed: u32, count: u32) -> String {
    let mut text = String::new();
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    for i in 0..count {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let start = i % 10 == 0;
        let syllables = ["ba", "ko", "ri", "mu", "te", "sna", "vé", "lo", "дом", "ni"];
        let mut word: String = (0..3)
            .map(|at| syllables[(state >> (8 + 6 * at)) as usize % syllables.len()])
            .collect();
        if start {
            word = format!("X{word}");
        }
        let end = if i % 10 == 9 || i + 1 == count { ". " } else { " " };
        text.push_str(&word);
        text.extend([&*(seed % 1000).to_string(), end]);
    }
    text.trim_end().to_owned()
}

/// The text with one word in `every` replaced.
pub(super) fn changed(text: &str, every: usize) -> String {
    let words = text.split(' ').enumerate();
    words
        .map(|(i, word)| if i % every == every / 2 { format!("changed{i}") } else { word.into() })
        .collect::<Vec<String>>()
        .join(" ")
}

pub(super) fn record(id: &str, text: &str) -> String {
    format!("{}\n", json!({"id": id, "text": text, "more": [1, 2.50]}))
}

/// Jaccard similarity of the sets of five words in a row, and the share of the first in the second.
pub(super) fn naive(a: &str, b: &str) -> (f64, f64) {
    let grams = |text: &str| -> HashSet<Vec<String>> {
        let words = normalized(text);
        let size = 5.min(words.len()).max(1);
        words.windows(size).map(<[String]>::to_vec).collect()
    };
    let (a, b) = (grams(a), grams(b));
    let both = a.intersection(&b).count() as f64;
    (both / a.union(&b).count() as f64, both / a.len() as f64)
}

pub(super) fn text_of(line: &str) -> String {
    let value: Value = serde_json::from_str(line).expect("a record");
    value["text"].as_str().expect("a text").to_owned()
}
