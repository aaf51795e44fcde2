//! Turns the declarations of a template into resources.

use std::collections::HashMap;
use std::rc::Rc;

use crate::model::{Declaration, DeploymentId, GapCode, Kind, Resource, ResourceId, Value};
use crate::source::expr::{Evaluator, Expr, Fault};

use super::frame::{Condition, Declared, Frame, Instance, condition, declared, is_deployment};
use super::identity::{Identity, identify};

/// Most resources of one deployment. Azure allows 800 per template.
const MOST_RESOURCES: usize = 20_000;

/// How deep resources may be declared within resources.
const DEEPEST_CHILD: usize = 8;

/// Members of a declaration that are no part of the resource.
const NOT_BODY: &[&str] = &[
    "type",
    "name",
    "apiVersion",
    "condition",
    "copy",
    "scope",
    "existing",
    "resources",
    "dependsOn",
    "comments",
    "metadata",
    "subscriptionId",
    "resourceGroup",
    "import",
    "extension",
    "asserts",
    "$options",
];

/// The resources of a deployment under way.
pub(super) struct Expansion {
    deployment: DeploymentId,
    /// What was found.
    pub resources: Vec<Resource>,
    /// How often each logical name was given.
    names: HashMap<String, u32>,
}

impl Expansion {
    /// The expansion of a deployment.
    pub fn new(deployment: DeploymentId) -> Self {
        Self { deployment, resources: Vec::new(), names: HashMap::new() }
    }

    /// Adds the resources of a template and of the deployments within it.
    pub fn frame(&mut self, frame: &Rc<Frame<'_>>, condition: Option<&str>) {
        let mut ev = frame.evaluator();
        tell_computed(frame, frame.body.get("resources"));
        for declared in frame.resources() {
            self.resource(&mut ev, frame, declared, None, condition, 0);
        }
    }

    fn resource<'d>(
        &mut self,
        ev: &mut Evaluator<'_>,
        frame: &Rc<Frame<'d>>,
        declared: Declared<'d>,
        parent: Option<&Identity>,
        condition: Option<&str>,
        depth: usize,
    ) {
        let session = frame.template.context.session;
        if depth > DEEPEST_CHILD {
            let message = format!("resources are nested more than {DEEPEST_CHILD} deep");
            return session.gap(GapCode::LimitExceeded, declared.body.span, message);
        }
        if session.is_exhausted() {
            return;
        }
        frame.each(ev, declared.body, &mut |ev, instance| {
            if self.resources.len() >= MOST_RESOURCES {
                let message = format!("the deployment has more than {MOST_RESOURCES} resources; the rest was not read");
                return session.gap(GapCode::LimitExceeded, declared.body.span, message);
            }
            self.instance(ev, frame, declared, parent, condition, instance, depth);
        });
    }

    #[expect(clippy::too_many_arguments, reason = "all of it is where the walk stands")]
    fn instance<'d>(
        &mut self,
        ev: &mut Evaluator<'_>,
        frame: &Rc<Frame<'d>>,
        declared: Declared<'d>,
        parent: Option<&Identity>,
        outer: Option<&str>,
        instance: Instance,
        depth: usize,
    ) {
        let body = declared.body;
        let mut conditions: Vec<String> = outer.iter().map(|outer| (*outer).to_owned()).collect();
        conditions.extend(instance.condition);
        match condition(ev, body) {
            Condition::Met => {}
            Condition::NotMet => return self.children_only(ev, frame, body, parent, outer, depth),
            Condition::Unknown(text) => conditions.push(text),
        }
        let condition = (!conditions.is_empty()).then(|| conditions.join(" and "));
        if is_foreign(frame.body, body) {
            return;
        }
        if condition.is_some() {
            let session = frame.template.context.session;
            return session
                .doubtfully(|| self.deployed(ev, frame, body, parent, (outer, condition), instance.index, depth));
        }
        self.deployed(ev, frame, body, parent, (outer, None), instance.index, depth);
    }

    /// An instance that is deployed, if perhaps only on a condition.
    #[expect(clippy::too_many_arguments, reason = "all of it is where the walk stands")]
    fn deployed<'d>(
        &mut self,
        ev: &mut Evaluator<'_>,
        frame: &Rc<Frame<'d>>,
        body: &'d Expr,
        parent: Option<&Identity>,
        (outer, condition): (Option<&str>, Option<String>),
        index: Option<u64>,
        depth: usize,
    ) {
        if is_deployment(body) {
            return self.deployment(frame, body, index, condition.as_deref());
        }
        let identity = match identify(ev, body, parent, &frame.place) {
            Ok(identity) => identity,
            Err(Fault { code, message }) => {
                let at = body.member("type").map_or(body.span, |member| member.span);
                return ev.session().gap(code, at, message);
            }
        };
        let declaration = Declaration {
            deployment: self.deployment,
            logical_name: self.logical_name(ev, body, &identity, index),
            span: body.member("type").map_or(body.span, |member| member.span),
            spans: Default::default(),
            calls: frame.calls.clone(),
            existing: is_existing(body),
            condition,
            location: body.get("location").and_then(|location| frame.template.origin_of(location)),
        };
        let id = ResourceId::from_text(identity.id.clone());
        let properties = properties(ev, body);
        self.resources.push(Resource::declared(id, &identity.resource_type, properties, declaration));
        self.children(ev, frame, body, &identity, outer, depth);
    }

    fn children<'d>(
        &mut self,
        ev: &mut Evaluator<'_>,
        frame: &Rc<Frame<'d>>,
        body: &'d Expr,
        identity: &Identity,
        condition: Option<&str>,
        depth: usize,
    ) {
        tell_computed(frame, body.get("resources"));
        for child in declared(body.get("resources")) {
            self.resource(ev, frame, child, Some(identity), condition, depth + 1);
        }
    }

    /// The condition of a resource does not hold for the resources declared within it.
    /// <https://learn.microsoft.com/azure/azure-resource-manager/templates/conditional-resource-deployment>
    fn children_only<'d>(
        &mut self,
        ev: &mut Evaluator<'_>,
        frame: &Rc<Frame<'d>>,
        body: &'d Expr,
        parent: Option<&Identity>,
        condition: Option<&str>,
        depth: usize,
    ) {
        if body.get("resources").is_none() || is_deployment(body) {
            return;
        }
        if let Ok(identity) = identify(ev, body, parent, &frame.place) {
            self.children(ev, frame, body, &identity, condition, depth);
        }
    }

    fn deployment<'d>(&mut self, frame: &Rc<Frame<'d>>, body: &'d Expr, index: Option<u64>, condition: Option<&str>) {
        let found =
            frame.deployments().iter().find(|nested| std::ptr::eq(nested.resource, body) && nested.index == index);
        let Some(nested) = found else {
            let message = "the deployment cannot be read where it stands";
            return frame.template.context.session.gap(GapCode::Unsupported, body.span, message);
        };
        if let Some(inner) = frame.frame_of(nested) {
            self.frame(&inner, condition);
        }
    }

    /// `arm:<type>/<name as written>`, with the index of a loop, and a number where one deployment
    /// declares it several times.
    fn logical_name(&mut self, ev: &Evaluator<'_>, body: &Expr, identity: &Identity, index: Option<u64>) -> String {
        let written = body.get("name").map(|name| ev.session().written(name.span)).unwrap_or_default();
        let mut name = format!("arm:{}/{}", identity.resource_type, written.trim_matches('"'));
        if let Some(index) = index {
            name.push_str(&format!("[{index}]"));
        }
        let count = self.names.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            name.push_str(&format!("#{count}"));
        }
        name
    }
}

