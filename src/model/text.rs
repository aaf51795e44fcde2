//! Strings of which parts may be unknown.

use std::fmt;
use std::sync::Arc;

/// The identity of an unknown value: equal holes stand for equal values, different holes for values
/// that may or may not be equal.
///
/// It is made of the deployment that owns the value and the canonical text of the expression: the
/// same `uniqueString(resourceGroup().id)` has one value within a deployment. A value that differs at
/// each use (`newGuid()`) needs an owner of its own per use.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hole(Arc<str>);

impl Hole {
    /// A hole for the value of an expression within its owner (template and parameter file).
    pub fn new(owner: &str, expression: &str) -> Self {
        Self(format!("{owner}{SEPARATOR}{expression}").into())
    }

    /// A hole from what [`Hole::as_str`] gave.
    pub fn from_identity(identity: &str) -> Self {
        Self(identity.into())
    }

    /// The identity.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The expression without its owner, for messages.
    pub fn expression(&self) -> &str {
        self.0.split_once(SEPARATOR).map_or(&*self.0, |(_, text)| text)
    }
}

/// Between owner and expression of a hole: the ASCII unit separator, which neither holds.
const SEPARATOR: char = '\u{1f}';

/// A piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// These characters.
    Known(String),
    /// Characters that could not be learnt, possibly none.
    Unknown(Hole),
}

/// A string that may hold [`Hole`]s: `st${uniqueString(resourceGroup().id)}` is `st` and a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text {
    /// No two known parts are neighbours and none is empty.
    parts: Vec<Part>,
}

impl Text {
    /// A text of which everything is known.
    pub fn known(text: impl Into<String>) -> Self {
        let mut result = Self::default();
        result.push_known(&text.into());
        result
    }

    /// A text of which nothing is known but its identity.
    pub fn hole(hole: Hole) -> Self {
        Self { parts: vec![Part::Unknown(hole)] }
    }

    /// Its parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The string, if all of it is known.
    pub fn as_known(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether all of it is known.
    pub fn is_known(&self) -> bool {
        self.as_known().is_some()
    }

    /// Appends known characters.
    pub fn push_known(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if let Some(Part::Known(last)) = self.parts.last_mut() {
            last.push_str(text);
        } else {
            self.parts.push(Part::Known(text.to_owned()));
        }
    }

    /// Appends a hole.
    pub fn push_hole(&mut self, hole: Hole) {
        self.parts.push(Part::Unknown(hole));
    }

    /// Appends another text.
    pub fn push(&mut self, other: &Text) {
        for part in &other.parts {
            match part {
                Part::Known(text) => self.push_known(text),
                Part::Unknown(hole) => self.push_hole(hole.clone()),
            }
        }
    }

    /// The same text with its known characters changed; holes stay.
    pub fn map_known(&self, change: impl Fn(&str) -> String) -> Text {
        let mut result = Text::default();
        for part in &self.parts {
            match part {
                Part::Known(text) => result.push_known(&change(text)),
                Part::Unknown(hole) => result.push_hole(hole.clone()),
            }
        }
        result
    }

    /// The same text without this character at its end, as far as the end is known.
    pub fn trim_end(mut self, character: char) -> Text {
        if let Some(Part::Known(last)) = self.parts.last_mut() {
            last.truncate(last.trim_end_matches(character).len());
            if last.is_empty() {
                self.parts.pop();
            }
        }
        self
    }

    /// The pieces between `separator`s in the known parts. A hole is taken to hold no separator.
    pub fn split(&self, separator: char) -> Vec<Text> {
        let mut pieces = vec![Text::default()];
        for part in &self.parts {
            match part {
                Part::Unknown(hole) => {
                    if let Some(last) = pieces.last_mut() {
                        last.push_hole(hole.clone());
                    }
                }
                Part::Known(text) => {
                    for (index, piece) in text.split(separator).enumerate() {
                        if index > 0 {
                            pieces.push(Text::default());
                        }
                        if let Some(last) = pieces.last_mut() {
                            last.push_known(piece);
                        }
                    }
                }
            }
        }
        pieces
    }

    /// For people: known characters as they are, holes as `${expression}`, cut where they are long.
    pub fn excerpt(&self) -> String {
        const MOST: usize = 32;
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Known(known) => text.push_str(known),
                Part::Unknown(hole) => {
                    let mut rest = hole.expression().chars();
                    text.push_str("${");
                    text.extend(rest.by_ref().take(MOST));
                    text.push_str(if rest.next().is_some() { "…}" } else { "}" });
                }
            }
        }
        text
    }

    /// Whether two texts are equal: `None` if it depends on what the holes hold.
    ///
    /// Common known characters and common holes are taken off at both ends; what is left decides.
    /// ASCII case is ignored, as Azure does for names, ids and regions.
    pub fn same(&self, other: &Text) -> Option<bool> {
        let left: Vec<Symbol> = symbols(self);
        let right: Vec<Symbol> = symbols(other);
        let start = left.iter().zip(&right).take_while(|(a, b)| a == b).count();
        let (left, right) = (&left[start..], &right[start..]);
        let end = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
        let (left, right) = (&left[..left.len() - end], &right[..right.len() - end]);
        let known = |side: &[Symbol]| side.iter().all(|s| matches!(s, Symbol::Char(_)));
        match (left, right) {
            ([], []) => Some(true),
            (left, right) if known(left) && known(right) => Some(false),
            // A hole may be empty, a character may not.
            ([], rest) | (rest, []) if rest.iter().any(|s| matches!(s, Symbol::Char(_))) => Some(false),
            ([Symbol::Char(_), ..], [Symbol::Char(_), ..]) => Some(false),
            ([.., Symbol::Char(_)], [.., Symbol::Char(_)]) => Some(false),
            _ => None,
        }
    }
}

