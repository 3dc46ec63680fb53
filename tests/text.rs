//! Tokens against a plain tokeniser that follows the definition word by word, and the promises
//! that spans make, on arbitrary Unicode.

use std::io::{BufRead, BufReader};

use doublet::text::{
    SpanScratch, TokenBuffer, TokenHash, TokenIndex, Tokenizer, normalized, tokenize,
};
use doublet::{Span, TokenRange};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// The definition, one character and one allocation at a time.
mod plain {
    use super::*;

    fn is_apostrophe(c: char) -> bool {
        "'`´ʻʼ՚׳‘’‛′＇".contains(c)
    }

    fn is_ignorable(c: char) -> bool {
        [
            (0xad, 0xad),
            (0x34f, 0x34f),
            (0x61c, 0x61c),
            (0x115f, 0x1160),
            (0x17b4, 0x17b5),
            (0x180b, 0x180f),
            (0x200b, 0x200f),
            (0x202a, 0x202e),
            (0x2060, 0x206f),
            (0x3164, 0x3164),
            (0xfe00, 0xfe0f),
            (0xfeff, 0xfeff),
            (0xffa0, 0xffa0),
            (0xfff0, 0xfff8),
            (0x1bca0, 0x1bca3),
            (0x1d173, 0x1d17a),
            (0xe0000, 0xe0fff),
        ]
        .iter()
        .any(|&(first, last)| (first..=last).contains(&(c as u32)))
    }

    fn in_dense_script(c: char) -> bool {
        [
            (0xe00, 0xeff),
            (0x1000, 0x109f),
            (0x1780, 0x17ff),
            (0x1950, 0x19df),
            (0x1a20, 0x1aaf),
            (0x2e80, 0x312f),
            (0x31a0, 0x31ff),
            (0x3400, 0x4dbf),
            (0x4e00, 0x9fff),
            (0xa9e0, 0xa9ff),
            (0xaa60, 0xaadf),
            (0xf900, 0xfaff),
            (0xff66, 0xff9f),
            (0x116d0, 0x116ff),
            (0x11700, 0x1174f),
            (0x16fe0, 0x18dff),
            (0x1aff0, 0x1b2ff),
            (0x20000, 0x3ffff),
        ]
        .iter()
        .any(|&(first, last)| (first..=last).contains(&(c as u32)))
    }

    fn is_mark(c: char) -> bool {
        is_combining_mark(c) && !is_ignorable(c)
    }

    fn is_letter(c: char) -> bool {
        let radical = ('\u{2e80}'..='\u{2fd5}').contains(&c);
        (c.is_alphabetic() || radical) && !is_mark(c) && !is_apostrophe(c) && !is_ignorable(c)
    }

    fn is_word(c: char) -> bool {
        is_letter(c) || is_mark(c) || (c.is_numeric() && !is_apostrophe(c) && !is_ignorable(c))
    }

    pub(crate) fn normal_form(token: &[(usize, char)]) -> String {
        let unified = token.iter().map(|&(_, c)| if is_apostrophe(c) { '\'' } else { c });
        let mut form: String = unified.nfkc().collect();
        for _ in 0..4 {
            let kept = form.chars().filter(|&c| is_word(c) || c == '\'');
            let lower = kept.flat_map(char::to_lowercase);
            let folded: String =
                lower.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
            if folded == form {
                break;
            }
            form = folded.nfkc().collect();
        }
        form
    }

