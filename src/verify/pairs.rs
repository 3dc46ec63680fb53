//! From the candidates of a store to counted matches, a portion at a time.
//!
//! Idea: both streams of candidates are merged; what an estimate does not settle is sorted by the
//! document whose table serves the pair, and counted in groups of one table.
//!
//! Cost: 8 bytes a pair and 20 a match in sorters; two reads of tokens a pair at most.

use rayon::prelude::*;

use super::{Counted, MatchRule, Matches, Scorer, Scores, similarity_floor};
use crate::config::DocumentConfig;
use crate::document::DocId;
use crate::documents::store::{FeatureScratch, Pair, Store, TokenScratch, Tokens};
use crate::error::Result;
use crate::spill::{Sorted, record};

/// Candidates that one load of a table serves at most, so that threads share a large group.
const GROUP: usize = 256;

/// Pairs that are in memory while threads work on them.
const AHEAD: usize = 1 << 16;

/// Verifies candidates of a store.
///
/// Pairs are sorted by the document whose table serves them, so that tokens are read once for
/// each table and otherwise in order.
pub(crate) fn verify_pairs(
    store: &Store,
    tokens: &dyn Tokens,
    near: &Sorted<Pair>,
    contained: &Sorted<Pair>,
    config: &DocumentConfig,
) -> Result<Matches> {
    let work = store.work();
    let (owned, candidates) = hopeful(store, near, contained, config)?;
    let rule = MatchRule::from_config(config);
    let mut matches = work.sorter("matches", 15);
    let (mut cursor, mut group) = (owned.all()?, Vec::new());
    let (mut pairs, mut ends) = (Vec::new(), Vec::new());
    let mut count = 0;
    loop {
        let more = cursor.group(&mut group, |pair| pair.owner)?;
        if !more || pairs.len() + group.len() > AHEAD {
            let found = count_groups(&pairs, &ends, tokens, config.shingle_size, &rule)?;
            count += found.len() as u64;
            matches.extend(&found)?;
            pairs.clear();
            ends.clear();
        }
        if !more {
            break;
        }
        for part in group.chunks(GROUP) {
            pairs.extend_from_slice(part);
            ends.push(pairs.len());
        }
    }
    Ok(Matches { counted: matches.finish(false)?, rejected: candidates - count })
}

record! {
    /// A pair to count: the document whose shingles go into the table, and the one that streams.
    Owned { owner: u32, other: u32 }
    key(pair) = u64::from(pair.owner)
}

/// The candidates that an estimate does not settle, and how many there were.
fn hopeful(
    store: &Store,
    near: &Sorted<Pair>,
    contained: &Sorted<Pair>,
    config: &DocumentConfig,
) -> Result<(Sorted<Owned>, u64)> {
    let floor = similarity_floor(config);
    let shingles = |id: u32| u64::from(store.briefs[id as usize].shingles);
    let owned = |Pair { a, b }: Pair| {
        if shingles(b) > 2 * shingles(a) {
            Owned { owner: b, other: a }
        } else {
            Owned { owner: a, other: b }
        }
    };
    // What stands in the reference word for word is known already.
    let is_copy = |Pair { a, b }: Pair| {
        store.briefs[a as usize].content_hash() == store.briefs[b as usize].content_hash()
    };
    let mut all = store.work().sorter("owned", 15);
    let (mut near, mut contained) = (near.all()?, contained.all()?);
    let (mut one, mut other) = (near.next()?, contained.next()?);
    let (mut candidates, mut portion) = (0, Vec::new());
    loop {
        // The lower of both streams' next pairs; whether containment proposed it.
        let next = match (one, other) {
            (Some(a), Some(b)) => Some((a.min(b), b <= a)),
            (Some(a), None) => Some((a, false)),
            (None, Some(b)) => Some((b, true)),
            (None, None) => None,
        };
        if next.is_none() || portion.len() == AHEAD {
            let kept: Vec<Option<Owned>> = portion
                .par_iter()
                .with_min_len(64)
                .map_init(FeatureScratch::default, |scratch, &(pair, is_certain): &(Pair, bool)| {
                    let estimate = |scratch| store.estimate(DocId(pair.a), DocId(pair.b), scratch);
                    let stays = is_certain || estimate(scratch)? >= floor;
                    Ok(stays.then(|| owned(pair)))
                })
                .collect::<Result<_>>()?;
            kept.into_iter().flatten().try_for_each(|pair| all.push(pair))?;
            portion.clear();
        }
        let Some((pair, is_certain)) = next else { break };
        if !is_copy(pair) {
            candidates += 1;
            portion.push((pair, is_certain));
        }
        if one == Some(pair) {
            one = near.next()?;
        }
        if other == Some(pair) {
            other = contained.next()?;
        }
    }
    Ok((all.finish(false)?, candidates))
}

/// Counts pairs in groups of one owner, which end at `ends`; those that match.
fn count_groups(
    pairs: &[Owned],
    ends: &[usize],
    tokens: &dyn Tokens,
    shingle_size: u32,
    rule: &MatchRule,
) -> Result<Vec<Counted>> {
    let count = |(scorer, scratch): &mut (Scorer, TokenScratch), number: usize| {
        let start = number.checked_sub(1).map_or(0, |before| ends[before]);
        let group = &pairs[start..ends[number]];
        let owner = group[0].owner;
        scorer.load(tokens.read(DocId(owner), scratch)?);
        let mut found = Vec::new();
        for pair in group {
            let (ours, theirs, common) = scorer.count(tokens.read(DocId(pair.other), scratch)?);
            if rule.kind(&Scores::from_counts(ours, theirs, common)).is_some() {
                let (a, b, a_shingles, b_shingles) = if owner < pair.other {
                    (owner, pair.other, ours, theirs)
                } else {
                    (pair.other, owner, theirs, ours)
                };
                found.push(Counted { a, b, a_shingles, b_shingles, common });
            }
        }
        Ok(found)
    };
    let found: Vec<Vec<Counted>> = (0..ends.len())
        .into_par_iter()
        .map_init(|| (Scorer::new(shingle_size), TokenScratch::default()), count)
        .collect::<Result<_>>()?;
    Ok(found.concat())
}
