//! Offsets: whatever the text is made of, spans slice it and hold the tokens that they report.

use doublet::text::{Token, tokenize};
use doublet::{Config, Document, Doublet, PassageConfig};
use proptest::prelude::*;

/// Pieces of text that have broken offsets somewhere before.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,8}",
        "\\PC{0,6}",
        Just("e\u{301}le\u{300}ve".to_owned()),
        Just("\u{fb01}nal o\u{fb03}ce".to_owned()),
        Just("㍿ ½ ﷺ".to_owned()),
        Just("👩‍👩‍👧‍👦 👍🏽".to_owned()),
        Just("漢字かな交じり文".to_owned()),
        Just("ภาษาไทย".to_owned()),
        Just("שלום עולם مرحبا".to_owned()),
        Just("\r\n\r\n".to_owned()),
        Just("co\u{ad}op\u{ad}er\u{200b}ate".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("aren’t can't they’re".to_owned()),
        Just("ẞtraße İstanbul".to_owned()),
    ]
}

fn text(pieces: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..pieces).prop_map(|pieces| pieces.join(" "))
}

fn hashes(tokens: &[Token]) -> Vec<u32> {
    tokens.iter().map(|token| token.hash.0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_span_slices_and_holds_its_tokens(
        shared in text(24), heads in prop::collection::vec(text(8), 2..5), tail in text(8),
    ) {
        let documents: Vec<Document> = heads
            .iter()
            .map(|head| Document::new("", format!("{head} {shared} {tail}")))
            .collect();
        let config = Config {
            passages: PassageConfig { min_words: 3, ..PassageConfig::default() },
            ..Config::default()
        };
        let report = Doublet::builder().config(config).build().expect("valid").find(&documents).expect("a report");
        for cluster in &report.passages {
            let canonical = &cluster.members[cluster.canonical as usize];
            let text = &documents[canonical.document.index()].text;
            prop_assert_eq!(&text[canonical.span.range()], cluster.text.as_str());
            for member in &cluster.members {
                let text = &documents[member.document.index()].text;
                prop_assert!(text.get(member.span.range()).is_some());
                let slice = tokenize(&text[member.span.range()]);
                prop_assert_eq!(hashes(&slice), hashes(&tokenize(text)[member.tokens.range()]));
                // Operations cover both passages without gaps.
                let (mut at, mut canonical_at) = (member.tokens.start, canonical.tokens.start);
                for step in &member.operations {
                    prop_assert_eq!((step.tokens.start, step.canonical_tokens.start), (at, canonical_at));
                    (at, canonical_at) = (step.tokens.end, step.canonical_tokens.end);
                    prop_assert!(text.get(step.span.range()).is_some());
                }
                prop_assert_eq!((at, canonical_at), (member.tokens.end, canonical.tokens.end));
            }
        }
    }
}
