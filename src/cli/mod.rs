//! The program's commands: typed arguments → resolved plan → run → exit code.
//!
//! Results go to standard output or `--output`, everything else to standard error. The program
//! uses nothing of the library but its public interface; it meets the engine in `engine` alone.

mod args;
mod compare;
mod dedup;
mod engine;
mod find;
mod flow;
mod folder;
mod interrupt;
mod memory;
mod messages;
mod output;
mod pages;
mod plan;
mod progress;
mod reference;
mod show;
mod space;
mod tally;
mod work;

use std::process::ExitCode;

use clap::Parser;
use doublet::Result;

use self::args::{Cli, Command};
use self::messages::Messages;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    /// Everything was read and done.
    Done = 0,
    /// Done, but some inputs were skipped; each was named.
    Skipped = 1,
    /// Wrong usage, or an error that stopped the run.
    Failed = 2,
    /// Stopped by a signal.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Parses the arguments and runs the command.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are results: they go to standard output with code 0.
            let exit = if error.use_stderr() { Exit::Failed } else { Exit::Done };
            return match error.print() {
                Err(io) if io.kind() != std::io::ErrorKind::BrokenPipe => Exit::Failed.into(),
                _ => exit.into(),
            };
        }
    };
    let messages = Messages::new(&cli.common);
    memory::small_pages();
    interrupt::install();
    match dispatch(&cli, messages) {
        Ok(exit) => exit.into(),
        Err(error) => {
            messages.error(&error);
            match error.kind() {
                doublet::ErrorKind::Interrupted => Exit::Interrupted.into(),
                _ => Exit::Failed.into(),
            }
        }
    }
}

fn dispatch(cli: &Cli, messages: Messages) -> Result<Exit> {
    match &cli.command {
        Command::Find(args) => find::run(args, &cli.common, messages),
        Command::Dedup(args) => dedup::run(args, &cli.common, messages),
        Command::Plan(args) => plan::run(args),
        Command::Compare(args) => compare::run(args, &cli.common, messages),
        Command::Show(args) => show::run(args, &cli.common, messages),
        Command::Completions(args) => pages::completions(args.shell),
        Command::Man(args) => pages::man(args.page.as_deref()),
    }
}
