//! What the scan could not do, as notifications of its invocation.

use serde_json::json;
use serde_sarif::sarif::{
    Invocation, Location, LogicalLocation, Notification, ReportingConfiguration, ReportingDescriptor,
    ReportingDescriptorReference,
};

use super::rules::RuleTable;
use super::{MOST_RESULTS, bag, locations, message, text};
use crate::finding::{EstateKind, Report, ReportedGap};
use crate::model::GapCode;
use crate::output::escape::{clean, sarif_escaped, sarif_message};
use crate::output::wording::{self, counted, gap as gap_sentence};
use crate::rule::Level;

const CONFIGURATION: &str = "configuration-problem";
const INCOMPLETE: &str = "scan-incomplete";
const LEFT_OUT: &str = "results-left-out";
const NEEDS_LIVE: &str = "needs-live-scan";
const PROPOSED: &str = "proposed-relaxation";

/// A kind of notification: id, what it means, what to do.
struct Kind {
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    help: &'static str,
    level: Level,
}

/// The kinds that are no gaps.
const OTHER_KINDS: &[Kind] = &[
    Kind {
        id: CONFIGURATION,
        title: "A part of the configuration has no effect",
        meaning: "A waiver is expired, matches nothing or is not valid, so the finding that it names counts.",
        help: "Correct or remove the entry that the message names.",
        level: Level::Warning,
    },
    Kind {
        id: INCOMPLETE,
        title: "The scan was not completed",
        meaning: "A scope could not be read or a rule did not run. What the log does not say proves nothing.",
        help: "Remove the cause that the other notifications name, and scan again. Do not upload this log.",
        level: Level::Error,
    },
    Kind {
        id: LEFT_OUT,
        title: "Results were left out",
        meaning: "Code scanning keeps a limited number of results, so the most severe were written.",
        help: "Repair the most severe findings first; the full profile of the log holds all of them.",
        level: Level::Warning,
    },
    Kind {
        id: NEEDS_LIVE,
        title: "Rules need a live scan",
        meaning: "Source code can never show what these rules look at, so they were not run.",
        help: "Scan the subscriptions too, or give a snapshot of them as context.",
        level: Level::Note,
    },
    Kind {
        id: PROPOSED,
        title: "The change would take findings away",
        meaning: "A waiver, a switch or a policy of the change has no effect on this scan, but will have once it is merged.",
        help: "Review what the message names before the change is merged.",
        level: Level::Warning,
    },
];

/// What a gap of each code means and what to do about it.
fn explained(code: GapCode) -> (&'static str, &'static str) {
    const GRANT: &str = "Grant the identity of the scan Reader on the scope that the message names.";
    const RETRY: &str = "Scan again later, or with a longer deadline.";
    const REPORT: &str = "Report it with the message; the other files and rules were not affected.";
    match code {
        GapCode::FileUnreadable => ("The operating system refused to open or read it.", "Make the file readable."),
        GapCode::FileTooLarge => {
            ("It was not read, to bound memory.", "Split the file, or exclude it if it declares no infrastructure.")
        }
        GapCode::NotUtf8 => ("It was not read, because its characters are not certain.", "Save the file as UTF-8."),
        GapCode::SyntaxError => (
            "What it declares behind the error is not known.",
            "Correct the syntax at the place that the message names.",
        ),
        GapCode::InvalidDocument => {
            ("What it declares is not known.", "Correct the file, or rename it if it is something else.")
        }
        GapCode::LimitExceeded => (
            "Reading stopped at a limit that guards against hostile input.",
            "Simplify the construct that the message names.",
        ),
        GapCode::Cycle => ("No order exists in which they could be evaluated.", "Remove one of the references."),
        GapCode::ExpressionError => ("The value of the property is not known.", "Correct the expression."),
        GapCode::UnresolvedReference => {
            ("The value of the property is not known.", "Declare the name, or give its value in a parameter file.")
        }
        GapCode::ExternalReference => (
            "What the module declares is not known.",
            "Restore the module into the tree, or give a snapshot as context.",
        ),
        GapCode::Unsupported => {
            ("What this part declares is not known.", "Write it in another way, or report it with an example.")
        }
        GapCode::ReaderFailed => ("What the file declares is not known.", REPORT),
        GapCode::ScopeUnreadable => ("Nothing in it was judged.", GRANT),
        GapCode::Interrupted => ("What was not read until then is not known.", "Go on from its checkpoint (--resume)."),
        GapCode::Forbidden => ("The properties behind the refused request are not known.", GRANT),
        GapCode::NotFound => ("It was deleted during the scan, or this cloud does not have its type.", RETRY),
        GapCode::Throttled => ("Some of its properties are not known.", RETRY),
        GapCode::RequestFailed => ("Some of its properties are not known.", RETRY),
        GapCode::PagingRefused => {
            ("The list is not complete.", "Check the proxy and the endpoint of the cloud that is configured.")
        }
        GapCode::OutOfScope => ("A workspace refers to it, but it was not read.", "Add its subscription to the scan."),
        GapCode::RuleFailed => ("Its subjects were not judged.", REPORT),
        GapCode::RuleConflict => ("The subject counts as not judged.", REPORT),
    }
}

