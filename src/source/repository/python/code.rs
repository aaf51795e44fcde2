//! Python text, and where each byte of it stands in its file.

/// Text in which some bytes of the file are escaped: a string of a notebook.
#[derive(Debug, Default)]
struct Piece {
    /// First byte in the text.
    at: u32,
    /// First byte in the file.
    file: u32,
    /// How many bytes the text has for `file_len` bytes of the file if it is one escape, else 0.
    len: u32,
    file_len: u32,
}

/// A text with its place in a file.
#[derive(Debug, Default)]
pub(super) struct Code {
    pub text: String,
    /// Ascending; empty if text and file are the same.
    pieces: Vec<Piece>,
}

impl Code {
    /// A text that is a whole file.
    pub fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), pieces: Vec::new() }
    }

    /// Adds the content of a JSON string (without its quotes), which starts at this byte of the file.
    pub fn push_json(&mut self, raw: &str, file: usize) {
        let bytes = raw.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at] == b'\\' {
                at += self.push_escape(&raw[at..], (file + at) as u32);
                continue;
            }
            let end = raw[at..].find('\\').map_or(bytes.len(), |next| at + next);
            self.pieces.push(Piece { at: self.text.len() as u32, file: (file + at) as u32, len: 0, file_len: 0 });
            self.text.push_str(&raw[at..end]);
            at = end;
        }
    }

    /// Adds the character of an escape at the start of `raw`; gives the length of the escape.
    fn push_escape(&mut self, raw: &str, file: u32) -> usize {
        let (decoded, length) = match raw.as_bytes().get(1) {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'u') => unicode(raw),
            Some(other) if other.is_ascii() => (char::from(*other), 2),
            _ => (char::REPLACEMENT_CHARACTER, 1),
        };
        let piece = Piece { at: self.text.len() as u32, file, len: decoded.len_utf8() as u32, file_len: length as u32 };
        self.pieces.push(piece);
        self.text.push(decoded);
        length
    }

    /// Replaces the text by another of the same length.
    pub fn mask(&mut self, masked: String) {
        debug_assert_eq!(self.text.len(), masked.len(), "places would move");
        self.text = masked;
    }

    /// The bytes of the file that these bytes of the text stand for.
    pub fn file_range(&self, start: usize, end: usize) -> (u32, u32) {
        if self.pieces.is_empty() {
            return (start as u32, end as u32);
        }
        let from = self.start_of(start as u32);
        // The end follows the last byte: the next one may stand on another line of the file.
        let to = if end == 0 { from } else { self.end_of(end as u32 - 1) };
        (from, to.max(from))
    }

    fn piece(&self, at: u32) -> &Piece {
        let number = self.pieces.partition_point(|piece| piece.at <= at);
        &self.pieces[number.saturating_sub(1)]
    }

    fn start_of(&self, at: u32) -> u32 {
        let piece = self.piece(at);
        if piece.len > 0 && at < piece.at + piece.len { piece.file } else { piece.file + (at - piece.at) }
    }

    fn end_of(&self, last: u32) -> u32 {
        let piece = self.piece(last);
        if piece.len > 0 { piece.file + piece.file_len } else { piece.file + (last - piece.at) + 1 }
    }
}

/// The character of `\uXXXX`, also of a pair of them, and how long that is.
fn unicode(raw: &str) -> (char, usize) {
    let unit = |at: usize| raw.get(at + 2..at + 6).and_then(|digits| u16::from_str_radix(digits, 16).ok());
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 2) };
    let second = raw.get(6..8).filter(|text| *text == "\\u").and_then(|_| unit(6));
    let units = [first, second.unwrap_or_default()];
    let length = if (0xd800..0xdc00).contains(&first) && second.is_some() { 2 } else { 1 };
    match char::decode_utf16(units[..length].iter().copied()).next() {
        Some(Ok(decoded)) => (decoded, 6 * length),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_json_string_lead_to_the_file() {
        let file = r#"["x = \"a\"\n", "é😀 \u00e9\ud83d\ude00 b"]"#;
        let mut code = Code::default();
        for line in [r#"x = \"a\"\n"#, r"é😀 \u00e9\ud83d\ude00 b"] {
            code.push_json(line, file.find(line).expect("it is there"));
        }
        assert_eq!(code.text, "x = \"a\"\né😀 é😀 b");
        let of = |text: &str| {
            let start = code.text.find(text).expect("it is there");
            let (from, to) = code.file_range(start, start + text.len());
            &file[from as usize..to as usize]
        };
        assert_eq!(of("\"a\""), r#"\"a\""#);
        assert_eq!(of("b"), "b");
        assert_eq!(of("é😀 b"), "\\u00e9\\ud83d\\ude00 b");
        assert_eq!(of("a\"\n"), r#"a\"\n"#, "and not on to the next line");
    }

    #[test]
    fn half_a_pair_is_replaced() {
        let mut code = Code::default();
        code.push_json(r"a\ud83d\u0041\u00", 0);
        assert_eq!(code.text, "a\u{fffd}A\u{fffd}00");
    }
}