    fn written_out(form: &str) -> Vec<String> {
        let mut words: Vec<String> = vec![form.to_owned()];
        for _ in 0..3 {
            let first = words[0].clone();
            let endings =
                [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am")];
            let stripped = endings
                .iter()
                .find_map(|&(ending, word)| Some((first.strip_suffix(ending)?, word)));
            let Some((stem, word)) = stripped else { break };
            words[0] = stem.strip_suffix('\'').unwrap_or(stem).into();
            words.insert(1, word.to_owned());
        }
        if words.len() > 1 && words[1] == "not" {
            for (short, long) in [("ca", "can"), ("wo", "will"), ("sha", "shall")] {
                if words[0] == short {
                    words[0] = long.into();
                    break;
                }
            }
        }
        if words[0] == "cannot" {
            words.splice(0..1, ["can".to_owned(), "not".to_owned()]);
        }
        words.retain(|word| !word.is_empty());
        words
    }

    /// Span, normal form and density of every token.
    pub(crate) fn tokens(text: &str) -> Vec<(Span, String, bool)> {
        // Ignorable characters count for nothing: take them away first.
        let chars: Vec<(usize, char)> =
            text.char_indices().filter(|&(_, c)| !is_ignorable(c)).collect();
        // Is the character part of a token, and of a dense one?
        let mut kinds: Vec<Option<bool>> = Vec::new();
        for (i, &(_, c)) in chars.iter().enumerate() {
            let before = i.checked_sub(1).map(|i| (chars[i].1, kinds[i]));
            let kind = if is_mark(c) {
                before.and_then(|(_, kind)| kind).or(Some(in_dense_script(c)))
            } else if is_word(c) {
                Some(is_letter(c) && in_dense_script(c))
            } else if is_apostrophe(c) {
                let after = before.is_some_and(|(before, kind)| {
                    kind == Some(false) && (is_letter(before) || is_mark(before))
                });
                let next = chars.get(i + 1).map(|&(_, c)| c);
                let letter = next.is_some_and(|c| is_letter(c) && !in_dense_script(c));
                (after && letter).then_some(false)
            } else {
                None
            };
            kinds.push(kind);
        }
        let mut tokens = Vec::new();
        let mut i = 0;
        while i < chars.len() {
            let j = (i + 1..chars.len()).find(|&j| kinds[j] != kinds[i]).unwrap_or(chars.len());
            let span_of = |segment: &[(usize, char)]| {
                let (last, c) = segment[segment.len() - 1];
                Span::new(segment[0].0 as u32, (last + c.len_utf8()) as u32)
            };
            let segment = &chars[i..j];
            match kinds[i] {
                None => {}
                Some(false) => {
                    for word in written_out(&normal_form(segment)) {
                        tokens.push((span_of(segment), word, false));
                    }
                }
                Some(true) => {
                    let stretch: String = segment.iter().map(|&(_, c)| c).collect();
                    let mut at = 0;
                    for grapheme in stretch.graphemes(true) {
                        let cluster = &segment[at..at + grapheme.chars().count()];
                        tokens.push((span_of(cluster), normal_form(cluster), true));
                        at += cluster.len();
                    }
                }
            }
            i = j;
        }
        tokens
    }
}

/// Text in which everything that the definition speaks of stands close together.
fn unruly_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-zA-Z]{1,9}",
        2 => "[ -~]{1,20}",
        2 => "[ \t\r\n]{1,2}",
        2 => prop::sample::select(vec![
            "'", "’", "ʼ", "`", "´", "“", "”", "‘", "—", "–", "…", "\u{a0}", "-", "_", "\r\n", ".",
        ]).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "can't", "WON’T", "aren´t", "cannot", "they're", "couldn't've", "I'm", "China’s",
            "sha'n't", "n't", "N'T", "O'Neill's", "don\u{ad}'t", "don'\u{ad}t", "x'", "'x", "5'a",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![
            "\u{ad}", "\u{200b}", "\u{200c}", "\u{200d}", "\u{2060}", "\u{feff}", "\u{fe0f}",
            "\u{e0101}", "\u{200f}", "\u{34f}", "\u{3164}",
        ]).prop_map(str::to_owned),
        1 => "[\u{300}-\u{345}\u{20d0}-\u{20e3}\u{3099}\u{102b}\u{1a61}]{1,3}",
        1 => prop::sample::select(vec![
            "ﬁ", "ﬀ", "½", "⅛", "ﷺ", "㍿", "①", "Ⅷ", "ŉ", "ß", "ẞ", "ς", "İ", "ı", "ſ", "K", "Å",
            "ª", "²", "ﱞ", "ͺ", "ẚ", "ΐ", "ǰ", "Ｎ＇Ｔ", "ﾞ", "㈠", "⼀",
        ]).prop_map(str::to_owned),
        1 => "[À-ÿĀ-ſ]{1,6}",
        1 => "[а-яА-ЯёЁ]{1,6}",
        1 => "[א-ת\u{5b0}-\u{5c2}]{1,5}",
        1 => "[ء-ي\u{64b}-\u{652}]{1,5}",
        1 => "[ក-៓]{1,6}",
        1 => "[ก-๙]{1,6}",
        1 => "[က-႟]{1,6}",
        1 => "[\u{900}-\u{97f}]{1,6}",
        1 => "[\u{d00}-\u{d7f}]{1,4}",
        1 => "[\u{f00}-\u{fbc}]{1,4}",
        1 => "[一-鿿ぁ-んァ-ヶｦ-ﾟ]{1,6}",
        1 => "[가-힣ᄀ-ᇿ]{1,4}",
        1 => "[\u{1e00}-\u{1fff}]{1,4}",
        1 => prop::sample::select(vec!["😀", "👩\u{200d}👩\u{200d}👧", "🇩🇪", "1\u{fe0f}\u{20e3}"])
            .prop_map(str::to_owned),
        1 => "\\PC{1,6}",
        1 => proptest::collection::vec(any::<char>(), 1..5).prop_map(String::from_iter),
    ];
    proptest::collection::vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

