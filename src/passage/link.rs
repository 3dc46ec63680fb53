//! Links: positions that hold the same anchor, grown into runs of equal tokens.
//!
//! Which places of an anchor are linked is decided [by groups](super::group). A link grows at once
//! into a maximal [`Run`] of equal tokens. Links that lie inside a run found before cost little: a
//! direct-mapped cache by document pair and diagonal knows it. This is the way for tokens that
//! are all in memory; [`blocks`](super::blocks) is the one within a budget, and finds the same runs.
//!
//! Anchors are handled in passes over shares of their hashes, so that what is held at once stays
//! within a share of the input, and in parts that fit the processor's cache. Between a reference and
//! a corpus those that only one side has are left out first.
//!
//! Cost: sorting, and some 50–100 ns a link; 16 bytes an anchor of one pass, 20 a run, and up to
//! 5 MB a thread.

use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::Collection;
use super::anchor::{Winnowing, recurring_anchors};
use super::around::{Around, Sampled};
use super::group::{Grouping, LeftOut};
use super::grow::{Grown, Run, fetch, grow};
use super::lots::{Anchor, Share, anchors_of_pass, gather_part};
use super::prospects::Prospects;
use crate::hash::combine;
use crate::pairing::Pairing;
use crate::report::model::Suppressed;
use crate::stop::checkpoint;
use crate::text::{TokenHash, TokenIndex};

/// Anchors held at once: at least this many, however small the input.
const PASS_FLOOR: u64 = 4 << 20;
/// Anchors of one part, about: what is sorted and linked at once stays in the processor's cache.
const PART_SIZE: u64 = 1 << 16;
/// Most bytes for what is known of all anchors; they are in memory already.
const KNOWN: usize = 1 << 30;
/// Links, and places of anchors, that wait for their tokens to come from memory together.
const WAITING: usize = 64;
/// Most runs at hand, by the bits of their number.
const CACHE_BITS: u32 = 18;
/// Runs brought together at once, about, and of how many one is looked at to tell.
const RANGE_RUNS: usize = 1 << 14;
const SAMPLED: usize = 1 << 6;

/// Finds all runs that have prospects, each once: sorted, by ranges of their first documents.
pub(super) fn find_runs(
    collection: &Collection<'_>,
    indexes: &[TokenIndex],
    winnowing: Winnowing,
    prospects: Prospects,
    suppressed: &mut Suppressed,
) -> Vec<Vec<Run>> {
    let tokens: u64 = indexes.iter().map(|index| index.len() as u64).sum();
    let anchors = 2 * tokens / (winnowing.window as u64 + 1);
    let passes = anchors.div_ceil(PASS_FLOOR.max(tokens / 2 + 1)).max(1);
    let parts = anchors.div_ceil(passes * PART_SIZE).clamp(1, 1 << 20);
    let across = collection.pairing != Pairing::Everything;
    let known = across.then(|| recurring_anchors(collection, winnowing, KNOWN));
    let cache_bits = (anchors / passes).max(1).ilog2().clamp(6, CACHE_BITS);
    let mut runs = Vec::new();
    // A linker goes from part to part: the anchors of one run lie in many.
    let idle: Mutex<Vec<Linker<'_>>> = Mutex::default();
    for pass in 0..passes {
        let share = Share { pass, passes, parts };
        let lots = anchors_of_pass(collection, indexes, winnowing, share, known.as_ref());
        let linked: Vec<Linked> = (0..parts as usize)
            .into_par_iter()
            .map_init(Vec::new, |anchors, part| {
                gather_part(&lots, part, share, anchors);
                let linkers = || idle.lock().unwrap_or_else(PoisonError::into_inner);
                let mut linker =
                    linkers().pop().unwrap_or_else(|| Linker::new(indexes, prospects, cache_bits));
                let mut grouping = Grouping::new(collection, prospects);
                linker.link_anchors(anchors, winnowing.size, &mut grouping);
                let found = linker.finish(&grouping);
                linkers().push(linker);
                found
            })
            .collect();
        for part in linked {
            runs.push(part.runs);
            part.left_out.count(suppressed);
        }
    }
    by_document(&runs)
}

/// Brings together the runs of all parts, each sorted, by ranges of their first documents.
fn by_document(parts: &[Vec<Run>]) -> Vec<Vec<Run>> {
    let mut sample: Vec<u32> =
        parts.iter().flat_map(|runs| runs.iter().step_by(SAMPLED)).map(|run| run.a).collect();
    sample.sort_unstable();
    let cuts = sample.into_iter().step_by(RANGE_RUNS / SAMPLED).skip(1);
    let mut firsts: Vec<u32> = [0].into_iter().chain(cuts).chain([u32::MAX]).collect();
    firsts.dedup();
    let range = |bounds: &[u32]| {
        let mut together = Vec::new();
        for runs in parts {
            let [start, end] =
                [bounds[0], bounds[1]].map(|document| runs.partition_point(|run| run.a < document));
            together.extend_from_slice(&runs[start..end]);
        }
        together.sort_unstable();
        together.dedup();
        together.shrink_to_fit();
        together
    };
    firsts.par_windows(2).map(range).collect()
}

