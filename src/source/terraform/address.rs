//! Addresses of resources as plans write them: `module.a["x"].azurerm_b.c[0]`.

/// An address without the keys of `count` and `for_each`.
pub(super) fn without_keys(address: &str) -> String {
    let mut result = String::new();
    for (text, is_key) in address_parts(address) {
        if !is_key {
            result.push_str(text);
        }
    }
    result
}

/// The pieces of an address: names, and keys without their brackets.
fn address_parts(address: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = address;
    while let Some(open) = rest.find('[') {
        parts.push((&rest[..open], false));
        let inner = &rest[open + 1..];
        let close = match inner.strip_prefix('"') {
            Some(quoted) => quoted.find("\"]").map(|at| at + 2),
            None => inner.find(']'),
        };
        let Some(close) = close else { return parts };
        parts.push((&inner[..close], true));
        rest = inner.get(close + 1..).unwrap_or("");
    }
    parts.push((rest, false));
    parts
}

/// The module prefix of an address, and the key of the instance.
pub(super) fn split_address(address: &str) -> (String, Option<String>) {
    let parts = address_parts(address);
    let key = match parts.as_slice() {
        [.., (key, true), ("", false)] | [.., (key, true)] => Some((*key).to_owned()),
        _ => None,
    };
    let mut prefix = String::new();
    let mut rest = address;
    while rest.starts_with("module.") {
        let name_end = rest[7..].find(['.', '[']).map_or(rest.len(), |at| at + 7);
        let mut end = name_end;
        if rest[name_end..].starts_with('[') {
            let inner = &rest[name_end + 1..];
            let close = match inner.strip_prefix('"') {
                Some(quoted) => quoted.find("\"]").map(|at| at + 2),
                None => inner.find(']'),
            };
            end = close.map_or(rest.len(), |close| name_end + close + 2);
        }
        let end = (end + 1).min(rest.len());
        prefix.push_str(&rest[..end]);
        rest = &rest[end..];
    }
    (prefix, key)
}

/// The module around `module.a["x"].module.b.`, and the key of the inner one.
pub(super) fn outer_module(prefix: &str) -> Option<(String, Option<String>)> {
    let at = prefix.rfind("module.")?;
    let (_, key) = split_address(prefix[at..].strip_prefix("module.")?.trim_end_matches('.'));
    Some((prefix[..at].to_owned(), key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        assert_eq!(without_keys("module.a[\"x.y\"].azurerm_b.c[0]"), "module.a.azurerm_b.c");
        let split = |address| {
            let (prefix, key) = split_address(address);
            (prefix, key.unwrap_or_default())
        };
        assert_eq!(split("module.a[\"x.y\"].azurerm_b.c[0]"), ("module.a[\"x.y\"].".to_owned(), "0".to_owned()));
        assert_eq!(split("azurerm_b.c[\"k\"]"), (String::new(), "\"k\"".to_owned()));
        assert_eq!(split("module.a.module.b.azurerm_b.c"), ("module.a.module.b.".to_owned(), String::new()));
        assert_eq!(
            outer_module("module.a[\"x\"].module.b[1]."),
            Some(("module.a[\"x\"].".to_owned(), Some("1".to_owned())))
        );
    }
}
