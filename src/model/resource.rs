//! Resources in the shape that Azure Resource Manager gives them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::value::Split;
use super::{DeploymentId, Kind, Pointer, Region, ResourceId, Span, Text, Value};

/// A resource: known (in `body`), unknown (in `unknown`), or absent (in neither: the source is
/// authoritative and it is not there).
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its id; compared without case.
    pub id: ResourceId,
    /// The type in lower case, for example `microsoft.storage/storageaccounts`.
    pub resource_type: String,
    /// The ARM body without `id`, `name`, `type`: `location`, `kind`, `sku`, `identity`, `tags`,
    /// `properties`, … Only what is known.
    pub body: serde_json::Value,
    /// What was looked for and could not be learnt, and why. A pointer covers all that is inside.
    pub unknown: BTreeMap<Pointer, Unknown>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Known from elsewhere: others are judged by it, it is not.
    pub context: bool,
}

/// What the types of the artefacts of a repository start with: `repository/python`. They have the shape of
/// resources, and Azure does not know them.
pub const ARTEFACT: &str = "repository/";

/// Why something is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A parameter, variable, function or module output that the source does not determine.
    Unresolved {
        /// The expression as written.
        expression: String,
        /// What is known of it as a string: known characters, and holes with identity.
        text: Option<Text>,
    },
    /// Two declarations of the resource differ in it.
    Disputed,
    /// The service refused to tell (403).
    Forbidden,
    /// This source cannot see it, or it was not read.
    NotCollected,
}

impl Unknown {
    /// What to tell a person: a clause after "because".
    pub fn reason(&self) -> String {
        match self {
            Self::Unresolved { expression, .. } => {
                // A text that is one expression needs no marks around it.
                let whole = expression.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
                let plain = whole.filter(|inner| !inner.contains("${")).unwrap_or(expression);
                format!("the source does not determine {plain}")
            }
            Self::Disputed => "it is declared twice with different values".to_owned(),
            Self::Forbidden => "the service refused to tell (403)".to_owned(),
            Self::NotCollected => "this source does not hold it".to_owned(),
        }
    }
}

/// Where a resource comes from.
#[derive(Clone, Debug)]
pub enum Provenance {
    /// Read from Azure.
    Live(LiveOrigin),
    /// Declared in source code.
    Declared(Box<Declaration>),
}

/// How a live resource was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveOrigin {
    /// The id as Azure returned it, in its spelling.
    pub id: String,
}

/// Where and how a resource is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The deployment (template with one parameter set) that it belongs to.
    pub deployment: DeploymentId,
    /// Its name in the source: `arm:Microsoft.Storage/storageAccounts/[parameters('name')]`,
    /// `bicep:storage`, `terraform:module.ml.azurerm_storage_account.main`.
    pub logical_name: String,
    /// The line that declares it.
    pub span: Span,
    /// Where each property stands.
    pub spans: BTreeMap<Pointer, PropertySpan>,
    /// The module calls or nested deployments on the way to it, outermost first.
    pub calls: Vec<Span>,
    /// Only referred to (`existing`, a data source), not created by this source.
    pub existing: bool,
    /// The expression of a condition whose value is not known: the resource may not be deployed.
    pub condition: Option<String>,
    /// How the source comes to `location`, if it says so.
    pub location: Option<ValueOrigin>,
}

/// How source code comes to the value of a property. Of several that take part the last of this list counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueOrigin {
    /// Written there, or in a variable.
    Literal,
    /// From the deployment, another resource, a loop.
    Expression,
    /// From a parameter, of the template or of a module.
    Parameter,
}

impl ValueOrigin {
    /// `literal`, `expression` or `parameter`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Literal => "literal",
            Self::Expression => "expression",
            Self::Parameter => "parameter",
        }
    }
}

/// Where a property is written, and where its value was given if that is elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropertySpan {
    /// The property at its use.
    pub span: Span,
    /// The parameter, variable or module call that gave the value.
    pub supplied: Option<Span>,
}

impl Resource {
    /// A resource as Azure returned it: an object with `id`, `type` and the rest. `None` without an
    /// id.
    pub fn live(mut json: serde_json::Value) -> Option<Self> {
        let object = json.as_object_mut()?;
        let id = object.remove("id")?.as_str()?.to_owned();
        let parsed = ResourceId::parse(&id);
        let declared_type = object.remove("type").and_then(|t| Some(t.as_str()?.to_ascii_lowercase()));
        let resource_type = declared_type.or_else(|| parsed.resource_type().map(str::to_owned))?;
        object.remove("name");
        drop_nulls(&mut json);
        Some(Self {
            id: parsed,
            resource_type,
            body: json,
            unknown: BTreeMap::new(),
            provenance: Provenance::Live(LiveOrigin { id }),
            context: false,
        })
    }

