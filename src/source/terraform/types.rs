//! Type constraints of variables, and the conversions that they make.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::functions::set_of;
use super::syntax::{Expr, ExprKind, Key};
use super::value::{Kind, Val};

/// A type constraint. <https://developer.hashicorp.com/terraform/language/expressions/type-constraints>
#[derive(Clone, Debug)]
pub(super) enum Type {
    Any,
    String,
    Number,
    Bool,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(Vec<Field>),
}

/// An attribute of an object type.
#[derive(Clone, Debug)]
pub(super) struct Field {
    name: Rc<str>,
    kind: Type,
    optional: bool,
    default: Option<Val>,
}

impl Type {
    /// From the expression of a `type` argument; what is not a type is `any`.
    pub fn parse(expr: &Expr) -> Self {
        match &expr.kind {
            ExprKind::Name(name) => Self::named(name),
            // Terraform 0.11 and the JSON syntax write types as strings.
            ExprKind::Text(text) => super::hcl::parse_expr(text, expr.span)
                .map(|inner| match inner.kind {
                    ExprKind::Text(_) => Self::Any,
                    _ => Self::parse(&inner),
                })
                .unwrap_or(Self::Any),
            ExprKind::Call(call) => {
                let inner = || Box::new(call.args.first().map_or(Self::Any, Self::parse));
                match &*call.name {
                    "list" => Self::List(inner()),
                    "set" => Self::Set(inner()),
                    "map" => Self::Map(inner()),
                    "tuple" => match call.args.first().map(|a| &a.kind) {
                        Some(ExprKind::List(items)) => Self::Tuple(items.iter().map(Self::parse).collect()),
                        _ => Self::Any,
                    },
                    "object" => match call.args.first().map(|a| &a.kind) {
                        Some(ExprKind::Object(members)) => Self::Object(members.iter().filter_map(field).collect()),
                        _ => Self::Any,
                    },
                    _ => Self::Any,
                }
            }
            _ => Self::Any,
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "string" => Self::String,
            "number" => Self::Number,
            "bool" => Self::Bool,
            "list" => Self::List(Box::new(Self::Any)),
            "set" => Self::Set(Box::new(Self::Any)),
            "map" => Self::Map(Box::new(Self::Any)),
            _ => Self::Any,
        }
    }

    /// The value as this type has it.
    pub fn convert(&self, value: Val) -> Result<Val, String> {
        let (span, place) = (value.span, value.place);
        let mut converted = self.convert_kind(value)?;
        if converted.span.is_none() {
            converted.span = span;
        }
        converted.place = place;
        Ok(converted)
    }

    fn convert_kind(&self, value: Val) -> Result<Val, String> {
        if matches!(value.kind, Kind::Null | Kind::Unknown(_) | Kind::Instance(_)) {
            return Ok(value);
        }
        match self {
            Self::Any => Ok(value),
            Self::String => match value.kind {
                Kind::Text(_) => Ok(value),
                _ => value.to_text().map(Val::text).ok_or_else(|| "a string is required".to_owned()),
            },
            Self::Number => match (value.as_number(), &value.kind) {
                (Some(number), _) => Ok(Val::number(number)),
                (None, Kind::Text(text)) if !text.is_known() => Ok(value),
                _ => Err("a number is required".to_owned()),
            },
            Self::Bool => match (value.as_bool(), &value.kind) {
                (Some(known), _) => Ok(Val::bool(known)),
                (None, Kind::Text(text)) if !text.is_known() => Ok(value),
                _ => Err("a boolean is required".to_owned()),
            },
            Self::List(inner) => Ok(Val::list(inner.convert_items(&value)?)),
            Self::Set(inner) => Ok(set_of(inner.convert_items(&value)?)),
            Self::Map(inner) => {
                let members = value.as_members().ok_or("a map is required")?;
                let converted = members.iter().map(|(name, member)| Ok((name.clone(), inner.convert(member.clone())?)));
                Ok(Val::object(converted.collect::<Result<_, String>>()?))
            }
            Self::Tuple(kinds) => {
                let items = value.as_items().ok_or("a list is required")?;
                if items.len() != kinds.len() {
                    return Err(format!("a tuple of {} elements is required", kinds.len()));
                }
                let converted = kinds.iter().zip(items).map(|(kind, item)| kind.convert(item.clone()));
                Ok(Val::list(converted.collect::<Result<_, _>>()?))
            }
            Self::Object(fields) => convert_object(fields, &value),
        }
    }

    fn convert_items(&self, value: &Val) -> Result<Vec<Val>, String> {
        let items = value.as_items().ok_or("a list is required")?;
        items.iter().map(|item| self.convert(item.clone())).collect()
    }
}

fn convert_object(fields: &[Field], value: &Val) -> Result<Val, String> {
    let Kind::Object(map) = &value.kind else { return Err("an object is required".to_owned()) };
    let mut members: BTreeMap<Rc<str>, Val> = BTreeMap::new();
    for field in fields {
        let given = map.members.get(&field.name).filter(|given| !given.is_null() || field.default.is_none());
        let member = match (given, &field.default) {
            (Some(given), _) => field.kind.convert(given.clone()).map_err(|e| format!("{}: {e}", field.name))?,
            (None, Some(default)) => field.kind.convert(default.clone())?,
            (None, None) if map.open.is_some() => continue,
            (None, None) if field.optional => Val::null(),
            (None, None) => return Err(format!("attribute {:?} is required", field.name)),
        };
        members.insert(field.name.clone(), member);
    }
    Ok(match &map.open {
        Some(open) => Val::open_object(members, (**open).clone()),
        None => Val::object(members),
    })
}

fn field(member: &super::syntax::Member) -> Option<Field> {
    let Key::Name(name) = &member.key else { return None };
    let ExprKind::Call(call) = &member.value.kind else {
        return Some(Field { name: name.clone(), kind: Type::parse(&member.value), optional: false, default: None });
    };
    if &*call.name != "optional" {
        return Some(Field { name: name.clone(), kind: Type::parse(&member.value), optional: false, default: None });
    }
    let kind = call.args.first().map_or(Type::Any, Type::parse);
    let default = call.args.get(1).and_then(constant);
    Some(Field { name: name.clone(), kind, optional: true, default })
}

/// The value of a constant expression: defaults of optional attributes can be nothing else.
fn constant(expr: &Expr) -> Option<Val> {
    let value = match &expr.kind {
        ExprKind::Null => return None,
        ExprKind::Bool(value) => Val::bool(*value),
        ExprKind::Number(value) => Val::number(*value),
        ExprKind::Text(text) => Val::string(&**text),
        ExprKind::Negate(inner) => match inner.kind {
            ExprKind::Number(value) => Val::number(value.neg()),
            _ => return None,
        },
        ExprKind::List(items) => Val::list(items.iter().map(|item| constant(item).unwrap_or_else(Val::null)).collect()),
        ExprKind::Object(members) => {
            let member = |member: &super::syntax::Member| match &member.key {
                Key::Name(name) => Some((name.clone(), constant(&member.value).unwrap_or_else(Val::null))),
                Key::Expr(_) => None,
            };
            Val::object(members.iter().filter_map(member).collect())
        }
        ExprKind::Name(name) if &**name == "null" => Val::null(),
        _ => return None,
    };
    Some(value.at(expr.span))
}
