//! The report as a page: what stands in it, what must not, and what it leaves out.

use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doublet::report::html::{self, HtmlOptions};
use doublet::{Document, Doublet, Report};
use serde_json::Value;

use crate::fixture::{newsroom, seeds, seeds_folder};

fn page(report: &Report, documents: &[Document], options: &HtmlOptions) -> String {
    let mut out = Vec::new();
    html::write(report, documents, options, &mut out).expect("memory takes writes");
    String::from_utf8(out).expect("a page is text")
}

fn whole_page(report: &Report, documents: &[Document]) -> String {
    page(report, documents, &HtmlOptions::default())
}

/// A block of the page's data, as a browser reads it.
fn block(page: &str, name: &str) -> Option<Value> {
    let open = format!("<script type=\"application/octet-stream\" id=\"data-{name}\">");
    let start = page.find(&open)? + open.len();
    let end = start + page[start..].find("</script>")?;
    let packed = STANDARD.decode(&page[start..end]).expect("base64");
    let mut unpacked = String::new();
    flate2::read::ZlibDecoder::new(packed.as_slice())
        .read_to_string(&mut unpacked)
        .expect("deflated text");
    Some(serde_json::from_str(&unpacked).expect("JSON"))
}

fn head(page: &str) -> Value {
    block(page, "head").expect("a page has a head")
}

/// The text at a place in UTF-16 code units.
fn slice(text: &str, place: &Value) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let end = |i: usize| place[i].as_u64().expect("a number") as usize;
    String::from_utf16(&units[end(0)..end(1)]).expect("places cut no character in two")
}

/// The member's words: what a reader sees without the dropped ones.
fn words(member: &Value) -> String {
    let pieces = member["o"].as_array().expect("pieces");
    pieces.iter().map(|piece| piece[2].as_str().expect("a string")).collect()
}

#[test]
fn a_page_runs_its_own_script_and_fetches_nothing() {
    let page = whole_page(&newsroom().report, &newsroom().documents);
    let policy = "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
                  script-src 'sha256-";
    assert!(page.contains(policy), "{}", &page[..600]);
    assert!(!page.contains("unsafe-inline") && !page.contains("src=\"http"));
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(!page.contains("https://") && !page.contains("<link") && !page.contains("<img"));
}

#[test]
fn text_of_documents_never_stands_as_markup() {
    let hostile = "</script><script>window.owned=1</script></textarea>{{7*7}}<!--<img src=x \
                   onerror=window.owned=2> and a few more ordinary words for the passage";
    let documents = [
        Document::new(format!("a {hostile}"), format!("One says. {hostile} And so on.")),
        Document::new(format!("b {hostile}"), format!("Two says. {hostile} And on.")),
    ]
    .map(|document| document.in_group("<b>group</b>").dated("<i>2024</i>"));
    let report = Doublet::new().find(&documents).expect("it runs");
    assert!(!report.passages.is_empty());
    let options = HtmlOptions { whole: Some("<u>r.json".to_owned()), ..HtmlOptions::default() };
    let page = page(&report, &documents, &options);
    for part in ["window.owned", "{{7*7}}", "onerror", "</textarea>", "<b>group", "<i>", "<u>"] {
        assert!(!page.contains(part), "{part}");
    }
    assert_eq!(block(&page, "texts-0").expect("texts")[0], documents[0].text.as_str());
}

