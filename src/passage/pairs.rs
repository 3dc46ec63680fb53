//! Pairs: what two documents (or two places of one) share, aligned.
//!
//! Three roads lead here: runs that links found, cut into chains and aligned; members of a
//! document cluster, aligned to their representative directly; exact copies, whose tokens are
//! equal from end to end. All pass the same filters, the fewest words and the lowest identity.
//!
//! Cost: a few microseconds a pair, linear in its length.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::align::{Aligner, Alignment, Sides, Stretch, equal_ranges};
use super::anchor::Winnowing;
use super::archive::Archive;
use super::blocks::{Job, each_found};
use super::chain::chains;
use super::direct::GramTable;
use super::grow::{Run, fetch};
use super::link::find_runs;
use super::prospects::Prospects;
use super::store::{PairRows, PairSink, Road, Side};
use super::vocabulary::Vocabulary;
use super::words::{PairWords, Words};
use super::{Collection, Limits};
use crate::error::Result;
use crate::find::Stage;
use crate::report::model::Suppressed;
use crate::span::TokenRange;
use crate::spill::{Sorted, Work};
use crate::stop::checkpoint;
use crate::text::TokenHash;
use crate::threads::overlapped;

/// A range of tokens of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) document: u32,
    pub(crate) tokens: TokenRange,
}

/// Two places that share a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: Place,
    pub(crate) b: Place,
    /// What matches, in order.
    pub(crate) matches: Box<[Stretch]>,
    /// Matched words, in half words.
    pub(crate) matched: u32,
}

/// Pairs that were found, and how many the filters left out.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) pairs: Vec<Pair>,
    pub(super) short: u64,
    pub(super) dissimilar: u64,
}

impl Found {
    /// Hands the pairs over and counts what was left out.
    fn pour(self, road: Road, sink: &mut PairSink, suppressed: &mut Suppressed) -> Result<()> {
        suppressed.short_alignments += self.short;
        suppressed.dissimilar_alignments += self.dissimilar;
        self.pairs.iter().try_for_each(|pair| sink.add(pair, road))
    }
}

/// Scratch of one thread.
#[derive(Default)]
pub(crate) struct Worker {
    pub(crate) aligner: Aligner,
    pub(crate) words: Words,
}

/// Workers that go from stage to stage: the words that they have met are worth keeping.
pub(crate) struct Workers {
    idle: Mutex<Vec<Worker>>,
    vocabulary: Arc<Vocabulary>,
}

impl Workers {
    /// Who keep the words that they have met within a share of the budget.
    pub(super) fn new(work: &Work) -> Self {
        let vocabulary = Arc::new(Vocabulary::within(work.share(6)));
        Self { idle: Mutex::default(), vocabulary }
    }

    /// Lends one that nobody else works with.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Worker) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let worker = idle().pop();
        let mut worker = worker.unwrap_or_else(|| Worker {
            words: Words::sharing(Arc::clone(&self.vocabulary)),
            aligner: Aligner::default(),
        });
        let made = work(&mut worker);
        idle().push(worker);
        made
    }
}

/// Representatives whose clusters are aligned before the next ones are.
const CLUSTERS: usize = 1024;

/// Pairs of documents that are aligned while what came of those before them is put in its place.
const GROUPS: usize = 1 << 14;
/// Of these, those that a thread aligns at a time.
const TOGETHER: usize = 64;
/// Runs of a pair of documents whose tokens are fetched beforehand.
const FETCHED: usize = 4;

/// Aligns everything that may share a passage: all pairs, and their sides by document.
pub(super) fn find_pairs(
    collection: &Collection<'_>,
    work: &Work,
    winnowing: Winnowing,
    limits: Limits,
    workers: &Workers,
    suppressed: &mut Suppressed,
    begin: &mut dyn FnMut(Stage),
) -> Result<(PairRows, Sorted<Side>)> {
    begin(Stage::Links);
    let mut sink = PairSink::new(work);
    match collection.archive {
        Archive::Held { tokens, .. } => {
            let prospects = Prospects::new(winnowing, limits.min_words);
            let runs = find_runs(collection, tokens, winnowing, prospects, suppressed);
            begin(Stage::Alignments);
            align_runs(collection, &runs, limits, workers, |found| {
                found.pour(Road::Links, &mut sink, suppressed)
            })?;
        }
        Archive::Stored(_) => {
            let aligning = &mut || begin(Stage::Alignments);
            let mut take =
                |found: Found, counts: &mut _| found.pour(Road::Links, &mut sink, counts);
            let of = Job { collection, work, winnowing, limits, workers };
            each_found(of, suppressed, aligning, &mut take)?;
        }
    }
    let members = members(collection);
    let clusters: Vec<&[(u32, u32)]> =
        members.chunk_by(|x, y| x.0 == y.0).flat_map(|cluster| cluster.chunks(1024)).collect();
    for clusters in clusters.chunks(CLUSTERS) {
        for found in align_to_representatives(collection, clusters, limits, workers) {
            found.pour(Road::Representative, &mut sink, suppressed)?;
        }
    }
    exact_copies(collection, limits).try_for_each(|pair| sink.add(&pair, Road::Copy))?;
    sink.finish()
}

