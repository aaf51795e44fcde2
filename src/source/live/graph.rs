//! Azure Resource Graph: what it holds of many subscriptions, in a few queries.

use serde_json::{Value, json};

use crate::source::redact::blank;

use super::checkpoint::identity;
use super::failure::{Failure, FailureKind};
use super::http::ArmClient;
use super::plan::{Plan, Table};

/// Subscriptions per query. Azure advises groups below 300.
/// <https://learn.microsoft.com/azure/governance/resource-graph/concepts/guidance-for-throttled-requests>
pub(super) const BATCH: usize = 200;

/// What one query gave.
#[derive(Debug)]
pub(super) struct Rows {
    pub table: Table,
    /// The subscriptions that were asked for, lower case.
    pub subscriptions: Vec<String>,
    pub rows: Vec<Value>,
    /// Why there are not more, if it could not be read to its end.
    pub failure: Option<Failure>,
}

/// Reads all pages of one table for a batch of subscriptions.
pub(super) async fn read(client: &ArmClient, plan: &Plan, table: Table, subscriptions: &[String]) -> Rows {
    rows(client, table.name(), table, &plan.types_in(table), subscriptions).await
}

/// Reads all resources of these types; `purpose` names the reading.
pub(super) async fn read_types(client: &ArmClient, purpose: &str, types: &[String], subscriptions: &[String]) -> Rows {
    rows(client, purpose, Table::Resources, types, subscriptions).await
}

async fn rows(client: &ArmClient, purpose: &str, table: Table, types: &[String], subscriptions: &[String]) -> Rows {
    let key = format!("GRAPH {purpose} {}", identity(types.iter().chain(subscriptions).cloned()));
    if let Some(rows) = client.recall(&key) {
        return Rows { table, subscriptions: subscriptions.to_vec(), rows, failure: None };
    }
    let mut result = pages(client, table, types, subscriptions).await;
    result.rows.iter_mut().for_each(blank);
    if result.failure.is_none() {
        client.remember(&key, &result.rows);
    }
    result
}

async fn pages(client: &ArmClient, table: Table, types: &[String], subscriptions: &[String]) -> Rows {
    let mut result = Rows { table, subscriptions: subscriptions.to_vec(), rows: Vec::new(), failure: None };
    let query = query(table, types);
    let mut token: Option<String> = None;
    for page in 0.. {
        if page >= client.limits.pages {
            result.failure = Some(refused("there are too many pages"));
            return result;
        }
        let mut options = json!({"$top": 1000, "resultFormat": "objectArray"});
        if let Some(token) = &token {
            options["$skipToken"] = token.as_str().into();
        }
        let body = json!({"subscriptions": subscriptions, "query": query, "options": options});
        let answer = match client.query_graph(&body).await {
            Ok(answer) => answer,
            Err(failure) => {
                result.failure = Some(failure);
                return result;
            }
        };
        let next = match take_page(answer, &mut result.rows) {
            Ok(next) => next,
            Err(failure) => {
                result.failure = Some(failure);
                return result;
            }
        };
        match next {
            None => return result,
            Some(next) if token.as_ref() == Some(&next) => {
                result.failure = Some(refused("the pages lead in a circle"));
                return result;
            }
            Some(next) => token = Some(next),
        }
    }
    result
}

/// Takes the rows of a page; the token of the next one, if there is one.
fn take_page(mut answer: Value, rows: &mut Vec<Value>) -> Result<Option<String>, Failure> {
    let Some(Value::Array(found)) = answer.get_mut("data").map(Value::take) else {
        return Err(Failure::new(FailureKind::Failed, OPERATION, "the answer has no rows in `data`"));
    };
    rows.extend(found);
    let token = answer.get("$skipToken").and_then(Value::as_str).filter(|token| !token.is_empty());
    let truncated = match answer.get("resultTruncated") {
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true"),
        Some(Value::Bool(truncated)) => *truncated,
        _ => false,
    };
    if truncated && token.is_none() {
        let message = "the answer is cut short and has no token for the rest";
        return Err(Failure::new(FailureKind::Failed, OPERATION, message));
    }
    Ok(token.map(str::to_owned))
}

const OPERATION: &str = "POST /providers/Microsoft.ResourceGraph/resources";

fn refused(reason: &str) -> Failure {
    Failure::new(FailureKind::PagingRefused, OPERATION, reason)
}

/// The query for all resources of these types. Without `id` and an order there is no token for a
/// second page. <https://learn.microsoft.com/azure/governance/resource-graph/concepts/work-with-data>
fn query(table: Table, types: &[String]) -> String {
    let names: Vec<String> = types.iter().map(|name| format!("'{}'", graph_name(name))).collect();
    let columns = match table {
        Table::Resources => "id, name, type, location, kind, sku, identity, tags, zones, properties",
        Table::Containers => "id, name, type, location, tags, properties",
        Table::Authorization => "id, name, type, properties",
    };
    format!("{} | where type in~ ({}) | project {columns} | order by id asc", table.name(), names.join(", "))
}

/// The graph calls resource groups children of subscriptions.
fn graph_name(resource_type: &str) -> &str {
    match resource_type {
        "microsoft.resources/resourcegroups" => "microsoft.resources/subscriptions/resourcegroups",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_projects_and_orders_the_id() {
        let text = query(Table::Resources, &["microsoft.keyvault/vaults".to_owned()]);
        assert!(text.starts_with("resources | where type in~ ('microsoft.keyvault/vaults') | project id, "));
        assert!(text.ends_with("| order by id asc"));
        let groups = query(Table::Containers, &["microsoft.resources/resourcegroups".to_owned()]);
        assert!(groups.contains("'microsoft.resources/subscriptions/resourcegroups'"));
    }

    #[test]
    fn a_cut_answer_without_a_token_is_a_failure() {
        let mut rows = Vec::new();
        let cut = json!({"data": [{"id": "a"}], "resultTruncated": "true"});
        assert!(take_page(cut, &mut rows).is_err());
        assert_eq!(rows.len(), 1, "what came is kept");
        let more = json!({"data": [], "resultTruncated": "true", "$skipToken": "t"});
        assert_eq!(take_page(more, &mut rows).expect("a page").as_deref(), Some("t"));
        let last = json!({"data": [], "resultTruncated": "false"});
        assert_eq!(take_page(last, &mut rows).expect("a page"), None);
        assert!(take_page(json!({"data": {"rows": []}}), &mut rows).is_err(), "the old table format");
    }
}
