//! The report: every result of a run as plain values.
//!
//! These types are the library's answer and, through serde, the JSON format: a field here is a
//! field there, under the same name. [`crate::report::json`] specifies the format field by field.
//! Nothing refers to the texts: a report can be kept, sent and read back without them.

use serde::{Deserialize, Serialize};

use crate::document::{DocId, Metadata, Origin};
use crate::pairing::{Pairing, REFERENCE};
use crate::span::{Span, TokenRange};

/// Version of the format; raised by one whenever a field is removed or changes its meaning.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that one run found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format: [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// What ran, on what, and how long it took.
    pub run: Run,
    /// Groups of documents that coverage is reported by, in order of first appearance.
    pub groups: Vec<Group>,
    /// All documents, in input order; the index is the id.
    pub documents: Vec<DocumentEntry>,
    /// Verified pairs of documents, ordered by first id, then second.
    pub matches: Vec<Match>,
    /// Documents that are versions of one another; largest first, then by representative.
    pub document_clusters: Vec<DocumentCluster>,
    /// Passages that stand more than once: reuse first, then boilerplate; within each by number
    /// of documents, then words, then canonical place.
    pub passages: Vec<PassageCluster>,
    /// How much of everything stands elsewhere.
    pub coverage: Coverage,
    /// What each rule left out.
    pub suppressed: Suppressed,
    /// Inputs that could not be read, in input order.
    pub skipped: Vec<Skipped>,
}

impl Report {
    /// Number of documents of the reference, if the corpus was compared with one: they are the
    /// first.
    #[must_use]
    pub fn reference(&self) -> Option<usize> {
        let compared = self.run.parameters.compared == REFERENCE;
        compared.then(|| self.documents.iter().take_while(|document| document.reference).count())
    }

    /// Whether a document belongs to the reference.
    #[must_use]
    pub fn is_reference(&self, id: DocId) -> bool {
        self.documents.get(id.index()).is_some_and(|document| document.reference)
    }
}

/// What ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Version of doublet.
    pub version: String,
    /// Every option that decides a result.
    pub parameters: Parameters,
    /// Number of documents.
    pub documents: u64,
    /// Bytes of text.
    pub bytes: u64,
    /// Tokens.
    pub tokens: u64,
    /// Time by stage. The only part of a report that differs between equal runs.
    pub times: Vec<StageTime>,
    /// Field that the texts of records were read from, where it is known: with it and
    /// [`DocumentEntry::origin`] a text can be found again.
    #[serde(default)]
    pub text_field: Option<String>,
}

/// Time that one stage took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StageTime {
    /// Name of the stage.
    pub stage: String,
    /// Wall-clock seconds.
    pub seconds: f64,
}

/// The options that decide a result, resolved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    /// `both`, `documents` or `passages`.
    pub scope: String,
    /// What was compared with what: `everything`, every document with every other one, or
    /// `reference`, the documents of a reference ([`DocumentEntry::reference`]) with all others,
    /// the corpus, and nothing within either.
    #[serde(default = "everything")]
    pub compared: String,
    /// Stable id of everything that decides a hash.
    pub sketch_spec: String,
    /// Words a shingle.
    pub shingle_size: u32,
    /// Registers a sketch.
    pub sketch_size: u32,
    /// Lowest Jaccard similarity of a near-duplicate.
    pub threshold: f64,
    /// Lowest containment of a contained document.
    pub containment: f64,
    /// Bands of the sketch.
    pub bands: u32,
    /// Registers a band.
    pub rows: u32,
    /// `star` or `single`.
    pub linkage: String,
    /// The keep policy, as it is written on the command line.
    pub keep: String,
    /// Fewest words a passage.
    pub min_words: u32,
    /// The sensitivity that ran: `fast`, `balanced` or `high`.
    pub sensitivity: String,
    /// Lowest identity of a member with its canonical passage.
    pub min_identity: f64,
    /// Lowest distinctiveness of reuse; below it a passage is boilerplate.
    pub min_distinctiveness: f64,
}

