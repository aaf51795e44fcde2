//! Deployments that are written as resources, with an ARM template in their properties. Modules took
//! their place; what is left are empty ones, that only leave a name in the deployment history, and
//! templates loaded from a file.

use std::collections::HashMap;

use super::resources::Output;
use super::template::{Position, Template};
use crate::model::{GapCode, Kind, Value};
use crate::source::expr::{Expr, ExprKind, Scope};

impl Template<'_> {
    /// What a deployment deploys that is written as a resource.
    pub(super) fn lower_deployment(
        &self,
        node: usize,
        position: &Position,
        conditions: &[String],
        output: &mut Output,
    ) {
        let resource = &self.source.resources[node].resource;
        let gap = |code, message: &str| self.lib.session.gap(code, resource.header, message);
        let properties = resource.body.object.get("properties");
        let Some(template) = properties.and_then(|properties| properties.get("template")) else {
            return gap(GapCode::ExternalReference, "the template that this deployment links to is not read");
        };
        if let Some(path) = self.loaded_file(template, true) {
            return self.lower_loaded(node, position, &path, conditions, output);
        }
        let template = self.in_resource(node, position, |ev| ev.eval(template));
        let deploys_nothing = match &template.kind {
            Kind::Object(_) => match template.get("resources").map(|resources| &resources.kind) {
                None => true,
                Some(Kind::Array(items)) => items.is_empty(),
                Some(Kind::Object(members)) => members.is_empty(),
                Some(_) => false,
            },
            _ => false,
        };
        if !deploys_nothing {
            gap(GapCode::Unsupported, "the template of this deployment is not read; write it as a module");
        }
    }

    /// The file that an expression loads whole: `loadJsonContent('x.json')`, or a variable of it.
    fn loaded_file(&self, expr: &Expr, through_variable: bool) -> Option<String> {
        match &expr.kind {
            ExprKind::Call(call) if &*call.name == "loadJsonContent" => match call.args.as_slice() {
                [path] => self.lib.tree.resolve(&self.source.path, path.as_text()?),
                _ => None,
            },
            ExprKind::Name(name) if through_variable => {
                let var = self.source.vars.iter().find(|var| *var.name.name == **name)?;
                self.loaded_file(&var.value, false)
            }
            _ => None,
        }
    }

    fn lower_loaded(&self, node: usize, position: &Position, path: &str, conditions: &[String], output: &mut Output) {
        let resource = &self.source.resources[node].resource;
        let object = &resource.body.object;
        let parameters = object.get("properties").and_then(|properties| properties.get("parameters"));
        let value = |expr: Option<&Expr>| expr.map(|expr| self.in_resource(node, position, |ev| ev.eval(expr)));
        let mut supplied: HashMap<String, Value> = HashMap::new();
        if let Some(Value { kind: Kind::Object(members), .. }) = value(parameters) {
            for (name, member) in members {
                if let Some(given) = member.get("value") {
                    supplied.insert(name.to_ascii_lowercase(), given.clone());
                }
            }
        }
        if self.lib.templates.scope_kind(path).is_none() {
            return;
        }
        let text = |name: &str| value(object.get(name)).and_then(|value| value.as_text());
        let scope = self.scope.clone();
        let scope = match (text("subscriptionId"), text("resourceGroup")) {
            (None, None) => scope,
            (subscription, Some(group)) => scope.in_group(subscription, group),
            (Some(subscription), None) => scope.in_subscription(subscription),
        };
        let symbol = format!("{}{}", self.source.logical_name(node), position.suffix());
        let name = value(resource.body.name.as_ref()).and_then(|name| name.as_text()).unwrap_or_default();
        let scope: Scope = scope.nested(&symbol, name);
        let mut calls = self.calls.clone();
        calls.push(resource.header);
        let Some(module) = self.lib.templates.open(path, scope, supplied, calls) else { return };
        let condition = (!conditions.is_empty()).then(|| conditions.join(" && "));
        output.resources.append(&mut module.resources(output.deployment, condition.as_deref()));
    }
}