/// The descriptors of all kinds of notification, in the order of their ids.
pub(super) fn descriptors() -> Vec<ReportingDescriptor> {
    let gaps = GapCode::ALL.iter().map(|code| {
        let (meaning, help) = explained(*code);
        let level = if code.ends_complete_scan() { Level::Error } else { Level::Warning };
        Kind { id: code.as_str(), title: code.title(), meaning, help, level }
    });
    let mut descriptors: Vec<_> = gaps.map(|kind| descriptor(&kind)).collect();
    descriptors.extend(OTHER_KINDS.iter().map(descriptor));
    descriptors.sort_by(|a, b| a.id.cmp(&b.id));
    descriptors
}

fn descriptor(kind: &Kind) -> ReportingDescriptor {
    let words = kind.id.split('-').flat_map(|word| [word[..1].to_uppercase(), word[1..].to_owned()]);
    // A name must say more than the id, which one word would not.
    let name: String = ["Holdfast".to_owned()].into_iter().chain(words).collect();
    ReportingDescriptor::builder()
        .id(kind.id)
        .name(name)
        .short_description(text(kind.title))
        .full_description(text(format!("{}. {}", kind.title, kind.meaning)))
        .help(text(kind.help))
        .default_configuration(ReportingConfiguration::builder().level(json!(kind.level)).build())
        .build()
}

/// The one invocation of a run.
pub(super) fn invocation(report: &Report, rules: &RuleTable<'_>, left_out: usize) -> Invocation {
    let descriptors = descriptors();
    let execution = in_order(execution(report, rules, left_out), &descriptors);
    let configuration = report
        .configuration_warnings
        .iter()
        .map(|warning| notification(CONFIGURATION, Level::Warning, sarif_message(warning), whole_scan(report)));
    let proposed = report.proposed.iter().map(|proposal| {
        let text =
            format!("The change has no effect here, but will have once it is merged: {}.", wording::proposal(proposal));
        notification(PROPOSED, Level::Warning, sarif_message(&text), whole_scan(report))
    });
    let configuration = configuration.chain(proposed);
    let mut invocation = Invocation::builder()
        .execution_successful(report.complete)
        .exit_code(report.exit_code)
        .tool_execution_notifications(execution)
        .tool_configuration_notifications(in_order(configuration.collect(), &descriptors))
        .build();
    if let Some((start, end)) = &report.times {
        invocation.start_time_utc = Some(start.clone());
        invocation.end_time_utc = Some(end.clone());
    }
    invocation
}

