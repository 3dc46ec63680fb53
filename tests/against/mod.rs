//! A corpus against a reference: every pair across by plain counting, and never one within.

mod program;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use doublet::report::model::{Match, MatchKind};
use doublet::text::tokenize;
use doublet::{
    Config, DocId, Document, DocumentConfig, Doublet, PassageConfig, Report, Sensitivity,
};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

/// A text of numbered words, no two of which look alike: forms of a word match in part.
fn spelled(words: &[u32]) -> String {
    let word = |word: &u32| -> String {
        let mut letters = xxh3_64(&word.to_le_bytes());
        let mut next = || {
            let letter = b'a' + (letters % 26) as u8;
            letters /= 26;
            char::from(letter)
        };
        (0..9).map(|_| next()).collect()
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
        // A document quotes a text once: where it does so twice, either place tells the other.
        let mut quoted = BTreeSet::new();
        let mut words = Vec::new();
        let mut new = || {
            *fresh += 1;
            *fresh
        };
        for piece in pieces {
            match *piece {
                Piece::Own(count) => words.extend((0..count).map(|_| new())),
                Piece::Quote { text, .. } if !quoted.insert(text) => {}
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

/// All longest runs of at least so many words that two texts share, as places in both and length.
fn runs(a: &[u32], b: &[u32], least: usize) -> Vec<(usize, usize, usize)> {
    let mut runs = Vec::new();
    for i in 0..a.len() {
        for j in 0..b.len() {
            if i > 0 && j > 0 && a[i - 1] == b[j - 1] {
                continue;
            }
            let len = a[i..].iter().zip(&b[j..]).take_while(|(x, y)| x == y).count();
            if len >= least {
                runs.push((i, j, len));
            }
        }
    }
    runs
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
        // Two quotes with much between them on one side may be one alignment of too little identity.
        let left_out = report.suppressed.dissimilar_alignments > 0;
        // Of a run of equal words, less stays out of sight than would be a passage by itself.
        for a in 0..reference.len() {
            for b in reference.len()..words.len() {
                for (at_a, at_b, len) in runs(&words[a], &words[b], least as usize) {
                    for (id, at) in [(a, at_a), (b, at_b)] {
                        let missing =
                            covered[id][at..at + len].iter().filter(|covered| !**covered).count();
                        prop_assert!(
                            missing < least as usize || left_out,
                            "{} of {} words at {} of document {} ({} with {})",
                            missing, len, at, id, a, b
                        );
                    }
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

/// Words that belong to one number alone.
fn own(id: u32, count: u32) -> Vec<u32> {
    (0..count).map(|word| 100_000 + 1000 * id + word).collect()
}

fn documents_of(texts: &[Vec<u32>]) -> Vec<Document> {
    let texts = texts.iter().enumerate();
    texts.map(|(id, words)| Document::new(id.to_string(), spelled(words))).collect()
}

/// Whether each document has part in a match, and in a passage.
fn with_findings(report: &Report) -> (Vec<bool>, Vec<bool>) {
    let mut matched = vec![false; report.documents.len()];
    let mut quoted = matched.clone();
    for found in &report.matches {
        matched[found.a.index()] = true;
        matched[found.b.index()] = true;
    }
    for member in report.passages.iter().flat_map(|passage| &passage.members) {
        quoted[member.document.index()] = true;
    }
    (matched, quoted)
}

#[test]
fn copies_within_a_side_hide_nothing() {
    // Every document of the corpus stands three times, once with a word changed; so does one of
    // the reference.
    let quote: Vec<u32> = (0..30).collect();
    let page = [own(1, 100), quote.clone(), own(2, 100)].concat();
    let mut version = page.clone();
    version[20] = 999;
    let item = [own(3, 40), quote, own(4, 30)].concat();
    let texts =
        [item.clone(), item.clone(), own(5, 50), page.clone(), page, version, item.clone(), item];
    let report = find(&documents_of(&texts), 3, Config::default());
    check_sides(&report, 3);
    let pairs: Vec<_> = report.matches.iter().map(|m| (m.a.0, m.b.0, m.kind)).collect();
    let exact = |a, b| (a, b, MatchKind::Exact);
    assert_eq!(pairs, [exact(0, 6), exact(0, 7), exact(1, 6), exact(1, 7)]);
    let shares: Vec<u64> = report.coverage.documents.iter().map(|share| share.reuse).collect();
    assert_eq!(shares, [100, 100, 0, 30, 30, 30, 100, 100]);
}

#[test]
fn an_item_within_another_has_all_that_hold_it() {
    let whole = own(1, 90);
    let pages = (0..8).map(|page| [own(10 + page, 40), whole.clone(), own(50 + page, 40)].concat());
    let item = [own(3, 9), whole[30..60].to_vec(), own(4, 9)].concat();
    let texts: Vec<Vec<u32>> = [item, whole.clone()].into_iter().chain(pages).collect();
    let report = find(&documents_of(&texts), 2, Config::default());
    check_sides(&report, 2);
    let carriers: Vec<Vec<u32>> = report
        .passages
        .iter()
        .map(|passage| passage.members.iter().map(|member| member.document.0).collect())
        .collect();
    let all: Vec<u32> = (0..10).collect();
    assert_eq!(carriers, [&all[..], &all[1..]]);
}

#[test]
fn a_text_that_all_of_both_sides_share_stays_linear_and_misses_nobody() {
    for (reference, corpus) in [(1, 3000), (3000, 1), (60, 3000), (3000, 60), (900, 900)] {
        let shared: Vec<u32> = (0..300).collect();
        let texts: Vec<Vec<u32>> = (0..reference + corpus)
            .map(|id| [own(id, 5 + id % 7), shared.clone(), own(id + 5000, 3)].concat())
            .collect();
        let report = find(&documents_of(&texts), reference as usize, Config::default());
        check_sides(&report, reference as usize);
        let (matched, quoted) = with_findings(&report);
        let lacking = |found: &[bool]| found.iter().filter(|found| !**found).count();
        assert_eq!(lacking(&quoted), 0, "{reference} and {corpus}");
        // Similar enough by far, but for what sketches miss.
        assert!(lacking(&matched) <= texts.len() / 200, "{reference} and {corpus}");
        let members: usize = report.passages.iter().map(|passage| passage.members.len()).sum();
        assert!(members < 3 * texts.len(), "{members} members of {reference} and {corpus}");
        assert!(report.matches.len() <= 64 * texts.len(), "{} matches", report.matches.len());
    }
}

#[test]
fn an_item_that_hundreds_hold_is_found_in_all_of_them() {
    let items: Vec<Vec<u32>> = (0..5).map(|item| own(item, 25)).collect();
    let pages = (10..700).map(|page| {
        [own(page, 150), items[page as usize % 5].clone(), own(page + 1000, 150)].concat()
    });
    let texts: Vec<Vec<u32>> = items.iter().cloned().chain(pages).collect();
    // Either side may be the one with the items.
    let turned: Vec<Vec<u32>> = texts[5..].iter().chain(&texts[..5]).cloned().collect();
    for (texts, reference) in [(&texts, 5), (&turned, 690)] {
        let report = find(&documents_of(texts), reference, Config::default());
        check_sides(&report, reference);
        assert_eq!(report.matches.len(), 690);
        assert!(report.matches.iter().all(|found| found.kind == MatchKind::Contained));
        let held = |found: &Match| found.a_in_b.max(found.b_in_a);
        assert!(report.matches.iter().all(|found| held(found) == 1.0));
        let scores = report.document_clusters.iter().map(|cluster| cluster.lowest_score);
        assert!(scores.into_iter().all(|score| score == 1.0));
        let (matched, quoted) = with_findings(&report);
        assert!(matched.iter().chain(&quoted).all(|found| *found));
    }
}

#[test]
fn an_empty_side_is_compared_with_nothing() {
    let texts = [own(1, 30), own(1, 30)];
    for reference in [0, 2] {
        let report = find(&documents_of(&texts), reference, Config::default());
        check_sides(&report, reference);
        assert!(report.matches.is_empty() && report.passages.is_empty());
    }
    let refused = Doublet::new().find_against(&documents_of(&texts), 3);
    assert!(refused.expect_err("too many").to_string().contains("a reference of 3 among 2"));
}
