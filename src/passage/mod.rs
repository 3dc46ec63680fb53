//! Passages: spans of documents that also stand elsewhere.
//!
//! ```text
//! tokens → anchors → links → runs → chains → pairs → sites → stars → clusters → coverage
//! ```
//!
//! [`anchor`] samples shingles, [`link`] connects equal ones and grows them into runs, [`chain`]
//! strings runs together, [`align`] turns a chain into steps word by word, [`pairs`] filters, and
//! [`site`], [`bonds`] and [`cluster`] bring together the places that hold versions of one text; [`nested`]
//! leaves out what larger passages tell. [`distinct`]
//! tells reuse from formula, [`operations`] writes alignments out, [`coverage`] adds up.

pub(crate) mod align;
pub(crate) mod anchor;
pub(crate) mod archive;
mod around;
mod blocks;
mod bonds;
pub(crate) mod cache;
mod carry;
pub(crate) mod chain;
pub(crate) mod cluster;
pub(crate) mod coverage;
pub(crate) mod direct;
pub(crate) mod distinct;
mod extent;
mod few;
mod frequency;
mod group;
pub(crate) mod grow;
mod kin;
mod lanes;
pub(crate) mod link;
mod lots;
mod nested;
pub(crate) mod operations;
mod origins;
pub(crate) mod outline;
pub(crate) mod pairs;
pub(crate) mod programme;
mod prospects;
mod refine;
pub(crate) mod site;
mod store;
mod told;
pub(crate) mod two;
mod version;
mod vocabulary;
pub(crate) mod words;

use rayon::prelude::*;

use self::align::Sides;
use self::archive::{Archive, Hashes, Located};
use self::cluster::Star;
pub(crate) use self::kin::Kin;
use self::operations::Teller;
pub(crate) use self::origins::{Origins, SavedOrigins};
use self::pairs::{Place, Worker, Workers};
use self::store::StarRows;
use crate::config::PassageConfig;
use crate::document::DocId;
use crate::error::Result;
use crate::find::Stage;
use crate::pairing::Pairing;
use crate::report::model::{
    LineSpan, Operation, OperationKind, PassageCluster, PassageKind, PassageMember, Suppressed,
};
use crate::span::LineIndex;
use crate::spill::Work;
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
    /// What is compared with what. With a reference `copy_of` and `representative` are the
    /// documents' own numbers.
    pub(crate) pairing: Pairing,
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

/// What an alignment must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) min_words: u32,
    pub(crate) min_identity: f64,
}

/// All passages as they were found: stars, and how distinctive each is.
pub(crate) struct Stars {
    rows: StarRows,
    distinctiveness: Vec<f64>,
    /// They know the words by now.
    workers: Workers,
}

/// Finds all passages. `config.sensitivity` must be resolved.
pub(crate) fn find_stars(
    collection: &Collection<'_>,
    work: &Work,
    config: &PassageConfig,
    suppressed: &mut Suppressed,
    begin: &mut dyn FnMut(Stage),
) -> Result<Stars> {
    let limits = Limits { min_words: config.min_words, min_identity: config.min_identity };
    let winnowing = config.sensitivity.winnowing();
    let workers = Workers::new(work);
    let (pairs, sides) =
        pairs::find_pairs(collection, work, winnowing, limits, &workers, suppressed, begin)?;
    begin(Stage::Passages);
    let sites = site::find_sites(work, &pairs, &sides, config.min_words, bonds::LARGE)?;
    drop(sides);
    let stars = cluster::refine(collection, work, &sites, &pairs, limits, &workers)?;
    drop((sites, pairs));
    let (rows, nested) = nested::leave_out_parts(work, stars, collection.pairing)?;
    suppressed.nested_members = nested;
    let distinctiveness = distinct::distinctiveness(collection, work, &rows)?;
    Ok(Stars { rows, distinctiveness, workers })
}

/// Finds all passages and writes them out for a report.
pub(crate) fn find_passages(
    collection: &Collection<'_>,
    config: &PassageConfig,
    suppressed: &mut Suppressed,
    begin: &mut dyn FnMut(Stage),
) -> Result<Vec<PassageCluster>> {
    let Stars { rows, distinctiveness, workers } =
        find_stars(collection, &Work::in_memory(), config, suppressed, begin)?;
    let numbers: Vec<usize> = (0..rows.len()).collect();
    let mut passages: Vec<PassageCluster> = numbers
        .into_par_iter()
        .zip(distinctiveness)
        .map_init(
            || (Teller::default(), Vec::new()),
            |(teller, scratch), (number, distinctiveness)| {
                let star = rows.read(number, scratch)?;
                let tell = |worker: &mut Worker| {
                    describe(collection, config, &star, distinctiveness, worker, teller)
                };
                Ok(workers.with(tell))
            },
        )
        .collect::<Result<_>>()?;
    drop(rows);
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
    Ok(passages)
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
    let span = located.span_of(canonical.tokens, &mut SpanScratch::default()).unwrap_or_default();
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
    let documents = documents_of(star);
    PassageCluster {
        kind: kind_of(collection, config, &documents, distinctiveness),
        text: located.text()[span.range()].to_owned(),
        words: words_of(collection, canonical),
        documents: documents.len() as u32,
        distinctiveness,
        canonical: at,
        members,
    }
}

