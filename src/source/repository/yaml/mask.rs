//! Templates inside YAML: hidden from the parser, and found again in what it gives.
//!
//! `name: {{ name }}` and `name: #{name}#` mean something else to a YAML parser, or nothing at all. Every
//! character of a template is replaced by one of Unicode's private area, so that places stay.

use std::borrow::Cow;

use crate::model::{Hole, Text};

/// The characters of a template after its first.
const REST: char = '\u{E000}';

/// The first character of the first template; the others follow.
const FIRST: u32 = 0xE001;

/// How many templates of a file are told apart.
const MOST: usize = 6000;

/// The longest template.
const LONGEST: usize = 400;

/// How templates begin and end. `${{ … }}` is also an expression of Azure ML itself.
const TEMPLATES: &[(&str, &str)] = &[("${{", "}}"), ("{{", "}}"), ("#{", "}#")];

/// How they begin and end where they are harmless to the parser: found in strings.
const IN_STRINGS: &[(&str, &str)] = &[("$(", ")"), ("${", "}"), ("<", ">"), ("__", "__")];

/// A text without its templates.
pub(super) struct Masked<'t> {
    text: Cow<'t, str>,
    templates: Vec<&'t str>,
}

impl<'t> Masked<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let private = |c: char| ('\u{E000}'..='\u{F8FF}').contains(&c);
        let suspicious = text.contains("{{") || text.contains("#{") || text.contains("{%");
        if !suspicious || text.chars().any(private) {
            return Self { text: Cow::Borrowed(text), templates: Vec::new() };
        }
        let mut masked = String::with_capacity(text.len());
        let mut templates = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if let Some(line) = statement(text, at) {
                // A line of control flow is a comment to us.
                masked.push('#');
                masked.extend(std::iter::repeat_n(' ', line.chars().count() - 1));
                at += line.len();
                continue;
            }
            match template(rest, TEMPLATES) {
                Some(length) if templates.len() < MOST => {
                    let template = &rest[..length];
                    masked.extend(char::from_u32(FIRST + templates.len() as u32));
                    masked.extend(std::iter::repeat_n(REST, template.chars().count() - 1));
                    templates.push(template);
                    at += length;
                }
                _ => {
                    let Some(next) = rest.chars().next() else { break };
                    masked.push(next);
                    at += next.len_utf8();
                }
            }
        }
        Self { text: Cow::Owned(masked), templates }
    }

    /// Puts a quoted text that starts at a character on one line: a line break in it is a space. Whether it had any.
    pub(super) fn join_lines(&mut self, character: usize) -> bool {
        let Some((start, quote)) = self.text.char_indices().nth(character) else { return false };
        let mut escaped = false;
        let inside = self.text[start..].char_indices().skip(1).take_while(|(_, c)| {
            // In single quotes, '' ends one text and begins the next: no line break is between.
            let ends = *c == quote && !escaped;
            escaped = *c == '\\' && !escaped && quote == '"';
            !ends
        });
        let end = inside.last().map_or(start, |(at, c)| start + at + c.len_utf8());
        let quoted = &self.text[start..end];
        if !matches!(quote, '"' | '\'') || !quoted.contains('\n') {
            return false;
        }
        self.text = Cow::Owned([&self.text[..start], &quoted.replace('\n', " "), &self.text[end..]].concat());
        true
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What the parser gave, with its templates written again.
    pub(super) fn plain(&self, text: &str) -> String {
        if self.templates.is_empty() {
            return text.to_owned();
        }
        let mut plain = String::with_capacity(text.len());
        for c in text.chars() {
            match self.template(c) {
                Some(template) => plain.push_str(template),
                None if c == REST => {}
                None => plain.push(c),
            }
        }
        plain
    }

    /// What the parser gave, with a hole for each template.
    pub(super) fn text_of(&self, text: &str, owner: &str) -> Text {
        let mut result = Text::default();
        let plain = self.plain(text);
        let mut known = 0;
        let mut at = 0;
        while at < plain.len() {
            let rest = &plain[at..];
            let found = template(rest, TEMPLATES).or_else(|| template(rest, IN_STRINGS));
            if let Some(length) = found {
                result.push_known(&plain[known..at]);
                result.push_hole(Hole::new(owner, &rest[..length]));
                at += length;
                known = at;
                continue;
            }
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        result.push_known(&plain[known..]);
        result
    }

    fn template(&self, c: char) -> Option<&'t str> {
        let index = (c as u32).checked_sub(FIRST)?;
        self.templates.get(index as usize).copied()
    }
}

/// The length of the template that a text begins with.
fn template(text: &str, kinds: &[(&str, &str)]) -> Option<usize> {
    kinds.iter().find_map(|(open, close)| {
        let inside = text.strip_prefix(open)?;
        let end = inside.bytes().take(LONGEST).take_while(|byte| *byte != b'\n').count();
        let end = (0..=end).rev().find(|at| inside.is_char_boundary(*at))?;
        let length = inside[..end].find(close)?;
        let content = &inside[..length];
        let is_one = match *open {
            // A comparison, a type argument, a redirection.
            "<" => is_name(content),
            "__" => {
                is_name(content) && content.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            }
            "#{" | "$(" | "${" => is_name(content),
            _ => true,
        };
        is_one.then_some(open.len() + length + close.len())
    })
}

/// Whether it may be the name of a variable, or words that stand for one.
fn is_name(content: &str) -> bool {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ' | ':');
    content.starts_with(|c: char| c.is_alphabetic() || c == '_') && content.chars().all(inner)
}

/// The line of a template engine's control flow (`{% if … %}`) that starts here.
fn statement(text: &str, at: usize) -> Option<&str> {
    let rest = text[at..].strip_prefix("{%")?;
    let before = text[..at].rsplit('\n').next().unwrap_or_default();
    let line = rest.lines().next().unwrap_or_default().trim_end();
    (before.trim().is_empty() && line.ends_with("%}")).then(|| &text[at..at + 2 + line.len()])
}
