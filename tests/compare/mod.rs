//! Compares what two readers make of one deployment: the Bicep reader of a source, the ARM reader of
//! the JSON that the Bicep compiler made of it.

use std::collections::BTreeMap;

use holdfast::model::{Inventory, Part, Resource, Text, Unknown};

/// What a leaf of a resource is known to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// This value.
    Known(serde_json::Value),
    /// A value with holes: its known parts, and the expressions of the holes.
    Unknown { shape: String, expressions: String },
}

/// A resource as the comparison sees it.
#[derive(Clone, Debug)]
pub struct Flat {
    /// Type and names.
    pub key: String,
    /// Whether it depends on a condition that is not known.
    pub conditional: bool,
    /// Everything else by its pointer; `$scope` is the scope of the id.
    pub leaves: BTreeMap<String, Leaf>,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Resources on both sides.
    pub resources: usize,
    /// Leaves compared.
    pub leaves: usize,
    /// Leaves that are unknown on both sides and equal in shape.
    pub unknown: usize,
    /// Those of them whose expressions are not the same text: equal in shape only.
    pub shape_only: Vec<String>,
    /// Leaves that the Bicep reader takes from the declared resource, where the JSON asks Azure for them
    /// (`reference(…)`): no difference.
    pub declared: usize,
    /// What differs.
    pub differences: Vec<String>,
}

/// Compares the resources that are deployed (not those only referred to, not deployments themselves).
pub fn compare(bicep: &Inventory, arm: &Inventory) -> Outcome {
    let mut outcome = Outcome::default();
    let mut left = by_key(bicep);
    let mut right = by_key(arm);
    for (key, ours) in &mut left {
        let theirs = right.get_mut(key).map(std::mem::take).unwrap_or_default();
        pair(ours, theirs, &mut outcome);
    }
    for extra in right.values().flatten() {
        outcome.differences.push(format!("only in JSON: {}", extra.key));
    }
    outcome
}

fn pair(ours: &[Flat], mut theirs: Vec<Flat>, outcome: &mut Outcome) {
    for mine in ours {
        let best = (0..theirs.len()).min_by_key(|at| {
            let mut alike = Outcome::default();
            (differences(mine, &theirs[*at], &mut alike).len(), alike.shape_only.len())
        });
        let Some(best) = best else {
            outcome.differences.push(format!("only in Bicep: {}", mine.key));
            continue;
        };
        let other = theirs.swap_remove(best);
        outcome.resources += 1;
        let found = differences(mine, &other, outcome);
        outcome.differences.extend(found);
    }
    outcome.differences.extend(theirs.iter().map(|extra| format!("only in JSON: {}", extra.key)));
}

fn differences(mine: &Flat, other: &Flat, outcome: &mut Outcome) -> Vec<String> {
    let mut found = Vec::new();
    if mine.conditional != other.conditional {
        found.push(format!("{}: condition: Bicep {} JSON {}", mine.key, mine.conditional, other.conditional));
    }
    let pointers: std::collections::BTreeSet<&String> = mine.leaves.keys().chain(other.leaves.keys()).collect();
    for pointer in pointers {
        outcome.leaves += 1;
        match (mine.leaves.get(pointer), other.leaves.get(pointer)) {
            (Some(Leaf::Known(a)), Some(Leaf::Known(b))) if a == b => {}
            (Some(Leaf::Unknown { shape: a, expressions: x }), Some(Leaf::Unknown { shape: b, expressions: y }))
                if a == b =>
            {
                outcome.unknown += 1;
                if spelling(x) != spelling(y) {
                    outcome.shape_only.push(format!("{}: {pointer}: Bicep {x} JSON {y}", mine.key));
                }
            }
            (Some(_), Some(Leaf::Unknown { expressions, .. })) if expressions.contains("reference(") => {
                outcome.declared += 1;
            }
            (a, b) => found.push(format!("{}: {pointer}: Bicep {} JSON {}", mine.key, show(a), show(b))),
        }
    }
    found
}

