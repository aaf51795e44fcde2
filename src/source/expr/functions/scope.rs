//! What a deployment knows of itself and of the scope it goes to.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-scope>

use crate::model::{Kind, Value};

use super::args::{self, of_text, value};
use super::{Function, MANY, Val, partial};
use crate::source::expr::{Evaluator, Expr, Fault, Scope, canonical_text};

pub(super) const FUNCTIONS: &[Function] = &[
    partial("resourceGroup", (0, 2), resource_group),
    partial("subscription", (0, 1), subscription),
    partial("managementGroup", (0, 1), management_group),
    partial("tenant", (0, 0), |ev, _, _| Ok(Some(tenant(ev.scope())))),
    partial("deployment", (0, 0), |ev, _, _| Ok(Some(deployment(ev.scope())))),
    partial("environment", (0, 0), |ev, _, _| Ok(Some(environment(ev.scope())))),
    partial("fail", (1, MANY), |ev, args, _| {
        let message = super::to_text(ev, &args[0]);
        Err(Fault::expression(format!("the template stops the deployment here: {message}")))
    }),
];

fn object(members: Vec<(&str, Value)>) -> Value {
    value(Kind::Object(members.into_iter().map(|(name, member)| (name.to_owned(), member)).collect()))
}

/// `resourceGroup()`; in Bicep also `resourceGroup('name')` and `resourceGroup('subscription', 'name')`.
fn resource_group(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let own = ev.scope();
    let other = match args.len() {
        0 => None,
        1 => args::text(args, 0)?.map(|name| own.clone().in_group(None, name)),
        _ => args::text(args, 0)?.zip(args::text(args, 1)?).map(|(id, name)| own.clone().in_group(Some(id), name)),
    };
    if !args.is_empty() && other.is_none() {
        return Ok(None);
    }
    let scope = other.as_ref().unwrap_or(own);
    let id = scope.resource_group_id();
    let call = if other.is_some() {
        format!("resourceGroup({})", canonical_text(&id, &scope.deployment))
    } else if scope.group_location.as_known().is_some() || is_own(scope) {
        "resourceGroup()".to_owned()
    } else {
        format!("resourceGroup({})", canonical_text(&id, &scope.deployment))
    };
    let state = object(vec![("provisioningState", Value::string("Succeeded"))]);
    Ok(Some(object(vec![
        ("id", of_text(id)),
        ("name", of_text(scope.resource_group.clone())),
        ("type", Value::string("Microsoft.Resources/resourceGroups")),
        ("location", of_text(scope.group_location.clone())),
        ("managedBy", scope.hole(&format!("{call}.managedBy"))),
        ("tags", scope.hole(&format!("{call}.tags"))),
        ("properties", state),
    ])))
}

/// Whether the group of a scope is the one that the whole deployment goes to.
fn is_own(scope: &Scope) -> bool {
    scope.resource_group == Scope::unknown(scope.kind, &scope.deployment).resource_group
}

fn subscription(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let mut scope = ev.scope().clone();
    if !args.is_empty() {
        let Some(id) = args::text(args, 0)? else { return Ok(None) };
        scope = scope.in_subscription(id);
    }
    let id = canonical_text(&scope.subscription, &scope.deployment);
    let call = match id.as_str() {
        "subscription().subscriptionId" => "subscription()".to_owned(),
        _ => format!("subscription({id})"),
    };
    Ok(Some(object(vec![
        ("id", of_text(scope.subscription_id())),
        ("subscriptionId", of_text(scope.subscription.clone())),
        ("tenantId", of_text(scope.tenant.clone())),
        ("displayName", scope.text_hole(&format!("{call}.displayName"))),
    ])))
}

fn management_group(ev: &mut Evaluator<'_>, args: &[Val], _: &Expr) -> Result<Option<Value>, Fault> {
    let mut scope = ev.scope().clone();
    if !args.is_empty() {
        let Some(name) = args::text(args, 0)? else { return Ok(None) };
        scope = scope.in_management_group(name);
    }
    let name = canonical_text(&scope.management_group, &scope.deployment);
    Ok(Some(object(vec![
        ("id", of_text(scope.management_group_id())),
        ("name", of_text(scope.management_group.clone())),
        ("type", Value::string("/providers/Microsoft.Management/managementGroups")),
        ("properties", scope.hole(&format!("managementGroup({name}).properties"))),
    ])))
}

fn tenant(scope: &Scope) -> Value {
    object(vec![
        ("tenantId", of_text(scope.tenant.clone())),
        ("displayName", scope.text_hole("tenant().displayName")),
        ("country", scope.text_hole("tenant().country")),
        ("countryCode", scope.text_hole("tenant().countryCode")),
    ])
}

fn deployment(scope: &Scope) -> Value {
    let uri = match &scope.template_uri {
        Some(uri) => of_text(uri.clone()),
        None => scope.text_hole("deployment().properties.templateLink.uri"),
    };
    let link = object(vec![("uri", uri), ("id", scope.text_hole("deployment().properties.templateLink.id"))]);
    let properties = object(vec![
        ("templateLink", link),
        ("template", scope.hole("deployment().properties.template")),
        ("parameters", scope.hole("deployment().properties.parameters")),
        ("mode", scope.text_hole("deployment().properties.mode")),
        ("provisioningState", scope.text_hole("deployment().properties.provisioningState")),
    ]);
    object(vec![
        ("name", of_text(scope.name.clone())),
        ("location", of_text(scope.location.clone())),
        ("properties", properties),
    ])
}

/// The names of the endpoints of a cloud; which cloud it is only the deployment knows.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-deployment#environment>
fn environment(scope: &Scope) -> Value {
    let text = |path: &str| scope.text_hole(&format!("environment().{path}"));
    let texts = |prefix: &str, names: &[&'static str]| -> Vec<(&'static str, Value)> {
        names.iter().map(|name| (*name, text(&format!("{prefix}{name}")))).collect()
    };
    let mut members = texts(
        "",
        &[
            "name",
            "gallery",
            "graph",
            "portal",
            "graphAudience",
            "activeDirectoryDataLake",
            "batch",
            "media",
            "sqlManagement",
            "vmImageAliasDoc",
            "resourceManager",
        ],
    );
    let mut authentication = texts("authentication.", &["loginEndpoint", "tenant", "identityProvider"]);
    authentication.push(("audiences", scope.hole("environment().authentication.audiences")));
    members.push(("authentication", object(authentication)));
    let suffixes = [
        "acrLoginServer",
        "azureDatalakeAnalyticsCatalogAndJob",
        "azureDatalakeStoreFileSystem",
        "azureFrontDoorEndpointSuffix",
        "keyvaultDns",
        "sqlServerHostname",
        "storage",
    ];
    members.push(("suffixes", object(texts("suffixes.", &suffixes))));
    object(members)
}
