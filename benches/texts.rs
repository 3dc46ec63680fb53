//! The texts that all benchmarks run on.
//!
//! The collection `en100` (102 MB of English, a quarter planted copies) where the folder
//! `../shared/corpora` beside the project holds it, else a generated collection of the same size
//! and make. Both as JSON lines and as texts.

use std::borrow::Cow;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use doublet_generate::corpus::{CorpusPlan, json_line};
use serde::Deserialize;

/// Size of the generated collection, that of `en100`.
const BYTES: u64 = 102_000_000;

/// A collection.
#[derive(Debug)]
pub struct Texts {
    /// Which one it is.
    pub name: &'static str,
    /// One JSON object a line.
    pub jsonl: Vec<u8>,
    /// The texts alone.
    pub documents: Vec<String>,
}

/// One line of a collection.
#[derive(Debug, Deserialize)]
pub struct Record<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its text.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
}

impl Texts {
    /// The collection; prints which one it is.
    ///
    /// # Panics
    /// If `en100` is there and cannot be read.
    #[must_use]
    pub fn load() -> Self {
        let path =
            PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora/en100.jsonl.zst");
        let (name, jsonl) = if let Ok(file) = fs::File::open(&path) {
            ("en100", zstd::decode_all(file).expect("en100 is a zstd file"))
        } else {
            let mut jsonl = Vec::with_capacity(BYTES as usize + 100_000);
            CorpusPlan::default().write_jsonl(BYTES, &mut jsonl).expect("memory takes all");
            ("generated", jsonl)
        };
        let documents = parse(&jsonl).map(|record| record.text.into_owned()).collect();
        let texts = Self { name, jsonl, documents };
        eprintln!(
            "collection: {name}, {} documents, {:.1} MB of JSON lines, {:.1} MB of text",
            texts.documents.len(),
            texts.jsonl.len() as f64 / 1e6,
            texts.bytes() as f64 / 1e6,
        );
        texts
    }

    /// Bytes of text.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.documents.iter().map(|text| text.len() as u64).sum()
    }

    /// The texts in ASCII: typographic marks made plain, other characters left out.
    #[must_use]
    pub fn ascii(&self) -> Vec<String> {
        self.documents.iter().map(|text| to_ascii(text)).collect()
    }

    /// The same texts cut into documents below 1,000 bytes, between words: what a small document
    /// costs more than its bytes do.
    #[must_use]
    pub fn short(&self) -> Vec<String> {
        let mut pieces = Vec::new();
        for text in &self.documents {
            let mut rest = text.as_str();
            while rest.len() >= 1_000 {
                let cut = (500..1_000).rev().find(|&at| rest.as_bytes()[at] == b' ');
                // Without a space (a script without spaces) at a character's bound.
                let cut = cut.or_else(|| (0..1_000).rev().find(|&at| rest.is_char_boundary(at)));
                let (piece, after) = rest.split_at(cut.unwrap_or(rest.len()));
                pieces.push(piece.to_owned());
                rest = after;
            }
            pieces.push(rest.to_owned());
        }
        pieces
    }
}

/// Writes texts as a file of JSON lines.
///
/// # Panics
/// If the file cannot be written.
pub fn write_jsonl(texts: impl IntoIterator<Item = impl AsRef<str>>, path: &Path) {
    let mut file = BufWriter::new(fs::File::create(path).expect("a writable folder"));
    let mut line = String::new();
    for (index, text) in texts.into_iter().enumerate() {
        line.clear();
        json_line(&format!("d{index:07}"), text.as_ref(), &mut line);
        file.write_all(line.as_bytes()).expect("room on the disk");
    }
    file.flush().expect("room on the disk");
}

/// The records of JSON lines.
///
/// # Panics
/// At a line that is no record.
pub fn parse(jsonl: &[u8]) -> impl Iterator<Item = Record<'_>> {
    jsonl
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("a record a line"))
}

fn to_ascii(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '‘' | '’' => Some('\''),
            '“' | '”' => Some('"'),
            '–' | '—' => Some('-'),
            c => c.is_ascii().then_some(c),
        })
        .collect()
}