/// What came of the links of a part.
struct Linked {
    /// Sorted.
    runs: Vec<Run>,
    left_out: LeftOut,
}

/// Grows links into runs; one a thread.
struct Linker<'a> {
    tokens: &'a [TokenIndex],
    prospects: Prospects,
    /// Runs that were found, each in the slot of its documents and its diagonal; a power of two.
    cache: Vec<Run>,
    /// Anchors that are to be linked, until what stands around them is looked at.
    recurring: Vec<Anchor>,
    sampled: Vec<Sampled>,
    waiting: Vec<(Sampled, Sampled)>,
    /// Runs that were found since the last part was finished, and links that led to none.
    runs: Vec<Run>,
    weak: u64,
}

impl<'a> Linker<'a> {
    fn new(tokens: &'a [TokenIndex], prospects: Prospects, cache_bits: u32) -> Self {
        let empty = Run { a: u32::MAX, b: u32::MAX, at_a: 0, at_b: 0, len: 0 };
        Self {
            tokens,
            prospects,
            cache: vec![empty; 1 << cache_bits],
            recurring: Vec::new(),
            sampled: Vec::new(),
            waiting: Vec::with_capacity(WAITING),
            runs: Vec::new(),
            weak: 0,
        }
    }

    fn finish(&mut self, grouping: &Grouping<'_>) -> Linked {
        self.grow_waiting();
        let mut runs = std::mem::take(&mut self.runs);
        runs.sort_unstable();
        runs.dedup();
        let mut left_out = grouping.left_out;
        left_out.weak += std::mem::take(&mut self.weak);
        Linked { runs, left_out }
    }

