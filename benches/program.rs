//! The program as a child process: wall time and peak memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Builds the program as users do, `cargo build --release`, and says where it lies.
///
/// # Panics
/// If it does not build.
#[must_use]
pub fn build() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--package", "doublet"])
        .current_dir(&root)
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the program does not build");
    // This executable lies in target/release/deps, or in a target folder of another name.
    let own = std::env::current_exe().expect("a path of its own");
    let release = own.parent().and_then(|deps| deps.parent()).expect("target/release/deps");
    release.join(format!("doublet{}", std::env::consts::EXE_SUFFIX))
}

/// Wall-clock seconds of `doublet find` on a file of JSON lines, with its findings thrown away.
///
/// Nothing else is done meanwhile: a second thread of the program would feel it.
///
/// # Panics
/// If it cannot be started or fails.
#[must_use]
pub fn seconds(program: &Path, input: &Path, options: &[&str]) -> f64 {
    let start = Instant::now();
    let status = start_find(program, input, options).wait().expect("a child of ours");
    let seconds = start.elapsed().as_secs_f64();
    assert!(status.success(), "{options:?} ended with {status}");
    seconds
}

/// The most memory that such a run has resident, in bytes; `None` where the system does not tell
/// (other than Linux).
///
/// It is read every millisecond while the program runs; it only ever grows, so what a last reading
/// misses is the growth of the last millisecond.
///
/// # Panics
/// If it cannot be started or fails.
#[must_use]
pub fn peak(program: &Path, input: &Path, options: &[&str]) -> Option<u64> {
    let mut child = start_find(program, input, options);
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        peak = read_peak(&status_file).or(peak);
        if let Some(status) = child.try_wait().expect("a child of ours") {
            assert!(status.success(), "{options:?} ended with {status}");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn start_find(program: &Path, input: &Path, options: &[&str]) -> Child {
    Command::new(program)
        .args(["find", "--quiet", "--text-field", "text", "--id-field", "id"])
        .args(options)
        .arg(input)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

fn read_peak(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
