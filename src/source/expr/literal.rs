//! Evaluates strings with holes, lists and objects as they are written.

use crate::model::{Kind, Text, Value};

use super::{Element, Evaluator, Expr, ExprKind, Fault, Member, ObjectBuilder, Property, Segment, Val, functions};

impl Evaluator<'_> {
    pub(super) fn interpolation(&mut self, segments: &[Segment], expr: &Expr) -> Result<Val, Fault> {
        let mut text = Text::default();
        let mut given = None;
        for segment in segments {
            match segment {
                Segment::Text(known) => text.push_known(known),
                Segment::Expr(inner) => {
                    let value = self.value(inner);
                    given = given.or(value.span.filter(|span| !super::place::within(*span, expr.span)));
                    text.push(&functions::to_text(self, &value));
                }
            }
        }
        self.check_text(&text)?;
        let mut value = Value::new(Kind::Text(text));
        value.span = given;
        Ok(Val::Owned(value))
    }

    pub(super) fn array(&mut self, elements: &[Element], expr: &Expr) -> Result<Value, Fault> {
        let mut items = Vec::with_capacity(elements.len());
        for element in elements {
            match element {
                Element::Item(item) => items.push(self.eval_at(item, item.span)),
                Element::Spread(list) => {
                    let spread = self.eval_at(list, list.span);
                    match spread.kind {
                        Kind::Array(more) => items.extend(more),
                        Kind::Null => {}
                        Kind::Unknown(_) | Kind::Text(_) if !spread.is_known() => {
                            return Ok(self.derived("array", &[spread], false, expr));
                        }
                        _ => return Err(Fault::expression("only a list can be spread into a list")),
                    }
                }
            }
        }
        self.limited_len(items.len())?;
        Ok(Value::new(Kind::Array(items)).at(expr.span))
    }

    pub(super) fn object(&mut self, properties: &[Property], expr: &Expr) -> Result<Value, Fault> {
        let plain =
            |p: &Property| matches!(p, Property::Member(Member { key: Expr { kind: ExprKind::Text(_), .. }, .. }));
        if properties.iter().all(plain) {
            let mut members = Vec::with_capacity(properties.len());
            for property in properties {
                let Property::Member(Member { key: Expr { kind: ExprKind::Text(name), .. }, value, span }) = property
                else {
                    continue;
                };
                members.push((name.to_string(), self.eval_at(value, *span)));
            }
            return Ok(Value::new(Kind::Object(members)).at(expr.span));
        }
        let mut builder = ObjectBuilder::default();
        for property in properties {
            match property {
                Property::Member(member) => {
                    let key = self.value(&member.key);
                    let name = functions::to_text(self, &key).to_string();
                    let value = self.eval_at(&member.value, member.span);
                    builder.insert(name, value);
                }
                Property::Spread(object) => {
                    let spread = self.eval_at(object, object.span);
                    match spread.kind {
                        Kind::Object(members) => {
                            members.into_iter().for_each(|(name, member)| builder.insert(name, member));
                        }
                        Kind::Null => {}
                        Kind::Unknown(_) => {
                            let before = Value::new(Kind::Object(builder.finish()));
                            return Ok(self.derived("shallowMerge", &[before, spread], false, expr));
                        }
                        _ => return Err(Fault::expression("only an object can be spread into an object")),
                    }
                }
            }
        }
        Ok(Value::new(Kind::Object(builder.finish())).at(expr.span))
    }
}