    /// A resource declared in source code. `body` holds the ARM members except `id`, `name`, `type`.
    pub fn declared(id: ResourceId, resource_type: &str, body: Value, mut declaration: Declaration) -> Self {
        let mut split = Split::default();
        let known = split.take(body, &Pointer::root()).filter(serde_json::Value::is_object);
        if declaration.existing {
            split.unknown.insert(Pointer::root(), Unknown::NotCollected);
        }
        // A plan has no place for a property but that of its resource: thousands of pointers that say nothing.
        let own = declaration.span;
        let elsewhere = |place: &PropertySpan| place.span != own || place.supplied.is_some_and(|given| given != own);
        if split.spans.values().any(elsewhere) {
            declaration.spans.append(&mut split.spans);
        }
        Self {
            id,
            resource_type: resource_type.to_ascii_lowercase(),
            body: known.unwrap_or_else(|| serde_json::Value::Object(Default::default())),
            unknown: split.unknown,
            provenance: Provenance::Declared(Box::new(declaration)),
            context: false,
        }
    }

    /// The known value at a pointer.
    pub fn get(&self, pointer: &str) -> Option<&serde_json::Value> {
        self.body.pointer(pointer)
    }

    /// Why the value at a pointer is unknown: the reason given for it, for something around it, or for
    /// something inside it.
    pub fn unknown_at(&self, pointer: &Pointer) -> Option<&Unknown> {
        let mut at = Some(pointer.clone());
        while let Some(here) = at {
            if let Some(unknown) = self.unknown.get(&here) {
                // What is known at the pointer itself stays known in a resource of which the rest is not.
                if here == *pointer || self.get(pointer.as_str()).is_none() {
                    return Some(unknown);
                }
            }
            at = here.parent();
        }
        let inside =
            self.unknown.range(pointer.clone()..).take_while(|(p, _)| p.as_str().starts_with(pointer.as_str()));
        inside.filter(|(p, _)| p.is_within(pointer)).map(|(_, unknown)| unknown).next()
    }

    /// The text at a pointer, holes included; `None` if absent or unknown without any identity.
    pub fn text_at(&self, pointer: &str) -> Option<Text> {
        // An unknown element of a list has an empty object in its place.
        match (self.unknown.get(pointer), self.get(pointer)) {
            (Some(Unknown::Unresolved { text, .. }), _) => text.clone(),
            (Some(_), _) => None,
            (None, known) => known?.as_str().map(Text::known),
        }
    }

    /// Its region, if known.
    pub fn region(&self) -> Option<Region> {
        self.get("/location").and_then(|l| l.as_str()).map(Region::parse)
    }

    /// Its name for people: the last name of the id, with holes as `${…}`, long expressions cut; of an
    /// artefact of a repository its path.
    pub fn display_name(&self) -> String {
        let artefact = || self.id.to_string().trim_start_matches(ARTEFACT).to_owned();
        self.id.name().map_or_else(artefact, Text::excerpt)
    }

    /// What kind of artefact of a repository it is (`python`); `None` for a resource of Azure.
    pub fn artefact(&self) -> Option<&str> {
        self.resource_type.strip_prefix(ARTEFACT)
    }

    /// The declaration, if it was declared.
    pub fn declaration(&self) -> Option<&Declaration> {
        match &self.provenance {
            Provenance::Declared(declaration) => Some(declaration),
            Provenance::Live(_) => None,
        }
    }

    /// The kind of the value tree that `body` of a declared resource must have.
    pub fn empty_body() -> Value {
        Value::new(Kind::Object(Vec::new()))
    }
}

/// ARM means the same by a null property and by an absent one.
fn drop_nulls(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_and_missing_are_the_same_in_an_answer_of_azure() {
        let resource = Resource::live(serde_json::json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
            "type": "Microsoft.KeyVault/vaults", "name": "v", "location": "West Europe",
            "properties": {"enableSoftDelete": null, "tenantId": "t"},
        }))
        .expect("it has an id");
        assert_eq!(resource.resource_type, "microsoft.keyvault/vaults");
        assert_eq!(resource.region(), Some(Region::parse("westeurope")));
        assert!(resource.get("/properties/enableSoftDelete").is_none());
        assert_eq!(resource.display_name(), "v");
    }

    #[test]
    fn an_unknown_element_of_a_list_keeps_its_text() {
        use crate::model::{Declaration, DeploymentId, FileId, Hole, Span};
        let declaration = Declaration {
            deployment: DeploymentId(0),
            logical_name: "bicep:a".to_owned(),
            span: Span { file: FileId(0), start: 0, end: 1 },
            spans: BTreeMap::new(),
            calls: Vec::new(),
            existing: false,
            condition: None,
            location: None,
        };
        let scopes = Value::new(Kind::Array(vec![Value::unresolved("subscription().id", Hole::new("d", "s"))]));
        let body = Value::new(Kind::Object(vec![("scopes".to_owned(), scopes)]));
        let resource = Resource::declared(ResourceId::parse("/subscriptions/s/x"), "a/b", body, declaration);
        assert_eq!(resource.text_at("/scopes/0"), Some(Text::hole(Hole::new("d", "s"))));
    }

    #[test]
    fn an_unknown_parent_makes_its_members_unknown() {
        let mut resource = Resource::live(serde_json::json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        }))
        .expect("it has an id");
        let properties = Pointer::root().child("properties");
        resource.unknown.insert(properties.clone(), Unknown::Forbidden);
        assert_eq!(resource.unknown_at(&properties.child("enableSoftDelete")), Some(&Unknown::Forbidden));
        assert_eq!(resource.unknown_at(&Pointer::root().child("location")), None);
        assert_eq!(resource.unknown_at(&Pointer::root()), Some(&Unknown::Forbidden), "something inside is unknown");
    }
}
