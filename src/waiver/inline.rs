//! Waivers beside the declaration: `// holdfast:waive HF-STOR-003 owner=… until=… reason="…"`.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

use super::{comments, metadata};
use crate::config::Pattern;
use crate::date::Date;
use crate::finding::Place;
use crate::model::SourceFile;

/// A waiver that stands beside a declaration. What it is about follows from where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct InlineWaiver {
    /// A rule id or a glob of ids.
    pub rule: Pattern,
    /// Why the finding is accepted.
    pub reason: String,
    /// Who answers for it.
    pub owner: String,
    /// The last day on which it holds.
    pub until: Date,
}

/// A waiver found in a file, or what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct InlineEntry {
    /// Where it stands.
    pub place: Place,
    /// The first line (from 1) that it covers.
    pub first_line: u32,
    /// The last line that it covers.
    pub last_line: u32,
    /// How what it covers begins: by this it is known again in another revision of the file.
    pub covers: String,
    /// The waiver, or why it is none.
    pub waiver: Result<InlineWaiver, String>,
}

impl InlineWaiver {
    /// Days until the last day, 0 on it, negative behind it.
    pub fn days_left(&self, today: Date) -> i64 {
        today.days_until(self.until)
    }
}

impl InlineEntry {
    /// A waiver at a range of bytes, which covers these lines.
    pub(super) fn new(
        file: &SourceFile,
        hashes: &[String],
        bytes: Range<usize>,
        lines: (u32, u32),
        waiver: Result<InlineWaiver, String>,
    ) -> Self {
        let place = Place::of_text(file, hashes, bytes.start as u32, bytes.end as u32);
        let (first_line, last_line) = lines;
        Self { place, first_line, last_line, covers: beginning(file, first_line..=last_line), waiver }
    }
}

/// How a statement begins. In JSON the first line is a bracket and the second a type.
fn beginning(file: &SourceFile, lines: RangeInclusive<u32>) -> String {
    let telling = if file.path.to_ascii_lowercase().ends_with(".json") { 3 } else { 1 };
    let texts = lines.take(MAX_BEGINNING_LINES).map(|line| file.line(line).trim());
    let telling: Vec<&str> = texts.filter(|text| text.contains(char::is_alphanumeric)).take(telling).collect();
    telling.join("\n").chars().take(MAX_BEGINNING).collect()
}

const MAX_BEGINNING_LINES: usize = 20;
const MAX_BEGINNING: usize = 400;

/// Takes out the waivers that another revision of the same files does not have, and returns them.
///
/// What stands twice where it stood once is new as a whole: which of the two was there cannot be told.
pub fn take_added(waivers: &mut Vec<InlineEntry>, base: &[InlineEntry]) -> Vec<InlineEntry> {
    let known = counts(base);
    let now = counts(waivers);
    let is_known = |entry: &InlineEntry| {
        let key = identity(entry);
        known.get(&key).is_some_and(|before| now.get(&key).is_some_and(|now| now <= before))
    };
    let keep: Vec<bool> = waivers.iter().map(is_known).collect();
    let mut keep = keep.into_iter();
    let (kept, added) = std::mem::take(waivers).into_iter().partition(|_| keep.next().unwrap_or_default());
    *waivers = kept;
    added
}

type Identity = (String, String, String);

fn identity(entry: &InlineEntry) -> Identity {
    let waiver = match &entry.waiver {
        Ok(InlineWaiver { rule, reason, owner, until }) => format!("{rule}\n{owner}\n{until}\n{reason}"),
        Err(reason) => reason.clone(),
    };
    (entry.place.path.clone(), entry.covers.clone(), waiver)
}

fn counts(entries: &[InlineEntry]) -> BTreeMap<Identity, usize> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(identity(entry)).or_default() += 1;
    }
    counts
}

/// What a comment that is a waiver begins with.
pub(super) const MARKER: &str = "holdfast:waive";

/// More waivers in one file are no exceptions any more.
pub(super) const MAX_ENTRIES: usize = 1000;

