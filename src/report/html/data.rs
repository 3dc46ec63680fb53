//! What goes into the page: the head, and blocks of members and texts.
//!
//! Idea: everything that a list or a picture needs is in the head ([`super::rows`]), in rows as
//! short as they can be; members with their changes, their alignments, and texts are in blocks that
//! are unpacked one by one. Past the limits passages are left out from the end of the report's
//! order (the least spread go first), texts from the documents that first appear last, and the head
//! counts what is missing.
//!
//! Cost: the head is linear in passages and their members, without the members' changes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Serialize;

use super::HtmlOptions;
use super::aligned::{self, Entry};
use super::pack::Units;
use super::pieces::{Piece, pieces};
use super::rows::{ClusterRow, Document, GroupRow, Head, LeftOut, PassageRow, Sharing};
use super::texts::{self, Texts};
use crate::document::{DocId, Timestamp};
use crate::report::model::{
    DocumentCluster, PassageCluster, PassageKind, PassageMember, Report, Share,
};

/// Most carriers of one passage: a disclaimer may stand in every document.
pub(super) const CARRIERS: usize = 1_000;
/// Passages whose members share a block.
const PASSAGES_A_BLOCK: usize = 100;
/// Bytes of text that a block holds before the next begins.
const TEXT_A_BLOCK: usize = 256 << 10;
/// Most bytes of a passage, and of a name, in the head; a name that is longer loses its end, the
/// whole passage is in a block.
const PASSAGE_BYTES: usize = 600;
const NAME_BYTES: usize = 1_000;
/// Most other groups that are named of one group, those it shares most with.
const PARTNERS: usize = 200;
/// Most skipped inputs that are named.
const SKIPPED: usize = 100;
/// Lower ends of the histogram's classes.
const SIZES: [u32; 8] = [2, 3, 4, 5, 10, 20, 50, 100];

/// What of a report is shown.
pub(super) struct Selection<'a> {
    report: &'a Report,
    texts: Texts<'a>,
    passages: &'a [PassageCluster],
    clusters: &'a [DocumentCluster],
    /// Documents with their text, block by block.
    blocks: Vec<Vec<DocId>>,
    units: Units,
    /// Documents that something shown refers to.
    referred: Vec<bool>,
    /// Dates of all documents in Unix seconds.
    times: Vec<Option<i64>>,
}

impl<'a> Selection<'a> {
    /// Chooses what is shown of a report.
    pub(super) fn new(report: &'a Report, texts: Texts<'a>, options: &HtmlOptions) -> Self {
        let passages = &report.passages[..report.passages.len().min(options.passages)];
        let clusters =
            &report.document_clusters[..report.document_clusters.len().min(options.passages)];
        let order = texts::referred(report, options);
        let mut referred = vec![false; report.documents.len()];
        for id in &order {
            referred[id.index()] = true;
        }
        let mut shown = texts::wanted(&order, report, options);
        shown.retain(|&id| texts.get(id).is_some());
        let mut has_text = vec![false; report.documents.len()];
        for id in &shown {
            has_text[id.index()] = true;
        }
        let places = passages
            .iter()
            .flat_map(shown_members)
            .filter(|member| has_text.get(member.document.index()).copied().unwrap_or_default())
            .flat_map(|member| {
                let span = member.span;
                [(member.document, span.start), (member.document, span.end)]
            })
            .collect();
        let units = Units::new(places, texts);
        let time = |date: &String| Timestamp::parse(date).map(|time| time.0);
        let dates = report.documents.iter().map(|entry| entry.date.as_ref());
        let times = dates.map(|date| date.and_then(time)).collect();
        let blocks = text_blocks(&shown, texts);
        Self { report, texts, passages, clusters, blocks, units, referred, times }
    }

    /// Number of blocks of members.
    pub(super) fn member_blocks(&self) -> usize {
        self.passages.len().div_ceil(PASSAGES_A_BLOCK)
    }

