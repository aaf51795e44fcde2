//! Paths and references to other files.

use super::library::Library;
use super::registry;
use crate::model::{GapCode, Span};

/// Whether this is the path of a Bicep file.
pub(super) fn is_bicep(path: &str) -> bool {
    has_extension(path, ".bicep")
}

/// Whether this is the path of a Bicep parameter file.
pub(super) fn is_parameters(path: &str) -> bool {
    has_extension(path, ".bicepparam")
}

fn has_extension(path: &str, extension: &str) -> bool {
    path.len()
        .checked_sub(extension.len())
        .and_then(|at| path.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(extension))
}

/// The file of the tree that a reference in the file `from` means. A reference that leads nowhere is a gap
/// at `span`; `what` says what was looked for.
pub(super) fn local(lib: &Library<'_>, from: &str, reference: &str, span: Span, what: &str) -> Option<String> {
    let gap = |code, message: String| lib.session.gap(code, span, message);
    if reference.contains(':') {
        gap(GapCode::ExternalReference, format!("the {what} '{reference}' is not in the scanned tree"));
        return None;
    }
    let Some(path) = lib.tree.resolve(from, reference) else {
        gap(GapCode::ExternalReference, format!("the {what} '{reference}' lies outside the scanned tree"));
        return None;
    };
    if !lib.exists(&path) {
        gap(GapCode::ExternalReference, format!("the {what} '{reference}' is not there"));
        return None;
    }
    Some(path)
}

/// The file that a module reference means; a registry module is a gap that says which one.
pub(super) fn module(lib: &Library<'_>, from: &str, reference: &str, span: Span) -> Option<String> {
    if !["br", "ts"].iter().any(|scheme| {
        reference.strip_prefix(scheme).is_some_and(|rest| rest.starts_with([':', '/']) && rest.contains(':'))
    }) {
        return local(lib, from, reference, span, "module");
    }
    let message = match registry::expand(lib, from, reference) {
        Some(full) if let Some(path) = registry::restored(lib, from, &full) => return Some(path),
        Some(full) if full == reference => format!("the module '{reference}' is not in the scanned tree"),
        Some(full) => format!("the module '{reference}' ({full}) is not in the scanned tree"),
        None => format!("the alias in '{reference}' is not defined in a bicepconfig.json"),
    };
    let message = format!("{message}; what it deploys is not known");
    lib.session.gap(GapCode::ExternalReference, span, message);
    None
}