/// The waivers that stand in a file; which comments count follows from the name of the file.
pub fn inline_waivers(file: &SourceFile) -> Vec<InlineEntry> {
    // Nearly all files have none.
    if !file.text.contains("holdfast") {
        return Vec::new();
    }
    let mut entries = comments::waivers(file);
    entries.extend(metadata::waivers(file));
    if let Some(first_left_out) = entries.get_mut(MAX_ENTRIES) {
        first_left_out.waiver =
            Err(format!("the file has more than {MAX_ENTRIES} waivers; this and what follows is not read"));
    }
    entries.truncate(MAX_ENTRIES + 1);
    entries
}

/// The waiver in the text of a comment, without its comment sign; `None` if it is an ordinary comment.
pub fn parse_inline(comment: &str) -> Option<Result<InlineWaiver, String>> {
    let comment = comment.trim();
    let rest = comment.strip_prefix("holdfast:")?;
    let (word, rest) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
    if word.is_empty() {
        return None;
    }
    if word != "waive" {
        return Some(Err(format!("unknown directive `holdfast:{}`; expected `{MARKER}`", shortened(word))));
    }
    Some(fields(rest).and_then(|fields| InlineWaiver::from_fields(&fields)))
}

impl InlineWaiver {
    /// From named fields, of which all but the target of a [`super::Waiver`] are required.
    pub(super) fn from_fields(fields: &[(String, String)]) -> Result<Self, String> {
        let mut values: [Option<&str>; 4] = [None; 4];
        for (name, value) in fields {
            let at = FIELDS.iter().position(|field| field == name);
            let at = at.ok_or_else(|| format!("unknown field `{}`; expected {}", shortened(name), listed(&FIELDS)))?;
            if values[at].replace(value.trim()).is_some() {
                return Err(format!("`{name}` is given twice"));
            }
        }
        let missing: Vec<&str> = FIELDS
            .iter()
            .zip(values)
            .filter(|(_, value)| value.is_none_or(str::is_empty))
            .map(|(name, _)| *name)
            .collect();
        let [Some(rule), Some(owner), Some(until), Some(reason)] = values else {
            return Err(format!("{} missing; rule, owner, until and reason are required", is_or_are(&missing)));
        };
        if !missing.is_empty() {
            return Err(format!("{} blank; rule, owner, until and reason are required", is_or_are(&missing)));
        }
        let not_a_date =
            || format!("`{}` is not a date; expected YYYY-MM-DD, for example 2027-01-31", shortened(until));
        Ok(Self {
            rule: Pattern::name(rule)
                .map_err(|why| format!("`{}` is not a rule id or glob: {why}", shortened(rule)))?,
            reason: reason.to_owned(),
            owner: owner.to_owned(),
            until: Date::parse(until).ok_or_else(not_a_date)?,
        })
    }
}

const FIELDS: [&str; 4] = ["rule", "owner", "until", "reason"];

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn is_or_are(words: &[&str]) -> String {
    format!("{} {}", listed(words), if words.len() == 1 { "is" } else { "are" })
}

fn shortened(text: &str) -> String {
    crate::config::shown(text)
}

/// The fields of a comment: the rule, then `name=value` or `name="value"`.
fn fields(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut fields = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let Some(value) = behind.strip_prefix('=') else {
            if !fields.is_empty() {
                return Err(format!("`{}` belongs to no field; put values with blanks in quotes", shortened(word)));
            }
            fields.push(("rule".to_owned(), word.to_owned()));
            rest = behind.trim_start();
            continue;
        };
        let (value, behind) = value_of(value)?;
        fields.push((word.to_owned(), value));
        rest = behind.trim_start();
    }
    Ok(fields)
}

