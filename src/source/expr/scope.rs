//! What a deployment is deployed to.

use std::sync::Arc;

use crate::model::{Hole, Kind, Text, Value};

/// The kinds of deployment scopes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// A resource group.
    ResourceGroup,
    /// A subscription.
    Subscription,
    /// A management group.
    ManagementGroup,
    /// The tenant.
    Tenant,
}

/// The scope of a deployment, a nested deployment or a module: what `resourceGroup()`,
/// `subscription()` and the like say there. Mostly holes, since templates are written to be deployed
/// anywhere.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What kind of scope it is.
    pub kind: ScopeKind,
    /// The owner of holes of the whole deployment: template and parameter file. The same in nested
    /// deployments and modules.
    pub deployment: Arc<str>,
    /// The owner of holes of this template alone (its parameters without a value); equal to
    /// `deployment` at the top, a longer one in nested deployments and modules.
    pub owner: Arc<str>,
    /// `subscription().subscriptionId`.
    pub subscription: Text,
    /// `resourceGroup().name`.
    pub resource_group: Text,
    /// `resourceGroup().location`.
    pub group_location: Text,
    /// `managementGroup().name`.
    pub management_group: Text,
    /// `tenant().tenantId`.
    pub tenant: Text,
    /// `deployment().name`.
    pub name: Text,
    /// `deployment().location`, of deployments that are not to a resource group.
    pub location: Text,
    /// What `deployment().properties.templateLink.uri` is known to be: a path relative to the
    /// repository root, with a marker in front that [`Scope::TREE`] names.
    pub template_uri: Option<Text>,
}

impl Scope {
    /// Stands for the folder that a repository is published at, in front of a path within it.
    pub const TREE: &'static str = "holdfast-tree://repository/";

    /// The scope of a deployment that nothing is known of.
    pub fn unknown(kind: ScopeKind, deployment: &str) -> Self {
        let hole = |expression: &str| Text::hole(Hole::new(deployment, expression));
        Self {
            kind,
            deployment: deployment.into(),
            owner: deployment.into(),
            subscription: hole("subscription().subscriptionId"),
            resource_group: hole("resourceGroup().name"),
            group_location: hole("resourceGroup().location"),
            management_group: hole("managementGroup().name"),
            tenant: hole("tenant().tenantId"),
            name: hole("deployment().name"),
            location: hole("deployment().location"),
            template_uri: None,
        }
    }

    /// The scope of a template inside this one, deployed to the same place; `path` tells it from its
    /// siblings.
    pub fn nested(&self, path: &str, name: Text) -> Self {
        let owner = format!("{}\u{1}{path}", self.owner).into();
        Self { owner, name, template_uri: None, ..self.clone() }
    }

    /// The same deployment to another resource group, of which only the name is known.
    pub fn in_group(mut self, subscription: Option<Text>, group: Text) -> Self {
        if let Some(subscription) = subscription {
            self.subscription = subscription;
        }
        self.kind = ScopeKind::ResourceGroup;
        self.resource_group = group;
        let id = super::canonical_text(&self.resource_group_id(), &self.deployment);
        self.group_location = Text::hole(Hole::new(&self.deployment, &format!("resourceGroup({id}).location")));
        self
    }

    /// The same deployment to a subscription.
    pub fn in_subscription(mut self, subscription: Text) -> Self {
        self.subscription = subscription;
        self.kind = ScopeKind::Subscription;
        self
    }

    /// The same deployment to a management group.
    pub fn in_management_group(mut self, name: Text) -> Self {
        self.management_group = name;
        self.kind = ScopeKind::ManagementGroup;
        self
    }

    /// The same deployment to the tenant.
    pub fn in_tenant(mut self) -> Self {
        self.kind = ScopeKind::Tenant;
        self
    }

    /// `/subscriptions/{id}`.
    pub fn subscription_id(&self) -> Text {
        let mut id = Text::known("/subscriptions/");
        id.push(&self.subscription);
        id
    }

    /// `/subscriptions/{id}/resourceGroups/{name}`.
    pub fn resource_group_id(&self) -> Text {
        let mut id = self.subscription_id();
        id.push_known("/resourceGroups/");
        id.push(&self.resource_group);
        id
    }

    /// `/providers/Microsoft.Management/managementGroups/{name}`.
    pub fn management_group_id(&self) -> Text {
        let mut id = Text::known("/providers/Microsoft.Management/managementGroups/");
        id.push(&self.management_group);
        id
    }

    /// The id that ids of resources in this scope start with; empty for the tenant.
    pub fn id(&self) -> Text {
        match self.kind {
            ScopeKind::ResourceGroup => self.resource_group_id(),
            ScopeKind::Subscription => self.subscription_id(),
            ScopeKind::ManagementGroup => self.management_group_id(),
            ScopeKind::Tenant => Text::default(),
        }
    }

    /// A value that only the deployment knows, named by its expression.
    pub fn hole(&self, expression: &str) -> Value {
        Value::unresolved(expression, Hole::new(&self.deployment, expression))
    }

    /// A string that only the deployment knows.
    pub fn text_hole(&self, expression: &str) -> Value {
        Value::new(Kind::Text(Text::hole(Hole::new(&self.deployment, expression))))
    }
}

/// The id of a resource of a type with as many names as the type has segments, within a scope. Resource
/// groups and subscriptions have ids of their own form.
pub fn resource_id(scope: &Text, resource_type: &str, names: &[Text]) -> Text {
    let lower = resource_type.to_ascii_lowercase();
    if let (true, [name]) = (lower == "microsoft.resources/resourcegroups", names) {
        let mut id = scope.clone();
        id.push_known("/resourceGroups/");
        id.push(name);
        return id;
    }
    if let (true, [name]) = (lower == "microsoft.resources/subscriptions", names) {
        let mut id = Text::known("/subscriptions/");
        id.push(name);
        return id;
    }
    let mut id = scope.clone();
    let mut segments = resource_type.split('/');
    id.push_known("/providers/");
    id.push_known(segments.next().unwrap_or_default());
    for (segment, name) in segments.zip(names) {
        id.push_known("/");
        id.push_known(segment);
        id.push_known("/");
        id.push(name);
    }
    id
}
