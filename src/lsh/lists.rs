//! For each sample the documents that hold it, and for each document the lists of its samples.
//!
//! Idea: samples and hits are sorted by the same hash, so one walk along both finds who has a
//! sample and who holds it. The list goes to a store of rows, in rows of [`CHUNK`] documents so
//! that a search in a long one reads few of them; each document that has the sample gets a
//! record of where its list is. A sample that one document has and nobody else holds has no list.
//!
//! Cost: a merge of both sorted streams; 4 bytes a document of a list, 17 bytes a sample that
//! others hold.

use std::sync::Mutex;

use rayon::prelude::*;

use crate::documents::store::{SampleOf, Store};
use crate::error::Result;
use crate::lsh::containment::WHOLE_LIST;
use crate::spill::{Cursor, KeyRange, Portion, Rows, Sorted, into_inner, record};

/// Documents of one row of a list.
const CHUNK: u32 = 512;

/// Bits of a list's place within its part; the part is above.
const PLACE_BITS: u32 = 48;

record! {
    /// A shingle that may be a sample, and a document that holds it, by its rank.
    Hit { hash: u64, rank: u32 }
    key(hit) = hit.hash
}

record! {
    /// A sample's list, seen from a document that has the sample. A document's lists are in order
    /// of their lengths, then of their samples.
    Holding {
        rank: u32,
        length: u32,
        list: u64,
        /// 1 if the list is read whole, 0 if it is too long for that.
        is_whole: u8,
    }
    key(holding) = u64::from(holding.rank)
}

/// All lists.
pub(super) struct Holdings {
    /// By range of hashes.
    parts: Vec<Rows>,
    holdings: Sorted<Holding>,
}

impl Holdings {
    /// Lists of the samples of documents for which `has_samples`; `ranks` are by document. A list
    /// is read whole if it is short, or if at most `few` documents have the sample.
    pub(super) fn new(
        store: &Store,
        ranks: &[u32],
        has_samples: &(dyn Fn(u32) -> bool + Sync),
        hits: &Sorted<Hit>,
        few: usize,
    ) -> Result<Self> {
        let work = store.work();
        let ranges = store.samples.split(4 * rayon::current_num_threads());
        let share = 20 / ranges.len().max(1) as u64;
        let holdings = Mutex::new(work.sorter("holdings", 10));
        let join = |(part, range): (usize, KeyRange)| {
            let rows = work.rows(&format!("lists-{part}"), share);
            let (part, found) = (part as u64, Portion::new(&holdings));
            let mut join = Join { part, ranks, has_samples, few, rows, found, row: Vec::new() };
            join.run(store.samples.range(range)?, hits.range(range)?)?;
            join.found.flush()?;
            join.rows.seal(false)?;
            Ok(join.rows)
        };
        let parts: Vec<Result<Rows>> = ranges.into_par_iter().enumerate().map(join).collect();
        let parts = parts.into_iter().collect::<Result<_>>()?;
        let holdings = into_inner(holdings);
        Ok(Self { parts, holdings: holdings.finish(false)? })
    }

    /// Ranges of documents.
    pub(super) fn split(&self, parts: usize) -> Vec<KeyRange> {
        self.holdings.split(parts)
    }

    /// The lists of some documents, document by document.
    pub(super) fn range(&self, range: KeyRange) -> Result<Cursor<'_, Holding>> {
        self.holdings.range(range)
    }

    /// Reads lists; one a thread.
    pub(super) fn reader(&self) -> Reader<'_> {
        Reader { parts: &self.parts, scratch: Vec::new() }
    }
}

/// The walk along samples and hits of a range of hashes.
struct Join<'a> {
    part: u64,
    ranks: &'a [u32],
    has_samples: &'a (dyn Fn(u32) -> bool + Sync),
    few: usize,
    rows: Rows,
    found: Portion<'a, Holding>,
    row: Vec<u8>,
}

