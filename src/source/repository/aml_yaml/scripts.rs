//! The programs that a job or a deployment runs.

use crate::model::{Span, Value};
use crate::source::repository::yaml::written;

/// Endings of programs.
const PROGRAMS: &[&str] = &[".py", ".r", ".sh", ".ps1"];

/// The programs of one job, component, step or deployment, relative to its file, each where it is named.
pub(super) fn of(node: &Value) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let code = local(node.get("code"));
    if let (Some(code), Some(command)) = (&code, node.get("command")) {
        found.extend(named_in(command).into_iter().map(|(program, place)| (below(code, &program), place)));
    }
    if let (Some(code), Some(entry)) = (&code, node.get("entry")) {
        found.extend(file(entry.get("file").unwrap_or(entry), code));
    }
    for (part, names) in [("code_configuration", &["scoring_script"][..]), ("task", &["entry_script", "file"])] {
        let Some(part) = node.get(part) else { continue };
        let Some(code) = local(part.get("code")) else { continue };
        found.extend(names.iter().filter_map(|name| file(part.get(name)?, &code)));
    }
    found
}

fn file(value: &Value, code: &str) -> Option<(String, Span)> {
    Some((below(code, value.as_str()?.trim()), value.span?))
}

/// A folder of the repository, rather than an address or a registered one.
fn local(code: Option<&Value>) -> Option<String> {
    let code = code?.as_str()?.trim();
    let remote = code.contains("://") || code.starts_with("azureml:") || code.starts_with("git+");
    (!remote).then(|| code.to_owned())
}

fn below(code: &str, program: &str) -> String {
    format!("{}/{program}", code.trim_end_matches('/'))
}

/// The programs that a command line names: `python src/train.py`, `python -m pkg.train`.
pub(in crate::source::repository) fn in_command(command: &str) -> Vec<String> {
    let separators = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '|' | '&' | '(' | ')' | '=');
    let words: Vec<&str> = command.split(separators).filter(|word| !word.is_empty()).collect();
    let mut programs = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let lower = word.to_ascii_lowercase();
        let relative = !word.starts_with(['/', '$', '-', '<', '{']) && !word.contains("://") && !word.contains('*');
        if relative && PROGRAMS.iter().any(|ending| lower.ends_with(ending)) {
            programs.push((*word).to_owned());
        }
        let runs_module = *word == "-m" && at > 0 && words[at - 1].starts_with("python");
        if let Some(module) = words.get(at + 1).filter(|_| runs_module) {
            programs.push(format!("{}.py", module.replace('.', "/")));
        }
    }
    programs
}

fn named_in(command: &Value) -> Vec<(String, Span)> {
    let (Some(text), Some(place)) = (command.as_text(), command.span) else { return Vec::new() };
    in_command(&written(&text)).into_iter().map(|program| (program, place)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_name_programs() {
        for (command, expected) in [
            ("python train.py --data ${{inputs.data}}", &["train.py"][..]),
            ("pip install x && python src/train.py", &["src/train.py"]),
            ("python -m pkg.train --x 1", &["pkg/train.py"]),
            ("bash run.sh; Rscript a.R", &["run.sh", "a.R"]),
            ("python /opt/x.py $X/y.py echo hello", &[]),
            ("deepspeed --hostfile h train.py", &["train.py"]),
        ] {
            assert_eq!(in_command(command), expected, "{command}");
        }
    }
}
