//! Links: positions that hold the same anchor, grown into runs of equal tokens.
//!
//! Nothing is cut off for being frequent: that would drop exactly the passages that everyone
//! reprinted. Small groups of equal anchors are linked pair by pair. In a larger one each member
//! gets at most four links: to its neighbours in the order of what follows, of what stands before
//! and of what stands around, and to its predecessor by position. Two places that share a text
//! stand side by side in one of these orders at one of its anchors, however common the anchor
//! itself is, so links stay linear and little is lost against a suffix array.
//!
//! A link grows at once into a maximal [`Run`] of equal tokens. Most links lie inside a run that
//! was already found; a direct-mapped cache by document pair and diagonal skips those. Runs with
//! too few equal words around them to become a passage are dropped here, before any alignment.
//!
//! Documents of a cluster are left to their representative: where it holds the anchor too, the
//! member takes no part in the group (it is aligned to the representative directly).
//!
//! Anchors are handled in passes over shares of their hashes, so that what is held at once stays
//! within a share of the input, and in parts that fit the processor's cache.
//!
//! Cost: sorting, and some 50–100 ns a link; 16 bytes an anchor of one pass.

use rayon::prelude::*;

use super::Collection;
use super::anchor::{Winnowing, for_each_anchor};
use crate::hash::{combine, finalise};
use crate::stop::checkpoint;
use crate::text::TokenHash;

/// Groups of up to this many anchors are linked pair by pair.
const ALL_PAIRS: usize = 8;
/// Anchors held at once: at least this many, however small the input.
const PASS_FLOOR: u64 = 4 << 20;
/// Anchors of one part, about: what is sorted and linked at once stays in the processor's cache.
const PART_SIZE: u64 = 1 << 16;
/// Documents whose anchors are sorted into parts together: at least so many, and so many more
/// that there are at most [`LOTS`].
const LOT_DOCUMENTS: usize = 512;
/// Every lot keeps the end of every part: more lots than this would cost the square of the input.
const LOTS: usize = 256;
/// Links that wait for their tokens to come from memory together.
const WAITING: usize = 64;
/// Tokens looked at beyond each end of a run when judging its prospects, at most.
const LOOK_AROUND: usize = 16;
/// Diagonals to either side looked at there.
const LOOK_ASIDE: usize = 2;

/// A maximal run of equal tokens in two places; in one document, `at_a < at_b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Run {
    /// Document with the lower id.
    pub(crate) a: u32,
    /// Document with the higher id.
    pub(crate) b: u32,
    /// First token in `a`.
    pub(crate) at_a: u32,
    /// First token in `b`.
    pub(crate) at_b: u32,
    /// Tokens.
    pub(crate) len: u32,
}

/// Runs with prospects, sorted and each once, and what was left out.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) runs: Vec<Run>,
    pub(crate) weak: u64,
    pub(crate) clustered: u64,
    pub(crate) thinned: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Anchor {
    hash: u64,
    document: u32,
    position: u32,
}

/// Finds all runs that may become passages of at least `min_words` words.
pub(crate) fn find_runs(
    collection: &Collection<'_>,
    winnowing: Winnowing,
    min_words: u32,
) -> Links {
    let documents = collection.archive.len() as u32;
    let tokens: u64 =
        (0..documents).map(|document| u64::from(collection.archive.count(document))).sum();
    let anchors = 2 * tokens / (winnowing.window as u64 + 1);
    let passes = anchors.div_ceil(PASS_FLOOR.max(tokens / 2 + 1)).max(1);
    let parts = anchors.div_ceil(passes * PART_SIZE).clamp(1, 1 << 20);
    let mut links = Links::default();
    for pass in 0..passes {
        let lots = anchors_of_pass(collection, winnowing, Share { pass, passes, parts });
        let linked: Vec<Links> = (0..parts as usize)
            .into_par_iter()
            .map_init(Vec::new, |anchors, part| {
                anchors.clear();
                for lot in &lots {
                    anchors.extend_from_slice(lot.part(part));
                }
                anchors.sort_unstable();
                let mut linker = Linker::new(collection, min_words, winnowing);
                anchors
                    .chunk_by(|x, y| x.hash == y.hash)
                    .for_each(|group| linker.link_group(group));
                linker.finish()
            })
            .collect();
        for part in linked {
            links.runs.extend_from_slice(&part.runs);
            links.weak += part.weak;
            links.clustered += part.clustered;
            links.thinned += part.thinned;
        }
    }
    links.runs.par_sort_unstable();
    links.runs.dedup();
    links.runs.shrink_to_fit();
    links
}

