//! JSON that is written piece by piece, so that a long list is never held as a whole.

use std::io::{self, Write};

use serde::Serialize;

/// Writes members of objects and elements of arrays one by one, a line each.
pub(super) struct Members<'w> {
    out: &'w mut dyn Write,
    buffer: Vec<u8>,
    /// Whether the innermost object or array has an element already.
    open: bool,
}

impl<'w> Members<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self { out, buffer: Vec::with_capacity(8 << 10), open: false }
    }

    /// Writes brackets that [`Members::begin`] did not, or those that end what it began.
    pub(super) fn raw(&mut self, text: &str) -> io::Result<()> {
        self.open = text.ends_with([']', '}']);
        self.out.write_all(text.as_bytes())
    }

    /// Writes a member on a line of its own.
    pub(super) fn member(&mut self, name: &str, value: &impl Serialize) -> io::Result<()> {
        self.begin(name, "")?;
        self.open = true;
        self.buffer.clear();
        serde_json::to_writer(&mut self.buffer, value)?;
        self.out.write_all(&self.buffer)
    }

    /// Starts a member whose value follows; `opening` opens an object or array.
    pub(super) fn begin(&mut self, name: &str, opening: &str) -> io::Result<()> {
        let comma = if self.open { "," } else { "" };
        self.open = false;
        write!(self.out, "{comma}\n\"{name}\": {opening}")
    }

    /// Writes an element of an array on a line of its own.
    pub(super) fn element(&mut self, value: &impl Serialize) -> io::Result<()> {
        self.buffer.clear();
        self.buffer.extend_from_slice(if self.open { b",\n" } else { b"\n" });
        self.open = true;
        serde_json::to_writer(&mut self.buffer, value)?;
        self.out.write_all(&self.buffer)
    }
}
