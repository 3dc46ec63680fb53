//! The program as people and scripts meet it: arguments, exit codes, streams, files, signals.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use doublet::Report;
use doublet::report::csv::Table;
use doublet::report::{json, jsonl};
use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{newsroom, seeds_folder};

/// The program with an environment that says nothing of terminals and colours.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doublet"));
    for variable in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM", "COLORTERM"] {
        command.env_remove(variable);
    }
    command.env("COLUMNS", "100").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("the program ends by itself")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("standard output is UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("standard error is UTF-8")
}

/// Runs, and expects success in silence.
fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{arguments:?}");
    stdout(&output)
}

/// Runs, and expects exit code 2, no result, and a message that holds `part`.
fn fail(arguments: &[&str], part: &str) {
    let output = run(arguments);
    let message = stderr(&output);
    assert_eq!(code(&output), 2, "{arguments:?}: {message}");
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert!(message.contains(part), "{arguments:?}: {message} lacks {part}");
}

/// A folder of its own, with the sample texts in `seeds/` and a report in `report.json`.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let place = Self { folder };
        fs::create_dir(place.at("seeds")).expect("a folder");
        for entry in fs::read_dir(seeds_folder()).expect("the samples are there") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|ending| ending == "txt") {
                let name = path.file_name().expect("a file has a name");
                fs::copy(&path, place.at("seeds").join(name)).expect("a copy");
            }
        }
        place.write_report(&newsroom().report);
        place
    }

    /// A report whose every form is longer than what a pipe or a small file holds.
    fn large() -> Self {
        let place = Self::new();
        let mut report = newsroom().report;
        let passages = report.passages.clone();
        report.passages = passages.into_iter().cycle().take(800).collect();
        place.write_report(&report);
        place
    }

    fn write_report(&self, report: &Report) {
        let file = fs::File::create(self.at("report.json")).expect("a file");
        json::write(report, std::io::BufWriter::new(file)).expect("it is written");
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self, name: &str) -> String {
        self.at(name).to_str().expect("temporary paths are UTF-8").to_owned()
    }

    /// Names in the folder, sorted; a leftover of a write would show here.
    fn names(&self) -> Vec<String> {
        names(self.folder.path())
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn help_shows_every_command_with_examples() {
    let help = succeed(&["--help"]);
    for part in
        ["find", "dedup", "compare", "show", "completions", "man", "Examples:", "Exit codes:"]
    {
        assert!(help.contains(part), "--help lacks {part}");
    }
    let find = succeed(&["find", "--help"]);
    for part in ["Input:", "Documents:", "Passages:", "Run:", "Output:", "Messages:", "Examples:"] {
        assert!(find.contains(part), "find --help lacks {part}");
    }
    for option in [
        "--text-field",
        "--id-field",
        "--group-by",
        "--date-field",
        "--encoding",
        "--include",
        "--exclude",
        "--skip-hidden",
        "--strict",
        "--threshold",
        "--shingle-size",
        "--containment",
        "--linkage",
        "--keep",
        "--min-words",
        "--sensitivity",
        "--min-identity",
        "--min-distinctiveness",
        "--only",
        "--threads",
        "--format",
        "--output",
        "--force",
        "--all",
        "--top",
        "--quiet",
        "--verbose",
        "--color",
    ] {
        assert!(find.contains(option), "find --help lacks {option}");
    }
    for command in ["dedup", "compare", "show"] {
        assert!(succeed(&[command, "--help"]).contains("Examples:"), "{command} --help");
    }
    for line in help.lines().chain(find.lines()) {
        assert!(line.chars().count() <= 100, "wider than 100 columns: {line}");
    }
}

#[test]
fn version_is_the_packages() {
    assert_eq!(succeed(&["--version"]), format!("doublet {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn completions_and_manual_pages_know_the_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(succeed(&["completions", shell]).contains("min-words"), "{shell}");
    }
    let page = succeed(&["man"]);
    assert!(page.contains(".TH doublet 1") && page.contains("doublet\\-find"), "{page}");
    let page = succeed(&["man", "find"]);
    assert!(page.contains("doublet\\-find") && page.contains("min\\-words"), "{page}");
    fail(&["man", "frobnicate"], "expected find, compare");
}

#[test]
fn wrong_usage_is_refused() {
    let place = Place::new();
    let (seeds, report) = (place.path("seeds"), place.path("report.json"));
    let output = run(&[]);
    assert_eq!((code(&output), stdout(&output).as_str()), (2, ""));
    assert!(stderr(&output).contains("Usage:"));
    fail(&["find"], "PATH");
    fail(&["frobnicate"], "frobnicate");
    for (option, value, part) in [
        ("--threshold", "1.5", "a number above 0, at most 1"),
        ("--threshold", "0", "a number above 0, at most 1"),
        ("--min-identity", "x", "a number from 0 to 1"),
        ("--min-words", "2", "not in 3.."),
        ("--shingle-size", "65", "not in 1..=64"),
        ("--sketch-size", "100", "a sketch size of 100"),
        ("--keep", "best", "expected longest, first"),
        ("--linkage", "full", "star"),
        ("--sensitivity", "max", "balanced"),
        ("--only", "words", "passages"),
        ("--format", "xml", "jsonl"),
        ("--threads", "-1", "invalid value"),
        ("--frobnicate", "1", "--frobnicate"),
    ] {
        let argument = format!("{option}={value}");
        fail(&["find", &seeds, &argument], part);
    }
    fail(&["find", &seeds, "--all", "--top", "3"], "cannot be used with");
    fail(&["find", &seeds, "--quiet", "--verbose"], "cannot be used with");
    fail(&["find", &seeds, "--force"], "--output");
    fail(&["find", "-", "-"], "standard input");
    fail(&["compare", "-", "-"], "standard input");
    fail(&["find", &place.path("absent")], "absent: found that the system would not open it");
    fail(&["compare", &report, &place.path("absent")], "absent");
    fail(&["show", &place.path("absent.json")], "absent.json");
    fail(&["show", &place.path("seeds/000_ee68053e4f035a81.txt")], "no JSON");
}

#[test]
fn find_shows_what_the_samples_share() {
    let place = Place::new();
    let shown = succeed(&["find", &place.path("seeds")]);
    for part in [
        "5 documents",
        "PASSAGES 5 passages repeat",
        "Zhang Youxia, vice chairman of China’s Central Military Commission",
        "[are not → aren’t]",
        "COVERAGE",
    ] {
        // Lines break wherever the width says.
        let words: Vec<&str> = shown.split_whitespace().collect();
        assert!(words.join(" ").contains(part), "lacks {part}\n{shown}");
    }
    assert!(shown.lines().count() <= 40, "{shown}");
    let all = succeed(&["find", &place.path("seeds"), "--all"]);
    let words: Vec<&str> = all.split_whitespace().collect();
    assert!(words.join(" ").contains("[pattern → patterns]"), "{all}");
    assert!(!shown.contains('\u{1b}'), "no colour where nobody looks");
    let halves = [("documents", "DOCUMENTS", "PASSAGES"), ("passages", "PASSAGES", "DOCUMENTS")];
    for (half, with, without) in halves {
        let shown = succeed(&["find", &place.path("seeds"), "--only", half]);
        assert!(shown.contains(with) && !shown.contains(without), "{shown}");
    }
}

#[test]
fn every_form_holds_the_same_report() {
    let place = Place::new();
    let seeds = place.path("seeds");
    let without_times = |mut report: Report| {
        report.run.times.clear();
        report
    };
    let find = |form: &[&str]| {
        let arguments: Vec<&str> = ["find", &seeds].iter().chain(form).copied().collect();
        succeed(&arguments)
    };
    let pretty = find(&["--format", "json"]);
    let report = without_times(json::read(pretty.as_bytes()).expect("a report"));
    assert_eq!(report.documents.len(), 5);
    let compact = find(&["-f", "json", "--compact"]);
    assert_eq!(compact.lines().count(), 1);
    assert_eq!(without_times(json::read(compact.as_bytes()).expect("a report")), report);
    let lines = find(&["-f", "jsonl"]);
    assert_eq!(without_times(jsonl::read(lines.as_bytes()).expect("a report")), report);
    let table = find(&["-f", "csv"]);
    let members: usize = report.passages.iter().map(|passage| passage.members.len()).sum();
    let rows = ::csv::Reader::from_reader(table.as_bytes()).into_records().count();
    assert_eq!(rows, members);
    assert!(find(&["-f", "text"]).starts_with("doublet "));
}

#[test]
fn sketches_have_the_size_that_was_asked_for() {
    let place = Place::new();
    let seeds = place.path("seeds");
    for (arguments, size) in [(&[][..], 256), (&["--sketch-size", "64"], 64)] {
        let json = succeed(&[&["find", &seeds, "--format", "json"], arguments].concat());
        let report: Report = serde_json::from_str(&json).expect("a report");
        assert_eq!(report.run.parameters.sketch_size, size);
    }
}

#[test]
fn the_result_does_not_depend_on_the_threads() {
    let place = Place::new();
    let report = |threads: &str| -> Value {
        let text = succeed(&["find", &place.path("seeds"), "-f", "json", "--threads", threads]);
        let mut value: Value = serde_json::from_str(&text).expect("JSON");
        value["run"]["times"] = Value::Null;
        value
    };
    let one = report("1");
    assert_eq!(one, report("2"));
    assert_eq!(one, report("7"));
}

#[test]
fn standard_input_is_a_source() {
    let place = Place::new();
    let text = fs::read(place.at("seeds/000_ee68053e4f035a81.txt")).expect("a sample");
    let with_input = |arguments: &[&str]| {
        let mut child = program()
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut input = child.stdin.take().expect("a pipe");
        input.write_all(&text).expect("it reads");
        drop(input);
        child.wait_with_output().expect("it ends")
    };
    let output = with_input(&["find", "-"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("1 document,"), "{}", stdout(&output));
    let other = place.path("seeds/000_ee68053e4f035a81.txt");
    let output = with_input(&["compare", "-", &other, "-f", "json"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    let report = json::read(&output.stdout[..]).expect("a report");
    assert_eq!((report.documents.len(), report.matches.len()), (2, 1));
}

#[test]
fn compare_marks_both_sides() {
    let place = Place::new();
    let a = place.path("seeds/001_b34b2286f5eb3993.txt");
    let b = place.path("seeds/003_f933656477f39c45.txt");
    let shown = succeed(&["compare", &a, &b]);
    for part in ["[are not]", "[aren’t]", "[pattern]", "[patterns]", " │ ", "words only here"] {
        assert!(shown.contains(part), "lacks {part}\n{shown}");
    }
    let all = succeed(&["compare", &a, &b, "--all"]);
    assert!(!all.contains("only here"));
    assert!(all.contains("Maciej Tyburski") && all.contains("Novo-Ogaryovo"), "{all}");
    let narrow = program()
        .args(["compare", &a, &b])
        .env("COLUMNS", "60")
        .output()
        .expect("the program starts");
    assert!(!stdout(&narrow).contains('│'));
    let report = succeed(&["compare", &a, &b, "--format", "json"]);
    let report = json::read(report.as_bytes()).expect("a report");
    assert_eq!((report.documents.len(), report.passages.len()), (2, 3));
    let nothing = succeed(&["compare", &a, &place.path("seeds/002_6a6951fa72813674.txt")]);
    assert!(nothing.contains("nothing in common"), "{nothing}");
    fail(&["compare", &place.path("seeds"), &b], "found 5 documents; expected one");
}

#[test]
fn skipped_inputs_are_named_and_change_the_exit_code() {
    let place = Place::new();
    fs::write(place.at("seeds/bad\u{7}.txt"), b"caf\xe9 \xff\xfe\xff").expect("a file");
    let seeds = place.path("seeds");
    let output = run(&["find", &seeds]);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("doublet: skipped"), "{}", stderr(&output));
    assert!(stderr(&output).contains("bad␇.txt"), "{}", stderr(&output));
    assert!(stdout(&output).contains("PASSAGES  5 passages repeat"));
    assert!(stdout(&output).contains("Skipped 1 input"));
    let quiet = run(&["find", &seeds, "-q", "-f", "json"]);
    assert_eq!((code(&quiet), stderr(&quiet).as_str()), (1, ""));
    let report = json::read(&quiet.stdout[..]).expect("a report");
    assert_eq!(report.skipped.len(), 1);
    fail(&["find", &seeds, "--strict"], "bad␇.txt");
}

#[test]
fn records_bring_their_outlet_and_date() {
    let place = Place::new();
    let quote = "we are not building any military alliances based on the pattern of the cold war";
    let record = |id: &str, outlet: &str, date: &str, before: &str| {
        let text = format!("{before} “{quote}”, he said.");
        serde_json::json!({"key": id, "body": text, "outlet": outlet, "published": date})
    };
    let lines = [
        record("h-1", "Herald", "2023-11-09", "The minister explained at noon:").to_string(),
        "{\"body\": ".to_owned(),
        record("g-7", "Globe", "8 November 2023", "Words from the palace yesterday were these:")
            .to_string(),
        "{\"key\": \"g-8\"}".to_owned(),
    ];
    fs::write(place.at("news.jsonl"), lines.join("\n")).expect("a file");
    let news = place.path("news.jsonl");
    let fields = ["--text-field", "body", "--id-field", "key", "--group-by", "outlet"];
    let arguments: Vec<&str> =
        ["find", &news].into_iter().chain(fields).chain(["--date-field", "published"]).collect();
    let output = run(&arguments);
    assert_eq!(code(&output), 1, "{}", stderr(&output));
    let skipped: Vec<String> =
        stderr(&output).lines().map(|line| line.replace(&news, "news")).collect();
    assert_eq!(skipped.len(), 2, "{skipped:?}");
    assert!(skipped[0].starts_with("doublet: skipped news:2: "), "{skipped:?}");
    assert!(skipped[1].starts_with("doublet: skipped news:4: "), "{skipped:?}");
    let shown = stdout(&output);
    assert!(shown.contains("of 2 groups, 8 November 2023 to 2023-11-09"), "{shown}");
    let place_of = |part: &str| shown.find(part).unwrap_or_else(|| panic!("no {part} in\n{shown}"));
    assert!(place_of("Globe 8 November 2023") < place_of("Herald 2023-11-09"), "first comes first");
}

#[test]
fn verbose_says_what_ran_and_quiet_nothing() {
    let place = Place::new();
    let output = run(&["find", &place.path("seeds"), "-v", "--min-words", "9"]);
    assert_eq!(code(&output), 0);
    for part in ["min_words=9", "weak_links=", " s  "] {
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
    let loud = stdout(&run(&["find", &place.path("seeds"), "-f", "csv"]));
    let quiet = run(&["find", &place.path("seeds"), "-f", "csv", "--quiet"]);
    assert_eq!((stdout(&quiet), stderr(&quiet).as_str()), (loud, ""));
}

#[test]
fn colour_is_asked_for_and_refused() {
    let place = Place::new();
    let report = place.path("report.json");
    let plain = succeed(&["show", &report]);
    assert!(!plain.contains('\u{1b}'));
    let colored = succeed(&["show", &report, "--color", "always"]);
    assert!(colored.contains("\u{1b}[1m"));
    let forced = |no_color: Option<&str>| {
        let mut command = program();
        command.args(["show", &report]).env("CLICOLOR_FORCE", "1");
        if let Some(value) = no_color {
            command.env_remove("CLICOLOR_FORCE").env("NO_COLOR", value);
        }
        stdout(&command.output().expect("the program starts"))
    };
    assert_eq!(forced(None), colored);
    assert_eq!(forced(Some("1")), plain);
    assert_eq!(succeed(&["show", &report, "--color", "never"]), plain);
}

#[test]
fn a_saved_report_is_shown_in_every_form() {
    let place = Place::new();
    let report = place.path("report.json");
    let text = succeed(&["show", &report]);
    assert!(text.contains(" 1. 59 words in 14 documents of 4 groups, 2023-11-09 to 2023-11-12"));
    let lines = succeed(&["show", &report, "-f", "jsonl"]);
    fs::write(place.at("report.jsonl"), lines).expect("a file");
    assert_eq!(succeed(&["show", &place.path("report.jsonl")]), text);
    let all = succeed(&["show", &report, "--all"]);
    assert!(all.lines().count() > text.lines().count());
    let other = fs::read_to_string(&report)
        .expect("a report")
        .replace("\"schema_version\":1", "\"schema_version\":9");
    fs::write(place.at("newer.json"), other).expect("a file");
    fail(&["show", &place.path("newer.json")], "newer.json: found a report with schema_version 9");
}

#[test]
fn an_output_is_written_whole_and_replaced_only_when_asked() {
    let place = Place::new();
    let report = place.path("report.json");
    let before = place.names();
    let expected = succeed(&["show", &report, "-f", "csv"]);
    let out = place.path("out.csv");
    assert_eq!(succeed(&["show", &report, "-o", &out]), "");
    assert_eq!(fs::read_to_string(&out).expect("the output"), expected);
    fs::write(&out, "precious").expect("a file");
    fail(&["show", &report, "-o", &out], "exists already");
    assert_eq!(fs::read_to_string(&out).expect("the output"), "precious");
    succeed(&["show", &report, "-o", &out, "--force"]);
    assert_eq!(fs::read_to_string(&out).expect("the output"), expected);
    for (name, begin) in [("a.json", "{"), ("a.jsonl", "{\"type\":\"run\""), ("a.txt", "doublet ")]
    {
        succeed(&["show", &report, "-o", &place.path(name)]);
        let text = fs::read_to_string(place.at(name)).expect("the output");
        assert!(text.starts_with(begin), "{name}");
    }
    succeed(&["show", &report, "-o", &place.path("b.data"), "-f", "json", "--compact"]);
    let mut after = place.names();
    after.retain(|name| !before.contains(name));
    assert_eq!(after, ["a.json", "a.jsonl", "a.txt", "b.data", "out.csv"]);
    assert!(succeed(&["show", &report, "-o", "-"]).starts_with("doublet "));
}

#[test]
fn tables_go_into_a_folder() {
    let place = Place::new();
    let report = place.path("report.json");
    let mut expected: Vec<&str> = Table::ALL.map(Table::file_name).to_vec();
    expected.sort_unstable();
    let folder = place.path("tables");
    succeed(&["show", &report, "-f", "csv", "-o", &folder]);
    assert_eq!(names(&place.at("tables")), expected);
    fail(&["show", &report, "-f", "csv", "-o", &folder], "passages.csv: found an --output that");
    succeed(&["show", &report, "-f", "csv", "-o", &folder, "--force"]);
    fs::create_dir(place.at("there")).expect("a folder");
    succeed(&["show", &report, "-f", "csv", "-o", &place.path("there")]);
    assert_eq!(names(&place.at("there")), expected);
}

#[test]
fn outputs_that_contradict_the_form_are_refused() {
    let place = Place::new();
    let report = place.path("report.json");
    let show = |form: &[&str], part: &str| {
        let arguments: Vec<&str> = ["show", &report].iter().chain(form).copied().collect();
        fail(&arguments, part);
    };
    let seeds = place.path("seeds");
    let sample = place.path("seeds/000_ee68053e4f035a81.txt");
    show(&["-o", &seeds], "a folder as --output");
    show(&["-o", &seeds, "-f", "json"], "a folder as --output");
    show(&["-o", &place.path("new/"), "-f", "text"], "a folder as --output");
    show(&["-o", &place.path("out.csv"), "-f", "json"], "contradicts --format");
    show(&["-o", &place.path("out")], "does not say its form");
    show(&["-o", &sample, "-f", "csv", "--force"], "contradicts --format");
    show(&["-o", &place.path("no/such/out.json")], "a folder that does not exist");
    fs::write(place.at("plain"), "").expect("a file");
    show(&["-o", &place.path("plain"), "-f", "csv"], "needs a folder");
    assert_eq!(place.names(), ["plain", "report.json", "seeds"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::large();
    for form in ["text", "json", "jsonl", "csv"] {
        let mut child = program()
            .args(["show", &place.path("report.json"), "--all", "-f", form])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut pipe = child.stdout.take().expect("a pipe");
        pipe.read_exact(&mut [0; 10]).expect("something comes");
        drop(pipe);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((code(&output), stderr(&output).as_str()), (0, ""), "{form}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_a_clear_error() {
    let place = Place::new();
    let report = place.path("report.json");
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    for arguments in [vec!["show", &report], vec!["completions", "bash"], vec!["man"]] {
        let output = program().args(&arguments).stdout(full()).output().expect("it starts");
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(stderr(&output).contains("No space left"), "{}", stderr(&output));
    }
    fail(&["show", &report, "-f", "json", "-o", "/dev/full"], "/dev/full: found that the system");
}

#[cfg(unix)]
#[test]
fn nothing_half_written_stays_when_a_file_cannot_grow() {
    let place = Place::large();
    let before = place.names();
    for (form, out) in [("json", "out.json"), ("csv", "out.csv"), ("csv", "tables")] {
        // The limit stands for a full disk: writes fail in the middle of a file.
        let limited = "trap '' XFSZ; ulimit -f 16; exec \"$@\"";
        let output = Command::new("sh")
            .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_doublet"), "show"])
            .args([&place.path("report.json"), "-f", form, "-o", &place.path(out)])
            .output()
            .expect("sh starts");
        let message = stderr(&output);
        assert_eq!(code(&output), 2, "{message}");
        assert!(message.contains("would not write it"), "{message}");
        assert!(message.contains("nothing was left there"), "{message}");
        assert_eq!(place.names(), before, "{form} {out}");
    }
}

#[cfg(unix)]
#[test]
fn an_output_goes_through_a_symbolic_link() {
    let place = Place::new();
    fs::write(place.at("real.json"), "old").expect("a file");
    std::os::unix::fs::symlink(place.at("real.json"), place.at("link.json")).expect("a link");
    succeed(&["show", &place.path("report.json"), "-o", &place.path("link.json"), "--force"]);
    assert!(place.at("link.json").is_symlink());
    assert!(fs::read_to_string(place.at("real.json")).expect("the output").starts_with('{'));
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(status.expect("kill starts").success());
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_reading_ends_the_run() {
    let mut child = program()
        .args(["show", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    // The handler stands once the program has begun to read: it takes what a pipe cannot hold.
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(&vec![b' '; 1 << 20]).expect("it reads");
    interrupt(&child);
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[cfg(unix)]
#[test]
fn an_interrupt_while_writing_leaves_nothing_half_written() {
    let place = Place::large();
    let before = place.names();
    let mut interrupted = 0;
    for _ in 0..200 {
        let mut child = program()
            .args(["show", &place.path("report.json"), "-o", &place.path("out.json")])
            .spawn()
            .expect("the program starts");
        let started = Instant::now();
        let writes = || place.names().iter().any(|name| name.ends_with(".partial"));
        while !writes() && started.elapsed() < Duration::from_secs(10) {
            if child.try_wait().expect("it runs").is_some() {
                break;
            }
        }
        interrupt_if_running(&mut child);
        let code = child.wait().expect("it ends").code();
        match fs::read(place.at("out.json")) {
            Err(_) => {
                assert_eq!(code, Some(130));
                assert_eq!(place.names(), before, "nothing is left");
                interrupted += 1;
            }
            Ok(text) => {
                // It was faster than the signal, which may have come before its end all the same:
                // whole and in its place.
                assert!(matches!(code, Some(0 | 130)), "{code:?}");
                json::read(&text[..]).expect("a whole report");
                fs::remove_file(place.at("out.json")).expect("it goes");
                assert_eq!(place.names(), before, "nothing else is left");
            }
        }
        if interrupted == 2 {
            return;
        }
    }
    assert!(interrupted > 0, "no run of 200 was caught while it wrote");
}

#[cfg(unix)]
fn interrupt_if_running(child: &mut Child) {
    if child.try_wait().expect("it runs").is_none() {
        interrupt(child);
    }
}
