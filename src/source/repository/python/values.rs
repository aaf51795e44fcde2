//! What an expression is worth: a text, something from outside, something that cannot be followed.

use std::rc::Rc;

use super::names::{Located, Names, Target};
use super::syntax::{Call, Expr, ExprKind, Part};
use crate::source::repository::Origin;

/// Longer texts are no names.
const LONGEST: usize = 4_096;

/// A part of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Known(String),
    /// Something that is not written in the code.
    Hole(Origin),
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Worth {
    /// A text of which at least a part is known.
    Text(Vec<Piece>),
    None,
    Flag(bool),
    /// From outside of the code.
    Configured,
    Unknown,
}

/// What an expression is worth, and where in the same file that is written if elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Valued {
    pub worth: Worth,
    pub supplied: Option<(u32, u32)>,
}

impl Worth {
    fn of_text(text: impl Into<String>) -> Self {
        Self::Text(vec![Piece::Known(text.into())])
    }

    /// The text, if all of it is known.
    pub fn as_str(&self) -> Option<String> {
        let Self::Text(pieces) = self else { return None };
        let known = |piece: &Piece| match piece {
            Piece::Known(text) => Some(text.clone()),
            Piece::Hole(_) => None,
        };
        pieces.iter().map(known).collect()
    }

    /// How the code comes to it.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Text(pieces) => origin_of(pieces),
            Self::Configured => Origin::Configured,
            _ => Origin::Unknown,
        }
    }

    /// Its parts inside a larger text.
    fn pieces(self) -> Vec<Piece> {
        match self {
            Self::Text(pieces) => pieces,
            Self::Configured => vec![Piece::Hole(Origin::Configured)],
            _ => vec![Piece::Hole(Origin::Unknown)],
        }
    }

    /// Which of two answers says more against a pass and for a finding: configured beside literal is no
    /// hard-coded value, and what is unknown may be anything.
    fn rank(&self) -> u8 {
        match self {
            Self::None => 0,
            Self::Flag(_) => 1,
            Self::Text(pieces) => match origin_of(pieces) {
                Origin::Placeholder => 2,
                Origin::Literal => 3,
                Origin::Unknown => 4,
                Origin::Configured => 5,
            },
            Self::Unknown => 4,
            Self::Configured => 5,
        }
    }
}

/// The origin of a text with these parts.
pub(super) fn origin_of(pieces: &[Piece]) -> Origin {
    // What begins with something from outside, like a path below a folder that the job is given, is from there.
    if matches!(pieces.first(), Some(Piece::Hole(Origin::Configured))) {
        return Origin::Configured;
    }
    let holes = || pieces.iter().filter_map(|piece| if let Piece::Hole(origin) = piece { Some(*origin) } else { None });
    if holes().any(|origin| origin == Origin::Unknown) {
        return Origin::Unknown;
    }
    if holes().any(|origin| origin == Origin::Configured) {
        return Origin::Configured;
    }
    let text: String = pieces.iter().map(|piece| if let Piece::Known(text) = piece { text } else { "" }).collect();
    Origin::of_text(&text)
}