/// What reports without the field say.
fn everything() -> String {
    Pairing::Everything.name().to_owned()
}

/// A group of documents: an outlet, a crawl, a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name. A group of the reference may have the name of one of the corpus.
    pub name: String,
    /// Whether its documents belong to the reference.
    #[serde(default)]
    pub reference: bool,
    /// Number of documents in it.
    pub documents: u64,
    /// Bytes of text in it.
    pub bytes: u64,
    /// Tokens in it.
    pub tokens: u64,
}

/// What a report keeps of a document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentEntry {
    /// Its name.
    pub name: String,
    /// Whether it belongs to the reference that the corpus was compared with; those come first.
    #[serde(default)]
    pub reference: bool,
    /// Index of its group in [`Report::groups`].
    pub group: u32,
    /// Its date as it was written.
    pub date: Option<String>,
    /// Where it was read from.
    pub origin: Option<Origin>,
    /// Bytes of text.
    pub bytes: u32,
    /// Tokens.
    pub tokens: u32,
    /// 128-bit hash of the normalised text, 32 hexadecimal digits; equal for exact copies.
    pub content_hash: String,
    /// Further fields.
    pub metadata: Metadata,
}

/// Why two documents match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MatchKind {
    /// The same tokens in the same order.
    Exact,
    /// Jaccard similarity of at least the threshold.
    Near,
    /// One holds nearly all shingles of the other.
    Contained,
}

impl MatchKind {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Near => "near",
            Self::Contained => "contained",
        }
    }
}

/// A verified pair of documents with its exact scores.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// The lower id.
    pub a: DocId,
    /// The higher id.
    pub b: DocId,
    /// Why they match.
    pub kind: MatchKind,
    /// Exact Jaccard similarity of the shingle sets, 0 to 1.
    pub similarity: f64,
    /// Share of `a`'s shingles that `b` holds, 0 to 1.
    pub a_in_b: f64,
    /// Share of `b`'s shingles that `a` holds, 0 to 1.
    pub b_in_a: f64,
}

/// Documents that are versions of one document. With a reference the representative is one of its
/// documents and the others are of the corpus, each with every representative that it matches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentCluster {
    /// The version to keep.
    pub representative: DocId,
    /// The other versions, by id.
    pub members: Vec<DocumentMember>,
    /// Lowest similarity of a member to the representative; where one of them is contained in the
    /// other, that containment.
    pub lowest_score: f64,
}

/// A version of a cluster's representative.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DocumentMember {
    /// Which document.
    pub document: DocId,
    /// Why it is here.
    pub kind: MatchKind,
    /// Exact Jaccard similarity to the representative.
    pub similarity: f64,
    /// Share of its shingles that the representative holds.
    pub containment: f64,
    /// Share of the representative's shingles that it holds.
    #[serde(default)]
    pub contains: f64,
}

impl DocumentMember {
    /// Whether it matches for containing its representative, rather than being contained in it.
    #[must_use]
    pub fn is_container(&self) -> bool {
        self.kind == MatchKind::Contained && self.containment < self.contains
    }
}

/// What a passage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PassageKind {
    /// Text that one document took from another, or both from a third.
    Reuse,
    /// Formulaic prose, bylines, disclaimers: repeats without being a borrowing.
    Boilerplate,
}

impl PassageKind {
    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reuse => "reuse",
            Self::Boilerplate => "boilerplate",
        }
    }
}

/// Passages that are versions of one text. With a reference the canonical one stands in it, and
/// each of the others stands on the one side and was aligned with one on the other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassageCluster {
    /// Reuse or boilerplate.
    pub kind: PassageKind,
    /// The canonical passage, word for word.
    pub text: String,
    /// Words of the canonical passage (a dense token counts a half).
    pub words: u32,
    /// Number of different documents among the members.
    pub documents: u32,
    /// 0 to 1: how much rarer the passage's rarest words-in-a-row are than chance would have
    /// them; 1 when they stand nowhere but in these members.
    pub distinctiveness: f64,
    /// Index of the canonical passage in `members`.
    pub canonical: u32,
    /// Every place it stands, the first by date (where dates are known), document and start.
    pub members: Vec<PassageMember>,
}

