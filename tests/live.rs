//! Live scans against an Azure on this machine: paging, throttling, permissions, faults.

#![cfg(feature = "live")]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use holdfast::model::{Collection, Gap, GapCode, Inventory};
use holdfast::source::live::{self, LiveError, LiveOptions, Scope, Silent, WantedTypes};
use holdfast::source::snapshot::{read_snapshot_from, write_snapshot};
use serde_json::json;
use support::{Azure, Effect, Server};

const A: &str = "aaaaaaaa-0000-0000-0000-000000000001";
const B: &str = "bbbbbbbb-0000-0000-0000-000000000002";

const COMPUTES: &str = "microsoft.machinelearningservices/workspaces/computes";
const DATASTORES: &str = "microsoft.machinelearningservices/workspaces/datastores";
const WORKSPACES: &str = "microsoft.machinelearningservices/workspaces";
const STORAGE: &str = "microsoft.storage/storageaccounts";
const BLOBS: &str = "microsoft.storage/storageaccounts/blobservices";
const ONLINE: &str = "microsoft.machinelearningservices/workspaces/onlineendpoints";
const VAULTS: &str = "microsoft.keyvault/vaults";

fn id(subscription: &str, rest: &str) -> String {
    format!("/subscriptions/{subscription}/resourceGroups/rg-ml/providers/{rest}")
}

fn workspace(subscription: &str, name: &str) -> String {
    id(subscription, &format!("Microsoft.MachineLearningServices/workspaces/{name}"))
}

/// Two subscriptions with a workspace, a storage account, a compute and an endpoint each, and an
/// account that no workspace uses.
fn estate() -> Azure {
    let mut azure = Azure::new(&[(A, "ML primary"), (B, "ML secondary")]);
    for (subscription, suffix, region) in [(A, "weu", "westeurope"), (B, "neu", "northeurope")] {
        let ws = workspace(subscription, &format!("mlw-{suffix}"));
        let storage = id(subscription, &format!("Microsoft.Storage/storageAccounts/stml{suffix}"));
        azure
            .add(
                &ws,
                json!({"location": region, "properties": {"storageAccount": storage, "publicNetworkAccess": null}}),
            )
            .add(
                &storage,
                json!({"location": region, "sku": {"name": "Standard_ZRS"}, "kind": "StorageV2", "properties": {}}),
            )
            .add(
                &format!("{storage}/blobServices/default"),
                json!({"properties": {"deleteRetentionPolicy": {"enabled": true, "days": 14}}}),
            )
            .add(
                &format!("{ws}/computes/cpu"),
                json!({"location": region, "properties": {"computeType": "AmlCompute"}}),
            )
            .add(
                &format!("{ws}/datastores/training"),
                json!({"properties": {"datastoreType": "AzureBlob", "accountName": format!("stdata{suffix}")}}),
            )
            .add(
                &id(subscription, &format!("Microsoft.Storage/storageAccounts/stdata{suffix}")),
                json!({"location": region, "sku": {"name": "Standard_RAGRS"}, "kind": "StorageV2",
                       "properties": {"geoReplicationStats": {"status": "Live"}}}),
            )
            .add(
                &id(subscription, &format!("Microsoft.Storage/storageAccounts/stweb{suffix}")),
                json!({"location": region, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}),
            )
            .add(
                &format!("{ws}/onlineEndpoints/score"),
                json!({"location": region, "properties": {"authMode": "Key"}}),
            );
    }
    azure
}

fn wanted() -> WantedTypes {
    [WORKSPACES, COMPUTES, DATASTORES, STORAGE, BLOBS, ONLINE, VAULTS].iter().map(|t| (*t).to_owned()).collect()
}

fn serve(azure: Azure) -> (Arc<Azure>, Server) {
    let azure = Arc::new(azure);
    let answering = azure.clone();
    let server = Server::start(move |request| answering.answer(request));
    azure.at(&server.base());
    (azure, server)
}

