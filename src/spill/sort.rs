//! Sorting in memory.
//!
//! Idea: throw the records into 2,048 buckets by the start of their key, in place (an *American
//! flag* sort), and sort each in the cache. Several threads part the records among them first, by
//! keys that a sample gives: each parts a piece, then what stands on the wrong side changes places.
//!
//! Cost: some 30 ns a record; no memory besides.
//!
//! Source: P. M. `McIlroy`, K. Bostic, M. D. `McIlroy`, *Engineering Radix Sort*, 1993.

use rayon::prelude::*;

use super::Record;

/// Slices shorter than this are sorted by comparing alone.
const SHORT: usize = 1 << 12;

/// Bits of a key that choose a bucket.
const BUCKET_BITS: u32 = 11;

/// Keys looked at for one that parts the records in halves.
const SAMPLE: usize = 128;

/// Sorts records, on all threads if it may be `parallel`.
pub(super) fn sort<R: Record>(records: &mut [R], parallel: bool) {
    if parallel {
        sort_shared(records, rayon::current_num_threads());
    } else {
        sort_by_buckets(records, false);
    }
}

/// Sorts records on so many threads.
fn sort_shared<R: Record>(records: &mut [R], threads: usize) {
    let middle = if threads < 2 || records.len() < 2 * SHORT {
        0
    } else {
        let mut keys: Vec<u64> =
            records.iter().step_by(records.len() / SAMPLE).map(Record::key).collect();
        keys.sort_unstable();
        part(records, keys[keys.len() / 2], threads)
    };
    if middle == 0 {
        // A thread that is done with its own helps with the buckets of others.
        return sort_by_buckets(records, true);
    }
    let (low, high) = records.split_at_mut(middle);
    rayon::join(|| sort_shared(low, threads / 2), || sort_shared(high, threads - threads / 2));
}

/// Puts the records whose keys are below one before all others; tells how many they are.
fn part<R: Record>(records: &mut [R], key: u64, threads: usize) -> usize {
    if threads < 2 {
        let mut below = 0;
        for at in 0..records.len() {
            let is_below = records[at].key() < key;
            // Without a branch: of two that are not below it does not matter which stands first.
            records.swap(at, below);
            below += usize::from(is_below);
        }
        return below;
    }
    let (first, second) = records.split_at_mut(records.len() / 2);
    let (below_first, below_second) =
        rayon::join(|| part(first, key, threads / 2), || part(second, key, threads - threads / 2));
    let astray = (first.len() - below_first).min(below_second);
    first[below_first..][..astray]
        .swap_with_slice(&mut second[below_second - astray..below_second]);
    below_first + below_second
}

/// Sorts records by buckets of their keys.
fn sort_by_buckets<R: Record>(records: &mut [R], parallel: bool) {
    if records.len() < SHORT {
        return records.sort_unstable();
    }
    let (low, high) = records
        .iter()
        .fold((u64::MAX, 0), |(low, high), record| (low.min(record.key()), high.max(record.key())));
    let shift = (u64::BITS - (high - low).leading_zeros()).saturating_sub(BUCKET_BITS);
    let bucket = |record: &R| ((record.key() - low) >> shift) as usize;
    let mut ends = vec![0usize; 1 << BUCKET_BITS];
    for record in records.iter() {
        ends[bucket(record)] += 1;
    }
    let mut next = Vec::with_capacity(ends.len());
    let mut sum = 0;
    for end in &mut ends {
        next.push(sum);
        sum += *end;
        *end = sum;
    }
    for own in 0..ends.len() {
        while next[own] < ends[own] {
            let at = next[own];
            let wanted = bucket(&records[at]);
            if wanted != own {
                records.swap(at, next[wanted]);
            }
            next[wanted] += 1;
        }
    }
    let mut rest = records;
    let mut buckets = Vec::with_capacity(ends.len());
    let mut start = 0;
    for end in ends {
        let (bucket, later) = rest.split_at_mut(end - start);
        buckets.push(bucket);
        (rest, start) = (later, end);
    }
    if parallel {
        buckets.into_par_iter().with_min_len(16).for_each(<[R]>::sort_unstable);
    } else {
        buckets.into_iter().for_each(<[R]>::sort_unstable);
    }
}
