//! Which cloud is read: endpoint, authority, audience, and which addresses belong to it.

use std::net::IpAddr;

use reqwest::Url;

/// The names of the settings, as azqr and the Azure SDKs use them.
const CLOUD: &str = "AZURE_CLOUD";
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
const ENDPOINT: &str = "AZURE_RESOURCE_MANAGER_ENDPOINT";
const AUDIENCE: &str = "AZURE_RESOURCE_MANAGER_AUDIENCE";

/// Reads an environment variable; empty counts as not set.
pub type Environment = std::sync::Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// The variables of this process.
pub fn process_environment() -> Environment {
    std::sync::Arc::new(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
}

/// An Azure cloud: where Azure Resource Manager is and who issues tokens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// The base URL of Azure Resource Manager.
    pub endpoint: Url,
    /// The base URL that issues tokens.
    pub authority: Url,
    /// What the tokens are for; the scope is this with `/.default`.
    pub audience: String,
}

/// Why a cloud cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// `AZURE_CLOUD` names no cloud that is known.
    #[error(
        "AZURE_CLOUD is {0}; expected AzurePublic, AzureGovernment or AzureChina (for others set {ENDPOINT}, {AUTHORITY} and {AUDIENCE})"
    )]
    UnknownCloud(String),
    /// A setting is not an absolute URL.
    #[error("{name} is {value}, which is not an absolute URL such as https://management.azure.com")]
    NotAUrl {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// Plain http to another machine would show the token to the network.
    #[error("{name} is {value}; plain http is accepted only for this machine (localhost), use https")]
    PlainHttp {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
}

impl Cloud {
    /// The public cloud, or what the `AZURE_*` variables say.
    pub fn from_environment(environment: &Environment) -> Result<Self, CloudError> {
        let named = environment(CLOUD);
        let (endpoint, authority, audience) = known(named.as_deref().unwrap_or("AzurePublic"))
            .or_else(|| environment(ENDPOINT).map(|_| PUBLIC))
            .ok_or_else(|| CloudError::UnknownCloud(named.unwrap_or_default()))?;
        let custom = environment(ENDPOINT);
        let audience = match (environment(AUDIENCE), &custom) {
            (Some(audience), _) => audience,
            (None, Some(endpoint)) => endpoint.clone(),
            (None, None) => audience.to_owned(),
        };
        let endpoint = custom.unwrap_or_else(|| endpoint.to_owned());
        let authority = environment(AUTHORITY).unwrap_or_else(|| authority.to_owned());
        Ok(Self {
            endpoint: base_url(ENDPOINT, &endpoint)?,
            authority: base_url(AUTHORITY, &authority)?,
            audience: audience.trim_end_matches('/').to_owned(),
        })
    }

    /// The scope to ask a token for.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// Whether Azure Resource Manager is on this machine (tests, simulators).
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.endpoint)
    }

    /// The address of a path (with its query) below the endpoint.
    pub(super) fn url(&self, path: &str) -> Option<Url> {
        let base = self.endpoint.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}/{}", path.trim_start_matches('/'))).ok()?;
        self.owns(&url).then_some(url)
    }

    /// Whether an address may be asked with the token of this cloud: the configured host or a
    /// subdomain of it (regional hosts), over https; over http only where the endpoint itself is
    /// http on this machine.
    pub(super) fn owns(&self, url: &Url) -> bool {
        if !url.username().is_empty() || url.password().is_some() {
            return false;
        }
        let same_port = url.port_or_known_default() == self.endpoint.port_or_known_default();
        let scheme = url.scheme() == "https" || (url.scheme() == "http" && self.endpoint.scheme() == "http");
        let (Some(host), Some(own)) = (url.host_str(), self.endpoint.host_str()) else { return false };
        let within = host == own || host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.'));
        same_port && scheme && within
    }
}

const PUBLIC: (&str, &str, &str) =
    ("https://management.azure.com", "https://login.microsoftonline.com", "https://management.azure.com");

