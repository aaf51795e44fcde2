//! What a live scan tells while it runs.

use std::collections::HashMap;
use std::io::Write;
use std::time::{Duration, Instant};

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Signed in with this method.
    SignedIn(&'static str),
    /// The subscriptions that are read are known.
    Subscriptions(usize),
    /// So many more requests will be made.
    Planned(usize),
    /// A request was answered.
    Answered,
    /// A request failed for good.
    Failed,
    /// A request is tried again.
    Retried,
    /// This many answers are there from an interrupted try.
    Resumed {
        /// When that try started.
        started: String,
        /// How many.
        answers: usize,
    },
    /// The checkpoint could not be written any more; the scan goes on without it.
    CheckpointLost(String),
    /// The service asked to wait.
    Held {
        /// What waits.
        what: String,
        /// How long.
        time: Duration,
    },
}

impl Event {
    /// What is worth a line of its own.
    fn line(&self) -> Option<String> {
        match self {
            Self::SignedIn(method) => Some(format!("signed in with {method}")),
            Self::Resumed { started, answers } => {
                Some(format!("going on with the scan of {started}: {} are there", counted(*answers, "answer")))
            }
            Self::CheckpointLost(reason) => {
                Some(format!("the checkpoint could not be written: {reason}; going on without"))
            }
            _ => None,
        }
    }
}

/// Watches a live scan. Called on the thread that called [`super::collect`].
pub trait Progress {
    /// Something happened.
    fn event(&mut self, event: &Event);

    /// Called about four times a second, also when nothing happens.
    fn tick(&mut self) {}

    /// The scan is over.
    fn finish(&mut self) {}
}

/// Shows nothing.
#[derive(Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&mut self, _: &Event) {}
}

/// The counts behind every display.
#[derive(Debug)]
struct Counts {
    started: Instant,
    subscriptions: usize,
    planned: usize,
    answered: usize,
    failed: usize,
    retried: usize,
    held: HashMap<String, Instant>,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            subscriptions: 0,
            planned: 0,
            answered: 0,
            failed: 0,
            retried: 0,
            held: HashMap::new(),
        }
    }
}

impl Counts {
    fn take(&mut self, event: &Event) {
        match event {
            Event::SignedIn(_) | Event::Resumed { .. } | Event::CheckpointLost(_) => {}
            Event::Subscriptions(count) => self.subscriptions = *count,
            Event::Planned(count) => self.planned += count,
            Event::Answered => self.answered += 1,
            Event::Failed => self.failed += 1,
            Event::Retried => self.retried += 1,
            Event::Held { what, time } => {
                self.held.insert(what.clone(), Instant::now() + *time);
            }
        }
    }

    fn line(&mut self) -> String {
        let now = Instant::now();
        self.held.retain(|_, until| *until > now);
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let done = self.answered + self.failed;
        let rate = done as f64 / seconds;
        let mut line = format!("read {done} of {} answers", self.planned.max(done));
        if self.subscriptions > 0 {
            line = format!("{line} from {}", counted(self.subscriptions, "subscription"));
        }
        line = format!("{line}, {rate:.0}/s");
        if self.failed > 0 {
            line = format!("{line}, {} failed", self.failed);
        }
        if self.retried > 0 {
            line = format!("{line}, {} tried again", self.retried);
        }
        if let Some((what, until)) = self.held.iter().max_by_key(|(what, until)| (**until, (*what).clone())) {
            let rest = (*until - now).as_secs_f64().ceil();
            let others = match self.held.len() {
                1 => String::new(),
                more => format!(" and {} more", more - 1),
            };
            line = format!("{line}, throttled: {what}{others} waits {rest:.0} s");
        }
        let left = self.planned.saturating_sub(done);
        if left > 0 && done >= 20 {
            line = format!("{line}, about {} left", time_left(left as f64 / rate));
        }
        line
    }
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

fn time_left(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

/// Plain lines for logs: one each ten seconds, one for each throttling, one at the end.
pub struct Lines<W> {
    out: W,
    counts: Counts,
    next: Instant,
}

impl<W: Write> Lines<W> {
    /// How often a line is written.
    const PERIOD: Duration = Duration::from_secs(10);

    /// Writes to `out`, usually standard error. What cannot be written is lost.
    pub fn new(out: W) -> Self {
        Self { out, counts: Counts::default(), next: Instant::now() + Self::PERIOD }
    }
}

impl<W: Write> Progress for Lines<W> {
    fn event(&mut self, event: &Event) {
        self.counts.take(event);
        if let Some(line) = event.line() {
            let _ = writeln!(self.out, "{line}");
        }
    }

    fn tick(&mut self) {
        if Instant::now() >= self.next {
            self.next = Instant::now() + Self::PERIOD;
            let _ = writeln!(self.out, "{}", self.counts.line());
        }
    }

    fn finish(&mut self) {
        let _ = writeln!(self.out, "{}", self.counts.line());
    }
}

/// One line on a terminal, rewritten in place.
pub struct Terminal<W> {
    out: W,
    counts: Counts,
    width: usize,
}

impl<W: Write> Terminal<W> {
    /// Writes to `out`, a terminal of this many columns.
    pub fn new(out: W, width: usize) -> Self {
        Self { out, counts: Counts::default(), width: width.max(20) }
    }

    fn draw(&mut self) {
        let line: String = self.counts.line().chars().take(self.width - 1).collect();
        // Carriage return, the line, then erase to the end of the line.
        let _ = write!(self.out, "\r{line}\x1b[K");
        let _ = self.out.flush();
    }
}

impl<W: Write> Progress for Terminal<W> {
    fn event(&mut self, event: &Event) {
        self.counts.take(event);
        if let Some(line) = event.line() {
            let _ = writeln!(self.out, "\r{line}\x1b[K");
        }
    }

    fn tick(&mut self) {
        self.draw();
    }

    fn finish(&mut self) {
        let _ = write!(self.out, "\r\x1b[K");
        let _ = self.out.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_counts_failures_and_throttling() {
        let mut bytes = Vec::new();
        let mut lines = Lines::new(&mut bytes);
        let held = Event::Held { what: "subscription s".into(), time: Duration::from_secs(100) };
        let events = [Event::SignedIn("azure-cli"), Event::Subscriptions(2), Event::Planned(4), Event::Answered];
        events.iter().chain([&Event::Failed, &Event::Retried, &held]).for_each(|event| lines.event(event));
        lines.finish();
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.starts_with("signed in with azure-cli\nread 2 of 4 answers from 2 subscriptions, "), "{text}");
        assert!(text.contains("1 failed, 1 tried again, throttled: subscription s waits 100 s"), "{text}");
    }

    #[test]
    fn a_terminal_line_fits_the_width_and_is_cleared() {
        let mut bytes = Vec::new();
        let mut terminal = Terminal::new(&mut bytes, 20);
        terminal.event(&Event::Held { what: "subscription s".into(), time: Duration::from_secs(9) });
        terminal.tick();
        terminal.finish();
        let text = String::from_utf8(bytes).expect("text");
        let drawn = text.trim_start_matches('\r').split('\x1b').next().expect("a line");
        assert!(drawn.chars().count() < 20, "{drawn}");
        assert!(text.ends_with("\r\x1b[K"));
    }
}
