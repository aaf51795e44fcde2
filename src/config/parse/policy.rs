//! Parameters, rule switches and waivers.

use std::collections::BTreeMap;

use saphyr::YamlData;
use serde_json::{Map, Value as Json};

use super::Parser;
use crate::config::yaml::{Node, shown};
use crate::config::{LevelSetting, PARAMETERS, ParameterKind, ParameterSpec, Parameters, Pattern, RuleSwitch};
use crate::date::Date;
use crate::nearest::{nearest, suggestion};
use crate::rule::{Level, Tier};
use crate::waiver::{Waiver, WaiverTarget};

impl Parser<'_> {
    pub(super) fn parameters(&mut self, node: &Node, of_pair: bool) -> Parameters {
        let mut parameters = Parameters::default();
        for (key, name, value) in self.reader.entries(node, "`parameters`") {
            match ParameterSpec::find(name) {
                Some(spec) if of_pair && !spec.per_pair => {
                    self.reader
                        .error(key, format!("`{name}` cannot be set for a pair; set it in the top-level `parameters`"));
                }
                Some(spec) => {
                    if let Some(value) = self.parameter(spec, value) {
                        parameters.set(spec, value);
                    }
                }
                None => {
                    let hint = suggestion(name, PARAMETERS.iter().map(|spec| spec.name));
                    self.reader.error(key, format!("unknown parameter `{}`{hint}", shown(name)));
                }
            }
        }
        parameters
    }

    fn parameter(&mut self, spec: &ParameterSpec, node: &Node) -> Option<Json> {
        let what = format!("`{}`", spec.name);
        match spec.kind {
            ParameterKind::Bool => self.reader.boolean(node, &what).map(Json::from),
            ParameterKind::Integer { min } => self.reader.integer(node, &what, min).map(Json::from),
            ParameterKind::Choice(words) => {
                let choose = |text: &str| words.iter().find(|word| **word == text).map(|word| Json::from(*word));
                self.reader.word(node, &format!("a value of {what}"), words, choose)
            }
            ParameterKind::RatioPerTier => self.ratios(node, &what),
            ParameterKind::Texts => Some(self.reader.texts(node, &what).into_iter().map(|(_, text)| text).collect()),
            ParameterKind::Text => self.reader.text(node, &what).map(Json::from),
            ParameterKind::TextMap => {
                let entries = self.reader.entries(node, &what);
                let texts = entries.into_iter().filter_map(|(_, name, value)| {
                    Some((name.to_owned(), self.reader.text(value, &format!("a value of {what}"))?.into()))
                });
                Some(Json::Object(texts.collect()))
            }
        }
    }

    fn ratios(&mut self, node: &Node, what: &str) -> Option<Json> {
        let mut ratios = Map::new();
        for (tier, node) in self.per_tier(node, what) {
            let ratio = self.reader.ratio(node, &format!("the ratio of {}", tier.as_str()))?;
            ratios.insert(tier.as_str().to_owned(), ratio);
        }
        Some(Json::Object(ratios))
    }

    fn per_tier<'n, 'y>(&mut self, node: &'n Node<'y>, what: &str) -> Vec<(Tier, &'n Node<'y>)> {
        let words = Tier::ALL.map(Tier::as_str);
        let mut result = Vec::new();
        for (key, name, value) in self.reader.entries(node, what) {
            match Tier::ALL.into_iter().find(|tier| tier.as_str() == name) {
                Some(tier) => result.push((tier, value)),
                None => {
                    let hint = suggestion(name, words);
                    self.reader.error(key, format!("`{}` is not a tier{hint}", shown(name)));
                }
            }
        }
        result
    }

    pub(super) fn rules(&mut self, node: &Node) -> Vec<RuleSwitch> {
        let mut switches = Vec::new();
        for (key, rule, value) in self.reader.entries(node, "`rules`") {
            let switch = self.rule_pattern(key, rule).zip(self.switch(value));
            if let Some((rule, (enabled, level))) = switch {
                switches.push(RuleSwitch { rule, level, enabled, line: self.reader.line(key) });
            }
        }
        switches
    }

    fn rule_pattern(&mut self, node: &Node, text: &str) -> Option<Pattern> {
        let pattern = self.reader.glob(node, text, Pattern::name)?;
        if self.known_rules.iter().any(|id| pattern.matches(id)) {
            return Some(pattern);
        }
        let message = if pattern.is_glob() {
            format!("`{}` matches no rule", shown(text))
        } else {
            let nearest = nearest(text, self.known_rules.iter().copied());
            let hint = nearest.map_or(String::new(), |id| format!("; did you mean `{id}`?"));
            format!("there is no rule `{}`{hint}", shown(text))
        };
        self.reader.error(node, message);
        None
    }

    fn switch(&mut self, node: &Node) -> Option<(bool, Option<LevelSetting>)> {
        if !matches!(node.data, YamlData::Mapping(_)) {
            let words = ["off", "on", "error", "warning", "note"];
            return self.reader.word(node, "a setting of a rule", &words, |text| match text {
                "off" => Some((false, None)),
                "on" => Some((true, None)),
                level => level_of(level).map(|level| (true, Some(LevelSetting::Uniform(level)))),
            });
        }
        let mut levels = BTreeMap::new();
        for (tier, node) in self.per_tier(node, "the setting of a rule") {
            let words = ["off", "error", "warning", "note"];
            let level = self.reader.word(node, "a level", &words, |text| match text {
                "off" => Some(None),
                level => level_of(level).map(Some),
            })?;
            levels.insert(tier, level);
        }
        Some((true, Some(LevelSetting::PerTier(levels))))
    }

    pub(super) fn waivers(&mut self, node: &Node) -> Vec<Waiver> {
        self.reader.items(node, "`waivers`").iter().filter_map(|node| self.waiver(node)).collect()
    }

    fn waiver(&mut self, node: &Node) -> Option<Waiver> {
        let keys = ["rule", "target", "reason", "owner", "until"];
        let values = self.reader.section(node, "a waiver", keys);
        if !matches!(node.data, YamlData::Mapping(_)) {
            return None;
        }
        let missing: Vec<String> =
            keys.iter().zip(values).filter(|(_, value)| value.is_none()).map(|(key, _)| format!("`{key}`")).collect();
        if !missing.is_empty() {
            self.reader.error(node, format!("the waiver has no {}; all five are required", missing.join(", ")));
        }
        let mut texts = [None; 5];
        for (at, value) in values.into_iter().enumerate() {
            texts[at] = value.and_then(|node| Some((node, self.reader.text(node, &format!("`{}`", keys[at]))?)));
        }
        let [rule, target, reason, owner, until] = texts;
        let rule = rule.and_then(|(node, text)| self.rule_pattern(node, text));
        let target = target.and_then(|(node, text)| self.reader.glob(node, text, WaiverTarget::parse));
        let until = until.and_then(|(node, text)| self.date(node, text));
        let (reason, owner) = (reason?.1.to_owned(), owner?.1.to_owned());
        Some(Waiver { rule: rule?, target: target?, reason, owner, until: until?, place: self.reader.place(node) })
    }

    fn date(&mut self, node: &Node, text: &str) -> Option<Date> {
        let date = Date::parse(text);
        if date.is_none() {
            self.reader
                .error(node, format!("`{}` is not a date; expected YYYY-MM-DD, for example 2027-01-31", shown(text)));
        }
        date
    }
}

fn level_of(text: &str) -> Option<Level> {
    [Level::Note, Level::Warning, Level::Error].into_iter().find(|level| level.as_str() == text)
}
