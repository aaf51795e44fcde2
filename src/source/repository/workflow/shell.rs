//! The commands of shell and PowerShell scripts, as far as their words can be told apart without
//! running them.

use super::mapped::Mapped;

mod lexer;

/// The language of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `sh`, `bash` and their kin.
    Posix,
    /// PowerShell.
    PowerShell,
    /// `cmd`.
    Cmd,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// As it is.
    Text(String),
    /// A variable of the script or its environment: `$X`, `${X}`, `%X%`, `$env:X`.
    Variable(String),
    /// A variable of the pipeline: `$(X)`.
    Macro(String),
    /// An expression of the pipeline: `${{ matrix.region }}`, what is between the braces.
    Expression(String),
    /// A value that may be given from outside, with something for when it is not: `${X:-y}`, `$1`.
    Given,
    /// The output of a command, arithmetic.
    Computed,
}

/// A word of a command.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word {
    pub parts: Vec<Part>,
    /// Byte range in the file.
    pub start: u32,
    pub end: u32,
}

impl Word {
    /// The text, if nothing in it is variable.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Text(text)] => Some(text),
            [] => Some(""),
            _ => None,
        }
    }

    /// The same word from a text: the parts of what a task or another expression holds.
    pub fn of(mapped: &Mapped) -> Self {
        lexer::value(mapped)
    }

    /// The text that it starts with.
    pub fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// What stands behind a literal prefix; its place begins behind the prefix too.
    pub fn without_prefix(&self, prefix: &str) -> Option<Self> {
        let rest = self.prefix().strip_prefix(prefix)?.to_owned();
        let mut word = self.clone();
        match rest.is_empty() {
            true => _ = word.parts.remove(0),
            false => word.parts[0] = Part::Text(rest),
        }
        // Quotes may stand between; the place is that of the value wherever the text is plain.
        word.start = (self.start + prefix.len() as u32).min(self.end);
        Some(word)
    }
}

/// A command with its arguments, or an assignment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// A program with its arguments.
    Run(Vec<Word>),
    /// A variable that is set: its name, its value.
    Set(String, Word),
    /// A variable that takes several values, one after the other, or one that nobody knows: `for`, `read`.
    Vary(String),
}

/// The commands of a script in order, those inside of `$( … )` and of quoted commands included.
pub(super) fn commands(script: &Mapped, dialect: Dialect) -> Vec<Command> {
    let mut commands = Vec::new();
    for words in lexer::commands(script, dialect) {
        match dialect {
            Dialect::PowerShell => powershell(words, &mut commands),
            Dialect::Posix | Dialect::Cmd => posix(words, &mut commands),
        }
    }
    commands
}

/// Words that stand before a command.
const BEFORE: &[&str] = &[
    "!", "&", "(", "call", "command", "do", "elif", "else", "eval", "exec", "if", "nohup", "sudo", "then", "time",
    "until", "while", "{",
];

fn posix(words: Vec<Word>, commands: &mut Vec<Command>) {
    let mut words = words.into_iter().peekable();
    while words.next_if(|word| word.literal().is_some_and(|text| BEFORE.contains(&text))).is_some() {}
    let Some(first) = words.peek() else { return };
    match first.literal() {
        Some("for" | "select" | "read") => {
            let names = words.skip(1).take_while(|word| word.literal() != Some("in"));
            let names = names.filter_map(|word| word.literal().map(str::to_owned));
            commands.extend(names.filter(|name| is_name(name)).map(Command::Vary));
            return;
        }
        Some("case" | "echo" | "printf" | "function") => return,
        Some("[" | "[[" | "test") => {
            commands.extend(defaulted(&words.collect::<Vec<_>>()));
            return;
        }
        Some("export" | "local" | "readonly" | "declare" | "typeset" | "set" | "SET" | "setx") => {
            commands.extend(words.skip(1).filter_map(|word| assignment(&word)));
            return;
        }
        _ => {}
    }
    let mut run = Vec::new();
    for word in words {
        match assignment(&word).filter(|_| run.is_empty()) {
            Some(set) => commands.push(set),
            None => run.push(word),
        }
    }
    if !run.is_empty() {
        commands.push(Command::Run(run));
    }
}

/// `[ -z "$X" ]`: what follows is for when nobody gave a value.
fn defaulted(words: &[Word]) -> Option<Command> {
    let tested = words.windows(2).find(|pair| pair[0].literal() == Some("-z"))?;
    match tested[1].parts.as_slice() {
        [Part::Variable(name)] => Some(Command::Vary(name.clone())),
        _ => None,
    }
}

