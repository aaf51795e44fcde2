//! The word that somebody probably meant.

/// The candidate that is nearest to a misspelt word, if one is near enough to suggest.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.to_lowercase().chars().take(MAX_LENGTH).collect();
    let limit = (word.len() / 3).clamp(1, 3);
    let distances = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    distances.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Suffix for a message: `; did you mean …?`, or the list of what is possible if nothing is near.
pub(crate) fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(found) = nearest(word, candidates.clone()) {
        return format!("; did you mean `{found}`?");
    }
    let all: Vec<String> = candidates.into_iter().map(|word| format!("`{word}`")).collect();
    if all.is_empty() || all.len() > MAX_LISTED { String::new() } else { format!("; expected {}", all.join(", ")) }
}

const MAX_LENGTH: usize = 64;
const MAX_LISTED: usize = 8;

/// Edits (insert, delete, replace, swap neighbours) from one word to the other, case ignored.
fn distance(a: &[char], b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().take(MAX_LENGTH).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised() {
        let words = ["pairs", "parameters", "production", "waivers"];
        assert_eq!(nearest("pair", words), Some("pairs"));
        assert_eq!(nearest("wiavers", words), Some("waivers"));
        assert_eq!(nearest("Parameter", words), Some("parameters"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("", words), None);
    }

    #[test]
    fn what_is_possible_is_listed_if_nothing_is_near() {
        assert_eq!(suggestion("maybe", ["error", "off"]), "; expected `error`, `off`");
        assert_eq!(suggestion("eror", ["error", "off"]), "; did you mean `error`?");
    }
}