/// Which anchors are handled together: those of a pass, in parts. By the lower half of the hash:
/// winnowing prefers hashes whose upper half is small.
#[derive(Clone, Copy)]
struct Share {
    pass: u64,
    passes: u64,
    parts: u64,
}

impl Share {
    /// The part that a hash belongs to, if it is in the pass.
    #[inline]
    fn part(self, hash: u64) -> Option<usize> {
        let part = ((hash & 0xffff_ffff) * (self.passes * self.parts)) >> 32;
        let part = part.wrapping_sub(self.pass * self.parts);
        (part < self.parts).then_some(part as usize)
    }
}

/// Anchors of some documents, by part.
struct Lot {
    anchors: Box<[Anchor]>,
    /// Where each part ends.
    ends: Box<[u32]>,
}

impl Lot {
    fn new(anchors: &[Anchor], share: Share) -> Self {
        let part = |anchor: &Anchor| share.part(anchor.hash).unwrap_or_default();
        let mut ends = vec![0u32; share.parts as usize];
        for anchor in anchors {
            ends[part(anchor)] += 1;
        }
        let mut at = 0;
        for end in &mut ends {
            at += std::mem::replace(end, at);
        }
        let mut sorted = vec![Anchor::default(); anchors.len()];
        for anchor in anchors {
            // What was the start of the part moves on to its end.
            let place = &mut ends[part(anchor)];
            sorted[*place as usize] = *anchor;
            *place += 1;
        }
        Self { anchors: sorted.into(), ends: ends.into() }
    }

    fn part(&self, part: usize) -> &[Anchor] {
        let start = part.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.anchors[start as usize..self.ends[part] as usize]
    }
}

/// The anchors of one pass, document by document and part by part.
fn anchors_of_pass(collection: &Collection<'_>, winnowing: Winnowing, share: Share) -> Vec<Lot> {
    let documents: Vec<usize> = (0..collection.archive.len()).collect();
    documents
        .par_chunks(documents.len().div_ceil(LOTS).max(LOT_DOCUMENTS))
        .map_init(Vec::new, |anchors: &mut Vec<Anchor>, documents| {
            anchors.clear();
            for &document in documents {
                checkpoint();
                if collection.copy_of[document] as usize != document {
                    continue;
                }
                for_each_anchor(&collection.hashes(document as u32), winnowing, |hash, position| {
                    if share.part(hash).is_some() {
                        anchors.push(Anchor { hash, document: document as u32, position });
                    }
                });
            }
            Lot::new(anchors, share)
        })
        .collect()
}

/// Grows links into runs; one a thread and part.
struct Linker<'a> {
    collection: &'a Collection<'a>,
    min_words: u32,
    winnowing: Winnowing,
    cache: Vec<Run>,
    members: Vec<Anchor>,
    order: Vec<(u64, u32)>,
    waiting: Vec<(Anchor, Anchor)>,
    found: Links,
}

const CACHE_BITS: u32 = 14;

impl<'a> Linker<'a> {
    fn new(collection: &'a Collection<'a>, min_words: u32, winnowing: Winnowing) -> Self {
        let empty = Run { a: u32::MAX, b: u32::MAX, at_a: 0, at_b: 0, len: 0 };
        Self {
            collection,
            min_words,
            winnowing,
            cache: vec![empty; 1 << CACHE_BITS],
            members: Vec::new(),
            order: Vec::new(),
            waiting: Vec::with_capacity(WAITING),
            found: Links::default(),
        }
    }

