//! Distinctiveness: is a passage reuse, or prose that everyone writes?
//!
//! Of the 3-grams that a cluster's members have in common (24 at most), take the one that stands in
//! the fewest documents of the collection, `d`. A passage of `s` documents has the distinctiveness
//! `s / d`. A quote that forty outlets carry has d ≈ s: its rarest three words stand nowhere else. A
//! formula has d ≫ s: even its rarest three words are common, and that two documents string them
//! together alike says nothing. Fixed text (a disclaimer, a byline) is real repetition with d ≈ s, so
//! it is told apart by its spread: many documents of each group, at many dates.
//!
//! Between a reference and a corpus stars tell parts of one text of the reference: `s` is then the
//! number of documents that any of them tell at the place of the 3-gram, so that a text which leaked
//! often stays as distinctive as one that leaked once.
//!
//! Cost: one pass over the tokens of the collection with a look-up in a filter of bits for each,
//! and some 60 bytes for each 3-gram asked for.

use std::num::NonZeroU32;

use hashbrown::HashTable;
use rayon::prelude::*;

use super::cluster::Star;
use super::pairs::Place;
use super::store::StarRows;
use super::{Collection, Origins, documents_of};
use crate::document::Timestamp;
use crate::documents::store::TokenScratch;
use crate::error::Result;
use crate::hash::combine;
use crate::pairing::Pairing;
use crate::spill::Work;
use crate::stop::{checkpoint, or_fail};
use crate::text::TokenHash;

/// Tokens a gram.
const GRAM: usize = 3;
/// Grams looked up for one passage, spread over it evenly: of a long passage a few tell.
const MOST_GRAMS: usize = 24;

fn grams(tokens: &[TokenHash]) -> impl Iterator<Item = u64> + '_ {
    tokens.windows(GRAM).map(|gram| {
        let state = combine(u64::from(gram[0].0), u64::from(gram[1].0));
        combine(state, u64::from(gram[2].0))
    })
}

/// Bytes of memory for each 3-gram asked for.
const GRAM_BYTES: usize = 64;
/// Stars whose 3-grams are chosen at a time.
const STARS: usize = 1 << 12;

/// The distinctiveness of every star, 0 to 1, in order.
///
/// As many stars are asked about in one pass over the tokens as there is room for.
pub(super) fn distinctiveness(
    collection: &Collection<'_>,
    work: &Work,
    stars: &StarRows,
) -> Result<Vec<f64>> {
    let most = work.share(20) / GRAM_BYTES;
    let numbers: Vec<usize> = (0..stars.len()).collect();
    let mut all = Vec::with_capacity(stars.len());
    let tellers = match collection.pairing {
        Pairing::Everything => None,
        Pairing::Against { .. } => Some(Tellers::new(stars)),
    };
    let mut asked: Vec<Vec<Gram>> = Vec::new();
    let mut chosen = 0;
    let mut left = numbers.chunks(STARS);
    loop {
        let next = left.next();
        if next.is_none() || chosen > most {
            let frequencies = document_frequencies(collection, &asked);
            let share = |gram: &Gram| {
                f64::from(gram.documents) / f64::from(frequencies.of(gram.hash).max(1))
            };
            let of_star = |grams: &Vec<Gram>| {
                grams.iter().map(share).reduce(f64::max).unwrap_or(1.0).min(1.0)
            };
            all.par_extend(asked.par_iter().map(of_star));
            asked.clear();
            chosen = 0;
        }
        let Some(next) = next else { return Ok(all) };
        asked.par_extend(next.par_iter().map_init(Vec::new, |scratch, &number| {
            let star = or_fail(stars.read(number, scratch));
            let own = documents_of(&star).len() as u32;
            let document = star.canonical.document;
            let told = |at: u32| tellers.as_ref().map_or(0, |tellers| tellers.at(document, at));
            let grams = common_grams(collection, &star).into_iter();
            grams.map(|(hash, at)| Gram { hash, documents: own.max(told(at)) }).collect()
        }));
        let new = &asked[asked.len() - next.len()..];
        chosen += new.iter().map(Vec::len).sum::<usize>();
    }
}

/// A 3-gram of a star.
struct Gram {
    hash: u64,
    /// Documents of the passage there.
    documents: u32,
}

/// How many documents stars tell at each place of a canonical text.
struct Tellers {
    /// Document and token from which on it is so many, in order.
    from: Vec<(u32, u32, u32)>,
}

impl Tellers {
    fn new(stars: &StarRows) -> Self {
        let numbers: Vec<usize> = (0..stars.len()).collect();
        let steps = numbers.par_iter().map_init(Vec::new, |scratch, &number| {
            let star = or_fail(stars.read(number, scratch));
            let others = documents_of(&star).len() as i64 - 1;
            let Place { document, tokens } = star.canonical;
            [(document, tokens.start, others), (document, tokens.end, -others)]
        });
        let mut steps: Vec<(u32, u32, i64)> = steps.flatten_iter().collect();
        steps.par_sort_unstable();
        let mut count = 0;
        let running = |(document, at, step): (u32, u32, i64)| {
            count += step;
            (document, at, count as u32)
        };
        Self { from: steps.into_iter().map(running).collect() }
    }

    /// The documents at a token, with the canonical one; some may count several times.
    fn at(&self, document: u32, token: u32) -> u32 {
        let after = self.from.partition_point(|&(own, at, _)| (own, at) <= (document, token));
        let last = self.from[..after].last().filter(|(own, _, _)| *own == document);
        1 + last.map_or(0, |&(_, _, count)| count)
    }
}

