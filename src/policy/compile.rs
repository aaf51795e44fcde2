//! From policy text to a program for the virtual machine.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::Program;
use regorus::{CompiledPolicy, Engine, Value};

use super::syntax::{Syntax, add_policy, engine_error};
use super::{PolicyError, PolicyFile};

/// The sets that a rule may answer with.
pub(crate) const SETS: [&str; 4] = ["deny", "pass", "exempt", "open"];

/// Rules ready to run: one entry point for each, in the order in which they were given.
pub(crate) struct Compiled {
    engine: Engine,
    /// The engine with data, prepared by the first evaluation.
    interpreter: Mutex<Option<Engine>>,
    pub(crate) policy: CompiledPolicy,
    pub(crate) program: Arc<Program>,
}

impl Compiled {
    /// Evaluates an entry point in the interpreter instead of the virtual machine.
    pub(crate) fn interpret(&self, place: usize, input: &Value, data: &Value) -> anyhow::Result<Value> {
        let held = |_| anyhow::anyhow!("an evaluation panicked");
        let mut interpreter = self.interpreter.lock().map_err(held)?;
        let engine = match &mut *interpreter {
            Some(engine) => engine,
            none => {
                let mut engine = self.engine.clone();
                engine.set_strict_builtin_errors(false);
                engine.add_data(data.clone())?;
                none.insert(engine)
            }
        };
        engine.set_input(input.clone());
        engine.eval_rule(entry_point(place))
    }
}

fn entry_point(place: usize) -> String {
    format!("data.holdfast.engine.answers_{place}")
}

/// The helper library, parsed once; every program gets a (cheap) clone.
pub(crate) fn library<'a>(files: impl IntoIterator<Item = &'a PolicyFile>) -> Result<Engine, PolicyError> {
    let mut engine = Engine::new();
    for file in files {
        add_policy(&mut engine, file)?;
    }
    Ok(engine)
}

/// Compiles rules, each given with its package, and the library to one program.
pub(crate) fn compile(library: &Engine, rules: &[(&PolicyFile, &str)]) -> Result<Compiled, PolicyError> {
    let Some((first, _)) = rules.first() else {
        return Err(PolicyFile::new("", "").error(1, "no rules".to_owned()));
    };
    let mut engine = library.clone();
    let mut answers = String::from("package holdfast.engine\n");
    for (index, (file, package)) in rules.iter().enumerate() {
        add_policy(&mut engine, file)?;
        let syntax = Syntax::last_of(&mut engine);
        for set in SETS.into_iter().filter(|set| syntax.as_ref().is_some_and(|syntax| syntax.has_set(set))) {
            // The sets of a rule share one entry point, so that what they share is evaluated once. A set
            // that is not defined must not be named: it would make the whole undefined.
            let _ = write!(answers, "\nanswers_{index} contains [\"{set}\", it] if some it in data.{package}.{set}\n");
        }
    }
    add_policy(&mut engine, &PolicyFile::new("answers.rego", answers))?;
    let names: Vec<String> = (0..rules.len()).map(entry_point).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let in_first = |error: &dyn std::fmt::Display| engine_error(first, &error.to_string());
    let policy = engine.compile_with_entrypoint(&names[0].into()).map_err(|error| in_first(&error))?;
    let program = Compiler::compile_from_policy(&policy, &names).map_err(|error| in_first(&error))?;
    Ok(Compiled { engine, interpreter: Mutex::new(None), policy, program })
}
