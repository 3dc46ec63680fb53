//! The stages of a run, and who hears of them.

use std::time::Instant;

use crate::report::model::StageTime;

pub(super) type Observer = Box<dyn Fn(Event) + Send + Sync>;

/// What a run tells while it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A stage begins.
    Started(Stage),
}

/// The stages of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Tokens, sketches and bands of every document.
    Tokens,
    /// Candidates, verification and clusters of documents.
    Documents,
    /// Anchors and the runs of equal words that grow from their links.
    Links,
    /// Alignment of what documents share.
    Alignments,
    /// Passage clusters.
    Passages,
    /// Coverage and the report.
    Report,
}

impl Stage {
    /// The name in reports and progress bars.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tokens => "tokens",
            Self::Documents => "documents",
            Self::Links => "links",
            Self::Alignments => "alignments",
            Self::Passages => "passages",
            Self::Report => "report",
        }
    }
}

/// Times the stages and tells of them.
pub(super) struct Clock<'a> {
    observer: Option<&'a (dyn Fn(Event) + Send + Sync)>,
    times: Vec<StageTime>,
    since: Option<(Stage, Instant)>,
}

impl<'a> Clock<'a> {
    pub(super) const fn new(observer: Option<&'a (dyn Fn(Event) + Send + Sync)>) -> Self {
        Self { observer, times: Vec::new(), since: None }
    }

    pub(super) fn begin(&mut self, stage: Stage) {
        self.end();
        self.since = Some((stage, Instant::now()));
        if let Some(observer) = self.observer {
            observer(Event::Started(stage));
        }
    }

    fn end(&mut self) {
        if let Some((stage, since)) = self.since.take() {
            let seconds = since.elapsed().as_secs_f64();
            self.times.push(StageTime { stage: stage.name().to_owned(), seconds });
        }
    }

    pub(super) fn finish(mut self) -> Vec<StageTime> {
        self.end();
        self.times
    }
}
