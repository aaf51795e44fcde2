//! Applies a table to the arguments of a resource.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::model::{self, Span, Text};

use super::super::value::{Kind, Unknown, Val};
use super::table::{Absent, Field, How, Id, Lit, Made, Mapping};

/// The arguments of a resource or of a block in it.
pub(in super::super) struct Block<'v> {
    pub values: &'v Val,
    /// The major version of the provider, if it is known.
    pub major: Option<u32>,
    /// The resource, if what is not there may be given all the same: only some of its values were
    /// recorded.
    pub partial: Option<&'v Unknown>,
}

/// What a path leads to.
pub(in super::super) enum Found {
    /// Nothing is given there; whether the block around it is.
    Absent {
        inside: bool,
    },
    /// Something that is not known stands at the path or before it.
    Unknown(Val),
    Given(Val),
}

impl Block<'_> {
    /// What stands at a path; `|` separates alternatives, of which the first that is given counts.
    pub fn find(&self, path: &str) -> Found {
        let mut inside = false;
        for alternative in path.split('|') {
            match find(self.values, alternative) {
                Found::Absent { inside: here } => inside |= here,
                found => return found,
            }
        }
        match self.partial.filter(|_| inside) {
            Some(resource) => Found::Unknown(Kind::Unknown(Rc::new(resource.member(&format!(".{path}")))).into()),
            None => Found::Absent { inside },
        }
    }

    /// The value at a path, also if it is unknown; null if nothing is given.
    pub fn get(&self, path: &str) -> Val {
        match self.find(path) {
            Found::Given(value) | Found::Unknown(value) => value,
            Found::Absent { .. } => Val::null(),
        }
    }
}

fn find(values: &Val, path: &str) -> Found {
    let mut at = values.clone();
    let mut names = path.split('.').peekable();
    while let Some(name) = names.next() {
        let block = match single(&at) {
            Some(block) => block,
            None => return Found::Absent { inside: false },
        };
        if block.is_unknown() {
            return Found::Unknown(block);
        }
        let last = names.peek().is_none();
        match block.member(name) {
            None => return Found::Absent { inside: last },
            Some(member) if member.is_null() => return Found::Absent { inside: last },
            Some(member) if matches!(member.kind, Kind::Unknown(_) | Kind::Instance(_)) => {
                return Found::Unknown(member.clone());
            }
            Some(member) => at = member.clone(),
        }
    }
    // To the provider an empty string is the same as none.
    if at.as_str() == Some("") { Found::Absent { inside: true } } else { Found::Given(at) }
}

/// A block: an object, or the first of a list of them. `None` if there is none.
fn single(value: &Val) -> Option<Val> {
    match &value.kind {
        Kind::List(seq) | Kind::Set(seq) => seq.items.first().cloned(),
        Kind::Object(_) | Kind::Unknown(_) => Some(value.clone()),
        _ => None,
    }
}

/// The body of an ARM resource in the making.
#[derive(Default)]
pub(in super::super) struct Draft {
    members: Vec<(String, Node)>,
}

enum Node {
    Leaf(model::Value),
    Branch(Draft),
}

impl Draft {
    /// Sets the value at a pointer; what was there first stays.
    pub fn set(&mut self, pointer: &str, value: model::Value) {
        let path = pointer.strip_prefix('/').unwrap_or(pointer);
        match path.split_once('/') {
            None => {
                if !self.members.iter().any(|(name, _)| name == path) {
                    self.members.push((path.to_owned(), Node::Leaf(value)));
                }
            }
            Some((first, rest)) => {
                let at = match self.members.iter().position(|(name, _)| name == first) {
                    Some(at) => at,
                    None => {
                        self.members.push((first.to_owned(), Node::Branch(Draft::default())));
                        self.members.len() - 1
                    }
                };
                if let Node::Branch(inner) = &mut self.members[at].1 {
                    inner.set(rest, value);
                }
            }
        }
    }

    /// Sets the array at a pointer; elements that are there already stay in front.
    fn extend(&mut self, pointer: &str, value: model::Value) {
        match (self.leaf(pointer).map(|leaf| &mut leaf.kind), value.kind) {
            (Some(model::Kind::Array(items)), model::Kind::Array(more)) => items.extend(more),
            // Unknown beside known: what is there is not all.
            (Some(there), kind) => *there = kind,
            (None, kind) => self.set(pointer, model::Value { kind, ..value }),
        }
    }

    fn leaf(&mut self, pointer: &str) -> Option<&mut model::Value> {
        let mut names = pointer.strip_prefix('/')?.split('/').peekable();
        let mut at = self;
        while let Some(name) = names.next() {
            let (_, node) = at.members.iter_mut().find(|(key, _)| key == name)?;
            match node {
                Node::Leaf(value) => return names.peek().is_none().then_some(value),
                Node::Branch(inner) => at = inner,
            }
        }
        None
    }

    /// As a value.
    pub fn finish(self) -> model::Value {
        let member = |(name, node): (String, Node)| {
            let value = match node {
                Node::Leaf(value) => value,
                Node::Branch(inner) => inner.finish(),
            };
            (name, value)
        };
        model::Value::new(model::Kind::Object(self.members.into_iter().map(member).collect()))
    }
}

