//! What all evaluations of one deployment share: files, gaps and budgets.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::sync::Arc;

use crate::model::{FileId, Gap, GapCode, Kind, SourceFile, SourceFiles, Span, Value};

/// How much one deployment may use. Azure's own limits are far below: 4 MiB per template, 800
/// iterations of a copy loop, 256 parameters and variables.
/// <https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits>
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Evaluation steps; copied values count by their size.
    pub steps: u64,
    /// Expressions within expressions, through variables and outputs.
    pub depth: u32,
    /// Bytes of one string.
    pub text: usize,
    /// Elements of one array.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 1_000_000, depth: 200, text: 1 << 20, elements: 20_000 }
    }
}

/// What all evaluations of one deployment share.
#[derive(Debug, Default)]
pub struct Session {
    /// The limits.
    pub limits: Limits,
    files: RefCell<SourceFiles>,
    gaps: RefCell<Vec<Gap>>,
    seen: RefCell<HashSet<(GapCode, Span)>>,
    used: Cell<u64>,
    depth: Cell<u32>,
    opaque: Cell<u32>,
    doubtful: Cell<u32>,
    untold: Cell<u32>,
    told: Cell<bool>,
}

/// One level of evaluation; going out of scope leaves it.
pub(super) struct Level<'a>(&'a Session);

impl Drop for Level<'_> {
    fn drop(&mut self) {
        self.0.depth.set(self.0.depth.get() - 1);
    }
}

impl Session {
    /// A session with the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// A session with these limits.
    pub fn with_limits(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Takes over a file that was read.
    pub fn add_file(&self, file: SourceFile) -> FileId {
        self.files.borrow_mut().add(file)
    }

    /// The text of a file.
    pub fn file_text(&self, file: FileId) -> Option<Arc<str>> {
        self.files.borrow().get(file).map(|file| file.text.clone())
    }

    /// The path of a file relative to the repository root; empty if there is no such file.
    pub fn file_path(&self, file: FileId) -> String {
        self.files.borrow().get(file).map(|file| file.path.clone()).unwrap_or_default()
    }

    /// The source of an expression for messages, without the quotes and brackets that it has in JSON.
    pub fn source(&self, span: Span) -> String {
        self.excerpt(span, |written| {
            let Some(string) = written.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
                return written;
            };
            match string.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
                Some(expression) if !expression.starts_with('[') => expression,
                _ => string,
            }
        })
    }

    /// The characters of a place, on one line and cut to a length that fits a message.
    pub fn written(&self, span: Span) -> String {
        self.excerpt(span, |written| written)
    }

    fn excerpt(&self, span: Span, part: impl FnOnce(&str) -> &str) -> String {
        const LONGEST: usize = 200;
        let files = self.files.borrow();
        let text = files.get(span.file).and_then(|f| f.text.get(span.start as usize..span.end as usize)).unwrap_or("");
        let mut words = String::new();
        for word in part(text).split_whitespace() {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(word);
            if words.len() > LONGEST {
                let mut end = LONGEST;
                while !words.is_char_boundary(end) {
                    end -= 1;
                }
                words.truncate(end);
                words.push('…');
                break;
            }
        }
        words
    }

    /// Records what could not be read or evaluated; once per code and place, however often a loop
    /// comes by.
    pub fn gap(&self, code: GapCode, span: Span, message: impl Into<String>) {
        if code == GapCode::ExpressionError && self.doubtful.get() > 0 {
            self.untold.set(self.untold.get() + 1);
            return;
        }
        if self.seen.borrow_mut().insert((code, span)) {
            self.gaps.borrow_mut().push(Gap::at_span(code, span, message));
        }
    }

    /// Evaluates what Azure may not evaluate: the branches of a condition that is not known. That an
    /// expression there is wrong is no gap, its value is unknown in any case.
    pub fn doubtfully<T>(&self, run: impl FnOnce() -> T) -> T {
        self.doubtful.set(self.doubtful.get() + 1);
        let result = run();
        self.doubtful.set(self.doubtful.get() - 1);
        result
    }

    /// Records a gap made elsewhere.
    pub fn add_gap(&self, gap: Gap) {
        self.gaps.borrow_mut().push(gap);
    }

    /// How many gaps there are so far.
    pub fn gap_count(&self) -> usize {
        self.gaps.borrow().len()
    }

    /// Takes an amount from the budget; false if it is used up. The first time that this happens
    /// becomes a gap at `span`.
    pub fn charge(&self, amount: u64, span: Span) -> bool {
        self.add_steps(amount);
        if self.used.get() <= self.limits.steps {
            return true;
        }
        if !self.told.replace(true) {
            let message = format!(
                "the deployment needs more than {} evaluation steps; the rest of it was not read",
                self.limits.steps
            );
            self.gap(GapCode::LimitExceeded, span, message);
        }
        false
    }

    /// Takes an amount from the budget; the next evaluation notices if it is used up.
    pub(super) fn add_steps(&self, amount: u64) {
        self.used.set(self.used.get().saturating_add(amount));
    }

    /// Whether the budget is used up.
    pub fn is_exhausted(&self) -> bool {
        self.used.get() > self.limits.steps
    }

    /// Gives a new deployment a budget of its own.
    pub fn reset(&self) {
        self.used.set(0);
        self.told.set(false);
    }

    /// The steps used so far.
    pub fn steps_used(&self) -> u64 {
        self.used.get()
    }

    /// Goes one level deeper; `None`, and a gap, at the limit.
    pub(super) fn enter(&self, span: Span) -> Option<Level<'_>> {
        if self.depth.get() >= self.limits.depth {
            let message =
                format!("expressions are nested more than {} deep, through variables and outputs", self.limits.depth);
            self.gap(GapCode::LimitExceeded, span, message);
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        Some(Level(self))
    }

    /// A number that no other value of the session has.
    pub(super) fn next_opaque(&self) -> u32 {
        self.opaque.set(self.opaque.get() + 1);
        self.opaque.get()
    }

    /// Whether nothing in a value is unknown; looking costs steps, so that a loop over a large value
    /// ends.
    pub(super) fn is_known(&self, value: &Value) -> bool {
        fn visit(value: &Value, nodes: &mut u64) -> bool {
            *nodes += 1;
            match &value.kind {
                Kind::Unknown(_) => false,
                Kind::Text(text) => text.is_known(),
                Kind::Array(items) => items.iter().all(|item| visit(item, nodes)),
                Kind::Object(members) => members.iter().all(|(_, member)| visit(member, nodes)),
                _ => true,
            }
        }
        let mut nodes = 0;
        let known = visit(value, &mut nodes);
        self.add_steps(nodes / 4);
        known
    }

    /// What was gathered: the files and the gaps.
    pub fn finish(self) -> (SourceFiles, Vec<Gap>) {
        (self.files.into_inner(), self.gaps.into_inner())
    }
}

