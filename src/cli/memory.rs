//! How the program asks the system for memory.
//!
//! Where transparent huge pages are on, every first touch of an allocator's region brings 2 MiB.
//! The many regions of different sizes that texts and tokens are kept in are then a tenth to an
//! eighth larger than what is in them, and no faster: the time to clear the pages makes up for
//! the shorter tables.

/// Takes memory in small pages. A system that knows no such choice is left as it is.
pub(super) fn small_pages() {
    #[cfg(target_os = "linux")]
    {
        // Refused only by systems without huge pages, which need no refusal.
        let _ = rustix::thread::disable_transparent_huge_pages(true);
    }
}
