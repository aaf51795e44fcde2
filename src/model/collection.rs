//! The collection record: what was enumerated completely, and what could not be read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{FileId, Pointer, ResourceId, Span};

/// What a source saw and what it could not see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collection {
    /// Per resource type (lower case) the scopes in which every resource of that type was read:
    /// `/subscriptions/{id}`, the id of a parent resource, or [`Collection::EVERYWHERE`]; lower case.
    pub complete: BTreeMap<String, BTreeSet<String>>,
    /// The subscriptions that the scan was asked to read.
    pub subscriptions: Vec<SubscriptionScope>,
    /// What could not be read, and why.
    pub gaps: Vec<Gap>,
}

/// A subscription in the scope of a live scan.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionScope {
    /// The subscription id, lower case.
    pub id: String,
    /// Its display name, if it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it could be read at all.
    pub readable: bool,
}

impl Collection {
    /// The scope that stands for all that the scan looks at.
    pub const EVERYWHERE: &'static str = "*";

    /// Records that every resource of a type within a scope was read.
    pub fn mark_complete(&mut self, resource_type: &str, scope: &str) {
        self.complete.entry(resource_type.to_ascii_lowercase()).or_default().insert(scope.to_ascii_lowercase());
    }

    /// Whether all resources of a type within a scope (an id, or [`Collection::EVERYWHERE`]) were
    /// read.
    ///
    /// Everywhere is complete when it was recorded as such, or when every subscription of the scan
    /// is.
    pub fn is_complete(&self, resource_type: &str, scope: &str) -> bool {
        let Some(scopes) = self.complete.get(&resource_type.to_ascii_lowercase()) else { return false };
        if scopes.contains(Self::EVERYWHERE) {
            return true;
        }
        if scope == Self::EVERYWHERE {
            let all = self.subscriptions.iter().all(|s| scopes.contains(&format!("/subscriptions/{}", s.id)));
            return all && !self.subscriptions.is_empty();
        }
        let scope = scope.to_ascii_lowercase();
        scopes.iter().any(|known| {
            scope.strip_prefix(known.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }

    /// Brings the gaps into an order that does not depend on how they came, each once.
    pub fn sort_gaps(&mut self) {
        self.gaps.sort_by_cached_key(|gap| (gap.code, gap.place.key(), gap.types.clone(), gap.message.clone()));
        self.gaps.dedup();
    }

    /// Adds what another source recorded.
    pub fn merge(&mut self, other: Collection) {
        for (resource_type, scopes) in other.complete {
            self.complete.entry(resource_type).or_default().extend(scopes);
        }
        self.subscriptions.extend(other.subscriptions);
        self.subscriptions.sort();
        self.subscriptions.dedup_by(|a, b| a.id == b.id);
        self.gaps.extend(other.gaps);
    }
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// Which kind of gap.
    pub code: GapCode,
    /// Where.
    pub place: GapPlace,
    /// What happened and what to do about it, for people; starts lower-case.
    pub message: String,
    /// The request or the step that failed, for example `GET …/computes`.
    pub operation: Option<String>,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// Azure's correlation id, to quote in a support request. Left out of reproducible output.
    pub correlation_id: Option<String>,
    /// The resource types (lower case) that are not complete because of it; empty if unknown.
    pub types: Vec<String>,
}

impl Gap {
    /// A gap about a place, with what happened.
    pub fn new(code: GapCode, place: GapPlace, message: impl Into<String>) -> Self {
        Self {
            code,
            place,
            message: message.into(),
            operation: None,
            status: None,
            correlation_id: None,
            types: Vec::new(),
        }
    }

    /// A gap about a file that could not be read.
    pub fn at_path(code: GapCode, path: &str, message: impl Into<String>) -> Self {
        Self::new(code, GapPlace::Path(path.to_owned()), message)
    }

    /// A gap about a place in a file that was read.
    pub fn at_span(code: GapCode, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, GapPlace::File { file: span.file, offset: Some(span.start) }, message)
    }
}

/// Where a gap is.
#[derive(Clone, Debug, PartialEq)]
pub enum GapPlace {
    /// In a file that was read; the byte offset, if it is about one place.
    File {
        /// The file.
        file: FileId,
        /// First byte of the place.
        offset: Option<u32>,
    },
    /// A file that could not be read: its path relative to the repository root.
    Path(String),
    /// A property of a resource.
    Property {
        /// The resource.
        id: ResourceId,
        /// The property.
        pointer: Pointer,
    },
    /// A resource, a resource group, a subscription.
    Scope(ResourceId),
    /// The scan as a whole.
    Scan,
}

impl GapPlace {
    fn key(&self) -> String {
        match self {
            Self::Scope(id) => id.key().to_owned(),
            Self::Property { id, pointer } => format!("{}{pointer}", id.key()),
            Self::Path(path) => path.clone(),
            Self::File { .. } | Self::Scan => String::new(),
        }
    }
}

/// The closed list of gap codes. The names are stable: they are rule ids of SARIF notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapCode {
    /// A file or folder could not be opened or read.
    FileUnreadable,
    /// A file is larger than the limit.
    FileTooLarge,
    /// A file is not UTF-8 text.
    NotUtf8,
    /// A file does not follow the grammar of its language.
    SyntaxError,
    /// A file is of a known language but is not what its name or header says.
    InvalidDocument,
    /// Nesting, loops, modules or evaluation went past a limit.
    LimitExceeded,
    /// Definitions refer to each other in a circle.
    Cycle,
    /// An expression is wrong: an unknown function, a wrong argument, an index out of range.
    ExpressionError,
    /// A name that is not declared: parameter, variable, resource, module.
    UnresolvedReference,
    /// A module, template or file that is not in the scanned tree.
    ExternalReference,
    /// A language feature that holdfast does not read.
    Unsupported,
    /// A reader failed unexpectedly on this file; the others were read.
    ReaderFailed,
    /// A subscription or management group could not be read at all.
    ScopeUnreadable,
    /// The reading was stopped before its end: by hand, or by its deadline.
    Interrupted,
    /// 403: a permission is missing.
    Forbidden,
    /// 404 for something that was listed a moment ago, or for a type this cloud does not know.
    NotFound,
    /// The service kept throttling until the limit of tries or the deadline.
    Throttled,
    /// The service kept failing, or its answer could not be understood.
    RequestFailed,
    /// A next page that leads to another host, in a circle, or on without end.
    PagingRefused,
    /// A resource lies outside the scopes that were scanned.
    OutOfScope,
    /// A rule failed at run time.
    RuleFailed,
    /// A rule proved a pass and a denial for one subject.
    RuleConflict,
}

impl GapCode {
    /// All codes, in the order of their declaration.
    pub const ALL: &'static [GapCode] = &[
        Self::FileUnreadable,
        Self::FileTooLarge,
        Self::NotUtf8,
        Self::SyntaxError,
        Self::InvalidDocument,
        Self::LimitExceeded,
        Self::Cycle,
        Self::ExpressionError,
        Self::UnresolvedReference,
        Self::ExternalReference,
        Self::Unsupported,
        Self::ReaderFailed,
        Self::ScopeUnreadable,
        Self::Interrupted,
        Self::Forbidden,
        Self::NotFound,
        Self::Throttled,
        Self::RequestFailed,
        Self::PagingRefused,
        Self::OutOfScope,
        Self::RuleFailed,
        Self::RuleConflict,
    ];

