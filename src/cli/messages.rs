//! What the program says on standard error.

use std::io::{self, IsTerminal, Write};

use doublet::report::model::{Report, Skipped};

use super::args::Common;

/// Speaks as loudly as the options ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Messages {
    quiet: bool,
    verbose: bool,
}

impl Messages {
    pub(super) const fn new(common: &Common) -> Self {
        Self { quiet: common.quiet, verbose: common.verbose }
    }

    /// Whether nothing but errors is said.
    pub(super) const fn is_quiet(self) -> bool {
        self.quiet
    }

    /// Whether to draw progress bars: for somebody who looks.
    pub(super) fn shows_progress(self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// An error that ends the run; said even when quiet.
    pub(super) fn error(self, error: &doublet::Error) {
        say(&format!("error: {error}"));
    }

    /// Names every input that was skipped.
    pub(super) fn skipped(self, skipped: &[Skipped]) {
        if self.quiet {
            return;
        }
        for input in skipped {
            let line = input.line.map(|line| format!(":{line}")).unwrap_or_default();
            say(&format!("skipped {}{line}: {}", input.path, input.message));
        }
    }

    /// Something to know about the result.
    pub(super) fn note(self, text: &str) {
        if !self.quiet {
            say(text);
        }
    }

    /// A table of what was done, without the program's name before each line.
    pub(super) fn table(self, table: &str) {
        if !self.quiet {
            // Nobody can be told that standard error is closed.
            let _ = io::stderr().lock().write_all(table.as_bytes());
        }
    }

    /// What ran, stage by stage, when asked for.
    pub(super) fn details(self, report: &Report) {
        if !self.verbose {
            return;
        }
        let object = |title: &str, value: serde_json::Result<serde_json::Value>| {
            let value = value.unwrap_or_default();
            let fields: Vec<String> = value
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            say(&format!("{title}: {}", fields.join(" ")));
        };
        object("parameters", serde_json::to_value(&report.run.parameters));
        object("left out", serde_json::to_value(report.suppressed));
        for time in &report.run.times {
            say(&format!("{:>9.3} s  {}", time.seconds, time.stage));
        }
    }
}

/// A line on standard error; control characters of names and texts do no harm there.
fn say(text: &str) {
    let visible: String = text
        .chars()
        .map(|c| match c {
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or(' '),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                char::REPLACEMENT_CHARACTER
            }
            _ => c,
        })
        .collect();
    // Nobody can be told that standard error is closed.
    let _ = writeln!(io::stderr().lock(), "doublet: {visible}");
}