    fn finish(mut self) -> Links {
        self.grow_waiting();
        self.found.runs.sort_unstable();
        self.found.runs.dedup();
        self.found
    }

    fn link_group(&mut self, group: &[Anchor]) {
        if group.len() < 2 {
            return;
        }
        let mut members = std::mem::take(&mut self.members);
        members.clear();
        members.extend(group.iter().filter(|anchor| {
            let representative = self.collection.representative[anchor.document as usize];
            representative == anchor.document
                || group.binary_search_by_key(&representative, |other| other.document).is_err()
        }));
        self.found.clustered += (group.len() - members.len()) as u64;
        if members.len() <= ALL_PAIRS {
            for (i, &first) in members.iter().enumerate() {
                for &second in &members[i + 1..] {
                    self.link(first, second);
                }
            }
        } else {
            self.found.thinned += 1;
            self.link_neighbours(&members);
        }
        self.members = members;
    }

    fn link_neighbours(&mut self, members: &[Anchor]) {
        for pair in members.windows(2) {
            self.link(pair[0], pair[1]);
        }
        for context in [following, preceding, around] {
            let mut order = std::mem::take(&mut self.order);
            order.clear();
            order.extend(members.iter().zip(0u32..).map(|(anchor, index)| {
                let tokens = self.collection.hashes(anchor.document);
                (context(&tokens, anchor.position as usize, self.winnowing.size as usize), index)
            }));
            order.sort_unstable();
            for pair in order.windows(2) {
                let (first, second) = (pair[0].1.min(pair[1].1), pair[0].1.max(pair[1].1));
                // Neighbours by position are linked already.
                if second != first + 1 {
                    self.link(members[first as usize], members[second as usize]);
                }
            }
            self.order = order;
        }
    }

    /// Takes in one link; `first` stands before `second` by document and position.
    #[inline]
    fn link(&mut self, first: Anchor, second: Anchor) {
        self.waiting.push((first, second));
        if self.waiting.len() == WAITING {
            self.grow_waiting();
        }
    }

    /// Grows the links that wait.
    ///
    /// Their tokens lie all over memory. To read one of each first lets the processor fetch them
    /// together, where growing them one by one would wait for each.
    fn grow_waiting(&mut self) {
        checkpoint();
        let waiting = std::mem::take(&mut self.waiting);
        let token = |anchor: &Anchor| {
            let tokens = self.collection.hashes(anchor.document);
            tokens.get(anchor.position as usize).map_or(0, |token| token.0)
        };
        let fetched = |sum: u32, (first, second): &(Anchor, Anchor)| {
            sum.wrapping_add(token(first)).wrapping_add(token(second))
        };
        std::hint::black_box(waiting.iter().fold(0, fetched));
        for &(first, second) in &waiting {
            self.grow(first, second);
        }
        self.waiting = waiting;
        self.waiting.clear();
    }

    /// Grows one link.
    #[inline]
    fn grow(&mut self, first: Anchor, second: Anchor) {
        let (a, b) = (first.document, second.document);
        let diagonal = second.position.wrapping_sub(first.position);
        let key = combine(u64::from(a) << 32 | u64::from(b), u64::from(diagonal));
        let slot = (key >> (64 - CACHE_BITS)) as usize;
        let cached = self.cache[slot];
        if cached.a == a
            && cached.b == b
            && cached.at_b.wrapping_sub(cached.at_a) == diagonal
            && (cached.at_a..cached.at_a + cached.len).contains(&first.position)
        {
            return;
        }
        let (tokens_a, tokens_b) = (self.collection.hashes(a), self.collection.hashes(b));
        let (at_a, at_b) = (first.position as usize, second.position as usize);
        let before = common_suffix(&tokens_a[..at_a], &tokens_b[..at_b]);
        let after = common_prefix(&tokens_a[at_a..], &tokens_b[at_b..]);
        if after == 0 {
            return;
        }
        let run = Run {
            a,
            b,
            at_a: (at_a - before) as u32,
            at_b: (at_b - before) as u32,
            len: (before + after) as u32,
        };
        // Where every k-gram is an anchor, every equal word near a run counts, and not only those
        // that a path would reach.
        let thorough = self.winnowing.window == 1;
        if has_prospects(&tokens_a, &tokens_b, &run, self.min_words, thorough) {
            self.cache[slot] = run;
            self.found.runs.push(run);
        } else {
            self.found.weak += 1;
        }
    }
}

