//! The content of blocks as values: attributes, nested blocks, dynamic blocks.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::eval::{Engine, entries, may_have_entries};
use super::fault::Fault;
use super::instance::ResourceInstance;
use super::reference::unknown_member;
use super::scope::{Names, Scope};
use super::syntax::{Block, Body, ExprKind};
use super::value::{Unknown, Val};

/// Arguments that Terraform itself reads, of resources and modules.
const META: &[&str] = &["count", "for_each", "provider", "depends_on", "lifecycle", "connection", "provisioner"];

impl Engine<'_, '_> {
    /// All arguments of a resource, blocks as lists of objects: the shape that plans have.
    ///
    /// An argument that cannot be evaluated is unknown, and a gap.
    pub fn arguments(&self, resource: &ResourceInstance, unknown: &Unknown) -> Val {
        let scope = Scope { binding: Some(&resource.binding), ..Scope::of(&resource.module) };
        let mut members = self.body_members(&resource.block.body, scope, unknown);
        members.retain(|name, _| !META.contains(&&**name));
        Val::object(members)
    }

    fn body_members(&self, body: &Body, scope: Scope, unknown: &Unknown) -> BTreeMap<Rc<str>, Val> {
        let mut members = BTreeMap::new();
        for attribute in &body.attributes {
            if META.contains(&&*attribute.name) {
                continue;
            }
            let value = self.eval(&attribute.value, scope).and_then(|value| self.hold(value, attribute.span));
            let value = value.unwrap_or_else(|fault| {
                self.report(&fault);
                self.unknown_here(attribute.value.span, scope)
            });
            members.insert(attribute.name.clone(), value.placed(attribute.span));
        }
        for block in &body.blocks {
            let name = block_name(block);
            if members.contains_key(name) || META.contains(&name) {
                continue;
            }
            let open = unknown.member(&format!(".{name}"));
            let value = self.blocks(body, name, scope, &open).unwrap_or_else(|fault| {
                self.report(&fault);
                Some(unknown_member(unknown, &format!(".{name}")))
            });
            if let Some(value) = value {
                members.insert(name.into(), value.placed(block.header));
            }
        }
        members
    }

    /// The blocks of one name as a list of objects; `None` if there is none.
    pub fn blocks(&self, body: &Body, name: &str, scope: Scope, open: &Unknown) -> Result<Option<Val>, Fault> {
        let mut found = false;
        let mut items = Vec::new();
        for block in body.blocks.iter().filter(|block| block_name(block) == name) {
            found = true;
            if &*block.name != "dynamic" {
                let open = open.member(&format!("[{}]", items.len()));
                let members = self.body_members(&block.body, scope, &open);
                items.push(Val::open_object(members, open).at(block.header));
            } else if let Some(unknown) = self.dynamic(block, scope, open, &mut items)? {
                return Ok(Some(unknown));
            }
        }
        Ok(found.then(|| Val::list(items)))
    }

    /// Adds the blocks that a dynamic block makes; if that is not known, what the whole is.
    fn dynamic(&self, block: &Block, scope: Scope, open: &Unknown, items: &mut Vec<Val>) -> Result<Option<Val>, Fault> {
        let (Some(each), Some(content)) = (block.body.attribute("for_each"), block.body.block("content")) else {
            return Err(Fault::wrong(block.header, "a dynamic block needs `for_each` and `content`"));
        };
        let collection = self.eval(&each.value, scope)?;
        let entries = match entries(&collection) {
            Some(entries) => entries,
            None if collection.is_null() => return Ok(None),
            None if may_have_entries(&collection) => {
                return Ok(Some(self.unknown_here(each.value.span, scope).at(block.header)));
            }
            None => return Err(Fault::wrong(each.value.span, "`for_each` needs a list, a set or a map")),
        };
        let iterator = match block.body.attribute("iterator").map(|a| &a.value.kind) {
            Some(ExprKind::Name(name) | ExprKind::Text(name)) => name.clone(),
            _ => block.label(0).into(),
        };
        for (key, value) in entries {
            self.spend(1, block.header)?;
            let pair = BTreeMap::from([("key".into(), key), ("value".into(), value)]);
            let names = [(iterator.clone(), Val::object(pair))];
            let names = Names { entries: &names, outer: scope.names };
            let open = open.member(&format!("[{}]", items.len()));
            let inner = Scope { names: Some(&names), ..scope };
            let members = self.body_members(&content.body, inner, &open);
            items.push(Val::open_object(members, open).at(block.header));
        }
        Ok(None)
    }
}

/// The name that a block stands for: of a dynamic block the name of the blocks that it makes.
fn block_name(block: &Block) -> &str {
    if &*block.name == "dynamic" { block.label(0) } else { &block.name }
}