fn buffer(text: &str) -> TokenBuffer {
    let mut tokens = TokenBuffer::default();
    Tokenizer::new().tokenize(text, &mut tokens);
    tokens
}

fn spans(tokens: &TokenBuffer) -> Vec<Span> {
    tokens.iter().map(|token| token.span).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn tokens_are_those_of_the_definition(text in unruly_text()) {
        let expected = plain::tokens(&text);
        let tokens = buffer(&text);
        prop_assert_eq!(spans(&tokens), expected.iter().map(|token| token.0).collect::<Vec<_>>());
        let dense: Vec<bool> = tokens.hashes.iter().map(|hash| hash.is_dense()).collect();
        prop_assert_eq!(dense, expected.iter().map(|token| token.2).collect::<Vec<_>>());
        let forms: Vec<String> = expected.into_iter().map(|token| token.1).collect();
        prop_assert_eq!(normalized(&text), forms);
    }

    /// Equal hashes for equal forms, different ones for different forms (31 bits make an accident
    /// in a test run as likely as one in a million).
    #[test]
    fn hashes_stand_for_normal_forms(text in unruly_text()) {
        let mut seen: Vec<(String, bool, TokenHash)> = normalized(&text)
            .into_iter()
            .zip(buffer(&text).hashes)
            .map(|(form, hash)| (form, hash.is_dense(), hash))
            .collect();
        seen.sort();
        seen.dedup();
        for pair in seen.windows(2) {
            prop_assert!((&pair[0].0, pair[0].1) != (&pair[1].0, pair[1].1));
        }
        let mut hashes: Vec<TokenHash> = seen.iter().map(|token| token.2).collect();
        hashes.sort_unstable();
        hashes.dedup();
        prop_assert_eq!(hashes.len(), seen.len());
    }

    #[test]
    fn spans_lie_on_character_boundaries_in_order(text in unruly_text()) {
        let mut last = Span::default();
        for token in tokenize(&text) {
            let span = token.span;
            prop_assert!(text.get(span.range()).is_some_and(|slice| !slice.is_empty()));
            prop_assert!(span == last || span.start >= last.end);
            last = span;
        }
    }

    #[test]
    fn slices_have_the_tokens_reported(text in unruly_text(), cut: (prop::sample::Index, prop::sample::Index)) {
        let tokens = buffer(&text);
        if tokens.is_empty() {
            return Ok(());
        }
        // Each token by itself; those of a contraction together.
        let all = spans(&tokens);
        let mut first = 0;
        while first < all.len() {
            let next = (first..all.len()).find(|&i| all[i] != all[first]).unwrap_or(all.len());
            let again = buffer(&text[all[first].range()]);
            prop_assert_eq!(&again.hashes, &tokens.hashes[first..next]);
            let whole = Span::new(0, all[first].len());
            prop_assert!(again.iter().all(|token| token.span == whole));
            first = next;
        }
        // Any range that cuts no contraction.
        let (a, b) = (cut.0.index(all.len()), cut.1.index(all.len()));
        let (a, b) = (a.min(b), a.max(b));
        let first = (0..a).rev().take_while(|&i| all[i] == all[a]).last().unwrap_or(a);
        let last = (b..all.len()).take_while(|&i| all[i] == all[b]).last().unwrap_or(b);
        let hull = tokens.hull(TokenRange::new(first as u32, last as u32 + 1));
        let hull = hull.expect("a range of tokens that are there");
        let again = buffer(&text[hull.range()]);
        prop_assert_eq!(&again.hashes, &tokens.hashes[first..=last]);
        let moved: Vec<Span> = spans(&again)
            .iter()
            .map(|span| Span::new(span.start + hull.start, span.end + hull.start))
            .collect();
        prop_assert_eq!(&moved, &all[first..=last]);
    }

    #[test]
    fn a_buffer_keeps_nothing_of_the_last_text(first in unruly_text(), second in unruly_text()) {
        let mut tokenizer = Tokenizer::new();
        let mut tokens = TokenBuffer::default();
        tokenizer.tokenize(&first, &mut tokens);
        tokenizer.tokenize(&second, &mut tokens);
        let fresh = buffer(&second);
        prop_assert_eq!(spans(&tokens), spans(&fresh));
        prop_assert_eq!(tokens.hashes, fresh.hashes);
    }

    #[test]
    fn an_index_finds_the_spans_of_any_range(
        parts in proptest::collection::vec(unruly_text(), 1..12),
        cuts in proptest::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 20),
    ) {
        let text = parts.concat();
        let tokens = buffer(&text);
        let index = TokenIndex::new(&tokens);
        let all = spans(&tokens);
        prop_assert_eq!(index.hashes(), &tokens.hashes[..]);
        let (mut scratch, mut found) = (SpanScratch::default(), Vec::new());
        for (a, b) in cuts {
            let (a, b) = (a.index(all.len() + 1), b.index(all.len() + 1));
            let range = TokenRange::new(a.min(b) as u32, a.max(b) as u32);
            index.spans(&text, range, &mut scratch, &mut found);
            prop_assert_eq!(&found[..], &all[range.range()]);
            prop_assert_eq!(index.span_of(&text, range, &mut scratch), tokens.hull(range));
        }
    }

    /// What changes nothing about the words changes nothing about the hashes.
    #[test]
    fn presentation_does_not_matter(
        words in proptest::collection::vec("[a-z]{1,8}('[a-z]{1,3})?|[0-9]{1,5}", 1..40),
        apostrophe in prop::sample::select(vec!["'", "’", "ʼ", "`", "´", "′"]),
        space in prop::sample::select(vec![" ", "\r\n", "\t", "\u{a0}", " — ", "-", "”\n\n“", ",…"]),
        hyphen in prop::sample::select(vec!["", "\u{ad}", "\u{200b}", "\u{feff}"]),
    ) {
        let hashes = buffer(&words.join(" ")).hashes;
        let upper: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
        prop_assert_eq!(&buffer(&upper.join(space)).hashes, &hashes);
        let typeset: Vec<String> = words.iter().map(|word| word.replace('\'', apostrophe)).collect();
        prop_assert_eq!(&buffer(&typeset.join(space)).hashes, &hashes);
        let broken: Vec<String> = words
            .iter()
            .map(|word| format!("{hyphen}{}{hyphen}{}{hyphen}", &word[..1], &word[1..]))
            .collect();
        prop_assert_eq!(&buffer(&broken.join(" ")).hashes, &hashes);
        let wide: String = words
            .join(" ")
            .chars()
            .map(|c| char::from_u32(c as u32 + 0xfee0).filter(|_| c != ' ').unwrap_or(c))
            .collect();
        prop_assert_eq!(&buffer(&wide).hashes, &hashes);
    }
}

