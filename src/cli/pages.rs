//! Shell completions and manual pages, made from the same definition as the help.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use doublet::{Error, ErrorKind, Result};

use super::Exit;
use super::args::Cli;
use super::output::stdout_error;

/// Writes the completions of a shell.
pub(super) fn completions(shell: Shell) -> Result<Exit> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "doublet", &mut page);
    write(&page)
}

/// Writes the manual page of the program or of one command.
pub(super) fn man(name: Option<&str>) -> Result<Exit> {
    let mut program = Cli::command();
    program.build();
    let command = match name {
        None => program,
        Some(name) => find(&program, name)?,
    };
    let mut page = Vec::new();
    clap_mangen::Man::new(command)
        .render(&mut page)
        .map_err(|error| Error::io("write", "-", error))?;
    write(&page)
}

fn find(program: &Command, name: &str) -> Result<Command> {
    let command = program.find_subcommand(name).ok_or_else(|| {
        let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
        Error::new(ErrorKind::Config, format!("no command {name:?}")).expected(known.join(", "))
    })?;
    Ok(command.clone())
}

fn write(page: &[u8]) -> Result<Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(page).and_then(|()| out.flush()) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => stdout_error(error),
    }
}