/// One place where a passage stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassageMember {
    /// In which document.
    pub document: DocId,
    /// Where, in bytes of its text.
    pub span: Span,
    /// Where, in lines and columns.
    pub lines: LineSpan,
    /// Where, in tokens.
    pub tokens: TokenRange,
    /// Share of the aligned words that are equal (partial matches count a half), 0 to 1.
    pub identity: f64,
    /// What turns the canonical passage into this one, in order; covers both without gaps.
    pub operations: Vec<Operation>,
}

/// Lines and columns of a span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSpan {
    /// Line of the first byte, from 1.
    pub start_line: u32,
    /// Column of the first byte, in code points from 1.
    pub start_column: u32,
    /// Line of the end, from 1.
    pub end_line: u32,
    /// Column of the end (the code point after the last), from 1.
    pub end_column: u32,
}

/// One step of an alignment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// What is done.
    #[serde(flatten)]
    pub kind: OperationKind,
    /// Tokens of the canonical document that it concerns; empty for an insertion.
    pub canonical_tokens: TokenRange,
    /// Tokens of the member's document that it concerns; empty for a deletion.
    pub tokens: TokenRange,
    /// The canonical document's bytes: from its first to its last token.
    pub canonical_span: Span,
    /// The member's bytes.
    pub span: Span,
    /// The canonical words, unless equal or inserted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_text: Option<String>,
    /// The member's words, unless equal or deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "operation", content = "change")]
pub enum OperationKind {
    /// The same words.
    Equal,
    /// Other words in their place.
    Replace(Change),
    /// Words that only the member has.
    Insert,
    /// Words that only the canonical passage has.
    Delete,
}

/// How a replacement changes the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// The same words, contracted or written out: *are not*, *aren't*. Counts as equal.
    Contraction,
    /// The same word, inflected or misspelt by one letter: *pattern*, *patterns*. Counts a half.
    Form,
    /// Other words.
    Wording,
}

/// How much stands elsewhere, in tokens. With a reference that is on the other side: of a document
/// of the corpus in the reference, of one of the reference in the corpus.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// The whole collection.
    pub total: Share,
    /// By group, in the order of [`Report::groups`].
    pub groups: Vec<Share>,
    /// By document, in the order of [`Report::documents`].
    pub documents: Vec<Share>,
    /// `between[i][j]`: tokens of group `i` that stand (also) in group `j`; for `i = j`, in
    /// another place of the same group.
    pub between: Vec<Vec<u64>>,
}

/// A part of a number of tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// All tokens.
    pub tokens: u64,
    /// Those that lie in reused passages.
    pub reuse: u64,
    /// Those that lie in boilerplate and not in reused passages.
    pub boilerplate: u64,
}

impl Share {
    /// Reused share, 0 to 1 (0 of nothing).
    #[must_use]
    pub fn reuse_share(&self) -> f64 {
        if self.tokens == 0 { 0.0 } else { self.reuse as f64 / self.tokens as f64 }
    }
}

/// How much each rule left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// Documents without a token: they have a content hash and nothing else.
    pub empty_documents: u64,
    /// Buckets and groups of anchors too large to pair every member with every other.
    pub thinned_buckets: u64,
    /// Candidates whose sketches or shingles fell short of the threshold.
    pub rejected_candidates: u64,
    /// Links inside a document cluster that the link to the representative stands for.
    pub clustered_links: u64,
    /// Links with too few equal words around them.
    pub weak_links: u64,
    /// Alignments below the fewest words.
    pub short_alignments: u64,
    /// Alignments below the lowest identity.
    pub dissimilar_alignments: u64,
    /// Members of passage clusters that members of a larger one tell already.
    pub nested_members: u64,
    /// Passage clusters reported as boilerplate.
    pub boilerplate_passages: u64,
}

/// An input that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub path: String,
    /// The line, from 1, in formats of one record a line.
    pub line: Option<u64>,
    /// What was found, what was expected, what to do.
    pub message: String,
}
