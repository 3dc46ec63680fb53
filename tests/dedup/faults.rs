//! Faults: signals, full disks, inputs that change. Afterwards there is the old state, or a
//! folder that `--resume` goes on from.

#![cfg(unix)]

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::budget::{collection, content};
use super::{Place, program, prose, record};

/// Starts `dedup in --output out` with further arguments.
fn start(place: &Place, arguments: &[&str]) -> Child {
    program()
        .current_dir(place.0.path())
        .args(["dedup", "in", "--output", "out", "--quiet"])
        .args(arguments)
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts")
}

/// Names beside one another in the folder.
fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.0.path()).expect("a folder");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> =
        entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Whether a folder of this ending is there, and in it a file of this name.
fn has(place: &Place, ending: &str, file: &str) -> bool {
    let mut names = names(place).into_iter();
    names.any(|name| name.ends_with(ending) && place.at(&format!("{name}/{file}")).exists())
}

/// Waits until `condition` holds or the program has ended; whether it still runs.
fn wait_until(child: &mut Child, mut condition: impl FnMut() -> bool) -> bool {
    loop {
        if child.try_wait().expect("it can be asked").is_some() {
            return false;
        }
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
fn an_interrupt_leaves_nothing_half_written() {
    let place = Place::new();
    for i in 0..3000 {
        place.write(&format!("in/{}/{i}.txt", i % 50), prose(i, 20));
    }
    let mut while_writing = 0;
    // Early, then from the moment when the folder of the output is there.
    for pause in [None, Some(0), Some(0), Some(2), Some(5), Some(10), Some(20)] {
        let mut child = start(&place, &[]);
        if let Some(pause) = pause {
            wait_until(&mut child, || has(&place, ".partial", "."));
            std::thread::sleep(Duration::from_millis(pause));
        } else {
            std::thread::sleep(Duration::from_millis(60));
        }
        let aside = has(&place, ".partial", ".");
        let kill = ["-INT", &child.id().to_string()].map(str::to_owned);
        let _ = Command::new("kill").args(kill).stderr(Stdio::null()).status();
        let code = child.wait().expect("it ends").code();
        if code == Some(130) {
            while_writing += u32::from(aside);
            assert_eq!(names(&place), ["in"], "after {pause:?} ms");
        } else {
            assert_eq!(code, Some(0));
            assert_eq!(names(&place), ["in", "out"], "after {pause:?} ms");
            fs::remove_dir_all(place.at("out")).expect("it goes");
        }
    }
    assert!(while_writing > 0, "no run was stopped while it wrote");
}

#[test]
fn a_killed_run_is_resumed_to_the_same_bytes() {
    kill_and_resume(&["--memory", "1k"]);
}

#[test]
fn a_killed_run_that_cuts_passages_is_resumed_to_the_same_bytes() {
    kill_and_resume(&["--memory", "1k", "--remove", "exact,near,passages"]);
}

#[test]
fn a_killed_run_against_a_reference_is_resumed_to_the_same_bytes() {
    let rules = "exact,near,contained,passages";
    kill_and_resume(&["--memory", "1k", "--remove", rules, "--against", "test.jsonl"]);
}

/// Kills runs with these arguments at many moments, and goes on from there.
fn kill_and_resume(spilling: &[&str]) {
    let place = Place::new();
    collection(&place, 1200);
    let mut beside = vec!["in", "out"];
    if spilling.contains(&"--against") {
        fs::rename(place.at("in/2.jsonl"), place.at("test.jsonl")).expect("it moves");
        beside.push("test.jsonl");
    }
    let begun = Instant::now();
    let code = start(&place, spilling).wait().expect("it ends").code();
    let whole = begun.elapsed();
    assert_eq!(code, Some(0));
    let expected = content(&place.at("out"));
    fs::remove_dir_all(place.at("out")).expect("it goes");

    let (mut resumed, mut while_writing) = (0, 0);
    let mut state = 7u32;
    for moment in 0..20u32 {
        let mut child = start(&place, spilling);
        match moment % 5 {
            // As soon as a stage is whole, and while the output is written.
            3 => drop(wait_until(&mut child, || has(&place, ".work", "run.json"))),
            4 => drop(wait_until(&mut child, || has(&place, ".partial", "."))),
            _ => {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let share = (f64::from(moment) + f64::from(state) / 2f64.powi(32)) / 20.0;
                std::thread::sleep(whole.mul_f64(share));
            }
        }
        let _ = child.kill();
        child.wait().expect("it ends");
        if place.at("out").exists() {
            assert_eq!(names(&place), beside);
        } else {
            while_writing += u32::from(has(&place, ".partial", "."));
            let recorded = has(&place, ".work", "run.json");
            let again = [&["in", "--output", "out", "--resume"], spilling].concat();
            let said = place.dedup(&again, 0);
            assert_eq!(said.contains("starting anew"), !recorded, "{said}");
            resumed += u32::from(recorded);
            assert_eq!(names(&place), beside, "what was aside is gone");
        }
        assert!(content(&place.at("out")) == expected, "killed at moment {moment}");
        fs::remove_dir_all(place.at("out")).expect("it goes");
    }
    assert!(resumed > 2 && while_writing > 0, "{resumed} resumed, {while_writing} while writing");
}

#[test]
fn a_killed_run_is_not_resumed_when_its_inputs_have_changed() {
    let place = Place::new();
    collection(&place, 1200);
    let mut child = start(&place, &["--memory", "1k"]);
    wait_until(&mut child, || has(&place, ".work", "run.json"));
    let _ = child.kill();
    child.wait().expect("it ends");
    let more = place.read("in/0.jsonl") + &record("more", &prose(77_777, 60));
    place.write("in/0.jsonl", more);
    place.dedup(&["in", "--output", "out", "--memory", "1k", "--resume"], 0);
    place.dedup(&["in", "--output", "again"], 0);
    assert!(content(&place.at("out")) == content(&place.at("again")));
    assert_eq!(names(&place), ["again", "in", "out"]);
}

#[test]
fn a_killed_run_is_not_resumed_when_what_protects_or_the_reference_has_changed() {
    for besides in ["--protect", "--against"] {
        let place = Place::new();
        collection(&place, 1200);
        place.write("guard/kept.jsonl", place.read("in/0.jsonl"));
        let guard = [besides, "guard", "--memory", "1k"];
        let mut child = start(&place, &guard);
        wait_until(&mut child, || has(&place, ".work", "run.json"));
        let _ = child.kill();
        child.wait().expect("it ends");
        place.write("guard/kept.jsonl", record("other", &prose(77_777, 60)));
        place.dedup(&[&["in", "--output", "out", "--resume"], &guard[..]].concat(), 0);
        place.dedup(&["in", "--output", "again", besides, "guard"], 0);
        assert!(content(&place.at("out")) == content(&place.at("again")), "{besides}");
        assert_eq!(names(&place), ["again", "guard", "in", "out"]);
    }
}

#[test]
fn a_full_disk_is_an_error_that_leaves_nothing() {
    let place = Place::new();
    collection(&place, 1500);
    // Files of at most 100 blocks: first the work files are too large, then the output.
    let cases = [("exact,near", 100), ("exact,near,passages", 100), ("passages", 100)];
    for ((memory, says), (rules, blocks)) in
        [("1k", "--temp-dir"), ("8G", "write")].into_iter().flat_map(|m| cases.map(|c| (m, c)))
    {
        let command = format!(
            "trap '' XFSZ; ulimit -f {blocks}; \
             exec {} dedup in --output out --memory {memory} --remove {rules}",
            env!("CARGO_BIN_EXE_doublet"),
        );
        let output = Command::new("sh")
            .current_dir(place.0.path())
            .args(["-c", &command])
            .output()
            .expect("the shell starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(says) && said.contains("too large"), "{said}");
        assert_eq!(names(&place), ["in"], "{said}");
    }
}

#[test]
fn an_input_that_changes_during_the_run_is_named() {
    let place = Place::new();
    collection(&place, 1500);
    let before = place.read("in/1.jsonl");
    let mut child = start(&place, &["--memory", "1k"]);
    // Work files are there: the inputs have been listed.
    let in_time = wait_until(&mut child, || has(&place, ".work", "features.rows"));
    assert!(in_time, "the run was over at once");
    place.write("in/1.jsonl", before + &record("late", &prose(5, 60)));
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("in/1.jsonl") && said.contains("changed during the run"), "{said}");
    assert_eq!(names(&place), ["in"]);
}

#[test]
fn two_runs_for_one_output_do_not_meet() {
    let place = Place::new();
    collection(&place, 1500);
    let mut first = start(&place, &["--memory", "1k"]);
    assert!(wait_until(&mut first, || has(&place, ".work", "features.rows")));
    let said = place.dedup(&["in", "--output", "out"], 2);
    assert!(said.contains("another run"), "{said}");
    assert_eq!(first.wait().expect("it ends").code(), Some(0));
    assert_eq!(names(&place), ["in", "out"]);
}
