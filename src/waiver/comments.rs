//! Waivers in comments, and the lines that each covers.
//!
//! A waiver covers the statement on or above which it stands, from its first line to where its
//! brackets close: above `resource storage '…' = {` the resource, behind `sku: 'x'` that line. In YAML
//! it covers the node, that is, what is indented further; above the first line of a document all of it.

use std::ops::Range;

use super::inline::{InlineEntry, MAX_ENTRIES, parse_inline};
use super::lexer::{self, Line, Syntax, line_ranges};
use crate::finding::line_hashes_of;
use crate::model::SourceFile;

/// How comments are written in a file.
enum Language {
    Brackets(&'static Syntax),
    Yaml,
    Notebook,
}

fn language(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next()?.to_ascii_lowercase();
    let language = match name.rsplit_once('.')?.1 {
        "bicep" | "bicepparam" => Language::Brackets(&lexer::BICEP),
        "tf" | "tfvars" | "hcl" => Language::Brackets(&lexer::TERRAFORM),
        "json" | "jsonc" | "json5" => Language::Brackets(&lexer::JSON),
        "py" => Language::Brackets(&lexer::PYTHON),
        "sh" | "bash" | "ps1" => Language::Brackets(&lexer::SHELL),
        "yml" | "yaml" => Language::Yaml,
        "ipynb" => Language::Notebook,
        _ => return None,
    };
    Some(language)
}

/// A comment: its bytes in the file, its text without the comment sign, and the lines (from 0) that a
/// waiver in it covers; `None` if nothing follows it.
struct Comment {
    bytes: Range<usize>,
    text: String,
    covers: Option<(usize, usize)>,
}

/// The waivers in the comments of a file.
pub(super) fn waivers(file: &SourceFile) -> Vec<InlineEntry> {
    let Some(language) = language(&file.path) else { return Vec::new() };
    let comments = match language {
        Language::Brackets(syntax) => in_brackets(&file.text, syntax),
        Language::Yaml => in_yaml(&file.text),
        Language::Notebook => in_notebook(&file.text),
    };
    if comments.is_empty() {
        return Vec::new();
    }
    let hashes = line_hashes_of(file);
    comments.into_iter().filter_map(|comment| entry(file, &hashes, comment)).collect()
}

fn entry(file: &SourceFile, hashes: &[String], comment: Comment) -> Option<InlineEntry> {
    let waiver = parse_inline(&comment.text)?;
    let nothing = || "it stands above nothing".to_owned();
    let (waiver, (first, last)) = match comment.covers {
        Some(lines) => (waiver, lines),
        None => (waiver.and_then(|_| Err(nothing())), (0, 0)),
    };
    let lines = (first as u32 + 1, last as u32 + 1);
    Some(InlineEntry::new(file, hashes, comment.bytes, lines, waiver))
}

/// The text of a comment without its sign, if it may be a waiver.
fn directive(comment: &str) -> Option<&str> {
    let text = comment.trim_start_matches(['/', '#', '*']).trim();
    text.starts_with("holdfast:").then_some(text)
}

fn in_brackets(text: &str, syntax: &'static Syntax) -> Vec<Comment> {
    let lines = lexer::lines(text, syntax);
    let mut comments = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(bytes) = &line.comment else { continue };
        let Some(text) = directive(&text[bytes.clone()]) else { continue };
        let covers = statement(&lines, at);
        comments.push(Comment { bytes: bytes.clone(), text: text.to_owned(), covers });
        if comments.len() > MAX_ENTRIES {
            break;
        }
    }
    comments
}

/// The first and last line of the statement that begins on or below a line.
fn statement(lines: &[Line], at: usize) -> Option<(usize, usize)> {
    let has_code = |line: &Line| line.has_code;
    let start = at + lines[at..].iter().position(has_code)?;
    let mut begin = start;
    loop {
        let depth = lines[begin].depth_before;
        let closes = |line: &Line| line.depth_after <= depth && !line.string_goes_on;
        let end = lines[begin..].iter().position(closes).map_or(lines.len() - 1, |count| begin + count);
        // A decorator belongs to what follows it.
        let next = lines[end + 1..].iter().position(has_code).map(|count| end + 1 + count);
        match next {
            Some(next) if lines[begin].is_decorator => begin = next,
            _ => return Some((start, end)),
        }
    }
}

/// The comments of the code cells, which stand in JSON strings, one line of code in each.
fn in_notebook(text: &str) -> Vec<Comment> {
    let ranges = line_ranges(text);
    let mut comments = Vec::new();
    let mut at = 0;
    while at < ranges.len() && comments.len() <= MAX_ENTRIES {
        // Lines of one cell, decoded; what is no string ends the cell.
        let cell: Vec<String> = ranges[at..].iter().map_while(|range| code_line(&text[range.clone()])).collect();
        let code = cell.join("\n");
        for comment in in_brackets(&code, &lexer::PYTHON) {
            let line = code[..comment.bytes.start].matches('\n').count();
            let covers = comment.covers.map(|(first, last)| (at + first, at + last));
            comments.push(Comment { bytes: ranges[at + line].clone(), text: comment.text, covers });
        }
        at += cell.len() + 1;
    }
    comments
}

