//! Workspaces, regions and retired stores that texts name.

use super::values::Piece;
use crate::source::repository::Origin;

/// What stands for something computed in a flat text.
const HOLE: char = '\u{1}';

/// Whether a string as it is written may name something that matters.
pub(super) fn may_name_something(raw: &str) -> bool {
    const SIGNS: &[&str] =
        &["/workspaces/", ".api.azureml.ms", "adl://", "azuredatalakestore.net", "azureml://subscriptions"];
    raw.len() >= 8 && {
        let lower = raw.to_ascii_lowercase();
        SIGNS.iter().any(|sign| lower.contains(sign))
    }
}

/// A part of a URI with its origin.
pub(super) type Named = (&'static str, Origin, Option<String>);

/// A workspace that a text names.
#[derive(Debug, PartialEq)]
pub(super) struct WorkspaceUri {
    /// `uri`, `resource_id` or `tracking_uri`.
    pub form: &'static str,
    /// The members of the fact.
    pub parts: Vec<Named>,
}

/// A text with holes as characters.
struct Flat {
    text: String,
    lower: String,
    holes: Vec<Origin>,
}

impl Flat {
    fn of(pieces: &[Piece]) -> Self {
        let mut text = String::new();
        let mut holes = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Known(known) => text.push_str(&known.replace(HOLE, " ")),
                Piece::Hole(origin) => {
                    text.push(HOLE);
                    holes.push(*origin);
                }
            }
        }
        let lower = text.to_ascii_lowercase();
        Self { text, lower, holes }
    }

    /// The segment that starts at a byte.
    fn segment(&self, start: usize) -> &str {
        let rest = &self.text[start..];
        let ends =
            |c: char| matches!(c, '/' | '?' | '&' | '#' | '"' | '\'' | ')' | '(' | ',' | ';') || c.is_whitespace();
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    /// The segment behind a text (in lower case), at or after a byte.
    fn after(&self, sign: &str, from: usize) -> Option<(usize, &str)> {
        let start = from + self.lower.get(from..)?.find(sign)? + sign.len();
        Some((start, self.segment(start))).filter(|(_, segment)| !segment.is_empty())
    }

    fn named(&self, member: &'static str, start: usize, segment: &str) -> Named {
        let before = self.text[..start].matches(HOLE).count();
        let inside = segment.matches(HOLE).count();
        let mut origins = self.holes.iter().skip(before).take(inside);
        if inside == 0 {
            return (member, Origin::of_text(segment), Some(segment.to_owned()));
        }
        let unknown = origins.any(|origin| *origin == Origin::Unknown);
        (member, if unknown { Origin::Unknown } else { Origin::Configured }, None)
    }
}

/// The workspace that a text names, if it does.
pub(super) fn workspace(pieces: &[Piece]) -> Option<WorkspaceUri> {
    let flat = Flat::of(pieces);
    let mut parts = Vec::new();
    let host = flat.lower.find(".api.azureml.ms");
    if let Some(end) = host {
        let start = flat.text[..end].rfind(['/', ' ', '"']).map_or(0, |at| at + 1);
        if start < end {
            parts.push(flat.named("region", start, &flat.text[start..end]));
        }
    }
    let (subscription_at, subscription) = match flat.after("subscriptions/", 0) {
        Some(found) => found,
        None if parts.is_empty() => return located(&flat),
        None => return Some(WorkspaceUri { form: "tracking_uri", parts }),
    };
    parts.push(flat.named("subscription_id", subscription_at, subscription));
    let group = flat.after("/resourcegroups/", subscription_at);
    if let Some((at, group)) = group {
        parts.push(flat.named("resource_group", at, group));
    }
    let of_ml = flat.after("/microsoft.machinelearningservices/workspaces/", subscription_at);
    let short = || {
        let (at, segment) = flat.after("/workspaces/", group.map_or(subscription_at, |(at, _)| at))?;
        // A workspace of Synapse or of Log Analytics has its provider between group and name.
        (!flat.lower[..at].contains("/providers/")).then_some((at, segment))
    };
    let found = of_ml.or_else(short);
    if let Some((at, workspace)) = found {
        parts.push(flat.named("workspace_name", at, workspace));
    }
    let is_uri = flat.lower.contains("azureml://subscriptions/");
    match found {
        _ if host.is_some() => Some(WorkspaceUri { form: "tracking_uri", parts }),
        Some(_) if is_uri => Some(WorkspaceUri { form: "uri", parts }),
        Some(_) => Some(WorkspaceUri { form: "resource_id", parts }),
        None => None,
    }
}

