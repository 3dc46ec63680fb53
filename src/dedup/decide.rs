//! From a scan to what goes: documents first, then passages of those that stay.
//!
//! Idea: both halves of the flow run on the stores of the scan, one after the other, so that each
//! has the budget for itself.
//!
//! Cost: that of the halves; 9 bytes a document in memory between them.

use super::cuts::cut_documents;
use super::judge::Judge;
use super::passages::{Cutter, Standing};
use super::scan::{PassageStore, Scanned, compares, wanted};
use super::verdicts::Verdicts;
use crate::cluster::{Copies, Faces, each_component};
use crate::config::Config;
use crate::documents::store::TokenRows;
use crate::documents::{Recall, find_matches};
use crate::error::Result;
use crate::find::Stage;
use crate::pairing::Pairing;
use crate::passage::archive::{Archive, Shelf};
use crate::passage::outline::Outlines;
use crate::passage::{Collection, Kin, find_stars};
use crate::report::model::Suppressed;
use crate::spill::Work;
use crate::stop::catch;

impl Scanned {
    /// Finds the pairs and the passages and decides what goes: as [`Plan::new`](super::Plan::new)
    /// for the same options, within the budget. If the scan was saved, the verdicts are on disk
    /// then, too. `begin` hears of each stage.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when there is no room for work files or one is
    /// damaged.
    pub fn decide(self, begin: &mut (dyn FnMut(Stage) + Send)) -> Result<Verdicts> {
        begin(Stage::Documents);
        let Self { config, options, store, tokens, passages, ranks, catalogue, saved } = self;
        let work = store.work().clone();
        let pairing = catalogue.pairing();
        let copies = Copies::of_briefs(&store.briefs, pairing);
        let mut kin = passages.as_ref().map(|_| Kin::of_copies(&copies, store.len()));
        let faces = Faces::new(&copies, &ranks);
        let (rules, ahead) = (options.rules, catalogue.ahead);
        let mut judge = Judge::new(rules, &config.documents, ahead, &store, &copies, &faces);
        let mut recall = None;
        if compares(config.scope, &options) {
            let wanted = wanted(config.scope, &options);
            let of = &config.documents;
            let (found, _) = find_matches(&store, &tokens, &copies, wanted, of)?;
            if rules.near {
                recall = Recall::of(&store, &found, of)?;
            }
            each_component(&store, &tokens, &found, &copies, &faces, of, &mut |component| {
                judge.component(component);
                if let Some(kin) = &mut kin {
                    kin.take_component(component, &copies);
                }
                Ok(())
            })?;
        }
        let mut removed = judge.finish();
        drop(faces);
        drop((copies, store));
        let cuts = match passages.zip(kin) {
            None => work.sorter("cuts", 0).finish(false)?,
            Some((passages, kin)) => {
                let half = PassageHalf { config: &config, tokens: &tokens, passages: &passages };
                let (kin, work) = (&kin, &work);
                let durable = saved.is_some();
                let mut gone = vec![false; ranks.len()];
                for removed in &removed {
                    gone[removed.document.index()] = true;
                }
                let standing = Standing { ranks: &ranks, pairing, ahead, gone: &gone };
                let cuts = half.with_outlines(pairing, kin, work, begin, |archive, outlines| {
                    let mut cutter = Cutter::new(&archive, standing, &options, work.share(5));
                    let mut clusters = outlines.clusters()?;
                    while let Some(cluster) = clusters.next()? {
                        cutter.cluster(cluster);
                    }
                    let cuts = cutter.finish();
                    cut_documents(archive, work, cuts, &mut removed, &options, durable)
                });
                cuts?
            }
        };
        Verdicts::new(&work, removed, cuts, catalogue, recall, saved)
    }
}

/// What the passage half needs of a scan.
pub(super) struct PassageHalf<'a> {
    pub(super) config: &'a Config,
    pub(super) tokens: &'a TokenRows,
    pub(super) passages: &'a PassageStore,
}

impl PassageHalf<'_> {
    /// Finds all passages and makes something of them.
    pub(super) fn with_outlines<T>(
        &self,
        pairing: Pairing,
        kin: &Kin,
        work: &Work,
        begin: &mut (dyn FnMut(Stage) + Send),
        make: impl FnOnce(Archive<'_>, Outlines) -> Result<T>,
    ) -> Result<T> {
        let shelf = Shelf::new(work, self.tokens, &self.passages.texts);
        let archive = Archive::Stored(&shelf);
        let collection = Collection {
            archive,
            origins: &self.passages.origins,
            copy_of: &kin.copy_of,
            representative: &kin.representative,
            pairing,
        };
        let config = self.config.passages.resolved(archive.tokens());
        let mut suppressed = Suppressed::default();
        // Stages of passages leave by unwinding when a work file fails.
        catch(|| {
            let stars =
                find_stars(&collection, work, &config, &mut suppressed, &mut |stage| begin(stage))?;
            let outlines = Outlines::new(&collection, work, &config, &stars)?;
            drop(stars);
            make(archive, outlines)
        })
    }
}