/// A line of code in a line that is a JSON string.
fn code_line(line: &str) -> Option<String> {
    let line = line.trim().trim_end_matches(',');
    let code: String = serde_json::from_str(line).ok()?;
    Some(code.trim_end_matches('\n').replace(['\n', '\r'], " "))
}

fn in_yaml(text: &str) -> Vec<Comment> {
    let ranges = line_ranges(text);
    let lines: Vec<YamlLine> = ranges.iter().map(|range| YamlLine::of(&text[range.clone()])).collect();
    let mut comments = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(start) = line.comment else { continue };
        let bytes = ranges[at].start + start..ranges[at].end;
        let Some(text) = directive(&text[bytes.clone()]) else { continue };
        comments.push(Comment { bytes, text: text.to_owned(), covers: node(&lines, at) });
        if comments.len() > MAX_ENTRIES {
            break;
        }
    }
    comments
}

/// A line of YAML.
struct YamlLine {
    /// Where a comment begins.
    comment: Option<usize>,
    /// The indent of its content; `None` if there is none.
    indent: Option<usize>,
    is_item: bool,
    /// `---`
    starts_document: bool,
}

impl YamlLine {
    fn of(line: &str) -> Self {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let starts_document = line == "---" || line.starts_with("--- ");
        let comment = comment_start(line);
        let has_content = !content.is_empty() && comment != Some(indent) && !starts_document && !line.starts_with('%');
        let is_item = content == "-" || content.starts_with("- ");
        Self { comment, indent: has_content.then_some(indent), is_item, starts_document }
    }
}

/// Where the comment of a line begins: at a `#` at its start or behind a blank, outside of quotes.
fn comment_start(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '#') if previous.is_whitespace() => return Some(at),
            // A quote within a word is an apostrophe.
            (None, '"' | '\'') if previous.is_whitespace() || "[{,:".contains(previous) => quote = Some(c),
            (Some(open), c) if c == open && (open == '\'' || previous != '\\') => quote = None,
            _ => {}
        }
        previous = c;
    }
    None
}