/// Writes the properties that the fields make of a block.
pub(in super::super) fn fill(draft: &mut Draft, fields: &[Field], block: &Block, place: Option<Span>) {
    for field in fields {
        match field {
            Field::One { from, to, how, absent } => match block.find(from) {
                Found::Given(value) => draft.set(to, changed(*how, &value).to_model(place)),
                Found::Unknown(value) => draft.set(to, unknown_of(*how, &value).to_model(place)),
                Found::Absent { inside: true } => set_default(draft, from, to, *absent, block),
                Found::Absent { inside: false } => {}
            },
            Field::Many { from, to, fields } => match block.find(from) {
                Found::Given(value) => draft.extend(to, array(&value, fields, block, place)),
                Found::Unknown(value) => draft.extend(to, value.to_model(place)),
                Found::Absent { .. } => {}
            },
            Field::Fixed { when, to, value } => {
                if when.is_empty() {
                    draft.set(to, literal(*value));
                    continue;
                }
                match block.find(when) {
                    Found::Given(given) if !is_empty(&given) => draft.set(to, literal(*value)),
                    Found::Unknown(unknown) => draft.set(to, unknown.to_model(place)),
                    _ => {}
                }
            }
            Field::Made { to, make } => {
                if let Made::Value(value) = make(block) {
                    draft.set(to, value.to_model(place));
                }
            }
        }
    }
}

fn is_empty(value: &Val) -> bool {
    value.as_items().is_some_and(<[Val]>::is_empty)
}

fn set_default(draft: &mut Draft, from: &str, to: &str, absent: Absent, block: &Block) {
    let value = match absent {
        Absent::Omitted => return,
        Absent::Is(value) => value,
        Absent::Until(major, before, after) => match block.major {
            Some(known) if known <= major => before,
            Some(_) => after,
            None => {
                draft.set(to, unresolved(format!("the default of {from}, which the version of azurerm decides")));
                return;
            }
        },
    };
    match value {
        Lit::None => {}
        Lit::Unsure => draft.set(to, unresolved(format!("the default of {from}"))),
        known => draft.set(to, literal(known)),
    }
}

/// Not known, and equal to nothing else that is not known.
pub(in super::super) fn unresolved(expression: String) -> model::Value {
    model::Value::new(model::Kind::Unknown(model::Unknown::Unresolved { expression, text: None }))
}

fn literal(value: Lit) -> model::Value {
    model::Value::new(match value {
        Lit::Bool(value) => model::Kind::Bool(value),
        Lit::Text(text) => model::Kind::Text(Text::known(text)),
        Lit::Int(value) => model::Kind::Number(value.into()),
        Lit::None | Lit::Unsure => model::Kind::Null,
    })
}

fn array(value: &Val, fields: &[Field], outer: &Block, place: Option<Span>) -> model::Value {
    let items = match value.as_items() {
        Some(items) => items,
        None => std::slice::from_ref(value),
    };
    let element = |item: &Val| {
        if item.is_unknown() {
            return item.to_model(place);
        }
        let mut draft = Draft::default();
        let place = item.span.or(place);
        fill(&mut draft, fields, &Block { values: item, ..*outer }, place);
        let mut element = draft.finish();
        element.span = place;
        element
    };
    let mut result = model::Value::new(model::Kind::Array(items.iter().map(element).collect()));
    result.span = value.place.or(place);
    result
}

/// The value as ARM has it; unknown parts stay unknown.
fn changed(how: How, value: &Val) -> Val {
    let keep = |kind: Kind| Val { kind, span: value.span, place: value.place };
    match how {
        How::Same => value.clone(),
        How::With(change) => {
            let made = change(value);
            Val { span: made.span.or(value.span), place: value.place, ..made }
        }
        How::Listed => keep(Val::list(vec![value.clone()]).kind),
        How::Keys => keep(keys(value)),
        How::Words(words) => match value.as_str() {
            Some(text) => match words.iter().find(|(from, _)| from.eq_ignore_ascii_case(text)) {
                Some((_, to)) => keep(Val::string(*to).kind),
                None => value.clone(),
            },
            None => value.clone(),
        },
        How::Enabled => flagged(value, "Enabled", "Disabled"),
        How::Either(yes, no) => flagged(value, yes, no),
        How::Not => match value.as_bool() {
            Some(known) => keep(Kind::Bool(!known)),
            None => unknown_of(how, value),
        },
    }
}

fn flagged(value: &Val, yes: &str, no: &str) -> Val {
    match value.as_bool() {
        Some(known) => Val { span: value.span, place: value.place, ..Val::string(if known { yes } else { no }) },
        None => unknown_of(How::Not, value),
    }
}

/// What a changed value is where the value is not known: not the same hole.
fn unknown_of(how: How, value: &Val) -> Val {
    let value = match how {
        How::Same | How::Words(_) => return value.clone(),
        _ => value,
    };
    let made = Val::derived(value.display(), &format!("arm\u{1e}{}", value.identity()));
    Val { span: value.span, place: value.place, ..made }
}

