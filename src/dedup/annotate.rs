//! Findings as a field of each record, for those who decide later what goes.
//!
//! The field [`FIELD`] is an object: `cluster` (its number), `representative` (`id` and `name`),
//! `rule` and `score` (of a member to its representative; the representative has neither), and
//! `passages`, each with the `cluster` it belongs to, its `kind`, `span` in bytes of the text,
//! `identity` with the canonical wording, and whether it is the `canonical` one; if it is not, `of`
//! says where that stands (`id`, `name`, `span`). What a record has nothing of is left out, and a record without findings has no such field. With a reference
//! the representative is the document there that the record matches best; the rule `contains` says
//! that the record contains it.
//!
//! Cost: 24 bytes in memory for each member of a cluster of documents; 21 bytes a document and 37
//! a place in sorters; the findings lie in rows, and 16 bytes in memory say where those of a
//! record are.

use std::sync::Arc;

use serde::Serialize;

use super::catalogue::Catalogue;
use super::decide::PassageHalf;
use super::plan::Rule;
use super::scan::{Scanned, compares, wanted};
use super::writer::Edits;
use crate::cluster::Copies;
use crate::document::DocId;
use crate::documents::{clusters, find_matches};
use crate::error::Result;
use crate::find::Stage;
use crate::pairing::Pairing;
use crate::passage::Kin;
use crate::passage::archive::Archive;
use crate::passage::outline::Outlines;
use crate::report::model::{DocumentCluster, MatchKind, PassageKind};
use crate::spill::{Rows, Sorted, Work, record};

/// Name of the field.
pub(super) const FIELD: &str = "doublet";

#[derive(Default, Serialize)]
struct Findings<'a> {
    #[serde(flatten)]
    cluster: Option<Cluster<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passages: Vec<Passage>,
}

/// Where the canonical wording of a passage stands.
#[derive(Serialize)]
struct Canonical {
    id: u32,
    name: String,
    span: [u32; 2],
}

#[derive(Serialize)]
struct Cluster<'a> {
    cluster: u32,
    representative: Representative<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
}

#[derive(Clone, Copy, Serialize)]
struct Representative<'a> {
    id: u32,
    name: &'a str,
}

#[derive(Serialize)]
struct Passage {
    cluster: u32,
    kind: PassageKind,
    span: [u32; 2],
    identity: f64,
    canonical: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Canonical>,
}

record! {
    /// The cluster that a document belongs to.
    Belonging {
        document: u32,
        /// Number of the rule; none for the representative itself.
        rule: u8,
        /// The complement of the score's bits, so that more comes first: with a reference a
        /// document may belong to several clusters, and the first one is told.
        lack: u64,
        cluster: u32,
        representative: u32,
    }
    key(belonging) = u64::from(belonging.document)
}

record! {
    /// A passage of a document.
    Holding {
        document: u32,
        start: u32,
        end: u32,
        cluster: u32,
        boilerplate: u8,
        identity: u64,
        /// The canonical place, which may be this one.
        of: u32,
        of_start: u32,
        of_end: u32,
    }
    key(holding) = u64::from(holding.document)
}

impl Holding {
    fn is_canonical(&self) -> bool {
        (self.of, self.of_start, self.of_end) == (self.document, self.start, self.end)
    }
}

/// The rule of a representative.
const NO_RULE: u8 = u8::MAX;
/// The rule of a record that contains its representative, and its name.
const CONTAINS: (u8, &str) = (Rule::ALL.len() as u8, "contains");

impl Scanned {
    /// Finds the pairs and the passages and tells what was found in each record: its cluster (by
    /// the cluster's number), representative, rule and score, and its passages. JSON records have
    /// it in the field `doublet`, tables in columns whose names begin with `doublet_`. `begin`
    /// hears of each stage.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no room for work files or one is
    /// damaged.
    pub fn annotate(self, begin: &mut (dyn FnMut(Stage) + Send)) -> Result<Edits> {
        begin(Stage::Documents);
        let Self { config, options, store, tokens, passages, ranks, catalogue, .. } = self;
        let work = store.work().clone();
        let pairing = catalogue.pairing();
        let copies = Copies::of_briefs(&store.briefs, pairing);
        let mut kin = Kin::of_copies(&copies, store.len());
        let mut belongings = work.sorter("belongings", 4);
        if compares(config.scope, &options) {
            let (wanted, of) = (wanted(config.scope, &options), &config.documents);
            let (found, _) = find_matches(&store, &tokens, &copies, wanted, of)?;
            let clusters = clusters(&store, &tokens, &found, &copies, &ranks, of)?;
            if pairing == Pairing::Everything {
                kin.take_clusters(&clusters);
            }
            for (cluster, number) in clusters.iter().zip(0..) {
                belongings.extend(&belongings_of(cluster, number))?;
            }
        }
        drop((copies, store));
        let belongings = belongings.finish(false)?;
        let holdings = match &passages {
            None => work.sorter("holdings", 0).finish(false)?,
            Some(passages) => {
                let half = PassageHalf { config: &config, tokens: &tokens, passages };
                let tell = |_: Archive<'_>, outlines| holdings(&outlines, &work);
                half.with_outlines(pairing, &kin, &work, begin, tell)?
            }
        };
        findings(&catalogue, &work, &belongings, &holdings)
    }
}