fn execution(report: &Report, rules: &RuleTable<'_>, left_out: usize) -> Vec<Notification> {
    let mut notifications: Vec<_> = report.gaps.iter().map(|gap| about_gap(gap, report, rules)).collect();
    let explained = report.gaps.iter().any(|gap| gap.code.ends_complete_scan());
    if !report.complete && !explained {
        let text = "The scan was not completed. What this log does not say proves nothing.";
        notifications.push(notification(INCOMPLETE, Level::Error, text, whole_scan(report)));
    }
    if !report.needs_live_scan.is_empty() {
        let count = counted(report.needs_live_scan.len(), "rule");
        let text =
            format!("{count} not run, as only a live scan can feed them: {}.", report.needs_live_scan.join(", "));
        notifications.push(notification(NEEDS_LIVE, Level::Note, text, whole_scan(report)));
    }
    if left_out > 0 {
        let text = format!("The {MOST_RESULTS} most severe results were written and {left_out} were left out.");
        notifications.push(notification(LEFT_OUT, Level::Warning, text, whole_scan(report)));
    }
    notifications
}

fn about_gap(gap: &ReportedGap, report: &Report, rules: &RuleTable<'_>) -> Notification {
    // A log of a completed scan has no notification of level error.
    let level = if gap.code.ends_complete_scan() && !report.complete { Level::Error } else { Level::Warning };
    let place = gap.place.as_ref().map_or_else(|| whole_scan(report), |place| locations::Location::of(place).into());
    let mut notification = notification(gap.code.as_str(), level, sarif_escaped(&gap_sentence(gap)), place);
    if let [id] = gap.rules.as_slice()
        && let Some(index) = rules.find(id)
    {
        notification.associated_rule =
            Some(ReportingDescriptorReference::builder().id(id.as_str()).index(index).build());
    }
    let mut members = Vec::new();
    members.extend(gap.operation.as_ref().map(|operation| ("operation", json!(clean(operation)))));
    members.extend(gap.status.map(|status| ("status", json!(status))));
    members.extend(gap.correlation_id.as_ref().map(|id| ("correlationId", json!(clean(id)))));
    if !gap.rules.is_empty() {
        members.push(("rules", json!(gap.rules)));
    }
    notification.properties = (!members.is_empty()).then(|| bag(members));
    notification
}

fn notification(id: &str, level: Level, text: impl Into<String>, place: Location) -> Notification {
    Notification::builder()
        .descriptor(ReportingDescriptorReference::builder().id(id).build())
        .level(json!(level))
        .message(message(text))
        .locations(vec![place])
        .build()
}

/// Where a notification is that concerns no one place.
fn whole_scan(report: &Report) -> Location {
    let name = match report.kind {
        EstateKind::Iac => "repository",
        EstateKind::Live => "subscriptions",
    };
    let logical = LogicalLocation::builder().name(name).fully_qualified_name(name).kind("namespace").build();
    Location::builder().logical_locations(vec![logical]).build()
}

/// Sorted by descriptor, then place, then text; and with the index of the descriptor filled in.
fn in_order(mut notifications: Vec<Notification>, descriptors: &[ReportingDescriptor]) -> Vec<Notification> {
    for notification in &mut notifications {
        if let Some(reference) = &mut notification.descriptor {
            let position = descriptors.iter().position(|descriptor| Some(&descriptor.id) == reference.id.as_ref());
            reference.index = position.map(|position| position as i64);
        }
    }
    notifications.sort_by_cached_key(|notification| {
        let place = notification.locations.iter().flatten().next();
        let physical = place.and_then(|place| place.physical_location.as_ref());
        let uri = physical.and_then(|physical| physical.artifact_location.as_ref()?.uri.clone());
        let line = physical.and_then(|physical| physical.region.as_ref()?.start_line);
        let id = notification.descriptor.as_ref().and_then(|descriptor| descriptor.id.clone());
        (id, uri, line, notification.message.text.clone())
    });
    notifications
}