fn show(leaf: Option<&Leaf>) -> String {
    let mut text = match leaf {
        None => "nothing".to_owned(),
        Some(Leaf::Known(value)) => value.to_string(),
        Some(Leaf::Unknown { expressions, .. }) => format!("unknown {expressions}"),
    };
    if text.len() > 300 {
        let end = (0..=300).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

fn by_key(inventory: &Inventory) -> BTreeMap<String, Vec<Flat>> {
    let mut result: BTreeMap<String, Vec<Flat>> = BTreeMap::new();
    for resource in &inventory.resources {
        let declared = resource.declaration();
        let is_deployed = declared.is_some_and(|declaration| !declaration.existing);
        if is_deployed && resource.resource_type != "microsoft.resources/deployments" {
            let flat = flatten(resource);
            result.entry(flat.key.clone()).or_default().push(flat);
        }
    }
    result
}

/// A resource as key and leaves.
pub fn flatten(resource: &Resource) -> Flat {
    let id = shape(resource.id.text()).to_lowercase();
    let (scope, names) = id.rsplit_once("/providers/").unwrap_or(("", &id));
    let mut leaves = BTreeMap::new();
    leaves.insert("$scope".to_owned(), Leaf::Known(scope.into()));
    known_leaves(&resource.body, String::new(), &mut leaves);
    for (pointer, unknown) in &resource.unknown {
        leaves.insert(pointer.as_str().to_owned(), unknown_leaf(unknown));
    }
    // Names of members are compared as Azure does.
    let leaves = leaves.into_iter().map(|(pointer, leaf)| (pointer.to_lowercase(), leaf)).collect();
    let conditional = resource.declaration().is_some_and(|declaration| declaration.condition.is_some());
    Flat { key: names.to_owned(), conditional, leaves }
}

fn known_leaves(value: &serde_json::Value, at: String, leaves: &mut BTreeMap<String, Leaf>) {
    match value {
        serde_json::Value::Object(members) if !members.is_empty() => {
            members.iter().for_each(|(name, member)| known_leaves(member, format!("{at}/{name}"), leaves));
        }
        serde_json::Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(index, item)| known_leaves(item, format!("{at}/{index}"), leaves));
        }
        // Nothing known is nothing said, once everything in it is unknown.
        serde_json::Value::Object(_) => {}
        // A source that is checked out on Windows has other line endings in its multi-line strings.
        serde_json::Value::String(text) => {
            leaves.insert(at, Leaf::Known(text.replace("\r\n", "\n").into()));
        }
        leaf => {
            leaves.insert(at, Leaf::Known(leaf.clone()));
        }
    }
}

fn unknown_leaf(unknown: &Unknown) -> Leaf {
    match unknown {
        Unknown::Unresolved { text: Some(text), .. } => {
            Leaf::Unknown { shape: shape(text), expressions: text.to_string() }
        }
        Unknown::Unresolved { expression, .. } => Leaf::Unknown { shape: HOLE.into(), expressions: expression.clone() },
        other => Leaf::Unknown { shape: HOLE.into(), expressions: format!("{other:?}") },
    }
}

const HOLE: &str = "${}";

/// An expression without what the two languages write differently: `x` and `parameters('x')`, the
/// version that `reference` asks with, the case of types.
fn spelling(expression: &str) -> String {
    let mut text = expression.to_lowercase().replace("\"[", "").replace("]\"", "");
    while let Some((start, end)) = enclosed(&text, "parameters('", "')") {
        let name = text[start + "parameters('".len()..end - "')".len()].to_owned();
        text.replace_range(start..end, &name);
    }
    let mut from = 0;
    while let Some((start, end)) = enclosed(&text[from..], ", '", "'").map(|(a, b)| (a + from, b + from)) {
        let argument = &text[start + ", '".len()..end - 1];
        if argument.starts_with("20") && argument.len() >= 10 && argument.as_bytes()[4] == b'-' {
            text.replace_range(start..end, "");
        } else {
            from = start + 1;
        }
    }
    text
}

/// The first stretch of a text that starts and ends so.
fn enclosed(text: &str, open: &str, close: &str) -> Option<(usize, usize)> {
    let start = text.find(open)?;
    let inside = start + open.len();
    text[inside..].find(close).map(|length| (start, inside + length + close.len()))
}

/// A text with every hole the same. Ids are compared as Azure does: the compiler corrects the case of
/// types.
fn shape(text: &Text) -> String {
    let parts = text.parts().iter().map(|part| match part {
        Part::Known(known) => known.as_str(),
        Part::Unknown(_) => HOLE,
    });
    let shape: String = parts.collect();
    if shape.to_lowercase().contains("/providers/") { shape.to_lowercase() } else { shape }
}
