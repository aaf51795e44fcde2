//! From arguments to a live inventory.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use super::Failure;
use super::args::SourceArgs;
use crate::config::Config;
use crate::estate::{Defaults, Estate, EvidencePaths};
use crate::model::{Inventory, Resource};
use crate::source::live::{self, LiveOptions, Method, Progress, Scale, Scope, Shard, Together, WantedTypes};

/// Reads the live scope that the arguments name.
pub(super) fn read(args: &SourceArgs, config: &Config, evidence: &EvidencePaths) -> Result<Inventory, Failure> {
    let wanted: WantedTypes = evidence.keys().cloned().collect();
    let options = options(args, config)?;
    live::collect(&options, &wanted, &mut *progress(args)).map_err(|error| match error {
        live::LiveError::Checkpoint(error) => Failure::usage(error.to_string()),
        error => Failure::incomplete(error.to_string()),
    })
}

/// Which permissions are missing for what would be read, for people, and whether any is.
pub(super) fn check_access(
    args: &SourceArgs,
    config: &Config,
    evidence: &EvidencePaths,
) -> Result<(String, bool), Failure> {
    let wanted: WantedTypes = evidence.keys().cloned().collect();
    let options = options(args, config)?;
    let checked = live::check_access(&options, &wanted).map_err(|error| Failure::incomplete(error.to_string()))?;
    let lacking = checked.is_empty() || checked.iter().any(|access| !access.is_enough());
    Ok((live::render_access(&checked), lacking))
}

fn options(args: &SourceArgs, config: &Config) -> Result<LiveOptions, Failure> {
    let mut options = LiveOptions::new(scope(args, config));
    let scopes = config.scopes.clone();
    options.admits = Some(Arc::new(move |id: &str, name: Option<&str>| scopes.admits(id, name)));
    options.auth = args.auth.as_deref().map(method).transpose()?;
    options.deadline = args.deadline.as_deref().map(duration).transpose()?;
    options.dependencies = dependencies(config);
    options.shard = args.shard.map(|(index, count)| Shard { index, count, together: together(config) });
    options.resume = args.resume.clone();
    options.stop_on_interrupt = true;
    Ok(options)
}

/// What the command line names; all subscriptions are those of the configuration, if it names some.
fn scope(args: &SourceArgs, config: &Config) -> Scope {
    let (subscriptions, management_groups) = (args.subscription.clone(), args.management_group.clone());
    let named = Scope { subscriptions, management_groups, all: false, exclude: Vec::new() };
    if !args.all_subscriptions {
        return named;
    }
    let (subscriptions, management_groups) =
        (config.scopes.subscriptions.clone(), config.scopes.management_groups.clone());
    let all = subscriptions.is_empty() && management_groups.is_empty();
    Scope { subscriptions, management_groups, all, ..named }
}

/// The results are written: a checkpoint that came to its end has done its work.
pub(super) fn done(args: &SourceArgs) -> Result<(), Failure> {
    let Some(path) = &args.resume else { return Ok(()) };
    let failed = |error: io::Error| Failure::usage(format!("{}: could not be removed: {error}", path.display()));
    live::forget_checkpoint(path).map_err(failed)
}

/// What a live scan would send.
pub(super) fn plan(args: &SourceArgs, evidence: &EvidencePaths) -> String {
    let wanted: WantedTypes = evidence.keys().cloned().collect();
    let subscriptions = args.subscription.len().max(1);
    live::render_plan(&wanted, Scale { subscriptions, workspaces: subscriptions, regions: subscriptions })
}

/// The members of pairs, declared or inferred, and the workspaces that share what should be their own
/// belong into one shard: they are judged together.
fn together(config: &Config) -> Together {
    let config = config.clone();
    Arc::new(move |mut seen: Vec<Resource>| {
        seen.extend(named_by(&seen));
        let inventory = Inventory { resources: seen, captured_at: Some(String::new()), ..Inventory::default() };
        Estate::assemble(inventory, &config, &EvidencePaths::new(), &Defaults::default()).subscriptions_together()
    })
}

/// What workspaces name, as far as a name makes a resource: pairs may be inferred from it.
fn named_by(workspaces: &[Resource]) -> Vec<Resource> {
    let of = |workspace: &Resource| -> Vec<String> {
        let properties = workspace.get("/properties").and_then(serde_json::Value::as_object);
        let texts = properties.into_iter().flat_map(|p| p.values()).filter_map(|value| value.as_str());
        texts.filter(|text| text.starts_with("/subscriptions/")).map(str::to_owned).collect()
    };
    let ids: BTreeSet<String> = workspaces.iter().flat_map(of).collect();
    ids.into_iter().filter_map(|id| Resource::live(serde_json::json!({"id": id}))).collect()
}

fn dependencies(config: &Config) -> BTreeSet<String> {
    let of_pairs = config.pairs.iter().flat_map(|pair| &pair.data_dependencies);
    config.data_dependencies.iter().chain(of_pairs).cloned().collect()
}

fn method(name: &str) -> Result<Method, Failure> {
    Method::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Method::ALL.iter().map(|method| method.name()).collect();
        Failure::usage(format!("--auth {name}: there is no such method")).hint(format!("one of {}", names.join(", ")))
    })
}

/// `90s`, `45m`, `2h`.
fn duration(text: &str) -> Result<Duration, Failure> {
    let wrong = || Failure::usage(format!("--deadline {text}: give a number and a unit, for example 90s, 45m or 2h"));
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number: u64 = text[..text.len() - unit.len_utf8()].parse().map_err(|_| wrong())?;
    let seconds = match unit {
        's' => Some(number),
        'm' => number.checked_mul(60),
        'h' => number.checked_mul(3600),
        _ => None,
    };
    seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(wrong)
}

/// A line that is rewritten on a terminal, plain lines elsewhere.
fn progress(args: &SourceArgs) -> Box<dyn Progress> {
    const WIDTH: usize = 100;
    let stderr = io::stderr();
    match (args.no_progress, stderr.is_terminal()) {
        (true, _) => Box::new(live::Silent),
        (false, true) => Box::new(live::Terminal::new(stderr, WIDTH)),
        (false, false) => Box::new(live::Lines::new(stderr)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_subscriptions_are_those_of_the_configuration() {
        let args = SourceArgs { all_subscriptions: true, ..SourceArgs::default() };
        assert!(scope(&args, &Config::default()).all);
        let mut config = Config::default();
        config.scopes.management_groups = vec!["mg".to_owned()];
        let of_config = scope(&args, &config);
        assert_eq!((of_config.all, of_config.management_groups), (false, vec!["mg".to_owned()]));
        let args = SourceArgs { subscription: vec!["s".to_owned()], ..SourceArgs::default() };
        let named = scope(&args, &config);
        assert_eq!((named.all, named.subscriptions, named.management_groups.len()), (false, vec!["s".to_owned()], 0));
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("45m").expect("valid"), Duration::from_secs(2700));
        for wrong in ["", "45", "m", "0s", "5d", "99999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
