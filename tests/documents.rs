//! The half that compares documents, against its formulas and against brute force.

// Scores are quotients of the same whole numbers; tests may print.
#![allow(clippy::float_cmp, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader};
use std::path::Path;

use doublet::cluster::keep_ranks;
use doublet::documents::{DocumentFindings, FeatureMaker, compare_documents};
use doublet::lsh::Banding;
use doublet::report::model::{DocumentCluster, Match, MatchKind};
use doublet::shingle::for_each_document_shingle;
use doublet::sketch::{SketchSpec, Sketcher, estimate_error};
use doublet::text::TokenHash;
use doublet::verify::{Scores, exact_scores};
use doublet::{DocId, Document, DocumentConfig, ErrorKind, Keep, Linkage};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A deterministic stream of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 += 1;
        xxh3_64(&self.0.to_le_bytes())
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

fn word(text: &[u8]) -> TokenHash {
    TokenHash(xxh3_64(text) as u32 & !1)
}

fn random_text(numbers: &mut Numbers, words: u64) -> Vec<TokenHash> {
    (0..words).map(|_| word(&numbers.below(20_000).to_le_bytes())).collect()
}

/// Replaces, deletes or inserts a word with this probability, in thousandths.
fn edited(numbers: &mut Numbers, text: &[TokenHash], rate: u64) -> Vec<TokenHash> {
    let mut result = Vec::new();
    for &token in text {
        if numbers.below(1000) >= rate {
            result.push(token);
            continue;
        }
        let other = word(&numbers.next().to_le_bytes());
        match numbers.below(3) {
            0 => result.push(other),
            1 => result.extend([token, other]),
            _ => {}
        }
    }
    result
}

/// Originals with edited versions, excerpts, exact copies, and a few hardly any words.
fn planted(originals: u64) -> Vec<Vec<TokenHash>> {
    let mut numbers = Numbers(originals);
    let mut texts = Vec::new();
    for i in 0..originals {
        let words = 20 + numbers.below(600);
        let text = random_text(&mut numbers, words);
        for version in 0..i % 5 {
            let rate = [5, 10, 20, 40][version as usize];
            texts.push(edited(&mut numbers, &text, rate));
        }
        if i % 7 == 0 {
            texts.push(text.clone());
        }
        if i % 6 == 0 {
            let from = text.len() / 4;
            texts.push(text[from..from + text.len() / 3].to_vec());
        }
        texts.push(text);
    }
    texts.extend([vec![], vec![], vec![word(b"one")], vec![word(b"two")], vec![word(b"one")]]);
    // In an order that says nothing.
    for i in (1..texts.len()).rev() {
        texts.swap(i, numbers.below(i as u64 + 1) as usize);
    }
    texts
}

fn compare(texts: &[Vec<TokenHash>], config: &DocumentConfig) -> DocumentFindings {
    let mut maker = FeatureMaker::new(config).expect("a valid configuration");
    let features: Vec<_> = texts.iter().map(|text| maker.features(text)).collect();
    let tokens: Vec<u32> = texts.iter().map(|text| text.len() as u32).collect();
    let documents = vec![Document::default(); texts.len()];
    let ranks = keep_ranks(&config.keep, &documents, &tokens, |_| None);
    compare_documents(&features, &|id| &texts[id.index()], &ranks, config).expect("findings")
}

