//! Verdicts by proof: what the answers of a rule mean for each of its subjects.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answers, Denial, RuleError};
use crate::finding::Verdict;

/// What was proved about one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The id of the subject.
    pub subject: String,
    /// What was proved.
    pub verdict: Verdict,
    /// Its denials, sorted; for [`Verdict::Deny`] only.
    pub denials: Vec<Denial>,
    /// Why it is exempt or open; empty for the others.
    pub reason: String,
    /// Set if the rule both denies and passes it: a fault of the policy, and the subject is open.
    pub conflict: bool,
}

/// Judges the subjects of one input, in the order of their ids.
///
/// Exempt wins over deny, deny over pass. A subject that has none of the three is open: with the rule's
/// own reason if it gives one, otherwise with what `open_reason` finds. Deny and pass together prove
/// nothing.
pub fn judge<'s>(
    subjects: impl IntoIterator<Item = &'s str>,
    answers: Answers,
    open_reason: impl Fn(&str) -> String,
) -> Vec<Judged> {
    let passed: BTreeSet<String> = answers.pass.into_iter().collect();
    let exempt = by_subject(answers.exempt);
    let open = by_subject(answers.open);
    let mut denied: BTreeMap<String, Vec<Denial>> = BTreeMap::new();
    for denial in answers.deny {
        denied.entry(denial.subject.clone()).or_default().push(denial);
    }
    let subjects: BTreeSet<&str> = subjects.into_iter().collect();
    let judge_one = |subject: &str| {
        let judged = |verdict, reason: String| Judged {
            subject: subject.to_owned(),
            verdict,
            denials: Vec::new(),
            reason,
            conflict: false,
        };
        if let Some(reasons) = exempt.get(subject) {
            return judged(Verdict::Exempt, sentence(reasons));
        }
        match (denied.remove(subject), passed.contains(subject)) {
            (Some(_), true) => Judged {
                conflict: true,
                ..judged(Verdict::Open, "the rule both denies and passes it, which is a fault of the rule".to_owned())
            },
            (Some(mut denials), false) => {
                denials.sort();
                Judged { denials, ..judged(Verdict::Deny, String::new()) }
            }
            (None, true) => judged(Verdict::Pass, String::new()),
            (None, false) => {
                let reason = open.get(subject).map_or_else(|| open_reason(subject), sentence);
                judged(Verdict::Open, reason)
            }
        }
    };
    subjects.into_iter().map(judge_one).collect()
}

/// The subjects of an input that a rule could not answer: all are open.
pub fn judge_failed<'s>(subjects: impl IntoIterator<Item = &'s str>, error: &RuleError) -> Vec<Judged> {
    judge(subjects, Answers::default(), |_| format!("the rule failed: {}", error.message))
}

fn by_subject(reasons: Vec<(String, String)>) -> BTreeMap<String, BTreeSet<String>> {
    let mut result: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (subject, reason) in reasons {
        result.entry(subject).or_default().insert(reason);
    }
    result
}

/// The most reasons that are told of one subject: one of a repository may have one per resource.
const MOST_REASONS: usize = 2;

fn sentence(reasons: &BTreeSet<String>) -> String {
    let mut text = reasons.iter().take(MOST_REASONS).map(String::as_str).collect::<Vec<_>>().join("; ");
    match reasons.len().saturating_sub(MOST_REASONS) {
        0 => {}
        more => text.push_str(&format!("; and {more} more")),
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn denial(subject: &str, pointer: &str) -> Denial {
        Denial {
            subject: subject.to_owned(),
            resource: "r".to_owned(),
            pointer: pointer.to_owned(),
            message: "m".to_owned(),
            level: None,
            related: Vec::new(),
            about: None,
        }
    }

    fn words(subject: &str, reason: &str) -> (String, String) {
        (subject.to_owned(), reason.to_owned())
    }

    fn verdicts(subjects: &[&str], answers: Answers) -> Vec<(Verdict, String)> {
        let judged = judge(subjects.iter().copied(), answers, |subject| format!("nothing about {subject}"));
        judged.into_iter().map(|judged| (judged.verdict, judged.reason)).collect()
    }

    #[test]
    fn nothing_proved_is_open() {
        let open = vec![words("b", "two"), words("b", "one")];
        let answers = Answers { open, ..Answers::default() };
        assert_eq!(
            verdicts(&["b", "a"], answers),
            [(Verdict::Open, "nothing about a".to_owned()), (Verdict::Open, "one; two".to_owned())]
        );
    }

    #[test]
    fn many_reasons_are_cut_with_a_count() {
        let open = ["d", "c", "b", "a"].map(|reason| words("s", reason)).to_vec();
        let answers = Answers { open, ..Answers::default() };
        assert_eq!(verdicts(&["s"], answers), [(Verdict::Open, "a; b; and 2 more".to_owned())]);
    }

    #[test]
    fn exempt_wins_over_deny_and_deny_over_words() {
        let answers = Answers {
            deny: vec![denial("a", "/x"), denial("b", "/y"), denial("b", "/x")],
            pass: vec!["c".to_owned()],
            exempt: vec![words("a", "not asked")],
            open: vec![words("b", "words"), words("c", "words")],
        };
        let judged = judge(["a", "b", "c"], answers, |_| unreachable!("all are judged"));
        assert_eq!(judged[0].verdict, Verdict::Exempt);
        assert_eq!(judged[0].reason, "not asked");
        assert_eq!(judged[1].verdict, Verdict::Deny);
        assert_eq!(judged[1].denials.iter().map(|d| d.pointer.as_str()).collect::<Vec<_>>(), ["/x", "/y"]);
        assert_eq!(judged[2].verdict, Verdict::Pass);
    }

    #[test]
    fn deny_and_pass_together_prove_nothing() {
        let answers = Answers { deny: vec![denial("a", "")], pass: vec!["a".to_owned()], ..Answers::default() };
        let judged = judge(["a"], answers, |_| String::new());
        assert_eq!(judged[0].verdict, Verdict::Open);
        assert!(judged[0].conflict && judged[0].denials.is_empty());
    }

    #[test]
    fn a_failed_rule_leaves_all_subjects_open() {
        let error = RuleError { rule: "HF-X-001".to_owned(), message: "panic".to_owned() };
        assert!(judge_failed(["a", "b"], &error).iter().all(|judged| judged.verdict == Verdict::Open));
    }
}
