//! What goes into the page: the head, and blocks of members and texts.
//!
//! Idea: everything that a list or a picture needs is in the head, in rows as short as they can
//! be; members with their changes, and texts, are in blocks that are unpacked one by one. Past the
//! limits passages are left out from the end of the report's order (the least spread go first),
//! texts from the documents that first appear last, and the head counts what is missing.
//!
//! Cost: the head is linear in passages and their members, without the members' changes.

use serde::Serialize;

use super::HtmlOptions;
use super::pack::Units;
use super::pieces::{Piece, pieces};
use crate::document::{DocId, Document, Timestamp};
use crate::report::model::{
    DocumentCluster, MatchKind, Parameters, PassageCluster, PassageKind, PassageMember, Report,
    Share, Skipped,
};

/// Most carriers of one passage: a disclaimer may stand in every document.
const CARRIERS: usize = 1_000;
/// Passages whose members share a block.
const PASSAGES_A_BLOCK: usize = 100;
/// Bytes of text that a block holds before the next begins.
const TEXT_A_BLOCK: usize = 256 << 10;
/// Most groups in the table of what groups share.
const HEAT_GROUPS: usize = 12;
/// Most skipped inputs that are named.
const SKIPPED: usize = 100;
/// Lower ends of the histogram's classes.
const SIZES: [u32; 8] = [2, 3, 4, 5, 10, 20, 50, 100];

/// What of a report is shown.
pub(super) struct Selection<'a> {
    report: &'a Report,
    documents: &'a [Document],
    passages: &'a [PassageCluster],
    clusters: &'a [DocumentCluster],
    /// Documents with their text, block by block.
    texts: Vec<Vec<DocId>>,
    units: Units,
    /// Documents that something shown refers to.
    referred: Vec<bool>,
    /// Dates of all documents in Unix seconds.
    times: Vec<Option<i64>>,
}

impl<'a> Selection<'a> {
    /// Chooses what is shown of a report; `documents` may be empty.
    pub(super) fn new(
        report: &'a Report,
        documents: &'a [Document],
        options: &HtmlOptions,
    ) -> Self {
        let passages = &report.passages[..report.passages.len().min(options.passages)];
        let clusters =
            &report.document_clusters[..report.document_clusters.len().min(options.passages)];
        let mut referred = vec![false; report.documents.len()];
        let mut order = Vec::new();
        let carriers = passages.iter().flat_map(shown_members);
        let copies = clusters.iter().flat_map(|cluster| {
            let members = cluster.members.iter().take(CARRIERS).map(|member| member.document);
            [cluster.representative].into_iter().chain(members)
        });
        for id in carriers.map(|member| member.document).chain(copies) {
            if let Some(seen) = referred.get_mut(id.index())
                && !std::mem::replace(seen, true)
            {
                order.push(id);
            }
        }
        let texts = text_blocks(&order, documents, options);
        let mut has_text = vec![false; documents.len()];
        for id in texts.iter().flatten() {
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
        let units = Units::new(places, documents);
        let time = |date: &String| Timestamp::parse(date).map(|time| time.0);
        let dates = report.documents.iter().map(|entry| entry.date.as_ref());
        let times = dates.map(|date| date.and_then(time)).collect();
        Self { report, documents, passages, clusters, texts, units, referred, times }
    }

    /// Number of blocks of members.
    pub(super) fn member_blocks(&self) -> usize {
        self.passages.len().div_ceil(PASSAGES_A_BLOCK)
    }

    /// Number of blocks of texts.
    pub(super) fn text_blocks(&self) -> usize {
        self.texts.len()
    }

    /// A block of members: a list of members for each passage.
    pub(super) fn members(&self, number: usize) -> Vec<Vec<Member>> {
        let passages = self.passages.chunks(PASSAGES_A_BLOCK).nth(number).unwrap_or_default();
        let member = |passage: &PassageCluster, member: &PassageMember| {
            let id = member.document;
            let text = self.documents.get(id.index()).map(|document| document.text.as_str());
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
        passages
            .iter()
            .map(|passage| shown_members(passage).map(|one| member(passage, one)).collect())
            .collect()
    }

    /// A block of texts, in the order of the head's places.
    pub(super) fn texts(&self, number: usize) -> Vec<&'a str> {
        let ids = self.texts.get(number).map(Vec::as_slice).unwrap_or_default();
        ids.iter().filter_map(|id| Some(self.documents.get(id.index())?.text.as_str())).collect()
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
            .map(|(group, share)| GroupRow { name: &group.name, documents: group.documents, share })
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
            heat: self.heat(),
            entries: self.entries(),
            block: PASSAGES_A_BLOCK,
            passages: self.passages.iter().map(|passage| self.passage(passage)).collect(),
            clusters: self.clusters.iter().map(cluster_row).collect(),
            passage_sizes: passage_sizes(&report.passages),
            cluster_sizes: cluster_sizes(&report.document_clusters),
            reuse: count(&report.passages, PassageKind::Reuse),
            boilerplate: count(&report.passages, PassageKind::Boilerplate),
            copies: report.document_clusters.iter().map(|one| one.members.len()).sum(),
            all_clusters: report.document_clusters.len(),
            skipped: &report.skipped[..report.skipped.len().min(SKIPPED)],
            all_skipped: report.skipped.len(),
            left_out: self.left_out(),
            whole: options.whole.as_deref(),
        }
    }