/// The 3-grams of the canonical passage that at least half of the members hold unchanged, and
/// where they stand.
fn common_grams(collection: &Collection<'_>, star: &Star) -> Vec<(u64, u32)> {
    let canonical = star.canonical.tokens;
    let mut holders = vec![0u32; canonical.len() as usize];
    let matches = star.members.iter().flat_map(|(_, alignment)| alignment.matches());
    for run in matches.filter(|stretch| !stretch.form) {
        let from = (run.at_a - canonical.start) as usize;
        let grams = (run.len as usize + 1).saturating_sub(GRAM);
        for holder in holders.iter_mut().skip(from).take(grams) {
            *holder += 1;
        }
    }
    let half = (star.members.len() as u32).div_ceil(2);
    let common: Vec<(u64, u32)> =
        grams(&collection.hashes(star.canonical.document)[canonical.range()])
            .zip(canonical.start..)
            .zip(holders)
            .filter_map(|(gram, holders)| (holders >= half).then_some(gram))
            .collect();
    common.iter().copied().step_by(common.len().div_ceil(MOST_GRAMS).max(1)).collect()
}

/// In how many documents each of some 3-grams stands.
struct Frequencies {
    /// Sorted.
    grams: Vec<u64>,
    counts: Vec<u32>,
    /// Their numbers by themselves.
    numbers: HashTable<u32>,
}

impl Frequencies {
    fn of(&self, gram: u64) -> u32 {
        number(&self.numbers, &self.grams, gram).map_or(0, |number| self.counts[number as usize])
    }
}

fn number(numbers: &HashTable<u32>, grams: &[u64], gram: u64) -> Option<u32> {
    numbers.find(gram, |&number| grams[number as usize] == gram).copied()
}

/// In how many documents each asked-for 3-gram stands.
fn document_frequencies(collection: &Collection<'_>, asked: &[Vec<Gram>]) -> Frequencies {
    let mut grams_asked: Vec<u64> = asked.iter().flatten().map(|gram| gram.hash).collect();
    grams_asked.par_sort_unstable();
    grams_asked.dedup();
    let mut numbers = HashTable::with_capacity(grams_asked.len());
    for (&gram, number) in grams_asked.iter().zip(0u32..) {
        numbers.insert_unique(gram, number, |&number| grams_asked[number as usize]);
    }
    let bits = (grams_asked.len().max(64) * 6).next_power_of_two();
    let mut filter = vec![0u64; bits / 64];
    for gram in &grams_asked {
        let bit = *gram as usize & (bits - 1);
        filter[bit / 64] |= 1 << (bit % 64);
    }
    let documents: Vec<u32> = (0..collection.archive.len() as u32).collect();
    let portion = documents.len().div_ceil(2 * rayon::current_num_threads()).max(1);
    let counts = documents
        .par_chunks(portion)
        .map(|documents| {
            let mut counts = vec![(0u32, u32::MAX); grams_asked.len()];
            // Looked up together, so that the look-ups wait for memory together.
            let mut passed: Vec<u64> = Vec::new();
            let mut asked: Vec<u32> = Vec::new();
            let mut scratch = TokenScratch::default();
            for &document in documents {
                checkpoint();
                let passes = |gram: &u64| {
                    let bit = *gram as usize & (bits - 1);
                    filter[bit / 64] >> (bit % 64) & 1 == 1
                };
                passed.clear();
                let tokens = collection.archive.read(document, &mut scratch);
                passed.extend(grams(tokens).filter(passes));
                asked.clear();
                asked
                    .extend(passed.iter().filter_map(|&gram| number(&numbers, &grams_asked, gram)));
                for &number in &asked {
                    let (count, last) = &mut counts[number as usize];
                    if *last != document {
                        (*count, *last) = (*count + 1, document);
                    }
                }
            }
            counts.into_iter().map(|(count, _)| count).collect::<Vec<u32>>()
        })
        .reduce(
            || vec![0; grams_asked.len()],
            |mut sum, counts| {
                sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
                sum
            },
        );
    Frequencies { grams: grams_asked, counts, numbers }
}

/// Whether a passage is fixed text: it stands in many documents of each of its groups and, where
/// dates are known, at many dates far apart. Only collections with groups of their own tell.
pub(crate) fn is_fixed_text(origins: &Origins, documents: &[u32]) -> bool {
    const FEWEST_DOCUMENTS: usize = 8;
    const DOCUMENTS_A_GROUP: usize = 4;
    const SECONDS: i64 = 14 * 24 * 3600;
    if documents.len() < FEWEST_DOCUMENTS {
        return false;
    }
    let group = |&document: &u32| origins.group(document);
    let mut groups: Vec<NonZeroU32> = documents.iter().filter_map(group).collect();
    if groups.len() < documents.len() {
        return false;
    }
    groups.sort_unstable();
    groups.dedup();
    let mut days: Vec<i64> = documents
        .iter()
        .filter_map(|&document| origins.date(document))
        .map(|Timestamp(seconds)| seconds.div_euclid(24 * 3600))
        .collect();
    days.sort_unstable();
    days.dedup();
    let spread = match (days.first(), days.last()) {
        (Some(first), Some(last)) => {
            2 * days.len() >= documents.len() / 2 && (last - first) * 24 * 3600 >= SECONDS
        }
        _ => true,
    };
    spread && documents.len() >= DOCUMENTS_A_GROUP * groups.len()
}
