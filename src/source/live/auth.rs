//! Who reads: the credentials, tried in a fixed order, and the token that is asked for again when the
//! service refuses it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Body, ClientMethodOptions, ClientOptions, Context, Request, Transport};
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, ClientAssertion, ClientAssertionCredential,
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use reqwest::Url;
use tokio::time::timeout;

use super::cloud::{Cloud, Environment, is_loopback};
use super::failure::{described, one_line};

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A service principal with a secret: `AZURE_TENANT_ID`, `AZURE_CLIENT_ID`, `AZURE_CLIENT_SECRET`.
    Environment,
    /// The OpenID Connect token of a GitHub Actions job, exchanged for one of Entra.
    GithubOidc,
    /// A federated token in a file, as Kubernetes mounts it.
    WorkloadIdentity,
    /// The identity of the machine.
    ManagedIdentity,
    /// Whoever is signed in to the Azure CLI.
    AzureCli,
    /// Whoever is signed in to the Azure Developer CLI.
    AzureDeveloperCli,
    /// A ready-made token in `HOLDFAST_ACCESS_TOKEN`; only for an endpoint on this machine.
    AccessToken,
}

/// The variable of [`Method::AccessToken`].
const ACCESS_TOKEN: &str = "HOLDFAST_ACCESS_TOKEN";

impl Method {
    /// All methods in the order in which they are tried.
    pub const ALL: [Method; 7] = [
        Self::AccessToken,
        Self::Environment,
        Self::GithubOidc,
        Self::WorkloadIdentity,
        Self::ManagedIdentity,
        Self::AzureCli,
        Self::AzureDeveloperCli,
    ];

    /// The name for `--auth`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Environment => "environment",
            Self::GithubOidc => "github-oidc",
            Self::WorkloadIdentity => "workload-identity",
            Self::ManagedIdentity => "managed-identity",
            Self::AzureCli => "azure-cli",
            Self::AzureDeveloperCli => "azd",
            Self::AccessToken => "access-token",
        }
    }

    /// From its name, case ignored.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name().eq_ignore_ascii_case(name))
    }

    /// What makes it work.
    fn fix(self) -> &'static str {
        match self {
            Self::Environment => "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
            Self::GithubOidc => {
                "in the workflow set `permissions: id-token: write`, AZURE_TENANT_ID and AZURE_CLIENT_ID, and add a federated credential for the repository"
            }
            Self::WorkloadIdentity => "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
            Self::ManagedIdentity => {
                "run on a machine with a managed identity (AZURE_CLIENT_ID chooses a user-assigned one)"
            }
            Self::AzureCli => "run `az login`",
            Self::AzureDeveloperCli => "run `azd auth login`",
            Self::AccessToken => {
                "set HOLDFAST_ACCESS_TOKEN and let AZURE_RESOURCE_MANAGER_ENDPOINT point to this machine"
            }
        }
    }

    /// How long signing in may take. Off Azure nobody answers at the address of managed identities.
    fn patience(self, chosen: bool) -> Duration {
        match self {
            Self::ManagedIdentity if !chosen => Duration::from_secs(4),
            _ => Duration::from_secs(60),
        }
    }
}

/// A method that did not work.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The method.
    pub method: Method,
    /// Why not.
    pub problem: String,
}

/// No method worked.
#[derive(Clone, Debug)]
pub struct AuthError {
    /// What was tried, in order.
    pub attempts: Vec<Attempt>,
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("could not sign in to Azure; tried")?;
        for attempt in &self.attempts {
            let Attempt { method, problem } = attempt;
            write!(f, "\n  {}: {problem}; to use it, {}", method.name(), method.fix())?;
        }
        Ok(())
    }
}

impl std::error::Error for AuthError {}

/// All that is needed to make a credential.
#[derive(Clone)]
pub(super) struct Setup {
    pub http: reqwest::Client,
    pub cloud: Cloud,
    pub environment: Environment,
}

impl Setup {
    fn variable(&self, name: &str) -> Result<String, String> {
        (self.environment)(name).ok_or_else(|| format!("{name} is not set"))
    }