impl Names<'_> {
    /// What an expression is worth.
    pub fn value(&self, at: &Located) -> Valued {
        self.begin();
        self.worth_at(at, 0)
    }

    /// The path of what an expression is: `azure.ai.ml.MLClient`, `azureml.core.Workspace.get()`.
    pub fn path(&self, at: &Located) -> Option<String> {
        self.begin();
        self.follow(at, 0).into_iter().find_map(|target| match target {
            Target::Path(path) | Target::Made(path, _) => Some(path),
            _ => None,
        })
    }

    fn worth_at(&self, at: &Located, depth: u32) -> Valued {
        let direct = |worth: Worth| Valued { worth, supplied: None };
        if !self.step(depth) {
            return direct(Worth::Unknown);
        }
        match &at.expr.kind {
            ExprKind::Name(_) | ExprKind::Attribute(..) => self.of_targets(at, depth),
            ExprKind::Text(parts) => direct(self.text(at, parts, depth)),
            ExprKind::None => direct(Worth::None),
            ExprKind::Bool(flag) => direct(Worth::Flag(*flag)),
            ExprKind::Number(text) => direct(Worth::of_text(text.clone())),
            ExprKind::Add(left, right) => direct(self.joined(at, &[left, right], "", depth)),
            ExprKind::Slash(left, right) => direct(self.joined(at, &[left, right], "/", depth)),
            ExprKind::Percent(left, right) => direct(self.percent(at, left, right, depth)),
            ExprKind::Either(options) => {
                let all = options.iter().map(|option| self.worth_at(&at.with(option), depth + 1));
                all.max_by_key(|valued| valued.worth.rank()).unwrap_or_else(|| direct(Worth::Unknown))
            }
            ExprKind::Call(call) => direct(self.call(at, call, depth)),
            ExprKind::Subscript(of, key) => self.subscript(at, of, key, depth),
            ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Other => direct(Worth::Unknown),
        }
    }

    fn of_targets(&self, at: &Located, depth: u32) -> Valued {
        let mut best: Option<Valued> = None;
        for target in self.follow(at, depth + 1) {
            let valued = match target {
                Target::Expr(located) => {
                    let inner = self.worth_at(&located, depth + 1);
                    let same_file = Rc::ptr_eq(&located.source, &at.source);
                    let written = same_file.then_some((located.expr.start, located.expr.end));
                    Valued { supplied: inner.supplied.or(written), ..inner }
                }
                Target::PartOf(located) => match self.worth_at(&located, depth + 1).worth {
                    Worth::Configured => Valued { worth: Worth::Configured, supplied: None },
                    _ => Valued { worth: Worth::Unknown, supplied: None },
                },
                Target::Made(_, located) => self.worth_at(&located, depth + 1),
                Target::Path(path) => Valued { worth: of_path(&path), supplied: None },
                Target::Parameter => Valued { worth: Worth::Configured, supplied: None },
                _ => Valued { worth: Worth::Unknown, supplied: None },
            };
            // Of several, the last of those that say most.
            if best.as_ref().is_none_or(|best| best.worth.rank() <= valued.worth.rank()) {
                best = Some(valued);
            }
        }
        best.unwrap_or(Valued { worth: Worth::Unknown, supplied: None })
    }

    fn text(&self, at: &Located, parts: &[Part], depth: u32) -> Worth {
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Known(text) => pieces.push(Piece::Known(text.clone())),
                Part::Computed(expr) => pieces.extend(self.worth_at(&at.with(expr), depth + 1).worth.pieces()),
            }
        }
        bounded(pieces)
    }

    fn joined(&self, at: &Located, parts: &[&Rc<Expr>], between: &str, depth: u32) -> Worth {
        let mut pieces = Vec::new();
        for part in parts {
            if !pieces.is_empty() && !between.is_empty() {
                pieces.push(Piece::Known(between.to_owned()));
            }
            pieces.extend(self.worth_at(&at.with(part), depth + 1).worth.pieces());
        }
        bounded(pieces)
    }

    fn percent(&self, at: &Located, format: &Rc<Expr>, values: &Rc<Expr>, depth: u32) -> Worth {
        let Some(format) = self.worth_at(&at.with(format), depth + 1).worth.as_str() else { return Worth::Unknown };
        let values = match &values.kind {
            ExprKind::List(values) => values.iter().collect(),
            _ => vec![values],
        };
        let mut values = values.into_iter();
        let mut parts = format.split("%s");
        let mut pieces = vec![Piece::Known(parts.next().unwrap_or_default().to_owned())];
        for part in parts {
            let Some(value) = values.next() else { return Worth::Unknown };
            pieces.extend(self.worth_at(&at.with(value), depth + 1).worth.pieces());
            pieces.push(Piece::Known(part.to_owned()));
        }
        bounded(pieces)
    }

    fn call(&self, at: &Located, call: &Call, depth: u32) -> Worth {
        let method = match &call.callee.kind {
            ExprKind::Attribute(object, name) => Some((object, name.as_str())),
            _ => None,
        };
        let path = self.follow(&at.with(&call.callee), depth + 1).into_iter().find_map(|target| match target {
            Target::Path(path) => Some(path),
            _ => None,
        });
        if let Some(path) = &path {
            match path.as_str() {
                "os.path.join" | "posixpath.join" | "pathlib.Path" | "pathlib.PurePath" | "Path" => {
                    let parts: Vec<&Rc<Expr>> = call.positional.iter().collect();
                    return self.joined(at, &parts, "/", depth);
                }
                "str" | "os.fspath" | "os.path.expandvars" if call.positional.len() == 1 => {
                    return self.worth_at(&at.with(&call.positional[0]), depth + 1).worth;
                }
                _ => {}
            }
            let of = of_path(&format!("{path}()"));
            if of == Worth::Configured {
                return of;
            }
        }
        let Some((object, name)) = method else { return Worth::Unknown };
        if FROM_OUTSIDE.contains(&name) {
            return Worth::Configured;
        }
        let of = self.worth_at(&at.with(object), depth + 1).worth;
        match (name, of) {
            (_, Worth::Configured) => Worth::Configured,
            ("format", of) => self.format(at, of, call, depth),
            ("strip" | "lower" | "upper" | "as_posix" | "resolve" | "absolute" | "joinpath", of @ Worth::Text(_)) => of,
            _ => Worth::Unknown,
        }
    }

    /// `"{}/{name}".format(a, name=b)`
    fn format(&self, at: &Located, of: Worth, call: &Call, depth: u32) -> Worth {
        let Some(format) = of.as_str() else { return Worth::Unknown };
        let mut next = 0;
        let mut pieces = Vec::new();
        let mut rest = format.as_str();
        while let Some(open) = rest.find('{') {
            let Some(length) = rest[open..].find('}') else { break };
            pieces.push(Piece::Known(rest[..open].to_owned()));
            let field = &rest[open + 1..open + length];
            let field = field.split([':', '!']).next().unwrap_or_default();
            let number = if field.is_empty() { Some(next) } else { field.parse::<usize>().ok() };
            next += usize::from(field.is_empty());
            let value = number.and_then(|number| call.positional.get(number)).or_else(|| call.keyword(field));
            pieces.extend(match value {
                Some(value) => self.worth_at(&at.with(value), depth + 1).worth.pieces(),
                None => vec![Piece::Hole(Origin::Unknown)],
            });
            rest = &rest[open + length + 1..];
        }
        pieces.push(Piece::Known(rest.to_owned()));
        bounded(pieces)
    }

    fn subscript(&self, at: &Located, of: &Rc<Expr>, key: &Rc<Expr>, depth: u32) -> Valued {
        let unknown = Valued { worth: Worth::Unknown, supplied: None };
        let mut best: Option<Valued> = None;
        let key = self.worth_at(&at.with(key), depth + 1).worth.as_str();
        for target in self.follow(&at.with(of), depth + 1) {
            let valued = match target {
                Target::Expr(located) => self.element(at, &located, key.as_deref(), depth),
                Target::Made(_, located) => self.element(at, &located, key.as_deref(), depth),
                Target::Path(path) => Valued { worth: of_path(&format!("{path}[]")), supplied: None },
                Target::Parameter => Valued { worth: Worth::Configured, supplied: None },
                Target::PartOf(located) => match self.worth_at(&located, depth + 1).worth {
                    Worth::Configured => Valued { worth: Worth::Configured, supplied: None },
                    _ => unknown.clone(),
                },
                _ => unknown.clone(),
            };
            if best.as_ref().is_none_or(|best| best.worth.rank() <= valued.worth.rank()) {
                best = Some(valued);
            }
        }
        best.unwrap_or(unknown)
    }

    /// What stands under a key of a dictionary that is written in the code.
    fn element(&self, at: &Located, of: &Located, key: Option<&str>, depth: u32) -> Valued {
        let unknown = Valued { worth: Worth::Unknown, supplied: None };
        match &of.expr.kind {
            ExprKind::Dict(pairs) => {
                let Some(key) = key else { return unknown };
                let is_key = |expr: &Rc<Expr>| {
                    self.worth_at(&of.with(expr), depth + 1).worth.as_str().is_some_and(|known| known == key)
                };
                let Some((_, value)) = pairs.iter().rev().find(|(known, _)| is_key(known)) else { return unknown };
                let inner = self.worth_at(&of.with(value), depth + 1);
                let same_file = Rc::ptr_eq(&of.source, &at.source);
                Valued { supplied: inner.supplied.or(same_file.then_some((value.start, value.end))), ..inner }
            }
            _ => match self.worth_at(of, depth + 1).worth {
                Worth::Configured => Valued { worth: Worth::Configured, supplied: None },
                _ => unknown,
            },
        }
    }

    /// The value under a key of a dictionary: of `**settings`.
    pub fn value_under(&self, at: &Located, dictionary: &Rc<Expr>, key: &str) -> Valued {
        self.begin();
        let unknown = Valued { worth: Worth::Unknown, supplied: None };
        let targets = self.follow(&at.with(dictionary), 0);
        let valued = targets.into_iter().map(|target| match target {
            Target::Expr(located) => match &located.expr.kind {
                // A dictionary without the key does not give the argument.
                ExprKind::Dict(pairs) if !pairs.iter().any(|(known, _)| self.is_text(&located, known, key)) => {
                    Valued { worth: Worth::None, supplied: None }
                }
                _ => self.element(at, &located, Some(key), 1),
            },
            Target::Parameter => Valued { worth: Worth::Configured, supplied: None },
            Target::Made(path, _) | Target::Path(path) => Valued { worth: of_path(&path), supplied: None },
            _ => unknown.clone(),
        });
        valued.max_by_key(|valued| valued.worth.rank()).unwrap_or(unknown)
    }

    fn is_text(&self, at: &Located, expr: &Rc<Expr>, text: &str) -> bool {
        self.worth_at(&at.with(expr), 1).worth.as_str().is_some_and(|known| known == text)
    }
}

