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
    let (mut trigger, mut odd) = (false, false);
    for byte in text.bytes() {
        trigger |= secret::is_trigger(byte);
        odd |= !matches!(byte, b' '..=b'~');
    }
    let text = if trigger { secret::redact(text) } else { Cow::Borrowed(text) };
    if odd && !text.chars().all(is_harmless) {
        return Cow::Owned(strip(&text, false));
    }
    text
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
    matches!(c, ' '..='~')
        || !matches!(c,
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

/// Text in a SARIF message.
pub(super) fn sarif_message(text: &str) -> Cow<'_, str> {
    match clean(text) {
        Cow::Borrowed(text) => sarif_escaped(text),
        Cow::Owned(text) => Cow::Owned(sarif_escaped(&text).into_owned()),
    }
}

/// The same for text that is clean already: no embedded link (`[text](1)`) and no placeholder (`{0}`)
/// of its own.
pub(super) fn sarif_escaped(text: &str) -> Cow<'_, str> {
    if !text.contains("](") && !text.contains('{') {
        return Cow::Borrowed(text);
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
    if is_uri_path(path) {
        return Cow::Borrowed(path);
    }
    let mut result = String::with_capacity(path.len() + 16);
    for segment in path.split('/').filter(|segment| !matches!(*segment, "" | "." | "..")) {
        if !result.is_empty() {
            result.push('/');
        }
        for byte in segment.bytes() {
            if IN_SEGMENT[usize::from(byte)] {
                result.push(char::from(byte));
            } else {
                let _ = write!(result, "%{byte:02X}");
            }
        }
    }
    Cow::Owned(result)
}

/// Whether a path needs no change. A segment that starts with a dot is left to the long way.
fn is_uri_path(path: &str) -> bool {
    let mut at_start = true;
    for byte in path.bytes() {
        if at_start && matches!(byte, b'/' | b'.') || byte != b'/' && !IN_SEGMENT[usize::from(byte)] {
            return false;
        }
        at_start = byte == b'/';
    }
    !at_start || path.is_empty()
}

/// Bytes that stand for themselves in a segment.
const IN_SEGMENT: [bool; 256] = {
    let mut kept = [false; 256];
    let others = b"-._~!$&'()*+,;@";
    let mut at = 0;
    while at < others.len() {
        kept[others[at] as usize] = true;
        at += 1;
    }
    let mut byte = 0;
    while byte < 128_u8 {
        kept[byte as usize] |= byte.is_ascii_alphanumeric();
        byte += 1;
    }
    kept
};

/// Text in HTML or XML, also in a quoted attribute.
pub(super) fn xml(text: &str) -> String {
    markup(&clean(text))
}

/// The same for several lines.
pub(super) fn xml_block(text: &str) -> String {
    markup(&clean_block(text))
}

fn markup(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            '"' => result.push_str("&quot;"),
            '\'' => result.push_str("&#39;"),
            c => result.push(c),
        }
    }
    result
}

/// Text within a line of Markdown that is nothing but text: no markup, mention, reference or link of its
/// own.
pub(super) fn markdown(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 16);
    for c in clean(text).chars() {
        match c {
            '&' => result.push_str("&amp;"),
            '<' => result.push_str("&lt;"),
            '>' => result.push_str("&gt;"),
            // GitHub looks for mentions and references after it has parsed the text, so an escape does
            // not stop it; a comment in between does.
            '@' | '#' => result.extend(['\\', c].into_iter().chain("<!-- -->".chars())),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' => result.extend(['\\', c]),
            c => result.push(c),
        }
    }
    // Addresses become links without any markup.
    result.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// Text in HTML that stands in Markdown, where some readers look for markup too.
pub(super) fn html_in_markdown(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 16);
    for c in clean(text).chars() {
        match c {
            '@' | '#' => result.extend([c].into_iter().chain("<!-- -->".chars())),
            '&' | '<' | '>' | '"' | '[' | ']' | '*' | '_' | '`' | '~' | '|' | '\\' => {
                let _ = write!(result, "&#{};", u32::from(c));
            }
            c => result.push(c),
        }
    }
    result
}

/// A code span in Markdown, also in the cell of a table.
pub(super) fn markdown_code(text: &str) -> String {
    let text = clean(text);
    if text.contains(['`', '|']) {
        return markdown(&text);
    }
    format!("`{}`", text.trim())
}

/// A cell of a CSV line, which a spreadsheet takes for text and not for a formula.
pub(super) fn csv_cell(text: &str) -> String {
    let text = clean(text);
    let is_formula = text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"']) {
        return text.into_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
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
    fn markup_is_text_in_html_and_xml() {
        assert_eq!(xml("<a href='x'>\"&\"\u{1}\u{ffff}"), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
    }

    #[test]
    fn markup_is_text_in_markdown() {
        assert_eq!(markdown("[a](b) `c` | *d*"), "\\[a\\](b) \\`c\\` \\| \\*d\\*");
        assert_eq!(markdown("@a #1 <i>"), "\\@<!-- -->a \\#<!-- -->1 &lt;i&gt;");
        assert_eq!(markdown("https://b.c www.d"), "https&#58;//b.c www&#46;d");
        assert_eq!(markdown_code("a b"), "`a b`");
        assert_eq!(markdown_code("a`|"), "a\\`\\|");
    }

    #[test]
    fn a_fence_is_longer_than_any_in_the_code() {
        assert_eq!(fence("a"), "```");
        assert_eq!(fence("a\n````\nb `c`"), "`````");
    }

    #[test]
    fn spreadsheets_see_no_formula() {
        assert_eq!(csv_cell("=1+1"), "\"'=1+1\"");
        assert_eq!(csv_cell("\t@SUM(A1)"), "\"' @SUM(A1)\"");
        assert_eq!(csv_cell("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(csv_cell("plain-text"), "plain-text");
    }

    #[test]
    fn paths_become_relative_uris() {
        assert_eq!(uri_path("infra/main.bicep"), "infra/main.bicep");
        assert_eq!(uri_path("image:tag/a b#c?=.tf"), "image%3Atag/a%20b%23c%3F%3D.tf");
        assert_eq!(uri_path("./a//../é%.tf"), "a/%C3%A9%25.tf");
        assert_eq!(uri_path("a\\b"), "a%5Cb");
        assert_eq!(uri_path("/a/.github/b/"), "a/.github/b");
        assert_eq!(uri_path(""), "");
    }
}
