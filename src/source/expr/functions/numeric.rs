//! Numeric functions; all numbers are 64-bit integers.
//! <https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions-numeric>

use crate::model::{Kind, Value};

use super::args::{self, of_int};
use super::{Function, Val, pure, wrong};
use crate::source::expr::Fault;

pub(super) const FUNCTIONS: &[Function] = &[
    pure("add", (2, 2), |args| calculate(args, i64::checked_add)),
    pure("sub", (2, 2), |args| calculate(args, i64::checked_sub)),
    pure("mul", (2, 2), |args| calculate(args, i64::checked_mul)),
    pure("div", (2, 2), |args| calculate(args, i64::checked_div)),
    pure("mod", (2, 2), |args| calculate(args, i64::checked_rem)),
    pure("int", (1, 1), int),
    pure("float", (1, 1), float),
];

fn calculate(args: &[Val], operation: fn(i64, i64) -> Option<i64>) -> Result<Value, Fault> {
    let (a, b) = (args::int(args, 0)?, args::int(args, 1)?);
    let result = operation(a, b);
    result.map(of_int).ok_or_else(|| Fault::expression(format!("{a} and {b} give no 64-bit integer")))
}

fn int(args: &[Val]) -> Result<Value, Fault> {
    match &args[0].kind {
        Kind::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(int), _) => Ok(of_int(int)),
            (None, Some(float)) => Ok(of_int(float.trunc() as i64)),
            _ => Err(wrong(0, "a 64-bit number", &args[0])),
        },
        _ => {
            let text = args::str(args, 0)?.trim();
            text.parse().map(of_int).map_err(|_| Fault::expression(format!("'{text}' is no integer")))
        }
    }
}

fn float(args: &[Val]) -> Result<Value, Fault> {
    let number = match &args[0].kind {
        Kind::Number(number) => return Ok(Value::new(Kind::Number(number.clone()))),
        _ => args::str(args, 0)?.trim().parse::<f64>().ok().and_then(serde_json::Number::from_f64),
    };
    let number = number.ok_or_else(|| wrong(0, "a number", &args[0]))?;
    Ok(Value::new(Kind::Number(number)))
}
