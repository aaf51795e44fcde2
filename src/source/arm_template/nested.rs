//! Deployments within a template: nested, or linked by a path.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/linked-templates>

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{GapCode, Kind, Part, ResourceId, Span, Text, Value};
use crate::source::expr::{
    Element, Evaluator, Expr, ExprKind, Iterations, JsonString, Member, Property, Scope, ScopeKind,
};

use super::document::{Document, Strings};
use super::environment::{Given, Template};
use super::expression::parse_string;
use super::frame::{Frame, NestedDeployment};
use super::identity::absolute;

/// How deep deployments may be nested. Azure's own limit is lower.
const DEEPEST: usize = 20;

/// Most templates that one deployment expands.
const MOST_FRAMES: usize = 1_000;

/// Where a deployment goes: `scope`, `subscriptionId` and `resourceGroup`, else where the template
/// around it goes.
pub(super) fn target(ev: &mut Evaluator<'_>, resource: &Expr, frame: &Frame<'_>) -> Scope {
    let place = &frame.place;
    let mut text = |name: &str| resource.get(name).and_then(|expr| ev.eval(expr).as_text());
    if let Some(scope) = text("scope") {
        return at_scope(&absolute(&scope, place), place);
    }
    match (text("subscriptionId"), text("resourceGroup")) {
        (None, None) => place.clone(),
        (Some(subscription), None) => place.clone().in_subscription(subscription),
        (subscription, Some(group)) => {
            let other = place.clone().in_group(subscription, group);
            if other.resource_group_id() == place.resource_group_id() {
                return Scope { kind: ScopeKind::ResourceGroup, ..place.clone() };
            }
            match location_of_group(ev, &other, frame) {
                Some(location) => Scope { group_location: location, ..other },
                None => other,
            }
        }
    }
}

fn at_scope(id: &Text, place: &Scope) -> Scope {
    if id.parts().is_empty() {
        return place.clone().in_tenant();
    }
    let pieces = id.split('/');
    let after = |word: &str| {
        let at = pieces.iter().position(|piece| piece.as_known().is_some_and(|p| p.eq_ignore_ascii_case(word)))?;
        pieces.get(at + 1).cloned()
    };
    match (after("subscriptions"), after("resourceGroups"), after("managementGroups")) {
        (_, _, Some(group)) => place.clone().in_management_group(group),
        (subscription, Some(group), _) => place.clone().in_group(subscription, group),
        (Some(subscription), None, _) => place.clone().in_subscription(subscription),
        // The id of a management group or subscription in a parameter.
        (None, None, None) => place.clone().in_management_group(id.clone()),
    }
}

/// The location of a resource group that the same template declares.
fn location_of_group(ev: &mut Evaluator<'_>, scope: &Scope, frame: &Frame<'_>) -> Option<Text> {
    let wanted = ResourceId::from_text(scope.resource_group_id());
    for declared in frame.resources() {
        let is_group = declared
            .body
            .get("type")
            .and_then(Expr::as_text)
            .is_some_and(|name| name.eq_ignore_ascii_case("Microsoft.Resources/resourceGroups"));
        if !is_group || declared.body.get("copy").is_some() {
            continue;
        }
        let name = ev.eval(declared.body.get("name")?).as_text()?;
        let mut id = frame.place.subscription_id();
        id.push_known("/resourceGroups/");
        id.push(&name);
        if ResourceId::from_text(id) == wanted {
            return ev.eval(declared.body.get("location")?).as_text();
        }
    }
    None
}

