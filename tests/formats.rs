//! Markdown, HTML, JUnit and CSV; and what all formats have in common.

use holdfast::finding::{EstateKind, Report};
use holdfast::output::{self, FORMATS, Format, OutputOptions};

#[path = "support/reports.rs"]
mod reports;

fn bytes(report: &Report, format: &str) -> Vec<u8> {
    let format = Format::parse(format).expect("the format is listed");
    let mut out = Vec::new();
    output::write(report, format, &OutputOptions::default(), &mut out).expect("a vector can be written to");
    out
}

fn text(report: &Report, format: &str) -> String {
    String::from_utf8(bytes(report, format)).expect("all formats are UTF-8")
}

/// The names of tags in the order of the text; panics where they are not balanced.
fn tags(markup: &str) -> Vec<&str> {
    const VOID: &[&str] = &["meta", "!DOCTYPE", "?xml"];
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for piece in markup.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("every tag ends");
        let name = tag.trim_matches('/').split_whitespace().next().expect("every tag has a name");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "balanced at <{tag}>");
        } else if !VOID.contains(&name) && !tag.ends_with('/') {
            open.push(name);
        }
        all.push(name);
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

/// Markdown without its code blocks and code spans.
fn without_code(markdown: &str) -> String {
    let mut fence = None;
    let mut result = String::new();
    for line in markdown.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks.len() >= open.len() && line == ticks => fence = None,
            Some(_) => {}
            None => {
                let spans = line.replace("\\`", "");
                result.extend(spans.split('`').step_by(2));
                result.push('\n');
            }
        }
    }
    assert_eq!(fence, None, "every block is closed");
    result
}

/// Lines of cells, as RFC 4180 has them.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => assert_eq!(chars.peek(), Some(&'\n'), "lines end with both characters"),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty(), "the last line is ended");
    rows
}

#[test]
fn every_format_writes_every_report() {
    let all = [reports::repository(), reports::tenant(false), reports::hostile(), reports::empty(EstateKind::Iac)];
    for format in FORMATS {
        for report in &all {
            assert!(text(report, format.name).ends_with('\n'), "{}", format.name);
        }
    }
}

#[test]
fn no_format_repeats_controls_or_secrets() {
    let allowed = |c: char| matches!(c, '\n' | '\r' | '\t');
    let harmful = |c: char| c.is_control() && !allowed(c) || ('\u{202a}'..='\u{202e}').contains(&c);
    for format in FORMATS {
        let text = text(&reports::hostile(), format.name);
        assert_eq!(text.find(harmful), None, "{}", format.name);
        assert!(!text.contains("AccountKey="), "{}", format.name);
    }
}

#[test]
fn every_format_says_that_a_scan_is_incomplete() {
    for format in FORMATS.iter().filter(|format| format.name != "csv") {
        let complete = text(&reports::tenant(true), format.name);
        let incomplete = text(&reports::tenant(false), format.name);
        let says = |text: &str| {
            let text = text.to_lowercase().replace(['"', ' '], "");
            text.contains("notcompleted")
                || text.contains("complete:false")
                || text.contains("executionsuccessful:false")
        };
        assert!(says(&incomplete), "{}", format.name);
        // SARIF describes the kind of notification in every log.
        assert!(format.name == "sarif" || !says(&complete), "{}", format.name);
    }
}

#[test]
fn markdown_folds_what_to_do_under_each_failure() {
    let text = text(&reports::repository(), "markdown");
    assert!(text.contains("**3 failures** (2 errors, 1 warning) · 1 open · 1 waived · 12 passed · 3 exempt"), "{text}");
    assert_eq!(text.matches("<details><summary><b>").count(), 3);
    assert!(text.contains("\n5 |   sku: { name: 'Standard_LRS' }"), "{text}");
    assert!(text.contains("<details><summary>Open: could not be judged (1)</summary>"), "{text}");
}

#[test]
fn markdown_stays_within_a_job_summary_and_counts_what_it_cut() {
    let text = text(&reports::many(20_000), "markdown");
    assert!(text.len() < 1_048_576, "{}", text.len());
    let shown = text.matches("<details><summary><b>").count();
    assert!(text.contains(&format!("**{} more failures are not shown here.**", 20_000 - shown)), "{shown}");
    assert!(text.contains("Not read (1)"));
}

#[test]
fn markdown_of_a_change_tells_what_it_adds_and_what_it_fixes() {
    use holdfast::finding::{BaselineState, Fixed};
    let mut report = reports::repository();
    for finding in &mut report.findings {
        finding.baseline = Some(BaselineState::Unchanged);
    }
    report.findings[3].baseline = Some(BaselineState::New);
    report.fixed = vec![Fixed {
        rule: "HF-KV-001".into(),
        fingerprint: "f".repeat(64),
        path: "kv.bicep".into(),
        message: "Key vault 'kv' has no purge protection.".into(),
    }];
    let text = text(&report, "markdown");
    for title in ["Added by this change (1)", "Fixed (1)", "In the baseline too (2)"] {
        assert!(text.contains(title), "{title}: {text}");
    }
}