fn options(server: &Server, subscriptions: &[&str]) -> LiveOptions {
    let scope = Scope { subscriptions: subscriptions.iter().map(|s| (*s).to_owned()).collect(), ..Scope::default() };
    let variables: HashMap<&str, String> = server.environment().into_iter().collect();
    let mut options = LiveOptions::new(scope);
    options.environment = Arc::new(move |name| variables.get(name).cloned());
    options.limits.back_off = Duration::from_millis(5);
    options
}

fn scan(server: &Server, subscriptions: &[&str]) -> Inventory {
    let inventory = live::collect(&options(server, subscriptions), &wanted(), &mut Silent).expect("a scan");
    server.assert_read_only();
    inventory
}

fn ids(inventory: &Inventory, resource_type: &str) -> Vec<String> {
    let of_type = inventory.resources.iter().filter(|resource| resource.resource_type == resource_type);
    of_type.map(|resource| resource.display_name()).collect()
}

fn complete(inventory: &Inventory, resource_type: &str, subscription: &str) -> bool {
    inventory.collection.is_complete(resource_type, &format!("/subscriptions/{subscription}"))
}

fn gaps(inventory: &Inventory, code: GapCode) -> Vec<&Gap> {
    inventory.collection.gaps.iter().filter(|gap| gap.code == code).collect()
}

#[test]
fn a_calm_scan_reads_all_that_is_wanted_and_no_more() {
    let (_, server) = serve(estate());
    let inventory = scan(&server, &[A, "ml SECONDARY"]);
    assert_eq!(inventory.collection.gaps, [], "nothing is missing");
    assert_eq!(ids(&inventory, COMPUTES).len(), 2);
    assert_eq!(ids(&inventory, ONLINE).len(), 2);
    for resource_type in wanted() {
        let everywhere = inventory.collection.is_complete(&resource_type, Collection::EVERYWHERE);
        // Accounts that no workspace uses were not asked for their blob services.
        assert_eq!(everywhere, resource_type != BLOBS, "{resource_type}");
    }
    let default = id(A, "Microsoft.Storage/storageAccounts/stmlweu");
    assert!(inventory.collection.is_complete(BLOBS, &default));
    assert_eq!(ids(&inventory, BLOBS).len(), 2);
    let statistics = |name: &str| server.seen(&format!("/{name}")).len();
    assert_eq!((statistics("stdataweu"), statistics("stmlweu"), statistics("stwebweu")), (1, 0, 0), "read access only");
    assert!(inventory.captured_at.as_deref().is_some_and(|at| at.ends_with('Z') && at.len() == 20));
    let names: Vec<_> = inventory.collection.subscriptions.iter().map(|s| s.name.as_deref()).collect();
    assert_eq!(names, [Some("ML primary"), Some("ML secondary")]);
}

#[test]
fn pages_are_followed_to_the_end() {
    let mut azure = estate();
    let ws = workspace(A, "mlw-weu");
    for number in 0..23 {
        azure.add(&format!("{ws}/computes/c{number}"), json!({"properties": {"computeType": "AmlCompute"}}));
    }
    azure.page_size(5);
    let (_, server) = serve(azure);
    let inventory = scan(&server, &[A]);
    assert_eq!(ids(&inventory, COMPUTES).len(), 24);
    assert_eq!(server.seen("mlw-weu/computes").len(), 5);
    assert!(complete(&inventory, COMPUTES, A));
    assert_eq!(inventory.collection.gaps, []);
}

