//! References to assets as Azure ML writes them: `azureml:train:3`, `azureml://registries/…`.

use crate::model::{Kind, Span, Text, Value};

/// What a text refers to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// `name`, `registry`, `curated`, `workspace`, `path` or `unknown`.
    pub form: &'static str,
    /// The kind that the text itself says (`environment`, `datastore`, …), which the place may not.
    pub kind: Option<&'static str>,
    /// The name of the asset.
    pub name: Option<String>,
    /// Its version or label; `latest` too.
    pub version: Option<String>,
    /// The registry.
    pub registry: Option<String>,
    /// The workspace.
    pub workspace: Option<String>,
    /// A path as written.
    pub path: Option<String>,
}

/// The collections of long forms.
const COLLECTIONS: &[(&str, &str)] = &[
    ("batchendpoints", "endpoint"),
    ("codes", "code"),
    ("components", "component"),
    ("computes", "compute"),
    ("data", "data"),
    ("datasets", "data"),
    ("datastores", "datastore"),
    ("environments", "environment"),
    ("jobs", "job"),
    ("models", "model"),
    ("onlineendpoints", "endpoint"),
];

impl Asset {
    /// Reads a text that stands where an asset is named. `None` if it is an address of something else.
    pub fn parse(text: &Text) -> Option<Self> {
        let unknown = Self { form: "unknown", ..Self::default() };
        let Some(known) = text.as_known() else { return Some(unknown) };
        let known = known.trim();
        let lower = known.to_ascii_lowercase();
        if let Some(start) =
            ["azureml://", "azureml:/", "/subscriptions/"].iter().find(|start| lower.starts_with(*start))
        {
            let skipped = if *start == "/subscriptions/" { 1 } else { start.len() };
            return Self::long(&known[skipped..]);
        }
        if let Some(rest) = lower.strip_prefix("azureml:").map(|_| &known["azureml:".len()..]) {
            return Some(Self::named(rest).unwrap_or(unknown));
        }
        if let Some(path) = lower.strip_prefix("file:").map(|_| &known["file:".len()..]) {
            return Some(Self { form: "path", path: Some(path.to_owned()), ..Self::default() });
        }
        if known.contains("://") || lower.starts_with("git+") || known.is_empty() || known.contains('\n') {
            return None;
        }
        Some(Self { form: "path", path: Some(known.to_owned()), ..Self::default() })
    }

    /// `train:3`, `train@latest`, `train`.
    pub fn named(text: &str) -> Option<Self> {
        let (name, version) = match text.split_once('@').or_else(|| text.split_once(':')) {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        if is_left_open(name) || version.is_some_and(is_left_open) {
            return None;
        }
        let form = if name.starts_with("AzureML-") { "curated" } else { "name" };
        Some(Self { form, name: Some(name.to_owned()), version: version.map(str::to_owned), ..Self::default() })
    }

    /// `registries/r/environments/e/versions/1`, `subscriptions/…/workspaces/w/models/m/versions/1`,
    /// `datastores/d/paths/p`.
    fn long(rest: &str) -> Option<Self> {
        let segments: Vec<&str> = rest.split('/').collect();
        let after = |label: &str| {
            let at = segments.iter().position(|segment| segment.eq_ignore_ascii_case(label))?;
            segments.get(at + 1).copied().filter(|value| !value.is_empty())
        };
        let owner = |label| after(label).map(str::to_owned);
        let mut asset = Self { registry: owner("registries"), workspace: owner("workspaces"), ..Self::default() };
        let collection =
            segments.iter().position(|segment| COLLECTIONS.iter().any(|(name, _)| segment.eq_ignore_ascii_case(name)));
        if let Some(at) = collection {
            let found = COLLECTIONS.iter().find(|(name, _)| segments[at].eq_ignore_ascii_case(name));
            asset.kind = found.map(|(_, kind)| *kind);
            asset.name = segments.get(at + 1).map(|name| (*name).to_owned());
            asset.version = owner("versions").or_else(|| owner("labels"));
        }
        let parts = [&asset.registry, &asset.workspace, &asset.name];
        if parts.into_iter().flatten().any(|part| is_left_open(part)) {
            return Some(Self { form: "unknown", kind: asset.kind, ..Self::default() });
        }
        asset.form = match (&asset.registry, &asset.workspace, &asset.name) {
            (Some(registry), ..) if is_of_microsoft(registry) => "curated",
            (Some(_), ..) => "registry",
            (None, Some(_), _) => "workspace",
            (None, None, Some(_)) => "name",
            _ => return None,
        };
        Some(asset)
    }

    /// The reference as a fact, at its place.
    pub fn into_value(self, kind: &'static str, span: Span) -> Value {
        let kind = self.kind.unwrap_or(kind);
        let mut members = vec![member("kind", kind), member("form", self.form)];
        let optional = [
            ("name", self.name),
            ("version", self.version),
            ("registry", self.registry),
            ("workspace", self.workspace),
            ("path", self.path),
        ];
        members.extend(optional.into_iter().filter_map(|(name, value)| Some(member(name, &value?))));
        Value::new(Kind::Object(members)).at(span)
    }
}

fn member(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), Value::string(value))
}

