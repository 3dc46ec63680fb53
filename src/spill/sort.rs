//! Sorting in memory.
//!
//! Idea: throw the records into 2,048 buckets by the start of their key, in place (an *American
//! flag* sort), and sort each in the cache.
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

/// Sorts records by buckets of their keys.
pub(super) fn sort<R: Record>(records: &mut [R], parallel: bool) {
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
