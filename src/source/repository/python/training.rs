//! What code trains, and where it keeps the state of the training.

use super::callables::{CHECKPOINTS, TRAINING};
use super::facts::{Called, Member, Reading};
use super::syntax::ExprKind;
use super::values::Worth;
use crate::model::{Kind, Value};

/// Modules whose `save` saves something else.
const OTHER_SAVES: &[&str] =
    &["PIL", "azure", "azureml", "cv2", "joblib", "matplotlib", "numpy", "np", "pandas", "plt"];

/// Adds the checkpoint that a call writes, or that it trains.
pub(super) fn read(reading: &Reading<'_>, called: &Called<'_>) {
    if TRAINING.contains(&called.last.as_str()) && called.sdk.is_none() {
        let span = reading.span(&called.at.expr);
        reading.members.borrow_mut().trains.get_or_insert(span);
    }
    if called.last == "Trainer" {
        return trainer(reading, called);
    }
    let Some((last, names, position)) = CHECKPOINTS.iter().find(|(last, ..)| *last == called.last) else { return };
    let foreign = called.path.split(['.', '(']).next().is_some_and(|first| OTHER_SAVES.contains(&first));
    let of_framework = reading.has_framework() || is_function(called);
    if foreign
        || called.sdk.is_some()
        || matches!(*last, "save" | "save_model") && !of_framework
        || *last == "Checkpoint" && !is_checkpoint(called)
    {
        return;
    }
    // `torch.save(model, path)`, `model.save(path)`
    let position = match *last {
        "save" | "save_model" => Some(usize::from(is_function(called))),
        _ => *position,
    };
    add(reading, called, position, names);
}

/// `torch.save` and the like take what is to be saved first.
fn is_function(called: &Called<'_>) -> bool {
    ["torch.", "tensorflow.", "keras.", "mlflow.", "tf."].iter().any(|start| called.path.starts_with(start))
        && !called.path.contains("()")
}

fn is_checkpoint(called: &Called<'_>) -> bool {
    called.path.starts_with("tensorflow") || called.path.starts_with("nebulaml") || called.path.starts_with("tf.")
}

/// The trainer of Lightning keeps checkpoints of its own; that of Transformers takes its settings elsewhere.
fn trainer(reading: &Reading<'_>, called: &Called<'_>) {
    if called.path.contains("lightning") {
        add(reading, called, None, &["default_root_dir"]);
    }
}

fn add(reading: &Reading<'_>, called: &Called<'_>, position: Option<usize>, names: &[&str]) {
    let title = title(called);
    let mut fact = vec![("call".to_owned(), Value::string(title.as_str()))];
    let path = reading.argument(called, position, names);
    fact.extend(path.map(|(_, value)| ("path".to_owned(), value)));
    let setting = |name: &str| called.call.keyword(name).map(|expr| reading.names.value(&called.at.with(expr)).worth);
    let off = setting("save_strategy").and_then(|worth| worth.as_str()).is_some_and(|text| text == "no")
        || setting("enable_checkpointing") == Some(Worth::Flag(false));
    if off {
        fact.push(("enabled".to_owned(), Value::new(Kind::Bool(false))));
    }
    reading.add(Member::Checkpoints, &title, fact, reading.span(&called.at.expr));
}

/// `torch.save`; `save_pretrained` where what it is called on is not known.
fn title(called: &Called<'_>) -> String {
    match &called.call.callee.kind {
        _ if !called.path.is_empty() && !called.path.contains("()") => called.path.clone(),
        ExprKind::Name(name) => name.clone(),
        _ => called.last.clone(),
    }
}