/// The members of a cluster.
fn belongings_of(cluster: &DocumentCluster, number: u32) -> Vec<Belonging> {
    let representative = cluster.representative.0;
    let belonging = |document, rule, score: f64| Belonging {
        document,
        cluster: number,
        representative,
        rule,
        lack: !score.to_bits(),
    };
    let members = cluster.members.iter().map(|member| {
        let (rule, score) = match member.kind {
            MatchKind::Exact => (Rule::Exact as u8, 1.0),
            MatchKind::Near => (Rule::Near as u8, member.similarity),
            MatchKind::Contained if member.is_container() => (CONTAINS.0, member.contains),
            MatchKind::Contained => (Rule::Contained as u8, member.containment),
        };
        belonging(member.document.0, rule, score)
    });
    members.chain([belonging(representative, NO_RULE, 0.0)]).collect()
}

/// The places of all passages.
fn holdings(outlines: &Outlines, work: &Work) -> Result<Sorted<Holding>> {
    let mut sorter = work.sorter("passages", 5);
    let (mut clusters, mut number) = (outlines.clusters()?, 0);
    while let Some(cluster) = clusters.next()? {
        for spot in &cluster.spots {
            let canonical = cluster.spots[0];
            sorter.push(Holding {
                document: spot.document.0,
                start: spot.span.start,
                end: spot.span.end,
                cluster: number,
                boilerplate: u8::from(cluster.kind == PassageKind::Boilerplate),
                identity: spot.identity.to_bits(),
                of: canonical.document.0,
                of_start: canonical.span.start,
                of_end: canonical.span.end,
            })?;
        }
        number += 1;
    }
    sorter.finish(false)
}

/// What was found in each document, as JSON; nothing where nothing was.
fn findings(
    catalogue: &Catalogue,
    work: &Work,
    belongings: &Sorted<Belonging>,
    holdings: &Sorted<Holding>,
) -> Result<Edits> {
    let mut rows = work.rows("findings", 20);
    let mut found: Vec<(DocId, u64, u32)> = Vec::new();
    let (mut belongings, mut belonging) = (belongings.all()?, Vec::new());
    let (mut holdings, mut holding) = (holdings.all()?, Vec::new());
    belongings.group(&mut belonging, |own| own.document)?;
    holdings.group(&mut holding, |own| own.document)?;
    let (mut scratch, mut passage_scratch) = (Vec::new(), Vec::new());
    loop {
        let in_cluster = belonging.first().map(|own| own.document);
        let in_passages = holding.first().map(|own| own.document);
        let Some(document) = in_cluster.into_iter().chain(in_passages).min() else { break };
        // A reference is not written.
        let is_written = !catalogue.pairing().is_reference(document);
        let mut findings = Findings::default();
        let own = belonging.first().filter(|own| own.document == document).copied();
        if let Some(Belonging { cluster, representative: id, rule, lack, .. }) = own {
            let name = catalogue.known(DocId(id), &mut scratch)?.name;
            let rule = match rule {
                rule if rule == CONTAINS.0 => Some(CONTAINS.1),
                rule => Rule::ALL.get(usize::from(rule)).map(|rule| rule.name()),
            };
            let score = rule.map(|_| f64::from_bits(!lack));
            let representative = Representative { id, name };
            findings.cluster = Some(Cluster { cluster, representative, rule, score });
        }
        if in_passages == Some(document) {
            for own in &holding {
                let canonical = own.is_canonical();
                let of = (!canonical).then(|| canonical_of(catalogue, own, &mut passage_scratch));
                findings.passages.push(Passage {
                    cluster: own.cluster,
                    kind: match own.boilerplate {
                        0 => PassageKind::Reuse,
                        _ => PassageKind::Boilerplate,
                    },
                    span: [own.start, own.end],
                    identity: f64::from_bits(own.identity),
                    canonical,
                    of: of.transpose()?,
                });
            }
        }
        if is_written {
            let json = serde_json::to_string(&findings).unwrap_or_default();
            found.push((DocId(document), rows.append(json.as_bytes())?, json.len() as u32));
        }
        if in_cluster == Some(document) {
            belongings.group(&mut belonging, |own| own.document)?;
        }
        if in_passages == Some(document) {
            holdings.group(&mut holding, |own| own.document)?;
        }
    }
    rows.seal(false)?;
    edits(catalogue, rows, found)
}

/// The canonical place of a passage.
fn canonical_of(catalogue: &Catalogue, own: &Holding, scratch: &mut Vec<u8>) -> Result<Canonical> {
    let name = catalogue.known(DocId(own.of), scratch)?.name.to_owned();
    Ok(Canonical { id: own.of, name, span: [own.of_start, own.of_end] })
}

/// Findings by file and record.
fn edits(catalogue: &Catalogue, rows: Rows, found: Vec<(DocId, u64, u32)>) -> Result<Edits> {
    let mut edits = Edits::of_findings(Arc::new(rows));
    let mut scratch = Vec::new();
    for (document, row, len) in found {
        let known = catalogue.known(document, &mut scratch)?;
        edits.annotate(known.path.unwrap_or_default(), known.line, row, len);
    }
    Ok(edits)
}