/// The frame of a deployment. What cannot be read becomes a gap.
pub(super) fn open<'d>(outer: &Rc<Frame<'d>>, nested: &NestedDeployment<'d>) -> Option<Rc<Frame<'d>>> {
    let context = outer.template.context;
    let session = context.session;
    let resource = nested.resource;
    let at = resource.member("type").map_or(resource.span, |member| member.span);
    if outer.calls.len() >= DEEPEST {
        session.gap(GapCode::LimitExceeded, at, format!("deployments are nested more than {DEEPEST} deep"));
        return None;
    }
    context.frames.set(context.frames.get() + 1);
    if context.frames.get() > MOST_FRAMES {
        let message = format!("the deployment consists of more than {MOST_FRAMES} templates; the rest was not read");
        session.gap(GapCode::LimitExceeded, at, message);
        return None;
    }
    let mut ev = Evaluator::resume(session, &*outer.template, &nested.iterations);
    let properties = resource.get("properties")?;
    let place = target(&mut ev, resource, outer);
    let name = resource.get("name").and_then(|name| ev.eval(name).as_text()).unwrap_or_default();
    let path = format!("{name}#{}", context.frames.get());
    let place = place.nested(&path, name);
    let calls: Vec<Span> = outer.calls.iter().copied().chain([at]).collect();
    if let Some(link) = properties.get("templateLink") {
        let document = linked(&mut ev, outer, link)?;
        let root = document.root.as_ref()?;
        let mut files = outer.files.clone();
        files.push(document.path.clone());
        return inner(outer, nested, document, root, place, calls, files);
    }
    let Some(body) = properties.get("template") else {
        session.gap(GapCode::InvalidDocument, at, "the deployment has neither a template nor a link to one");
        return None;
    };
    if !body.is_object() {
        let document = computed(&mut ev, outer, body)?;
        let root = document.root.as_ref()?;
        return inner(outer, nested, document, root, place, calls, outer.files.clone());
    }
    let scope = properties.get("expressionEvaluationOptions").and_then(|options| options.get("scope"));
    if scope.and_then(Expr::as_text).is_some_and(|scope| scope.eq_ignore_ascii_case("inner")) {
        return inner(outer, nested, outer.template.document, body, place, calls, outer.files.clone());
    }
    let template = outer.template.clone();
    Some(Frame::new(template, body, place, nested.iterations.clone(), calls, outer.files.clone()))
}

/// A template that is the value of an expression, mostly a variable that holds a loaded file. Its own
/// expressions are those that are left in it, so they are evaluated by the deployment itself.
fn computed<'d>(ev: &mut Evaluator<'_>, outer: &Rc<Frame<'d>>, body: &Expr) -> Option<&'d Document> {
    let context = outer.template.context;
    let value = ev.eval(body);
    if !matches!(value.kind, Kind::Object(_)) {
        let message = "the template of the deployment is computed when it is deployed";
        context.session.gap(GapCode::Unsupported, body.span, message);
        return None;
    }
    let from = outer.template.document;
    let root = Some(template_of(&value, body.span));
    Some(context.documents.keep(Document { path: from.path.clone(), file: from.file, root }))
}

/// A value as the template that it holds. What is not known in it stands where it was computed.
fn template_of(value: &Value, at: Span) -> Expr {
    let span = value.supplied.or(value.span).unwrap_or(at);
    let kind = match &value.kind {
        Kind::Null => ExprKind::Null,
        Kind::Bool(bool) => ExprKind::Bool(*bool),
        Kind::Number(number) => number.as_i64().map_or_else(|| ExprKind::Number(number.clone()), ExprKind::Int),
        Kind::Text(text) => match text.as_known() {
            Some(known) => {
                let string = JsonString { value: known, raw: known, start: span.start + 1, file: span.file };
                parse_string(&string)
            }
            None => ExprKind::Error("the template is not known before it is deployed".into()),
        },
        Kind::Unknown(_) => ExprKind::Error("the template is not known before it is deployed".into()),
        Kind::Array(items) => ExprKind::Array(items.iter().map(|item| Element::Item(template_of(item, at))).collect()),
        Kind::Object(members) => {
            let member = |(name, member): &(String, Value)| {
                let value = template_of(member, at);
                let key = Expr::new(ExprKind::Text(name.as_str().into()), value.span);
                Property::Member(Member { key, span: value.span, value })
            };
            ExprKind::Object(members.iter().map(member).collect())
        }
    };
    Expr::new(kind, span)
}

/// A template with parameters and variables of its own.
fn inner<'d>(
    outer: &Rc<Frame<'d>>,
    nested: &NestedDeployment<'d>,
    document: &'d Document,
    body: &'d Expr,
    place: Scope,
    calls: Vec<Span>,
    files: Vec<String>,
) -> Option<Rc<Frame<'d>>> {
    let context = outer.template.context;
    let properties = nested.resource.get("properties")?;
    let mut given = HashMap::new();
    if let Some(parameters) = properties.get("parameters") {
        given = given_by(outer, parameters, &nested.iterations);
    }
    if let Some(link) = properties.get("parametersLink") {
        let message = "the parameters of the deployment are in a file of their own, which is not read";
        context.session.gap(GapCode::ExternalReference, link.span, message);
    }
    let template = Template::new(context, document, body, place.clone(), given);
    Some(Frame::new(Rc::new(template), body, place, Iterations::default(), calls, files))
}

