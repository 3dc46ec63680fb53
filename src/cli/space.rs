//! Room on disk: how much a run may need, and whether it is there before it starts.

use std::path::Path;

use doublet::dedup::Layout;
use doublet::{Error, ErrorKind, Result, Scope};

use super::dedup::Job;

/// Bytes of text that a byte of a compressed file is taken to hold.
const EXPANSION: u64 = 4;

/// Bytes of work files for each byte of text, in hundredths: rows of features and tokens, and
/// records that are sorted.
const WORK_PERCENT: u64 = 150;

/// The same where passages are looked for: texts, anchors and links besides.
const PASSAGES_PERCENT: u64 = 650;

/// What a run may need, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Needed {
    pub(super) output: u64,
    pub(super) work: u64,
}

impl Needed {
    /// For files of so many bytes and texts of about so many, within a budget of memory.
    pub(super) const fn new(files: u64, texts: u64, budget: u64, scope: Scope) -> Self {
        let percent =
            if matches!(scope, Scope::Documents) { WORK_PERCENT } else { PASSAGES_PERCENT };
        let work = texts.saturating_mul(percent) / 100;
        Self { output: files, work: if work > budget { work } else { 0 } }
    }
}

/// Refuses a run that cannot end well.
pub(super) fn check(job: &Job<'_>, layout: &Layout, budget: u64, work: &Path) -> Result<()> {
    let texts: u64 = layout.paths().map(text_bytes).sum();
    let needed = Needed::new(layout.bytes(), texts, budget, job.config.scope);
    let mut wants = vec![(work, needed.work)];
    if let Some(place) = &job.place {
        if same_disk(place.parent(), work) {
            wants[0].1 += needed.output;
        } else {
            wants.push((place.parent(), needed.output));
        }
    }
    for (folder, bytes) in wants {
        if let Some(free) = free(folder).filter(|&free| free < bytes)
            && !job.args.output.force
        {
            let mebibytes = |bytes: u64| bytes.div_ceil(1 << 20);
            return Err(Error::new(ErrorKind::Io, format!("{} MiB free on disk", mebibytes(free)))
                .expected(format!("room for the {} MiB that the run may need", mebibytes(bytes)))
                .remedy("make room, name another folder with --temp-dir, or try it with --force")
                .at(folder));
        }
    }
    Ok(())
}

/// About how many bytes of text a file holds.
pub(super) fn text_bytes(path: &Path) -> u64 {
    let size = path.metadata().map_or(0, |metadata| metadata.len());
    let packed = path.extension().is_some_and(|ending| {
        ["gz", "zst", "parquet"].iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    if packed { size.saturating_mul(EXPANSION) } else { size }
}

/// Bytes free for this user on the disk of a folder, where the system tells.
#[cfg(target_os = "linux")]
pub(super) fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn free(_: &Path) -> Option<u64> {
    None
}

#[cfg(unix)]
fn same_disk(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let device = |path: &Path| path.metadata().map(|metadata| metadata.dev()).ok();
    device(a) == device(b)
}

#[cfg(not(unix))]
fn same_disk(_: &Path, _: &Path) -> bool {
    true
}