    fn client_options(&self, claims: Option<String>) -> ClientOptions {
        let mut custom = CustomConfiguration::default();
        custom.authority_host = self.cloud.authority.to_string();
        let mut options = ClientOptions {
            transport: Some(Transport::new(Arc::new(self.http.clone()))),
            cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
            ..ClientOptions::default()
        };
        if let Some(claims) = claims {
            options.per_call_policies.push(Arc::new(WithClaims(claims)));
        }
        options
    }

    /// A credential that has not been asked yet; an error says what it lacks.
    fn credential(&self, method: Method, claims: Option<String>) -> Result<Arc<dyn TokenCredential>, String> {
        let failed = |error: azure_core::Error| described(&error);
        let client_options = self.client_options(claims);
        Ok(match method {
            Method::Environment => {
                let secret = Secret::new(self.variable("AZURE_CLIENT_SECRET")?);
                let (tenant, client) = (self.variable("AZURE_TENANT_ID")?, self.variable("AZURE_CLIENT_ID")?);
                let options = ClientSecretCredentialOptions { client_options };
                ClientSecretCredential::new(&tenant, client, secret, Some(options)).map_err(failed)?
            }
            Method::GithubOidc => {
                let assertion = GithubAssertion::new(self)?;
                let (tenant, client) = (self.variable("AZURE_TENANT_ID")?, self.variable("AZURE_CLIENT_ID")?);
                let options = ClientAssertionCredentialOptions { client_options };
                ClientAssertionCredential::new(tenant, client, assertion, Some(options)).map_err(failed)?
            }
            Method::WorkloadIdentity => {
                let options = WorkloadIdentityCredentialOptions {
                    token_file_path: Some(PathBuf::from(self.variable("AZURE_FEDERATED_TOKEN_FILE")?)),
                    tenant_id: Some(self.variable("AZURE_TENANT_ID")?),
                    client_id: Some(self.variable("AZURE_CLIENT_ID")?),
                    credential_options: ClientAssertionCredentialOptions { client_options },
                };
                WorkloadIdentityCredential::new(Some(options)).map_err(failed)?
            }
            Method::ManagedIdentity => {
                let user_assigned_id = self.variable("AZURE_CLIENT_ID").ok().map(UserAssignedId::ClientId);
                let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
                ManagedIdentityCredential::new(Some(options)).map_err(failed)?
            }
            Method::AzureCli => AzureCliCredential::new(None).map_err(failed)?,
            Method::AzureDeveloperCli => AzureDeveloperCliCredential::new(None).map_err(failed)?,
            Method::AccessToken => {
                let token = Secret::new(self.variable(ACCESS_TOKEN)?);
                if !self.cloud.is_loopback() {
                    return Err(format!("{ACCESS_TOKEN} is only for an endpoint on this machine"));
                }
                Arc::new(ReadyMade(token))
            }
        })
    }

    /// The chain without what is for tests only, unless its variable is set.
    fn chain(&self) -> Vec<Method> {
        let ready_made = self.cloud.is_loopback() && self.variable(ACCESS_TOKEN).is_ok();
        Method::ALL.into_iter().filter(|method| *method != Method::AccessToken || ready_made).collect()
    }
}

/// A token for one request.
pub(super) struct Bearer {
    pub secret: Secret,
    /// Which credential object it came from.
    pub generation: u64,
}

/// The tokens of a scan, all from one method.
pub(super) struct Tokens {
    setup: Setup,
    pub(super) method: Method,
    scope: String,
    current: tokio::sync::RwLock<(u64, Arc<dyn TokenCredential>)>,
    /// The newest generation that the service accepted, plus one; 0 if none.
    proved: AtomicU64,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("method", &self.method).finish_non_exhaustive()
    }
}

