//! Work on a thread of its own, while the thread that called waits for it.
//!
//! Idea: the work never touches Python. The caller's thread wakes forty times a second, lets
//! Python handle signals and tells the progress; what either raises stops the work, and is raised
//! once the work has ended (or after a moment, should it hang in the system: it holds nothing of
//! Python's). Each run has thread pools of its own, so a process that was forked after an earlier
//! run finds no pool whose threads stayed behind.
//!
//! Cost: some 0.1 ms a run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use doublet::{Error, ErrorKind, Event, Result, Stop, source};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::error::OrRaise;

/// How long a signal waits.
const TICK: Duration = Duration::from_millis(25);
/// How long an interrupted caller waits for the work to end.
const GRACE: Duration = Duration::from_millis(200);

/// What the work tells the thread that waits.
enum Message<T> {
    Began(&'static str),
    Done(Result<T>),
}

/// A run, as the work sees it.
pub(crate) struct Run {
    stop: Stop,
    tell: Mutex<Box<dyn Fn(&'static str) + Send>>,
    done: std::sync::Arc<Amount>,
}

/// How much of a stage is done, where that is known.
#[derive(Default)]
struct Amount {
    done: AtomicU64,
    total: AtomicU64,
}

impl Run {
    /// Lets a search be stopped, and tells what it does.
    pub(crate) fn stop(&self) -> Stop {
        self.stop.clone()
    }

    /// A stage begins.
    pub(crate) fn begin(&self, stage: &'static str, total: u64) {
        self.done.done.store(0, Ordering::Relaxed);
        self.done.total.store(total, Ordering::Relaxed);
        // A panic while telling leaves nothing half-done.
        (self.tell.lock().unwrap_or_else(PoisonError::into_inner))(stage);
    }

    /// A thread pool for this run.
    pub(crate) fn pool(&self, threads: usize) -> Result<rayon::ThreadPool> {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().map_err(|error| {
            Error::new(ErrorKind::Config, format!("no room for {threads} threads"))
                .remedy("ask for fewer")
                .because(error)
        })
    }
}

/// Progress of a search.
pub(crate) fn observer(run: &std::sync::Arc<Run>) -> impl Fn(Event) + Send + Sync + 'static {
    let run = run.clone();
    move |event| {
        if let Event::Started(stage) = event {
            run.begin(stage.name(), 0);
        }
    }
}

impl source::Progress for Run {
    fn begin(&self, _files: u64, bytes: u64) {
        Self::begin(self, "reading", bytes);
    }

    fn advance(&self, bytes: u64) {
        self.done.done.fetch_add(bytes, Ordering::Relaxed);
    }

    fn stopped(&self) -> bool {
        self.stop.is_asked()
    }
}

/// Does `work` on another thread. `progress` is called with stage, amount done and total.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce(&std::sync::Arc<Run>) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let (sender, receiver) = channel();
    let stop = Stop::new();
    let amount = std::sync::Arc::<Amount>::default();
    let worker = start(work, sender, stop.clone(), amount.clone())?;
    let mut waiting = Waiting { progress, amount, stage: None };
    let mut receiver = receiver;
    loop {
        let (message, back) = py.detach(move || (receiver.recv_timeout(TICK), receiver));
        receiver = back;
        let told = match message {
            Ok(Message::Done(result)) => {
                waiting.tell(py)?;
                return result.or_raise(py);
            }
            Ok(Message::Began(stage)) => {
                let told = waiting.tell(py);
                waiting.stage = Some(stage);
                told.and_then(|()| waiting.tell(py))
            }
            Err(RecvTimeoutError::Timeout) => py.check_signals().and_then(|()| waiting.tell(py)),
            Err(RecvTimeoutError::Disconnected) => {
                let cause = worker.join().err();
                let cause = cause.as_ref().and_then(|cause| {
                    let text = cause.downcast_ref::<String>().map(String::as_str);
                    text.or_else(|| cause.downcast_ref::<&str>().copied())
                });
                let found = cause.unwrap_or("a cause that it did not tell");
                return Err(PyRuntimeError::new_err(format!("a fault in doublet: {found}")));
            }
        };
        if let Err(raised) = told {
            stop.ask();
            py.detach(move || wait(&receiver));
            return Err(raised);
        }
    }
}

fn start<T: Send + 'static>(
    work: impl FnOnce(&std::sync::Arc<Run>) -> Result<T> + Send + 'static,
    sender: Sender<Message<T>>,
    stop: Stop,
    done: std::sync::Arc<Amount>,
) -> PyResult<std::thread::JoinHandle<()>> {
    let tell = sender.clone();
    // Nobody listens any more where a run was given up.
    let tell = Mutex::new(Box::new(move |stage| drop(tell.send(Message::Began(stage))))
        as Box<dyn Fn(&'static str) + Send>);
    let run = std::sync::Arc::new(Run { stop, tell, done });
    let thread = std::thread::Builder::new().name("doublet".to_owned());
    Ok(thread.spawn(move || {
        let result = work(&run);
        drop(sender.send(Message::Done(result)));
    })?)
}

/// Waits until the work has ended, but not for long.
fn wait<T>(receiver: &Receiver<Message<T>>) {
    while let Ok(Message::Began(_)) = receiver.recv_timeout(GRACE) {}
}

/// What the waiting thread tells.
struct Waiting {
    progress: Option<Py<PyAny>>,
    amount: std::sync::Arc<Amount>,
    stage: Option<&'static str>,
}

impl Waiting {
    fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let (Some(progress), Some(stage)) = (&self.progress, self.stage) else { return Ok(()) };
        let done = self.amount.done.load(Ordering::Relaxed);
        let total = self.amount.total.load(Ordering::Relaxed);
        progress.call1(py, (stage, done, (total > 0).then_some(total)))?;
        Ok(())
    }
}