impl Join<'_> {
    fn run(&mut self, mut samples: Cursor<'_, SampleOf>, mut hits: Cursor<'_, Hit>) -> Result<()> {
        let (mut owners, mut list) = (Vec::new(), Vec::new());
        let mut hit = hits.next()?;
        while samples.group(&mut owners, |sample| sample.hash)? {
            let hash = owners[0].hash;
            owners.retain(|sample| (self.has_samples)(sample.document));
            while let Some(before) = hit.filter(|hit| hit.hash < hash) {
                debug_assert!(before.hash < hash);
                hit = hits.next()?;
            }
            list.clear();
            while let Some(here) = hit.filter(|hit| hit.hash == hash) {
                list.push(here.rank);
                hit = hits.next()?;
            }
            if let [owner] = owners[..] {
                // It holds its own sample, which tells nothing.
                list.retain(|&rank| rank != self.ranks[owner.document as usize]);
            }
            if !list.is_empty() && !owners.is_empty() {
                self.add(&owners, &list)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, owners: &[SampleOf], list: &[u32]) -> Result<()> {
        let mut first = None;
        for chunk in list.chunks(CHUNK as usize) {
            self.row.clear();
            self.row.extend(chunk.iter().flat_map(|rank| rank.to_le_bytes()));
            let place = self.rows.append(&self.row)?;
            first.get_or_insert(place);
        }
        let list_at = self.part << PLACE_BITS | first.unwrap_or_default();
        let is_whole = u8::from(list.len() <= WHOLE_LIST || owners.len() <= self.few);
        owners.iter().try_for_each(|owner| {
            let rank = self.ranks[owner.document as usize];
            self.found.push(Holding { rank, length: list.len() as u32, list: list_at, is_whole })
        })
    }
}

/// Reads lists.
pub(super) struct Reader<'a> {
    parts: &'a [Rows],
    scratch: Vec<u8>,
}

impl Reader<'_> {
    /// Shows the documents of one row of a list.
    fn chunk<T>(
        &mut self,
        list: &Holding,
        chunk: u32,
        show: impl FnOnce(&mut dyn Iterator<Item = u32>) -> T,
    ) -> Result<T> {
        let length = (list.length - chunk * CHUNK).min(CHUNK) as usize;
        let place = list.list & ((1 << PLACE_BITS) - 1);
        let place = place + Rows::after(0, 4 * CHUNK as usize) * u64::from(chunk);
        let rows = &self.parts[(list.list >> PLACE_BITS) as usize];
        rows.with(place, 4 * length, &mut self.scratch, |row| {
            show(&mut row.chunks_exact(4).map(|four| {
                let mut own = [0; 4];
                own.copy_from_slice(four);
                u32::from_le_bytes(own)
            }))
        })
    }

    /// Adds all documents of a list, in order.
    pub(super) fn whole(&mut self, list: &Holding, found: &mut Vec<u32>) -> Result<()> {
        let chunks = 0..list.length.div_ceil(CHUNK);
        chunks.into_iter().try_for_each(|at| self.chunk(list, at, |ranks| found.extend(ranks)))
    }

    /// The document at an index.
    pub(super) fn get(&mut self, list: &Holding, at: u32) -> Result<u32> {
        let found = self.chunk(list, at / CHUNK, |ranks| ranks.nth((at % CHUNK) as usize))?;
        Ok(found.unwrap_or(u32::MAX))
    }

    /// How many documents have ranks up to `rank`.
    pub(super) fn count_to(&mut self, list: &Holding, rank: u32) -> Result<u32> {
        // The last row that begins with such a document holds the end of them.
        let (mut low, mut high) = (0, list.length.div_ceil(CHUNK));
        while low + 1 < high {
            let middle = low.midpoint(high);
            if self.get(list, middle * CHUNK)? <= rank {
                low = middle;
            } else {
                high = middle;
            }
        }
        let within = self.chunk(list, low, |ranks| ranks.filter(|&other| other <= rank).count())?;
        Ok(low * CHUNK + within as u32)
    }

    /// Whether a document is in a list.
    pub(super) fn holds(&mut self, list: &Holding, rank: u32) -> Result<bool> {
        let count = self.count_to(list, rank)?;
        Ok(count > 0 && self.get(list, count - 1)? == rank)
    }
}