impl Tokens {
    /// Signs in with the method given, or with the first that works.
    pub(super) async fn sign_in(setup: Setup, only: Option<Method>) -> Result<Self, AuthError> {
        let scope = setup.cloud.scope();
        let mut attempts = Vec::new();
        for method in only.map_or_else(|| setup.chain(), |method| vec![method]) {
            let patience = method.patience(only.is_some());
            match first_token(&setup, method, &scope, patience).await {
                Ok(credential) => {
                    let current = tokio::sync::RwLock::new((0, credential));
                    return Ok(Self { setup, method, scope, current, proved: AtomicU64::new(0) });
                }
                Err(problem) => attempts.push(Attempt { method, problem }),
            }
        }
        Err(AuthError { attempts })
    }

    /// The token for the next request; the credential keeps it until shortly before it expires.
    pub(super) async fn bearer(&self) -> Result<Bearer, String> {
        let (generation, credential) = self.current.read().await.clone();
        let token = credential.get_token(&[&self.scope], None).await.map_err(|error| {
            let problem = described(&error);
            format!("no new token from {}: {problem}; to use it, {}", self.method.name(), self.method.fix())
        })?;
        Ok(Bearer { secret: token.token, generation })
    }

    /// The service accepted a token of this generation.
    pub(super) fn accepted(&self, generation: u64) {
        self.proved.fetch_max(generation + 1, Ordering::Relaxed);
    }

    /// Drops a refused token, so that the next request asks for a new one. `false` if a new one was
    /// already refused without ever having been accepted: then it is not the token's age.
    pub(super) async fn renew(&self, refused: u64, claims: Option<String>) -> bool {
        let mut current = self.current.write().await;
        if current.0 != refused {
            return true;
        }
        if refused > 0 && self.proved.load(Ordering::Relaxed) <= refused {
            return false;
        }
        match self.setup.credential(self.method, claims) {
            Ok(credential) => {
                *current = (refused + 1, credential);
                true
            }
            Err(_) => false,
        }
    }
}

async fn first_token(
    setup: &Setup,
    method: Method,
    scope: &str,
    patience: Duration,
) -> Result<Arc<dyn TokenCredential>, String> {
    let credential = setup.credential(method, None)?;
    match timeout(patience, credential.get_token(&[scope], None)).await {
        Ok(Ok(_)) => Ok(credential),
        Ok(Err(error)) => Err(described(&error)),
        Err(_) => Err(format!("no answer within {} s", patience.as_secs())),
    }
}

/// A token that was there before.
#[derive(Debug)]
struct ReadyMade(Secret);

#[async_trait]
impl TokenCredential for ReadyMade {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        let in_an_hour = azure_core::time::OffsetDateTime::now_utc() + Duration::from_secs(3600);
        Ok(AccessToken::new(self.0.clone(), in_an_hour))
    }
}

/// Asks GitHub for a fresh token of the job at each exchange: it lives for minutes only.
/// <https://docs.github.com/actions/security-for-github-actions/security-hardening-your-deployments/about-security-hardening-with-openid-connect>
struct GithubAssertion {
    http: reqwest::Client,
    url: Url,
    request_token: Secret,
}

impl fmt::Debug for GithubAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GithubAssertion").finish_non_exhaustive()
    }
}

impl GithubAssertion {
    fn new(setup: &Setup) -> Result<Self, String> {
        let written = setup.variable("ACTIONS_ID_TOKEN_REQUEST_URL")?;
        let mut url = Url::parse(&written).map_err(|_| "ACTIONS_ID_TOKEN_REQUEST_URL is not a URL".to_owned())?;
        if url.scheme() != "https" && !is_loopback(&url) {
            return Err("ACTIONS_ID_TOKEN_REQUEST_URL is not https".to_owned());
        }
        url.query_pairs_mut().append_pair("audience", "api://AzureADTokenExchange");
        let request_token = Secret::new(setup.variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN")?);
        Ok(Self { http: setup.http.clone(), url, request_token })
    }

    async fn fetch(&self) -> Result<String, String> {
        let request = self.http.get(self.url.clone()).bearer_auth(self.request_token.secret());
        let response = request.send().await.map_err(|error| described(&error.without_url()))?;
        let status = response.status();
        if !status.is_success() {
            return Err(format!("GitHub answered {status} to the request for the job's token"));
        }
        let answer: serde_json::Value = response.json().await.map_err(|error| described(&error.without_url()))?;
        let token = answer.get("value").and_then(serde_json::Value::as_str);
        token.map(str::to_owned).ok_or_else(|| "GitHub's answer holds no token".to_owned())
    }
}

#[async_trait]
impl ClientAssertion for GithubAssertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        self.fetch().await.map_err(|problem| {
            azure_core::Error::with_message(azure_core::error::ErrorKind::Credential, one_line(&problem))
        })
    }
}

