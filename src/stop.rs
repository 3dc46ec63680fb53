//! Stopping a run from outside.
//!
//! Idea: whoever wants to stop sets a flag; the threads of the run look at it at [`checkpoint`]s,
//! one a document, a pair or a batch of links, so that a stop takes effect within milliseconds.
//! A thread that finds it set leaves by unwinding, past the panic hook; rayon carries that to the
//! thread that called, where [`catch`] makes an ordinary error of it. No stage has to hand partial
//! results on, and code without a checkpoint needs to know nothing of it.
//!
//! The flag is known to the threads of a run's own pool and to no others. Where panics abort, a
//! stop takes effect between stages only.
//!
//! Cost: two nanoseconds a checkpoint.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// Stops a run from another thread. Clones share the flag.
///
/// ```
/// use doublet::{Document, Doublet, ErrorKind, Stop};
/// let stop = Stop::new();
/// let doublet = Doublet::builder().stop(stop.clone()).build()?;
/// stop.ask();
/// let documents = [Document::new("a", "a text"), Document::new("b", "a text")];
/// let error = doublet.find(&documents).expect_err("stopped before it began");
/// assert_eq!(error.kind(), ErrorKind::Interrupted);
/// # Ok::<(), doublet::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Not asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every run that was given this to stop, now and later.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The error of a run that was stopped, if somebody asked.
    pub(crate) fn check(&self) -> Result<()> {
        if self.is_asked() {
            return Err(Error::new(ErrorKind::Interrupted, "that the run was stopped"));
        }
        Ok(())
    }

    /// Makes this the flag that the current thread looks at; for threads of a run's own pool.
    pub(crate) fn watch(&self) {
        WATCHED.set(Some(self.clone()));
    }
}

thread_local! {
    static WATCHED: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

/// What a stopped thread unwinds with.
struct Stopped;

/// Leaves by unwinding if this thread's run is to stop.
#[inline]
pub(crate) fn checkpoint() {
    let asked = WATCHED.with_borrow(|stop| stop.as_ref().is_some_and(Stop::is_asked));
    if asked && cfg!(panic = "unwind") {
        resume_unwind(Box::new(Stopped));
    }
}

/// What a thread that failed unwinds with.
struct Failed(Error);

/// Ends the run with an error from the depth of a stage that hands none on: the thread leaves by
/// unwinding to [`catch`]. For what no input can cause, such as a disk that fails.
pub(crate) fn fail(error: Error) -> ! {
    resume_unwind(Box::new(Failed(error)))
}

/// The value, or the end of the run: see [`fail`].
#[inline]
pub(crate) fn or_fail<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => fail(error),
    }
}

/// Runs something that may leave at a checkpoint. Panics go on as they are.
pub(crate) fn catch<T>(run: impl FnOnce() -> Result<T>) -> Result<T> {
    // Nothing of the run is looked at again after it was left.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|cause| {
        if cause.is::<Stopped>() {
            return Err(Error::new(ErrorKind::Interrupted, "that the run was stopped"));
        }
        match cause.downcast::<Failed>() {
            Ok(failed) => Err(failed.0),
            Err(cause) => resume_unwind(cause),
        }
    })
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn pool(stop: &Stop) -> rayon::ThreadPool {
        let watched = stop.clone();
        let builder = rayon::ThreadPoolBuilder::new().num_threads(2);
        builder.start_handler(move |_| watched.watch()).build().expect("two threads")
    }

    #[test]
    fn a_loop_ends_at_the_next_checkpoint() {
        let stop = Stop::new();
        let outcome = pool(&stop).install(|| {
            catch(|| {
                (0..1_000_000_u32).into_par_iter().for_each(|i| {
                    if i == 10 {
                        stop.ask();
                    }
                    if i == 999_999 {
                        // Would never end without.
                        loop {
                            checkpoint();
                        }
                    }
                });
                Ok(())
            })
        });
        assert_eq!(outcome.expect_err("stopped").kind(), ErrorKind::Interrupted);
    }

    #[test]
    fn other_threads_and_runs_go_on() {
        let (stop, other) = (Stop::new(), Stop::new());
        stop.ask();
        checkpoint();
        let outcome = pool(&other).install(|| {
            catch(|| {
                checkpoint();
                Ok(7)
            })
        });
        assert_eq!(outcome.expect("nobody asked"), 7);
    }

    #[test]
    fn a_failure_of_one_thread_is_the_error_of_the_run() {
        let outcome = pool(&Stop::new()).install(|| {
            catch(|| {
                (0..100).into_par_iter().for_each(|i| {
                    if i == 70 {
                        fail(Error::new(ErrorKind::Io, "a broken disk"));
                    }
                });
                Ok(())
            })
        });
        assert_eq!(outcome.expect_err("it failed").kind(), ErrorKind::Io);
    }

    #[test]
    fn a_panic_stays_a_panic() {
        let outcome = catch_unwind(|| catch(|| -> Result<()> { resume_unwind(Box::new("oh")) }));
        assert_eq!(outcome.expect_err("unwound").downcast_ref::<&str>(), Some(&"oh"));
    }
}
