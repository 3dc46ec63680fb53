//! Links within a budget of memory, and the pairs that come of them.
//!
//! Idea: anchors go through a sorter that brings equal ones together. Each carries what
//! stands [around](super::around) it, made while its tokens are at hand, so linking reads no
//! document. Links then go through a second sorter: by blocks of first documents, whose tokens are
//! in memory together, and within a block by their second document. So each block reads every
//! document that its own are linked with once, in order, and all links of two documents are side
//! by side: they grow into runs and are aligned at once. A link inside a run that was found just
//! before is skipped.
//!
//! Anchors that stand in one place only are [left out](recurring_anchors) as far as memory allows.
//!
//! Cost: 40 bytes in the sorter an anchor, 20 a link; some 200 ns for both. Reading grows with the
//! number of blocks: half of the tokens for each.

use std::sync::Mutex;

use rayon::prelude::*;

use super::anchor::{Winnowing, for_each_anchor, recurring_anchors};
use super::around::{Around, Sampled};
use super::group::{Grouping, LeftOut};
use super::grow::{Grown, Run, fetch, grow};
use super::pairs::{Found, Worker, Workers, align_group};
use super::prospects::Prospects;
use super::{Collection, Limits};
use crate::documents::store::TokenScratch;
use crate::error::Result;
use crate::report::model::Suppressed;
use crate::sift::sift;
use crate::spill::{KeyRange, Portion, Recurring, Sorted, Work, into_inner, record};
use crate::stop::checkpoint;
use crate::text::TokenHash;
use crate::threads::overlapped;

record! {
    /// Two positions that hold the same anchor, the first in a document of the block.
    Link { block: u32, b: u32, a: u32, at_a: u32, at_b: u32 }
    key(link) = u64::from(link.block) << 32 | u64::from(link.b)
}

/// Tokens whose anchors are made while those of others are put in their place.
const BATCH: u64 = 1 << 18;
/// Documents of one portion of a batch.
const PORTION: usize = 16;
/// Ranges of records for each thread.
const RANGES: usize = 8;
/// Runs looked back at for one that holds a link.
const LOOK_BACK: usize = 8;

/// What is linked and aligned, and how.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) collection: &'a Collection<'a>,
    pub(super) work: &'a Work,
    pub(super) winnowing: Winnowing,
    pub(super) limits: Limits,
    pub(super) workers: &'a Workers,
}

/// Finds and aligns all pairs that links lead to; hands them over block by block. `aligning` hears
/// when the links are sorted.
pub(super) fn each_found(
    job: Job<'_>,
    suppressed: &mut Suppressed,
    aligning: &mut dyn FnMut(),
    take: &mut dyn FnMut(Found, &mut Suppressed) -> Result<()>,
) -> Result<()> {
    let Job { collection, work, winnowing, limits, workers } = job;
    let prospects = Prospects::new(winnowing, limits.min_words);
    let blocks = Blocks::new(collection, work.share(35));
    let anchors = anchors(collection, work, winnowing)?;
    let links = links(collection, work, &anchors, &blocks, prospects, suppressed)?;
    drop(anchors);
    aligning();
    for number in 0..blocks.firsts.len() as u32 {
        let block = Block::new(collection, &blocks, number);
        let ranges = links.split_within(
            KeyRange::new(u64::from(number) << 32, Some(u64::from(number + 1) << 32)),
            RANGES * rayon::current_num_threads(),
        );
        let found: Vec<(Found, u64)> = ranges
            .into_par_iter()
            .map_init(TokenScratch::default, |scratch, range| {
                let aligning = Aligning { collection, block: &block, prospects, limits };
                workers.with(|worker| aligning.range(&links, range, worker, scratch))
            })
            .collect::<Result<_>>()?;
        for (found, weak) in found {
            suppressed.weak_links += weak;
            take(found, suppressed)?;
        }
    }
    Ok(())
}

