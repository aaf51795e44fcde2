//! The line hash by which GitHub recognises an alert when lines move.
//!
//! The uploader of code scanning computes it for every result in a file of the checkout; holdfast
//! computes the same, so that an alert has one identity whichever way the log reaches GitHub.
//! Algorithm: github/codeql-action, `src/fingerprints.ts`.

use std::collections::HashMap;

use crate::model::SourceFile;

/// How many code units a hash covers.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// `FACTOR` to the power of `WINDOW`, modulo 2^64: the weight of a unit that leaves the window.
const LEAVING: u64 = power(FACTOR, WINDOW);
/// Stands for the end of the file; no code unit of a text has this value.
const END: u16 = u16::MAX;

const fn power(base: u64, exponent: usize) -> u64 {
    let mut result: u64 = 1;
    let mut left = exponent;
    while left > 0 {
        result = result.wrapping_mul(base);
        left -= 1;
    }
    result
}

/// The `primaryLocationLineHash` of every line of a text, line 1 first.
///
/// A hash covers the first hundred characters from the start of its line on, blanks and tabs left
/// out, so also what follows the line. A line ends with `\n`, `\r\n` or `\r`. A byte order mark
/// counts as a character, as it does for the uploader: use [`line_hashes_of`] for a file that was
/// read.
pub fn line_hashes(text: &str) -> Vec<String> {
    hashes(text.encode_utf16())
}

/// The hashes of a file that was read, its byte order mark included.
pub fn line_hashes_of(file: &SourceFile) -> Vec<String> {
    let mark = file.has_bom.then_some(0xfeff);
    hashes(mark.into_iter().chain(file.text.encode_utf16()))
}

fn hashes(units: impl Iterator<Item = u16>) -> Vec<String> {
    let mut rolling = Rolling::new();
    let (mut at_line_start, mut after_return) = (true, false);
    for unit in units.chain([END]) {
        let second_half = after_return && unit == u16::from(b'\n');
        if unit == u16::from(b' ') || unit == u16::from(b'\t') || second_half {
            after_return = false;
            continue;
        }
        after_return = unit == u16::from(b'\r');
        let unit = if after_return { u16::from(b'\n') } else { unit };
        rolling.push(unit, at_line_start);
        at_line_start = unit == u16::from(b'\n');
    }
    rolling.finish()
}

/// A polynomial hash of the last [`WINDOW`] units.
struct Rolling {
    hash: u64,
    window: [u16; WINDOW],
    /// Whether a line starts at this unit of the window.
    starts: [bool; WINDOW],
    next: usize,
    lines: Vec<String>,
    /// How often each hash has occurred: the number behind the colon tells equal lines apart.
    seen: HashMap<u64, usize>,
}

impl Rolling {
    fn new() -> Self {
        Self { hash: 0, window: [0; WINDOW], starts: [false; WINDOW], next: 0, lines: Vec::new(), seen: HashMap::new() }
    }

    fn push(&mut self, unit: u16, starts_line: bool) {
        // The window is about to lose the unit with which a line starts: it holds that line's hash.
        if self.starts[self.next] {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.lines.push(format!("{:x}:{count}", self.hash));
        }
        let leaving = u64::from(self.window[self.next]).wrapping_mul(LEAVING);
        self.hash = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit)).wrapping_sub(leaving);
        self.window[self.next] = unit;
        self.starts[self.next] = starts_line;
        self.next = (self.next + 1) % WINDOW;
    }

    fn finish(mut self) -> Vec<String> {
        for _ in 0..WINDOW {
            self.push(0, false);
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The expected values of the first four tests are the published ones of the uploader's own tests
    // (github/codeql-action, `src/fingerprints.test.ts`).

    #[test]
    fn an_empty_file_has_one_line() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
    }

    #[test]
    fn blanks_and_tabs_do_not_count() {
        let expected = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(line_hashes(" a\nb\n  \t\tc\n d"), expected);
        assert_eq!(line_hashes("a\nb\nc\nd"), expected);
    }

    #[test]
    fn equal_lines_are_numbered() {
        let hashes = line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10));
        let numbered: Vec<_> = (1..=6).map(|n| format!("a7f2ff13bc495cf2:{n}")).collect();
        assert_eq!(hashes[..6], numbered);
        assert_eq!(hashes[6], "a7f2ff1481e87703:1");
    }

    #[test]
    fn every_kind_of_line_break_counts_once() {
        let expected = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        let text = " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n";
        assert_eq!(line_hashes(text), expected);
        assert_eq!(line_hashes(&text.replace('\n', "\r\n")), expected);
        assert_eq!(line_hashes(&text.replace('\n', "\r")), expected);
    }

    #[test]
    fn a_byte_order_mark_counts_although_the_model_leaves_it_out() {
        let text = "\u{feff}resource ws 'x' = {\n  name: 'é😀'\n}\n";
        let file = SourceFile::new("a.bicep", text);
        assert_eq!(line_hashes_of(&file), line_hashes(text));
        assert_ne!(line_hashes_of(&file)[0], line_hashes(&file.text)[0]);
        assert_eq!(line_hashes_of(&file)[1..], line_hashes(&file.text)[1..]);
    }

    #[test]
    fn characters_outside_the_basic_plane_are_two_units() {
        // Computed with an independent implementation of the published algorithm.
        assert_eq!(line_hashes("\u{feff}resource ws 'x' = {\n  name: 'é😀'\n}\n"), EXPECTED);
    }

    const EXPECTED: [&str; 4] =
        ["46e0da6ac2ccf0f4:1", "b652fd04e61680c7:1", "32dce9ccfdbc9d3e:1", "c129715d7a2bc9a3:1"];
}
