//! The command line: arguments, subcommands, exit statuses.

mod args;
mod change;
mod diff;
mod failure;
mod init;
mod inventory;
#[cfg(feature = "live")]
mod live;
mod rules;
mod scan;
mod sources;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command, SchemaKind};
pub use failure::Failure;

/// Parses the arguments, does what they say, and gives the exit status.
///
/// 0 done, nothing at or above the threshold; 1 findings at or above it; 2 usage, configuration or
/// policy; 3 the scan could not be completed, or evidence is missing under `--strict-evidence`.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors, and a closed pipe is nobody's fault.
            let code = if error.use_stderr() { 2 } else { 0 };
            _ = error.print();
            return ExitCode::from(code);
        }
    };
    match dispatch(cli.command) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            _ = writeln!(anstream::stderr(), "{failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}

fn dispatch(command: Command) -> Result<u8, Failure> {
    match command {
        Command::Scan(args) => scan::scan(&args),
        Command::Inventory(args) => inventory::inventory(&args),
        Command::Init(args) => init::init(&args),
        Command::Rules(args) => rules::rules(&args),
        Command::Test(args) => rules::test(&args),
        Command::Waivers(args) => rules::waivers(&args),
        Command::Diff(args) => diff::diff(&args),
        Command::Schema { kind } => print(schema(kind)),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "holdfast", &mut script);
            print(&String::from_utf8_lossy(&script))
        }
    }
}

/// Writes to stdout. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<u8, Failure> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::output("stdout", &error)),
        _ => Ok(0),
    }
}

fn schema(kind: SchemaKind) -> &'static str {
    match kind {
        SchemaKind::Config => include_str!("../../docs/schemas/config.schema.json"),
        SchemaKind::Snapshot => include_str!("../../docs/schemas/snapshot.schema.json"),
        SchemaKind::Input => include_str!("../../docs/schemas/rule-input.schema.json"),
        SchemaKind::Report => include_str!("../../docs/schemas/report.schema.json"),
    }
}