    /// The stable name, for example `syntax-error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FileUnreadable => "file-unreadable",
            Self::FileTooLarge => "file-too-large",
            Self::NotUtf8 => "not-utf8",
            Self::SyntaxError => "syntax-error",
            Self::InvalidDocument => "invalid-document",
            Self::LimitExceeded => "limit-exceeded",
            Self::Cycle => "cycle",
            Self::ExpressionError => "expression-error",
            Self::UnresolvedReference => "unresolved-reference",
            Self::ExternalReference => "external-reference",
            Self::Unsupported => "unsupported",
            Self::ReaderFailed => "reader-failed",
            Self::ScopeUnreadable => "scope-unreadable",
            Self::Interrupted => "interrupted",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not-found",
            Self::Throttled => "throttled",
            Self::RequestFailed => "request-failed",
            Self::PagingRefused => "paging-refused",
            Self::OutOfScope => "out-of-scope",
            Self::RuleFailed => "rule-failed",
            Self::RuleConflict => "rule-conflict",
        }
    }

    /// What the code means, one sentence without a full stop.
    pub fn title(self) -> &'static str {
        match self {
            Self::FileUnreadable => "A file could not be read",
            Self::FileTooLarge => "A file is larger than the limit",
            Self::NotUtf8 => "A file is not UTF-8 text",
            Self::SyntaxError => "A file does not follow the grammar of its language",
            Self::InvalidDocument => "A file is not what its name or header says",
            Self::LimitExceeded => "A limit on nesting, loops, modules or evaluation was reached",
            Self::Cycle => "Definitions refer to each other in a circle",
            Self::ExpressionError => "An expression is wrong",
            Self::UnresolvedReference => "A name is not declared",
            Self::ExternalReference => "A module or template is not in the scanned tree",
            Self::Unsupported => "A language feature is not supported",
            Self::ReaderFailed => "A reader failed on this file",
            Self::ScopeUnreadable => "A subscription or management group could not be read",
            Self::Interrupted => "The reading was stopped before its end",
            Self::Forbidden => "A permission is missing",
            Self::NotFound => "A resource is gone since it was listed",
            Self::Throttled => "The service kept throttling",
            Self::RequestFailed => "The service kept failing",
            Self::PagingRefused => "A next page was refused",
            Self::OutOfScope => "A resource lies outside the scanned scopes",
            Self::RuleFailed => "A rule failed at run time",
            Self::RuleConflict => "A rule contradicts itself",
        }
    }

    /// Whether the scan as a whole counts as not completed (exit status 3,
    /// `executionSuccessful: false`): a whole scope is missing or a rule did not run.
    pub fn ends_complete_scan(self) -> bool {
        matches!(self, Self::ScopeUnreadable | Self::Interrupted | Self::RuleFailed | Self::RuleConflict)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completeness_covers_what_lies_inside_a_scope() {
        let mut collection = Collection::default();
        collection.mark_complete("Microsoft.KeyVault/vaults", "/subscriptions/S1");
        assert!(collection.is_complete("microsoft.keyvault/vaults", "/subscriptions/s1/resourceGroups/g"));
        assert!(!collection.is_complete("microsoft.keyvault/vaults", "/subscriptions/s12"));
        assert!(!collection.is_complete("microsoft.storage/storageaccounts", "/subscriptions/s1"));
        assert!(!collection.is_complete("microsoft.keyvault/vaults", Collection::EVERYWHERE));
    }

    #[test]
    fn everywhere_means_every_subscription_of_the_scan() {
        let mut collection = Collection::default();
        for id in ["s1", "s2"] {
            collection.subscriptions.push(SubscriptionScope { id: id.into(), name: None, readable: true });
        }
        collection.mark_complete("t/a", "/subscriptions/s1");
        assert!(!collection.is_complete("t/a", Collection::EVERYWHERE));
        collection.mark_complete("t/a", "/subscriptions/s2");
        assert!(collection.is_complete("t/a", Collection::EVERYWHERE));
    }

    #[test]
    fn every_gap_code_is_listed_once_under_its_serialized_name() {
        for code in GapCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("a unit variant"), code.as_str());
        }
        let mut names: Vec<_> = GapCode::ALL.iter().map(|c| c.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), GapCode::ALL.len());
    }
}