fn bounded(pieces: Vec<Piece>) -> Worth {
    let length: usize = pieces.iter().map(|piece| if let Piece::Known(text) = piece { text.len() } else { 1 }).sum();
    if length > LONGEST { Worth::Unknown } else { Worth::Text(pieces) }
}

/// Methods that give what stands outside of the code, whatever they are called on.
const FROM_OUTSIDE: &[&str] = &[
    "from_config",
    "get_secret",
    "getenv",
    "parse_args",
    "parse_args_into_dataclasses",
    "parse_known_args",
    "safe_load",
];

/// What is read from outside: the environment, the command line, files.
const OUTSIDE: &[&str] = &[
    "argparse.",
    "click.",
    "configparser.",
    "dotenv.",
    "environ",
    "getenv",
    "getpass.",
    "input()",
    "json.load",
    "open()",
    "os.environ",
    "os.getenv",
    "sys.argv",
    "toml.load",
    "tomllib.load",
    "yaml.",
];

/// What something from outside of the repository is worth: `os.environ[]`, `azureml.core.Workspace.get().name`.
fn of_path(path: &str) -> Worth {
    // What a client or a workspace says of itself: how it was found is told where it is made.
    let says_of_itself = path.contains("Workspace") || path.contains("MLClient") || path.contains("get_context");
    let outside = OUTSIDE.iter().any(|start| path.starts_with(start));
    if outside || says_of_itself && path.contains("()") { Worth::Configured } else { Worth::Unknown }
}
