//! Finds secrets in text, so that no output repeats one that stands in a scanned file.

use std::borrow::Cow;
use std::ops::Range;

/// Names in front of `=` whose value is secret. Lower case.
const SECRET_NAMES: &[&str] = &[
    "accountkey",
    "sharedaccesskey",
    "sharedaccesssignature",
    "client_secret",
    "clientsecret",
    "password",
    "pwd",
    "?sig",
    "&sig",
];

/// Prefixes of GitHub tokens.
const GITHUB_TOKENS: &[&str] = &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

const HIDDEN: &str = "***";

/// The byte ranges of a text that look like secrets: sorted, not overlapping, on character
/// boundaries.
pub(super) fn ranges(text: &str) -> Vec<Range<usize>> {
    let has = |trigger: u8| text.as_bytes().contains(&trigger);
    let mut found = Vec::new();
    if has(b'=') {
        let lower = text.to_ascii_lowercase();
        for name in SECRET_NAMES {
            for (at, _) in lower.match_indices(name) {
                found.extend(assigned_value(text, at + name.len()));
            }
        }
    }
    if has(b'J') {
        found.extend(text.match_indices("eyJ").filter_map(|(at, _)| json_web_token(text, at)));
    }
    if has(b'_') {
        let prefixes = GITHUB_TOKENS.iter().flat_map(|prefix| text.match_indices(prefix));
        found.extend(prefixes.filter_map(|(at, prefix)| github_token(text, at, prefix)));
    }
    if has(b'Y')
        && let Some(at) = text.find("-----BEGIN ").filter(|at| text[*at..].contains("PRIVATE KEY"))
    {
        found.push(at..text.len());
    }
    merge(found)
}

/// The text without what looks like secrets.
pub(super) fn redact(text: &str) -> Cow<'_, str> {
    let ranges = ranges(text);
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len());
    let mut copied = 0;
    for range in ranges {
        result.push_str(&text[copied..range.start]);
        result.push_str(HIDDEN);
        copied = range.end;
    }
    result.push_str(&text[copied..]);
    Cow::Owned(result)
}

/// Whether a byte occurs in every secret of some kind: text without any of them holds no secret.
pub(super) const fn is_trigger(byte: u8) -> bool {
    matches!(byte, b'=' | b'J' | b'_' | b'Y')
}

fn github_token(text: &str, at: usize, prefix: &str) -> Option<Range<usize>> {
    let start = at + prefix.len();
    let length = run(&text[start..], |c| c.is_ascii_alphanumeric() || c == '_');
    (length >= 30).then(|| at..start + length)
}

/// The `=` behind a secret's name and the value behind it. The sign is taken away too, so that a
/// secret scanner that reads the output finds nothing to complain of.
fn assigned_value(text: &str, name_end: usize) -> Option<Range<usize>> {
    let rest = &text[name_end..];
    let blanks = run(rest, |c| c == ' ');
    let value = rest[blanks..].strip_prefix('=')?;
    let quotes = run(value, |c| matches!(c, ' ' | '"' | '\'' | '='));
    let length = run(&value[quotes..], |c| !c.is_whitespace() && !matches!(c, ';' | '&' | '"' | '\'' | ',' | ')'));
    (length > 0).then(|| name_end + blanks..name_end + blanks + 1 + quotes + length)
}

fn json_web_token(text: &str, at: usize) -> Option<Range<usize>> {
    let part = |from: usize| run(&text[from..], |c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let header_end = at + part(at);
    let dot = text[header_end..].starts_with('.');
    let body_end = dot.then(|| header_end + 1 + part(header_end + 1))?;
    let is_token = header_end - at > 12 && body_end - header_end > 10 && text[body_end..].starts_with('.');
    is_token.then(|| at..body_end + 1 + part(body_end + 1))
}

/// How many bytes at the start of a text are characters of a kind.
fn run(text: &str, of: impl Fn(char) -> bool) -> usize {
    text.find(|c| !of(c)).unwrap_or(text.len())
}

fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_and_the_rest_stays() {
        let cases = [
            ("AccountName=st;AccountKey=abcDEF123+/==;Endpoint=x", "AccountName=st;AccountKey***;Endpoint=x"),
            (
                "https://st.blob.core.windows.net/c?sv=1&sig=a%2Bb&se=2",
                "https://st.blob.core.windows.net/c?sv=1&sig***&se=2",
            ),
            ("client_secret = \"s3cr3t\" # x", "client_secret ***\" # x"),
            ("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc b", "a *** b"),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345!", "***!"),
            ("-----BEGIN RSA PRIVATE KEY-----", "***"),
        ];
        for (text, expected) in cases {
            assert_eq!(redact(text), expected);
        }
    }

    #[test]
    fn ordinary_text_is_not_touched() {
        for text in ["name = 'st_JY'", "sig=", "password", "passwordless = true", "eyJ", "ghp_short", "x?signature=1"] {
            assert_eq!(redact(text), text);
        }
    }
}
