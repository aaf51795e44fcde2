//! Texts that were decoded from a file, of which every byte knows where it stands.

/// A text and, for each of its bytes, the byte offset in the file that it comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Mapped {
    /// The text.
    pub text: String,
    at: Vec<u32>,
}

impl Mapped {
    /// The bytes of a file from `start`, taken as they are.
    pub fn verbatim(text: &str, start: u32) -> Self {
        let mut mapped = Self::default();
        mapped.push_str(text, start);
        mapped
    }

    /// Appends text that stands in the file at `start`.
    pub fn push_str(&mut self, text: &str, start: u32) {
        self.text.push_str(text);
        self.at.extend((0..text.len() as u32).map(|index| start + index));
    }

    /// Appends a character for which something else stands in the file at `at`.
    pub fn push(&mut self, character: char, at: u32) {
        self.text.push(character);
        self.at.extend(std::iter::repeat_n(at, character.len_utf8()));
    }

    /// Appends another text as lines of its own.
    pub fn append(&mut self, other: &Self) {
        self.text.push_str(&other.text);
        self.at.extend(&other.at);
        self.push('\n', other.end_place(other.text.len()));
    }

    /// The place in the file of a byte of the text; of its end that behind the last byte.
    pub fn place(&self, byte: usize) -> u32 {
        match self.at.get(byte) {
            Some(at) => *at,
            None => self.at.last().map_or(0, |last| last + 1),
        }
    }

    /// The place behind the byte before `byte`: where a range that ends there ends in the file.
    pub fn end_place(&self, byte: usize) -> u32 {
        byte.checked_sub(1).map_or_else(|| self.place(0), |last| self.place(last) + 1)
    }

    /// A part of it.
    pub fn slice(&self, start: usize, end: usize) -> Self {
        Self { text: self.text[start..end].to_owned(), at: self.at[start..end].to_vec() }
    }
}
