//! Passages: spans of documents that also stand elsewhere.
//!
//! ```text
//! tokens → anchors → links → runs → chains → pairs → sites → stars → clusters → coverage
//! ```
//!
//! [`anchor`] samples shingles, [`link`] connects equal ones and grows them into runs, [`chain`]
//! strings runs together, [`align`] turns a chain into steps word by word, [`pairs`] filters, and
//! [`site`] and [`cluster`] bring together the places that hold versions of one text; [`nested`]
//! leaves out what larger passages tell. [`distinct`]
//! tells reuse from formula, [`operations`] writes alignments out, [`coverage`] adds up.

pub(crate) mod align;
pub(crate) mod anchor;
pub(crate) mod archive;
mod cache;
pub(crate) mod chain;
pub(crate) mod cluster;
pub(crate) mod coverage;
pub(crate) mod direct;
pub(crate) mod distinct;
pub(crate) mod link;
mod nested;
pub(crate) mod operations;
pub(crate) mod pairs;
pub(crate) mod programme;
pub(crate) mod site;
pub(crate) mod two;
pub(crate) mod words;

use std::num::NonZeroU32;

use hashbrown::HashMap;
use rayon::prelude::*;

use self::align::Sides;
use self::archive::{Archive, Hashes, Located};
use self::cluster::Star;
use self::operations::Teller;
use self::pairs::Worker;
use crate::config::PassageConfig;
use crate::document::{DocId, Document, Timestamp};
use crate::find::Stage;
use crate::report::model::{
    LineSpan, Operation, OperationKind, PassageCluster, PassageKind, PassageMember, Suppressed,
};
use crate::span::LineIndex;
use crate::stop::checkpoint;
use crate::text::{SpanScratch, TokenHash};

/// The documents of a run as this half sees them.
pub(crate) struct Collection<'a> {
    /// Their tokens and texts.
    pub(crate) archive: Archive<'a>,
    /// Where they come from.
    pub(crate) origins: &'a Origins,
    /// The first document with the same tokens; its own number for most.
    pub(crate) copy_of: &'a [u32],
    /// The representative of the document's cluster; its own number for most.
    pub(crate) representative: &'a [u32],
}

impl<'a> Collection<'a> {
    #[inline]
    pub(crate) fn hashes(&self, document: u32) -> Hashes<'a> {
        self.archive.hashes(document)
    }

    /// The tokens of two documents, which may be one.
    pub(crate) fn both(&self, a: u32, b: u32) -> Both<'a> {
        Both { a: self.hashes(a), b: (a != b).then(|| self.hashes(b)) }
    }

    pub(crate) fn located(&self, document: u32) -> Located<'a> {
        self.archive.located(document)
    }
}

/// The tokens of two documents: of one, they are the same to the pointer.
pub(crate) struct Both<'a> {
    a: Hashes<'a>,
    b: Option<Hashes<'a>>,
}

impl Both<'_> {
    pub(crate) fn a(&self) -> &[TokenHash] {
        &self.a
    }

    pub(crate) fn b(&self) -> &[TokenHash] {
        self.b.as_deref().unwrap_or(&self.a)
    }

    /// All of both.
    pub(crate) fn whole(&self) -> Sides<'_> {
        Sides::whole(self.a(), self.b())
    }
}

/// Dates and groups of all documents; nothing where no document has any.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    dates: Vec<Option<Timestamp>>,
    /// Number of the group that each document says it belongs to.
    groups: Vec<Option<NonZeroU32>>,
    numbers: HashMap<String, NonZeroU32>,
}

impl Origins {
    pub(crate) fn of(documents: &[Document]) -> Self {
        let mut origins = Self::default();
        documents.iter().zip(0..).for_each(|(document, id)| origins.add(id, document));
        origins
    }

    /// Takes a document; later ones have higher numbers.
    pub(crate) fn add(&mut self, id: usize, document: &Document) {
        if let Some(date) = document.date.as_deref().and_then(Timestamp::parse) {
            self.dates.resize(id, None);
            self.dates.push(Some(date));
        }
        if let Some(group) = document.group.as_deref() {
            let next = NonZeroU32::MIN.saturating_add(self.numbers.len() as u32);
            let number = match self.numbers.get(group) {
                Some(&number) => number,
                None => *self.numbers.entry(group.to_owned()).or_insert(next),
            };
            self.groups.resize(id, None);
            self.groups.push(Some(number));
        }
    }

    pub(crate) fn date(&self, document: u32) -> Option<Timestamp> {
        self.dates.get(document as usize).copied().flatten()
    }

    fn group(&self, document: u32) -> Option<NonZeroU32> {
        self.groups.get(document as usize).copied().flatten()
    }
}

/// What an alignment must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) min_words: u32,
    pub(crate) min_identity: f64,
}

