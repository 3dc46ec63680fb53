//! The program as a child process: wall time and peak memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run took.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Most resident memory, in bytes; `None` where the system does not tell (other than Linux).
    pub peak: Option<u64>,
}

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

/// Runs `doublet find` on a file of JSON lines, with its findings thrown away.
///
/// The peak is read every millisecond while it runs; it only ever grows, so what a last reading
/// misses is the growth of the last millisecond.
///
/// # Panics
/// If it cannot be started or fails.
pub fn find(program: &Path, input: &Path, options: &[&str]) -> Usage {
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(["find", "--quiet", "--text-field", "text", "--id-field", "id"])
        .args(options)
        .arg(input)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = None;
    loop {
        peak = read_peak(&status_file).or(peak);
        if let Some(status) = child.try_wait().expect("a child of ours") {
            let seconds = start.elapsed().as_secs_f64();
            assert!(status.success(), "{options:?} ended with {status}");
            return Usage { seconds, peak };
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn read_peak(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