/// Adds the claims of a challenge to the request for a token.
#[derive(Debug)]
struct WithClaims(String);

#[async_trait]
impl Policy for WithClaims {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if let Body::Bytes(bytes) = request.body()
            && let Ok(form) = std::str::from_utf8(bytes)
            && form.contains("grant_type=")
        {
            let with_claims = format!("{form}&{}", form_pair("claims", &self.0));
            request.set_body(with_claims);
        }
        match next.split_first() {
            Some((policy, rest)) => policy.send(ctx, request, rest).await,
            None => Err(azure_core::Error::with_message(azure_core::error::ErrorKind::Other, "no transport")),
        }
    }
}

fn form_pair(name: &str, value: &str) -> String {
    let mut url = Url::parse("https://localhost").expect("a constant that is a URL");
    url.query_pairs_mut().append_pair(name, value);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(variables: &[(&str, &str)]) -> Setup {
        let variables: std::collections::HashMap<String, String> =
            variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let environment: Environment = Arc::new(move |name: &str| variables.get(name).cloned());
        let cloud = Cloud::from_environment(&environment).expect("a cloud");
        let http = super::super::http::http_client(&cloud, None).expect("a client");
        Setup { http, cloud, environment }
    }

    const LOOPBACK: (&str, &str) = ("AZURE_RESOURCE_MANAGER_ENDPOINT", "https://localhost:1");

    fn run<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
    }

    #[test]
    fn names_are_read_back() {
        for method in Method::ALL {
            assert_eq!(Method::parse(&method.name().to_uppercase()), Some(method));
        }
    }

    #[test]
    fn a_ready_made_token_is_for_this_machine_only() {
        let secret = (ACCESS_TOKEN, "s3cret");
        let public = setup(&[secret]);
        let error = run(Tokens::sign_in(public, Some(Method::AccessToken))).expect_err("the public cloud");
        assert!(error.to_string().contains("only for an endpoint on this machine"), "{error}");
        assert!(!error.to_string().contains("s3cret"));
        let tokens = run(Tokens::sign_in(setup(&[secret, LOOPBACK]), None)).expect("loopback");
        assert_eq!(tokens.method, Method::AccessToken);
        assert!(!format!("{tokens:?}").contains("s3cret"));
    }

    #[test]
    fn a_failure_names_what_is_missing_and_the_fix() {
        let error = run(Tokens::sign_in(setup(&[]), Some(Method::Environment))).expect_err("nothing is set");
        let text = error.to_string();
        assert!(text.contains("environment: AZURE_CLIENT_SECRET is not set"), "{text}");
        assert!(text.contains("to use it, set AZURE_TENANT_ID"), "{text}");
    }

    #[test]
    fn a_token_is_renewed_once_unless_it_was_accepted() {
        run(async {
            let tokens = Tokens::sign_in(setup(&[(ACCESS_TOKEN, "t"), LOOPBACK]), None).await.expect("loopback");
            assert!(tokens.renew(0, None).await);
            assert!(tokens.renew(0, None).await, "another request did it already");
            assert!(!tokens.renew(1, None).await, "the new one was never accepted");
            tokens.accepted(1);
            assert!(tokens.renew(1, None).await, "it expired later");
        });
    }

    #[test]
    fn claims_are_form_encoded() {
        assert_eq!(form_pair("claims", r#"{"a": "&"}"#), "claims=%7B%22a%22%3A+%22%26%22%7D");
    }
}
