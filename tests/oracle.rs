//! Passages against a suffix array: nearly every token that lies in an exact repeat as long as
//! the guarantee is covered by some passage at the end. (What links find, before clusters decide
//! on extents, is tested beside them.) The same for a reference: nearly every token that lies in a
//! run that the other side has is covered.

use std::collections::HashSet;
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
/// The same between a reference and the rest.
const COVERED_ACROSS: f64 = 0.99;

/// With a reference the first so many texts are that.
fn find(
    texts: &[String],
    reference: Option<usize>,
    sensitivity: Sensitivity,
    min_words: u32,
) -> Report {
    let documents: Vec<Document> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| Document::new(format!("{number}"), text.as_str()))
        .collect();
    let passages = PassageConfig { min_words, sensitivity, ..PassageConfig::default() };
    let config = Config { scope: Scope::Passages, passages, ..Config::default() };
    let doublet = Doublet::builder().config(config).build().expect("options within their ranges");
    let found = match reference {
        None => doublet.find(&documents),
        Some(reference) => doublet.find_against(&documents, reference),
    };
    found.expect("few and small documents")
}

/// Whether each token lies in a run of so many words that the other side has.
fn shared_across(tokens: &[Vec<u32>], reference: usize, words: usize) -> Vec<Vec<bool>> {
    let runs = |texts: &[Vec<u32>]| -> HashSet<Vec<u32>> {
        texts.iter().flat_map(|text| text.windows(words).map(<[u32]>::to_vec)).collect()
    };
    let (ours, theirs) = tokens.split_at(reference);
    let (ours, theirs) = (runs(ours), runs(theirs));
    let mark = |(id, text): (usize, &Vec<u32>)| {
        let others = if id < reference { &theirs } else { &ours };
        let mut shared = vec![false; text.len()];
        for (at, run) in text.windows(words).enumerate() {
            if others.contains(run) {
                shared[at..at + words].fill(true);
            }
        }
        shared
    };
    tokens.iter().enumerate().map(mark).collect()
}

/// How many of the tokens in exact repeats of `words` or more lie in passages, and how many there
/// are. Text without dense scripts, where a token is a word.
fn coverage(
    texts: &[String],
    reference: Option<usize>,
    sensitivity: Sensitivity,
    words: u32,
) -> (usize, usize) {
    let report = find(texts, reference, sensitivity, words);
    let tokens: Vec<Vec<u32>> = texts
        .iter()
        .map(|text| tokenize(text).iter().map(|token| token.hash.0).collect())
        .collect();
    let repeated = match reference {
        None => repeated_tokens(&tokens, words as usize).expect("few tokens"),
        Some(reference) => shared_across(&tokens, reference, words as usize),
    };
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

fn check(texts: &[String], reference: Option<usize>, wanted: f64) {
    let guarantees = [(Sensitivity::Fast, 10), (Sensitivity::Balanced, 6), (Sensitivity::High, 6)];
    let mut missed = Vec::new();
    for (sensitivity, words) in guarantees {
        let (covered, repeated) = coverage(texts, reference, sensitivity, words);
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
    check(&texts, None, COVERED_COPIES);
    check(&texts, Some(texts.len() / 8), COVERED_ACROSS);
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
    check(&texts, None, COVERED_PROSE);
    check(&texts, Some(texts.len() / 2), COVERED_ACROSS);
}