#[test]
fn transient_faults_change_nothing() {
    let (_, server) = serve(estate());
    let calm = scan(&server, &[A, B]);
    let (azure, server) = serve(estate());
    azure
        .fault("mlw-weu/computes", 1, Effect::Status(500, "InternalServerError", vec![]))
        .fault("mlw-weu/computes", 1, Effect::Html)
        .fault("mlw-neu/computes", 2, Effect::Reset)
        .fault("mlw-neu/datastores", 2, Effect::Truncated)
        .fault("resourcegraph", 1, Effect::Status(504, "GatewayTimeout", vec![]))
        .fault("resourcegraph", 1, Effect::Truncated)
        .fault("blobservices", 2, Effect::Status(408, "RequestTimeout", vec![]));
    let stormy = scan(&server, &[A, B]);
    let bodies = |inventory: &Inventory| -> Vec<_> {
        inventory.resources.iter().map(|r| (r.id.key().to_owned(), r.body.clone())).collect()
    };
    assert_eq!(bodies(&calm), bodies(&stormy));
    assert_eq!(calm.collection, stormy.collection);
}

#[test]
fn retry_after_holds_the_whole_subscription() {
    let (azure, server) = serve(estate());
    let wait = vec![("retry-after", "2".to_owned())];
    azure.fault("mlw-weu/computes", 1, Effect::Status(429, "SubscriptionRequestsThrottled", wait));
    let inventory = scan(&server, &[A, B]);
    assert_eq!(inventory.collection.gaps, []);
    let refused = server.log().into_iter().find(|seen| seen.status == 429).expect("one was refused").at;
    let in_a: Vec<_> = server.log().into_iter().filter(|seen| seen.request.path().contains(A)).collect();
    // What was on its way may still arrive; then there is silence.
    let in_the_pause = |seen: &&support::Seen| {
        seen.at > refused + Duration::from_millis(800) && seen.at < refused + Duration::from_millis(1990)
    };
    assert_eq!(in_a.iter().filter(in_the_pause).count(), 0);
    assert!(in_a.iter().any(|seen| seen.at >= refused + Duration::from_millis(1990)), "it went on");
    let last_of_b = server.log().into_iter().filter(|seen| seen.request.path().contains(B)).map(|seen| seen.at).max();
    assert!(last_of_b.is_some_and(|at| at < refused + Duration::from_millis(1900)), "the other did not wait");
}

#[test]
fn endless_throttling_is_a_gap() {
    let (azure, server) = serve(estate());
    azure.fault("mlw-weu/computes", usize::MAX, Effect::Status(429, "ResourceRequestsThrottled", vec![]));
    let inventory = scan(&server, &[A, B]);
    let gaps = gaps(&inventory, GapCode::Throttled);
    assert_eq!((gaps.len(), gaps[0].status), (1, Some(429)));
    assert_eq!(gaps[0].types, [COMPUTES]);
    assert!(gaps[0].correlation_id.is_some());
    assert!(!complete(&inventory, COMPUTES, A) && complete(&inventory, COMPUTES, B));
}

#[test]
fn a_wait_beyond_the_deadline_is_not_waited_for() {
    let (azure, server) = serve(estate());
    let wait = vec![("retry-after", "3000".to_owned())];
    azure.fault("mlw-weu/computes", usize::MAX, Effect::Status(429, "SubscriptionRequestsThrottled", wait));
    let start = std::time::Instant::now();
    let inventory = scan(&server, &[A, B]);
    assert!(start.elapsed() < Duration::from_secs(20));
    assert!(!gaps(&inventory, GapCode::Throttled).is_empty());
    assert!(!complete(&inventory, COMPUTES, A) && complete(&inventory, COMPUTES, B));
}

#[test]
fn a_missing_permission_is_a_gap_that_names_it() {
    let (azure, server) = serve(estate());
    azure.fault("mlw-neu/datastores", usize::MAX, Effect::Status(403, "AuthorizationFailed", vec![]));
    let inventory = scan(&server, &[A, B]);
    let gaps = gaps(&inventory, GapCode::Forbidden);
    assert_eq!(gaps.len(), 1);
    assert!(gaps[0].message.contains("Microsoft.MachineLearningServices/workspaces/datastores/read"), "{gaps:?}");
    assert_eq!(server.seen("mlw-neu/datastores").len(), 1, "a refusal is not tried again");
    assert!(!complete(&inventory, DATASTORES, B) && complete(&inventory, DATASTORES, A));
}

