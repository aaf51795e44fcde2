//! What types say that matters to a scan: whether null is allowed, and what is secret.

use std::sync::Arc;

use super::index::{Source, Symbol};
use super::library::Library;
use super::syntax::{Imported, Type, TypeKind, has_decorator};
use super::template::Template;
use crate::model::{Hole, Kind, Value};

/// How deep types may be nested, through their names.
const MAX_DEPTH: usize = 100;

/// What a type says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Null is one of its values.
    pub nullable: bool,
    /// It is an alias of a type that is decorated with `@secure()`.
    pub secure: bool,
    /// Its values are strings.
    pub text: bool,
}

/// The facts of a type that is written in a file.
pub(super) fn facts(lib: &Library<'_>, source: &Source, ty: &Type) -> Facts {
    facts_within(lib, source, ty, MAX_DEPTH)
}

fn facts_within(lib: &Library<'_>, source: &Source, ty: &Type, left: usize) -> Facts {
    if left == 0 || !lib.session.charge(1, ty.span) {
        return Facts::default();
    }
    let left = left - 1;
    match &ty.kind {
        TypeKind::Null => Facts { nullable: true, ..Facts::default() },
        TypeKind::Nullable(inner) => Facts { nullable: true, ..facts_within(lib, source, inner, left) },
        TypeKind::NonNull(inner) => Facts { nullable: false, ..facts_within(lib, source, inner, left) },
        TypeKind::Literal { text } => Facts { text: *text, ..Facts::default() },
        TypeKind::Union(members) => {
            let facts: Vec<Facts> = members.iter().map(|member| facts_within(lib, source, member, left)).collect();
            Facts {
                nullable: facts.iter().any(|facts| facts.nullable),
                text: facts.iter().all(|facts| facts.text),
                secure: false,
            }
        }
        TypeKind::Name(name) if &**name == "string" => Facts { text: true, ..Facts::default() },
        TypeKind::Member(base, name)
            if &**name == "string" && matches!(&base.kind, TypeKind::Name(sys) if &**sys == "sys") =>
        {
            Facts { text: true, ..Facts::default() }
        }
        TypeKind::Name(_) | TypeKind::Member(..) => with_alias(lib, source, ty, &mut |source, ty, secure| {
            let inner = facts_within(lib, source, ty, left);
            Facts { secure: inner.secure || secure, ..inner }
        })
        .unwrap_or_default(),
        _ => Facts::default(),
    }
}

/// Looks up the user-defined type that a name stands for, in whatever file it is declared.
fn with_alias<T>(
    lib: &Library<'_>,
    source: &Source,
    ty: &Type,
    run: &mut dyn FnMut(&Source, &Type, bool) -> T,
) -> Option<T> {
    let import = match &ty.kind {
        TypeKind::Name(name) => match source.symbol(name)? {
            Symbol::Type => {
                let node = source.types.get(&**name)?;
                return Some(run(source, &node.ty, node.secure));
            }
            Symbol::Imported(import, position) => match &source.imports[import].names {
                Imported::Named(names) => (import, names[position].0.to_string()),
                Imported::All(_) => return None,
            },
            _ => return None,
        },
        TypeKind::Member(base, member) => match &base.kind {
            TypeKind::Name(namespace) => match source.symbol(namespace)? {
                Symbol::Namespace(import) => (import, member.to_string()),
                _ => return None,
            },
            _ => return None,
        },
        _ => return None,
    };
    let reference = source.imports[import.0].from.as_text()?;
    let path = lib.tree.resolve(&source.path, reference).filter(|path| *path != source.path)?;
    let other = super::files::is_bicep(&path).then(|| lib.source(&path)).flatten()?;
    match other.symbol(&import.1)? {
        Symbol::Type => other.types.get(import.1.as_str()).map(|node| run(&other, &node.ty, node.secure)),
        _ => None,
    }
}

/// The value of a parameter with the members that its type marks as secure made unknown.
pub(super) fn without_secrets(template: &Template<'_>, ty: Option<&Type>, value: Arc<Value>) -> Arc<Value> {
    let Some(ty) = ty else { return value };
    if !matches!(value.kind, Kind::Object(_) | Kind::Array(_)) {
        return value;
    }
    let mut masked = Arc::unwrap_or_clone(value);
    let mask = Mask { template, left: MAX_DEPTH };
    mask.apply(&template.source, ty, &mut masked);
    Arc::new(masked)
}

struct Mask<'t, 'a> {
    template: &'t Template<'a>,
    left: usize,
}

impl Mask<'_, '_> {
    fn apply(&self, source: &Source, ty: &Type, value: &mut Value) {
        if self.left == 0 || !self.template.lib.session.charge(1, ty.span) {
            *value = self.secret("a value of a type that is nested too deep", value);
            return;
        }
        Mask { template: self.template, left: self.left - 1 }.apply_inner(source, ty, value);
    }

    fn apply_inner(&self, source: &Source, ty: &Type, value: &mut Value) {
        match (&ty.kind, &mut value.kind) {
            (TypeKind::Nullable(inner) | TypeKind::NonNull(inner), _) => self.apply(source, inner, value),
            (TypeKind::Array(inner), Kind::Array(items)) => {
                items.iter_mut().for_each(|item| self.apply(source, inner, item));
            }
            (TypeKind::Tuple(types), Kind::Array(items)) => {
                types.iter().zip(items).for_each(|(ty, item)| self.apply(source, ty, item));
            }
            (TypeKind::Union(types), _) => types.iter().for_each(|ty| self.apply(source, ty, value)),
            (TypeKind::Object(members), Kind::Object(values)) => {
                for member in members {
                    let named = values.iter_mut().filter(|(name, _)| {
                        member.name.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(name))
                    });
                    for (name, value) in named {
                        self.member(source, name, has_decorator(&member.decorators, "secure"), &member.ty, value);
                    }
                }
            }
            (TypeKind::Name(_) | TypeKind::Member(..), Kind::Object(_) | Kind::Array(_)) => {
                with_alias(self.template.lib, source, ty, &mut |source, ty, _| self.apply(source, ty, value));
            }
            _ => {}
        }
    }

    fn member(&self, source: &Source, name: &str, secure: bool, ty: &Type, value: &mut Value) {
        if secure || facts(self.template.lib, source, ty).secure {
            *value = self.secret(name, value);
            return;
        }
        self.apply(source, ty, value);
    }

    /// What stands for a secret: an unknown value at the same place.
    fn secret(&self, name: &str, value: &Value) -> Value {
        let hole = Hole::new(&self.template.scope.owner, &format!("secure {name}"));
        Value { span: value.span, supplied: value.supplied, ..Value::unresolved(name, hole) }
    }
}
