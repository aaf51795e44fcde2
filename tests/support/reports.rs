//! Reports made by hand, for the tests and benchmarks of outputs.
#![allow(dead_code)] // each test uses some of them
use std::collections::BTreeMap;

use holdfast::finding::{
    Counts, EstateKind, Finding, Place, ReadCounts, Related, Report, ReportedGap, ResourceRef, Revision, SourcePlace,
    Subject, Verdict, Waived, fingerprint, line_hashes_of,
};
use holdfast::model::{GapCode, SourceFile};
use holdfast::rule::{Change, Level, Remediation, Rule, Scope, Static, Tier};

/// The file that the findings in source are about. Two of them are on line 5.
pub const BICEP_PATH: &str = "infra/my workspace.bicep";
pub const BICEP: &str = "\u{feff}param location string = 'westeurope'\r\n\r\nresource st 'Microsoft.Storage/storageAccounts@2024-01-01' = {\r\n  name: 'stmlprod'\r\n  sku: { name: 'Standard_LRS' }, kind: 'StorageV2' // 😀 é\r\n  location: location\r\n}\r\n";

/// The id of the live workspace, as Azure spells it.
pub const WORKSPACE: &str = "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/RG-ML/providers/Microsoft.MachineLearningServices/workspaces/mlw-prod-neu";

pub fn rule(id: &str, package: &str, title: &str, levels: [Level; 3]) -> Rule {
    Rule {
        id: id.into(),
        aliases: Vec::new(),
        deprecated: false,
        title: title.into(),
        description: "The default store holds run history and does not support account failover. Each workspace of a \
                      pair therefore needs its own."
            .into(),
        package: package.into(),
        level: Tier::ALL.into_iter().zip(levels).collect(),
        score: 9.0,
        scope: Scope::Pair,
        subject: "workspace_pair".into(),
        tier: None,
        evidence: Vec::new(),
        absence: Vec::new(),
        evidence_seen: true,
        is_static: Static::Yes,
        seeds: vec!["S35".into()],
        change: Change::Replacement,
        cost: "low: second storage account".into(),
        remediation: Remediation {
            text: "Create a storage account in the secondary region and recreate the failover workspace on it".into(),
            cli: "az storage account create -n <name> -g <rg-dr> -l <region2> --sku Standard_ZRS\naz ml workspace create -n <ws>-dr --storage-account <id>".into(),
            bicep: "resource st 'Microsoft.Storage/storageAccounts@2024-01-01' = {\n  name: 'stmldr'\n}".into(),
            terraform: "resource \"azurerm_storage_account\" \"dr\" {}".into(),
        },
        aprl: Vec::new(),
        references: vec!["https://learn.microsoft.com/azure/machine-learning/how-to-high-availability-machine-learning".into()],
        custom: false,
    }
}

pub fn rules() -> Vec<Rule> {
    use Level::{Error, Note, Warning};
    let mut quota = rule("HF-QUOTA-001", "holdfast.rules.quota.enough", "Quota suffices", [Error, Warning, Note]);
    quota.aprl = vec!["3fa6f2a2-1111-4222-8333-444444444444".into()];
    vec![
        rule("ACME-1", "acme.rules.workspace.owner", "A workspace has an owner", [Warning; 3]),
        quota,
        rule(
            "HF-STOR-001",
            "holdfast.rules.storage.default_account_separate",
            "Default storage is separate",
            [Error; 3],
        ),
        rule("HF-TOPO-001", "holdfast.rules.topology.counterpart", "A workspace has a counterpart", [Error; 3]),
    ]
    .into_iter()
    .map(|mut rule| {
        rule.custom = rule.id.starts_with("ACME");
        rule.score = if rule.custom { 5.0 } else { rule.score };
        rule
    })
    .collect()
}

/// A report without findings.
pub fn empty(kind: EstateKind) -> Report {
    Report {
        rules: rules(),
        findings: Vec::new(),
        counts: Counts::default(),
        fixed: Vec::new(),
        proposed: Vec::new(),
        gaps: Vec::new(),
        needs_live_scan: Vec::new(),
        configuration_warnings: Vec::new(),
        kind,
        subscriptions: Vec::new(),
        read: ReadCounts { files: BTreeMap::from([("bicep".to_owned(), 1)]), resources: 3, workspaces: 2, pairs: 1 },
        complete: true,
        category: "holdfast/iac/".into(),
        times: Some(("2026-11-24T01:00:00Z".into(), "2026-11-24T01:00:02Z".into())),
        exit_code: 0,
        revision: None,
    }
}

pub fn resource(qualified_name: &str, name: &str) -> ResourceRef {
    ResourceRef {
        qualified_name: qualified_name.into(),
        name: name.into(),
        resource_type: "microsoft.machinelearningservices/workspaces".into(),
        location: Some("northeurope".into()),
        pointer: "/properties/storageAccount".into(),
    }
}

