//! `guid` and `uniqueString`, exactly as Azure computes them, and the SHA-1 that UUIDs are made of.

use crate::model::{Kind, Value};

use super::args;
use super::{Function, MANY, Val, pure_text, wrong};
use crate::source::expr::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    pure_text("guid", (1, MANY), |args| Ok(Value::string(guid(&joined(args)?)))),
    pure_text("uniqueString", (1, MANY), |args| Ok(Value::string(unique_string(&joined(args)?)))),
];

/// Both functions take any number of strings and hash them joined by `-`.
fn joined(values: &[Val]) -> Result<String, Fault> {
    let mut text = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            text.push('-');
        }
        match &value.kind {
            Kind::Text(_) => text.push_str(args::str(values, at)?),
            Kind::Number(number) => text.push_str(&number.to_string()),
            _ => return Err(wrong(at, "a string", value)),
        }
    }
    Ok(text)
}

/// The namespace of ARM's `guid`.
/// <https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions-string#guid>
const NAMESPACE: [u8; 16] = *b"\x11\xfb\x06\xfb\x71\x2d\x4d\xdd\x98\xc7\xe7\x1b\xbd\x58\x88\x30";

/// A name-based UUID (version 5, RFC 9562) of the text.
pub(super) fn guid(text: &str) -> String {
    let mut input = NAMESPACE.to_vec();
    input.extend_from_slice(text.as_bytes());
    let mut bytes = sha1(&input);
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut result = String::with_capacity(36);
    for (at, byte) in bytes[..16].iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            result.push('-');
        }
        result.push_str(&format!("{byte:02x}"));
    }
    result
}

/// SHA-1 (FIPS 180-4); only for UUIDs.
fn sha1(input: &[u8]) -> [u8; 20] {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let mut message = input.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64), 0);
    if message.len() - input.len() < 9 {
        message.resize(message.len() + 64, 0);
    }
    let end = message.len();
    message[end - 8..].copy_from_slice(&(input.len() as u64 * 8).to_be_bytes());
    for block in message.chunks_exact(64) {
        let mut words = [0u32; 80];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (at, word) in words.iter().enumerate() {
            let (mix, constant) = match at {
                0..20 => (b & c | !b & d, 0x5a82_7999),
                20..40 => (b ^ c ^ d, 0x6ed9_eba1),
                40..60 => (b & c | b & d | c & d, 0x8f1b_bcdc_u32),
                _ => (b ^ c ^ d, 0xca62_c1d6),
            };
            let next = a.rotate_left(5).wrapping_add(mix).wrapping_add(e).wrapping_add(constant).wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (sum, word) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(word);
        }
    }
    let mut result = [0; 20];
    for (bytes, word) in result.chunks_exact_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    result
}

/// 13 characters of base 32 of a 64-bit hash of the text. The hash is Azure's own variant of
/// MurmurHash3 with two 32-bit lanes; it is not documented, the test vectors are outputs of Azure.
pub(super) fn unique_string(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut hash = murmur64(text.as_bytes());
    let mut result = String::with_capacity(13);
    for _ in 0..13 {
        result.push(char::from(ALPHABET[(hash >> 59) as usize]));
        hash <<= 5;
    }
    result
}

/// Up to four bytes, little-endian.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

fn murmur64(bytes: &[u8]) -> u64 {
    const A: u32 = 0xab0e_9789;
    const B: u32 = 0x239b_961b;
    let lane1 = |word: u32| word.wrapping_mul(B).rotate_left(15).wrapping_mul(A);
    let lane2 = |word: u32| word.wrapping_mul(A).rotate_left(17).wrapping_mul(B);
    let (mut low, mut high) = (0u32, 0u32);
    let blocks = bytes.chunks_exact(8);
    let rest = blocks.remainder();
    for block in blocks {
        let (first, second) = block.split_at(4);
        low = (low ^ lane1(word(first))).rotate_left(19).wrapping_add(high);
        low = low.wrapping_mul(5).wrapping_add(0x561c_cd1b);
        high = (high ^ lane2(word(second))).rotate_left(13).wrapping_add(low);
        high = high.wrapping_mul(5).wrapping_add(0x0bca_a747);
    }
    if !rest.is_empty() {
        low ^= lane1(word(&rest[..rest.len().min(4)]));
    }
    if rest.len() > 4 {
        high ^= lane2(word(&rest[4..]));
    }
    let length = bytes.len() as u32;
    high ^= length;
    low = (low ^ length).wrapping_add(high);
    high = high.wrapping_add(low);
    low = finish(low);
    high = finish(high);
    low = low.wrapping_add(high);
    high = high.wrapping_add(low);
    u64::from(high) << 32 | u64::from(low)
}

/// The finalizer of MurmurHash3.
fn finish(mut word: u32) -> u32 {
    word = (word ^ word >> 16).wrapping_mul(0x85eb_ca6b);
    word = (word ^ word >> 13).wrapping_mul(0xc2b2_ae35);
    word ^ word >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unique_string_is_that_of_azure() {
        assert_eq!(unique_string("tyeth"), "zcztcwvu6iyg6");
        assert_eq!(unique_string("test"), "rbgf3xv4ufgzg");
        assert_eq!(unique_string("hello-world"), "a7wkljktk6wne");
    }

    #[test]
    fn sha1_is_that_of_the_standard() {
        let hex = |bytes: [u8; 20]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(sha1(b"abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
        // Lengths around the padding of one block.
        assert_eq!(hex(sha1(&[b'a'; 64])), "0098ba824b5c16427bd7a1122a5a442a25ec644d");
        assert_eq!(hex(sha1(&[b'a'; 56])), "c2db330f6083854c99d4b5bfb6e8f29f201be699");
        assert_eq!(hex(sha1(&[b'a'; 55])), "c1c8bbdc22796e28c0e15163d20899b65621d65a");
    }

    #[test]
    fn a_guid_is_a_version_5_uuid_in_the_namespace_of_arm() {
        assert_eq!(guid("a-b"), "2d796349-8c7e-55ec-9624-54ece82ed031");
    }
}