/// The different documents of a star, in order.
fn documents_of(star: &Star) -> Vec<u32> {
    let mut documents: Vec<u32> = star.members.iter().map(|(document, _)| *document).collect();
    documents.push(star.canonical.document);
    documents.sort_unstable();
    documents.dedup();
    documents
}

/// What a passage of some documents is.
fn kind_of(
    collection: &Collection<'_>,
    config: &PassageConfig,
    documents: &[u32],
    distinctiveness: f64,
) -> PassageKind {
    let boilerplate = distinctiveness < config.min_distinctiveness
        || distinct::is_fixed_text(collection.origins, documents);
    if boilerplate { PassageKind::Boilerplate } else { PassageKind::Reuse }
}

/// Number of words of a place.
fn words_of(collection: &Collection<'_>, place: Place) -> u32 {
    let tokens = collection.hashes(place.document);
    let half_words = tokens[place.tokens.range()].iter().map(|token| token.half_words());
    half_words.sum::<u32>().div_ceil(2)
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

#[cfg(test)]
mod tests {
    use doublet_generate::corpus::CorpusPlan;
    use proptest::prelude::*;

    use super::archive::{Shelf, TextRow, TextRows};
    use super::*;
    use crate::config::Sensitivity;
    use crate::document::Document;
    use crate::documents::store::{TokenRow, TokenRows};
    use crate::text::{TokenBuffer, TokenIndex, Tokenizer};

    /// Texts that share much: quotes in others, copies, near-copies, and a phrase that is common.
    fn texts() -> impl Strategy<Value = Vec<String>> {
        let piece = (0usize..12, 0usize..40, 4usize..60);
        let text = prop::collection::vec(piece, 1..6);
        prop::collection::vec(text, 2..25).prop_map(|texts| {
            let plan = CorpusPlan { seed: 3, ..CorpusPlan::default() };
            let sources: Vec<Vec<String>> = plan
                .documents_of(40_000)
                .map(|document| document.text.split(' ').map(str::to_owned).collect())
                .collect();
            let piece = |(source, start, len): (usize, usize, usize)| {
                let words = &sources[source % sources.len()];
                let start = start.min(words.len());
                words[start..(start + len).min(words.len())].join(" ") + " in the course of the"
            };
            let text = |pieces: Vec<_>| pieces.into_iter().map(piece).collect::<Vec<_>>().join(" ");
            texts.into_iter().map(text).collect()
        })
    }

    /// Stars as they come out, with what was counted.
    fn stars(
        archive: Archive<'_>,
        origins: &Origins,
        representative: &[u32],
        pairing: Pairing,
        work: &Work,
        sensitivity: Sensitivity,
    ) -> (Vec<Star>, Vec<f64>, u64, u64) {
        let alone: Vec<u32> = (0..archive.len() as u32).collect();
        let copy_of = &alone;
        let collection = Collection { archive, origins, copy_of, representative, pairing };
        let config = PassageConfig { sensitivity, min_words: 6, ..PassageConfig::default() };
        let mut counts = Suppressed::default();
        let found = find_stars(&collection, work, &config, &mut counts, &mut |_| {});
        let Stars { rows, distinctiveness, .. } = found.expect("room");
        let read = |number| rows.read(number, &mut Vec::new()).expect("whole");
        let all = (0..rows.len()).map(read).collect();
        (all, distinctiveness, counts.clustered_links, counts.short_alignments)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 30, ..ProptestConfig::default() })]

        #[test]
        fn any_budget_gives_what_memory_gives(
            texts in texts(),
            memory in prop_oneof![Just(0u64), 1_000u64..60_000, Just(u64::MAX)],
            block in 100usize..400,
            clustered in any::<bool>(),
            reference in prop::option::of(0u32..25),
            sensitivity in prop::sample::select(vec![Sensitivity::Balanced, Sensitivity::High]),
        ) {
            let documents: Vec<Document> =
                texts.iter().map(|text| Document::new("", text.as_str())).collect();
            let work = Work::tiny(memory, block, 3);
            let (mut rows, mut text_rows) = (TokenRows::new(&work), TextRows::new(&work));
            let (mut tokenizer, mut buffer) = (Tokenizer::new(), TokenBuffer::default());
            let mut indexes = Vec::new();
            for text in &texts {
                tokenizer.tokenize(text, &mut buffer);
                let index = TokenIndex::new(&buffer);
                rows.add(&TokenRow::of(index.hashes())).expect("room");
                let row = TextRow::new(text, index.checkpoints(), index.len() as u32);
                text_rows.add(&row).expect("room");
                indexes.push(index);
            }
            rows.seal(false).expect("room");
            text_rows.seal(false).expect("room");
            let origins = Origins::of(&documents);
            let pairing =
                reference.map_or(Pairing::Everything, |reference| Pairing::Against { reference });
            let clustered = clustered && pairing == Pairing::Everything;
            // Every third document belongs to the first one.
            let representative: Vec<u32> =
                (0..texts.len() as u32).map(|i| if clustered && i % 3 == 1 { 0 } else { i }).collect();
            let held = Archive::Held { documents: &documents, tokens: &indexes };
            let expected =
                stars(held, &origins, &representative, pairing, &Work::in_memory(), sensitivity);
            let shelf = Shelf::new(&work, &rows, &text_rows);
            let found =
                stars(Archive::Stored(&shelf), &origins, &representative, pairing, &work, sensitivity);
            prop_assert_eq!(found, expected);
        }
    }
}