#[derive(PartialEq)]
enum Symbol<'a> {
    Char(char),
    Hole(&'a Hole),
}

fn symbols(text: &Text) -> Vec<Symbol<'_>> {
    let mut result = Vec::new();
    for part in &text.parts {
        match part {
            Part::Known(known) => result.extend(known.chars().map(|c| Symbol::Char(c.to_ascii_lowercase()))),
            Part::Unknown(hole) => result.push(Symbol::Hole(hole)),
        }
    }
    result
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::known(text)
    }
}

/// Known characters as they are, holes as `${expression}`.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Known(text) => f.write_str(text)?,
                Part::Unknown(hole) => write!(f, "${{{}}}", hole.expression())?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(parts: &[&str]) -> Text {
        let mut result = Text::default();
        for part in parts {
            match part.strip_prefix('$') {
                Some(hole) => result.push_hole(Hole::new("d", hole)),
                None => result.push_known(part),
            }
        }
        result
    }

    #[test]
    fn known_texts_compare_without_case() {
        assert_eq!(text(&["Ab"]).same(&text(&["aB"])), Some(true));
        assert_eq!(text(&["ab"]).same(&text(&["ac"])), Some(false));
    }

    #[test]
    fn the_same_hole_is_the_same_value() {
        assert_eq!(text(&["st", "$u"]).same(&text(&["st", "$u"])), Some(true));
        assert_eq!(text(&["st", "$u"]).same(&text(&["kv", "$u"])), Some(false));
        assert_eq!(text(&["st", "$u"]).same(&text(&["st", "$u", "dr"])), Some(false));
    }

    #[test]
    fn different_holes_decide_nothing() {
        assert_eq!(text(&["$a"]).same(&text(&["$b"])), None);
        assert_eq!(text(&["st", "$a"]).same(&text(&["st", "$b"])), None);
        assert_eq!(text(&["$a"]).same(&text(&["st1"])), None);
        assert_eq!(text(&["$a", "x"]).same(&text(&["x", "$a"])), None);
        // A hole may be empty.
        assert_eq!(text(&["st", "$a"]).same(&text(&["st"])), None);
    }

    #[test]
    fn known_ends_decide_whatever_the_holes_hold() {
        assert_eq!(text(&["st", "$a"]).same(&text(&["kv", "$b"])), Some(false));
        assert_eq!(text(&["$a", "-dr"]).same(&text(&["$b", "-pr"])), Some(false));
        assert_eq!(text(&["st", "$a", "x"]).same(&text(&["st", "$b"])), None);
    }

    #[test]
    fn an_excerpt_cuts_long_expressions() {
        assert_eq!(
            text(&["st", "$uniqueString(resourceGroup().id)"]).excerpt(),
            "st${uniqueString(resourceGroup().id)}"
        );
        let long = text(&["st", "$substring(uniqueString(resourceGroup().id), 0, 4)", "x"]);
        assert_eq!(long.excerpt(), "st${substring(uniqueString(resourceG…}x");
    }

    #[test]
    fn split_keeps_holes_in_their_piece() {
        let pieces = text(&["/a/", "$h", "b/c"]).split('/');
        assert_eq!(pieces, vec![text(&[]), text(&["a"]), text(&["$h", "b"]), text(&["c"])]);
    }
}
