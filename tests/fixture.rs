//! Reports made by hand, so that what people see is tested apart from what the engine finds.
//!
//! [`seeds`] holds what `seeds/gold.json` says of the sample documents; [`newsroom`] has
//! everything else: groups, dates, versions of documents, many carriers, boilerplate, scripts
//! without spaces and from right to left, hostile text, skipped inputs. Spans are real: slicing
//! the text at them gives the passage.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doublet::report::model::*;
use doublet::{DocId, Document, FieldValue, Origin, Report, Span, TokenRange};

/// The folder of the sample documents.
pub(crate) fn seeds_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

/// A report and the documents it is about.
pub(crate) struct Fixture {
    pub(crate) documents: Vec<Document>,
    pub(crate) report: Report,
}

/// A word with its bytes.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    start: u32,
    end: u32,
}

/// Runs of letters and digits, with the apostrophes inside them.
fn words(text: &str) -> Vec<Word<'_>> {
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '\u{301}');
    let mut words = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (start, is_word(c)) {
            (None, true) => start = Some(i),
            (Some(from), false) => {
                words.push(Word { text: &text[from..i], start: from as u32, end: i as u32 });
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn token_range(all: &[Word<'_>], span: Span) -> TokenRange {
    let start = all.partition_point(|word| word.end <= span.start) as u32;
    let end = all.partition_point(|word| word.start < span.end) as u32;
    TokenRange::new(start, end.max(start))
}

fn same(a: &str, b: &str) -> bool {
    a.replace('’', "'").to_lowercase() == b.replace('’', "'").to_lowercase()
}

fn line_column(text: &str, offset: u32) -> (u32, u32) {
    let before = &text[..offset as usize];
    let line = before.matches('\n').count() as u32 + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
    (line, column)
}

fn change(old: &str, new: &str) -> Change {
    let plain = |text: &str| text.replace('’', "'").to_lowercase();
    let (old, new) = (plain(old), plain(new));
    if old.replace(" not", "n't") == new || new.replace(" not", "n't") == old {
        return Change::Contraction;
    }
    let shared = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    if !old.contains(' ') && shared + 2 >= old.chars().count().max(new.chars().count()) {
        Change::Form
    } else {
        Change::Wording
    }
}

fn align(canonical: (&str, Span), member: (&str, Span)) -> Vec<Operation> {
    let (a_all, b_all) = (words(canonical.0), words(member.0));
    let (a_range, b_range) = (token_range(&a_all, canonical.1), token_range(&b_all, member.1));
    let (a, b) = (&a_all[a_range.range()], &b_all[b_range.range()]);
    // Longest common subsequence.
    let mut best = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            best[i][j] = if same(a[i].text, b[j].text) {
                best[i + 1][j + 1] + 1
            } else {
                best[i + 1][j].max(best[i][j + 1])
            };
        }
    }
    let mut operations = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        let (from_i, from_j) = (i, j);
        while i < a.len() && j < b.len() && same(a[i].text, b[j].text) {
            (i, j) = (i + 1, j + 1);
        }
        let equal = i > from_i;
        if !equal {
            while (i < a.len() || j < b.len())
                && !(i < a.len() && j < b.len() && same(a[i].text, b[j].text))
            {
                if j >= b.len() || (i < a.len() && best[i + 1][j] >= best[i][j + 1]) {
                    i += 1;
                } else {
                    j += 1;
                }
            }
        }
        let hull = |words: &[Word<'_>], from: usize, to: usize, whole: Span| {
            if from < to {
                Span::new(words[from].start, words[to - 1].end)
            } else {
                let at = words.get(from).map_or(whole.end, |word| word.start);
                Span::new(at, at)
            }
        };
        let canonical_span = hull(a, from_i, i, canonical.1);
        let span = hull(b, from_j, j, member.1);
        let old = &canonical.0[canonical_span.range()];
        let new = &member.0[span.range()];
        let kind = match (equal, old.is_empty(), new.is_empty()) {
            (true, ..) => OperationKind::Equal,
            (_, true, _) => OperationKind::Insert,
            (_, _, true) => OperationKind::Delete,
            _ => OperationKind::Replace(change(old, new)),
        };
        let changed = !equal;
        operations.push(Operation {
            kind,
            canonical_tokens: TokenRange::new(
                a_range.start + from_i as u32,
                a_range.start + i as u32,
            ),
            tokens: TokenRange::new(b_range.start + from_j as u32, b_range.start + j as u32),
            canonical_span,
            span,
            canonical_text: (changed && !old.is_empty()).then(|| old.to_owned()),
            text: (changed && !new.is_empty()).then(|| new.to_owned()),
        });
    }
    operations
}