#[test]
fn the_graph_alone_proves_nothing() {
    let mut azure = estate();
    azure.grant(B, Some(&["Microsoft.MachineLearningServices/*", "Microsoft.Storage/*/read"]));
    let (_, server) = serve(azure);
    let inventory = scan(&server, &[A, B]);
    assert!(complete(&inventory, VAULTS, A), "there is none, and that is known");
    assert!(!complete(&inventory, VAULTS, B), "there may be some that the graph does not show");
    assert!(complete(&inventory, STORAGE, B));
    let gaps = gaps(&inventory, GapCode::Forbidden);
    assert!(gaps.len() == 1 && gaps[0].types == [VAULTS] && gaps[0].message.contains("Microsoft.KeyVault/vaults/read"));
}

#[test]
fn where_permissions_cannot_be_asked_the_manager_lists() {
    let mut azure = estate();
    let vault = id(A, "Microsoft.KeyVault/vaults/kv-weu");
    azure.add(&vault, json!({"location": "westeurope", "properties": {}})).hide(&vault).grant(A, None);
    let (azure, server) = serve(azure);
    azure.fault(
        &format!("{B}/providers/microsoft.authorization"),
        1,
        Effect::Status(403, "AuthorizationFailed", vec![]),
    );
    azure.fault(&format!("{B}/providers/microsoft.keyvault"), 1, Effect::Status(403, "AuthorizationFailed", vec![]));
    let inventory = scan(&server, &[A, B]);
    assert_eq!(ids(&inventory, VAULTS), ["kv-weu"], "the graph did not have it");
    assert!(complete(&inventory, VAULTS, A) && complete(&inventory, ONLINE, A));
    assert!(!complete(&inventory, VAULTS, B) && complete(&inventory, STORAGE, B));
    assert_eq!(gaps(&inventory, GapCode::Forbidden).len(), 1);
}

#[test]
fn a_silent_or_failing_graph_falls_back_to_the_manager() {
    for effect in [Effect::Status(403, "Forbidden", vec![]), Effect::Cut] {
        let (azure, server) = serve(estate());
        azure.fault("resourcegraph", usize::MAX, effect);
        let inventory = scan(&server, &[A, B]);
        assert_eq!(ids(&inventory, ONLINE).len(), 2);
        assert_eq!(inventory.collection.gaps, []);
        assert!(inventory.collection.is_complete(COMPUTES, Collection::EVERYWHERE));
    }
    let mut azure = estate();
    for (subscription, suffix) in [(A, "weu"), (B, "neu")] {
        azure.hide(&format!("{}/onlineEndpoints/score", workspace(subscription, &format!("mlw-{suffix}"))));
    }
    let (_, server) = serve(azure);
    assert_eq!(ids(&scan(&server, &[A, B]), ONLINE).len(), 2, "no endpoint at all is no proof that there is none");
}

#[test]
fn an_unreadable_subscription_is_told_and_the_others_are_read() {
    let (_, server) = serve(estate());
    let inventory = scan(&server, &[A, "cccccccc-0000-0000-0000-000000000003"]);
    let gaps = gaps(&inventory, GapCode::ScopeUnreadable);
    assert_eq!((gaps.len(), gaps[0].status), (1, Some(404)));
    assert!(gaps[0].message.contains("ML primary"), "{gaps:?}");
    let readable: Vec<_> = inventory.collection.subscriptions.iter().map(|s| s.readable).collect();
    assert_eq!(readable, [true, false]);
    assert!(complete(&inventory, COMPUTES, A));
    assert!(!inventory.collection.is_complete(COMPUTES, Collection::EVERYWHERE));
}