/// Finds all passages. `config.sensitivity` must be resolved.
pub(crate) fn find_passages(
    collection: &Collection<'_>,
    config: &PassageConfig,
    suppressed: &mut Suppressed,
    begin: &mut dyn FnMut(Stage),
) -> Vec<PassageCluster> {
    begin(Stage::Links);
    let limits = Limits { min_words: config.min_words, min_identity: config.min_identity };
    let links = link::find_runs(collection, config.sensitivity.winnowing(), config.min_words);
    suppressed.weak_links = links.weak;
    suppressed.clustered_links = links.clustered;
    suppressed.thinned_buckets += links.thinned;
    begin(Stage::Alignments);
    let found = pairs::find_pairs(collection, &links.runs, limits);
    drop(links);
    suppressed.short_alignments = found.short;
    suppressed.dissimilar_alignments = found.dissimilar;
    begin(Stage::Passages);
    let sites = site::find_sites(&found.pairs, collection.archive.len(), config.min_words);
    let (stars, nested) = cluster::refine(collection, &sites, &found.pairs, limits);
    suppressed.nested_members = nested;
    drop((sites, found));
    let distinct = distinct::distinctiveness(collection, &stars);
    let mut passages: Vec<PassageCluster> = stars
        .par_iter()
        .zip(distinct)
        .map_init(
            || (Worker::default(), Teller::default()),
            |(worker, teller), (star, distinctiveness)| {
                describe(collection, config, star, distinctiveness, worker, teller)
            },
        )
        .collect();
    drop(stars);
    fill_lines(collection, &mut passages);
    passages.par_sort_by_cached_key(|passage| {
        let canonical = &passage.members[passage.canonical as usize];
        (
            passage.kind,
            std::cmp::Reverse((passage.documents, passage.words)),
            canonical.document,
            canonical.span,
        )
    });
    suppressed.boilerplate_passages =
        passages.iter().filter(|passage| passage.kind == PassageKind::Boilerplate).count() as u64;
    passages
}

/// Writes one star out.
fn describe(
    collection: &Collection<'_>,
    config: &PassageConfig,
    star: &Star,
    distinctiveness: f64,
    worker: &mut Worker,
    teller: &mut Teller,
) -> PassageCluster {
    checkpoint();
    let canonical = star.canonical;
    let located = collection.located(canonical.document);
    let span =
        located.span_of(canonical.tokens, &mut SpanScratch::default()).unwrap_or_default();
    let mut members = vec![PassageMember {
        document: DocId(canonical.document),
        span,
        lines: LineSpan::default(),
        tokens: canonical.tokens,
        identity: 1.0,
        operations: vec![Operation {
            kind: OperationKind::Equal,
            canonical_tokens: canonical.tokens,
            tokens: canonical.tokens,
            canonical_span: span,
            span,
            canonical_text: None,
            text: None,
        }],
    }];
    for (document, alignment) in &star.members {
        let tokens = worker.words.whole_words(collection, *document, alignment.b);
        let (span, operations) = teller.tell(collection, canonical, *document, alignment, tokens);
        members.push(PassageMember {
            document: DocId(*document),
            span,
            lines: LineSpan::default(),
            tokens,
            identity: alignment.identity(),
            operations,
        });
    }
    members.sort_by_key(|member| {
        let date = collection.origins.date(member.document.0);
        (date.is_none(), date, member.document, member.span)
    });
    let is_canonical =
        |m: &PassageMember| (m.document.0, m.tokens) == (canonical.document, canonical.tokens);
    let at = members.iter().position(is_canonical).unwrap_or(0) as u32;
    let mut documents: Vec<u32> = members.iter().map(|member| member.document.0).collect();
    documents.sort_unstable();
    documents.dedup();
    let boilerplate = distinctiveness < config.min_distinctiveness
        || distinct::is_fixed_text(collection.origins, &documents);
    let half_words: u32 = collection.hashes(canonical.document)[canonical.tokens.range()]
        .iter()
        .map(|token| token.half_words())
        .sum();
    PassageCluster {
        kind: if boilerplate { PassageKind::Boilerplate } else { PassageKind::Reuse },
        text: located.text()[span.range()].to_owned(),
        words: half_words.div_ceil(2),
        documents: documents.len() as u32,
        distinctiveness,
        canonical: at,
        members,
    }
}

/// Fills in lines and columns, document by document.
fn fill_lines(collection: &Collection<'_>, passages: &mut [PassageCluster]) {
    let mut members: Vec<&mut PassageMember> =
        passages.iter_mut().flat_map(|passage| passage.members.iter_mut()).collect();
    members.par_sort_by_key(|member| member.document);
    members.par_chunk_by_mut(|x, y| x.document == y.document).for_each(|members| {
        let located = collection.located(members[0].document.0);
        let index = LineIndex::new(located.text());
        for member in members {
            let (start, end) = index.line_span(member.span);
            member.lines = LineSpan {
                start_line: start.line,
                start_column: start.column,
                end_line: end.line,
                end_column: end.column,
            };
        }
    });
}
