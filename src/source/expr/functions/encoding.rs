//! Base64 and URIs.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-string>

use crate::model::{Kind, Part, Text, Value};

use super::args::{self, of_text};
use super::{Function, Val, partial_text, pure, pure_text};
use crate::source::expr::{Evaluator, Expr, Fault};

pub(super) const FUNCTIONS: &[Function] = &[
    pure_text("base64", (1, 1), |args| Ok(Value::string(encode(args::str(args, 0)?.as_bytes())))),
    pure_text("base64ToString", (1, 1), |args| decode_text(args::str(args, 0)?).map(Value::string)),
    pure("base64ToJson", (1, 1), |args| parse(&decode_text(args::str(args, 0)?)?)),
    pure_text("dataUri", (1, 1), |args| {
        let text = args::str(args, 0)?;
        Ok(Value::string(format!("data:text/plain;charset=utf8;base64,{}", encode(text.as_bytes()))))
    }),
    pure_text("dataUriToString", (1, 1), data_uri_to_string),
    pure_text("uriComponent", (1, 1), |args| Ok(Value::string(percent_encode(args::str(args, 0)?)))),
    pure_text("uriComponentToString", (1, 1), |args| percent_decode(args::str(args, 0)?).map(Value::string)),
    partial_text("uri", (2, 2), uri),
];

fn parse(text: &str) -> Result<Value, Fault> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Fault::expression(format!("the string is no JSON: {error}")))?;
    Ok(Value::from_json(&json))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut result = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for position in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * position) & 63) as usize];
            result.push(if position <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    result
}

fn decode_text(text: &str) -> Result<String, Fault> {
    decode(text).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| Fault::expression("no base64 of a text"))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=').bytes().filter(|byte| !byte.is_ascii_whitespace());
    let (mut word, mut bits) = (0u32, 0);
    let mut result = Vec::with_capacity(text.len() / 4 * 3);
    for digit in digits {
        word = word << 6 | ALPHABET.iter().position(|other| *other == digit)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            result.push((word >> bits) as u8);
            word &= (1 << bits) - 1;
        }
    }
    Some(result)
}

fn data_uri_to_string(args: &[Val]) -> Result<Value, Fault> {
    let uri = args::str(args, 0)?;
    let (head, data) = uri.split_once(',').ok_or_else(|| Fault::expression("no data URI"))?;
    if head.ends_with(";base64") {
        decode_text(data).map(Value::string)
    } else {
        percent_decode(data).map(Value::string)
    }
}

fn percent_encode(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => result.push(char::from(byte)),
            _ => result.push_str(&format!("%{byte:02X}")),
        }
    }
    result
}

fn percent_decode(text: &str) -> Result<String, Fault> {
    let bytes = text.as_bytes();
    let mut result = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                result.push(byte);
                at += 3;
            }
            None => {
                result.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(result).map_err(|_| Fault::expression("the decoded string is no UTF-8"))
}

/// The second argument relative to the first: below it if that ends with `/`, else beside it.
fn uri(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let (Some(base), Some(relative)) = (args::text(args, 0)?, args::text(args, 1)?) else { return Ok(None) };
    if let Some(Part::Known(start)) = relative.parts().first()
        && start.contains("://")
    {
        return Ok(Some(of_text(relative)));
    }
    let Some(mut folder) = folder_of(&base) else { return Ok(None) };
    let mut rest = relative;
    // Leading `./`, `../` and `/` are resolved where the folder is known that far.
    while let Some(Part::Known(start)) = rest.parts().first() {
        let up = if start.starts_with("../") {
            3
        } else if start.starts_with("./") {
            2
        } else if start.starts_with('/') && folder.parts().len() == 1 {
            1
        } else {
            break;
        };
        if up == 3 {
            let Some(parent) = folder.as_known().and_then(|f| f.trim_end_matches('/').rfind('/')) else {
                return Ok(None);
            };
            folder = Text::known(&folder.as_known().unwrap_or_default()[..=parent]);
        }
        rest = without_start(&rest, up);
    }
    folder.push(&rest);
    Ok(Some(Value::new(Kind::Text(folder))))
}

fn without_start(text: &Text, bytes: usize) -> Text {
    let mut result = Text::default();
    for (at, part) in text.parts().iter().enumerate() {
        match part {
            Part::Known(known) => result.push_known(if at == 0 { &known[bytes..] } else { known }),
            Part::Unknown(hole) => result.push_hole(hole.clone()),
        }
    }
    result
}

/// A URI up to its last `/`; `None` if that lies in a hole.
fn folder_of(base: &Text) -> Option<Text> {
    let Some(Part::Known(end)) = base.parts().last() else { return None };
    let cut = end.len() - end.rfind('/')? - 1;
    let mut result = Text::default();
    let last = base.parts().len() - 1;
    for (at, part) in base.parts().iter().enumerate() {
        match part {
            Part::Known(known) if at == last => result.push_known(&known[..known.len() - cut]),
            Part::Known(known) => result.push_known(known),
            Part::Unknown(hole) => result.push_hole(hole.clone()),
        }
    }
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_there_and_back() {
        for (text, encoded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("fooba", "Zm9vYmE=")] {
            assert_eq!(encode(text.as_bytes()), encoded);
            assert_eq!(decode(encoded).as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decode("*"), None);
    }

    #[test]
    fn percent_encoding_there_and_back() {
        assert_eq!(percent_encode("a b/ä"), "a%20b%2F%C3%A4");
        assert_eq!(percent_decode("a%20b%2F%C3%A4%").ok().as_deref(), Some("a b/ä%"));
    }
}
