//! What do two texts share? Three lines of library code, then the answer.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use doublet::report::model::OperationKind;
use doublet::{Document, Doublet};

fn main() -> doublet::Result<()> {
    let documents = [
        Document::new("Herald", "He said: “We are not building any military alliances today.”"),
        Document::new("Courier", "The minister: we aren’t building any military alliances today!"),
    ];
    let report = Doublet::new().find(&documents)?;

    for passage in &report.passages {
        println!("{:?} in {} documents", passage.text, passage.documents);
        for member in &passage.members {
            let document = &documents[member.document.index()];
            println!("  {}: {:?}", document.name, &document.text[member.span.range()]);
            for change in &member.operations {
                if change.kind != OperationKind::Equal {
                    println!("    {:?} → {:?}", change.canonical_text, change.text);
                }
            }
        }
    }
    assert_eq!(report.passages.len(), 1);
    Ok(())
}