/// What the parameters of a nested deployment are given, evaluated where it is written.
fn given_by<'d>(outer: &Rc<Frame<'d>>, parameters: &'d Expr, iterations: &Iterations) -> HashMap<String, Given<'d>> {
    if parameters.is_object() {
        let at = || Some((Rc::downgrade(&outer.template), iterations.clone()));
        let member = |member: &'d Member| {
            Some((member.key.as_text()?.to_ascii_lowercase(), Given::Written { member, at: at() }))
        };
        return parameters.members().filter_map(member).collect();
    }
    let mut ev = Evaluator::resume(outer.template.context.session, &*outer.template, iterations);
    let Kind::Object(members) = ev.eval(parameters).kind else { return HashMap::new() };
    let value = |(name, member): &(String, Value)| {
        Some((name.to_ascii_lowercase(), Given::Computed(member.get("value")?.clone())))
    };
    members.iter().filter_map(value).collect()
}

/// The template that a link leads to, if it is in the tree.
fn linked<'d>(ev: &mut Evaluator<'_>, outer: &Rc<Frame<'d>>, link: &Expr) -> Option<&'d Document> {
    let context = outer.template.context;
    let session = context.session;
    if let Some(id) = link.get("id") {
        let id = ev.eval(id).as_text().unwrap_or_default();
        let message = format!("the template spec '{id}' is not in the scanned files");
        session.gap(GapCode::ExternalReference, link.span, message);
        return None;
    }
    let from = &outer.template.document.path;
    let path = if let Some(relative) = link.get("relativePath") {
        let relative = ev.eval(relative);
        relative.as_str().and_then(|relative| context.tree.resolve(from, relative))
    } else if let Some(uri) = link.get("uri") {
        context.linking.set(true);
        let uri = Evaluator::resume(session, &*outer.template, &ev.iterations()).eval(uri);
        context.linking.set(false);
        uri.as_text().and_then(|uri| path_of(&uri)).and_then(|path| context.tree.resolve("x", &path))
    } else {
        None
    };
    let Some(path) = path.filter(|path| context.tree.contains(path)) else {
        let target = link.get("relativePath").or_else(|| link.get("uri")).unwrap_or(link);
        let message = format!("the linked template {} is not in the scanned files", session.source(target.span));
        session.gap(GapCode::ExternalReference, link.span, message);
        return None;
    };
    context.linked.borrow_mut().insert(path.clone());
    if outer.files.contains(&path) {
        session.gap(GapCode::Cycle, link.span, format!("the templates link to each other in a circle: {path}"));
        return None;
    }
    let document = context.documents.load(context.tree, &path, Strings::Template, session);
    if document.root.as_ref().is_some_and(|root| root.get("resources").is_none()) {
        session.gap(GapCode::InvalidDocument, link.span, format!("the linked file {path} is no template"));
        return None;
    }
    Some(document)
}

/// The path within the tree of an address below the place where the template is published.
fn path_of(uri: &Text) -> Option<String> {
    let Some(Part::Known(start)) = uri.parts().first() else { return None };
    let path = start.strip_prefix(Scope::TREE)?;
    // What follows is an access token.
    let end = path.split('?').next()?;
    let end = match end.to_ascii_lowercase().find(".json") {
        Some(at) => &end[..at + 5],
        None => return None,
    };
    let names: Vec<&str> = end.split('/').filter(|name| !name.is_empty()).collect();
    Some(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_below_the_template_are_paths() {
        let uri = |known: &str| path_of(&Text::known(format!("{}{known}", Scope::TREE)));
        assert_eq!(uri("infra//nested/vm.json?sv=1").as_deref(), Some("infra/nested/vm.json"));
        assert_eq!(uri("infra/script.ps1"), None);
        assert_eq!(path_of(&Text::known("https://example.org/x.json")), None);
    }
}