/// Exact scores of all pairs of documents that share a shingle, by counting shared shingles.
fn brute_force(texts: &[Vec<TokenHash>], shingle_size: u32) -> BTreeMap<(u32, u32), Scores> {
    let sets: Vec<BTreeSet<u64>> = texts
        .iter()
        .map(|text| {
            let mut set = BTreeSet::new();
            for_each_document_shingle(text, shingle_size, |hash, _, _| {
                set.insert(hash);
            });
            set
        })
        .collect();
    let mut postings: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (id, set) in (0..).zip(&sets) {
        for &shingle in set {
            postings.entry(shingle).or_default().push(id);
        }
    }
    postings.retain(|_, holders| holders.len() > 1);
    let mut scores = BTreeMap::new();
    let mut common = vec![0u32; texts.len()];
    for (a, set) in (0u32..).zip(&sets) {
        let mut partners = Vec::new();
        for holders in set.iter().filter_map(|shingle| postings.get(shingle)) {
            for &b in &holders[holders.partition_point(|&b| b <= a)..] {
                if common[b as usize] == 0 {
                    partners.push(b);
                }
                common[b as usize] += 1;
            }
        }
        for b in partners {
            let both = f64::from(std::mem::take(&mut common[b as usize]));
            let (ours, theirs) = (set.len() as f64, sets[b as usize].len() as f64);
            scores.insert(
                (a, b),
                Scores {
                    similarity: both / (ours + theirs - both),
                    a_in_b: both / ours,
                    b_in_a: both / theirs,
                },
            );
        }
    }
    scores
}

/// Recall of near-duplicates and of contained documents; fails on any false or inexact match.
fn recall(texts: &[Vec<TokenHash>], found: &[Match], config: &DocumentConfig) -> (f64, f64) {
    let exact = brute_force(texts, config.shingle_size);
    assert!(found.windows(2).all(|pair| (pair[0].a, pair[0].b) < (pair[1].a, pair[1].b)));
    let mut near = (0, 0);
    let mut contained = (0, 0);
    for m in found {
        assert!(m.a < m.b);
        let scores = exact[&(m.a.0, m.b.0)];
        assert_eq!(
            (m.similarity, m.a_in_b, m.b_in_a),
            (scores.similarity, scores.a_in_b, scores.b_in_a)
        );
        match m.kind {
            MatchKind::Exact => assert_eq!(texts[m.a.index()], texts[m.b.index()]),
            MatchKind::Near => assert!(m.similarity >= config.threshold),
            MatchKind::Contained => {
                assert!(m.similarity < config.threshold);
                assert!(m.a_in_b.max(m.b_in_a) >= config.containment);
            }
        }
    }
    for (&(a, b), scores) in &exact {
        let count = if scores.similarity >= config.threshold {
            &mut near
        } else if scores.a_in_b.max(scores.b_in_a) >= config.containment {
            &mut contained
        } else {
            continue;
        };
        count.1 += 1;
        let key = (DocId(a), DocId(b));
        count.0 += usize::from(found.binary_search_by_key(&key, |m| (m.a, m.b)).is_ok());
    }
    assert!(near.1 > 100 && contained.1 > 20, "too little to find: {near:?} {contained:?}");
    let share = |(found, all): (usize, usize)| found as f64 / all as f64;
    (share(near), share(contained))
}

/// Two sets of `n` hashes that share as many as similarity `j` asks for, and their similarity.
fn two_sets(n: u64, j: f64, trial: u64) -> (Vec<u64>, Vec<u64>, f64) {
    let shared = (2.0 * n as f64 * j / (1.0 + j)).round() as u64;
    let set =
        |from: u64| (from..from + n).map(|i| xxh3_64_with_seed(&i.to_le_bytes(), trial)).collect();
    (set(0), set(n - shared), shared as f64 / (2 * n - shared) as f64)
}

#[test]
fn estimates_are_unbiased_and_as_accurate_as_claimed() {
    let k = 128;
    let mut sketcher = Sketcher::new(SketchSpec::new(5, k).expect("sizes in range"));
    for (n, trials) in [(5, 3000), (20, 3000), (64, 3000), (200, 2000), (1000, 1000), (5000, 600)] {
        for j in [0.3, 0.5, 0.7, 0.8, 0.9, 0.95] {
            let (mut sum, mut squares, mut similarity) = (0.0, 0.0, 0.0);
            for trial in 0..trials {
                let (a, b, exact) = two_sets(n, j, trial);
                let ours = sketcher.sketch_hashes(&a);
                let estimate = ours.estimate(&sketcher.sketch_hashes(&b)).expect("one spec");
                sum += estimate - exact;
                squares += (estimate - exact).powi(2);
                similarity = exact;
            }
            let claimed = estimate_error(similarity, k);
            let bias = sum / trials as f64;
            let rmse = (squares / trials as f64).sqrt();
            assert!(
                bias.abs() <= 4.0 * claimed / (trials as f64).sqrt(),
                "n {n} j {j}: bias {bias}"
            );
            // Independent registers are the upper end; below k shingles the error is √2 lower.
            assert!(rmse <= 1.1 * claimed, "n {n} j {j}: {rmse} of {claimed}");
            if n <= u64::from(k) / 2 {
                let lower = claimed / 2.0f64.sqrt();
                assert!(
                    rmse <= 1.1 * lower && rmse >= 0.9 * lower,
                    "n {n} j {j}: {rmse} of {lower}"
                );
            }
        }
    }
}

