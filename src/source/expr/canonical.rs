//! The canonical spelling of a value, of which the identity of a hole is made.

use sha2::{Digest, Sha256};

use crate::model::{Hole, Kind, Part, Text, Unknown, Value};

/// The longest spelling; a longer one is cut and told apart by its hash. Keeps names of holes from
/// doubling with every function around them.
const LONGEST: usize = 240;

/// The spelling of a value: `'st${uniqueString(resourceGroup().id)}'`, `[1, 2]`, `{a: true}`. Holes of
/// other owners than `deployment` are marked with theirs. Equal spellings mean equal values.
pub fn canonical(value: &Value, deployment: &str) -> String {
    let mut out = String::new();
    write(value, deployment, &mut out);
    shorten(out)
}

/// The spelling of a string.
pub fn canonical_text(text: &Text, deployment: &str) -> String {
    let mut out = String::new();
    write_text(text, deployment, &mut out);
    shorten(out)
}

/// Cuts a spelling that is too long and adds its hash.
pub(super) fn shorten(spelling: String) -> String {
    if spelling.len() <= LONGEST {
        return spelling;
    }
    let hash = Sha256::digest(spelling.as_bytes());
    let mut short = spelling;
    let mut end = LONGEST - 40;
    while !short.is_char_boundary(end) {
        end -= 1;
    }
    short.truncate(end);
    short.push('…');
    for byte in &hash[..12] {
        short.push_str(&format!("{byte:02x}"));
    }
    short
}

fn write(value: &Value, deployment: &str, out: &mut String) {
    match &value.kind {
        Kind::Null => out.push_str("null"),
        Kind::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Kind::Number(number) => out.push_str(&number.to_string()),
        Kind::Text(text) => write_text(text, deployment, out),
        Kind::Unknown(Unknown::Unresolved { text: Some(text), .. }) => write_text(text, deployment, out),
        Kind::Unknown(Unknown::Unresolved { expression, text: None }) => out.push_str(expression),
        Kind::Unknown(_) => out.push('?'),
        Kind::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write(item, deployment, out);
            }
            out.push(']');
        }
        Kind::Object(members) => {
            out.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                write(member, deployment, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &Text, deployment: &str, out: &mut String) {
    if let [Part::Unknown(hole)] = text.parts() {
        return write_hole(hole, deployment, out);
    }
    if is_group_id(text) {
        return out.push_str("resourceGroup().id");
    }
    out.push('\'');
    for part in text.parts() {
        match part {
            Part::Known(known) => out.push_str(&known.replace('\'', "''")),
            Part::Unknown(hole) => {
                out.push_str("${");
                write_hole(hole, deployment, out);
                out.push('}');
            }
        }
    }
    out.push('\'');
}

/// Whether a text is the id of the resource group that the deployment goes to: readers know it by its
/// short spelling.
fn is_group_id(text: &Text) -> bool {
    let [Part::Known(a), Part::Unknown(subscription), Part::Known(b), Part::Unknown(group)] = text.parts() else {
        return false;
    };
    a == "/subscriptions/"
        && b == "/resourceGroups/"
        && subscription.expression() == "subscription().subscriptionId"
        && group.expression() == "resourceGroup().name"
        && owner(subscription) == owner(group)
}

fn write_hole(hole: &Hole, deployment: &str, out: &mut String) {
    out.push_str(hole.expression());
    let owner = owner(hole);
    if owner != deployment {
        out.push('@');
        out.push_str(owner.strip_prefix(deployment).unwrap_or(owner).trim_start_matches('\u{1}'));
    }
}

/// The owner that a hole was made with.
fn owner(hole: &Hole) -> &str {
    let identity = hole.as_str();
    identity.get(..identity.len().saturating_sub(hole.expression().len() + 1)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_names_foreign_owners() {
        let own = Text::hole(Hole::new("d", "f()"));
        let foreign = Text::hole(Hole::new("d\u{1}module", "f()"));
        assert_eq!(canonical_text(&own, "d"), "f()");
        assert_eq!(canonical_text(&foreign, "d"), "f()@module");
    }

    #[test]
    fn long_spellings_stay_short_and_distinct() {
        let a = canonical(&Value::string("a".repeat(10_000)), "d");
        let b = canonical(&Value::string(format!("{}b", "a".repeat(9_999))), "d");
        assert!(a.len() <= LONGEST);
        assert_ne!(a, b);
    }
}