fn member(documents: &[Document], canonical: (usize, Span), at: (usize, Span)) -> PassageMember {
    let text = documents[at.0].text.as_str();
    let operations = align((&documents[canonical.0].text, canonical.1), (text, at.1));
    let (mut equal, mut all) = (0.0, 0.0);
    for step in &operations {
        let length = f64::from(step.canonical_tokens.len().max(step.tokens.len()));
        all += length;
        equal += match step.kind {
            OperationKind::Equal | OperationKind::Replace(Change::Contraction) => length,
            OperationKind::Replace(Change::Form) => length / 2.0,
            _ => 0.0,
        };
    }
    let (start_line, start_column) = line_column(text, at.1.start);
    let (end_line, end_column) = line_column(text, at.1.end);
    PassageMember {
        document: DocId(at.0 as u32),
        span: at.1,
        lines: LineSpan { start_line, start_column, end_line, end_column },
        tokens: token_range(&words(text), at.1),
        identity: if all > 0.0 { equal / all } else { 1.0 },
        operations,
    }
}

fn cluster(
    documents: &[Document],
    kind: PassageKind,
    distinctiveness: f64,
    canonical: usize,
    places: &[(usize, Span)],
) -> PassageCluster {
    let from = places[canonical];
    let text = documents[from.0].text[from.1.range()].to_owned();
    let mut carriers: Vec<usize> = places.iter().map(|place| place.0).collect();
    carriers.sort_unstable();
    carriers.dedup();
    PassageCluster {
        kind,
        words: words(&text).len() as u32,
        text,
        documents: carriers.len() as u32,
        distinctiveness,
        canonical: canonical as u32,
        members: places.iter().map(|&place| member(documents, from, place)).collect(),
    }
}