    /// Number of blocks of texts.
    pub(super) fn text_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn passages_of(&self, block: usize) -> &'a [PassageCluster] {
        let first = (block * PASSAGES_A_BLOCK).min(self.passages.len());
        &self.passages[first..self.passages.len().min(first + PASSAGES_A_BLOCK)]
    }

    /// A block of members: a list of members for each passage.
    pub(super) fn members(&self, number: usize) -> Vec<Vec<Member>> {
        let member = |passage: &PassageCluster, member: &PassageMember| {
            let id = member.document;
            let text = self.texts.get(id);
            let place = |byte| self.units.get(id, byte);
            Member {
                document: id,
                line: member.lines.start_line,
                column: member.lines.start_column,
                identity: member.identity,
                place: place(member.span.start).zip(place(member.span.end)),
                pieces: pieces(passage, member, text),
            }
        };
        self.passages_of(number)
            .iter()
            .map(|passage| shown_members(passage).map(|one| member(passage, one)).collect())
            .collect()
    }

    /// A block of texts, in the order of the head's places.
    pub(super) fn texts(&self, number: usize) -> Vec<&'a str> {
        let ids = self.blocks.get(number).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|&id| self.texts.get(id)).collect()
    }

    /// A block of alignments: rows of members for each passage.
    pub(super) fn aligned(&self, number: usize) -> Vec<Vec<Option<Vec<Entry>>>> {
        let rows = |passage| aligned::rows(passage, shown_members(passage), self.texts);
        self.passages_of(number).iter().map(rows).collect()
    }

    /// Number and whole text of the passages that the head holds the beginning of.
    pub(super) fn longer(&self) -> Vec<(usize, &'a str)> {
        let all = self.passages.iter().map(|passage| passage.text.as_str()).enumerate();
        all.filter(|(_, text)| text.len() > PASSAGE_BYTES).collect()
    }

    /// All that lists and pictures need.
    pub(super) fn head(&self, options: &'a HtmlOptions) -> Head<'a> {
        let report = self.report;
        let coverage = &report.coverage;
        let shares = coverage.groups.iter().copied().chain(std::iter::repeat(Share::default()));
        let groups = report
            .groups
            .iter()
            .zip(shares)
            .map(|(group, share)| GroupRow {
                name: match beginning(&group.name, NAME_BYTES) {
                    name if group.reference => Cow::Owned(format!("reference: {name}")),
                    name => Cow::Borrowed(name),
                },
                reference: group.reference,
                documents: group.documents,
                share,
            })
            .collect();
        Head {
            version: &report.run.version,
            parameters: &report.run.parameters,
            documents: report.run.documents,
            bytes: report.run.bytes,
            words: report.run.tokens,
            seconds: report.run.times.iter().map(|time| time.seconds).sum(),
            total: coverage.total,
            groups,
            between: self.between(),
            entries: self.entries(),
            block: PASSAGES_A_BLOCK,
            passages: self.passages.iter().map(|passage| self.passage(passage)).collect(),
            clusters: self.clusters.iter().map(cluster_row).collect(),
            passage_sizes: passage_sizes(&report.passages),
            cluster_sizes: cluster_sizes(&report.document_clusters),
            reuse: count(&report.passages, PassageKind::Reuse),
            boilerplate: count(&report.passages, PassageKind::Boilerplate),
            copies: members(&report.document_clusters),
            all_clusters: report.document_clusters.len(),
            skipped: &report.skipped[..report.skipped.len().min(SKIPPED)],
            all_skipped: report.skipped.len(),
            left_out: self.left_out(),
            whole: options.whole.as_deref(),
        }
    }

    fn entries(&self) -> Vec<Document<'a>> {
        let mut places = vec![None; self.report.documents.len()];
        for (block, ids) in self.blocks.iter().enumerate() {
            for (index, id) in ids.iter().enumerate() {
                places[id.index()] = Some((block, index));
            }
        }
        let all = self.report.documents.iter().zip(&self.referred).enumerate();
        all.filter(|(_, (_, referred))| **referred)
            .map(|(index, (entry, _))| Document {
                id: index,
                name: beginning(&entry.name, NAME_BYTES),
                group: entry.group,
                date: entry.date.as_deref().map(|date| beginning(date, NAME_BYTES)),
                time: self.times[index],
                share: self.report.coverage.documents.get(index).copied().unwrap_or_default(),
                text: places[index],
                absence: self.texts.absence(DocId(index as u32)),
            })
            .collect()
    }

    fn passage(&self, passage: &'a PassageCluster) -> PassageRow<'a> {
        let time = |member: &PassageMember| *self.times.get(member.document.index())?;
        PassageRow {
            boilerplate: passage.kind == PassageKind::Boilerplate,
            words: passage.words,
            documents: passage.documents,
            distinctiveness: passage.distinctiveness,
            time: shown_members(passage).filter_map(time).min(),
            text: beginning(&passage.text, PASSAGE_BYTES),
            longer: passage.text.len() > PASSAGE_BYTES,
            canonical: passage.canonical.min(CARRIERS as u32 - 1),
            carriers: shown_members(passage).map(|member| member.document).collect(),
            all_carriers: passage.members.len(),
        }
    }

    /// For every group, the groups that hold words of it, those that hold most first.
    fn between(&self) -> Vec<Sharing> {
        let of_row = |row: &Vec<u64>| {
            let mut others: Vec<(usize, u64)> =
                row.iter().copied().enumerate().filter(|(_, words)| *words > 0).collect();
            others.sort_by_key(|&(group, words)| (std::cmp::Reverse(words), group));
            let all_others = others.len();
            others.truncate(PARTNERS);
            Sharing { others, all_others }
        };
        self.report.coverage.between.iter().map(of_row).collect()
    }

    fn left_out(&self) -> LeftOut {
        let texts: usize = self.blocks.iter().map(Vec::len).sum();
        let referred = self.referred.iter().filter(|referred| **referred).count();
        let lost = match self.texts {
            Texts::Documents(_) => 0,
            Texts::Reread(reread) => reread.lost(),
        };
        LeftOut {
            passages: self.report.passages.len() - self.passages.len(),
            clusters: self.report.document_clusters.len() - self.clusters.len(),
            texts: referred - texts - lost,
            lost,
            no_texts: self.texts.none(),
        }
    }
}