    fn hashes(&self, document: u32) -> &'a [TokenHash] {
        self.tokens[document as usize].hashes()
    }

    /// Links the anchors of a part, equal ones side by side.
    fn link_anchors(&mut self, anchors: &[Anchor], size: u32, grouping: &mut Grouping<'_>) {
        let several = anchors.chunk_by(|x, y| x.hash == y.hash).filter(|group| group.len() > 1);
        for group in several {
            let before = self.recurring.len();
            grouping.choose(group, |anchor| anchor.document, &mut self.recurring);
            if self.recurring.len() < before + 2 {
                self.recurring.truncate(before);
            }
            if self.recurring.len() >= WAITING {
                self.link_recurring(size, grouping);
            }
        }
        self.link_recurring(size, grouping);
    }

    /// Links the anchors that wait, once their tokens are fetched.
    fn link_recurring(&mut self, size: u32, grouping: &mut Grouping<'_>) {
        fetch(self.recurring.iter().map(|at| (self.hashes(at.document), at.position)));
        let mut sampled = std::mem::take(&mut self.sampled);
        sampled.clear();
        sampled.extend(self.recurring.iter().map(|&Anchor { hash, document, position }| {
            let around = Around::of(self.hashes(document), position, size);
            Sampled { hash, document, position, around }
        }));
        for group in sampled.chunk_by(|x, y| x.hash == y.hash) {
            grouping.link(group, |first, second| self.link(*first, *second));
        }
        self.sampled = sampled;
        self.recurring.clear();
    }

    /// Takes in one link; `first` stands before `second` by document and position.
    #[inline]
    fn link(&mut self, first: Sampled, second: Sampled) {
        self.waiting.push((first, second));
        if self.waiting.len() == WAITING {
            self.grow_waiting();
        }
    }

    /// The slot of a link's run in the cache.
    #[inline]
    fn slot(&self, (first, second): (Sampled, Sampled)) -> usize {
        let documents = u64::from(first.document) << 32 | u64::from(second.document);
        let diagonal = second.position.wrapping_sub(first.position);
        (combine(documents, u64::from(diagonal)) >> (64 - self.cache.len().ilog2())) as usize
    }

    /// Grows the links that wait, once their tokens are fetched.
    fn grow_waiting(&mut self) {
        checkpoint();
        let waiting = std::mem::take(&mut self.waiting);
        let ends = waiting.iter().flat_map(|&(first, second)| [first, second]);
        fetch(ends.map(|anchor| (self.hashes(anchor.document), anchor.position)));
        let slot = |sum: u32, &link: &(Sampled, Sampled)| {
            sum.wrapping_add(self.cache[self.slot(link)].len)
        };
        std::hint::black_box(waiting.iter().fold(0, slot));
        for &(first, second) in &waiting {
            self.grow(first, second);
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Grows one link.
    #[inline]
    fn grow(&mut self, first: Sampled, second: Sampled) {
        let (a, b) = (first.document, second.document);
        let diagonal = second.position.wrapping_sub(first.position);
        let slot = self.slot((first, second));
        let cached = self.cache[slot];
        if cached.a == a
            && cached.b == b
            && cached.at_b.wrapping_sub(cached.at_a) == diagonal
            && (cached.at_a..cached.at_a + cached.len).contains(&first.position)
        {
            return;
        }
        let tokens = (self.hashes(a), self.hashes(b));
        match grow((a, b), tokens, (first.position, second.position), self.prospects) {
            Grown::Run(run) => {
                self.cache[slot] = run;
                self.runs.push(run);
            }
            Grown::Weak => self.weak += 1,
            Grown::None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use doublet_generate::corpus::CorpusPlan;
    use doublet_generate::repeats::repeated_tokens;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Sensitivity;
    use crate::passage::few::Few;

    /// Share of the tokens in exact repeats of the guaranteed length that runs cover.
    fn covered(texts: &[String], sensitivity: Sensitivity) -> f64 {
        let texts = Few::new(texts);
        let (collection, tokens) = (texts.collection(), texts.tokens());
        let guarantee = sensitivity.guarantee();
        let winnowing = sensitivity.winnowing();
        let prospects = Prospects::new(winnowing, guarantee);
        let mut suppressed = Suppressed::default();
        let runs = find_runs(&collection, tokens, winnowing, prospects, &mut suppressed);
        let plain: Vec<Vec<u32>> =
            tokens.iter().map(|index| index.hashes().iter().map(|hash| hash.0).collect()).collect();
        let repeated = repeated_tokens(&plain, guarantee as usize).expect("few tokens");
        let mut found: Vec<Vec<bool>> = plain.iter().map(|text| vec![false; text.len()]).collect();
        for run in runs.iter().flatten().filter(|run| run.len >= guarantee) {
            for (document, at) in [(run.a, run.at_a), (run.b, run.at_b)] {
                found[document as usize][at as usize..(at + run.len) as usize].fill(true);
            }
        }
        let flags = repeated.iter().flatten().zip(found.iter().flatten());
        let (mut all, mut hit) = (0u32, 0u32);
        for (_, &found) in flags.filter(|&(&repeated, _)| repeated) {
            all += 1;
            hit += u32::from(found);
        }
        assert!(all > 10_000, "too few repeats to measure by");
        f64::from(hit) / f64::from(all)
    }

    proptest! {
        #[test]
        fn runs_are_brought_together_in_order_and_once(
            runs in prop::collection::vec((0u32..60, 0u32..4, 0u32..3), 0..3000),
            skew in 1u32..60,
            part in 1usize..9,
        ) {
            // Many in a few documents, and the same ones in many parts.
            let run = |(a, b, at_a): (u32, u32, u32)| Run { a: a % skew, b: 60 + b, at_a, at_b: 0, len: 4 };
            let runs: Vec<Run> = runs.into_iter().map(run).collect();
            let sorted = |part: &[Run]| {
                let mut part = part.to_vec();
                part.sort_unstable();
                part
            };
            let parts: Vec<Vec<Run>> = runs.chunks(part).map(sorted).collect();
            let together: Vec<Run> = by_document(&parts).into_iter().flatten().collect();
            let mut expected = sorted(&runs);
            expected.dedup();
            prop_assert_eq!(together, expected);
        }
    }

    #[test]
    fn links_cover_what_a_suffix_array_finds() {
        let plan = CorpusPlan { seed: 5, ..CorpusPlan::default() };
        let texts: Vec<String> =
            plan.documents_of(2_000_000).map(|document| document.text).collect();
        for sensitivity in [Sensitivity::Fast, Sensitivity::Balanced] {
            let share = covered(&texts, sensitivity);
            assert!(share >= 0.9995, "{sensitivity:?}: {share}");
        }
    }

    #[test]
    fn links_cover_what_a_suffix_array_finds_in_real_prose() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let Ok(packed) = std::fs::File::open(root.join("../shared/corpora/en100.jsonl.zst")) else {
            return;
        };
        let jsonl = zstd::decode_all(packed).expect("a zstd file");
        let texts: Vec<String> = jsonl
            .split(|&byte| byte == b'\n')
            .take(3_000)
            .filter_map(|line| {
                let record: serde_json::Value = serde_json::from_slice(line).ok()?;
                record.get("text")?.as_str().map(str::to_owned)
            })
            // The guarantee counts words.
            .filter(|text| !crate::text::tokenize(text).iter().any(|token| token.hash.is_dense()))
            .collect();
        let shares = [Sensitivity::Fast, Sensitivity::Balanced].map(|s| covered(&texts, s));
        assert!(shares.iter().all(|&share| share >= 0.9995), "fast, balanced: {shares:?}");
    }
}