/// Where a text stands in the Bicep file.
pub fn in_bicep(text: &str) -> Place {
    let file = SourceFile::new(BICEP_PATH, BICEP);
    let start = file.text.find(text).expect("the text is in the file") as u32;
    let region = file.region(start, start + text.len() as u32);
    let source = SourcePlace {
        region,
        snippet: text.into(),
        line_text: file.line(region.line).into(),
        line_hash: line_hashes_of(&file)[region.line as usize - 1].clone(),
        cell: None,
    };
    Place { path: BICEP_PATH.into(), source: Some(source), resource: Some(resource("bicep:st", "st")) }
}

/// A live resource.
pub fn live(id: &str) -> Place {
    let name = id.rsplit('/').next().unwrap_or_default();
    Place { path: format!("azure{}", id.to_lowercase()), source: None, resource: Some(resource(id, name)) }
}

pub fn finding(rule: usize, verdict: Verdict, place: Place, message: &str) -> Finding {
    let target = format!("{rule} {} {message}", place.path);
    let subject = Subject {
        id: target.clone(),
        name: "mlw-prod-weu → mlw-prod-neu".into(),
        group: "mlw-prod-weu → mlw-prod-neu".into(),
        tier: Tier::ActivePassive,
        inferred: false,
        subscription: None,
    };
    let fingerprint = fingerprint(&rule.to_string(), &target, "");
    Finding::new(rule, verdict, Level::Error, subject, place, message.into(), fingerprint)
}

pub fn waived(reason: &str) -> Waived {
    Waived {
        reason: reason.into(),
        owner: "ml-platform".into(),
        until: "2027-01-31".into(),
        in_source: true,
        place: Some(Box::new(in_bicep("name: 'stmlprod'"))),
    }
}

pub fn gap(code: GapCode, place: Option<Place>, message: &str, rules: &[&str]) -> ReportedGap {
    ReportedGap {
        code,
        place,
        message: message.into(),
        operation: None,
        status: None,
        correlation_id: None,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    }
}

/// A repository: two failures of one rule on one line, a waived one, open ones, gaps.
pub fn repository() -> Report {
    let mut report = empty(EstateKind::Iac);
    let mut shared = finding(
        2,
        Verdict::Deny,
        in_bicep("name: 'Standard_LRS'"),
        "Storage account 'stmlprod' has SKU Standard_LRS, which loses data with its zone; expected zone redundancy.",
    );
    shared.related = vec![
        Related { place: in_bicep("param location string"), message: "the parameter that decides".into() },
        Related { place: in_bicep("name: 'stmlprod'"), message: "the account".into() },
    ];
    let again = finding(
        2,
        Verdict::Deny,
        in_bicep("kind: 'StorageV2'"),
        "Storage account 'stmlprod' is shared by both workspaces.",
    );
    let mut accepted =
        finding(2, Verdict::Deny, in_bicep("name: 'stmlprod'"), "Storage account 'stmlprod' has no lock.");
    accepted.waiver = Some(waived("Recreated with the landing zone"));
    let mut warning = finding(1, Verdict::Deny, in_bicep("location: location"), "Quota in 'northeurope' is too small.");
    warning.level = Level::Warning;
    let open =
        finding(3, Verdict::Open, in_bicep("resource st"), "no counterpart is declared; declare it in holdfast.yaml");
    let mut exempt = finding(0, Verdict::Exempt, in_bicep("resource st"), "its environment is dev");
    exempt.level = Level::Note;
    let pass = finding(0, Verdict::Pass, in_bicep("location: location"), "");
    report.findings = vec![shared, again, accepted, warning, open, exempt, pass];
    report.findings.sort_by(|a, b| (&a.place, a.rule, &a.fingerprint).cmp(&(&b.place, b.rule, &b.fingerprint)));
    report.counts = Counts { errors: 2, warnings: 1, notes: 0, open: 1, waived: 1, passed: 12, exempt: 3 };
    let broken = Place { path: "infra/broken.json".into(), source: None, resource: None };
    report.gaps = vec![
        gap(GapCode::SyntaxError, Some(broken), "line 3, column 7: expected a comma", &[]),
        gap(
            GapCode::ExternalReference,
            Some(in_bicep("resource st")),
            "module br:avm/x:1.0 is not in the tree",
            &["HF-STOR-001"],
        ),
    ];
    report.needs_live_scan = vec!["HF-QUOTA-002".into(), "HF-RBAC-001".into()];
    report.configuration_warnings =
        vec!["holdfast.yaml:12: the waiver for HF-KV-001 on 'kv' expired on 2026-10-01".into()];
    report.exit_code = 1;
    report.revision = Some(Revision {
        repository: "https://user:secret@example.org/team/repo.git".into(),
        commit: "0123456789abcdef0123456789abcdef01234567".into(),
        branch: Some("main".into()),
    });
    report
}

