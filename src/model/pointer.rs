//! Evidence pointers: which part of a resource a rule reads.

use std::borrow::Borrow;
use std::fmt;

/// A JSON Pointer (RFC 6901) into the ARM body of a resource: `/properties/storageAccount`,
/// `/sku/name`, `/location`. The empty pointer is the whole resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pointer(String);

impl Pointer {
    /// The whole resource.
    pub fn root() -> Self {
        Self::default()
    }

    /// A pointer from its text; `None` unless it is empty or starts with `/`.
    pub fn parse(text: &str) -> Option<Self> {
        (text.is_empty() || text.starts_with('/')).then(|| Self(text.to_owned()))
    }

    /// The pointer of a member or element of what this one points at.
    pub fn child(&self, name: &str) -> Self {
        let mut text = String::with_capacity(self.0.len() + 1 + name.len());
        text.push_str(&self.0);
        text.push('/');
        if name.contains(['~', '/']) {
            text.push_str(&name.replace('~', "~0").replace('/', "~1"));
        } else {
            text.push_str(name);
        }
        Self(text)
    }

    /// The pointer of an array element.
    pub fn index(&self, index: usize) -> Self {
        Self(format!("{}/{index}", self.0))
    }

    /// The pointer of what holds this; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        self.0.rfind('/').map(|at| Self(self.0[..at].to_owned()))
    }

    /// Whether this points at the same place or at something inside `other`.
    pub fn is_within(&self, other: &Pointer) -> bool {
        self.0.strip_prefix(&other.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// The names on the way, unescaped.
    pub fn segments(&self) -> impl Iterator<Item = String> + '_ {
        self.0.split('/').skip(1).map(|s| s.replace("~1", "/").replace("~0", "~"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Pointer {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped() {
        let pointer = Pointer::root().child("tags").child("a/b~c");
        assert_eq!(pointer.as_str(), "/tags/a~1b~0c");
        assert_eq!(pointer.segments().collect::<Vec<_>>(), ["tags", "a/b~c"]);
    }

    #[test]
    fn within_stops_at_whole_names() {
        let sku = Pointer::root().child("sku");
        assert!(sku.child("name").is_within(&sku));
        assert!(!Pointer::root().child("skuFamily").is_within(&sku));
        assert!(sku.is_within(&Pointer::root()));
    }
}