/// All anchors that stand in several places, sorted.
fn anchors(
    collection: &Collection<'_>,
    work: &Work,
    winnowing: Winnowing,
) -> Result<Sorted<Sampled>> {
    let documents = collection.archive.len() as u32;
    let recurring = recurring_anchors(collection, winnowing, work.share(35));
    let mut sorter = work.sorter("anchors", 25);
    let mut next = 0;
    let batches = std::iter::from_fn(|| {
        let (first, mut tokens) = (next, 0);
        while next < documents && tokens < BATCH {
            tokens += u64::from(collection.archive.count(next));
            next += 1;
        }
        (first < next).then(|| (first..next).collect::<Vec<u32>>())
    });
    let make = |batch: Vec<u32>| -> Vec<Vec<Sampled>> {
        batch
            .par_chunks(PORTION)
            .map_init(TokenScratch::default, |scratch, documents| {
                anchors_of(collection, documents, winnowing, &recurring, scratch)
            })
            .collect()
    };
    overlapped(batches, make, |made| made.iter().try_for_each(|anchors| sorter.extend(anchors)))?;
    sorter.finish(false)
}

/// The anchors of some documents.
fn anchors_of(
    collection: &Collection<'_>,
    documents: &[u32],
    winnowing: Winnowing,
    recurring: &Recurring,
    scratch: &mut TokenScratch,
) -> Vec<Sampled> {
    let mut anchors = Vec::new();
    let mut own = Vec::new();
    for &document in documents {
        checkpoint();
        if collection.copy_of[document as usize] != document {
            continue;
        }
        let tokens = collection.archive.read(document, scratch);
        own.clear();
        for_each_anchor(tokens, winnowing, |hash, position| own.push((hash, position)));
        // Looked up together, so that the look-ups wait for memory together.
        sift(&mut own, |&(hash, _)| recurring.recurs(hash));
        anchors.extend(own.iter().map(|&(hash, position)| {
            let around = Around::of(tokens, position, winnowing.size);
            Sampled { hash, document, position, around }
        }));
    }
    anchors
}

/// All links, by block.
fn links(
    collection: &Collection<'_>,
    work: &Work,
    anchors: &Sorted<Sampled>,
    blocks: &Blocks,
    prospects: Prospects,
    suppressed: &mut Suppressed,
) -> Result<Sorted<Link>> {
    let sorter = Mutex::new(work.sorter("links", 25));
    let left_out: Vec<LeftOut> = anchors
        .split(RANGES * rayon::current_num_threads())
        .into_par_iter()
        .map(|range| {
            let mut portion = Portion::new(&sorter);
            let mut grouping = Grouping::new(collection, prospects);
            let (mut cursor, mut group) = (anchors.range(range)?, Vec::new());
            let mut members = Vec::new();
            let mut failed = Ok(());
            while failed.is_ok() && cursor.group(&mut group, |anchor| anchor.hash)? {
                checkpoint();
                members.clear();
                grouping.choose(&group, |anchor| anchor.document, &mut members);
                grouping.link(&members, |first, second| {
                    let link = Link {
                        block: blocks.of(first.document),
                        b: second.document,
                        a: first.document,
                        at_a: first.position,
                        at_b: second.position,
                    };
                    if failed.is_ok() {
                        failed = portion.push(link);
                    }
                });
            }
            failed?;
            portion.flush()?;
            Ok(grouping.left_out)
        })
        .collect::<Result<_>>()?;
    for left_out in left_out {
        left_out.count(suppressed);
    }
    into_inner(sorter).finish(false)
}

/// Documents in blocks of so many tokens.
struct Blocks {
    /// The first document of each block.
    firsts: Vec<u32>,
    documents: u32,
}

impl Blocks {
    /// Blocks whose tokens fit into so many bytes; a longer document is one by itself. Of two sides
    /// the reference is always linked first, so the corpus needs none.
    fn new(collection: &Collection<'_>, bytes: usize) -> Self {
        let all = collection.archive.len() as u32;
        let documents = collection.pairing.reference().map_or(all, |reference| reference.min(all));
        let most = (bytes / size_of::<TokenHash>()) as u64;
        let (mut firsts, mut tokens) = (Vec::new(), 0);
        for document in 0..documents {
            let own = u64::from(collection.archive.count(document));
            tokens += own;
            if firsts.is_empty() || tokens > most {
                firsts.push(document);
                tokens = own;
            }
        }
        Self { firsts, documents }
    }