#[test]
fn hostile_paging_is_cut() {
    for effect in [
        Effect::NextLink("https://evil.example/steal".into()),
        Effect::NextLink("http://localhost/steal".into()),
        Effect::NextLink("not an address".into()),
        Effect::Circle,
        Effect::Endless,
    ] {
        let (azure, server) = serve(estate());
        azure.fault("mlw-weu/computes", usize::MAX, effect.clone());
        let mut options = options(&server, &[A, B]);
        options.limits.pages = 30;
        let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
        let gaps = gaps(&inventory, GapCode::PagingRefused);
        assert_eq!((gaps.len(), gaps[0].types.as_slice()), (1, [COMPUTES.to_owned()].as_slice()), "{effect:?}");
        assert!(!complete(&inventory, COMPUTES, A) && complete(&inventory, COMPUTES, B));
        assert!(server.seen("mlw-weu/computes").len() <= 31);
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (azure, server) = serve(estate());
    let elsewhere = Server::start(|_| support::Reply::json(200, &json!({"value": []})));
    azure.fault("mlw-weu/computes", usize::MAX, Effect::Redirect(elsewhere.base()));
    let inventory = scan(&server, &[A]);
    assert!(elsewhere.log().is_empty());
    assert_eq!(gaps(&inventory, GapCode::RequestFailed)[0].status, Some(302));
    assert!(!complete(&inventory, COMPUTES, A));
}

#[test]
fn a_refused_token_is_renewed_once() {
    let (azure, server) = serve(estate());
    azure.fault("mlw-weu/computes", 1, Effect::Status(401, "ExpiredAuthenticationToken", vec![]));
    let inventory = scan(&server, &[A]);
    assert_eq!(inventory.collection.gaps, []);
    let (azure, server) = serve(estate());
    azure.fault("mlw-weu/computes", usize::MAX, Effect::Status(401, "ExpiredAuthenticationToken", vec![]));
    let inventory = scan(&server, &[A]);
    assert_eq!(server.seen("mlw-weu/computes").len(), 2);
    assert_eq!(gaps(&inventory, GapCode::RequestFailed)[0].status, Some(401));
}

#[test]
fn an_answer_without_end_is_refused() {
    let mut azure = estate();
    let note = "x".repeat(200_000);
    azure.add(&format!("{}/computes/big", workspace(A, "mlw-weu")), json!({"properties": {"description": note}}));
    let (_, server) = serve(azure);
    let mut options = options(&server, &[A]);
    options.limits.response_bytes = 100_000;
    let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    assert!(gaps(&inventory, GapCode::RequestFailed)[0].message.contains("larger than 100000 bytes"));
    assert!(!complete(&inventory, COMPUTES, A));
}

#[test]
fn the_deadline_ends_the_scan_with_what_was_read() {
    let mut azure = estate();
    azure.delay(Duration::from_millis(1000));
    let (_, server) = serve(azure);
    let mut options = options(&server, &[A, B]);
    options.deadline = Some(Duration::from_millis(2600));
    let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    assert!(!inventory.resources.is_empty());
    let late = gaps(&inventory, GapCode::Throttled);
    assert!(late.iter().all(|gap| gap.message.contains("deadline")), "{late:?}");
    assert!(late.iter().any(|gap| gap.types == [COMPUTES]));
    assert!(!inventory.collection.is_complete(COMPUTES, Collection::EVERYWHERE));
}

#[test]
fn what_lies_outside_the_scope_is_read_or_said_to_be_outside() {
    let mut azure = estate();
    let shared = id(B, "Microsoft.KeyVault/vaults/kv-shared");
    let gone = id("dddddddd-0000-0000-0000-000000000004", "Microsoft.KeyVault/vaults/kv-gone");
    azure.add(&shared, json!({"location": "northeurope", "properties": {}}));
    for (name, vault) in [("one", &shared), ("two", &shared), ("three", &gone)] {
        azure.add(&workspace(A, name), json!({"location": "westeurope", "properties": {"keyVault": vault}}));
    }
    let (_, server) = serve(azure);
    let inventory = scan(&server, &[A]);
    assert_eq!(ids(&inventory, VAULTS), ["kv-shared"]);
    assert_eq!(server.seen("vaults/kv-shared").len(), 1);
    let outside = gaps(&inventory, GapCode::OutOfScope);
    assert_eq!((outside.len(), outside[0].status), (1, Some(404)));
    assert!(!complete(&inventory, VAULTS, B), "one vault of it is not all of them");
}

#[test]
fn all_subscriptions_but_some() {
    let (_, server) = serve(estate());
    let mut options = options(&server, &[]);
    options.scope = Scope { all: true, exclude: vec!["ml primary".into()], ..Scope::default() };
    let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    let read: Vec<_> = inventory.collection.subscriptions.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(read, [B]);
    assert!(inventory.resources.iter().all(|resource| resource.id.subscription().as_deref() == Some(B)));
}

#[test]
fn nothing_to_read_and_nobody_to_read_it() {
    let (_, server) = serve(estate());
    assert!(matches!(live::collect(&options(&server, &[]), &wanted(), &mut Silent), Err(LiveError::NoScope)));
    let mut nobody = options(&server, &[A]);
    nobody.auth = Some(live::Method::Environment);
    let error = live::collect(&nobody, &wanted(), &mut Silent).expect_err("there is no secret");
    assert!(error.to_string().contains("AZURE_CLIENT_SECRET is not set"), "{error}");
    let mut stranger = options(&server, &[A]);
    let environment = stranger.environment.clone();
    stranger.environment = Arc::new(move |name| environment(name).filter(|_| name != "SSL_CERT_FILE"));
    let inventory = live::collect(&stranger, &wanted(), &mut Silent).expect("a scan of nothing");
    assert!(server.log().is_empty(), "the certificate is not trusted");
    assert_eq!(gaps(&inventory, GapCode::ScopeUnreadable).len(), 1);
}

#[test]
fn the_token_is_in_nothing_that_is_shown() {
    let (azure, server) = serve(estate());
    azure.fault("mlw-weu/computes", usize::MAX, Effect::Status(403, "AuthorizationFailed", vec![]));
    let inventory = scan(&server, &[A, B]);
    let sent = server.log().into_iter().all(|seen| seen.request.authorization.is_some());
    assert!(sent && !format!("{inventory:?}").contains("a-token-of-the-tests"));
}

#[test]
fn requests_at_once_are_bounded() {
    let mut azure = estate();
    for number in 0..40 {
        azure.add(&workspace(A, &format!("mlw-{number}")), json!({"location": "westeurope", "properties": {}}));
    }
    azure.delay(Duration::from_millis(20));
    let (_, server) = serve(azure);
    let mut options = options(&server, &[A]);
    options.limits.per_subscription = 4;
    live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    let most = server.log().iter().map(|seen| seen.at_once).max();
    assert_eq!(most, Some(4));
}

#[test]
fn a_snapshot_of_a_scan_is_the_scan() {
    let mut azure = estate();
    let secret = json!({"properties": {"target": "https://a.example", "connectionString": "hunter2"}});
    azure.add(&format!("{}/computes/odd", workspace(A, "mlw-weu")), secret);
    let (azure, server) = serve(azure);
    azure.fault("mlw-neu/datastores", usize::MAX, Effect::Status(403, "AuthorizationFailed", vec![]));
    let inventory = scan(&server, &[A, B]);
    let mut bytes = Vec::new();
    write_snapshot(&inventory, &mut bytes).expect("a vector takes everything");
    let text = String::from_utf8(bytes).expect("JSON is text");
    assert!(!text.contains("hunter2") && !text.contains("a-token-of-the-tests"));
    let again = read_snapshot_from("s.json", text.as_bytes(), &Default::default()).expect("its own form");
    assert_eq!(again.collection, inventory.collection);
    assert_eq!(again.captured_at, inventory.captured_at);
    let facts = |inventory: &Inventory| {
        let mut facts: Vec<_> = inventory
            .resources
            .iter()
            .map(|r| (r.id.key().to_owned(), r.resource_type.clone(), r.body.clone(), r.unknown.clone()))
            .collect();
        facts.sort_by(|a, b| a.0.cmp(&b.0));
        facts
    };
    assert_eq!(facts(&again), facts(&inventory));
}

#[test]
fn a_management_group_is_all_subscriptions_below_it() {
    let (_, server) = serve(estate());
    let mut options = options(&server, &[]);
    options.scope.management_groups = vec!["mg-ml".into(), "mg-other".into()];
    let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    assert_eq!(inventory.collection.subscriptions.len(), 2);
    let unreadable = gaps(&inventory, GapCode::ScopeUnreadable);
    assert!(unreadable.len() == 1 && unreadable[0].message.contains("management group mg-other"), "{unreadable:?}");
}

/// Who signs tokens for GitHub jobs, and Entra.
fn identity() -> Server {
    Server::start(|request| match request.path().as_str() {
        "/job-token" => support::Reply::json(200, &json!({"value": "token-of-the-job"})),
        "/my-tenant/oauth2/v2.0/token" => {
            let token = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "a-token-of-the-tests"});
            support::Reply::json(200, &token)
        }
        _ => support::Reply::json(404, &json!({})),
    })
}