/// `azureml://locations/<region>/workspaces/<id>/…`, as the studio shows it.
fn located(flat: &Flat) -> Option<WorkspaceUri> {
    let (region_at, region) = flat.after("azureml://locations/", 0)?;
    let (at, workspace) = flat.after("/workspaces/", region_at)?;
    let parts = vec![flat.named("region", region_at, region), flat.named("workspace_name", at, workspace)];
    Some(WorkspaceUri { form: "uri", parts })
}

/// The account of Data Lake Storage Gen1 that a text names: its URI, with `*` for what is computed.
pub(super) fn data_lake_gen1(pieces: &[Piece]) -> Option<String> {
    let flat = Flat::of(pieces);
    let adl = flat.after("adl://", 0).map(|(at, _)| at - "adl://".len());
    let host = flat.lower.find(".azuredatalakestore.net").map(|at| {
        flat.text[..at].rfind(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '/')).map_or(0, |start| start + 1)
    });
    let start = adl.or(host)?;
    let rest = &flat.text[start..];
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ')')).unwrap_or(rest.len());
    let uri: String = rest[..end].chars().take(200).map(|c| if c == HOLE { '*' } else { c }).collect();
    let account = uri.trim_start_matches("adl://").split(['/', '.']).next().unwrap_or_default();
    (!account.is_empty() && Origin::of_text(account) != Origin::Placeholder).then_some(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> Vec<Piece> {
        vec![Piece::Known(text.to_owned())]
    }

    fn values(uri: Option<WorkspaceUri>) -> Option<(&'static str, Vec<String>)> {
        let uri = uri?;
        let shown =
            |(member, origin, value): &Named| format!("{member}={}", value.as_deref().unwrap_or(origin.as_str()));
        Some((uri.form, uri.parts.iter().map(shown).collect()))
    }

    #[test]
    fn long_forms_name_a_workspace() {
        let id = "/subscriptions/s1/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/mlw-a";
        let expected = |form| {
            Some((
                form,
                vec!["subscription_id=s1".into(), "resource_group=rg-ml".into(), "workspace_name=mlw-a".into()],
            ))
        };
        assert_eq!(values(workspace(&known(id))), expected("resource_id"));
        let uri = "azureml://subscriptions/s1/resourcegroups/rg-ml/workspaces/mlw-a/datastores/d/paths/x";
        assert_eq!(values(workspace(&known(uri))), expected("uri"));
        let studio = "https://ml.azure.com/runs/x?wsid=/subscriptions/s1/resourcegroups/rg-ml/workspaces/mlw-a&tid=1";
        assert_eq!(values(workspace(&known(studio))), expected("resource_id"));
        let tracking = format!("azureml://westeurope.api.azureml.ms/mlflow/v1.0{id}");
        let (form, parts) = values(workspace(&known(&tracking))).expect("a workspace");
        assert_eq!(
            (form, parts[0].as_str(), parts[3].as_str()),
            ("tracking_uri", "region=westeurope", "workspace_name=mlw-a")
        );
    }

    #[test]
    fn workspaces_of_other_services_are_none() {
        let synapse = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Synapse/workspaces/syn/bigDataPools/p";
        assert_eq!(workspace(&known(synapse)), None);
        assert_eq!(workspace(&known("/home/me/workspaces/x")), None);
    }

    #[test]
    fn holes_keep_their_origin() {
        let pieces = vec![
            Piece::Known("azureml://subscriptions/".into()),
            Piece::Hole(Origin::Configured),
            Piece::Known("/resourcegroups/<rg>/workspaces/".into()),
            Piece::Hole(Origin::Unknown),
            Piece::Known("-ws".into()),
        ];
        let origins: Vec<Origin> = workspace(&pieces).expect("one").parts.iter().map(|part| part.1).collect();
        assert_eq!(origins, [Origin::Configured, Origin::Placeholder, Origin::Unknown]);
    }

    #[test]
    fn gen1_accounts_are_told_by_scheme_or_host() {
        assert_eq!(
            data_lake_gen1(&known("adl://lake.azuredatalakestore.net/raw")).as_deref(),
            Some("adl://lake.azuredatalakestore.net/raw")
        );
        assert_eq!(
            data_lake_gen1(&known("https://lake.azuredatalakestore.net/webhdfs")).as_deref(),
            Some("lake.azuredatalakestore.net/webhdfs")
        );
        assert_eq!(data_lake_gen1(&known("adl://<account>/raw")), None);
    }
}
