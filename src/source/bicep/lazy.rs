//! Values that are computed when first asked for, and that may turn out to depend on themselves.

use std::cell::RefCell;

/// A value that is computed once.
#[derive(Debug)]
pub(super) struct Lazy<T>(RefCell<State<T>>);

#[derive(Debug)]
enum State<T> {
    Pending,
    Running,
    Done(T),
}

impl<T> Default for Lazy<T> {
    fn default() -> Self {
        Self(RefCell::new(State::Pending))
    }
}

impl<T: Clone> Lazy<T> {
    /// The value; `None` if it is being computed right now: it depends on itself.
    pub fn get(&self, compute: impl FnOnce() -> T) -> Option<T> {
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
}
