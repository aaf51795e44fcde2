//! What two scans differ in, as text, Markdown and JSON.

use std::fmt::Write;

use serde::Serialize;

use super::escape::{clean, defuse_commands, markdown, markdown_code};
use crate::baseline::{Comparison, Record};
use crate::rule::Level;

/// A job summary of more than 1 MiB is dropped; a message has at most a few hundred characters.
const MOST_ROWS: usize = 500;
/// Characters of one cell.
const LONGEST_TEXT: usize = 300;

/// The parts of a comparison with their titles, as people read them.
fn parts<'c>(comparison: &'c Comparison<'_>) -> [(&'static str, &'c [&'c Record]); 4] {
    [
        ("new", &comparison.new),
        ("fixed", &comparison.fixed),
        ("not known any more", &comparison.unknown),
        ("unchanged", &comparison.unchanged),
    ]
}

/// For people on a terminal: a line per finding, and the counts.
pub fn text(comparison: &Comparison<'_>) -> String {
    let mut text = String::new();
    for (title, records) in parts(comparison) {
        for record in records {
            let line = format!(
                "{title}: {}[{}] {} {}",
                record.level.as_str(),
                clean(&record.rule),
                place(record),
                message(record)
            );
            _ = writeln!(text, "{}", defuse_commands(&line));
        }
    }
    _ = writeln!(text, "{}", counts(comparison));
    text
}

/// For a job summary: the counts, then a table per part; what is unchanged is only counted.
pub fn markdown_summary(comparison: &Comparison<'_>) -> String {
    let mut text = format!("## holdfast: difference\n\n{}\n", counts(comparison));
    for (title, records) in
        parts(comparison).into_iter().filter(|(title, records)| *title != "unchanged" && !records.is_empty())
    {
        _ = write!(
            text,
            "\n### {title} ({})\n\n| level | rule | place | finding |\n|---|---|---|---|\n",
            records.len()
        );
        for record in records.iter().take(MOST_ROWS) {
            let message = markdown(&shortened(&message(record)));
            let (rule, place) = (markdown_code(&shortened(&record.rule)), markdown_code(&shortened(&place(record))));
            _ = writeln!(text, "| {} | {rule} | {place} | {message} |", record.level.as_str());
        }
        if records.len() > MOST_ROWS {
            _ = writeln!(text, "\nand {} more", records.len() - MOST_ROWS);
        }
    }
    text
}

/// For programs: all of it.
pub fn json(comparison: &Comparison<'_>) -> Result<String, serde_json::Error> {
    let [new, fixed, unknown, unchanged] =
        parts(comparison).map(|(_, records)| records.iter().map(|r| of(r)).collect());
    let mut text = serde_json::to_string_pretty(&JsonDiff { schema_version: "1.0", new, fixed, unknown, unchanged })?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonDiff {
    schema_version: &'static str,
    new: Vec<JsonRecord>,
    fixed: Vec<JsonRecord>,
    unknown: Vec<JsonRecord>,
    unchanged: Vec<JsonRecord>,
}

#[derive(Serialize)]
struct JsonRecord {
    rule: String,
    level: Level,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    message: String,
    fingerprint: String,
}

fn of(record: &Record) -> JsonRecord {
    JsonRecord {
        rule: clean(&record.rule).into_owned(),
        level: record.level,
        path: clean(&record.path).into_owned(),
        line: record.line,
        message: clean(&record.message).into_owned(),
        fingerprint: clean(&record.fingerprint).into_owned(),
    }
}

fn counts(comparison: &Comparison<'_>) -> String {
    let counts = parts(comparison).map(|(title, records)| format!("{} {title}", records.len()));
    counts.join(" · ")
}

fn place(record: &Record) -> String {
    let path = clean(&record.path);
    record.line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
}

/// The message as the scan gave it: the links to related places lead nowhere here.
fn message(record: &Record) -> String {
    let message = clean(&record.message);
    message.split_once(" See also: [").map_or(&*message, |(sentence, _)| sentence).to_owned()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_TEXT {
        return text.to_owned();
    }
    text.chars().take(LONGEST_TEXT - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baseline::RecordState;

    fn record(message: &str) -> Record {
        Record {
            rule: "HF-STOR-001".to_owned(),
            fingerprint: "f".to_owned(),
            state: RecordState::Failed,
            level: Level::Error,
            path: "infra/a|b.bicep".to_owned(),
            line: Some(3),
            message: message.to_owned(),
            subject: String::new(),
        }
    }

    #[test]
    fn all_parts_are_counted_and_links_left_out() {
        let record = record("'st' is shared. See also: [the pair](1).");
        let comparison = Comparison { new: vec![&record], unchanged: vec![&record], ..Comparison::default() };
        let text = text(&comparison);
        assert!(text.starts_with("new: error[HF-STOR-001] infra/a|b.bicep:3 'st' is shared.\n"), "{text}");
        assert!(text.ends_with("1 new · 0 fixed · 0 not known any more · 1 unchanged\n"), "{text}");
        let json: serde_json::Value = serde_json::from_str(&json(&comparison).expect("plain data")).expect("JSON");
        assert_eq!((json["new"][0]["line"].as_u64(), json["unchanged"].as_array().map(Vec::len)), (Some(3), Some(1)));
    }

    #[test]
    fn hostile_messages_stay_text() {
        let record = record("<img src=x>\n::error::y | `z` \u{1b}[31m\u{202e}");
        let comparison = Comparison { new: vec![&record], ..Comparison::default() };
        let page = markdown_summary(&comparison);
        assert!(!page.contains("<img") && !page.contains("\n::") && !page.contains('\u{202e}'), "{page}");
        let row = page.lines().find(|line| line.starts_with("| error")).expect("a row");
        assert!(row.ends_with(" |"), "{row}");
        assert!(!text(&comparison).contains('\u{1b}'));
    }
}