#[test]
fn stored_sketches_estimate_the_same() {
    let mut sketcher = Sketcher::new(SketchSpec::new(5, 256).expect("sizes in range"));
    for trial in 0..200 {
        let (a, b, _) = two_sets(300, 0.6, trial);
        let (a, b) = (sketcher.sketch_hashes(&a), sketcher.sketch_hashes(&b));
        let full = a.estimate(&b).expect("one spec");
        // A chance agreement or two among 256 registers.
        assert!((a.compact().estimate(&b.compact()) - full).abs() < 2.5 / 256.0);
    }
}

#[test]
fn bands_recall_what_their_formula_says() {
    let k = 256;
    let trials = 800;
    let mut sketcher = Sketcher::new(SketchSpec::new(5, k).expect("sizes in range"));
    for t in [0.8, 0.7, 0.5] {
        let banding = Banding::for_threshold(t, 0.99, k).expect("a banding");
        for j in [t - 0.3, t - 0.15, t, t + 0.1] {
            let mut met = 0;
            let mut similarity = 0.0;
            for trial in 0..trials {
                let (a, b, exact) = two_sets(1000, j, trial);
                let ours = banding.keys(sketcher.sketch_hashes(&a).registers());
                let theirs = banding.keys(sketcher.sketch_hashes(&b).registers());
                met += usize::from(ours.iter().zip(&theirs).any(|(x, y)| x == y));
                similarity = exact;
            }
            let expected = banding.probability(similarity);
            let observed = met as f64 / trials as f64;
            let error = (expected * (1.0 - expected) / trials as f64).sqrt();
            assert!(
                (observed - expected).abs() <= 4.0 * error + 0.002,
                "t {t} j {similarity}: {observed} for {expected}"
            );
        }
    }
}

#[test]
fn planted_versions_against_brute_force() {
    let texts = planted(500);
    for (threshold, containment) in [(0.7, 0.9), (0.5, 0.8), (0.9, 1.0)] {
        let config = DocumentConfig { threshold, containment, ..DocumentConfig::default() };
        let found = compare(&texts, &config);
        let (near, contained) = recall(&texts, &found.matches, &config);
        assert!(near >= 0.99, "t {threshold}: {near}");
        assert!(contained >= 0.98, "c {containment}: {contained}");
    }
}

/// Words of the first documents of the corpus, if it is there.
fn real_texts(count: usize) -> Option<Vec<Vec<TokenHash>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora/en100.jsonl.zst");
    let Ok(file) = std::fs::File::open(&path) else {
        println!("skipped: there is no {}", path.display());
        return None;
    };
    let lines = BufReader::new(zstd::Decoder::new(file).expect("a zstd frame")).lines();
    let words = |line: std::io::Result<String>| {
        let record: serde_json::Value =
            serde_json::from_str(&line.expect("a line")).expect("a JSON record");
        let text = record["text"].as_str().expect("a text").to_lowercase();
        text.split_whitespace().map(|text| word(text.as_bytes())).collect()
    };
    Some(lines.take(count).map(words).collect())
}

#[test]
fn real_documents_against_brute_force() {
    let Some(texts) = real_texts(6000) else { return };
    let config = DocumentConfig { threshold: 0.7, ..DocumentConfig::default() };
    let found = compare(&texts, &config);
    let (near, contained) = recall(&texts, &found.matches, &config);
    println!("{} matches, recall {near} near, {contained} contained", found.matches.len());
    assert!(near >= 0.99, "near {near}");
    assert!(contained >= 0.98, "contained {contained}");
    check_clusters(&texts, &found, &config);
}

