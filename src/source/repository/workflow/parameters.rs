//! The regions in a parameter file: JSON, `.bicepparam`, `.tfvars`, read lightly.

use std::collections::BTreeSet;

use crate::source::FileTree;

use super::regions::{is_region_name, region};

/// The regions that values of names such as `location` have in a file; `None` if it cannot be read.
pub(super) fn regions_of(tree: &FileTree, path: &str) -> Option<BTreeSet<String>> {
    let text = tree.read(path).ok()?;
    // A larger one is no parameter file.
    const LARGEST: usize = 4 * 1024 * 1024;
    (text.len() <= LARGEST).then(|| regions_in_values(&text))
}

/// A text between quotes, a name, or another character.
#[derive(Debug, PartialEq)]
enum Token<'t> {
    Quoted(&'t str),
    Name(&'t str),
    Mark(char),
    Line,
}

/// The regions in values of names such as `location`, also in lists and objects below them.
pub(super) fn regions_in_values(text: &str) -> BTreeSet<String> {
    let tokens = tokens(text);
    let mut found = BTreeSet::new();
    let mut at = 0;
    while at + 1 < tokens.len() {
        let name = match tokens[at] {
            Token::Quoted(name) | Token::Name(name) => name,
            _ => "",
        };
        let is_member = matches!(tokens[at + 1], Token::Mark(':' | '='));
        at += 1;
        if is_member && is_region_name(name) {
            at = value(&tokens, at + 1, &mut found);
        }
    }
    found
}

/// Takes the regions of the value that starts here, and tells where it ends.
fn value(tokens: &[Token<'_>], start: usize, found: &mut BTreeSet<String>) -> usize {
    let (mut depth, mut calls) = (0usize, 0usize);
    let mut at = start;
    while let Some(token) = tokens.get(at) {
        match token {
            // The argument of a function is not the value: a default for what the environment may give.
            Token::Quoted(text) if calls == 0 => found.extend(region(text)),
            Token::Mark('(') => (depth, calls) = (depth + 1, calls + 1),
            Token::Mark(')') => (depth, calls) = (depth.saturating_sub(1), calls.saturating_sub(1)),
            Token::Mark('[' | '{') => depth += 1,
            Token::Mark(']' | '}') => depth = depth.saturating_sub(1),
            Token::Line | Token::Mark(',') if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    at
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let name = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
        let length = match bytes[at] {
            b'#' => line(rest),
            b'/' if rest.starts_with("//") => line(rest),
            b'/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            quote @ (b'"' | b'\'') => {
                let length = rest[1..].bytes().take_while(|b| *b != quote && *b != b'\n').count();
                tokens.push(Token::Quoted(&rest[1..1 + length]));
                length + 2
            }
            b'\n' => {
                tokens.push(Token::Line);
                1
            }
            _ if name > 0 => {
                tokens.push(Token::Name(&rest[..name]));
                name
            }
            b if b.is_ascii_whitespace() => 1,
            _ => {
                let mark = rest.chars().next().unwrap_or(' ');
                tokens.push(Token::Mark(mark));
                mark.len_utf8()
            }
        };
        at = (at + length).min(bytes.len());
    }
    tokens
}

fn line(text: &str) -> usize {
    text.bytes().take_while(|b| *b != b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        regions_in_values(text).into_iter().collect()
    }

    #[test]
    fn regions_of_the_three_kinds() {
        assert_eq!(
            found(r#"{"parameters": {"location": {"value": "West Europe"}, "name": {"value": "eastus"}}}"#),
            ["westeurope"]
        );
        assert_eq!(
            found(
                "using 'main.bicep'\n// param location = 'eastus'\nparam location = 'northeurope'\nparam x = 'westus'\n"
            ),
            ["northeurope"]
        );
        assert_eq!(
            found("regions = [\n  \"westeurope\", # first\n  \"northeurope\",\n]\nname = \"westus\"\n"),
            ["northeurope", "westeurope"]
        );
        assert_eq!(found("param o = {\n  primary: {\n    location: 'uksouth'\n  }\n}\n"), ["uksouth"]);
        assert_eq!(found("param location = readEnvironmentVariable('X', 'eastus')\n"), Vec::<String>::new());
        assert_eq!(found("location = "), Vec::<String>::new());
        assert_eq!(found("location = 'é"), Vec::<String>::new());
    }
}
