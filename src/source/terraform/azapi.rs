//! `azapi_*` resources: ARM nearly as it is.
//!
//! <https://registry.terraform.io/providers/Azure/azapi/latest/docs/resources/resource>

use crate::model::{Span, Text};

use super::azurerm::Draft;
use super::eval::Engine;
use super::functions::json_decode;
use super::instance::ResourceInstance;
use super::scope::Scope;
use super::syntax::ExprKind;
use super::value::{Kind, Unknown, Val};

/// Members of a body that arguments of their own may give as well.
const ARGUMENTS: &[&str] = &["location", "tags"];

/// Members that a body may have. What is unknown as a whole may hold any of them.
const MEMBERS: &[&str] = &["properties", "sku", "kind", "zones", "identity"];

/// The type without its API version; `None` if it is not known.
pub(super) fn arm_type(kind: &Val) -> Option<String> {
    let text = kind.as_str()?;
    Some(text.split('@').next().unwrap_or(text).to_owned())
}

/// The id of an azapi resource.
pub(super) fn id(engine: &Engine, resource: &ResourceInstance) -> Option<Text> {
    let get = |name: &str| engine.argument(resource, name);
    let subscription = || engine.subscription(&resource.module, "azurerm");
    id_of(&get, &subscription)
}

/// The id that the arguments make.
pub(super) fn id_of(get: &dyn Fn(&str) -> Val, subscription: &dyn Fn() -> Text) -> Option<Text> {
    if let Some(id) = get("resource_id").to_text() {
        return Some(id);
    }
    let kind = arm_type(&get("type"))?;
    let name = get("name").to_text()?;
    let parent = match get("parent_id").to_text() {
        Some(parent) => parent,
        None if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") => {
            let mut scope = Text::known("/subscriptions/");
            scope.push(&subscription());
            scope
        }
        None => return None,
    };
    Some(below(parent, &kind, &name))
}

fn below(parent: Text, kind: &str, name: &Text) -> Text {
    let mut id = parent;
    let mut segments: Vec<&str> = kind.split('/').collect();
    if kind.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups") {
        id.push_known("/resourceGroups/");
    } else if segments.len() > 2 {
        id.push_known(&format!("/{}/", segments.pop().unwrap_or_default()));
    } else {
        if id.as_known() == Some("/") {
            id = Text::default();
        }
        id.push_known(&format!("/providers/{kind}/"));
    }
    id.push(name);
    id
}

/// The ARM body that the arguments make. `body` is an object, or JSON text as older versions want it.
pub(super) fn fill(draft: &mut Draft, arguments: &Val, place: Option<Span>) {
    for name in ARGUMENTS {
        if let Some(value) = arguments.member(name).filter(|value| !value.is_null()) {
            draft.set(&format!("/{name}"), value.to_model(place));
        }
    }
    identity(draft, arguments, place);
    let Some(body) = arguments.member("body").filter(|body| !body.is_null()) else { return };
    let decoded = match &body.kind {
        Kind::Text(text) => json_decode(text).ok().map(|value| Val { span: body.span, place: body.place, ..value }),
        _ => Some(body.clone()),
    };
    let inside = body.place.or(place);
    match decoded.as_ref().map(|value| &value.kind) {
        Some(Kind::Object(map)) => {
            for (name, member) in &map.members {
                draft.set(&format!("/{}", name.replace('~', "~0").replace('/', "~1")), member.to_model(inside));
            }
        }
        _ => {
            for name in MEMBERS {
                draft.set(&format!("/{name}"), opaque(body).to_model(inside));
            }
        }
    }
}

/// A part of what is not known is not the whole of it.
fn opaque(body: &Val) -> Val {
    let text = if body.is_unknown() { body.display() } else { "body".to_owned() };
    Val { span: body.span, place: body.place, ..Val::derived(text, &format!("body\u{1e}{}", body.identity())) }
}

fn identity(draft: &mut Draft, arguments: &Val, place: Option<Span>) {
    let Some(block) = arguments.member("identity") else { return };
    let block = match &block.kind {
        Kind::List(seq) => match seq.items.first() {
            Some(first) => first.clone(),
            None => return,
        },
        _ => block.clone(),
    };
    if block.is_unknown() {
        draft.set("/identity", block.to_model(place));
        return;
    }
    if let Some(kind) = block.member("type").filter(|kind| !kind.is_null()) {
        draft.set("/identity/type", kind.to_model(place));
    }
}

impl Engine<'_, '_> {
    /// The arguments of a resource; the body of an azapi resource as an object.
    pub fn all_arguments(&self, resource: &ResourceInstance, unknown: &Unknown) -> Val {
        let arguments = self.arguments(resource, unknown);
        match (self.azapi_body(resource), arguments.as_members()) {
            (Some(body), Some(members)) => {
                let mut members = members.clone();
                members.insert("body".into(), body);
                Val::object(members)
            }
            _ => arguments,
        }
    }

    /// The body as an object where it is written as `jsonencode({…})`, so that its members keep their
    /// places.
    fn azapi_body(&self, resource: &ResourceInstance) -> Option<Val> {
        let azapi = resource.block.kind.starts_with("azapi_");
        let attribute = resource.block.body.attribute("body").filter(|_| azapi)?;
        let ExprKind::Call(call) = &attribute.value.kind else { return None };
        let ("jsonencode", [inner]) = (&*call.name, call.args.as_slice()) else { return None };
        let scope = Scope { binding: Some(&resource.binding), ..Scope::of(&resource.module) };
        self.eval(inner, scope).ok().map(|value| value.placed(attribute.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_depth_of_the_type() {
        let id = |parent: &str, kind: &str| below(Text::known(parent), kind, &"n".into()).to_string();
        let group = "/subscriptions/s/resourceGroups/g";
        assert_eq!(
            id(group, "Microsoft.Storage/storageAccounts"),
            format!("{group}/providers/Microsoft.Storage/storageAccounts/n")
        );
        assert_eq!(
            id("/x/storageAccounts/a", "Microsoft.Storage/storageAccounts/blobServices"),
            "/x/storageAccounts/a/blobServices/n"
        );
        assert_eq!(id("/subscriptions/s", "Microsoft.Resources/resourceGroups"), "/subscriptions/s/resourceGroups/n");
    }
}
