//! A corpus against a reference: every pair across by plain counting, and never one within.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doublet::report::model::MatchKind;
use doublet::text::tokenize;
use doublet::{
    Config, DocId, Document, DocumentConfig, Doublet, PassageConfig, Report, Sensitivity,
};
use proptest::prelude::*;

/// Words of a text as numbers, written so that no two of them are alike.
fn spelled(words: &[u32]) -> String {
    let syllables = ["ba", "ko", "ri", "mu", "te", "sna", "ve", "lo", "dum", "ni"];
    let word = |word: &u32| -> String {
        let digits = [word / 1000, word / 100 % 10, word / 10 % 10, word % 10];
        digits.iter().map(|&digit| syllables[digit as usize % 10]).collect()
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// What a document is made of.
#[derive(Clone, Debug)]
enum Piece {
    /// Words of one of some texts, from a place on; one word in `every` is another one.
    Quote { text: u32, from: u32, words: u32, every: u32 },
    /// Words that nobody else has.
    Own(u32),
}

fn piece() -> impl Strategy<Value = Piece> {
    let quote = (0u32..4, 0u32..60, 4u32..70, prop::sample::select(vec![9, 17, 40, 1000]));
    prop_oneof![
        5 => quote.prop_map(|(text, from, words, every)| Piece::Quote { text, from, words, every }),
        2 => (1u32..40).prop_map(Piece::Own),
    ]
}

/// Documents, some of which are copies of the one before.
fn documents() -> impl Strategy<Value = Vec<(Vec<Piece>, bool)>> {
    prop::collection::vec((prop::collection::vec(piece(), 0..4), prop::bool::weighted(0.2)), 0..9)
}

fn texts(documents: &[(Vec<Piece>, bool)], fresh: &mut u32) -> Vec<Vec<u32>> {
    let mut texts: Vec<Vec<u32>> = Vec::new();
    for (pieces, is_copy) in documents {
        if let (true, Some(before)) = (is_copy, texts.last()) {
            texts.push(before.clone());
            continue;
        }
        let mut words = Vec::new();
        let mut new = || {
            *fresh += 1;
            *fresh
        };
        for piece in pieces {
            match *piece {
                Piece::Own(count) => words.extend((0..count).map(|_| new())),
                Piece::Quote { text, from, words: count, every } => {
                    for at in from..from + count {
                        let is_other = at % every == every / 2;
                        words.push(if is_other { new() } else { 200 * text + at });
                    }
                }
            }
        }
        texts.push(words);
    }
    texts
}

fn both_sides(
    reference: &[(Vec<Piece>, bool)],
    corpus: &[(Vec<Piece>, bool)],
) -> (Vec<Vec<u32>>, Vec<Document>) {
    let mut fresh = 1000;
    let mut words = texts(reference, &mut fresh);
    words.extend(texts(corpus, &mut fresh));
    let documents = words.iter().enumerate();
    let documents =
        documents.map(|(id, words)| Document::new(id.to_string(), spelled(words))).collect();
    (words, documents)
}

fn find(documents: &[Document], reference: usize, config: Config) -> Report {
    let doublet = Doublet::builder().config(config).build().expect("options within their ranges");
    doublet.find_against(documents, reference).expect("few and small documents")
}

/// Sets of five words in a row; of a shorter text the whole.
fn grams(words: &[u32]) -> BTreeSet<&[u32]> {
    words.windows(words.len().clamp(1, 5)).collect()
}

/// Nothing of a report is about two documents of one side.
fn check_sides(report: &Report, reference: usize) {
    let refers = |id: DocId| id.index() < reference;
    assert_eq!(report.reference(), Some(reference));
    assert!(report.documents.iter().enumerate().all(|(i, d)| d.reference == (i < reference)));
    assert!(report.matches.iter().all(|found| refers(found.a) && !refers(found.b)));
    let mut represented = BTreeSet::new();
    for cluster in &report.document_clusters {
        assert!(refers(cluster.representative) && represented.insert(cluster.representative));
        assert!(cluster.members.iter().all(|member| !refers(member.document)));
    }
    for passage in &report.passages {
        let canonical = &passage.members[passage.canonical as usize];
        assert!(refers(canonical.document), "{passage:?}");
        assert!(passage.members.iter().any(|member| !refers(member.document)), "{passage:?}");
    }
    for (row, group) in report.coverage.between.iter().zip(&report.groups) {
        for (&tokens, other) in row.iter().zip(&report.groups) {
            assert!(tokens == 0 || group.reference != other.reference);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn documents_are_matched_across_as_counting_says(
        reference in documents(),
        corpus in documents(),
        threshold in prop::sample::select(vec![0.5, 0.8]),
        containment in prop::sample::select(vec![0.7, 0.9]),
    ) {
        // So certain that a miss is a mistake.
        let config = DocumentConfig {
            threshold, containment, recall: 1.0 - 1e-7, sketch_size: 1024,
            ..DocumentConfig::default()
        };
        let (words, documents) = both_sides(&reference, &corpus);
        let config = Config { documents: config, ..Config::default() };
        let report = find(&documents, reference.len(), config);
        check_sides(&report, reference.len());

        let mut expected = BTreeMap::new();
        for a in 0..reference.len() {
            for b in reference.len()..words.len() {
                if words[a].is_empty() || words[b].is_empty() {
                    continue;
                }
                let (ours, theirs) = (grams(&words[a]), grams(&words[b]));
                let both = ours.intersection(&theirs).count() as f64;
                let scores = [
                    both / ours.union(&theirs).count() as f64,
                    both / ours.len() as f64,
                    both / theirs.len() as f64,
                ];
                let kind = if words[a] == words[b] {
                    MatchKind::Exact
                } else if scores[0] >= threshold {
                    MatchKind::Near
                } else if scores[1].max(scores[2]) >= containment {
                    MatchKind::Contained
                } else {
                    continue;
                };
                expected.insert((a as u32, b as u32), (kind, scores));
            }
        }
        let found: BTreeMap<_, _> = report.matches.iter().map(|found| {
            ((found.a.0, found.b.0), (found.kind, [found.similarity, found.a_in_b, found.b_in_a]))
        }).collect();
        prop_assert_eq!(found.len(), report.matches.len());
        prop_assert_eq!(&found, &expected);
        // Each match is in the cluster of its document of the reference.
        let members = report.document_clusters.iter().flat_map(|cluster| {
            let own = cluster.representative.0;
            cluster.members.iter().map(move |member| {
                let scores = [member.similarity, member.contains, member.containment];
                ((own, member.document.0), (member.kind, scores))
            })
        });
        prop_assert_eq!(members.collect::<BTreeMap<_, _>>(), expected);
    }

    #[test]
    fn passages_cover_every_run_across_and_nothing_else(
        reference in documents(),
        corpus in documents(),
        sensitivity in prop::sample::select(vec![
            Sensitivity::Fast, Sensitivity::Balanced, Sensitivity::High,
        ]),
    ) {
        let (words, documents) = both_sides(&reference, &corpus);
        let least = sensitivity.guarantee().max(6);
        let passages =
            PassageConfig { sensitivity, min_words: least, ..PassageConfig::default() };
        let report = find(&documents, reference.len(), Config { passages, ..Config::default() });
        check_sides(&report, reference.len());

        let mut covered: Vec<Vec<bool>> =
            words.iter().map(|words| vec![false; words.len()]).collect();
        for member in report.passages.iter().flat_map(|passage| &passage.members) {
            covered[member.document.index()][member.tokens.range()].fill(true);
        }
        let (ours, theirs) = words.split_at(reference.len());
        for (own, other, first) in [(ours, theirs, 0), (theirs, ours, reference.len())] {
            let runs: HashSet<&[u32]> =
                other.iter().flat_map(|words| words.windows(least as usize)).collect();
            for (id, words) in (first..).zip(own) {
                for (at, run) in words.windows(least as usize).enumerate() {
                    let is_covered = covered[id][at..at + run.len()].iter().all(|covered| *covered);
                    prop_assert!(
                        !runs.contains(run) || is_covered,
                        "{} of document {}: {:?}", at, id, spelled(run)
                    );
                }
            }
        }
        // Whatever is reported shares words with the other side.
        for passage in &report.passages {
            for member in &passage.members {
                let (id, range) = (member.document.index(), member.tokens.range());
                let across = passage.members.iter().filter(|other| {
                    (other.document.index() < reference.len()) != (id < reference.len())
                });
                let own: HashSet<u32> = words[id][range].iter().copied().collect();
                let shares = across.flat_map(|other| {
                    &words[other.document.index()][other.tokens.range()]
                });
                let shared: HashSet<u32> =
                    shares.filter(|word| own.contains(word)).copied().collect();
                prop_assert!(shared.len() >= 3, "{member:?}");
            }
        }
    }
}

#[test]
fn tokens_are_words() {
    let words: Vec<u32> = (0..4000).collect();
    let tokens = tokenize(&spelled(&words));
    assert_eq!(tokens.len(), words.len());
    let different: HashSet<u32> = tokens.iter().map(|token| token.hash.0).collect();
    assert_eq!(different.len(), words.len());
}
