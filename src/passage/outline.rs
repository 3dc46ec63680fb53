//! Passage clusters in outline: where they stand in the texts, and no more.
//!
//! What cleans a collection needs of a passage is its places, what kind it is, and how alike its
//! versions are. Clusters come in the order of a report: kind, then the widest spread first.
//!
//! Cost: a few tokens read again at both ends of each place; 29 bytes a cluster in a sorter and
//! 20 bytes a place in rows.

use rayon::prelude::*;

use super::cluster::Star;
use super::pairs::Worker;
use super::{Collection, Stars, documents_of, kind_of, words_of};
use crate::config::PassageConfig;
use crate::document::DocId;
use crate::error::Result;
use crate::report::model::PassageKind;
use crate::span::Span;
use crate::spill::{Cursor, Fields, Rows, Sorted, Work, record};
use crate::stop::checkpoint;
use crate::text::SpanScratch;

/// A place of a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) document: DocId,
    pub(crate) span: Span,
    /// Share of its words that are those of the canonical passage.
    pub(crate) identity: f64,
}

/// A cluster of a passage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outline {
    pub(crate) kind: PassageKind,
    /// The canonical passage first.
    pub(crate) spots: Vec<Spot>,
}

record! {
    /// What orders clusters, and where their places lie.
    ClusterHead {
        kind: u8,
        /// Documents and words, so that more comes first.
        fewer_documents: u32,
        fewer_words: u32,
        document: u32,
        start: u32,
        end: u32,
        row: u64,
        spots: u32,
    }
    key(head) = u64::from(head.kind) << 32 | u64::from(head.fewer_documents)
}

/// All clusters.
pub(crate) struct Outlines {
    heads: Sorted<ClusterHead>,
    rows: Rows,
}

/// Stars that are outlined at a time.
const AHEAD: usize = 1 << 12;
/// Bytes of a place in a row.
const SPOT: usize = 20;

impl Outlines {
    /// Outlines all passages that were found.
    pub(crate) fn new(
        collection: &Collection<'_>,
        work: &Work,
        config: &PassageConfig,
        stars: &Stars,
    ) -> Result<Self> {
        let (mut heads, mut rows) = (work.sorter("clusters", 5), work.rows("clusters", 8));
        let numbers: Vec<usize> = (0..stars.rows.len()).collect();
        let mut row = Vec::new();
        for numbers in numbers.chunks(AHEAD) {
            let outlined: Vec<(ClusterHead, Vec<Spot>)> = numbers
                .par_iter()
                .map_init(
                    || (SpanScratch::default(), Vec::new()),
                    |(scratch, bytes), &number| {
                        let star = stars.rows.read(number, bytes)?;
                        let distinctiveness = stars.distinctiveness[number];
                        Ok(stars.workers.with(|worker| {
                            let mut outliner = Outliner { collection, config, worker, scratch };
                            outliner.outline(&star, distinctiveness)
                        }))
                    },
                )
                .collect::<Result<_>>()?;
            for (mut head, spots) in outlined {
                row.clear();
                for Spot { document, span, identity } in spots {
                    for number in [document.0, span.start, span.end] {
                        row.extend_from_slice(&number.to_le_bytes());
                    }
                    row.extend_from_slice(&identity.to_bits().to_le_bytes());
                }
                head.row = rows.append(&row)?;
                heads.push(head)?;
            }
        }
        rows.seal(false)?;
        Ok(Self { heads: heads.finish(false)?, rows })
    }

    /// The clusters in order.
    pub(crate) fn clusters(&self) -> Result<OutlineCursor<'_>> {
        Ok(OutlineCursor { heads: self.heads.all()?, rows: &self.rows, scratch: Vec::new() })
    }
}

/// Goes through clusters.
pub(crate) struct OutlineCursor<'o> {
    heads: Cursor<'o, ClusterHead>,
    rows: &'o Rows,
    scratch: Vec<u8>,
}

impl OutlineCursor<'_> {
    /// The next cluster.
    pub(crate) fn next(&mut self) -> Result<Option<Outline>> {
        let Some(head) = self.heads.next()? else { return Ok(None) };
        let spots = head.spots as usize;
        let spots = self.rows.with(head.row, SPOT * spots, &mut self.scratch, |mut row| {
            let spot = |_| {
                let [document, start, end]: [u32; 3] =
                    std::array::from_fn(|_| Fields::get(&mut row));
                let identity = f64::from_bits(Fields::get(&mut row));
                Spot { document: DocId(document), span: Span::new(start, end), identity }
            };
            (0..spots).map(spot).collect()
        })?;
        let kind = if head.kind == 0 { PassageKind::Reuse } else { PassageKind::Boilerplate };
        Ok(Some(Outline { kind, spots }))
    }
}

/// Finds the places of stars in the texts.
struct Outliner<'a> {
    collection: &'a Collection<'a>,
    config: &'a PassageConfig,
    worker: &'a mut Worker,
    scratch: &'a mut SpanScratch,
}

impl Outliner<'_> {
    fn outline(&mut self, star: &Star, distinctiveness: f64) -> (ClusterHead, Vec<Spot>) {
        checkpoint();
        let Self { collection, config, worker, scratch } = self;
        let canonical = star.canonical;
        let whole = collection.located(canonical.document).span_of(canonical.tokens, scratch);
        let span = whole.unwrap_or_default();
        let mut spots = vec![Spot { document: DocId(canonical.document), span, identity: 1.0 }];
        for (document, alignment) in &star.members {
            let tokens = worker.words.whole_words(collection, *document, alignment.b);
            let span = collection.located(*document).span_of(tokens, scratch).unwrap_or_default();
            let identity = alignment.identity();
            spots.push(Spot { document: DocId(*document), span, identity });
        }
        let documents = documents_of(star);
        let kind = kind_of(collection, config, &documents, distinctiveness);
        let head = ClusterHead {
            kind: u8::from(kind != PassageKind::Reuse),
            fewer_documents: u32::MAX - documents.len() as u32,
            fewer_words: u32::MAX - words_of(collection, canonical),
            document: canonical.document,
            start: span.start,
            end: span.end,
            row: 0,
            spots: spots.len() as u32,
        };
        (head, spots)
    }
}
