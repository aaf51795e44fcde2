//! What can go wrong with a request, and the gap that it leaves.

use reqwest::StatusCode;
use serde_json::Value;

use crate::model::{Gap, GapCode, GapPlace};

/// Why a request gave no answer.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub kind: FailureKind,
    /// The request without its query.
    pub operation: String,
    pub status: Option<u16>,
    /// The error code of the service.
    pub code: Option<String>,
    pub message: String,
    pub correlation_id: Option<String>,
}

/// What a caller would treat differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureKind {
    Unauthorized,
    Forbidden,
    NotFound,
    Throttled,
    Deadline,
    PagingRefused,
    /// Everything else.
    Failed,
}

impl FailureKind {
    pub(super) fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::NotFound,
            StatusCode::TOO_MANY_REQUESTS => Self::Throttled,
            _ => Self::Failed,
        }
    }

    fn code(self) -> GapCode {
        match self {
            Self::Forbidden => GapCode::Forbidden,
            Self::NotFound => GapCode::NotFound,
            Self::Throttled | Self::Deadline => GapCode::Throttled,
            Self::PagingRefused => GapCode::PagingRefused,
            Self::Unauthorized | Self::Failed => GapCode::RequestFailed,
        }
    }
}

impl Failure {
    pub(super) fn new(kind: FailureKind, operation: &str, message: &str) -> Self {
        Self {
            kind,
            operation: operation.to_owned(),
            status: None,
            code: None,
            message: message.to_owned(),
            correlation_id: None,
        }
    }

    /// Says how often it was tried.
    pub(super) fn after(mut self, tries: u32) -> Self {
        if tries > 1 {
            self.message = format!("{} (tried {tries} times)", self.message);
        }
        self
    }

    /// Reads the service's error envelope; some providers leave the outer `error` out.
    /// <https://github.com/Azure/azure-resource-manager-rpc/blob/master/v1.0/common-api-details.md#error-response-content>
    pub(super) fn take_error(&mut self, body: &[u8]) {
        let json: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = json.get("error").filter(|error| error.is_object()).unwrap_or(&json);
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(one_line);
        self.code = text("code");
        let status = self.status.unwrap_or_default();
        self.message = match (&self.code, text("message")) {
            (Some(code), Some(message)) => format!("the service answered {status} {code}: {message}"),
            (Some(code), None) => format!("the service answered {status} {code}"),
            (None, _) => format!("the service answered {status}"),
        };
    }

    /// Whether another try may help.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self.status, Some(408 | 429 | 500 | 502 | 503 | 504))
    }

    /// Whether the provider is simply not in use: an empty inventory, not an unknown one.
    pub(super) fn is_unregistered(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        matches!(code, "MissingSubscriptionRegistration" | "SubscriptionNotRegistered")
    }

    /// Whether this cloud does not know the type or the api-version.
    pub(super) fn is_unknown_version(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default();
        let codes =
            ["InvalidResourceType", "InvalidApiVersionParameter", "NoRegisteredProviderFound", "UnsupportedApiVersion"];
        codes.contains(&code)
    }

    /// The action that is missing, from the service's words.
    fn missing_action(&self) -> Option<&str> {
        let (_, rest) = self.message.split_once("perform action '")?;
        rest.split_once('\'').map(|(action, _)| action)
    }

    /// The gap that it leaves: these types (lower case) are not complete at this place.
    pub(super) fn gap(&self, place: GapPlace, types: &[&str], action: Option<&str>) -> Gap {
        let mut message = self.message.clone();
        if self.kind == FailureKind::Forbidden {
            let action = self.missing_action().or(action).unwrap_or("*/read");
            message = format!("{message}; grant the permission {action} (the built-in role Reader has it)");
        }
        let mut gap = Gap::new(self.kind.code(), place, message);
        gap.operation = Some(self.operation.clone());
        gap.status = self.status;
        gap.correlation_id = self.correlation_id.clone();
        gap.types = types.iter().map(|t| (*t).to_owned()).collect();
        gap
    }
}

/// An error with its causes on one line.
pub(super) fn described(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let next = inner.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = inner.source();
    }
    one_line(&text)
}

/// Text of the service as part of a message: one line, not endless.
pub(super) fn one_line(text: &str) -> String {
    const LONGEST: usize = 400;
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ResourceId;

    fn failure(status: u16, body: &str) -> Failure {
        let status_code = StatusCode::from_u16(status).expect("a status");
        let mut failure = Failure::new(FailureKind::of(status_code), "GET /x", "");
        failure.status = Some(status);
        failure.take_error(body.as_bytes());
        failure
    }

    #[test]
    fn both_envelopes_are_read() {
        let nested = failure(429, r#"{"error":{"code":"SubscriptionRequestsThrottled","message":"slow\ndown"}}"#);
        assert_eq!(nested.code.as_deref(), Some("SubscriptionRequestsThrottled"));
        assert_eq!(nested.message, "the service answered 429 SubscriptionRequestsThrottled: slow down");
        assert_eq!(failure(404, r#"{"code":"ResourceNotFound"}"#).code.as_deref(), Some("ResourceNotFound"));
        assert_eq!(failure(502, "<html>").message, "the service answered 502");
    }

    #[test]
    fn a_gap_names_the_missing_permission() {
        let place = || GapPlace::Scope(ResourceId::parse("/subscriptions/s"));
        let told = failure(
            403,
            r#"{"error":{"code":"AuthorizationFailed","message":"The client 'x' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/read' over scope"}}"#,
        );
        let gap = told.gap(place(), &["microsoft.storage/storageaccounts"], None);
        assert_eq!(gap.code, GapCode::Forbidden);
        assert!(gap.message.contains("grant the permission Microsoft.Storage/storageAccounts/read"), "{}", gap.message);
        let untold = failure(403, "").gap(place(), &[], Some("Microsoft.X/y/read"));
        assert!(untold.message.contains("Microsoft.X/y/read"));
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let line = one_line(&"é ".repeat(1000));
        assert!(line.chars().count() == 401 && line.ends_with('…'));
    }
}