#[test]
fn words_of_a_table() {
    for (text, expected) in [
        ("", ""),
        (" \n", ""),
        ("Hello, World!", "hello world"),
        ("state-of-the-art snake_case", "state of the art snake case"),
        ("“Don’t!” she’d said", "do not she'd said"),
        ("They aren't, WON’T, can't; cannot", "they are not will not can not can not"),
        ("China’s China's CHINA'S", "china's china's china's"),
        ("rock 'n' roll 1990's dogs'", "rock n roll 1990 s dogs"),
        ("3.14 1,000 2½", "3 14 1 000 212"),
        ("abcไทย", "abc ไ ท ย"),
        ("第3章", "第 3 章"),
        ("がｶﾞか\u{3099}", "が ガ が"),
        ("漢字\u{200b}、kana", "漢 字 kana"),
        ("안녕하세요 세계", "안녕하세요 세계"),
        ("co\u{ad}operate \u{feff}BOM", "cooperate bom"),
        ("e\u{301}te\u{301} été", "été été"),
        ("Straße STRASSE", "strasse strasse"),
        ("ﷺ ㍿ Ⓐ", "صلىاللهعليهوسلم a"),
        ("👩\u{200d}👧 🇩🇪 ok", "ok"),
        ("שלום, צה״ל ג׳ירפה", "שלום צה ל ג'ירפה"),
        ("नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("བོད་སྐད", "བོད སྐད"),
        ("line\r\nbreak", "line break"),
    ] {
        assert_eq!(normalized(text).join(" "), expected, "{text}");
    }
}

/// Work that grew with the square of a run's length would not end in anyone's patience.
#[test]
fn the_longest_runs_take_linear_time() {
    for (unit, tokens) in [
        ("漢", 300_000),
        ("กำ", 300_000),
        ("ab", 1),
        ("a’", 1),
        ("a'b\u{ad}", 1),
        ("a\u{301}", 1),
        ("‘—’", 0),
    ] {
        let text = unit.repeat(300_000);
        let found = buffer(&text);
        assert_eq!(found.len(), tokens, "{unit}");
        let index = TokenIndex::new(&found);
        let middle = TokenRange::new(found.len() as u32 / 2, found.len() as u32 / 2 + 1);
        let span = index.span_of(&text, middle, &mut SpanScratch::default());
        assert_eq!(span, found.hull(middle), "{unit}");
    }
}

/// Some 4 MB of real English, where it is at hand.
#[test]
#[allow(clippy::print_stdout, reason = "says that it could not test")]
fn real_texts_have_the_tokens_of_the_definition() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpora/en100.jsonl.zst");
    let Ok(file) = std::fs::File::open(path) else {
        println!("skipped: no {path}");
        return;
    };
    let reader = BufReader::new(zstd::Decoder::new(file).expect("a zstd frame"));
    for line in reader.lines().take(1_500) {
        let record: serde_json::Value =
            serde_json::from_str(&line.expect("a line")).expect("a JSON object");
        let text = record["text"].as_str().expect("a text");
        let expected = plain::tokens(text);
        assert_eq!(spans(&buffer(text)), expected.iter().map(|token| token.0).collect::<Vec<_>>());
        let forms: Vec<String> = expected.into_iter().map(|token| token.1).collect();
        assert_eq!(normalized(text), forms);
    }
}