/// Aligns all runs, sorted and by ranges of their first documents; hands over what came of them, in
/// order, while the next ones are aligned.
fn align_runs(
    collection: &Collection<'_>,
    runs: &[Vec<Run>],
    limits: Limits,
    workers: &Workers,
    mut put: impl FnMut(Found) -> Result<()> + Send,
) -> Result<()> {
    let groups: Vec<&[Run]> =
        runs.iter().flat_map(|runs| runs.chunk_by(|x, y| (x.a, x.b) == (y.a, y.b))).collect();
    let align = |groups: &[&[Run]]| {
        let mut found = Found::default();
        workers.with(|worker| {
            for group in groups {
                let both = collection.both(group[0].a, group[0].b);
                let starts = group.iter().take(FETCHED);
                fetch(starts.flat_map(|run| {
                    let sides = [(both.a(), run.at_a), (both.b(), run.at_b)];
                    sides
                        .into_iter()
                        .flat_map(|(tokens, at)| [(tokens, at), (tokens, at + run.len)])
                }));
            }
            for group in groups {
                let both = collection.both(group[0].a, group[0].b);
                align_group(collection, both.whole(), group, limits, worker, &mut found);
            }
        });
        found
    };
    overlapped(
        groups.chunks(GROUPS),
        |groups| groups.par_chunks(TOGETHER).map(align).collect::<Vec<Found>>(),
        |found| found.into_iter().try_for_each(&mut put),
    )
}

/// Chains and aligns the runs of one pair of documents.
pub(super) fn align_group(
    collection: &Collection<'_>,
    sides: Sides<'_>,
    runs: &[Run],
    limits: Limits,
    worker: &mut Worker,
    found: &mut Found,
) {
    let (a, b) = (runs[0].a, runs[0].b);
    let mut kept = Kept::default();
    for chain in chains(runs) {
        checkpoint();
        if kept.holds(&chain[0]) && kept.holds(&chain[chain.len() - 1]) {
            continue;
        }
        if !worth_a_closer_look(sides, &chain, limits, worker) {
            found.short += 1;
            continue;
        }
        let mut forms = PairWords::new(&mut worker.words, collection, (a, b), sides);
        for alignment in worker.aligner.align_chain(sides, &chain, &mut forms) {
            let Some(matched) = limits.check(&alignment, sides.a, found) else { continue };
            if kept.covers(&alignment) || a == b && alignment.b.start <= alignment.a.start {
                continue;
            }
            kept.add(&alignment);
            if a == b && alignment.b.start < alignment.a.end {
                found.pairs.extend(repeated_units(a, sides.a, &alignment, limits));
            } else {
                found.pairs.push(Pair::new(a, b, &alignment, matched));
            }
        }
    }
}

/// Whether a chain of few equal words is long enough once it is extended by hash alone.
fn worth_a_closer_look(
    sides: Sides<'_>,
    chain: &[Run],
    limits: Limits,
    worker: &mut Worker,
) -> bool {
    let enough = 2 * limits.min_words.saturating_sub(2).max(limits.min_words * 2 / 3);
    let weight = |at: u32, len: u32| -> u32 {
        sides.a[at as usize..(at + len) as usize].iter().map(|token| token.half_words()).sum()
    };
    chain.iter().map(|run| weight(run.at_a, run.len)).sum::<u32>() >= enough
        || worker.aligner.matched_by_hash(sides, chain) >= enough
}

impl Limits {
    /// The matched half words of an alignment that passes; counts one that does not.
    fn check(self, alignment: &Alignment, a: &[TokenHash], found: &mut Found) -> Option<u32> {
        let matched = alignment.matched_half_words(a);
        if matched < 2 * self.min_words {
            found.short += 1;
            None
        } else if alignment.identity() < self.min_identity {
            found.dissimilar += 1;
            None
        } else {
            Some(matched)
        }
    }
}

impl Pair {
    fn new(a: u32, b: u32, alignment: &Alignment, matched: u32) -> Self {
        Self {
            a: Place { document: a, tokens: alignment.a },
            b: Place { document: b, tokens: alignment.b },
            matches: alignment.matches().collect(),
            matched,
        }
    }
}

/// The alignments of one pair so far, to skip chains that lie inside one.
#[derive(Default)]
struct Kept {
    by_start: BTreeMap<(u32, u32), (TokenRange, TokenRange)>,
}

impl Kept {
    /// Neighbours looked at: alignments of one pair seldom overlap more deeply.
    const NEAR: usize = 16;

    fn near(&self, at_a: u32) -> impl Iterator<Item = &(TokenRange, TokenRange)> {
        self.by_start.range(..=(at_a, u32::MAX)).rev().take(Self::NEAR).map(|(_, ranges)| ranges)
    }

