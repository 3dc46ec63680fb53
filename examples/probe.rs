//! Probe (temporary).
use doublet::report::model::*;
use doublet::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let mut docs = Vec::new();
    let path = &args[1];
    if path.ends_with(".jsonl") {
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let v: serde_json::Value = serde_json::from_str(line).unwrap();
            docs.push(Document::new(v["id"].as_str().unwrap(), v["text"].as_str().unwrap()));
        }
    } else {
        let mut names: Vec<_> = std::fs::read_dir(path)
            .unwrap()
            .map(|e| e.unwrap().path())
            .filter(|p| p.extension().is_some_and(|e| e == "txt"))
            .collect();
        names.sort();
        for p in names {
            docs.push(Document::new(
                p.file_name().unwrap().to_str().unwrap(),
                std::fs::read_to_string(&p).unwrap(),
            ));
        }
    }
    if let Ok(n) = std::env::var("DOCS") {
        docs.truncate(n.parse().unwrap());
    }
    let n: usize = args.get(2).map_or(10, |x| x.parse().unwrap());
    let mut config = Config::default();
    if let Ok(w) = std::env::var("MINW") {
        config.passages.min_words = w.parse().unwrap();
    }
    config.threads = std::env::var("T").map_or(0, |w| w.parse().unwrap());
    if let Ok(s) = std::env::var("SENS") {
        config.passages.sensitivity = match &*s {
            "high" => Sensitivity::High,
            "fast" => Sensitivity::Fast,
            _ => Sensitivity::Balanced,
        };
    }
    let t = std::time::Instant::now();
    let r = Doublet::builder()
        .config(config)
        .progress(|e| eprintln!("{:?}", e))
        .build()
        .unwrap()
        .find(&docs)
        .unwrap();
    println!("{:?} total {:?}", r.run.times, t.elapsed());
    println!("{} clusters {:?} {:?}", r.passages.len(), r.suppressed, r.coverage.total);
    let step = std::env::var("STEP").map_or(1, |w| w.parse().unwrap());
    for p in r.passages.iter().step_by(step).take(n) {
        println!(
            "{:?} docs {} words {} dist {:.3} {:?}",
            p.kind,
            p.documents,
            p.words,
            p.distinctiveness,
            p.text.chars().take(400).collect::<String>()
        );
        for m in p.members.iter().take(4) {
            println!(
                "   {} {}..{} id {:.2} L{}",
                docs[m.document.index()].name,
                m.span.start,
                m.span.end,
                m.identity,
                m.lines.start_line
            );
            for o in m.operations.iter().filter(|o| o.kind != OperationKind::Equal).take(5) {
                println!("        {:?} {:?} -> {:?}", o.kind, o.canonical_text, o.text);
            }
        }
    }
}
