//! The program `edge-platform`: the library's server behind a command line.
//!
//! Exit codes: 0 when it is done, or after SIGINT or SIGTERM; 1 when it could not be done, could not start, or a
//! service broke; 2 for flags, variables or a file that make no sense.

mod program;

use std::error::Error;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use program::{Cli, Command, Settings, UsageError, database, device, serve};

const USAGE: u8 = 2;

/// What is logged when `RUST_LOG` does not say.
const LOGGED: &str = "warn,edge_platform=info";

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command } = Cli::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let is_terminal = io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(is_terminal).init();
    let done = match command {
        Command::Serve(args) => match Settings::load(*args) {
            Ok(Settings(config)) => serve(config).await,
            Err(error) => return fail::<UsageError>(&error, ExitCode::from(USAGE)),
        },
        Command::Device(command) => match database(command.place()) {
            Ok(database) => device(command, database).await,
            Err(error) => return fail::<UsageError>(&error, ExitCode::from(USAGE)),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error, ExitCode::FAILURE),
    }
}

/// One message: what failed, and every cause below it.
fn fail<E: Error + ?Sized>(error: &E, code: ExitCode) -> ExitCode {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some libraries repeat the cause in their own text.
        if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
        source = error.source();
    }
    eprintln!("error: {text}");
    code
}
