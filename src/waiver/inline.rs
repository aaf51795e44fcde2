//! Waivers beside the declaration: `// holdfast:waive HF-STOR-003 owner=… until=… reason="…"`.

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
    /// The waiver, or why it is none.
    pub waiver: Result<InlineWaiver, String>,
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
