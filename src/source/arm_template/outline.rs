//! What the top of a JSON file says, without parsing it: enough to know a template from other JSON.

/// The members at the top of a JSON file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outline<'t> {
    /// `$schema`.
    pub schema: Option<&'t str>,
    /// Names of the members, as written.
    pub names: Vec<&'t str>,
    /// The text of `metadata`.
    pub metadata: Option<&'t str>,
}

impl<'t> Outline<'t> {
    /// Reads as far as the file makes sense.
    pub fn of(text: &'t str) -> Self {
        let mut outline = Self::default();
        let mut scan = Scan { text, at: 0 };
        if scan.next() != Some(b'{') {
            return outline;
        }
        while let Some(name) = scan.string() {
            if scan.next() != Some(b':') {
                break;
            }
            let Some(value) = scan.value() else {
                // Cut off in the middle of its value.
                outline.names.push(name);
                break;
            };
            outline.names.push(name);
            if name.eq_ignore_ascii_case("$schema") {
                outline.schema = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
            }
            if name.eq_ignore_ascii_case("metadata") {
                outline.metadata = Some(value);
            }
            if scan.next() != Some(b',') {
                break;
            }
        }
        outline
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|other| other.eq_ignore_ascii_case(name))
    }

    /// The file name that the schema ends with, in lower case: `deploymenttemplate.json`.
    pub fn schema_name(&self) -> Option<String> {
        schema_name(self.schema?)
    }
}

/// The file name that a schema ends with, in lower case.
pub(super) fn schema_name(schema: &str) -> Option<String> {
    let path = schema.trim().split(['#', '?']).next()?;
    Some(path.rsplit('/').next()?.to_ascii_lowercase())
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'/' if bytes.get(self.at + 1) == Some(&b'/') => {
                    self.at += self.text[self.at..].find('\n')?;
                }
                b'/' if bytes.get(self.at + 1) == Some(&b'*') => {
                    self.at += self.text[self.at..].find("*/")? + 2;
                }
                // A byte order mark.
                0xef if self.at == 0 => self.at += 3,
                byte => return Some(*byte),
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        Some(byte)
    }

    /// A string without its quotes.
    fn string(&mut self) -> Option<&'t str> {
        if self.peek()? != b'"' {
            return None;
        }
        let start = self.at + 1;
        self.at = self.end_of_string()?;
        self.text.get(start..self.at - 1)
    }

    fn end_of_string(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            match bytes.get(at)? {
                b'\\' => at += 2,
                b'"' => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Any value, as written.
    fn value(&mut self) -> Option<&'t str> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0usize;
        loop {
            match self.peek()? {
                b'"' => self.at = self.end_of_string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                }
                b'}' | b']' if depth == 0 => break,
                b'}' | b']' => {
                    depth -= 1;
                    self.at += 1;
                }
                b',' if depth == 0 => break,
                _ => self.at += 1,
            }
            if depth == 0 && matches!(self.text.as_bytes().get(self.at - 1), Some(b'"' | b'}' | b']')) {
                break;
            }
        }
        self.text.get(start..self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_a_template() {
        let text = "\u{feff}// made by hand\n{ \"$schema\": \"https://x/2019-04-01/deploymentTemplate.json#\", /* { */\n\"metadata\": {\"a\": [1, \"}\"]}, \"n\": 5, \"resources\": [ {} ] }";
        let outline = Outline::of(text);
        assert_eq!(outline.schema_name().as_deref(), Some("deploymenttemplate.json"));
        assert_eq!(outline.names, ["$schema", "metadata", "n", "resources"]);
        assert_eq!(outline.metadata, Some("{\"a\": [1, \"}\"]}"));
    }

    #[test]
    fn broken_files_are_read_as_far_as_they_go() {
        let outline = Outline::of("{\"$schema\": \"x/deploymentTemplate.json\", \"resources\": [ {");
        assert!(outline.has("resources"));
        assert_eq!(outline.schema_name().as_deref(), Some("deploymenttemplate.json"));
        assert_eq!(Outline::of("[1]"), Outline::default());
        assert_eq!(Outline::of("é"), Outline::default());
        assert_eq!(Outline::of("{\"a\": é"), Outline { names: vec!["a"], ..Outline::default() });
    }

    #[test]
    fn every_prefix_is_survived() {
        let text = "{\"$schema\": \"é\", /* c */ \"metadata\": {\"a\\\"\": [1, \"}\"]}}";
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            Outline::of(&text[..end]);
        }
    }
}