/// The members that are shown: the first, and always the canonical one.
pub(super) fn shown_members(
    passage: &PassageCluster,
) -> impl Iterator<Item = &PassageMember> + Clone {
    let canonical = passage.canonical as usize;
    let first = if canonical < CARRIERS { 0 } else { canonical - CARRIERS + 1 };
    passage.members.iter().skip(first).take(CARRIERS)
}

/// Documents in blocks of texts.
fn text_blocks(shown: &[DocId], texts: Texts<'_>) -> Vec<Vec<DocId>> {
    let mut blocks: Vec<Vec<DocId>> = Vec::new();
    let mut in_block = usize::MAX;
    for &id in shown {
        if in_block >= TEXT_A_BLOCK {
            blocks.push(Vec::new());
            in_block = 0;
        }
        in_block += texts.get(id).map_or(0, str::len);
        if let Some(block) = blocks.last_mut() {
            block.push(id);
        }
    }
    blocks
}

/// The text, or as much of it as these bytes hold.
fn beginning(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let end = (0..=bytes).rev().find(|&at| text.is_char_boundary(at));
    &text[..end.unwrap_or_default()]
}

fn count(passages: &[PassageCluster], kind: PassageKind) -> usize {
    passages.iter().filter(|passage| passage.kind == kind).count()
}

/// Number of documents that others represent; with a reference one may be in several clusters.
fn members(clusters: &[DocumentCluster]) -> usize {
    let all = clusters.iter().flat_map(|cluster| &cluster.members);
    all.map(|member| member.document).collect::<BTreeSet<_>>().len()
}

/// Class of the histogram; a passage that one document repeats counts with the smallest.
fn class(size: u32) -> usize {
    SIZES.partition_point(|&low| low <= size).saturating_sub(1)
}

fn passage_sizes(passages: &[PassageCluster]) -> Vec<(u32, u64, u64)> {
    let mut sizes: Vec<_> = SIZES.iter().map(|&low| (low, 0, 0)).collect();
    for passage in passages {
        let row = &mut sizes[class(passage.documents)];
        match passage.kind {
            PassageKind::Reuse => row.1 += 1,
            PassageKind::Boilerplate => row.2 += 1,
        }
    }
    sizes
}

fn cluster_sizes(clusters: &[DocumentCluster]) -> Vec<(u32, u64, u64)> {
    let mut sizes: Vec<_> = SIZES.iter().map(|&low| (low, 0, 0)).collect();
    for cluster in clusters {
        sizes[class(cluster.members.len() as u32 + 1)].1 += 1;
    }
    sizes
}

fn cluster_row(cluster: &DocumentCluster) -> ClusterRow {
    ClusterRow {
        representative: cluster.representative,
        members: cluster
            .members
            .iter()
            .take(CARRIERS)
            .map(|one| (one.document, one.kind, one.similarity, one.containment, one.contains))
            .collect(),
        all_members: cluster.members.len(),
        lowest: cluster.lowest_score,
    }
}

/// A place where a passage stands.
#[derive(Serialize)]
pub(super) struct Member {
    #[serde(rename = "d")]
    document: DocId,
    #[serde(rename = "l")]
    line: u32,
    #[serde(rename = "c")]
    column: u32,
    #[serde(rename = "i")]
    identity: f64,
    /// Start and end in UTF-16 code units of the text, if the text is in the page.
    #[serde(rename = "p")]
    place: Option<(u32, u32)>,
    #[serde(rename = "o")]
    pieces: Vec<Piece>,
}
