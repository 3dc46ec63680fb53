//! Writes a report as JSON and reads it back: what a service would store.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use doublet::report::json;
use doublet::{Document, Doublet};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let quote = "the committee has decided to postpone the vote until the end of the year";
    let documents = [
        Document::new("a", format!("On Monday {quote}, it said.")).in_group("Herald"),
        Document::new("b", format!("We hear that {quote}.")).in_group("Courier"),
    ];
    let report = Doublet::new().find(&documents)?;
    let written = serde_json::to_string_pretty(&report)?;
    let back = json::read(written.as_bytes())?;
    assert_eq!(back, report);
    println!("{} bytes of JSON, {} passage", written.len(), back.passages.len());
    Ok(())
}