/// A value that is computed when it is first asked for, and only once: a variable, the default of a
/// parameter, an output.
#[derive(Debug, Default)]
pub struct Slot(RefCell<State>);

#[derive(Debug, Default)]
enum State {
    #[default]
    Pending,
    Running,
    Done(Arc<Value>),
}

impl Slot {
    /// A slot that has its value.
    pub fn done(value: Arc<Value>) -> Self {
        Self(RefCell::new(State::Done(value)))
    }

    /// The value; `None` if it is being computed right now, that is, if it depends on itself.
    ///
    /// `compute` must not give a value that is nested deeper than [`Evaluator::bounded`] allows.
    ///
    /// [`Evaluator::bounded`]: super::Evaluator::bounded
    pub fn get(&self, compute: impl FnOnce() -> Arc<Value>) -> Option<Arc<Value>> {
        match &*self.0.borrow() {
            State::Done(value) => return Some(value.clone()),
            State::Running => return None,
            State::Pending => {}
        }
        *self.0.borrow_mut() = State::Running;
        let value = compute();
        *self.0.borrow_mut() = State::Done(value.clone());
        Some(value)
    }

    /// The same, but a value with errors that were not told, because it was in doubt whether it is
    /// needed, is computed again the next time.
    pub fn get_in(&self, session: &Session, compute: impl FnOnce() -> Arc<Value>) -> Option<Arc<Value>> {
        let before = session.untold.get();
        let value = self.get(compute)?;
        if session.untold.get() != before {
            *self.0.borrow_mut() = State::Pending;
        }
        Some(value)
    }
}