    fn holds(&self, run: &Run) -> bool {
        let a = TokenRange::new(run.at_a, run.at_a + run.len);
        let b = TokenRange::new(run.at_b, run.at_b + run.len);
        self.near(run.at_a).any(|(in_a, in_b)| in_a.contains(a) && in_b.contains(b))
    }

    /// Whether most of an alignment lies in an earlier one, on both sides.
    fn covers(&self, alignment: &Alignment) -> bool {
        let mostly = |range: TokenRange, other: TokenRange| 2 * range.overlap(other) > range.len();
        self.near(alignment.a.end).any(|&(a, b)| mostly(alignment.a, a) && mostly(alignment.b, b))
    }

    fn add(&mut self, alignment: &Alignment) {
        self.by_start.insert((alignment.a.start, alignment.b.start), (alignment.a, alignment.b));
    }
}

/// A text that follows itself at once, again and again, overlaps itself when aligned. What
/// repeats is its period: each occurrence is paired with the next.
fn repeated_units(
    document: u32,
    tokens: &[TokenHash],
    alignment: &Alignment,
    limits: Limits,
) -> Vec<Pair> {
    let period = alignment.b.start - alignment.a.start;
    let half_words: u32 = tokens[alignment.a.start as usize..(alignment.a.start + period) as usize]
        .iter()
        .map(|token| token.half_words())
        .sum();
    let unit = period * (2 * limits.min_words).div_ceil(half_words.max(1)).max(1);
    let mut pairs = Vec::new();
    let mut at = alignment.a.start;
    while at + 2 * unit <= alignment.b.end {
        let (first, second) =
            (TokenRange::new(at, at + unit), TokenRange::new(at + unit, at + 2 * unit));
        let equal =
            |i: &u32| tokens[(first.start + i) as usize] == tokens[(second.start + i) as usize];
        let mut matches: Vec<Stretch> = Vec::new();
        let mut matched = 0;
        for i in (0..unit).filter(equal) {
            matched += tokens[(first.start + i) as usize].half_words();
            match matches.last_mut() {
                Some(last) if last.at_a + last.len == first.start + i => last.len += 1,
                _ => matches.push(Stretch {
                    at_a: first.start + i,
                    at_b: second.start + i,
                    len: 1,
                    form: false,
                }),
            }
        }
        if matched >= 2 * limits.min_words {
            pairs.push(Pair {
                a: Place { document, tokens: first },
                b: Place { document, tokens: second },
                matches: matches.into(),
                matched,
            });
        }
        at += unit;
    }
    pairs
}

/// The members of document clusters, copies left out, by representative.
fn members(collection: &Collection<'_>) -> Vec<(u32, u32)> {
    let mut members: Vec<(u32, u32)> = collection
        .representative
        .iter()
        .zip(0u32..)
        .filter(|&(&representative, member)| {
            representative != member && collection.copy_of[member as usize] == member
        })
        .map(|(&representative, member)| (representative, member))
        .collect();
    members.sort_unstable();
    members
}

/// Aligns the members of document clusters to their representatives.
fn align_to_representatives(
    collection: &Collection<'_>,
    clusters: &[&[(u32, u32)]],
    limits: Limits,
    workers: &Workers,
) -> Vec<Found> {
    let align = |&cluster: &&[(u32, u32)]| {
        workers.with(|worker| align_cluster(collection, cluster, limits, worker))
    };
    clusters.into_par_iter().map(align).collect()
}

/// Aligns members to the representative that they share.
fn align_cluster(
    collection: &Collection<'_>,
    cluster: &[(u32, u32)],
    limits: Limits,
    worker: &mut Worker,
) -> Found {
    let representative = cluster[0].0;
    let tokens = collection.hashes(representative);
    let table = GramTable::new(&tokens, TokenRange::new(0, tokens.len() as u32));
    let mut found = Found::default();
    for &(_, member) in cluster {
        checkpoint();
        let theirs = collection.hashes(member);
        let sides = Sides::whole(&tokens, &theirs);
        for mut alignment in table.align(collection, worker, (representative, member), sides) {
            let Some(matched) = limits.check(&alignment, &tokens, &mut found) else { continue };
            let ids = (representative.min(member), representative.max(member));
            if representative > member {
                alignment = alignment.turned();
            }
            found.pairs.push(Pair::new(ids.0, ids.1, &alignment, matched));
        }
    }
    found
}

/// Exact copies share all of their tokens.
fn exact_copies<'a>(
    collection: &'a Collection<'_>,
    limits: Limits,
) -> impl Iterator<Item = Pair> + 'a {
    collection.copy_of.iter().zip(0u32..).filter(|&(&first, copy)| first != copy).filter_map(
        move |(&first, copy)| {
            let both = collection.both(first, copy);
            let sides = both.whole();
            let alignment = equal_ranges(sides)?;
            let matched = alignment.matched_half_words(sides.a);
            (matched >= 2 * limits.min_words).then(|| Pair::new(first, copy, &alignment, matched))
        },
    )
}