    fn entries(&self) -> Vec<Entry<'a>> {
        let mut places = vec![None; self.report.documents.len()];
        for (block, ids) in self.texts.iter().enumerate() {
            for (index, id) in ids.iter().enumerate() {
                places[id.index()] = Some((block, index));
            }
        }
        let all = self.report.documents.iter().zip(&self.referred).enumerate();
        all.filter(|(_, (_, referred))| **referred)
            .map(|(index, (entry, _))| Entry {
                id: index,
                name: &entry.name,
                group: entry.group,
                date: entry.date.as_deref(),
                time: self.times[index],
                share: self.report.coverage.documents.get(index).copied().unwrap_or_default(),
                text: places[index],
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
            text: &passage.text,
            canonical: passage.canonical.min(CARRIERS as u32 - 1),
            carriers: shown_members(passage).map(|member| member.document).collect(),
            all_carriers: passage.members.len(),
        }
    }

    /// What the groups that share most hold of one another.
    fn heat(&self) -> Heat {
        let between = &self.report.coverage.between;
        let mut groups: Vec<usize> = (0..between.len()).collect();
        groups.sort_by_key(|&group| std::cmp::Reverse(between[group].iter().sum::<u64>()));
        groups.truncate(HEAT_GROUPS);
        groups.sort_unstable();
        let cell = |row: usize, column: &usize| between[row].get(*column).copied().unwrap_or(0);
        let rows = groups.iter().map(|&row| groups.iter().map(|to| cell(row, to)).collect());
        Heat { words: rows.collect(), groups }
    }

    fn left_out(&self) -> LeftOut {
        let texts: usize = self.texts.iter().map(Vec::len).sum();
        let referred = self.referred.iter().filter(|referred| **referred).count();
        LeftOut {
            passages: self.report.passages.len() - self.passages.len(),
            clusters: self.report.document_clusters.len() - self.clusters.len(),
            texts: referred - texts,
            no_texts: self.documents.is_empty(),
        }
    }
}

/// The members that are shown: the first, and always the canonical one.
fn shown_members(passage: &PassageCluster) -> impl Iterator<Item = &PassageMember> {
    let canonical = passage.canonical as usize;
    let first = if canonical < CARRIERS { 0 } else { canonical - CARRIERS + 1 };
    passage.members.iter().skip(first).take(CARRIERS)
}

/// Documents with their texts, in blocks, within the limits.
fn text_blocks(order: &[DocId], documents: &[Document], options: &HtmlOptions) -> Vec<Vec<DocId>> {
    let mut blocks: Vec<Vec<DocId>> = Vec::new();
    let (mut count, mut bytes, mut in_block) = (0, 0, usize::MAX);
    for &id in order {
        let Some(document) = documents.get(id.index()) else { continue };
        let size = document.text.len();
        if count == options.texts || bytes + size > options.text_bytes {
            continue;
        }
        count += 1;
        bytes += size;
        if in_block >= TEXT_A_BLOCK {
            blocks.push(Vec::new());
            in_block = 0;
        }
        in_block += size;
        if let Some(block) = blocks.last_mut() {
            block.push(id);
        }
    }
    blocks
}

fn count(passages: &[PassageCluster], kind: PassageKind) -> usize {
    passages.iter().filter(|passage| passage.kind == kind).count()
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
            .map(|one| (one.document, one.kind, one.similarity, one.containment))
            .collect(),
        all_members: cluster.members.len(),
    }
}

/// The head of the data. Its rows are short: there may be many.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    version: &'a str,
    parameters: &'a Parameters,
    documents: u64,
    bytes: u64,
    words: u64,
    seconds: f64,
    total: Share,
    groups: Vec<GroupRow<'a>>,
    heat: Heat,
    entries: Vec<Entry<'a>>,
    /// Passages a block of members.
    block: usize,
    passages: Vec<PassageRow<'a>>,
    clusters: Vec<ClusterRow>,
    /// Lower end of a class, reuse, boilerplate.
    passage_sizes: Vec<(u32, u64, u64)>,
    cluster_sizes: Vec<(u32, u64, u64)>,
    reuse: usize,
    boilerplate: usize,
    copies: usize,
    all_clusters: usize,
    skipped: &'a [Skipped],
    all_skipped: usize,
    left_out: LeftOut,
    whole: Option<&'a str>,
}

#[derive(Serialize)]
struct GroupRow<'a> {
    name: &'a str,
    documents: u64,
    share: Share,
}

/// Words of the groups of rows that stand in the groups of columns.
#[derive(Serialize)]
struct Heat {
    groups: Vec<usize>,
    words: Vec<Vec<u64>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: usize,
    name: &'a str,
    group: u32,
    date: Option<&'a str>,
    /// The date in Unix seconds.
    time: Option<i64>,
    share: Share,
    /// Block of texts and place in it.
    text: Option<(usize, usize)>,
}

#[derive(Serialize)]
struct PassageRow<'a> {
    #[serde(rename = "b")]
    boilerplate: bool,
    #[serde(rename = "w")]
    words: u32,
    #[serde(rename = "n")]
    documents: u32,
    #[serde(rename = "r")]
    distinctiveness: f64,
    #[serde(rename = "t")]
    time: Option<i64>,
    #[serde(rename = "s")]
    text: &'a str,
    #[serde(rename = "k")]
    canonical: u32,
    #[serde(rename = "c")]
    carriers: Vec<DocId>,
    #[serde(rename = "a")]
    all_carriers: usize,
}

#[derive(Serialize)]
struct ClusterRow {
    representative: DocId,
    /// Document, reason, similarity, containment.
    members: Vec<(DocId, MatchKind, f64, f64)>,
    all_members: usize,
}

#[derive(Serialize)]
struct LeftOut {
    passages: usize,
    clusters: usize,
    texts: usize,
    no_texts: bool,
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