#[test]
fn findings_do_not_depend_on_threads() {
    let texts = planted(400);
    for linkage in [Linkage::Star, Linkage::Single] {
        let config = DocumentConfig { threshold: 0.6, linkage, ..DocumentConfig::default() };
        let with = |threads| {
            let pool =
                rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| compare(&texts, &config))
        };
        let one = with(1);
        assert!(!one.clusters.is_empty());
        assert_eq!(one, with(2));
        assert_eq!(one, with(7));
    }
}

/// Every document once at most, every score exact, every member what it claims to be.
fn check_clusters(texts: &[Vec<TokenHash>], found: &DocumentFindings, config: &DocumentConfig) {
    let mut seen = BTreeSet::new();
    for cluster in &found.clusters {
        let DocumentCluster { representative, members, lowest_score } = cluster;
        assert!(!members.is_empty());
        assert!(seen.insert(*representative));
        let mut lowest = 1.0f64;
        for member in members {
            assert!(seen.insert(member.document), "{} twice", member.document);
            let ours = &texts[representative.index()];
            let theirs = &texts[member.document.index()];
            let scores = exact_scores(ours, theirs, config.shingle_size);
            assert_eq!(member.similarity, scores.similarity);
            assert_eq!(member.containment, scores.b_in_a);
            match member.kind {
                MatchKind::Exact => assert_eq!(ours, theirs),
                MatchKind::Near if config.linkage == Linkage::Single => {}
                MatchKind::Near => assert!(member.similarity >= config.threshold),
                MatchKind::Contained => assert!(member.containment >= config.containment),
            }
            assert!(member.kind == MatchKind::Exact || ours != theirs);
            let contained = member.kind == MatchKind::Contained;
            lowest = lowest.min(if contained { member.containment } else { member.similarity });
            // Under this policy.
            assert!(config.keep != Keep::Longest || ours.len() >= theirs.len());
        }
        assert!(members.windows(2).all(|pair| pair[0].document < pair[1].document));
        assert_eq!(*lowest_score, lowest);
    }
    assert!(found.clusters.windows(2).all(|pair| {
        let key = |c: &DocumentCluster| (usize::MAX - c.members.len(), c.representative);
        key(&pair[0]) < key(&pair[1])
    }));
    // Whoever matches and is in no cluster could join nobody: its partners went elsewhere.
    for m in found.matches.iter().filter(|m| m.kind == MatchKind::Exact) {
        assert!(seen.contains(&m.a) && seen.contains(&m.b));
    }
}

#[test]
fn clusters_keep_their_promises() {
    let texts = planted(400);
    for linkage in [Linkage::Star, Linkage::Single] {
        for keep in [Keep::Longest, Keep::First] {
            let config = DocumentConfig { linkage, keep, ..DocumentConfig::default() };
            let found = compare(&texts, &config);
            assert!(found.clusters.len() > 100);
            check_clusters(&texts, &found, &config);
        }
    }
}

#[test]
fn a_chain_of_versions_is_cut_into_stars() {
    // Each version shifts by 50 words of 1,000: neighbours are similar, the ends are not.
    let mut numbers = Numbers(1);
    let text = random_text(&mut numbers, 3000);
    let texts: Vec<_> = (0..20).map(|i| text[i * 50..i * 50 + 1000].to_vec()).collect();
    let config = DocumentConfig { keep: Keep::First, ..DocumentConfig::default() };
    let star = compare(&texts, &config);
    // Up to two steps apart: similarity (1000 − 100 − 4)/(1000 + 100 − 4) = 0.82.
    let sizes: Vec<usize> = star.clusters.iter().map(|cluster| cluster.members.len()).collect();
    assert_eq!(sizes, [2, 2, 2, 2, 2, 2, 1]);
    assert_eq!(star.clusters[1].representative, DocId(3));
    let single = compare(&texts, &DocumentConfig { linkage: Linkage::Single, ..config });
    assert_eq!(single.clusters.len(), 1);
    assert_eq!(single.clusters[0].members.len(), 19);
    assert!(single.clusters[0].lowest_score < 0.1);
}

