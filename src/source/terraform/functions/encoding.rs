//! Encoding functions.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{Hole, Part, Text};

use super::{Answer, Args, Kind, Rc, Stop, Val, string, wrong, yaml};

pub(super) fn call(name: &str, args: &Args) -> Option<Answer> {
    Some(match name {
        "base64encode" => args.text(0).and_then(|t| string(base64(t.as_bytes()))),
        "base64decode" => base64_decode(args),
        // The compressed bytes depend on the implementation.
        "base64gzip" => Err(Stop::Unknown),
        "csvdecode" => csv_decode(args),
        "jsonencode" => args.val(0).and_then(|value| Ok(Val::text(json_encode(value)?))),
        "jsondecode" => args.open_text(0).and_then(|text| json_decode(&text)),
        "textencodebase64" => text_encode(args),
        "textdecodebase64" => text_decode(args),
        "urlencode" => args.text(0).and_then(|t| string(url_encode(&t))),
        "urldecode" => args.text(0).and_then(|t| url_decode(&t)),
        "yamldecode" => args.text(0).and_then(|t| yaml::decode(&t)),
        "yamlencode" => args.val(0).and_then(yaml::encode),
        _ => return None,
    })
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Standard base64 with padding.
pub(in super::super) fn base64(bytes: &[u8]) -> String {
    let mut result = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for index in 0..4 {
            let sextet = (group >> (18 - 6 * index)) & 63;
            result.push(if index > chunk.len() { '=' } else { ALPHABET[sextet as usize] as char });
        }
    }
    result
}

fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - digits.len() > 2 {
        return None;
    }
    let mut result = Vec::with_capacity(text.len() / 4 * 3);
    for chunk in digits.as_bytes().chunks(4) {
        let mut group = 0u32;
        for byte in chunk {
            let value = ALPHABET.iter().position(|letter| letter == byte)?;
            group = group << 6 | value as u32;
        }
        group <<= 6 * (4 - chunk.len());
        let bytes = group.to_be_bytes();
        result.extend_from_slice(&bytes[1..chunk.len()]);
    }
    Some(result)
}

fn base64_decode(args: &Args) -> Answer {
    let bytes = base64_bytes(&args.text(0)?).ok_or_else(|| Stop::Wrong("the string is not base64".to_owned()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Val::string(text)),
        Err(_) => wrong("the decoded bytes are not UTF-8"),
    }
}

fn text_encode(args: &Args) -> Answer {
    let (text, name) = (args.text(0)?, args.text(1)?.to_ascii_uppercase());
    let bytes: Vec<u8> = match name.as_str() {
        "UTF-8" => text.into_bytes(),
        "UTF-16LE" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "UTF-16BE" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => return Err(Stop::Unknown),
    };
    string(base64(&bytes))
}

fn text_decode(args: &Args) -> Answer {
    let bytes = base64_bytes(&args.text(0)?).ok_or_else(|| Stop::Wrong("the string is not base64".to_owned()))?;
    let units =
        |from: fn([u8; 2]) -> u16| -> Vec<u16> { bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]])).collect() };
    let decoded = match args.text(1)?.to_ascii_uppercase().as_str() {
        "UTF-8" => String::from_utf8(bytes).ok(),
        "UTF-16LE" => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        "UTF-16BE" => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        _ => return Err(Stop::Unknown),
    };
    decoded.map(Val::string).ok_or_else(|| Stop::Wrong("the bytes are not text of this encoding".to_owned()))
}

fn url_encode(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => result.push(byte as char),
            b' ' => result.push('+'),
            _ => {
                let _ = write!(result, "%{byte:02X}");
            }
        }
    }
    result
}

fn url_decode(text: &str) -> Answer {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        bytes.push(match first {
            b'+' => b' ',
            b'%' => {
                let digits = rest.get(..2).and_then(|d| std::str::from_utf8(d).ok());
                let Some(byte) = digits.and_then(|d| u8::from_str_radix(d, 16).ok()) else {
                    return wrong("a `%` is not followed by two digits");
                };
                rest = &rest[2..];
                byte
            }
            byte => *byte,
        });
    }
    String::from_utf8(bytes).map(Val::string).map_err(|_| Stop::Wrong("the result is not UTF-8".to_owned()))
}

/// JSON as Terraform writes it; what is unknown becomes a hole.
pub(super) fn json_encode(value: &Val) -> Result<Text, Stop> {
    let mut out = Text::default();
    write_json(value, &mut out)?;
    Ok(out)
}

