//! Progress on a terminal: one line on standard error, a stage at a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::messages::Messages;

/// Shows what runs; draws nothing where nobody looks. Clones share the line.
#[derive(Clone)]
pub(super) struct Progress {
    bar: Option<Arc<Mutex<ProgressBar>>>,
}

impl Progress {
    pub(super) fn new(messages: Messages) -> Self {
        let bar = messages.shows_progress().then(|| Arc::new(Mutex::new(ProgressBar::hidden())));
        Self { bar }
    }

    /// A new stage, of `total` units where that is known.
    pub(super) fn begin(&self, stage: &str, total: Option<u64>) {
        self.with(|bar| {
            bar.finish_and_clear();
            *bar = match total {
                Some(total) => ProgressBar::new(total)
                    .with_style(style("{spinner} {msg} {wide_bar} {human_pos}/{human_len} {eta}")),
                None => ProgressBar::new_spinner().with_style(style("{spinner} {msg} {elapsed}")),
            };
            bar.set_message(stage.to_owned());
            bar.enable_steady_tick(Duration::from_millis(120));
        });
    }

    /// So many units more are done.
    pub(super) fn advance(&self, units: u64) {
        self.with(|bar| bar.inc(units));
    }

    /// Clears the line.
    pub(super) fn finish(&self) {
        self.with(|bar| bar.finish_and_clear());
    }

    fn with(&self, action: impl FnOnce(&mut ProgressBar)) {
        if let Some(bar) = &self.bar
            && let Ok(mut bar) = bar.lock()
        {
            action(&mut bar);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