/// `{id: {}}` for each id.
fn keys(value: &Val) -> Kind {
    let mut members: BTreeMap<Rc<str>, Val> = BTreeMap::new();
    for item in value.as_items().unwrap_or_default() {
        let name = item.to_text().map(|text| text.to_string());
        members.insert(name.unwrap_or_else(|| item.display()).into(), Val::object(BTreeMap::new()));
    }
    Val::object(members).kind
}

/// The id that a mapping's rule makes of the attributes.
///
/// `subscription` is the subscription of the provider that creates the resource.
pub(in super::super) fn id(mapping: &Mapping, subscription: &Text, get: &dyn Fn(&str) -> Val) -> Option<Text> {
    let last = mapping.arm.rsplit('/').next().unwrap_or(mapping.arm);
    match mapping.id {
        Id::Group(names) => group_id(mapping.arm, names, subscription, get),
        Id::Under(parent, name) => Some(below(text_of(get, parent)?, last, &text_of(get, name)?)),
        Id::Either(parent, names) => match text_of(get, parent) {
            Some(parent) => Some(below(parent, last, &text_of(get, names.last()?)?)),
            None => group_id(mapping.arm, names, subscription, get),
        },
        Id::UnderFixed(parent, name) => Some(below(text_of(get, parent)?, last, &Text::known(name))),
        Id::On(scope, name) => {
            let mut id = text_of(get, scope)?;
            id.push_known(&format!("/providers/{}/", mapping.arm));
            id.push(&text_of(get, name)?);
            Some(id)
        }
        Id::Beside(sibling, name) => beside(&text_of(get, sibling)?, &text_of(get, name)?),
        Id::Named(parent, kind, name) => Some(below(text_of(get, parent)?, kind, &text_of(get, name)?)),
        Id::InAccount(service, kind) => in_account(service, kind, subscription, get),
        Id::InstanceFailoverGroup => {
            // It lies in the resource group of the instance, below the location.
            let instance = text_of(get, "managed_instance_id")?.split('/');
            let at = instance.iter().position(|p| p.as_known() == Some("providers"))?;
            let mut id = joined(&instance[..at]);
            id.push_known("/providers/Microsoft.Sql");
            let id = below(id, "locations", &text_of(get, "location")?);
            Some(below(id, "instanceFailoverGroups", &text_of(get, "name")?))
        }
        Id::ResourceGroup => Some(group_scope(subscription, &text_of(get, "name")?)),
        Id::Subscription => {
            let id = text_of(get, "subscription_id").unwrap_or_else(|| subscription.clone());
            let mut text = Text::known("/subscriptions/");
            text.push(&id);
            Some(text)
        }
        Id::Of(whole) => text_of(get, whole),
    }
}

fn text_of(get: &dyn Fn(&str) -> Val, names: &str) -> Option<Text> {
    names.split('|').find_map(|name| get(name).to_text())
}

fn group_scope(subscription: &Text, group: &Text) -> Text {
    let mut text = Text::known("/subscriptions/");
    text.push(subscription);
    text.push_known("/resourceGroups/");
    text.push(group);
    text
}

fn group_id(arm: &str, names: &[&str], subscription: &Text, get: &dyn Fn(&str) -> Val) -> Option<Text> {
    let mut id = group_scope(subscription, &text_of(get, "resource_group_name")?);
    let mut segments = arm.split('/');
    id.push_known(&format!("/providers/{}", segments.next().unwrap_or(arm)));
    for (segment, name) in segments.zip(names) {
        id = below(id, segment, &text_of(get, name)?);
    }
    Some(id)
}

fn beside(sibling: &Text, name: &Text) -> Option<Text> {
    let mut pieces = sibling.split('/');
    if pieces.len() < 9 {
        return None;
    }
    pieces.pop();
    let mut id = joined(&pieces);
    id.push_known("/");
    id.push(name);
    Some(id)
}

pub(super) fn joined(pieces: &[Text]) -> Text {
    let mut text = Text::default();
    for (index, piece) in pieces.iter().enumerate() {
        text.push_known(if index > 0 { "/" } else { "" });
        text.push(piece);
    }
    text
}

fn in_account(service: &str, kind: &str, subscription: &Text, get: &dyn Fn(&str) -> Val) -> Option<Text> {
    let account = match text_of(get, "storage_account_id") {
        Some(id) => id,
        // Account names are unique in Azure, so the resource group does not matter.
        None => {
            let name = text_of(get, "storage_account_name")?;
            let group = Val::derived(format!("the resource group of {name}"), &format!("group\u{1e}{name}"));
            let scope = group_scope(subscription, &group.to_text()?);
            let mut id = scope;
            id.push_known("/providers/Microsoft.Storage");
            below(id, "storageAccounts", &name)
        }
    };
    let service = below(account, service, &Text::known("default"));
    Some(below(service, kind, &text_of(get, "name")?))
}

fn below(mut parent: Text, kind: &str, name: &Text) -> Text {
    parent.push_known(&format!("/{kind}/"));
    parent.push(name);
    parent
}
