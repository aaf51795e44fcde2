//! What the identity may read: Resource Graph leaves out silently what it may not.

use std::fmt::Write as _;
use std::sync::mpsc::channel;

use serde_json::Value;

use super::http::ArmClient;
use super::plan::Plan;
use super::{LiveError, LiveOptions, WantedTypes, begin};

/// What the identity may read in a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The subscription id, lower case.
    pub subscription: String,
    /// Its display name.
    pub name: Option<String>,
    /// Whether the subscription itself can be read.
    pub readable: bool,
    /// The actions that it lacks; empty if it lacks none, `None` if that could not be asked.
    pub missing: Option<Vec<String>>,
}

impl Access {
    /// Whether everything may be read.
    pub fn is_enough(&self) -> bool {
        self.missing.as_ref().is_some_and(Vec::is_empty)
    }
}

/// Asks for permissions only: which actions the identity lacks to read these types. Blocks.
///
/// Subscriptions that cannot be read at all come back with `missing: None`.
pub fn check_access(options: &LiveOptions, wanted: &WantedTypes) -> Result<Vec<Access>, LiveError> {
    if options.scope.is_empty() {
        return Err(LiveError::NoScope);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (events, _watched) = channel();
    runtime.block_on(async {
        let (client, resolved) = begin(options.clone(), events, None).await?;
        let plan = Plan::new(wanted);
        let mut all = Vec::new();
        for subscription in resolved.subscriptions {
            let readable = subscription.readable;
            let granted = if readable { ask(&client, &subscription.id).await } else { None };
            let missing = granted.map(|granted| plan.actions().into_iter().filter(|a| !granted.grant(a)).collect());
            all.push(Access { subscription: subscription.id, name: subscription.name, readable, missing });
        }
        Ok(all)
    })
}

/// What was found, for people, with what to do.
pub fn render_access(checked: &[Access]) -> String {
    let mut text = String::new();
    for access in checked {
        let name = access.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        let _ = write!(text, "{}{name}: ", access.subscription);
        let _ = match &access.missing {
            _ if !access.readable => writeln!(text, "cannot be read; grant the role Reader on it"),
            None => {
                writeln!(text, "the own permissions cannot be read, so nothing is known; grant the role Reader on it")
            }
            Some(missing) if missing.is_empty() => writeln!(text, "everything may be read"),
            Some(missing) => writeln!(text, "missing {}\n  {}", missing.len(), missing.join("\n  ")),
        };
    }
    let lacking = checked.iter().filter(|access| !access.is_enough()).count();
    let _ = match (checked.len(), lacking) {
        (0, _) => writeln!(text, "no subscription was found"),
        (all, 0) => writeln!(text, "{all} of {all} subscriptions can be read as a whole"),
        (all, lacking) => writeln!(
            text,
            "{} of {all} subscriptions can be read as a whole; the built-in role Reader has what is missing, as has docs/live-role.json",
            all - lacking
        ),
    };
    text
}

/// The permissions of the identity at a subscription.
/// <https://learn.microsoft.com/rest/api/authorization/permissions>
#[derive(Clone, Debug, Default)]
pub(super) struct Permissions {
    /// Per role: actions that are granted, and those taken out again.
    roles: Vec<(Vec<String>, Vec<String>)>,
}

/// Asks for the permissions at a subscription; `None` if they cannot be had.
pub(super) async fn ask(client: &ArmClient, subscription: &str) -> Option<Permissions> {
    const PATH: &str = "providers/Microsoft.Authorization/permissions?api-version=2022-04-01";
    let listing = client.list(&format!("/subscriptions/{subscription}/{PATH}")).await;
    listing.failure.is_none().then(|| Permissions::parse(&listing.items))
}

impl Permissions {
    /// From the items of the list.
    pub(super) fn parse(items: &[Value]) -> Self {
        let names = |item: &Value, member: &str| -> Vec<String> {
            let list = item.get(member).and_then(Value::as_array);
            list.into_iter().flatten().filter_map(|action| Some(action.as_str()?.to_ascii_lowercase())).collect()
        };
        Self { roles: items.iter().map(|item| (names(item, "actions"), names(item, "notActions"))).collect() }
    }

    /// Whether an action is granted in the whole subscription.
    pub(super) fn grant(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, &action));
        self.roles.iter().any(|(granted, taken)| any(granted) && !any(taken))
    }
}

/// Whether a name fits a pattern with `*` for any characters.
fn matches(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(pieces.next().unwrap_or_default()) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patterns_match_anywhere() {
        let name = "microsoft.storage/storageaccounts/read";
        for fits in ["*", "*/read", "microsoft.storage/*", "microsoft.storage/*/read", name] {
            assert!(matches(fits, name), "{fits}");
        }
        for other in ["microsoft.storage/storageaccounts", "*/write", "microsoft.storage/storageaccounts/read/x", ""] {
            assert!(!matches(other, name), "{other}");
        }
    }

    #[test]
    fn what_one_role_takes_out_another_may_grant() {
        let storage = "Microsoft.Storage/storageAccounts/read";
        let without = json!({"actions": ["*"], "notActions": ["Microsoft.Storage/*"]});
        assert!(!Permissions::parse(std::slice::from_ref(&without)).grant(storage));
        let reader = json!({"actions": ["*/read"], "notActions": []});
        assert!(Permissions::parse(&[without, reader]).grant(storage));
        assert!(!Permissions::parse(&[]).grant(storage));
    }
}