/// Number of equal tokens at the start of both.
pub(crate) fn common_prefix(a: &[TokenHash], b: &[TokenHash]) -> usize {
    let mut equal = 0;
    for (x, y) in a.chunks_exact(8).zip(b.chunks_exact(8)) {
        if x != y {
            break;
        }
        equal += 8;
    }
    equal + a[equal..].iter().zip(&b[equal..]).take_while(|(x, y)| x == y).count()
}

/// Number of equal tokens at the end of both.
pub(crate) fn common_suffix(a: &[TokenHash], b: &[TokenHash]) -> usize {
    let mut equal = 0;
    for (x, y) in a.rchunks_exact(8).zip(b.rchunks_exact(8)) {
        if x != y {
            break;
        }
        equal += 8;
    }
    let (a, b) = (&a[..a.len() - equal], &b[..b.len() - equal]);
    equal + a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count()
}

/// A key by which texts sort by what follows `at`, so that a longer agreement stands closer.
/// The anchor itself, of at least `size` tokens, is shared.
fn following(tokens: &[TokenHash], at: usize, size: usize) -> u64 {
    let mut rest = tokens[at..].iter().skip(size);
    context_key([1, 1, 1, 2, 3], |count, state| hash_on(state, rest.by_ref().take(count)))
}

/// The same for what stands before.
fn preceding(tokens: &[TokenHash], at: usize, _: usize) -> u64 {
    let mut before = tokens[..at].iter().rev();
    context_key([1, 1, 1, 2, 3], |count, state| hash_on(state, before.by_ref().take(count)))
}

/// The same for what stands on both sides, as far to the one as to the other: a short run with its
/// anchor in the middle agrees in neither alone.
fn around(tokens: &[TokenHash], at: usize, size: usize) -> u64 {
    let mut before = tokens[..at].iter().rev();
    let mut rest = tokens[at..].iter().skip(size);
    context_key([1, 1, 1, 1, 4], |count, state| {
        let state = hash_on(state, before.by_ref().take(count));
        hash_on(state, rest.by_ref().take(count))
    })
}

fn hash_on<'t>(state: u64, tokens: impl Iterator<Item = &'t TokenHash>) -> u64 {
    tokens.fold(state, |state, token| combine(state, u64::from(token.0)))
}

/// Twelve bits for each of five growing contexts; `grow` takes in so many tokens more.
fn context_key(steps: [usize; 5], mut grow: impl FnMut(usize, u64) -> u64) -> u64 {
    let mut state = 1;
    steps.into_iter().fold(0, |key, count| {
        state = grow(count, state);
        key << 12 | finalise(state) >> 52
    })
}

