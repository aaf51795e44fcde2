//! What the identity may read: Resource Graph leaves out silently what it may not.

use serde_json::Value;

use super::http::ArmClient;

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