fn write_json(value: &Val, out: &mut Text) -> Result<(), Stop> {
    match &value.kind {
        Kind::Null => out.push_known("null"),
        Kind::Bool(_) | Kind::Number(_) => out.push(&value.to_text().unwrap_or_default()),
        Kind::Text(text) => {
            out.push_known("\"");
            for part in text.parts() {
                match part {
                    Part::Known(known) => out.push_known(&escaped(known)),
                    Part::Unknown(hole) => out.push_hole(hole.clone()),
                }
            }
            out.push_known("\"");
        }
        Kind::Unknown(unknown) => out.push_hole(unknown.hole()),
        Kind::Instance(instance) => out.push_hole(instance.unknown().hole()),
        Kind::List(seq) | Kind::Set(seq) => {
            out.push_known("[");
            for (index, item) in seq.items.iter().enumerate() {
                out.push_known(if index > 0 { "," } else { "" });
                write_json(item, out)?;
            }
            out.push_known("]");
        }
        Kind::Object(map) => {
            if map.open.is_some() {
                return Err(Stop::Unknown);
            }
            out.push_known("{");
            for (index, (name, member)) in map.members.iter().enumerate() {
                out.push_known(if index > 0 { "," } else { "" });
                out.push_known(&format!("\"{}\":", escaped(name)));
                write_json(member, out)?;
            }
            out.push_known("}");
        }
    }
    Ok(())
}

/// Go escapes these three as well, for the sake of HTML.
fn escaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\t' => result.push_str("\\t"),
            '\u{8}' => result.push_str("\\b"),
            '\u{c}' => result.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                let _ = write!(result, "\\u{:04x}", c as u32);
            }
            _ => result.push(c),
        }
    }
    result
}

/// Marks of a hole in JSON text: characters that Unicode leaves to private use.
const OPEN: char = '\u{f8f0}';
const CLOSE: char = '\u{f8f1}';

/// The value of JSON text in which strings, or whole values, may be holes.
pub(in super::super) fn json_decode(text: &Text) -> Answer {
    let (marked, holes) = mark_holes(text);
    let parsed: serde_json::Value =
        serde_json::from_str(&marked).map_err(|error| Stop::Wrong(format!("the string is not JSON: {error}")))?;
    Ok(from_marked(&parsed, &holes))
}

fn mark_holes(text: &Text) -> (String, Vec<Hole>) {
    let (mut marked, mut holes) = (String::new(), Vec::new());
    let (mut in_string, mut escape) = (false, false);
    for part in text.parts() {
        match part {
            Part::Known(known) => {
                for c in known.chars() {
                    match c {
                        _ if escape => escape = false,
                        '\\' if in_string => escape = true,
                        '"' => in_string = !in_string,
                        _ => {}
                    }
                }
                marked.push_str(known);
            }
            Part::Unknown(hole) => {
                let quote = if in_string { "" } else { "\"" };
                let _ = write!(marked, "{quote}{OPEN}{}{CLOSE}{quote}", holes.len());
                holes.push(hole.clone());
            }
        }
    }
    (marked, holes)
}

fn from_marked(json: &serde_json::Value, holes: &[Hole]) -> Val {
    match json {
        serde_json::Value::String(text) if !holes.is_empty() && text.contains(OPEN) => marked_text(text, holes),
        serde_json::Value::Array(items) => Val::list(items.iter().map(|item| from_marked(item, holes)).collect()),
        serde_json::Value::Object(members) => {
            let member =
                |(name, member): (&String, &serde_json::Value)| (Rc::from(name.as_str()), from_marked(member, holes));
            Val::object(members.iter().map(member).collect())
        }
        other => Val::from_json(other),
    }
}

fn marked_text(text: &str, holes: &[Hole]) -> Val {
    let mut result = Text::default();
    for (index, piece) in text.split(OPEN).enumerate() {
        let known = if index == 0 {
            piece
        } else {
            let Some((number, rest)) = piece.split_once(CLOSE) else { continue };
            if let Some(hole) = number.parse().ok().and_then(|n: usize| holes.get(n)) {
                result.push_hole(hole.clone());
            }
            rest
        };
        result.push_known(known);
    }
    Val::text(result)
}

fn csv_decode(args: &Args) -> Answer {
    let text = args.text(0)?;
    let mut rows = csv_rows(&text)?.into_iter();
    let Some(header) = rows.next() else { return wrong("there is no header") };
    let mut result = Vec::new();
    for row in rows {
        if row.len() != header.len() {
            return wrong("a row has another number of columns than the header");
        }
        let members: BTreeMap<Rc<str>, Val> =
            header.iter().zip(row).map(|(name, cell)| (name.as_str().into(), Val::string(cell))).collect();
        result.push(Val::object(members));
    }
    Ok(Val::list(result))
}

fn csv_rows(text: &str) -> Result<Vec<Vec<String>>, Stop> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                if !(row.is_empty() && cell.is_empty()) {
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
            }
            c => cell.push(c),
        }
    }
    if quoted {
        return wrong("a quote is not closed");
    }
    if !(row.is_empty() && cell.is_empty()) {
        row.push(cell);
        rows.push(row);
    }
    Ok(rows)
}