    /// The number of a document's block.
    fn of(&self, document: u32) -> u32 {
        self.firsts.partition_point(|&first| first <= document) as u32 - 1
    }
}

/// The tokens of a block.
struct Block {
    first: u32,
    /// Where each document's tokens start; one more for the end.
    starts: Vec<usize>,
    tokens: Vec<TokenHash>,
}

impl Block {
    fn new(collection: &Collection<'_>, blocks: &Blocks, number: u32) -> Self {
        let first = blocks.firsts[number as usize];
        let end = blocks.firsts.get(number as usize + 1).copied().unwrap_or(blocks.documents);
        let count = |document| collection.archive.count(document) as usize;
        let mut starts = vec![0];
        let mut tokens = Vec::with_capacity((first..end).map(count).sum());
        let mut scratch = TokenScratch::default();
        for document in first..end {
            tokens.extend_from_slice(collection.archive.read(document, &mut scratch));
            starts.push(tokens.len());
        }
        Self { first, starts, tokens }
    }

    fn hashes(&self, document: u32) -> Option<&[TokenHash]> {
        let at = document.checked_sub(self.first)? as usize;
        self.tokens.get(*self.starts.get(at)?..*self.starts.get(at + 1)?)
    }
}

/// Aligns what the links of one block lead to.
struct Aligning<'a> {
    collection: &'a Collection<'a>,
    block: &'a Block,
    prospects: Prospects,
    limits: Limits,
}

impl Aligning<'_> {
    /// What the links of a range lead to, and how many lead to nothing.
    fn range(
        &self,
        links: &Sorted<Link>,
        range: KeyRange,
        worker: &mut Worker,
        scratch: &mut TokenScratch,
    ) -> Result<(Found, u64)> {
        let (mut found, mut weak) = (Found::default(), 0);
        let (mut cursor, mut group, mut runs) = (links.range(range)?, Vec::new(), Vec::new());
        while cursor.group(&mut group, |link| link.b)? {
            checkpoint();
            let b = group[0].b;
            let tokens_b = match self.block.hashes(b) {
                Some(tokens) => tokens,
                None => self.collection.archive.read(b, scratch),
            };
            let tokens_a = |link: &Link| self.block.hashes(link.a).unwrap_or_default();
            fetch(group.iter().map(|link| (tokens_a(link), link.at_a)));
            for links in group.chunk_by(|x, y| x.a == y.a) {
                let tokens_a = tokens_a(&links[0]);
                weak += self.grow(links, (tokens_a, tokens_b), &mut runs);
                if !runs.is_empty() {
                    let sides = super::align::Sides::whole(tokens_a, tokens_b);
                    let Self { collection, limits, .. } = *self;
                    align_group(collection, sides, &runs, limits, worker, &mut found);
                }
            }
        }
        Ok((found, weak))
    }

    /// Grows the links of two documents into runs, each once and in order; how many are weak.
    fn grow(
        &self,
        links: &[Link],
        tokens: (&[TokenHash], &[TokenHash]),
        runs: &mut Vec<Run>,
    ) -> u64 {
        let mut weak = 0;
        runs.clear();
        for &Link { a, b, at_a, at_b, .. } in links {
            let holds = |run: &Run| {
                at_b.wrapping_sub(at_a) == run.at_b.wrapping_sub(run.at_a)
                    && (run.at_a..run.at_a + run.len).contains(&at_a)
            };
            if runs.iter().rev().take(LOOK_BACK).any(holds) {
                continue;
            }
            match grow((a, b), tokens, (at_a, at_b), self.prospects) {
                Grown::Run(run) => runs.push(run),
                Grown::Weak => weak += 1,
                Grown::None => {}
            }
        }
        runs.sort_unstable();
        runs.dedup();
        weak
    }
}
