//! What a rule answered, checked.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::engine::Input;
use crate::rule::Level;

/// The answers of a rule to one input. Sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// What it denies.
    pub deny: Vec<Denial>,
    /// The subjects that keep the rule.
    pub pass: Vec<String>,
    /// Subjects to which the rule does not apply, with the reason.
    pub exempt: Vec<(String, String)>,
    /// Subjects about which the rule says why nothing could be proved.
    pub open: Vec<(String, String)>,
}

/// A subject that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Denial {
    /// The id of the subject.
    pub subject: String,
    /// The id of the resource where it shows.
    pub resource: String,
    /// The property where it shows, as an evidence pointer.
    pub pointer: String,
    /// One sentence.
    pub message: String,
    /// A level below that of the rule.
    pub level: Option<Level>,
    /// Resources that explain it, each with what is there.
    pub related: Vec<(String, String)>,
    /// Tells denials of one rule at the same place apart.
    pub about: Option<String>,
}

const DENIAL: &[&str] = &["subject", "resource", "pointer", "message", "level", "related", "about"];

/// Checks the tagged set that a rule's program gives. The error says what is malformed.
pub(super) fn answers(value: &Value, input: &Input, kind: &str) -> Result<Answers, String> {
    // Every set is undefined: a builtin failed where all of them depend on it.
    if matches!(value, Value::Undefined) {
        return Ok(Answers::default());
    }
    let mut answers = Answers::default();
    let tagged = value.as_set().map_err(|_| "the answer is not a set".to_owned())?;
    for entry in tagged.iter() {
        let pair = entry.as_array().map_err(|_| "the answer is not tagged".to_owned())?;
        let (Some(tag), Some(answer)) = (pair.first().and_then(text), pair.get(1)) else {
            return Err("the answer is not tagged".to_owned());
        };
        match tag.as_str() {
            "deny" => answers.deny.push(denial(answer).map_err(|why| format!("`deny`: {why}"))?),
            "pass" => answers.pass.push(text(answer).ok_or("`pass` holds something that is not a subject id")?),
            "exempt" => answers.exempt.push(reason(answer).map_err(|why| format!("`exempt`: {why}"))?),
            _ => answers.open.push(reason(answer).map_err(|why| format!("`open`: {why}"))?),
        }
    }
    check_subjects(&answers, input, kind)?;
    Ok(answers)
}

/// An answer about something that is not to be judged is a mistake, not a verdict.
fn check_subjects(answers: &Answers, input: &Input, kind: &str) -> Result<(), String> {
    let known: BTreeSet<&str> = input.subjects(kind).collect();
    let named = (answers.deny.iter().map(|denial| ("deny", &denial.subject)))
        .chain(answers.pass.iter().map(|subject| ("pass", subject)))
        .chain(answers.exempt.iter().map(|(subject, _)| ("exempt", subject)))
        .chain(answers.open.iter().map(|(subject, _)| ("open", subject)));
    for (set, subject) in named {
        if !known.contains(subject.as_str()) {
            return Err(format!("`{set}` names `{subject}`, which is no subject of kind `{kind}` of this input"));
        }
    }
    Ok(())
}

fn denial(value: &Value) -> Result<Denial, String> {
    let members = members(value, DENIAL)?;
    let level = match members.get("level") {
        None => None,
        Some(value) => Some(level(value)?),
    };
    Ok(Denial {
        subject: required(&members, "subject")?,
        resource: required(&members, "resource")?,
        pointer: pointer(&members)?,
        message: required(&members, "message")?,
        level,
        related: members.get("related").map_or(Ok(Vec::new()), |value| related(value))?,
        about: members.get("about").map(|value| text(value).ok_or("`about` is not a string")).transpose()?,
    })
}

fn pointer(members: &BTreeMap<String, &Value>) -> Result<String, String> {
    match members.get("pointer").and_then(|value| text(value)) {
        Some(pointer) if pointer.is_empty() || pointer.starts_with('/') => Ok(pointer),
        _ => Err("`pointer` is not an evidence pointer".to_owned()),
    }
}

fn level(value: &Value) -> Result<Level, String> {
    match text(value).as_deref() {
        Some("error") => Ok(Level::Error),
        Some("warning") => Ok(Level::Warning),
        Some("note") => Ok(Level::Note),
        _ => Err("`level` is not error, warning or note".to_owned()),
    }
}

fn related(value: &Value) -> Result<Vec<(String, String)>, String> {
    let items = value.as_array().map_err(|_| "`related` is not a list".to_owned())?;
    items
        .iter()
        .map(|item| {
            let members = members(item, &["resource", "message"]).map_err(|why| format!("`related`: {why}"))?;
            Ok((required(&members, "resource")?, required(&members, "message")?))
        })
        .collect()
}

fn reason(value: &Value) -> Result<(String, String), String> {
    let members = members(value, &["subject", "reason"])?;
    Ok((required(&members, "subject")?, required(&members, "reason")?))
}

fn members<'v>(value: &'v Value, known: &[&str]) -> Result<BTreeMap<String, &'v Value>, String> {
    let object = value.as_object().map_err(|_| "is not made by the helper library".to_owned())?;
    object
        .iter()
        .map(|(key, value)| match text(key) {
            Some(key) if known.contains(&key.as_str()) => Ok((key, value)),
            Some(key) => Err(format!("unknown member `{key}`")),
            None => Err("a member is not named by a string".to_owned()),
        })
        .collect()
}

fn required(members: &BTreeMap<String, &Value>, name: &str) -> Result<String, String> {
    match members.get(name).and_then(|value| text(value)) {
        Some(text) if !text.is_empty() => Ok(text),
        _ => Err(format!("`{name}` is missing or not a string")),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_string().ok().map(|text| text.to_string())
}
