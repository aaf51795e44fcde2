//! What a change to the configuration lets pass that did not pass before.

use super::{Config, ProductionSelector, RuleSwitch};
use crate::waiver::Waiver;

/// Something in a configuration that an earlier one does not have and that can take findings away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relaxation {
    /// The line (from 1) in the newer file; `None` if nothing stands there any more.
    pub line: Option<u32>,
    /// What it is, for people; starts lower-case, without a full stop.
    pub message: String,
}

impl Config {
    /// Waivers, rule switches and whatever else this configuration has, and `base` has not, that can
    /// make findings vanish or count less. For the summary of a pull request; sorted by line.
    pub fn relaxations_since(&self, base: &Config) -> Vec<Relaxation> {
        let mut found = Vec::new();
        found.extend(self.waivers.iter().filter(|waiver| !has_waiver(base, waiver)).map(waiver_added));
        found.extend(self.rules.iter().filter(|switch| !has_switch(base, switch)).map(switch_added));
        let removed = base.rules.iter().filter(|switch| !has_switch(self, switch));
        found.extend(removed.map(|switch| relaxation(None, format!("the setting of {} is gone", switch.rule))));
        if kept_switches(self, base) != kept_switches(base, self) {
            found.push(relaxation(None, "`rules` has another order".to_owned()));
        }
        let pairs = |config: &Config| -> Vec<_> {
            config.pairs.iter().map(|pair| super::PairConfig { line: 0, ..pair.clone() }).collect()
        };
        let sections = [
            ("pairs", pairs(self) != pairs(base)),
            ("tags", self.tags != base.tags),
            ("tokens", self.tokens != base.tokens),
            ("default_tier", self.default_tier != base.default_tier),
            ("production", without_lines(&self.production) != without_lines(&base.production)),
            ("complete", self.complete != base.complete),
            ("data_dependencies", self.data_dependencies != base.data_dependencies),
            ("parameters", self.parameters != base.parameters),
            ("include", self.include != base.include),
            ("exclude", self.exclude != base.exclude),
            ("scopes", self.scopes != base.scopes),
        ];
        let changed = sections.into_iter().filter(|(_, differs)| *differs);
        found.extend(changed.map(|(name, _)| relaxation(None, format!("`{name}` differs"))));
        found.sort_by_key(|relaxation| relaxation.line.unwrap_or(u32::MAX));
        found
    }
}

fn relaxation(line: Option<u32>, message: String) -> Relaxation {
    Relaxation { line, message }
}

fn has_waiver(config: &Config, waiver: &Waiver) -> bool {
    let as_waived = |other: &Waiver| Waiver { place: waiver.place.clone(), ..other.clone() };
    config.waivers.iter().any(|other| as_waived(other) == *waiver)
}

fn has_switch(config: &Config, switch: &RuleSwitch) -> bool {
    let at_line = |other: &RuleSwitch| RuleSwitch { line: switch.line, ..other.clone() };
    config.rules.iter().any(|other| at_line(other) == *switch)
}

/// The switches that the other configuration has too, in order: of several the last one decides.
fn kept_switches(config: &Config, other: &Config) -> Vec<RuleSwitch> {
    let kept = config.rules.iter().filter(|switch| has_switch(other, switch));
    kept.map(|switch| RuleSwitch { line: 0, ..switch.clone() }).collect()
}

fn waiver_added(waiver: &Waiver) -> Relaxation {
    let Waiver { rule, target, owner, until, .. } = waiver;
    let line = waiver.place.source.as_ref().map(|source| source.region.line);
    relaxation(line, format!("waives {rule} for `{}` until {until} (owner {owner})", target.as_str()))
}

fn switch_added(switch: &RuleSwitch) -> Relaxation {
    let what = match (switch.enabled, &switch.level) {
        (false, _) => "switches off",
        (true, Some(_)) => "sets the level of",
        (true, None) => "switches on",
    };
    relaxation(Some(switch.line), format!("{what} {}", switch.rule))
}

fn without_lines(selector: &ProductionSelector) -> ProductionSelector {
    let mut selector = selector.clone();
    selector.clauses.iter_mut().for_each(|clause| clause.line = 0);
    selector
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    const BASE: &str = "version: 1\nrules: {HF-STOR-001: off}\nwaivers:\n  - {rule: HF-STOR-003, target: a, reason: r, owner: o, until: 2027-01-31}\n";

    fn messages(base: &str, head: &str) -> Vec<String> {
        let read = |text| parse(text, "holdfast.yaml", &["HF-STOR-001", "HF-STOR-003"]).expect(text);
        let found = read(head).relaxations_since(&read(base));
        found.iter().map(|r| format!("{}: {}", r.line.map_or(String::new(), |l| l.to_string()), r.message)).collect()
    }

    #[test]
    fn what_only_moves_is_no_change() {
        let none: [&str; 0] = [];
        assert_eq!(messages(BASE, BASE), none);
        assert_eq!(messages(BASE, &BASE.replace("version: 1\n", "# comment\nversion: 1\n\n")), none);
        let pairs =
            "version: 1\npairs:\n  - {primary: a, secondary: b}\nproduction: {select: [{name: a, production: true}]}\n";
        assert_eq!(messages(pairs, &pairs.replace("pairs:", "\n\npairs:")), none);
    }

    #[test]
    fn what_is_added_is_named_with_its_line() {
        let head = format!(
            "{BASE}  - {{rule: HF-STOR-*, target: b, reason: r, owner: o, until: 2027-01-31}}\nexclude: [infra]\nparameters: {{rpo_minutes: 60}}\n"
        )
        .replace("{HF-STOR-001: off}", "{HF-STOR-001: off, HF-STOR-003: note}");
        assert_eq!(
            messages(BASE, &head),
            [
                "2: sets the level of HF-STOR-003",
                "5: waives HF-STOR-* for `b` until 2027-01-31 (owner o)",
                ": `parameters` differs",
                ": `exclude` differs",
            ]
        );
        assert_eq!(
            messages(BASE, &BASE.replace("2027", "2029")),
            ["4: waives HF-STOR-003 for `a` until 2029-01-31 (owner o)"]
        );
    }

    #[test]
    fn another_order_of_the_switches_is_a_change() {
        let [a, b] = [
            "version: 1\nrules: {HF-*: off, HF-STOR-001: error}\n",
            "version: 1\nrules: {HF-STOR-001: error, HF-*: off}\n",
        ];
        assert_eq!(messages(a, b), [": `rules` has another order"]);
    }

    #[test]
    fn a_removed_switch_is_named_too() {
        assert_eq!(
            messages("version: 1\nrules: {HF-STOR-001: error}\n", "version: 1\n"),
            [": the setting of HF-STOR-001 is gone"]
        );
    }
}
