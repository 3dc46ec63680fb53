//! The sample documents: every passage of `seeds/gold.json` is found, and nothing else.

use std::path::Path;

use doublet::report::model::{Change, OperationKind, PassageCluster};
use doublet::text::tokenize;
use doublet::{Config, Document, Doublet, Input, ReadConfig};
use serde_json::Value;

fn seeds() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let config = ReadConfig { include: vec!["*.txt".to_owned()], ..ReadConfig::default() };
    let collection =
        doublet::source::read_all([Input::path(folder)], &config, &()).expect("the seeds");
    assert!(collection.skipped.is_empty());
    collection.documents
}

fn gold() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/gold.json");
    serde_json::from_slice(&std::fs::read(path).expect("gold.json")).expect("JSON")
}

/// The places of a gold passage: document, start, end.
fn places(passage: &Value) -> Vec<(&str, u32, u32)> {
    let number = |value: &Value| value.as_u64().expect("an offset") as u32;
    let place = |member: &'static str, value: &Value| number(&value[member]);
    passage["members"]
        .as_array()
        .expect("members")
        .iter()
        .map(|m| (m["document"].as_str().expect("a name"), place("start", m), place("end", m)))
        .collect()
}

/// As the gold file says: at least 95% of the span, at most 4 words past either end.
fn is_right(text: &str, gold: (u32, u32), found: (u32, u32)) -> bool {
    let overlap = gold.1.min(found.1).saturating_sub(gold.0.max(found.0));
    let words = |start: u32, end: u32| {
        if start < end { tokenize(&text[start as usize..end as usize]).len() } else { 0 }
    };
    100 * overlap >= 95 * (gold.1 - gold.0)
        && words(found.0, gold.0) <= 4
        && words(gold.1, found.1) <= 4
}

fn holds(documents: &[Document], cluster: &PassageCluster, gold: &[(&str, u32, u32)]) -> bool {
    cluster.members.len() == gold.len()
        && gold.iter().all(|&(name, start, end)| {
            cluster.members.iter().any(|member| {
                let document = &documents[member.document.index()];
                document.name.ends_with(name)
                    && is_right(&document.text, (start, end), (member.span.start, member.span.end))
            })
        })
}

#[test]
fn the_gold_passages_are_found_and_nothing_else() {
    let documents = seeds();
    let report = Doublet::new().find(&documents).expect("a report");
    let gold = gold();
    let gold: Vec<_> = gold["passages"].as_array().expect("passages").iter().map(places).collect();
    for passage in &gold {
        let found = report.passages.iter().filter(|c| holds(&documents, c, passage)).count();
        assert_eq!(found, 1, "{passage:?}");
    }
    for cluster in &report.passages {
        let is_gold = gold.iter().any(|passage| holds(&documents, cluster, passage));
        let may_be = ["mutually beneficial cooperation", "China’s Central Military Commission"];
        assert!(is_gold || may_be.iter().any(|text| cluster.text.contains(text)), "{cluster:#?}");
        for member in &cluster.members {
            let name = &documents[member.document.index()].name;
            assert!(!name.contains("002_") && !name.contains("004_"), "{cluster:#?}");
        }
    }
}

#[test]
fn differences_are_told_as_what_they_are() {
    let documents = seeds();
    let report = Doublet::new().find(&documents).expect("a report");
    let changes: Vec<(Change, &str, &str)> = report
        .passages
        .iter()
        .filter(|cluster| cluster.text.contains("Cold War pattern"))
        .flat_map(|cluster| cluster.members.iter().flat_map(|member| &member.operations))
        .filter_map(|step| match step.kind {
            OperationKind::Replace(change) => {
                Some((change, step.canonical_text.as_deref()?, step.text.as_deref()?))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        changes,
        [(Change::Contraction, "are not", "aren’t"), (Change::Form, "pattern", "patterns"),]
    );
}

#[test]
fn the_report_does_not_depend_on_threads() {
    let mut documents = seeds();
    // Some more text, so that there is something to share out.
    for round in 0..40 {
        for seed in 0..5 {
            let text =
                documents[seed].text.replace("Russia", ["Russia", "Moscow", "Kremlin"][round % 3]);
            let from = text.char_indices().nth(round * 20).map_or(0, |(at, _)| at);
            documents.push(Document::new(format!("{seed}-{round}"), &text[from..]));
        }
    }
    let report = |threads| {
        let config = Config { threads, ..Config::default() };
        let doublet = Doublet::builder().config(config).build().expect("threads");
        let mut report = doublet.find(&documents).expect("a report");
        report.run.times.clear();
        serde_json::to_string(&report).expect("JSON")
    };
    let one = report(1);
    assert!(one == report(2) && one == report(7), "reports differ between numbers of threads");
}

#[test]
fn spans_hold_the_tokens_that_are_reported() {
    let documents = seeds();
    let report = Doublet::new().find(&documents).expect("a report");
    for member in report.passages.iter().flat_map(|cluster| &cluster.members) {
        let text = &documents[member.document.index()].text;
        let all = tokenize(text);
        let slice = tokenize(&text[member.span.range()]);
        let reported = &all[member.tokens.range()];
        let hashes =
            |tokens: &[doublet::text::Token]| tokens.iter().map(|t| t.hash).collect::<Vec<_>>();
        assert_eq!(hashes(&slice), hashes(reported));
    }
}