#[test]
fn hostile_names_are_text_in_markdown() {
    let text = text(&reports::hostile(), "markdown");
    let outside_code = without_code(&text);
    for unwanted in ["<script", "[click](", "![i]", " **b** ", "@someone", "\n# Title", "<i>"] {
        assert!(!outside_code.contains(unwanted), "{unwanted}");
    }
    // The fence of a frame is longer than the one in the line of source.
    assert!(text.contains("````text\n1 | x ``` fence"), "{text}");
}

#[test]
fn hostile_names_are_text_in_html() {
    let known = [
        "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h1", "h2", "ul", "li", "b", "p", "strong",
        "details", "summary", "code", "pre", "mark", "table", "tr", "th", "td", "a", "footer",
    ];
    let hostile = text(&reports::hostile(), "html");
    let unknown: Vec<_> = tags(&hostile).into_iter().filter(|tag| !known.contains(tag)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // The only links lead to the documentation of the rules.
    assert!(hostile.split("href=").skip(1).all(|link| link.starts_with("\"https://learn.microsoft.com/")), "{hostile}");
    for loads in ["src=", "url(", "@import", "<link", "javascript:"] {
        assert!(!hostile.contains(loads), "{loads}");
    }
}

#[test]
fn html_marks_the_place_in_its_line() {
    let text = text(&reports::repository(), "html");
    let line = "<pre>5 |   sku: { <mark>name: &#39;Standard_LRS&#39;</mark> }, kind:";
    assert!(text.contains(line), "{text}");
}

#[test]
fn junit_counts_its_cases_and_passes_only_what_is_proved() {
    let text = text(&reports::repository(), "junit");
    tags(&text);
    assert!(
        text.contains("<testsuites name=\"holdfast\" tests=\"9\" failures=\"3\" errors=\"0\" skipped=\"5\">"),
        "{text}"
    );
    assert_eq!(text.matches("<testcase").count(), 9);
    assert_eq!(text.matches("<failure").count(), 3);
    assert_eq!(text.matches("<skipped").count(), 5);
}

#[test]
fn junit_of_an_incomplete_scan_has_an_error() {
    assert_eq!(text(&reports::tenant(false), "junit").matches("<error ").count(), 2);
}

#[test]
fn hostile_names_are_text_in_junit() {
    let known = ["?xml", "testsuites", "testsuite", "testcase", "failure", "skipped", "error"];
    let text = text(&reports::hostile(), "junit");
    let unknown: Vec<_> = tags(&text).into_iter().filter(|tag| !known.contains(tag)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn csv_has_one_line_per_finding() {
    let report = reports::repository();
    let rows = csv(&text(&report, "csv"));
    assert_eq!(rows.len(), 1 + report.findings.len());
    assert!(rows.iter().all(|row| row.len() == rows[0].len()));
    let column = |name: &str| rows[0].iter().position(|title| title == name).expect("the column is there");
    let waived: Vec<_> = rows.iter().filter(|row| row[0] == "waived").collect();
    assert_eq!(waived[0][column("owner")], "ml-platform");
    assert_eq!(waived[0][column("line")], "4");
}

#[test]
fn hostile_names_are_no_formulas_in_csv() {
    let report = reports::hostile();
    let rows = csv(&text(&report, "csv"));
    assert_eq!(rows.len(), 1 + report.findings.len());
    for cell in rows.iter().flatten() {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t']), "{cell}");
    }
}

#[test]
fn a_file_is_written_as_a_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("report.json");
    let format = Format::parse("json").expect("JSON is a format");
    let options = OutputOptions::default();
    for report in [reports::repository(), reports::tenant(true)] {
        output::write_file(&report, format, &options, &file).expect("the folder can be written to");
        assert_eq!(std::fs::read(&file).expect("the file is there"), bytes(&report, "json"));
    }
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry").file_name()).collect();
    assert_eq!(names, ["report.json"], "nothing is left over");

    let nowhere = folder.path().join("missing").join("report.json");
    assert!(output::write_file(&reports::repository(), format, &options, &nowhere).is_err());
    // A folder of that name: the temporary file cannot take its place.
    let taken = folder.path().join("taken");
    std::fs::create_dir(&taken).expect("a folder");
    assert!(output::write_file(&reports::repository(), format, &options, &taken).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_keeps_pointing_where_it_points() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (target, link) = (folder.path().join("target.json"), folder.path().join("link.json"));
    std::fs::write(&target, "old").expect("a file");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    let format = Format::parse("json").expect("JSON is a format");
    output::write_file(&reports::repository(), format, &OutputOptions::default(), &link).expect("it can be written");
    assert!(link.is_symlink());
    assert_eq!(std::fs::read(&target).expect("the file is there"), bytes(&reports::repository(), "json"));
}
