//! The report as one page that opens offline in any browser.
//!
//! Idea: the page is a shell of a few elements, a style sheet, a script and the data. The data is
//! JSON, deflated and written as base64 into elements that no browser runs: first the head (what
//! lists and pictures need), then the members of passages and the texts in blocks that the script
//! unpacks only when they are looked at. Text of documents therefore never stands in the page as
//! markup, and the script puts it in place as text nodes alone. A content security policy lets
//! nothing run but the one script, by its hash, and nothing be fetched.
//!
//! | file | what it does |
//! |---|---|
//! | `data` | what goes into the page, and what is left out past the limits |
//! | `rows` | the rows of the head |
//! | `texts` | which texts are wanted and where they come from |
//! | `reread` | texts of a saved report, from the files that it names |
//! | `pieces` | a member's words as equal and changed pieces |
//! | `aligned` | members as the script aligns them with one another |
//! | `pack` | blocks of data; places in UTF-16, as scripts count |
//! | `assets/` | style sheet and script, compiled into the program |
//!
//! Cost: linear in what is shown; a page holds the head once in memory, and one block at a time.

mod aligned;
mod data;
mod pack;
mod pieces;
mod reread;
mod rows;
mod texts;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, PreEscaped, html};
use sha2::{Digest, Sha256};

pub use self::reread::{Absence, Reread, reread};

use self::data::Selection;
use self::texts::Texts;
use super::model::Report;
use crate::document::Document;

const STYLE: &str = include_str!("assets/style.css");

/// The script: its parts share one scope, and nothing leaks out of it.
const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("assets/core.js"),
    include_str!("assets/data.js"),
    include_str!("assets/widgets.js"),
    include_str!("assets/overview.js"),
    include_str!("assets/pictures.js"),
    include_str!("assets/passages.js"),
    include_str!("assets/documents.js"),
    include_str!("assets/clusters.js"),
    include_str!("assets/differ.js"),
    include_str!("assets/align.js"),
    include_str!("assets/text.js"),
    include_str!("assets/pair.js"),
    include_str!("assets/main.js"),
    "})();\n",
);

/// How much goes into a page.
///
/// ```
/// use doublet::report::html::HtmlOptions;
/// let options = HtmlOptions { passages: 500, ..HtmlOptions::default() };
/// assert_eq!(options.texts, 2_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HtmlOptions {
    /// Most passages, and most document clusters. Default 50,000.
    pub passages: usize,
    /// Most documents whose full text is in the page. Default 2,000.
    pub texts: usize,
    /// Most bytes of text. Default 64 MiB.
    pub text_bytes: usize,
    /// Where the whole result is, as the page names it where it left something out; `None` says
    /// how to get it.
    pub whole: Option<String>,
}

impl Default for HtmlOptions {
    fn default() -> Self {
        Self { passages: 50_000, texts: 2_000, text_bytes: 64 << 20, whole: None }
    }
}

/// Writes a report as a page.
///
/// `documents` are those that the report is about, in its order, or none: the page then shows
/// passages without the text around them, and says so.
///
/// # Errors
/// Those of the writer.
///
/// ```
/// use doublet::report::html::{self, HtmlOptions};
/// use doublet::{Document, Doublet};
/// let documents = [
///     Document::new("Herald", "He said: “We are not building any military alliances today.”"),
///     Document::new("Courier", "The minister: we aren’t building any military alliances today!"),
/// ];
/// let report = Doublet::new().find(&documents)?;
/// let mut page = Vec::new();
/// html::write(&report, &documents, &HtmlOptions::default(), &mut page)
///     .expect("memory takes every write");
/// assert!(page.starts_with(b"<!DOCTYPE html>"));
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn write(
    report: &Report,
    documents: &[Document],
    options: &HtmlOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    // Texts of another collection would show other words than the passages'.
    let documents = if documents.len() == report.documents.len() { documents } else { &[] };
    write_page(report, Texts::Documents(documents), options, out)
}

/// Writes a saved report as a page, with the texts that [`reread`] found.
///
/// # Errors
/// Those of the writer.
pub fn write_reread(
    report: &Report,
    texts: &Reread,
    options: &HtmlOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_page(report, Texts::Reread(texts), options, out)
}

fn write_page(
    report: &Report,
    texts: Texts<'_>,
    options: &HtmlOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let selection = Selection::new(report, texts, options);
    out.write_all(top().as_bytes())?;
    block(out, "head", &selection.head(options))?;
    for number in 0..selection.member_blocks() {
        block(out, &format!("members-{number}"), &selection.members(number))?;
    }
    block(out, "longer", &selection.longer())?;
    if selection.text_blocks() > 0 {
        for number in 0..selection.member_blocks() {
            block(out, &format!("aligned-{number}"), &selection.aligned(number))?;
        }
    }
    for number in 0..selection.text_blocks() {
        block(out, &format!("texts-{number}"), &selection.texts(number))?;
    }
    out.write_all(bottom().as_bytes())
}

/// A block of data: in an element whose type no browser runs.
fn block(out: &mut dyn Write, name: &str, value: &impl serde::Serialize) -> io::Result<()> {
    let packed = pack::pack(value)?;
    writeln!(out, "<script type=\"application/octet-stream\" id=\"data-{name}\">{packed}</script>")
}

/// Hash of a script or style as a content security policy names it.
fn source_hash(content: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(content.as_bytes())))
}

/// The page down to the data.
fn top() -> String {
    let policy = format!(
        "default-src 'none'; script-src {}; style-src {}; base-uri 'none'; form-action 'none'",
        source_hash(SCRIPT),
        source_hash(STYLE),
    );
    let head = html! {
        meta charset="utf-8";
        meta http-equiv="Content-Security-Policy" content=(policy);
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="referrer" content="no-referrer";
        meta name="generator" content=(format!("doublet {}", env!("CARGO_PKG_VERSION")));
        meta name="color-scheme" content="light dark";
        title { "What repeats · doublet" }
        style { (PreEscaped(STYLE)) }
    };
    let body = html! {
        a.skip href="#content" { "Skip to the content" }
        header.top {
            p.brand { a href="#overview" { "doublet" } }
            nav aria-label="Views" {
                @for (view, name) in VIEWS {
                    a href=(format!("#{view}")) data-view=(view) { (name) }
                }
            }
        }
        main #content tabindex="-1" { p.loading { "Reading the report …" } }
        noscript { p.notice { "This report needs JavaScript, which runs in this page alone." } }
    };
    format!(
        "{}<html lang=\"en\">\n<head>{}</head>\n<body>{}\n",
        DOCTYPE.into_string(),
        head.into_string(),
        body.into_string(),
    )
}

/// Views that the navigation names: fragment and label.
const VIEWS: [(&str, &str); 4] = [
    ("overview", "Overview"),
    ("passages", "Passages"),
    ("documents", "Documents"),
    ("clusters", "Copies"),
];

/// The page after the data.
fn bottom() -> String {
    format!("{}\n</body>\n</html>\n", html! { script { (PreEscaped(SCRIPT)) } }.into_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_browsers() {
        // The example of the specification of content security policies.
        assert_eq!(
            source_hash("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
        );
    }

    #[test]
    fn the_script_cannot_end_its_element() {
        assert!(!SCRIPT.to_lowercase().contains("</script") && !SCRIPT.contains("<!--"));
        assert!(!STYLE.to_lowercase().contains("</style"));
        // Nothing turns text into markup or code.
        for sink in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!SCRIPT.contains(sink), "{sink}");
        }
    }
}
