//! What stops a command, with what the user can do about it.

use std::fmt::{self, Display};
use std::io;

use crate::config::LoadError;

/// An error that ends a command. Printed as `error: …` with its hints.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    message: String,
    hints: Vec<String>,
}

impl Failure {
    /// Usage, configuration or policy is wrong: exit status 2.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: 2, message: message.into(), hints: Vec::new() }
    }

    /// The scan could not be done: exit status 3.
    pub fn incomplete(message: impl Into<String>) -> Self {
        Self { code: 3, ..Self::usage(message) }
    }

    /// A result could not be written.
    pub fn output(path: &str, error: &io::Error) -> Self {
        Self::usage(format!("{path}: the result could not be written: {error}"))
    }

    /// Several errors of one kind, a line each.
    pub fn list<E: Display>(errors: impl IntoIterator<Item = E>) -> Self {
        let lines: Vec<String> = errors.into_iter().map(|error| error.to_string()).collect();
        Self::usage(lines.join("\nerror: "))
    }

    /// A configuration that does not load.
    pub fn config(error: LoadError) -> Self {
        match error {
            LoadError::Invalid(errors) => Self::list(errors),
            other => Self::usage(other.to_string()),
        }
    }

    /// Adds what the user can do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit status of the process.
    pub fn exit_code(&self) -> u8 {
        self.code
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        for hint in &self.hints {
            write!(f, "\n  = help: {hint}")?;
        }
        Ok(())
    }
}