/// `NAME=value`.
fn assignment(word: &Word) -> Option<Command> {
    let (name, _) = word.prefix().split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    is_name(name).then_some(())?;
    let prefix = &word.prefix()[..word.prefix().find('=')? + 1];
    Some(Command::Set(name.to_owned(), word.without_prefix(prefix)?))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `$x = 'value'`, `[string]$x = 'value'`, `$env:X = 'value'`, and commands.
fn powershell(words: Vec<Word>, commands: &mut Vec<Command>) {
    let mut words: Vec<Word> = words;
    while words.first().and_then(Word::literal).is_some_and(|text| BEFORE.contains(&text) || is_type(text)) {
        words.remove(0);
    }
    let variable = |word: &Word| match word.parts.as_slice() {
        [Part::Variable(name)] => Some(name.clone()),
        [Part::Text(text), Part::Variable(name)] if is_type(text) => Some(name.clone()),
        _ => None,
    };
    match words.as_slice() {
        [first, second, third, rest @ ..] if second.literal() == Some("=") => {
            let Some(name) = variable(first) else { return };
            // `$x = az ml …`: the output of a command.
            let is_command = third.literal().is_some_and(is_program) && third.end > third.start && !rest.is_empty();
            if is_command {
                commands.push(Command::Vary(name));
                commands.push(Command::Run(words[2..].to_vec()));
            } else if rest.is_empty() {
                commands.push(Command::Set(name, third.clone()));
            } else {
                commands.push(Command::Vary(name));
            }
        }
        [first, rest @ ..] if first.literal().is_some_and(|text| text.eq_ignore_ascii_case("param")) => {
            commands.extend(rest.iter().filter_map(variable).map(Command::Vary));
        }
        [first, second, ..] if second.literal() == Some("in") => {
            commands.extend(variable(first).map(Command::Vary));
        }
        [first, ..] if variable(first).is_none() => commands.push(Command::Run(words)),
        _ => {}
    }
}

fn is_type(text: &str) -> bool {
    text.starts_with('[') && text.ends_with(']')
}

fn is_program(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(script: &str, dialect: Dialect) -> Vec<String> {
        let shown = |word: &Word| match word.literal() {
            Some(text) => text.to_owned(),
            None => format!("{:?}", word.parts),
        };
        let commands = commands(&Mapped::verbatim(script, 0), dialect);
        let texts = commands.iter().map(|command| match command {
            Command::Run(words) => words.iter().map(shown).collect::<Vec<_>>().join(" "),
            Command::Set(name, word) => format!("{name} := {}", shown(word)),
            Command::Vary(name) => format!("{name} := ?"),
        });
        texts.collect()
    }

    #[test]
    fn words_of_a_shell() {
        let script = "# az ml x\nWS=mlw-prod; export RG='rg' N=1\naz ml job create \\\n  -f \"a b.yml\" -w $WS | tee x && az login\nif ! az x; then\n  Y=$(az ml ws -n 'q)' )\nfi\n";
        assert_eq!(
            run(script, Dialect::Posix),
            [
                "WS := mlw-prod",
                "RG := rg",
                "N := 1",
                "az ml job create -f a b.yml -w [Variable(\"WS\")]",
                "tee x",
                "az login",
                "az x",
                "az ml ws -n q)",
                "Y := [Computed]",
                "fi",
            ]
        );
    }

    #[test]
    fn variables_in_all_spellings() {
        let script = "az $A ${B} $(C) ${{ vars.D }} x${E:-y}z $1 \"$F-1\" '$G' $(date) ${#H} $((1+2)) `id`";
        assert_eq!(
            run(script, Dialect::Posix),
            [
                "date",
                "id",
                "az [Variable(\"A\")] [Variable(\"B\")] [Macro(\"C\")] [Expression(\"vars.D\")] \
                 [Text(\"x\"), Given, Text(\"z\")] [Given] [Variable(\"F\"), Text(\"-1\")] $G [Computed] [Computed] \
                 [Computed] [Computed]"
            ]
        );
    }

    #[test]
    fn documents_in_scripts_are_text() {
        assert_eq!(run("cat <<EOF > x\naz ml job\nEOF\naz login <<< x\n", Dialect::Posix), ["cat x", "az login x"]);
        assert_eq!(run("cat <<-'E'\n\taz ml\n\tE\naz x", Dialect::Posix), ["cat", "az x"]);
        assert_eq!(run("for ws in a b; do az -w $ws; done\nread X", Dialect::Posix).len(), 4);
    }

    #[test]
    fn words_of_powershell() {
        let script = "<# az\n#>\nparam([string]$p = 'x')\n[string]$ws = \"mlw\"\n$env:RG='rg'\naz ml job create `\n  -w $ws -g $env:RG\n$x = az ml y\n@'\naz no\n'@\n";
        assert_eq!(
            run(script, Dialect::PowerShell),
            [
                "p := ?",
                "ws := mlw",
                "RG := rg",
                "az ml job create -w [Variable(\"ws\")] -g [Variable(\"RG\")]",
                "x := ?",
                "az ml y"
            ]
        );
    }

    #[test]
    fn words_of_cmd() {
        assert_eq!(
            run("set WS=mlw\r\ncall az ml job ^\r\n  -w %WS%\r\n", Dialect::Cmd),
            ["WS := mlw", "az ml job -w [Variable(\"WS\")]"]
        );
    }

    #[test]
    fn what_never_closes_ends_with_the_script() {
        for text in [
            "az \"x", "az 'x", "az $(x", "az ${x", "az ${{ x", "az `x", "<<E", "@'", "<#", "az %x", "\\", "$",
            "az $((((",
        ] {
            for dialect in [Dialect::Posix, Dialect::PowerShell, Dialect::Cmd] {
                run(text, dialect);
            }
        }
        run(&"$(".repeat(100_000), Dialect::Posix);
        run(&"\"$(".repeat(10_000), Dialect::Posix);
    }
}
