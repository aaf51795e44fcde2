//! Functions that name resources, and those that ask Azure about them.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-resource>

use crate::model::{Kind, Text, Value};

use super::args::{self, is_unknown, of_text};
use super::{Body, Function, MANY, Val, partial_text};
use crate::source::expr::{Evaluator, Expr, Fault, Scope, ScopeKind, resource_id};

pub(super) const FUNCTIONS: &[Function] = &[
    partial_text("resourceId", (2, MANY), in_group),
    partial_text("subscriptionResourceId", (2, MANY), in_subscription),
    partial_text("managementGroupResourceId", (2, MANY), in_management_group),
    partial_text("tenantResourceId", (2, MANY), |_, args, _| {
        build(args, |_, before| (before.is_empty()).then(Text::default))
    }),
    partial_text("extensionResourceId", (3, MANY), extension),
    deployed("reference", (1, 3)),
    deployed("references", (1, 2)),
    deployed("resourceInfo", (1, 1)),
    deployed("providers", (1, 2)),
    deployed("pickZones", (3, 5)),
    deployed("toLogicalZone", (3, 3)),
    deployed("toLogicalZones", (3, 3)),
    deployed("toPhysicalZone", (3, 3)),
    deployed("toPhysicalZones", (3, 3)),
    deployed("getSecret", (1, MANY)),
    deployed("deployer", (0, 0)),
    deployed("externalInput", (1, 2)),
    deployed("extensions", (0, MANY)),
];

/// Known only to the deployment; equal calls have equal values.
const fn deployed(name: &'static str, arity: (usize, usize)) -> Function {
    Function { name, arity, text: false, body: Body::Deployed }
}

/// The position of the resource type: the argument that has as many `/` as names follow it. One at its
/// end does not count: `Microsoft.Network/virtualNetworks/subnets/` deploys.
fn type_at(args: &[Val]) -> Option<usize> {
    (0..args.len()).find(|at| {
        let slashes = args[*at].as_str().map_or(0, |text| text.trim_end_matches('/').matches('/').count());
        slashes > 0 && slashes == args.len() - at - 1
    })
}

/// The id from the arguments: `scope` gives that of the scope from what stands before the type.
fn build(args: &[Val], scope: impl FnOnce(&[Val], &[Text]) -> Option<Text>) -> Result<Option<Value>, Fault> {
    let Some(at) = type_at(args) else {
        if args.iter().any(|arg| is_unknown(arg) || args::is_partial_text(arg)) {
            return Ok(None);
        }
        return Err(Fault::expression("there are not as many names as the resource type has segments"));
    };
    let texts = |range: std::ops::Range<usize>| -> Result<Option<Vec<Text>>, Fault> {
        range.map(|at| args::text(args, at)).collect()
    };
    let (Some(before), Some(names)) = (texts(0..at)?, texts(at + 1..args.len())?) else { return Ok(None) };
    let Some(scope) = scope(args, &before) else {
        return Err(Fault::expression("too many arguments stand before the resource type"));
    };
    // Azure does not mind a `/` at its end.
    let resource_type = args::str(args, at)?.trim_end_matches('/');
    Ok(Some(of_text(resource_id(&scope, resource_type, &names))))
}

fn subscription(id: &Text) -> Text {
    let mut text = Text::known("/subscriptions/");
    text.push(id);
    text
}

/// `[subscription], [group], type, name…`; without a group the scope of the deployment.
fn in_group(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let scope = ev.scope();
    build(args, |_, before| {
        let group = |subscription_id: Text, group: &Text| {
            let mut text = subscription_id;
            text.push_known("/resourceGroups/");
            text.push(group);
            text
        };
        match before {
            [] => Some(scope.id()),
            [name] => Some(group(scope.subscription_id(), name)),
            [id, name] => Some(group(subscription(id), name)),
            _ => None,
        }
    })
}

fn in_subscription(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let scope = ev.scope();
    build(args, |_, before| match before {
        [] => Some(scope.subscription_id()),
        [id] => Some(subscription(id)),
        _ => None,
    })
}

fn in_management_group(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let scope = ev.scope();
    build(args, |_, before| match before {
        [] => Some(scope.management_group_id()),
        [name] => {
            Some(Scope { management_group: name.clone(), kind: ScopeKind::ManagementGroup, ..scope.clone() }.id())
        }
        _ => None,
    })
}

/// `scope id, type, name…`.
fn extension(_: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let Some(scope) = args::text(args, 0)? else { return Ok(None) };
    let (rest, none) = (&args[1..], matches!(args[1].kind, Kind::Null));
    if none {
        return Err(Fault::expression("the resource type is null"));
    }
    build(rest, |_, before| before.is_empty().then_some(scope))
}