/// A change of any of these values makes old sketches and indexes unreadable: it needs a new
/// name in [`doublet::text::TOKENIZER_VERSION`].
#[test]
fn frozen_hashes() {
    for (word, hash) in [
        ("a", 0x02c5_54ee),
        ("the", 0xe4d3_65b0),
        ("not", 0x8ff4_f564),
        ("word", 0xc955_0054),
        ("patterns", 0x5ab2_2630),
        ("newspaper", 0x8e00_fd54),
        ("abcdefghijklmnop", 0x3025_3e3a),
        ("abcdefghijklmnopq", 0x30b2_a9e6),
        ("abcdefghijklmnopqrstuvwxyz0123456789", 0x50de_828a),
        ("2013", 0xaa58_8b08),
        ("o'clock", 0x8b92_93d4),
        ("étude", 0x4c33_9240),
        ("strasse", 0xe25e_7834),
        ("σίσυφοσ", 0x5f02_9302),
        ("москва", 0xd5b9_e5d0),
        ("漢", 0xf3dd_2cf3),
        ("ไ", 0xe404_f2e5),
        ("한국어", 0xb8ea_cac2),
    ] {
        assert_eq!(buffer(word).hashes, [TokenHash(hash)], "{word}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Texts of many blocks and chunks, in which runs of every kind cross the borders.
    #[test]
    fn long_texts_have_the_tokens_of_the_definition(
        parts in proptest::collection::vec(unruly_text(), 1..12),
        fill in "[a-z' ]{0,90}",
        long in "[a-zA-Z0-9']{0,300}",
    ) {
        let text = format!("{}{long}", parts.join(&fill)).repeat(8);
        let expected = plain::tokens(&text);
        let tokens = buffer(&text);
        prop_assert_eq!(spans(&tokens), expected.iter().map(|token| token.0).collect::<Vec<_>>());
        // A form has the same hash wherever it stands, and as a text of its own.
        let mut known = std::collections::BTreeMap::new();
        for (token, (_, form, dense)) in tokens.iter().zip(&expected) {
            let hash = *known.entry((form, dense)).or_insert(token.hash);
            prop_assert_eq!(token.hash, hash);
        }
        for (&(form, dense), &hash) in &known {
            let alone = buffer(form);
            if alone.len() == 1 && alone.hashes[0].is_dense() == *dense {
                prop_assert_eq!(alone.hashes[0], hash);
            }
        }
    }
}