/// Endpoint, authority and audience of the clouds that Microsoft and 21Vianet run.
/// <https://learn.microsoft.com/azure/developer/python/sdk/authentication/multi-cloud>
fn known(name: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match name.to_ascii_lowercase().as_str() {
        "azurepublic" | "azurecloud" | "azurepubliccloud" | "public" => Some(PUBLIC),
        "azuregovernment" | "azureusgovernment" | "azureusgovernmentcloud" | "usgovernment" | "usgov" => Some((
            "https://management.usgovcloudapi.net",
            "https://login.microsoftonline.us",
            "https://management.core.usgovcloudapi.net",
        )),
        "azurechina" | "azurechinacloud" | "china" => Some((
            "https://management.chinacloudapi.cn",
            "https://login.chinacloudapi.cn",
            "https://management.chinacloudapi.cn",
        )),
        _ => None,
    }
}

fn base_url(name: &'static str, value: &str) -> Result<Url, CloudError> {
    let written = if value.contains("://") { value.to_owned() } else { format!("https://{value}") };
    let not_a_url = || CloudError::NotAUrl { name, value: value.to_owned() };
    let url = Url::parse(&written).map_err(|_| not_a_url())?;
    match url.scheme() {
        _ if url.host_str().is_none() || url.query().is_some() => Err(not_a_url()),
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(CloudError::PlainHttp { name, value: value.to_owned() }),
        _ => Err(not_a_url()),
    }
}

pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(variables: &[(&str, &str)]) -> Result<Cloud, CloudError> {
        let variables: std::collections::HashMap<String, String> =
            variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let environment: Environment = std::sync::Arc::new(move |name: &str| variables.get(name).cloned());
        Cloud::from_environment(&environment)
    }

    fn owns(cloud: &Cloud, url: &str) -> bool {
        cloud.owns(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn named_and_custom_clouds() {
        let public = cloud(&[]).expect("the default");
        assert_eq!(public.endpoint.as_str(), "https://management.azure.com/");
        assert_eq!(public.scope(), "https://management.azure.com/.default");
        let china = cloud(&[(CLOUD, "AzureChina")]).expect("known");
        assert_eq!(china.authority.host_str(), Some("login.chinacloudapi.cn"));
        let custom = cloud(&[(ENDPOINT, "https://arm.local.contoso.com/"), (CLOUD, "AzureStack")]).expect("custom");
        assert_eq!(custom.audience, "https://arm.local.contoso.com");
        assert!(matches!(cloud(&[(CLOUD, "AzureMoon")]), Err(CloudError::UnknownCloud(_))));
    }

    #[test]
    fn plain_http_only_to_this_machine() {
        assert!(cloud(&[(ENDPOINT, "http://127.0.0.1:8080")]).is_ok());
        assert!(cloud(&[(ENDPOINT, "http://[::1]:8080")]).is_ok());
        assert!(matches!(cloud(&[(ENDPOINT, "http://10.0.0.1")]), Err(CloudError::PlainHttp { .. })));
        assert!(matches!(cloud(&[(ENDPOINT, "ftp://localhost")]), Err(CloudError::NotAUrl { .. })));
    }

    #[test]
    fn next_pages_stay_at_the_configured_host() {
        let public = cloud(&[]).expect("the default");
        assert!(owns(&public, "https://management.azure.com/subscriptions?x=1"));
        assert!(owns(&public, "https://westeurope.management.azure.com/subscriptions"));
        for foreign in [
            "http://management.azure.com/",
            "https://management.azure.com:8443/",
            "https://evilmanagement.azure.com.example.com/",
            "https://evil-management.azure.com/",
            "https://management.azure.com@example.com/",
            "https://user@management.azure.com/",
        ] {
            assert!(!owns(&public, foreign), "{foreign}");
        }
        let local = cloud(&[(ENDPOINT, "https://localhost:4433")]).expect("loopback");
        assert!(!owns(&local, "http://localhost:4433/"), "a token for https is not sent over http");
        assert!(!owns(&local, "https://localhost:4434/"));
    }

    #[test]
    fn a_path_cannot_leave_the_endpoint() {
        let public = cloud(&[]).expect("the default");
        let url = public.url("//example.com/x").expect("a path");
        assert_eq!(url.host_str(), Some("management.azure.com"));
    }
}