fn is_existing(body: &Expr) -> bool {
    body.get("existing").is_some_and(|existing| existing.kind == crate::source::expr::ExprKind::Bool(true))
}

/// Resources that are no JSON objects but the value of an expression are a gap.
fn tell_computed(frame: &Frame<'_>, resources: Option<&Expr>) {
    let Some(resources) = resources else { return };
    let listed = resources.elements().chain(resources.members().map(|member| &member.value));
    let whole = (!resources.is_array() && !resources.is_object()).then_some(resources);
    for computed in listed.filter(|resource| !resource.is_object()).chain(whole) {
        let message = "the resources are computed when they are deployed";
        frame.template.context.session.gap(GapCode::Unsupported, computed.span, message);
    }
}

/// The members that make up the resource, evaluated.
fn properties(ev: &mut Evaluator<'_>, body: &Expr) -> Value {
    let mut members = Vec::new();
    for member in body.members() {
        let Some(name) = member.key.as_text() else { continue };
        if NOT_BODY.iter().any(|other| other.eq_ignore_ascii_case(name)) {
            continue;
        }
        members.push((name.to_owned(), ev.eval_at(&member.value, member.span)));
    }
    Value::new(Kind::Object(members))
}

/// Whether a resource is one of another provider than Azure (Kubernetes, Microsoft Graph), by the
/// extension that it names.
fn is_foreign(template: &Expr, resource: &Expr) -> bool {
    let Some(alias) = resource.get("extension").or_else(|| resource.get("import")) else { return false };
    let declared = alias.as_text().and_then(|alias| {
        let section = template.get("extensions").or_else(|| template.get("imports"))?;
        section.get(alias)
    });
    let provider = declared.and_then(|declared| declared.get("name").or_else(|| declared.get("provider")));
    !provider.and_then(Expr::as_text).is_some_and(|name| name.eq_ignore_ascii_case("AzureResourceManager"))
}