#[test]
fn the_data_is_the_report() {
    let fixture = newsroom();
    let page = whole_page(&fixture.report, &fixture.documents);
    let head = head(&page);
    assert_eq!(head["passages"].as_array().map(Vec::len), Some(fixture.report.passages.len()));
    assert_eq!(head["documents"], fixture.report.run.documents);
    let texts = block(&page, "texts-0").expect("texts");
    let members = block(&page, "members-0").expect("members");
    assert!(block(&page, "members-1").is_none());
    for (number, passage) in fixture.report.passages.iter().enumerate() {
        let row = &head["passages"][number];
        assert_eq!(row["s"], passage.text.as_str());
        for (index, member) in passage.members.iter().enumerate() {
            let shown = &members[number][index];
            let id = member.document.index();
            assert_eq!(shown["d"], id);
            let entries = head["entries"].as_array().expect("entries");
            let entry = entries.iter().find(|entry| entry["id"] == id).expect("an entry");
            let text = texts[entry["text"][1].as_u64().expect("a place") as usize].as_str();
            let text = text.expect("a text");
            assert_eq!(text, fixture.documents[id].text);
            let own = &text[member.span.range()];
            assert_eq!(slice(text, &shown["p"]), own);
            assert_eq!(words(shown), own, "passage {number}, member {index}");
        }
    }
    assert_eq!(head["clusters"].as_array().map(Vec::len), Some(2));
    assert_eq!(head["clusters"][0]["members"][0][1], "contained");
}

#[test]
fn limits_are_told() {
    let fixture = newsroom();
    let options = HtmlOptions { passages: 2, texts: 3, ..HtmlOptions::default() };
    let page = page(&fixture.report, &fixture.documents, &options);
    let head = head(&page);
    assert_eq!(head["passages"].as_array().map(Vec::len), Some(2));
    assert_eq!(head["left_out"]["passages"], 3);
    assert_eq!(head["left_out"]["no_texts"], false);
    assert_eq!(block(&page, "texts-0").and_then(|texts| texts.as_array().map(Vec::len)), Some(3));
    // 14 documents carry the first passage, two the second.
    assert_eq!(head["left_out"]["texts"], 16 - 3);
    let small = HtmlOptions { text_bytes: 10, ..HtmlOptions::default() };
    assert!(block(&self::page(&fixture.report, &fixture.documents, &small), "texts-0").is_none());
}

#[test]
fn a_saved_report_shows_its_passages_without_texts() {
    let fixture = newsroom();
    let options = HtmlOptions { whole: Some("saved.json".to_owned()), ..HtmlOptions::default() };
    let page = page(&fixture.report, &[], &options);
    let head = head(&page);
    assert_eq!(
        (&head["left_out"]["no_texts"], &head["whole"]),
        (&true.into(), &"saved.json".into())
    );
    let members = block(&page, "members-0").expect("members");
    assert_eq!(words(&members[0][0]), fixture.report.passages[0].text);
    let changed = words(&members[0][1]);
    assert!(changed.contains("forty metres won't be allowed"), "{changed}");
    assert_eq!(members[0][0]["p"], Value::Null);
    assert!(block(&page, "texts-0").is_none());
}

#[test]
fn foreign_places_do_no_harm() {
    let mut fixture = newsroom();
    for member in &mut fixture.report.passages[3].members {
        member.span.start += 1;
        member.span.end = u32::MAX;
        for step in &mut member.operations {
            step.span.end = u32::MAX;
            step.canonical_span.start += 1;
        }
    }
    fixture.report.coverage = doublet::report::model::Coverage::default();
    assert!(block(&whole_page(&fixture.report, &fixture.documents), "head").is_some());
    let none = Doublet::new().find(&[]).expect("it runs");
    assert_eq!(head(&whole_page(&none, &[]))["documents"], 0);
}