/// Whether enough equal words stand in and around a run for a passage of `min_words` words.
///
/// Words that match in part do not show in hashes, so two fewer than wanted will do.
fn has_prospects(
    a: &[TokenHash],
    b: &[TokenHash],
    run: &Run,
    min_words: u32,
    thorough: bool,
) -> bool {
    let (start_a, start_b) = (run.at_a as usize, run.at_b as usize);
    let (end_a, end_b) = (start_a + run.len as usize, start_b + run.len as usize);
    let wanted = 2 * min_words.saturating_sub(2).max(min_words * 2 / 3);
    let mut weight: u32 = 0;
    for token in &a[start_a..end_a] {
        weight += token.half_words();
        if weight >= wanted {
            return true;
        }
    }
    let reach = LOOK_AROUND.min(min_words as usize + 2);
    weight += matched_beyond(
        reach,
        thorough,
        |i| a.get(end_a + i).copied(),
        |i| {
            let from = (end_b + i).saturating_sub(LOOK_ASIDE).max(end_b).min(b.len());
            &b[from..(end_b + i + LOOK_ASIDE + 1).min(b.len())]
        },
    );
    if weight >= wanted {
        return true;
    }
    weight += matched_beyond(
        reach,
        thorough,
        |i| start_a.checked_sub(i + 1).map(|at| a[at]),
        |i| {
            let to = (start_b + LOOK_ASIDE).saturating_sub(i).min(start_b);
            &b[start_b.saturating_sub(i + 1 + LOOK_ASIDE).min(to)..to]
        },
    );
    weight >= wanted
}

/// Half words that match beyond an end, as far as going on pays: a match earns 2, any other word
/// costs 1 (it may match in part), gaps are free. A thorough look counts every match.
#[inline(always)]
fn matched_beyond<'t>(
    reach: usize,
    thorough: bool,
    token: impl Fn(usize) -> Option<TokenHash>,
    near: impl Fn(usize) -> &'t [TokenHash],
) -> u32 {
    let (mut score, mut best) = (0, 0);
    let (mut weight, mut weight_at_best) = (0, 0);
    for i in 0..reach {
        let Some(token) = token(i) else { break };
        if near(i).contains(&token) {
            score += 2;
            weight += token.half_words();
            if thorough || score > best {
                (best, weight_at_best) = (score, weight);
            }
        } else {
            score -= 1;
            if !thorough && score < best - 4 {
                break;
            }
        }
    }
    weight_at_best
}

#[cfg(test)]
mod tests {
    use doublet_generate::corpus::CorpusPlan;
    use doublet_generate::repeats::repeated_tokens;
    use proptest::prelude::*;

    use super::*;
    use crate::config::Sensitivity;
    use crate::document::Document;
    use crate::passage::Origins;
    use crate::passage::archive::Archive;
    use crate::text::{TokenBuffer, TokenIndex, Tokenizer};

    /// Share of the tokens in exact repeats of the guaranteed length that runs cover.
    fn covered(texts: &[String], sensitivity: Sensitivity) -> f64 {
        let documents: Vec<Document> =
            texts.iter().map(|text| Document::new("", text.as_str())).collect();
        let (mut tokenizer, mut buffer) = (Tokenizer::new(), TokenBuffer::default());
        let tokens: Vec<TokenIndex> = texts
            .iter()
            .map(|text| {
                tokenizer.tokenize(text, &mut buffer);
                TokenIndex::new(&buffer)
            })
            .collect();
        let alone: Vec<u32> = (0..texts.len() as u32).collect();
        let collection = Collection {
            archive: Archive::Held { documents: &documents, tokens: &tokens },
            origins: &Origins::default(),
            copy_of: &alone,
            representative: &alone,
        };
        let guarantee = sensitivity.guarantee();
        let links = find_runs(&collection, sensitivity.winnowing(), guarantee);
        let plain: Vec<Vec<u32>> =
            tokens.iter().map(|index| index.hashes().iter().map(|hash| hash.0).collect()).collect();
        let repeated = repeated_tokens(&plain, guarantee as usize).expect("few tokens");
        let mut found: Vec<Vec<bool>> = plain.iter().map(|text| vec![false; text.len()]).collect();
        for run in links.runs.iter().filter(|run| run.len >= guarantee) {
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

    fn tokens() -> impl Strategy<Value = Vec<TokenHash>> {
        prop::collection::vec((0u32..3).prop_map(|x| TokenHash(x << 1)), 0..40)
    }

    proptest! {
        #[test]
        fn common_ends_equal_the_naive_count(a in tokens(), b in tokens()) {
            let naive = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_prefix(&a, &b), naive);
            let naive = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
            prop_assert_eq!(common_suffix(&a, &b), naive);
        }
    }
}
