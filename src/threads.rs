//! Thread pools of a wanted size, the one place that makes them; and work that goes hand in hand.

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

/// Makes something of each batch while what was made of the one before is `put` in its place, in
/// order.
///
/// # Errors
/// The first of `put`.
pub(crate) fn overlapped<B: Send, M: Send>(
    batches: impl IntoIterator<Item = B>,
    make: impl Fn(B) -> M + Sync,
    mut put: impl FnMut(M) -> Result<()> + Send,
) -> Result<()> {
    let mut ready = None;
    for batch in batches {
        let last = ready.take();
        let (made, placed) = rayon::join(|| make(batch), || last.map_or(Ok(()), &mut put));
        placed?;
        ready = Some(made);
    }
    ready.map_or(Ok(()), put)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_order_and_the_first_error_ends_it() {
        for batches in 0..5 {
            let mut put = Vec::new();
            overlapped(
                0..batches,
                |batch| 2 * batch,
                |made| {
                    put.push(made);
                    Ok(())
                },
            )
            .expect("no error");
            assert_eq!(put, (0..batches).map(|batch| 2 * batch).collect::<Vec<_>>());
        }
        let mut seen = 0;
        let failed = overlapped(
            0..9,
            |batch| batch,
            |made| {
                seen += 1;
                if made == 3 { Err(Error::new(ErrorKind::Io, "a full disk")) } else { Ok(()) }
            },
        );
        assert!(failed.is_err() && seen == 4);
    }
}