/// Whether the name of an asset is left to the reader of a sample: `<ENVIRONMENT>`, `your-model`, `xxx`. Many an
/// asset is called an example, or by a word such as `model`, so that less stands for a name than elsewhere.
fn is_left_open(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    text.contains(['<', '{', '[']) || text.is_empty() || words.any(|word| word.starts_with("your") || word == "xxx")
}

/// Registries of Microsoft are in every region. <https://learn.microsoft.com/azure/machine-learning/concept-machine-learning-registries-mlops>
pub fn is_of_microsoft(registry: &str) -> bool {
    let lower = registry.to_ascii_lowercase();
    lower == "azureml" || lower.starts_with("azureml-") || lower.starts_with("azure-openai")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Asset {
        Asset::parse(&Text::known(text)).unwrap_or_else(|| panic!("{text} is an asset"))
    }

    fn shown(text: &str) -> [String; 4] {
        let asset = parsed(text);
        let owner = asset.registry.or(asset.workspace).or(asset.path);
        [Some(asset.form.to_owned()), asset.name, asset.version, owner].map(Option::unwrap_or_default)
    }

    #[test]
    fn assets_are_named_in_many_ways() {
        let long = "subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/mlw";
        for (text, expected) in [
            ("azureml:train:3", ["name", "train", "3", ""]),
            ("azureml:train@latest", ["name", "train", "latest", ""]),
            ("azureml:cpu-cluster", ["name", "cpu-cluster", "", ""]),
            ("azureml:AzureML-sklearn-1.5:1", ["curated", "AzureML-sklearn-1.5", "1", ""]),
            ("azureml://registries/azureml/environments/acpt/labels/latest", ["curated", "acpt", "latest", "azureml"]),
            ("azureml://registries/mlreg/models/fraud/versions/3", ["registry", "fraud", "3", "mlreg"]),
            (&format!("azureml://{long}/data/claims/versions/2"), ["workspace", "claims", "2", "mlw"]),
            (&format!("azureml:/{long}/models/m/versions/1"), ["workspace", "m", "1", "mlw"]),
            (&format!("/{long}/computes/cpu"), ["workspace", "cpu", "", "mlw"]),
            ("azureml://datastores/training/paths/claims/", ["name", "training", "", ""]),
            ("./env/train.yml", ["path", "", "", "./env/train.yml"]),
            ("file:../env.yml", ["path", "", "", "../env.yml"]),
            ("azureml:cifar-10-example@latest", ["name", "cifar-10-example", "latest", ""]),
            ("azureml:your-model:1", ["unknown", "", "", ""]),
            ("azureml:<ENVIRONMENT>:1", ["unknown", "", "", ""]),
            ("azureml:train:<version>", ["unknown", "", "", ""]),
            ("azureml://registries/<registry>/models/m/versions/1", ["unknown", "", "", ""]),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
        assert_eq!(parsed("azureml://datastores/training/paths/x").kind, Some("datastore"));
        for text in ["https://example.com/x.csv", "wasbs://a@b.blob.core.windows.net/c", ""] {
            assert_eq!(Asset::parse(&Text::known(text)), None, "{text}");
        }
    }
}
