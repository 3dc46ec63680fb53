//! Values of hashes that the tests of the Python package read too (`tests/golden.json`): the same
//! texts give the same content hashes, registers and band keys, on every machine and in every
//! version of one specification.

use doublet::lsh::Banding;
use doublet::sketch::{SketchSpec, Sketcher};
use doublet::text::{TokenBuffer, Tokenizer};
use doublet::{Document, Doublet};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    texts: Vec<Text>,
}

#[derive(Deserialize)]
struct Text {
    text: String,
    repeat: usize,
    content_hash: String,
    sketches: Vec<Frozen>,
}

#[derive(Deserialize)]
struct Frozen {
    spec: String,
    shingle_size: u32,
    sketch_size: u32,
    threshold: f64,
    registers: Vec<u64>,
    registers_xor: u64,
    bands: usize,
    rows: u32,
    keys_xor: u64,
}

#[test]
fn hashes_are_frozen() {
    let golden: Golden =
        serde_json::from_str(include_str!("golden.json")).expect("the file of this test");
    assert!(golden.texts.len() >= 8);
    for Text { text, repeat, content_hash, sketches } in golden.texts {
        let text = text.repeat(repeat);
        let report =
            Doublet::new().find(&[Document::new("a", text.clone())]).expect("one document");
        assert_eq!(report.documents[0].content_hash, content_hash, "{text:?}");
        let (mut tokenizer, mut tokens) = (Tokenizer::new(), TokenBuffer::default());
        tokenizer.tokenize(&text, &mut tokens);
        for frozen in sketches {
            let spec = SketchSpec::new(frozen.shingle_size, frozen.sketch_size).expect("sizes");
            assert_eq!(spec.id(), frozen.spec);
            let sketch = Sketcher::new(spec).sketch(&tokens.hashes);
            let registers = sketch.registers();
            assert_eq!(registers[..16], frozen.registers[..], "{text:?} {}", frozen.spec);
            assert_eq!(
                registers.iter().fold(0, |xor, register| xor ^ register),
                frozen.registers_xor
            );
            let banding = Banding::for_threshold(frozen.threshold, 0.99, frozen.sketch_size)
                .expect("a threshold in range");
            let keys = banding.keys(registers);
            assert_eq!((keys.len(), banding.rows()), (frozen.bands, frozen.rows));
            assert_eq!(keys.iter().fold(0, |xor, key| xor ^ key), frozen.keys_xor);
        }
    }
}
