//! Near-duplicate documents with exact scores, and the version to keep of each cluster.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use doublet::{Config, Document, DocumentConfig, Doublet, Keep, Scope};

fn main() -> doublet::Result<()> {
    let words: Vec<String> = (0..120).map(|i| format!("word{}", i * 7 % 97)).collect();
    let story = words.join(" ");
    let documents = [
        Document::new("first edition", story.clone()).dated("2024-03-01"),
        Document::new("second edition", story.replace("word12 ", "term12 ")).dated("2024-03-02"),
        Document::new("reprint", story.to_uppercase()).dated("2024-03-05"),
        Document::new("something else", "nothing of this stands anywhere else at all"),
    ];
    let config = Config {
        scope: Scope::Documents,
        documents: DocumentConfig {
            threshold: 0.7,
            keep: Keep::Newest(None),
            ..DocumentConfig::default()
        },
        ..Config::default()
    };
    let report = Doublet::builder().config(config).build()?.find(&documents)?;

    for cluster in &report.document_clusters {
        println!("keep {:?}", report.documents[cluster.representative.index()].name);
        for member in &cluster.members {
            let name = &report.documents[member.document.index()].name;
            println!("  drop {name:?}: {:?}, similarity {:.3}", member.kind, member.similarity);
        }
    }
    assert_eq!(report.document_clusters.len(), 1);
    Ok(())
}
