//! What people and programs get from a report: text, JSON, JSON lines, tables.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use doublet::report::csv::Table;
use doublet::report::model::{OperationKind, SCHEMA_VERSION};
use doublet::report::terminal::{self, ComparedTexts, TextOptions};
use doublet::report::{csv, json, jsonl};
use doublet::{ErrorKind, Report};
use serde_json::Value;

use crate::fixture::{Fixture, newsroom, seeds};

fn golden_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Compares with a golden file; `DOUBLET_UPDATE_GOLDEN=1` writes it.
fn golden(name: &str, text: &str) {
    let path = golden_path(name);
    if std::env::var_os("DOUBLET_UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).expect("the golden file can be written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == text,
        "{name} differs; look at it, then run with DOUBLET_UPDATE_GOLDEN=1 to accept\n{text}"
    );
}

fn text(report: &Report, width: usize, all: bool) -> String {
    terminal::to_string(report, &TextOptions { width, all, ..TextOptions::default() })
}

fn comparison(fixture: &Fixture, a: usize, b: usize, options: &TextOptions) -> String {
    let report = two_documents(&fixture.report, a, b);
    let texts = ComparedTexts { a: &fixture.documents[a].text, b: &fixture.documents[b].text };
    let mut out = Vec::new();
    terminal::write_comparison(&report, texts, options, &mut out).expect("memory takes writes");
    String::from_utf8(out).expect("a comparison is text")
}

/// The report of two documents alone, as `compare` makes it.
fn two_documents(report: &Report, a: usize, b: usize) -> Report {
    let mut out = report.clone();
    let ids = [a as u32, b as u32];
    out.documents = vec![report.documents[a].clone(), report.documents[b].clone()];
    out.coverage.documents = vec![report.coverage.documents[a], report.coverage.documents[b]];
    out.matches.clear();
    out.document_clusters.clear();
    for passage in &mut out.passages {
        passage.members.retain(|member| ids.contains(&member.document.0));
        for member in &mut passage.members {
            member.document.0 = u32::from(member.document.0 == ids[1]);
        }
        passage.canonical = 0;
    }
    out.passages.retain(|passage| passage.members.len() > 1);
    out
}

#[test]
fn text_of_the_sample_documents() {
    let report = seeds().report;
    for width in [50, 80, 100, 140] {
        golden(&format!("seeds-{width}.txt"), &text(&report, width, false));
    }
    golden("seeds-all-100.txt", &text(&report, 100, true));
    let mut out = Vec::new();
    json::write_pretty(&report, &mut out).expect("memory takes writes");
    golden("seeds.json", &String::from_utf8(out).expect("JSON is text"));
}

#[test]
fn text_of_a_newsroom() {
    let report = newsroom().report;
    for width in [50, 80, 100, 140] {
        golden(&format!("newsroom-{width}.txt"), &text(&report, width, false));
    }
    golden("newsroom-all-100.txt", &text(&report, 100, true));
    let colored = TextOptions { color: true, ..TextOptions::default() };
    golden("newsroom-color.txt", &terminal::to_string(&report, &colored));
}

#[test]
fn text_of_a_comparison() {
    let samples = seeds();
    for width in [50, 80, 120] {
        let options = TextOptions { width, ..TextOptions::default() };
        golden(&format!("compare-{width}.txt"), &comparison(&samples, 1, 3, &options));
    }
    let all = TextOptions { all: true, ..TextOptions::default() };
    golden("compare-all-100.txt", &comparison(&samples, 1, 3, &all));
    golden("compare-newsroom.txt", &comparison(&newsroom(), 0, 5, &TextOptions::default()));
}