#[test]
fn the_samples_show_both_quotes() {
    let files = ["001_b34b2286f5eb3993.txt", "003_f933656477f39c45.txt"];
    let paths = files.map(|file| seeds_folder().join(file));
    let documents = doublet::read(&paths).expect("the samples are there");
    let report = Doublet::new().find(&documents).expect("it runs");
    let page = whole_page(&report, &documents);
    let members = block(&page, "members-0").expect("members");
    let shown = serde_json::to_string(&members).expect("JSON");
    for part in [
        "not building any military alliances",
        "we are not creating a military bloc",
        "[1,\"are not\",\"aren’t\"]",
        "[2,\"pattern\",\"patterns\"]",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert_eq!(head(&whole_page(&seeds().report, &[]))["reuse"], seeds().report.passages.len());
}

#[test]
fn a_saved_report_finds_its_texts_again() {
    let paths = ["001_b34b2286f5eb3993.txt", "003_f933656477f39c45.txt"];
    let paths = paths.map(|file| seeds_folder().join(file));
    let documents = doublet::read(&paths).expect("the samples are there");
    let mut report = Doublet::new().find(&documents).expect("it runs");
    let page = |report: &Report| {
        let texts = html::reread(report, &HtmlOptions::default(), None, None);
        let mut out = Vec::new();
        html::write_reread(report, &texts, &HtmlOptions::default(), &mut out).expect("memory");
        String::from_utf8(out).expect("text")
    };
    assert_eq!(page(&report), whole_page(&report, &documents));
    report.documents[1].content_hash = "0".repeat(32);
    let one = page(&report);
    assert_eq!(block(&one, "texts-0").and_then(|texts| texts.as_array().map(Vec::len)), Some(1));
    let head = head(&one);
    assert_eq!((&head["left_out"]["lost"], &head["left_out"]["texts"]), (&1.into(), &0.into()));
    let absence = head["entries"][1]["absence"].as_str().expect("a reason");
    assert!(absence.contains("has changed"), "{absence}");
    // The other text is shown with its passages' places.
    let members = block(&one, "members-0").expect("members");
    assert!(members[0][0]["p"].is_array() && members[0][1]["p"].is_null());
}

#[test]
fn long_passages_and_names_stand_in_the_page_once() {
    let words: String = (0..30_000).map(|i| format!("w{} ", i * i % 9_973 + i)).collect();
    let documents = ["one", "two"].map(|name| {
        Document::new(name.repeat(50_000), format!("{name} begins. {words} {name} ends."))
    });
    let report = Doublet::new().find(&documents).expect("it runs");
    let page = whole_page(&report, &documents);
    let head = head(&page);
    assert_eq!(head["passages"][0]["m"], true);
    assert!(head["passages"][0]["s"].as_str().is_some_and(|text| text.len() <= 600));
    assert!(head["entries"][0]["name"].as_str().is_some_and(|name| name.len() <= 1_000));
    let longer = block(&page, "longer").expect("a block");
    assert_eq!(longer[0], serde_json::json!([0, report.passages[0].text]));
    // Members hold the ends and say how much is between them.
    let members = block(&page, "members-0").expect("members");
    let pieces = members[0][0]["o"].as_array().expect("pieces");
    assert_eq!(
        pieces.iter().map(|piece| piece[0].as_u64()).collect::<Vec<_>>(),
        [Some(0), Some(6), Some(0)]
    );
    assert!(serde_json::to_string(&members).expect("JSON").len() < 20_000);
}

#[test]
fn every_group_is_in_the_page() {
    let quote = |i: usize| format!("the {i} office of harbour district {i} said number {i} again");
    let documents: Vec<Document> = (0..30)
        .map(|i| {
            let text = format!("{i} first. {}. {i} then. {}.", quote(i), quote((i + 1) % 30));
            Document::new(format!("d{i}"), text).in_group(format!("g{i}"))
        })
        .collect();
    let report = Doublet::new().find(&documents).expect("it runs");
    let head = head(&whole_page(&report, &documents));
    let between = head["between"].as_array().expect("rows");
    assert_eq!(between.len(), 30);
    for (row, all) in between.iter().zip(&report.coverage.between) {
        let shown = row["others"].as_array().expect("cells");
        assert_eq!(row["all_others"], all.iter().filter(|words| **words > 0).count());
        for cell in shown {
            let other = cell[0].as_u64().expect("a group") as usize;
            assert_eq!(cell[1], all[other]);
        }
        let words: Vec<u64> = shown.iter().filter_map(|cell| cell[1].as_u64()).collect();
        assert!(words.is_sorted_by(|a, b| a >= b) && !words.is_empty());
    }
}
