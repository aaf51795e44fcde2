//! Dockerfiles: what they start from.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{FileId, Hole, Kind, Value};
use crate::source::repository::{Artefact, Facts};

use super::{span_of, top};

pub(super) fn is_named(name: &str) -> bool {
    let of_docker =
        |name: &str| name == "dockerfile" || name.starts_with("dockerfile.") || name.starts_with("dockerfile-");
    // `dockerfile.py` is a program.
    (of_docker(name) && ![".py", ".md", ".json", ".yml", ".yaml"].iter().any(|end| name.ends_with(end)))
        || name.ends_with(".dockerfile")
}

/// The images that a Dockerfile is built from. Arguments have their defaults, without one they are unknown.
pub(super) fn artefact(path: &str, text: &str, file: FileId) -> Option<Artefact> {
    let mut arguments: BTreeMap<&str, &str> = BTreeMap::new();
    let mut stages: BTreeSet<String> = BTreeSet::new();
    let mut images = Facts::default();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_lowercase();
        match instruction.as_str() {
            // Those before the first FROM hold for all of them.
            "arg" if images.is_empty() && stages.is_empty() => {
                let given = words.next().and_then(|argument| argument.split_once('='));
                arguments.extend(given.map(|(name, value)| (name, value.trim_matches(['"', '\'']))));
            }
            "from" => {
                let mut words = words.filter(|word| !word.starts_with("--"));
                let Some(image) = words.next() else { continue };
                let place = span_of(file, text, image);
                let own = stages.contains(&image.to_ascii_lowercase()) || image.eq_ignore_ascii_case("scratch");
                if let (Some("as"), Some(stage)) = (words.next().map(str::to_ascii_lowercase).as_deref(), words.next())
                {
                    stages.insert(stage.to_ascii_lowercase());
                }
                if own {
                    continue;
                }
                let known = expanded(image, &arguments);
                let value = match known.contains('$') {
                    true => Value::unresolved(image, Hole::new(path, image)),
                    false => Value::new(Kind::Bool(true)),
                };
                images.add(&known, value.at(place));
            }
            _ => {}
        }
    }
    let mut artefact = Artefact::new("dockerfile", top(file, text));
    if images.is_empty() && stages.is_empty() {
        return None;
    }
    artefact.set("base_images", images.into_value());
    Some(artefact)
}

/// An image with the arguments that have a default.
fn expanded(image: &str, arguments: &BTreeMap<&str, &str>) -> String {
    let mut result = image.to_owned();
    for (name, value) in arguments {
        result = result.replace(&format!("${{{name}}}"), value);
        // `$TAG` is not the start of `$TAG_NAME`.
        if let Some(rest) = result.strip_suffix(&format!("${name}")) {
            result = format!("{rest}{value}");
        }
        for separator in [':', '/', '@'] {
            result = result.replace(&format!("${name}{separator}"), &format!("{value}{separator}"));
        }
    }
    result
}
