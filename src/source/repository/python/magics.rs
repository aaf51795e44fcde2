//! What of a notebook's cell is not Python: magics and commands of the shell.

/// What a cell holds.
#[derive(Debug, PartialEq)]
pub(super) enum Body {
    /// Python, with magics replaced by something as long.
    Python(String),
    /// A Python program that the cell writes to a file.
    Written(String, String),
    /// Something else: a shell script, HTML, a file of another kind.
    Other,
}

/// Cell magics whose cell is Python all the same.
const AROUND_PYTHON: &[&str] = &["capture", "prun", "python", "python3", "time", "timeit"];

/// Replaces magics by something of the same length that does nothing.
pub(super) fn mask(text: &str) -> Body {
    let first = text.trim_start();
    if let Some(magic) = first.strip_prefix("%%") {
        let line = magic.lines().next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let name = words.next().unwrap_or_default();
        if matches!(name, "writefile" | "file") {
            let path = words.rfind(|word| !word.starts_with('-')).unwrap_or_default().trim_matches(['"', '\'']);
            return if path.ends_with(".py") { Body::Written(path.to_owned(), lines(text)) } else { Body::Other };
        }
        if !AROUND_PYTHON.contains(&name) {
            return Body::Other;
        }
    }
    Body::Python(lines(text))
}

fn lines(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut continued = false;
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        let start = if continued { Some(0) } else { magic_at(body) };
        match start {
            Some(start) => {
                masked.push_str(&body[..start]);
                // A statement that does nothing: a block needs one.
                let blank = body.len() - start;
                masked.push_str(if continued || blank == 0 { "" } else { "0" });
                masked.extend(std::iter::repeat_n(' ', blank - usize::from(!continued && blank > 0)));
                continued = body.ends_with('\\');
            }
            None => {
                masked.push_str(body);
                continued = false;
            }
        }
        masked.push_str(end);
    }
    masked
}

/// Where the magic or the command of a line starts: `%run x`, `!ls`, `files = !ls`, `thing?`.
fn magic_at(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    let indent = line.len() - trimmed.len();
    let letter = |text: &str| text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if trimmed.strip_prefix('%').is_some_and(|rest| letter(rest.trim_start_matches('%'))) {
        return Some(indent);
    }
    if trimmed.strip_prefix('!').is_some_and(|rest| !rest.starts_with('=')) {
        return Some(indent);
    }
    // IPython takes these as commands also without a sign, where no variable has the name.
    if ["pip install ", "conda install "].iter().any(|command| trimmed.starts_with(command)) {
        return Some(indent);
    }
    let is_help = |text: &str| text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '?'));
    if (trimmed.ends_with('?') || trimmed.starts_with('?')) && is_help(trimmed) {
        return Some(indent);
    }
    // `files = !ls`
    let (name, rest) = trimmed.split_once('=')?;
    let rest_trimmed = rest.trim_start();
    let is_name = name.trim_end().chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | ',' | ' '));
    let is_magic = rest_trimmed.strip_prefix('%').is_some_and(letter) || rest_trimmed.starts_with('!');
    (is_name && is_magic && !rest.starts_with('=')).then(|| line.len() - rest_trimmed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn python(text: &str) -> String {
        let Body::Python(masked) = mask(text) else { panic!("{text} is Python") };
        assert_eq!(masked.len(), text.len());
        masked
    }

    #[test]
    fn magics_are_blank_and_nothing_moves() {
        assert_eq!(python("%%time\nx = 1"), "0     \nx = 1");
        assert_eq!(python("if a:\n    !pip install \\\n  é\nb"), "if a:\n    0             \n    \nb");
        assert_eq!(python("files = !ls\nx?"), "files = 0  \n0 ");
        assert_eq!(python("x = (a\n % b)\ny != z"), "x = (a\n % b)\ny != z");
        assert_eq!(python("x == y"), "x == y");
        assert_eq!(python("!"), "0");
        assert_eq!(python("pip install x"), "0            ");
    }

    #[test]
    fn cells_of_other_languages_are_left_out() {
        assert_eq!(mask("%%bash\nls"), Body::Other);
        assert_eq!(mask("%%writefile env.yml\nname: x"), Body::Other);
        let Body::Written(path, text) = mask("%%writefile -a 'src/x.py'\nimport torch") else { panic!("a program") };
        assert_eq!((path.as_str(), text.lines().last()), ("src/x.py", Some("import torch")));
    }
}