/// The first and last line of the node that begins on or below a line.
fn node(lines: &[YamlLine], at: usize) -> Option<(usize, usize)> {
    let start = at + lines[at..].iter().position(|line| line.indent.is_some())?;
    let document_end = |from: usize| {
        lines[from..].iter().position(|line| line.starts_document).map_or(lines.len(), |count| from + count)
    };
    let before = &lines[..at];
    let document_start = before.iter().rposition(|line| line.starts_document).map_or(0, |line| line + 1);
    let is_first = lines[document_start..start].iter().all(|line| line.indent.is_none());
    if is_first && start != at {
        return Some((start, document_end(start) - 1));
    }
    let own = lines[start].indent?;
    let belongs = |line: &YamlLine| match line.indent {
        None => !line.starts_document,
        Some(indent) => indent > own || (indent == own && line.is_item && !lines[start].is_item),
    };
    let belonging = lines[start + 1..].iter().take_while(|line| belongs(line)).enumerate();
    let last = belonging.filter(|(_, line)| line.indent.is_some()).last();
    Some((start, start + last.map_or(0, |(index, _)| index + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIVER: &str = "holdfast:waive HF-X owner=ml until=2027-01-31 reason=later";

    /// The lines that the waivers of a file cover; `W` stands for a waiver.
    fn covered(path: &str, text: &str) -> Vec<(u32, u32)> {
        let file = SourceFile::new(path, text.replace('W', WAIVER));
        let entries = waivers(&file);
        for entry in &entries {
            assert_eq!(entry.waiver.as_ref().map(|waiver| waiver.owner.as_str()), Ok("ml"), "{entry:?}");
        }
        entries.iter().map(|entry| (entry.first_line, entry.last_line)).collect()
    }

    #[test]
    fn in_bicep_it_covers_the_declaration() {
        let text = "// W\n@description('x')\nresource st 'x@y' = {\n  sku: {\n    name: 'a'\n  }\n}\n\nresource b 'x' = {\n}\n";
        assert_eq!(covered("infra/main.bicep", text), [(2, 7)]);
        let text = "resource st 'x@y' = { // W\n  sku: {\n  }\n}\nvar x = 1\n";
        assert_eq!(covered("main.bicep", text), [(1, 4)]);
        let text = "resource st 'x@y' = {\n  // W\n  sku: {\n    name: 'a'\n  }\n  kind: 'b' // W\n}\n";
        assert_eq!(covered("main.BICEP", text), [(3, 5), (6, 6)]);
        assert_eq!(covered("main.bicep", "/* W */\nparam x string\n"), [(2, 2)]);
        assert_eq!(covered("main.bicep", "// W\n// W\n\n// why\nparam x string\n"), [(5, 5), (5, 5)]);
    }

    #[test]
    fn in_terraform_it_covers_the_block() {
        let text = "# W\nresource \"a\" \"b\" {\n  x = <<EOT\n}\nEOT\n  y = 1 // W\n}\nlocals {}\n";
        assert_eq!(covered("main.tf", text), [(2, 7), (6, 6)]);
    }

    #[test]
    fn in_json_it_covers_the_object() {
        let text = "{\n \"resources\": [\n  // W\n  {\n   \"type\": \"x\"\n  },\n  {}\n ]\n}\n";
        assert_eq!(covered("azuredeploy.json", text), [(4, 6)]);
    }

    #[test]
    fn in_python_it_covers_the_statement() {
        let text = "# W\nclient = MLClient(\n  credential,\n)\nx = 1  # W\n'''\n# W\n'''\n";
        assert_eq!(covered("src/train.py", text), [(2, 4), (5, 5)]);
    }

    #[test]
    fn in_notebooks_it_covers_the_statement_in_its_cell() {
        let text = concat!(
            "{\n \"cells\": [\n  {\n   \"source\": [\n    \"x = '\\n\",\n    \"# W\\n\",\n    \"client = MLClient(\\n\",\n",
            "    \"  credential)\\n\",\n    \"y = 1\"\n   ]\n  }\n ]\n}\n"
        );
        assert_eq!(covered("a.ipynb", text), [(7, 8)]);
        // Quotes are escaped in JSON.
        let text = "[\n\"# holdfast:waive HF-X owner=ml until=2027-01-31 reason=\\\"two words\\\"\\n\",\n\"x = 1\"\n]";
        let entries = waivers(&SourceFile::new("a.ipynb", text));
        assert_eq!(entries[0].waiver.as_ref().expect("valid").reason, "two words");
        assert_eq!(entries[0].place.source.as_ref().map(|source| source.region.line), Some(2));
    }

    #[test]
    fn in_yaml_it_covers_the_node() {
        let text = "name: x\njobs:\n  # W\n  a:\n    steps:\n    - run: x\n\n    - run: y # W\n  b: 1\n";
        assert_eq!(covered("job.yml", text), [(4, 8), (8, 8)]);
        let text = "a: 1\n# W\nsteps:\n- x\n- y\nb: 2\n";
        assert_eq!(covered("job.yaml", text), [(3, 5)]);
        let text = "a: 'x # W'\nb: it's # W\n";
        assert_eq!(covered("job.yaml", text), [(2, 2)]);
    }

    #[test]
    fn above_a_yaml_document_it_covers_all_of_it() {
        assert_eq!(covered("job.yml", "# Team ML\n# W\n$schema: x\nname: y\nz: 1\n---\nname: z\n"), [(3, 5)]);
        assert_eq!(covered("job.yml", "a: 1\n---\n# W\nb: 1\nc: 1"), [(4, 5)]);
        // Behind the first line it covers that line.
        assert_eq!(covered("job.yml", "a: 1 # W\nb: 1\n"), [(1, 1)]);
    }

    #[test]
    fn a_waiver_above_nothing_is_malformed() {
        let entries = waivers(&SourceFile::new("main.bicep", format!("param x string\n// {WAIVER}\n// end")));
        assert_eq!(entries[0].waiver, Err("it stands above nothing".to_owned()));
        let entries = waivers(&SourceFile::new("main.tf", "x = 1 # holdfast:waive"));
        assert!(entries[0].waiver.as_ref().is_err_and(|reason| reason.contains("missing")));
    }

    #[test]
    fn other_files_and_texts_have_none() {
        assert_eq!(covered("README.md", "// W\n"), []);
        assert_eq!(covered("main.bicep", "var x = '// W'\n// see W\n"), []);
    }

    #[test]
    fn a_flood_is_cut() {
        for (path, line) in [("a.bicep", "// W\n"), ("a.yml", "a: 1 # W\n"), ("a.ipynb", "\"# W\",\n\"(\",\n")] {
            let text = line.replace('W', WAIVER).repeat(5000);
            let entries = super::super::inline_waivers(&SourceFile::new(path, text));
            assert_eq!(entries.len(), MAX_ENTRIES + 1, "{path}");
            assert!(entries[MAX_ENTRIES].waiver.as_ref().is_err_and(|reason| reason.contains("more than")));
        }
    }
}
