//! Texts that stand for a value which the reader of a sample is to fill in.

/// Words of which one is enough, in lower case, without what separates words.
const WORDS: &[&str] = &[
    "changeme",
    "dummy",
    "enter",
    "example",
    "fill",
    "fixme",
    "foo",
    "insert",
    "placeholder",
    "replace",
    "replaceme",
    "sample",
    "tbd",
    "todo",
    "your",
];

/// Whole texts, in lower case, with `-` for what separates words.
const TEXTS: &[&str] = &[
    "group",
    "my-group",
    "my-resource-group",
    "my-rg",
    "my-sub",
    "my-subscription",
    "my-workspace",
    "my-ws",
    "name",
    "resource-group",
    "resource-group-name",
    "rg",
    "sub",
    "sub-id",
    "subscription",
    "subscription-id",
    "workspace",
    "workspace-name",
    "ws",
    "ws-name",
];

/// Words that make a placeholder of `my-…` if there is no other: `my-ml-workspace`.
const MINE: &[&str] = &[
    "aml",
    "azure",
    "azureml",
    "client",
    "datastore",
    "group",
    "id",
    "ml",
    "my",
    "name",
    "resource",
    "rg",
    "sub",
    "subscription",
    "tenant",
    "workspace",
    "ws",
];

/// Whether a text is a placeholder: `<SUBSCRIPTION_ID>`, `your-workspace`, `xxx`, `{{name}}`,
/// `WORKSPACE_NAME`, an id of zeros.
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text == "..." || text == "…" {
        return true;
    }
    let bracketed = |open: char, close: char| text.find(open).is_some_and(|at| text[at..].contains(close));
    if bracketed('<', '>') || bracketed('{', '}') || bracketed('[', ']') {
        return true;
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let letters = |word: &&str| word.chars().all(|c| c == 'x') || word.chars().all(|c| c == '0');
    // `xxx`, `xxxx-xxxx`, an id of zeros: nothing else in it.
    if words.iter().map(|word| word.len()).sum::<usize>() > 1 && words.iter().all(letters) {
        return true;
    }
    if words.iter().any(|word| {
        WORDS.contains(word) || word.starts_with("your") || word.len() > 2 && word.chars().all(|c| c == 'x')
    }) {
        return true;
    }
    if words.first() == Some(&"my") && words.iter().all(|word| MINE.contains(word)) {
        return true;
    }
    // A format that is filled in elsewhere; a variable of the shell.
    if text.contains("%s") || text.contains("%(") || text.starts_with('$') {
        return true;
    }
    let joined = words.join("-");
    TEXTS.contains(&joined.as_str()) || TEXTS.contains(&joined.trim_start_matches("aml-")) || is_constant_name(text)
}

/// `AML_WORKSPACE_NAME`: the name of a variable rather than a value.
fn is_constant_name(text: &str) -> bool {
    text.contains('_')
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && text.chars().any(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for text in [
            "<SUBSCRIPTION_ID>",
            "your-workspace",
            "YOUR_RG",
            "xxx",
            "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx",
            "{{ws}}",
            "00000000-0000-0000-0000-000000000000",
            "AML_WORKSPACE_NAME",
            "",
            "workspace_name",
            "ws-xxx",
            "...",
            "my-workspace",
            "${{ secrets.WS }}",
            "[name]",
            "enter workspace here",
            "yourworkspace",
            "my-ml-workspace",
            "my-subscription-id",
            "%s",
            "$WORKSPACE",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "mlw-fraud-prod",
            "rg-ml-weu",
            "5b6c1b2e-0000-4000-8000-000000000001",
            "prod",
            "ws-prod",
            "xbox-ml",
            "demo-ws2",
            "azureml-examples",
            "W1",
            "my-fraud-ws",
            "myworkspace1",
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }
}
