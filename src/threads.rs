//! Thread pools of a wanted size: the one place that makes them.

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, ErrorKind, Result};
use crate::stop::Stop;

/// A pool whose threads watch for a stop.
pub(crate) fn pool(threads: usize, stop: Option<&Stop>) -> Result<ThreadPool> {
    let mut builder = ThreadPoolBuilder::new().num_threads(threads);
    if let Some(stop) = stop.cloned() {
        builder = builder.start_handler(move |_| stop.watch());
    }
    builder.build().map_err(|error| {
        Error::new(ErrorKind::Config, format!("no room for {threads} threads"))
            .remedy("ask for fewer")
            .because(error)
    })
}

/// Runs `work` on so many threads; 0 takes those that there are, one a core if no others.
///
/// # Errors
/// [`ErrorKind::Config`] when there is no room for the threads.
///
/// ```
/// let documents = doublet::on_threads(2, || doublet::read(&["seeds/000_ee68053e4f035a81.txt"]))??;
/// assert!(!documents.is_empty());
/// # Ok::<(), doublet::Error>(())
/// ```
pub fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> Result<T> {
    if threads == 0 { Ok(work()) } else { Ok(pool(threads, None)?.install(work)) }
}