#[test]
fn a_part_joins_the_whole_even_if_it_comes_first() {
    let text = random_text(&mut Numbers(2), 1000);
    let texts = [text[100..400].to_vec(), text.clone(), text[600..700].to_vec()];
    let config = DocumentConfig { keep: Keep::First, ..DocumentConfig::default() };
    let found = compare(&texts, &config);
    assert_eq!(found.clusters.len(), 1);
    assert_eq!(found.clusters[0].representative, DocId(1));
    let members: Vec<_> =
        found.clusters[0].members.iter().map(|m| (m.document.0, m.kind, m.containment)).collect();
    assert_eq!(members, [(0, MatchKind::Contained, 1.0), (2, MatchKind::Contained, 1.0)]);
    assert_eq!(found.clusters[0].lowest_score, 1.0);
}

#[test]
fn many_exact_copies_cost_one_comparison() {
    let mut numbers = Numbers(3);
    let text = random_text(&mut numbers, 300);
    let mut other = text.clone();
    other[100] = word(b"another");
    let mut texts = vec![text; 20_000];
    texts.push(other);
    let found = compare(&texts, &DocumentConfig::default());
    assert_eq!(found.matches.len(), 19_999 + 20_000);
    assert_eq!(found.suppressed.thinned_buckets, 2);
    assert_eq!(found.clusters.len(), 1);
    assert_eq!(found.clusters[0].members.len(), 20_000);
}

#[test]
fn many_near_copies_form_one_cluster_of_linear_size() {
    let mut numbers = Numbers(4);
    let text = random_text(&mut numbers, 300);
    let texts: Vec<_> = (0..3000)
        .map(|_| {
            let mut copy = text.clone();
            let place = numbers.below(300) as usize;
            copy[place] = word(&numbers.next().to_le_bytes());
            copy
        })
        .collect();
    let found = compare(&texts, &DocumentConfig::default());
    assert!(found.suppressed.thinned_buckets > 0);
    assert!(found.matches.len() < 100 * texts.len(), "{} matches", found.matches.len());
    assert_eq!(found.clusters.len(), 1);
    assert_eq!(found.clusters[0].members.len(), 2999);
}

#[test]
fn hardly_any_words() {
    let texts: Vec<Vec<TokenHash>> = ["", "", "a", "a", "b", "a b c", "a b c d e f", "b c d e f"]
        .map(|text| text.split_whitespace().map(|text| word(text.as_bytes())).collect())
        .to_vec();
    let found = compare(&texts, &DocumentConfig::default());
    assert_eq!(found.suppressed.empty_documents, 2);
    let pairs: Vec<_> = found.matches.iter().map(|m| (m.a.0, m.b.0, m.kind)).collect();
    assert_eq!(pairs, [(2, 3, MatchKind::Exact), (6, 7, MatchKind::Contained)]);
    assert_eq!(compare(&[], &DocumentConfig::default()), DocumentFindings::default());
}

#[test]
fn options_out_of_range_and_mixed_features_are_refused() {
    let valid = DocumentConfig::default();
    for config in [
        DocumentConfig { shingle_size: 0, ..valid.clone() },
        DocumentConfig { sketch_size: 100, ..valid.clone() },
        DocumentConfig { threshold: 0.0, ..valid.clone() },
        DocumentConfig { threshold: f64::NAN, ..valid.clone() },
        DocumentConfig { containment: 1.1, ..valid.clone() },
        DocumentConfig { containment: f64::NAN, ..valid.clone() },
        DocumentConfig { recall: 1.0, ..valid.clone() },
    ] {
        let error = FeatureMaker::new(&config).expect_err("out of range");
        assert_eq!(error.kind(), ErrorKind::Config, "{config:?}");
    }
    let other = DocumentConfig { sketch_size: 128, ..valid.clone() };
    let features = [FeatureMaker::new(&other).expect("valid").features(&[])];
    let error = compare_documents(&features, &|_| &[], &[0], &valid).expect_err("mixed");
    assert_eq!(error.kind(), ErrorKind::Spec);
}