/// Everything of a report but its clusters and matches.
fn frame(documents: &[Document], passages: Vec<PassageCluster>) -> Report {
    let mut groups: Vec<Group> = Vec::new();
    let mut entries = Vec::new();
    let mut shares = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let name = document.group.clone().unwrap_or_else(|| "seeds".to_owned());
        let group = groups.iter().position(|group| group.name == name).unwrap_or_else(|| {
            groups.push(Group { name: name.clone(), ..Group::default() });
            groups.len() - 1
        });
        let tokens = words(&document.text).len() as u32;
        groups[group].documents += 1;
        groups[group].bytes += document.text.len() as u64;
        groups[group].tokens += u64::from(tokens);
        entries.push(DocumentEntry {
            reference: false,
            name: document.name.clone(),
            group: group as u32,
            date: document.date.clone(),
            origin: document.origin.clone(),
            bytes: document.text.len() as u32,
            tokens,
            content_hash: format!("{:032x}", 0x1234_5678 + index),
            metadata: document.metadata.clone(),
        });
        let mut marks = vec![0u8; tokens as usize];
        for passage in &passages {
            let value = 1 + u8::from(passage.kind == PassageKind::Reuse);
            for member in passage.members.iter().filter(|m| m.document.index() == index) {
                for mark in &mut marks[member.tokens.range()] {
                    *mark = value.max(*mark);
                }
            }
        }
        let count = |value| marks.iter().filter(|mark| **mark == value).count() as u64;
        shares.push(Share { tokens: u64::from(tokens), reuse: count(2), boilerplate: count(1) });
    }
    let sum = |shares: &mut dyn Iterator<Item = &Share>| {
        shares.fold(Share::default(), |sum, share| Share {
            tokens: sum.tokens + share.tokens,
            reuse: sum.reuse + share.reuse,
            boilerplate: sum.boilerplate + share.boilerplate,
        })
    };
    let group_of = |id: DocId| entries[id.index()].group as usize;
    let mut between = vec![vec![0; groups.len()]; groups.len()];
    for passage in passages.iter().filter(|p| p.kind == PassageKind::Reuse) {
        for (i, member) in passage.members.iter().enumerate() {
            let row = group_of(member.document);
            let mut others: Vec<usize> =
                passage.members.iter().map(|m| group_of(m.document)).collect();
            others.remove(i);
            others.sort_unstable();
            others.dedup();
            for other in others {
                between[row][other] += u64::from(member.tokens.len());
            }
        }
    }
    let coverage = Coverage {
        total: sum(&mut shares.iter()),
        groups: (0..groups.len())
            .map(|group| {
                let own = entries.iter().zip(&shares).filter(|(e, _)| e.group as usize == group);
                sum(&mut own.map(|(_, share)| share))
            })
            .collect(),
        documents: shares,
        between,
    };
    Report {
        schema_version: SCHEMA_VERSION,
        run: Run {
            version: "0.1.0".to_owned(),
            parameters: Parameters {
                compared: "everything".to_owned(),
                scope: "both".to_owned(),
                sketch_spec: "doublet-1-fss256-w5".to_owned(),
                shingle_size: 5,
                sketch_size: 256,
                threshold: 0.8,
                containment: 0.9,
                bands: 32,
                rows: 8,
                linkage: "star".to_owned(),
                keep: "longest".to_owned(),
                min_words: 8,
                sensitivity: "high".to_owned(),
                min_identity: 0.6,
                min_distinctiveness: 0.25,
            },
            documents: documents.len() as u64,
            bytes: documents.iter().map(|d| d.text.len() as u64).sum(),
            tokens: entries.iter().map(|entry| u64::from(entry.tokens)).sum(),
            times: vec![
                StageTime { stage: "read".to_owned(), seconds: 0.001 },
                StageTime { stage: "passages".to_owned(), seconds: 0.012 },
            ],
            text_field: None,
        },
        groups,
        documents: entries,
        matches: Vec::new(),
        document_clusters: Vec::new(),
        passages,
        coverage,
        suppressed: Suppressed::default(),
        skipped: Vec::new(),
    }
}