/// A value and what stands behind it. In quotes, `\"` and `\\` are a quote and a backslash.
fn value_of(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err("a quoted value has no closing quote".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiver(comment: &str) -> InlineWaiver {
        parse_inline(comment).expect("a waiver").expect("valid")
    }

    fn reason(comment: &str) -> String {
        parse_inline(comment).expect("a waiver").expect_err("malformed")
    }

    #[test]
    fn a_comment_says_it_all() {
        let found =
            waiver(r#" holdfast:waive HF-STOR-003 owner=ml-platform until=2027-01-31 reason="no zones, \"yet\""  "#);
        assert_eq!(found.rule.as_str(), "HF-STOR-003");
        assert_eq!((found.owner.as_str(), found.reason.as_str()), ("ml-platform", r#"no zones, "yet""#));
        assert_eq!(found.until.to_string(), "2027-01-31");
        // Any order, and one word needs no quotes.
        let found = waiver("holdfast:waive reason=migration until=2027-01-31 rule=HF-STOR-* owner=\"a b\"");
        assert_eq!((found.rule.as_str(), found.owner.as_str()), ("HF-STOR-*", "a b"));
    }

    #[test]
    fn what_a_change_adds_copies_or_moves_is_new() {
        let entries = |text: &str| inline_waivers(&SourceFile::new("main.bicep", text));
        let comment = "// holdfast:waive HF-X owner=ml until=2027-01-31 reason=later\n";
        let base = entries(&format!("var a = 1\n{comment}resource st 'x' = {{\n}}\n{comment}var c = {{\n}}\n"));
        let added = |text: &str| {
            let mut head = entries(text);
            let all = head.len();
            let added = take_added(&mut head, &base);
            assert_eq!(head.len() + added.len(), all);
            added.iter().map(|entry| entry.covers.clone()).collect::<Vec<_>>()
        };
        // Lines may move and what is covered may grow.
        let none: [&str; 0] = [];
        assert_eq!(added(&format!("\n\n{comment}resource st 'x' = {{\n  a: 1\n}}\n")), none);
        assert_eq!(added(&format!("{comment}resource b 'x' = {{\n}}\n")), ["resource b 'x' = {"]);
        assert_eq!(added(&format!("{comment}{comment}var c = {{\n}}\n")), ["var c = {", "var c = {"]);
        let longer = comment.replace("2027", "2028");
        assert_eq!(added(&format!("{longer}var c = {{\n}}\n")), ["var c = {"]);
    }

    #[test]
    fn ordinary_comments_are_none() {
        for comment in ["", "holdfast", "see holdfast:waive", "holdfast: waives", "Holdfast:waive x", "holdfastwaive"] {
            assert_eq!(parse_inline(comment), None, "{comment}");
        }
    }

    #[test]
    fn what_is_malformed_has_a_reason() {
        assert_eq!(
            reason("holdfast:waive"),
            "`rule`, `owner`, `until`, `reason` are missing; rule, owner, until and reason are required"
        );
        assert!(reason("holdfast:waive HF-X owner=a until=2027-01-31").starts_with("`reason` is missing"));
        assert!(reason("holdfast:waive HF-X owner=a until=2027-01-31 reason=\" \"").starts_with("`reason` is blank"));
        assert!(reason("holdfast:waive HF-X owner= until=2027-01-31 reason=x").starts_with("`owner` is blank"));
        assert!(reason("holdfast:waive HF-X owner=a until=soon reason=x").starts_with("`soon` is not a date"));
        assert!(reason("holdfast:waive HF-X owner=a until=2027-02-29 reason=x").contains("not a date"));
        assert!(reason("holdfast:waive HF-X owner=a until=2027-01-31 reason=no zones").contains("`zones` belongs"));
        assert!(reason("holdfast:waive HF-X owner=a until=2027-01-31 reason=\"no").contains("closing quote"));
        assert!(reason("holdfast:waive HF-X owner=a owner=b until=2027-01-31 reason=x").contains("given twice"));
        assert!(
            reason("holdfast:waive HF-X ticket=1 owner=a until=2027-01-31 reason=x").contains("unknown field `ticket`")
        );
        assert!(reason("holdfast:waive HF-[ owner=a until=2027-01-31 reason=x").contains("not a rule id or glob"));
        assert!(reason("holdfast:ignore HF-X").contains("unknown directive `holdfast:ignore`"));
    }
}