/// Options that sign in at `identity` with these variables.
fn signing_in(server: &Server, identity: &Server, variables: &[(&'static str, String)]) -> LiveOptions {
    let mut options = options(server, &[A]);
    let bundle = server.certificate().with_file_name("both.pem");
    let read = |server: &Server| std::fs::read_to_string(server.certificate()).expect("a certificate");
    std::fs::write(&bundle, read(server) + &read(identity)).expect("a file");
    let mut all: HashMap<&str, String> = server.environment().into_iter().collect();
    all.remove("HOLDFAST_ACCESS_TOKEN");
    all.insert("SSL_CERT_FILE", bundle.display().to_string());
    all.insert("AZURE_AUTHORITY_HOST", identity.base());
    all.insert("AZURE_TENANT_ID", "my-tenant".into());
    all.insert("AZURE_CLIENT_ID", "my-client".into());
    all.extend(variables.iter().cloned());
    options.environment = Arc::new(move |name| all.get(name).cloned());
    options
}

#[test]
fn a_secret_signs_in_and_a_claims_challenge_is_answered() {
    let (azure, server) = serve(estate());
    let challenge = r#"Bearer error="insufficient_claims", claims="eyJhY2Nlc3NfdG9rZW4iOnt9fQ==""#.to_owned();
    let challenge = vec![("www-authenticate", challenge)];
    azure.fault("mlw-weu/computes", 1, Effect::Status(401, "InvalidAuthenticationToken", challenge));
    let identity = identity();
    let options = signing_in(&server, &identity, &[("AZURE_CLIENT_SECRET", "hunter2".into())]);
    let inventory = live::collect(&options, &wanted(), &mut Silent).expect("a scan");
    assert_eq!(inventory.collection.gaps, []);
    let asked: Vec<_> = identity.log().into_iter().map(|seen| seen.request.body).collect();
    assert_eq!(asked.len(), 2);
    assert!(asked[0].contains("client_secret=hunter2") && !asked[0].contains("claims="), "{asked:?}");
    assert!(asked[1].contains("&claims=%7B%22access_token%22%3A%7B%7D%7D"), "{asked:?}");
}

#[test]
fn a_github_job_signs_in_with_its_own_token() {
    let (azure, server) = serve(estate());
    azure.fault("mlw-weu/computes", 1, Effect::Status(401, "ExpiredAuthenticationToken", vec![]));
    let identity = identity();
    let url = format!("{}/job-token?api-version=2", identity.base());
    let variables =
        [("ACTIONS_ID_TOKEN_REQUEST_URL", url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-the-runner".to_owned())];
    let inventory = live::collect(&signing_in(&server, &identity, &variables), &wanted(), &mut Silent).expect("a scan");
    assert_eq!(inventory.collection.gaps, []);
    let asked = identity.seen("/job-token");
    assert_eq!(asked.len(), 2, "a fresh one for each exchange");
    assert_eq!(asked[0].request.authorization.as_deref(), Some("Bearer token-of-the-runner"));
    assert_eq!(asked[0].request.parameter("audience"), Some("api%3A%2F%2FAzureADTokenExchange"));
    let exchanged =
        identity.seen("/token").into_iter().find(|seen| seen.request.method == "POST").expect("an exchange");
    assert!(exchanged.request.body.contains("client_assertion=token-of-the-job"));
}

#[test]
fn access_is_checked_without_reading() {
    let mut azure = estate();
    azure.grant(A, Some(&["Microsoft.MachineLearningServices/*"])).grant(B, None);
    let (_, server) = serve(azure);
    let access = live::check_access(&options(&server, &[A, B]), &wanted()).expect("a check");
    let missing: Vec<_> = access.iter().map(|access| (access.subscription.as_str(), access.missing.clone())).collect();
    let actions = [
        "Microsoft.KeyVault/vaults/read",
        "Microsoft.Storage/storageAccounts/blobServices/read",
        "Microsoft.Storage/storageAccounts/read",
    ];
    assert_eq!(missing, [(A, Some(actions.map(str::to_owned).to_vec())), (B, None)]);
    assert!(server.seen("/resources").is_empty() && server.seen("/computes").is_empty());
}

/// Whatever passes: the answer is that of a calm day.
#[test]
fn any_mixture_of_transient_faults_changes_nothing() {
    let (_, server) = serve(estate());
    let calm = scan(&server, &[A, B]);
    let bodies = |inventory: &Inventory| -> Vec<_> {
        inventory.resources.iter().map(|r| (r.id.key().to_owned(), r.body.clone())).collect()
    };
    let places =
        ["computes", "datastores", "resourcegraph", "blobservices", "permissions", "stdata", "/subscriptions?"];
    for seed in 1..=8_u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let (azure, server) = serve(estate());
        for place in places {
            let effect = match draw(7) {
                0 => Effect::Status(429, "TooManyRequests", vec![("retry-after", "0".to_owned())]),
                1 => Effect::Status(503, "ServerBusy", vec![]),
                2 => Effect::Status(500, "InternalServerError", vec![]),
                3 => Effect::Status(408, "RequestTimeout", vec![]),
                4 => Effect::Truncated,
                5 => Effect::Reset,
                _ => Effect::Html,
            };
            azure.fault(place, draw(4) as usize, effect);
        }
        let stormy = scan(&server, &[A, B]);
        assert_eq!(bodies(&stormy), bodies(&calm), "seed {seed}");
        assert_eq!(stormy.collection, calm.collection, "seed {seed}");
    }
}

/// Whatever stays broken: what is lost is a gap, and nothing is said to be complete that is not.
#[test]
fn any_permanent_fault_is_a_gap_and_never_completeness() {
    let places = [("mlw-weu/computes", COMPUTES, A), ("mlw-neu/datastores", DATASTORES, B)];
    let effects = [
        Effect::Status(403, "AuthorizationFailed", vec![]),
        Effect::Status(404, "ResourceNotFound", vec![]),
        Effect::Status(400, "InvalidApiVersionParameter", vec![]),
        Effect::Status(500, "InternalServerError", vec![]),
        Effect::Truncated,
        Effect::Reset,
        Effect::Html,
    ];
    for effect in effects {
        for (place, resource_type, subscription) in places {
            let (azure, server) = serve(estate());
            azure.fault(place, usize::MAX, effect.clone());
            let inventory = scan(&server, &[A, B]);
            let told = inventory.collection.gaps.iter().filter(|gap| gap.types == [resource_type]).count();
            assert_eq!(told, 1, "{effect:?} at {place}: {:?}", inventory.collection.gaps);
            assert!(!complete(&inventory, resource_type, subscription), "{effect:?} at {place}");
        }
    }
}