/// A tenant: a failure on a live resource, one that could not be read, a subscription that is missing.
pub fn tenant(complete: bool) -> Report {
    let mut report = empty(EstateKind::Live);
    let mut failure =
        finding(3, Verdict::Deny, live(WORKSPACE), "Workspace 'mlw-prod-neu' has no counterpart in another region.");
    failure.related = vec![Related { place: live(&WORKSPACE.replace("neu", "weu")), message: "the primary".into() }];
    let vault = live(&WORKSPACE.replace("mlw-prod-neu", "mlw [test] é"));
    let open = finding(2, Verdict::Open, vault.clone(), "its storage account could not be read");
    report.findings = vec![open, failure];
    report.counts = Counts { errors: 1, open: 1, passed: 40, exempt: 2, ..Counts::default() };
    let mut forbidden = gap(
        GapCode::Forbidden,
        Some(vault),
        "the identity may not list computes; grant Reader",
        &["HF-STOR-001", "HF-QUOTA-001"],
    );
    forbidden.operation = Some("GET …/computes".into());
    forbidden.status = Some(403);
    forbidden.correlation_id = Some("11111111-2222-4333-8444-555555555555".into());
    report.gaps = vec![forbidden];
    if !complete {
        let subscription = live("/subscriptions/00000000-0000-4000-8000-000000000002");
        report.gaps.push(gap(GapCode::ScopeUnreadable, Some(subscription), "the identity sees nothing in it", &[]));
    }
    report.complete = complete;
    report.exit_code = if complete { 1 } else { 3 };
    report.category = "holdfast/live/00000000-0000-4000-8000-000000000001/".into();
    report.subscriptions = vec!["00000000-0000-4000-8000-000000000001".into()];
    report
}

/// Names that try to break every format.
pub const HOSTILE: &[&str] = &[
    "a\u{1b}[31mred\u{1b}[0m",
    "line\r\n::error file=x::pwned",
    "##[error]pwned ##vso[task.setvariable]x",
    "<script>alert(1)</script>",
    "[click](http://evil.example/) ![i](x) **b** `c` | d",
    "ad\u{202e}nimda\u{2066}",
    "=HYPERLINK(\"http://evil.example/\")",
    "{0} [x](1) ]]> \"quoted\" 'single' &amp;",
    "``` fence\n```\n# Title",
    "AccountKey=abcdefghijklmnopqrstuvwxyz0123456789==",
    "@someone #1 www.evil.example https://evil.example",
];

/// Everything that somebody may name, named in a hostile way.
pub fn hostile() -> Report {
    let mut report = empty(EstateKind::Iac);
    for (number, name) in HOSTILE.iter().enumerate() {
        let named = Place {
            path: format!("dir/{name}"),
            source: Some(SourcePlace {
                region: holdfast::model::TextRegion { line: 1, start_column: 3, end_column: 9 },
                snippet: (*name).into(),
                line_text: format!("x {name}"),
                line_hash: format!("{number:x}:1"),
                cell: None,
            }),
            resource: Some(resource(name, name)),
        };
        let mut failure = finding(2, Verdict::Deny, named.clone(), &format!("Workspace '{name}' is shared."));
        failure.subject.name = (*name).into();
        failure.subject.group = (*name).into();
        failure.related = vec![Related { place: named.clone(), message: (*name).into() }];
        let mut accepted = failure.clone();
        accepted.rule = 1;
        accepted.fingerprint = fingerprint("waived", name, "");
        accepted.waiver = Some(Waived { reason: (*name).into(), owner: (*name).into(), ..waived("") });
        let mut open = finding(3, Verdict::Open, named.clone(), name);
        open.subject.name = (*name).into();
        report.findings.extend([failure, accepted, open]);
        report.gaps.push(gap(GapCode::UnresolvedReference, Some(named), name, &["HF-STOR-001"]));
        report.configuration_warnings.push(format!("{name} is not known"));
    }
    report.counts = Counts { errors: HOSTILE.len(), open: HOSTILE.len(), waived: HOSTILE.len(), ..Counts::default() };
    report.exit_code = 1;
    report
}

/// A report of this many failures on live resources.
pub fn many(count: usize) -> Report {
    let mut report = tenant(true);
    report.findings = (0..count)
        .map(|number| {
            let id = WORKSPACE.replace("mlw-prod-neu", &format!("mlw-{number:06}"));
            let mut failure = finding(2 + number % 2, Verdict::Deny, live(&id), "");
            failure.message =
                format!("Workspace 'mlw-{number:06}' has no counterpart in another region; expected one.");
            failure.level = if number % 10 == 0 { Level::Error } else { Level::Warning };
            failure
        })
        .collect();
    report.counts.errors = count;
    report
}
