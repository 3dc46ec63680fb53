//! Passages against a suffix array: nearly every token that lies in an exact repeat as long as
//! the guarantee is covered by some passage at the end. (What links find, before clusters decide
//! on extents, is tested beside them.)

use std::fs;
use std::path::PathBuf;

use doublet::text::tokenize;
use doublet::{Config, Document, Doublet, PassageConfig, Report, Scope, Sensitivity};
use doublet_generate::corpus::CorpusPlan;
use doublet_generate::repeats::repeated_tokens;

/// Share of the repeated tokens that passages have to cover, of documents that share copies and
/// quotes, and of real prose, where most repeats are phrases of six words.
const COVERED_COPIES: f64 = 0.995;
const COVERED_PROSE: f64 = 0.97;

fn find(texts: &[String], sensitivity: Sensitivity, min_words: u32) -> Report {
    let documents: Vec<Document> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| Document::new(format!("{number}"), text.as_str()))
        .collect();
    let passages = PassageConfig { min_words, sensitivity, ..PassageConfig::default() };
    let config = Config { scope: Scope::Passages, passages, ..Config::default() };
    let doublet = Doublet::builder().config(config).build().expect("options within their ranges");
    doublet.find(&documents).expect("few and small documents")
}

/// How many of the tokens in exact repeats of `words` or more lie in passages, and how many there
/// are. Text without dense scripts, where a token is a word.
fn coverage(texts: &[String], sensitivity: Sensitivity, words: u32) -> (usize, usize) {
    let report = find(texts, sensitivity, words);
    let tokens: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| tokenize(text).iter().map(|token| token.hash.0).collect())
        .collect();
    let repeated = repeated_tokens(&tokens, words as usize).expect("few tokens");
    let mut covered: Vec<Vec<bool>> = tokens.iter().map(|list| vec![false; list.len()]).collect();
    for member in report.passages.iter().flat_map(|cluster| &cluster.members) {
        covered[member.document.index()][member.tokens.range()].fill(true);
    }
    let mut counts = (0, 0);
    for (repeated, covered) in repeated.iter().zip(&covered) {
        for (_, covered) in repeated.iter().zip(covered).filter(|(repeated, _)| **repeated) {
            counts.1 += 1;
            counts.0 += usize::from(*covered);
        }
    }
    counts
}

fn check(texts: &[String], wanted: f64) {
    let guarantees = [(Sensitivity::Fast, 10), (Sensitivity::Balanced, 6), (Sensitivity::High, 6)];
    let mut missed = Vec::new();
    for (sensitivity, words) in guarantees {
        let (covered, repeated) = coverage(texts, sensitivity, words);
        let share = covered as f64 / repeated as f64;
        println!("{sensitivity:?}: {covered} of {repeated} tokens covered, {share:.5}");
        assert!(repeated > 10_000, "too few repeats to measure by");
        if share < wanted {
            missed.push((sensitivity, share));
        }
    }
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn exact_repeats_of_synthetic_documents_are_covered() {
    let plan = CorpusPlan { seed: 21, ..CorpusPlan::default() };
    let texts: Vec<String> = plan.documents_of(4_000_000).map(|document| document.text).collect();
    check(&texts, COVERED_COPIES);
}

#[test]
fn exact_repeats_of_real_documents_are_covered() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/en100.jsonl.zst");
    let Ok(packed) = fs::File::open(path) else {
        println!("skipped: ../shared/corpora/en100.jsonl.zst is not there");
        return;
    };
    let jsonl = zstd::decode_all(packed).expect("a zstd file");
    let texts: Vec<String> = String::from_utf8(jsonl)
        .expect("UTF-8")
        .lines()
        .take(2_000)
        .filter_map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).ok()?;
            record.get("text")?.as_str().map(str::to_owned)
        })
        .collect();
    check(&texts, COVERED_PROSE);
}
