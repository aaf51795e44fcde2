//! Building objects whose members may be given more than once.

use std::collections::HashMap;

use crate::model::Value;

/// From this many members on, names are looked up in a table.
const SMALL: usize = 16;

/// An object under construction: a later member replaces an earlier one of the same name, case
/// ignored, and keeps its position.
#[derive(Debug, Default)]
pub struct ObjectBuilder {
    members: Vec<(String, Value)>,
    index: HashMap<String, usize>,
}

impl ObjectBuilder {
    /// Starts from members that are there.
    pub fn from_members(members: Vec<(String, Value)>) -> Self {
        let mut builder = Self { members, index: HashMap::new() };
        builder.reindex();
        builder
    }

    /// Adds a member or replaces it.
    pub fn insert(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        match self.position(&name) {
            Some(at) => self.members[at].1 = value,
            None => {
                if self.members.len() >= SMALL {
                    self.index.insert(name.to_ascii_lowercase(), self.members.len());
                }
                self.members.push((name, value));
                if self.members.len() == SMALL {
                    self.reindex();
                }
            }
        }
    }

    /// The member of this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.position(name).map(|at| &mut self.members[at].1)
    }

    /// The members in order.
    pub fn finish(self) -> Vec<(String, Value)> {
        self.members
    }

    fn position(&self, name: &str) -> Option<usize> {
        if self.members.len() < SMALL {
            return self.members.iter().position(|(key, _)| key.eq_ignore_ascii_case(name));
        }
        self.index.get(&name.to_ascii_lowercase()).copied()
    }

    fn reindex(&mut self) {
        if self.members.len() < SMALL {
            return;
        }
        let names = self.members.iter().enumerate();
        self.index = names.map(|(at, (name, _))| (name.to_ascii_lowercase(), at)).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_members_replace_earlier_ones_at_any_size() {
        for size in [3, 40] {
            let mut builder = ObjectBuilder::default();
            for n in 0..size {
                builder.insert(format!("Key{n}"), Value::string("old"));
            }
            builder.insert("key1", Value::string("new"));
            let members = builder.finish();
            assert_eq!(members.len(), size);
            assert_eq!(members[1].1.as_str(), Some("new"));
        }
    }
}
