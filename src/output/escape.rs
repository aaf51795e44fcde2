//! Makes text from elsewhere harmless in each format.
//!
//! Names of files, resources and owners come from whoever wrote the scanned code, so they may hold
//! anything: markup, terminal sequences, commands for a workflow runner, characters that reverse the
//! direction of writing. [`clean`] is for every format; the others are for one each and clean first.

use std::borrow::Cow;
use std::fmt::Write;

use super::secret;

/// One line without control characters, terminal sequences, direction controls, invisible characters
/// and secrets. Line breaks and tabs become blanks.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    match secret::redact(text) {
        Cow::Borrowed(text) if text.chars().all(is_harmless) => Cow::Borrowed(text),
        text => Cow::Owned(strip(&text, false)),
    }
}

/// The same for several lines: line breaks stay.
pub(super) fn clean_block(text: &str) -> String {
    strip(&secret::redact(text), true)
}

fn strip(text: &str, keep_breaks: bool) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' if keep_breaks => result.push('\n'),
            '\r' if keep_breaks => {}
            '\u{1b}' => skip_sequence(&mut rest),
            '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => result.push(' '),
            c if is_harmless(c) => result.push(c),
            _ => {}
        }
    }
    result
}

/// Skips what belongs to a terminal sequence behind its escape character (ECMA-48).
fn skip_sequence(rest: &mut std::str::Chars<'_>) {
    let mut ahead = rest.clone();
    match ahead.next() {
        // A control sequence: parameters, then one final character.
        Some('[') => {
            let length = ahead.as_str().find(|c: char| !(' '..='?').contains(&c)).unwrap_or(ahead.as_str().len());
            *rest = ahead.as_str()[length..].chars();
            rest.next();
        }
        // A command string (titles, hyperlinks): up to the bell or the string terminator.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let text = ahead.as_str();
            let end = text.find(['\u{7}', '\u{9c}', '\u{1b}']).unwrap_or(text.len());
            let tail = text[end..].strip_prefix("\u{1b}\\").unwrap_or(&text[end..]);
            *rest = tail.strip_prefix(['\u{7}', '\u{9c}']).unwrap_or(tail).chars();
        }
        Some(_) | None => {}
    }
}

/// Whether a character is shown as it is: neither control nor format character that hides or
/// reorders text.
pub(super) fn is_harmless(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, Arabic letter mark, Mongolian vowel separator.
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        // Zero-width characters and direction marks; embeddings and overrides; joiners, isolates.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Byte order mark, interlinear annotations, noncharacters, tags.
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

/// A line as a runner of GitHub Actions or Azure Pipelines would print it and not obey it.
///
/// A line that starts with `::`, blanks aside, and `##[` or `##vso[` anywhere are commands to them.
pub(super) fn defuse_commands(line: &str) -> Cow<'_, str> {
    let starts = line.trim_start().starts_with("::");
    if !starts && !line.contains("##") {
        return Cow::Borrowed(line);
    }
    let line = line.replace("##[", "## [").replace("##vso[", "## vso[");
    if !starts {
        return Cow::Owned(line);
    }
    Cow::Owned(line.replacen("::", ": :", 1))
}

/// Text in a SARIF message: no embedded link (`[text](1)`) and no placeholder (`{0}`) of its own.
pub(super) fn sarif_message(text: &str) -> Cow<'_, str> {
    let text = clean(text);
    if !text.contains("](") && !text.contains('{') {
        return text;
    }
    let mut result = String::with_capacity(text.len() + 8);
    let links = text.contains("](");
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '[' | ']' | '\\' if links => result.extend(['\\', c]),
            '{' => match placeholder(rest.as_str()) {
                Some(digits) => {
                    let _ = write!(result, "({})", &rest.as_str()[..digits]);
                    rest = rest.as_str()[digits + 1..].chars();
                }
                None => result.push('{'),
            },
            c => result.push(c),
        }
    }
    Cow::Owned(result)
}

/// The number of digits if a placeholder follows its brace.
fn placeholder(text: &str) -> Option<usize> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    (digits > 0 && text[digits..].starts_with('}')).then_some(digits)
}

/// The path of a relative URI: each segment percent-encoded, empty and dot segments left out.
///
/// A colon is encoded too, as it would make the first segment a scheme, and an equals sign, so that a
/// secret scanner does not take a name for an assignment.
pub(super) fn uri_path(path: &str) -> Cow<'_, str> {
    let kept = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;@".contains(byte);
    let odd = |segment: &str| matches!(segment, "" | "." | "..");
    if path.bytes().all(|byte| byte == b'/' || kept(&byte)) && !path.split('/').any(odd) {
        return Cow::Borrowed(path);
    }
    let mut result = String::with_capacity(path.len() + 16);
    for segment in path.split('/').filter(|segment| !odd(segment)) {
        if !result.is_empty() {
            result.push('/');
        }
        for byte in segment.bytes() {
            if kept(&byte) {
                result.push(char::from(byte));
            } else {
                let _ = write!(result, "%{byte:02X}");
            }
        }
    }
    Cow::Owned(result)
}

/// The fence of a Markdown code block that its text cannot close.
pub(super) fn fence(code: &str) -> String {
    let mut longest = 0;
    let mut current = 0;
    for c in code.chars() {
        current = if c == '`' { current + 1 } else { 0 };
        longest = longest.max(current);
    }
    "`".repeat(3.max(longest + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_sequences_and_controls_vanish() {
        assert_eq!(clean("a\u{1b}[31mred\u{1b}[0m"), "ared");
        assert_eq!(clean("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b"), "ab");
        assert_eq!(clean("\u{1b}[999999"), "");
        assert_eq!(clean("a\r\nb\tc\u{0}\u{9b}31m"), "a  b c31m");
        assert_eq!(clean("plain é 日本"), "plain é 日本");
    }

    #[test]
    fn direction_controls_and_invisible_characters_vanish() {
        assert_eq!(clean("ad\u{202e}min\u{2066}\u{200b}\u{e0041}"), "admin");
    }

    #[test]
    fn blocks_keep_their_lines() {
        assert_eq!(clean_block("a\r\n  b\u{1b}[1m\n"), "a\n  b\n");
    }

    #[test]
    fn commands_to_a_runner_are_defused() {
        assert_eq!(defuse_commands("  ::error::x"), "  : :error::x");
        assert_eq!(defuse_commands("a ##[error]x ##vso[task]"), "a ## [error]x ## vso[task]");
        assert_eq!(defuse_commands("a::b # c"), "a::b # c");
    }

    #[test]
    fn names_make_no_links_and_no_placeholders_in_messages() {
        assert_eq!(sarif_message("'[x](1)' is {0}"), "'\\[x\\](1)' is (0)");
        assert_eq!(
            sarif_message("st${uniqueString('{')} [parameters('x')] {12"),
            "st${uniqueString('{')} [parameters('x')] {12"
        );
    }

    #[test]
    fn paths_become_relative_uris() {
        assert_eq!(uri_path("infra/main.bicep"), "infra/main.bicep");
        assert_eq!(uri_path("image:tag/a b#c?=.tf"), "image%3Atag/a%20b%23c%3F%3D.tf");
        assert_eq!(uri_path("./a//../é%.tf"), "a/%C3%A9%25.tf");
        assert_eq!(uri_path("a\\b"), "a%5Cb");
    }
}
