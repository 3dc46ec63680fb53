//! How the program asks the system for memory, how much there is, and how much it took.
//!
//! Where transparent huge pages are on, every first touch of an allocator's region brings 2 MiB.
//! The many regions of different sizes that texts and tokens are kept in are then a tenth to an
//! eighth larger than what is in them, and no faster: the time to clear the pages makes up for
//! the shorter tables.

use std::fs;
use std::path::Path;

/// Taken where the system does not say how much memory there is.
const ASSUMED: u64 = 4 << 30;

/// Takes memory in small pages. A system that knows no such choice is left as it is.
pub(super) fn small_pages() {
    #[cfg(target_os = "linux")]
    {
        // Refused only by systems without huge pages, which need no refusal.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}

/// Half of the memory of the machine, or of the control group that the program runs in.
pub(super) fn default_budget() -> u64 {
    let machine = number_in("/proc/meminfo", "MemTotal:").map(|kilobytes| kilobytes << 10);
    let limits = [machine, group_limit()];
    limits.into_iter().flatten().min().unwrap_or(ASSUMED) / 2
}

/// The lowest limit of the control group and those above it.
fn group_limit() -> Option<u64> {
    let number = |path: &Path| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = own.lines().find_map(|line| line.strip_prefix("0::/"));
    let unified = group.into_iter().flat_map(|group| {
        let root = Path::new("/sys/fs/cgroup");
        let folder = root.join(group);
        let above: Vec<_> = folder.ancestors().map(|folder| folder.join("memory.max")).collect();
        above.into_iter().take_while(|path| path.starts_with(root)).collect::<Vec<_>>()
    });
    let first_version = Path::new("/sys/fs/cgroup/memory/memory.limit_in_bytes").to_path_buf();
    unified.chain([first_version]).filter_map(|path| number(&path)).min()
}

/// Most memory that the program has had at a time, in bytes, since [`forget_peak`]; none where
/// the system does not say.
pub(super) fn peak() -> Option<u64> {
    number_in("/proc/self/status", "VmHWM:").map(|kilobytes| kilobytes << 10)
}

/// Counts the peak anew from here; where that is not allowed it goes on from the start.
pub(super) fn forget_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn number_in(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Reads a size such as 512MiB, 8G or 1.5 GB. Without a unit it is bytes; a single letter and the
/// forms with an i count by 1,024, those with B alone by 1,000.
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let expected = || "expected a size such as 512MiB, 8G or 1.5GB".to_owned();
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().map_err(|_| expected())?;
    let unit = text[end..].trim().to_ascii_lowercase();
    let power = match unit.chars().next() {
        None | Some('b') => 0,
        Some('k') => 1,
        Some('m') => 2,
        Some('g') => 3,
        Some('t') => 4,
        Some(_) => return Err(expected()),
    };
    let base: f64 = match unit.get(1..).unwrap_or_default() {
        "" | "ib" => 1024.0,
        "b" => 1000.0,
        _ => return Err(expected()),
    };
    let bytes = number * base.powi(power);
    if bytes < 1.0 || bytes > 2f64.powi(60) { Err(expected()) } else { Ok(bytes as u64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_all_usual_forms() {
        for (text, bytes) in [
            ("4096", 4096),
            ("64b", 64),
            ("512MiB", 512 << 20),
            ("8G", 8 << 30),
            ("1.5 GB", 1_500_000_000),
            ("2t", 2 << 40),
            ("10kb", 10_000),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "G", "-1", "5x", "5 Gx", "0", "1e9", "9999999999T"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_budget_is_some_memory() {
        assert!(default_budget() > 1 << 20);
        #[cfg(target_os = "linux")]
        assert!(peak().is_some_and(|bytes| bytes > 1 << 20));
    }
}