/// What `seeds/gold.json` says of the sample documents.
pub(crate) fn seeds() -> Fixture {
    let folder = seeds_folder();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .expect("the sample documents are there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.strip_suffix(".txt").is_some())
        .collect();
    names.sort();
    let documents: Vec<Document> = names
        .iter()
        .map(|name| {
            let text = std::fs::read_to_string(folder.join(name)).expect("a sample is UTF-8");
            let path = format!("seeds/{name}");
            let mut document = Document::new(path.clone(), text);
            document.origin =
                Some(Origin { source: "seeds".to_owned(), path, line: None, encoding: None });
            document
        })
        .collect();
    let gold = std::fs::read(folder.join("gold.json")).expect("the gold file is there");
    let gold: serde_json::Value = serde_json::from_slice(&gold).expect("the gold file is JSON");
    let mut passages: Vec<PassageCluster> = gold["passages"]
        .as_array()
        .expect("it lists passages")
        .iter()
        .map(|passage| {
            let places: Vec<(usize, Span)> = passage["members"]
                .as_array()
                .expect("a passage has members")
                .iter()
                .map(|member| {
                    let name = member["document"].as_str().expect("a member names its document");
                    let index = names.iter().position(|known| known == name).expect("it is known");
                    let offset = |key: &str| member[key].as_u64().expect("an offset") as u32;
                    (index, Span::new(offset("start"), offset("end")))
                })
                .collect();
            cluster(&documents, PassageKind::Reuse, 1.0, 0, &places)
        })
        .collect();
    passages.sort_by_key(|p| (std::cmp::Reverse(p.documents), std::cmp::Reverse(p.words)));
    let report = frame(&documents, passages);
    Fixture { documents, report }
}

const LEDE: &str = "The harbour authority said on Thursday that “no vessel of more than forty metres \
    will be allowed to moor at the old quay” until divers have inspected the foundations, a \
    decision that fishermen, ferry owners and the town's hoteliers called premature. The quay, \
    built in 1874 and widened twice since, carries a third of the town's traffic in summer.";

const DISCLAIMER: &str = "This article was produced without the involvement of the editorial \
    staff. All rights reserved; reproduction in whole or in part without permission is prohibited.";

const HEBREW: &str = "רשות הנמל הודיעה ביום חמישי כי אף כלי שיט לא יורשה לעגון ברציף הישן";

const JAPANESE: &str = "港湾局は木曜日、潜水士が基礎を点検するまで四十メートルを超える船舶は旧埠頭に係留できないと発表した";

/// Eight outlets that print the same wire story, with everything else that a report can hold.
pub(crate) fn newsroom() -> Fixture {
    let outlets = ["Harbour Herald", "The Globe", "Daily Mail-Order", "Küstenblatt", "הנמל"];
    let mut documents: Vec<Document> = Vec::new();
    let mut add = |name: String, group: &str, date: &str, text: String| {
        let line = documents.len() as u64 + 1;
        let mut document = Document::new(name, text).in_group(group).dated(date);
        document.origin = Some(Origin {
            source: "news.jsonl.gz".to_owned(),
            path: "news.jsonl.gz".to_owned(),
            line: Some(line),
            encoding: (line == 3).then(|| "windows-1252".to_owned()),
        });
        document.metadata = BTreeMap::from([
            ("words".to_owned(), FieldValue::Integer(120)),
            ("tags".to_owned(), FieldValue::List(vec![FieldValue::Text("harbour".to_owned())])),
        ]);
        documents.push(document);
    };
    let edits: [(&str, &str); 6] = [
        ("will be allowed", "will be allowed"),
        ("will be allowed", "won't be allowed"),
        (
            "a decision that fishermen, ferry owners and the town's hoteliers called premature",
            "a decision called premature",
        ),
        ("divers have inspected", "navy divers have thoroughly inspected"),
        ("forty metres", "forty meters"),
        (
            "called premature",
            "called hasty and ill-advised, coming as it does at the height of a season in which the town lives on its visitors",
        ),
    ];
    for i in 0..14 {
        let (old, new) = edits[i % edits.len()];
        let outlet = outlets[i % 4];
        let story = format!(
            "Report {i} from the quay, by our own hand.\n\n{}\n\nLocal note number {i}: {}\n\n{DISCLAIMER}\n",
            LEDE.replace(old, new),
            ["fog", "sun", "rain", "gales", "snow", "calm", "frost"][i % 7].repeat(1 + i / 7),
        );
        add(
            format!("2023/11/{:02}/quay-closed-to-large-vessels-{i}", 9 + i / 4),
            outlet,
            &format!("2023-11-{:02}", 9 + i / 4),
            story,
        );
    }
    add("hebrew".to_owned(), outlets[4], "2023-11-12", format!("א\n{HEBREW}.\n"));
    add(
        "hebrew-2".to_owned(),
        outlets[4],
        "2023-11-13",
        format!("ב\n{}!\n", HEBREW.replace("הישן", "החדש")),
    );
    add("新聞/朝刊".to_owned(), "港湾新聞", "2023-11-12", format!("朝。{JAPANESE}。"));
    add("新聞/夕刊".to_owned(), "港湾新聞", "2023-11-12", format!("夕。{JAPANESE}。"));
    let hostile = "click \u{1b}]0;owned\u{7}\u{1b}[2J here for \u{202e}gnp.exe\u{202c} and nine more free words today";
    add("evil\u{1b}[31m\nname".to_owned(), "The Globe", "2023-11-14", format!("One.\n{hostile}\n"));
    add(
        "evil-2".to_owned(),
        "The Globe",
        "2023-11-14",
        format!("Two.\n{}\n", hostile.replace("free", "\u{1b}[5mpaid")),
    );

    let find = |index: usize, text: &str| {
        let start = documents[index].text.find(text).expect("the text stands there") as u32;
        (index, Span::new(start, start + text.len() as u32))
    };
    // A passage from its first words to its last, whatever stands between.
    let stretch = |index: usize, first: &str, last: &str| {
        let start = find(index, first).1.start;
        (index, Span::new(start, find(index, last).1.end))
    };
    let reuse = PassageKind::Reuse;
    let lede: Vec<_> =
        (0..14).map(|i| stretch(i, "The harbour authority", "traffic in summer")).collect();
    let disclaimer: Vec<_> =
        (0..14).map(|i| stretch(i, "This article was", "is prohibited")).collect();
    let hebrew = [stretch(14, "רשות", "הישן"), stretch(15, "רשות", "החדש")];
    let japanese = [find(16, JAPANESE), find(17, JAPANESE)];
    let evil = [stretch(18, "click", "today"), stretch(19, "click", "today")];
    let passages = vec![
        cluster(&documents, reuse, 1.0, 0, &lede),
        cluster(&documents, reuse, 0.97, 0, &hebrew),
        cluster(&documents, reuse, 1.0, 0, &evil),
        cluster(&documents, reuse, 1.0, 0, &japanese),
        cluster(&documents, PassageKind::Boilerplate, 0.12, 0, &disclaimer),
    ];
    let mut report = frame(&documents, passages);
    let pair = |a: u32, b: u32, kind, similarity, a_in_b, b_in_a| Match {
        a: DocId(a),
        b: DocId(b),
        kind,
        similarity,
        a_in_b,
        b_in_a,
    };
    let versions = [
        (0, 6, MatchKind::Exact, 1.0, 1.0),
        (0, 12, MatchKind::Near, 0.934_210_526, 0.966),
        (0, 4, MatchKind::Near, 0.881, 0.94),
        (0, 2, MatchKind::Contained, 0.612, 0.957),
        (1, 7, MatchKind::Near, 0.8123, 0.9),
    ];
    report.matches = versions.iter().map(|&(a, b, kind, s, c)| pair(a, b, kind, s, c, c)).collect();
    report.matches.sort_by_key(|found| (found.a, found.b));
    for representative in [0, 1] {
        let members: Vec<DocumentMember> = report
            .matches
            .iter()
            .filter(|found| found.a == DocId(representative))
            .map(|found| DocumentMember {
                document: found.b,
                kind: found.kind,
                similarity: found.similarity,
                containment: found.b_in_a,
                contains: found.a_in_b,
            })
            .collect();
        let lowest = members.iter().map(|member| match member.kind {
            MatchKind::Contained => member.containment,
            _ => member.similarity,
        });
        let lowest_score = lowest.fold(1.0, f64::min);
        report.document_clusters.push(DocumentCluster {
            representative: DocId(representative),
            members,
            lowest_score,
        });
    }
    report.suppressed = Suppressed {
        empty_documents: 1,
        thinned_buckets: 2,
        rejected_candidates: 31,
        clustered_links: 410,
        weak_links: 1_204,
        short_alignments: 88,
        dissimilar_alignments: 3,
        nested_members: 5,
        boilerplate_passages: 1,
    };
    report.skipped = vec![
        Skipped {
            path: "news.jsonl.gz".to_owned(),
            line: Some(17),
            message: "found a record without the field \"text\"; expected a string in every \
                record; name the field that holds the text with --text-field"
                .to_owned(),
        },
        Skipped {
            path: "old/broken\u{1b}[0m.gz".to_owned(),
            line: None,
            message: "found compressed data that ends early".to_owned(),
        },
    ];
    Fixture { documents, report }
}
