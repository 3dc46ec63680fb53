//! Progress on standard error: a line that is drawn anew on a terminal, else a line a minute.

use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

use super::messages::Messages;

/// Between two lines where nobody looks.
const PAUSE: Duration = Duration::from_secs(60);

/// Shows what runs; a quiet run shows nothing. Clones share the line.
#[derive(Clone)]
pub(super) struct Progress {
    shown: Option<Arc<Mutex<Shown>>>,
}

struct Shown {
    messages: Messages,
    bar: ProgressBar,
    /// What runs, if anything does.
    stage: Option<Running>,
}

/// A stage under way.
struct Running {
    name: String,
    /// Units in all, where that is known. Units are bytes of files.
    total: Option<u64>,
    done: u64,
    documents: u64,
    begun: Instant,
}

impl Progress {
    pub(super) fn new(messages: Messages) -> Self {
        let shown = Shown { messages, bar: ProgressBar::hidden(), stage: None };
        let shown = (!messages.is_quiet()).then(|| Arc::new(Mutex::new(shown)));
        if let Some(shown) = shown.as_ref().filter(|_| !messages.shows_progress()) {
            speak_each_minute(Arc::downgrade(shown));
        }
        Self { shown }
    }

    /// A new stage, of `total` units where that is known.
    pub(super) fn begin(&self, stage: &str, total: Option<u64>) {
        self.with(|shown| {
            shown.stage = Some(Running {
                name: stage.to_owned(),
                total,
                done: 0,
                documents: 0,
                begun: Instant::now(),
            });
            if !shown.messages.shows_progress() {
                return;
            }
            shown.bar.finish_and_clear();
            shown.bar = match total {
                Some(total) => ProgressBar::new(total).with_style(style(
                    "{spinner} {prefix} {wide_bar} {bytes}/{total_bytes} {msg} {bytes_per_sec} {eta}",
                )),
                None => {
                    ProgressBar::new_spinner().with_style(style("{spinner} {prefix} {elapsed}"))
                }
            };
            shown.bar.set_prefix(stage.to_owned());
            shown.bar.enable_steady_tick(Duration::from_millis(120));
        });
    }

    /// So many units more are done.
    pub(super) fn advance(&self, units: u64) {
        self.with(|shown| {
            shown.bar.inc(units);
            if let Some(stage) = &mut shown.stage {
                stage.done += units;
            }
        });
    }

    /// So many documents more are done.
    pub(super) fn documents(&self, count: u64) {
        self.with(|shown| {
            if let Some(stage) = &mut shown.stage {
                stage.documents += count;
                shown.bar.set_message(format!("{} documents", stage.documents));
            }
        });
    }

    /// Clears the line.
    pub(super) fn finish(&self) {
        self.with(|shown| {
            shown.bar.finish_and_clear();
            shown.stage = None;
        });
    }

    fn with(&self, action: impl FnOnce(&mut Shown)) {
        if let Some(shown) = &self.shown
            && let Ok(mut shown) = shown.lock()
        {
            action(&mut shown);
        }
    }
}

/// Says what runs once a minute, as long as somebody holds the line.
fn speak_each_minute(shown: Weak<Mutex<Shown>>) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(PAUSE);
            let Some(shown) = shown.upgrade() else { return };
            if let Ok(shown) = shown.lock()
                && let Some(stage) = &shown.stage
            {
                shown.messages.note(&stage.line(stage.begun.elapsed()));
            }
        }
    });
}

impl Running {
    /// How far it has come.
    fn line(&self, elapsed: Duration) -> String {
        let mut line = format!("{}: ", self.name);
        if self.done > 0 {
            line += &HumanBytes(self.done).to_string();
            if let Some(total) = self.total {
                line += &format!(" of {}", HumanBytes(total));
            }
            if self.documents > 0 {
                line += &format!(", {} documents", self.documents);
            }
            let rate = self.done as f64 / elapsed.as_secs_f64().max(1e-3);
            line += &format!(", {}/s", HumanBytes(rate as u64));
            if let Some(total) = self.total {
                let left = total.saturating_sub(self.done) as f64 / rate;
                line += &format!(", {} left", HumanDuration(Duration::from_secs_f64(left)));
            }
            line += ", ";
        }
        line += &format!("{} so far", HumanDuration(elapsed));
        line
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_bytes_documents_rate_and_time_left() {
        let running = |total, done, documents| Running {
            name: "scan".to_owned(),
            total,
            done,
            documents,
            begun: Instant::now(),
        };
        let minute = Duration::from_secs(60);
        assert_eq!(
            running(Some(180 << 20), 60 << 20, 5000).line(minute),
            "scan: 60.00 MiB of 180.00 MiB, 5000 documents, 1.00 MiB/s, 2 minutes left, \
             60 seconds so far"
        );
        assert_eq!(running(None, 0, 0).line(2 * minute), "scan: 2 minutes so far");
    }
}
