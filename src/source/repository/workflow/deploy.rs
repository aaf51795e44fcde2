//! Steps that deploy: with which template and parameters, into which regions of which environments.

use std::collections::BTreeSet;

use crate::model::{Span, Value};

use super::azure_cli::AzCommand;
use super::evaluate::{Evaluator, Place};
use super::found::Deployed;
use super::parameters::{regions_in_values, regions_of};
use super::regions::{environments, is_region_name, region, regions_in};
use super::shell::Word;

/// A step that deploys, in one case.
#[derive(Debug, Default)]
pub(super) struct Deploy {
    tool: String,
    template: Option<Word>,
    /// Parameter files and `name=value`.
    parameters: Vec<Word>,
    /// The location of the deployment.
    location: Option<Word>,
    /// Other words that may name a region or an environment: the resource group.
    others: Vec<Word>,
    /// Texts of parameters that were given elsewhere.
    texts: Vec<String>,
}

/// What a case of a deployment leads to, as far as it is known.
#[derive(Default)]
struct Target {
    regions: BTreeSet<String>,
    unresolved: bool,
    /// Names of parameter files, which may tell the environment.
    files: Vec<String>,
}

/// The environment of what tells none.
const DEFAULT: &str = "default";

impl Deploy {
    /// `az deployment group create`, `az ml workspace create`, …
    pub fn azure(evaluator: &mut Evaluator<'_>, az: &AzCommand<'_>, span: Span, place: &Place) {
        let deploys = az.is(&["deployment"]) && az.names.iter().any(|name| name == "create")
            || az.is(&["stack"]) && az.names.iter().any(|name| name == "create");
        let words = |names: &[&str]| az.values(names).into_iter().cloned().collect::<Vec<_>>();
        let first = |names: &[&str]| az.value(names).cloned();
        if deploys {
            let tool = if az.is(&["stack"]) { "az stack" } else { "az deployment" };
            let mut deploy = Self {
                tool: tool.to_owned(),
                template: first(&["--template-file", "-f"]),
                parameters: words(&["--parameters", "-p"]),
                location: first(&["--location", "-l"]),
                others: words(&["--resource-group", "-g"]),
                ..Self::default()
            };
            deploy.template = deploy.template.or_else(|| first(&["--template-uri", "-u"]));
            deploy.add_to(evaluator, span, place);
            return;
        }
        let creates = matches!(az.names.get(2).map(String::as_str), Some("create" | "update"));
        let served = matches!(
            az.names.get(1).map(String::as_str),
            Some("workspace" | "online-endpoint" | "online-deployment" | "batch-endpoint" | "batch-deployment")
        );
        if az.is(&["ml"]) && creates && served {
            let deploy = Self {
                tool: "az ml".to_owned(),
                template: first(&["--file", "-f"]),
                location: first(&["--location", "-l"]),
                others: words(&["--workspace-name", "-w", "--resource-group", "-g"]),
                ..Self::default()
            };
            deploy.add_to(evaluator, span, place);
        }
    }

    /// `terraform apply`, `azd up`, the cmdlets of PowerShell.
    pub fn run(evaluator: &mut Evaluator<'_>, program: &str, words: &[Word], place: &mut Place) {
        let Some(first) = words.first() else { return };
        let span = evaluator.span(first.start, words.last().map_or(first.end, |last| last.end));
        match program {
            "terraform" | "tofu" | "terragrunt" => Self::terraform(evaluator, &words[1..], span, place),
            "azd" => Self::azd(evaluator, &words[1..], span, place),
            "new-azresourcegroupdeployment" | "new-azsubscriptiondeployment" | "new-azdeployment" => {
                let value = |name: &str| {
                    let at =
                        words.iter().position(|word| word.literal().is_some_and(|t| t.eq_ignore_ascii_case(name)))?;
                    words.get(at + 1).cloned()
                };
                let deploy = Self {
                    tool: first.literal().unwrap_or_default().to_owned(),
                    template: value("-TemplateFile"),
                    parameters: value("-TemplateParameterFile").into_iter().collect(),
                    location: value("-Location"),
                    others: value("-ResourceGroupName").into_iter().collect(),
                    ..Self::default()
                };
                deploy.add_to(evaluator, span, place);
            }
            _ => {}
        }
    }

    fn terraform(evaluator: &mut Evaluator<'_>, words: &[Word], span: Span, place: &mut Place) {
        let texts: Vec<Option<String>> = words.iter().map(|word| place.scope.resolve(word).text).collect();
        let known: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
        let chdir = known.iter().find_map(|text| text.strip_prefix("-chdir="));
        let folder =
            chdir.and_then(|folder| evaluator.locate(&place.folder, folder)).unwrap_or_else(|| place.folder.clone());
        let verb = known.iter().find(|text| !text.starts_with('-')).copied().unwrap_or_default();
        let mut given: Vec<String> = Vec::new();
        let mut at = 0;
        while at < words.len() {
            let text = texts[at].clone().unwrap_or_else(|| words[at].prefix().to_owned());
            let (name, value) = text.split_once('=').unwrap_or((&text, ""));
            if matches!(name.trim_start_matches('-'), "var-file" | "var") {
                // `-var-file=x` and `-var-file x`; a value that is not known stays empty.
                let separate = value.is_empty() && !words[at].prefix().contains('=');
                let value = if separate {
                    texts.get(at + 1).cloned().flatten()
                } else {
                    texts[at].as_ref().map(|_| value.to_owned())
                };
                given.push(value.unwrap_or_default());
                at += usize::from(separate);
            }
            at += 1;
        }
        match verb {
            "plan" => evaluator.planned = given,
            "workspace" => evaluator
                .planned
                .extend(known.last().filter(|_| known.contains(&"select")).map(|name| format!("workspace={name}"))),
            "apply" => {
                let mut texts = if given.is_empty() { evaluator.planned.clone() } else { given };
                texts.extend(place.scope.terraform_variables());
                texts.extend(automatic(evaluator, &folder));
                let deploy = Self { tool: "terraform".to_owned(), texts, ..Self::default() };
                deploy.add_in(evaluator, span, &Place { folder, ..place.clone() });
            }
            _ => {}
        }
    }

    fn azd(evaluator: &mut Evaluator<'_>, words: &[Word], span: Span, place: &mut Place) {
        let texts: Vec<String> = words.iter().map(|word| place.scope.resolve(word).text.unwrap_or_default()).collect();
        let text = |at: usize| texts.get(at).map_or("", String::as_str);
        if text(0) == "env" && text(1) == "set" {
            evaluator.planned.push(format!("{}={}", text(2), text(3)));
        }
        if matches!(text(0), "up" | "provision") {
            let at = texts.iter().position(|text| text == "-l" || text == "--location");
            let mut given = evaluator.planned.clone();
            given.extend(place.scope.text("ENV.AZURE_LOCATION").map(|location| format!("location={location}")));
            let location = at.and_then(|at| words.get(at + 1)).cloned();
            Self { tool: "azd".to_owned(), texts: given, location, ..Self::default() }.add_to(evaluator, span, place);
        }
    }

    /// A task of Azure Pipelines or an action of GitHub, with its inputs by name in lower case.
    pub fn task(
        evaluator: &mut Evaluator<'_>,
        task: &str,
        inputs: &dyn Fn(&str) -> Option<Word>,
        span: Span,
        place: &mut Place,
    ) -> bool {
        let list = |names: &[&str]| names.iter().filter_map(|name| inputs(name)).collect::<Vec<_>>();
        let first = |names: &[&str]| names.iter().find_map(|name| inputs(name));
        let deploy = match task.to_ascii_lowercase().as_str() {
            "azure/arm-deploy" => Self {
                template: first(&["template"]),
                parameters: list(&["parameters"]),
                location: first(&["region"]),
                others: list(&["resourcegroupname"]),
                ..Self::default()
            },
            "azure/bicep-deploy" => Self {
                template: first(&["template-file"]),
                parameters: list(&["parameters-file", "parameters"]),
                location: first(&["location"]),
                others: list(&["resource-group-name"]),
                ..Self::default()
            },
            "azureresourcemanagertemplatedeployment" | "azureresourcegroupdeployment" => Self {
                template: first(&["csmfile"]),
                parameters: list(&["csmparametersfile", "overrideparameters"]),
                location: first(&["location"]),
                others: list(&["resourcegroupname"]),
                ..Self::default()
            },
            task if task.starts_with("terraformtask")
                || task == "terraformcli"
                || task.starts_with("dflook/terraform-") =>
            {
                Self::terraform_task(evaluator, task, inputs, span, place);
                return true;
            }
            _ => return false,
        };
        Self { tool: task.to_owned(), ..deploy }.add_to(evaluator, span, place);
        true
    }

    fn terraform_task(
        evaluator: &mut Evaluator<'_>,
        task: &str,
        inputs: &dyn Fn(&str) -> Option<Word>,
        span: Span,
        place: &Place,
    ) {
        let text = |name: &str| inputs(name).and_then(|word| place.scope.resolve(&word).text);
        let command =
            text("command").or_else(|| task.strip_prefix("dflook/terraform-").map(str::to_owned)).unwrap_or_default();
        let folder = text("workingdirectory").or_else(|| text("path"));
        let folder =
            folder.and_then(|folder| evaluator.locate(&place.folder, &folder)).unwrap_or_else(|| place.folder.clone());
        let options = text("commandoptions").unwrap_or_default();
        let options = options.split_whitespace().filter_map(|option| option.trim_start_matches('-').split_once('='));
        let mut given: Vec<String> = options
            .filter(|(name, _)| matches!(*name, "var-file" | "var"))
            .map(|(_, value)| value.trim_matches('"').to_owned())
            .collect();
        given.extend(
            text("var_file").into_iter().flat_map(|files| files.lines().map(str::to_owned).collect::<Vec<_>>()),
        );
        match command.as_str() {
            "plan" => evaluator.planned = given,
            "apply" => {
                let mut texts = if given.is_empty() { evaluator.planned.clone() } else { given };
                texts.extend(place.scope.terraform_variables());
                texts.extend(automatic(evaluator, &folder));
                let deploy = Self { tool: "terraform".to_owned(), texts, ..Self::default() };
                deploy.add_in(evaluator, span, &Place { folder, ..place.clone() });
            }
            _ => {}
        }
    }

    /// A folder as what is deployed.
    fn add_in(self, evaluator: &mut Evaluator<'_>, span: Span, place: &Place) {
        let members = if place.folder.is_empty() {
            Vec::new()
        } else {
            vec![("template".to_owned(), folder_reference(&place.folder, span))]
        };
        self.finish(evaluator, span, place, members);
    }

    fn add_to(self, evaluator: &mut Evaluator<'_>, span: Span, place: &Place) {
        let mut members = Vec::new();
        if let Some(template) = &self.template {
            members.push(("template".to_owned(), evaluator.reference("template", template, place)));
        }
        if let Some(file) = self.parameters.iter().find(|word| !is_assignment(word)) {
            members.push(("parameters".to_owned(), evaluator.reference("parameters", file, place)));
        }
        if let Some(location) = &self.location {
            let resolved = place.scope.resolve(location);
            members.push(("location".to_owned(), resolved.argument(evaluator.span(location.start, location.end))));
        }
        self.finish(evaluator, span, place, members);
    }

    fn finish(self, evaluator: &mut Evaluator<'_>, span: Span, place: &Place, members: Vec<(String, Value)>) {
        let target = self.target(evaluator, place);
        let environment = self.environment(place, &target);
        let key = (span.start, evaluator.path.clone(), self.start(), self.tool.clone());
        let case = Deployed {
            members,
            span: Some(span),
            tool: self.tool,
            environments: [(environment, target.regions.clone())].into(),
            regions: target.regions,
            unresolved: target.unresolved,
        };
        evaluator.found.deployment(key, case);
    }

    /// What tells apart the steps of a file that is called.
    fn start(&self) -> u32 {
        let words = self.template.iter().chain(&self.parameters).chain(&self.location).chain(&self.others);
        words.map(|word| word.start).min().unwrap_or(0)
    }

    fn target(&self, evaluator: &Evaluator<'_>, place: &Place) -> Target {
        let mut target = Target::default();
        let texts = self.parameters.iter().map(|word| (place.scope.resolve(word).text, word.prefix()));
        for (text, prefix) in texts {
            match text {
                Some(text) => pieces(&text).for_each(|piece| target.parameter(evaluator, &piece, place)),
                // `location=$X`: a region that is not known.
                None if prefix.split_once('=').is_none_or(|(name, _)| is_region_name(name)) => target.unresolved = true,
                None => {}
            }
        }
        for text in &self.texts {
            target.parameter(evaluator, text, place);
        }
        if target.regions.is_empty() && !target.unresolved {
            let location = self.location.as_ref().map(|word| place.scope.resolve(word).text);
            target.regions.extend(location.flatten().as_deref().and_then(region));
        }
        if target.regions.is_empty() && !target.unresolved {
            let others = self.others.iter().chain(&self.template).filter_map(|word| place.scope.resolve(word).text);
            target.regions.extend(others.flat_map(|text| regions_in(&text)));
        }
        target.unresolved |= target.regions.is_empty();
        target
    }

    /// The environment by its usual name: what the platform calls it, what the parameter file is called, what
    /// else tells one.
    fn environment(&self, place: &Place, target: &Target) -> String {
        let others = self.others.iter().filter_map(|word| place.scope.resolve(word).text);
        let names = place
            .environment
            .iter()
            .cloned()
            .chain(target.files.iter().cloned())
            .chain(others)
            .chain(place.names.iter().cloned());
        let found = names.map(|name| environments(&name)).find(|found| !found.is_empty()).unwrap_or_default();
        if found.is_empty() { DEFAULT.to_owned() } else { found.into_iter().collect::<Vec<_>>().join("-") }
    }
}

impl Target {
    /// A parameter file or `name=value`.
    fn parameter(&mut self, evaluator: &Evaluator<'_>, text: &str, place: &Place) {
        let text = text.trim().trim_start_matches('@');
        if let Some((name, value)) = text.split_once('=') {
            if is_region_name(name) {
                let found = regions_in(value);
                self.unresolved |= found.is_empty();
                self.regions.extend(found);
            } else if name == "workspace" {
                self.regions.extend(regions_in(value));
                self.files.push(value.to_owned());
            }
            return;
        }
        if text.starts_with('{') {
            self.regions.extend(regions_in_values(text));
            return;
        }
        self.files.push(text.to_owned());
        let file = evaluator.locate(&place.folder, text);
        match file.and_then(|path| regions_of(evaluator.tree, &path)) {
            Some(regions) => self.regions.extend(regions),
            None => self.unresolved = true,
        }
    }
}

/// The parameters in a text: one, or several on lines or between blanks.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let text = text.trim();
    let list = |value: &str| value.trim_start().starts_with(['[', '{']) && !text.contains('\n');
    let whole = text.starts_with(['{', '[']) || text.split_once('=').is_some_and(|(_, value)| list(value));
    // `-name value` of Azure Pipelines is `name=value`.
    let mut pieces: Vec<String> = Vec::new();
    if whole {
        pieces.push(text.to_owned());
    } else {
        let mut words = text.split_whitespace().map(|word| word.trim_matches(['"', '\''])).peekable();
        while let Some(word) = words.next() {
            match word.strip_prefix('-').filter(|name| !name.is_empty()) {
                Some(name) => {
                    let value = words.next_if(|next| !next.starts_with('-')).unwrap_or_default();
                    pieces.push(format!("{name}={value}"));
                }
                None => pieces.push(word.to_owned()),
            }
        }
    }
    pieces.into_iter()
}

fn is_assignment(word: &Word) -> bool {
    let prefix = word.prefix();
    prefix.contains('=') || prefix.starts_with(['{', '-'])
}

/// The variable files that Terraform reads without being told.
fn automatic(evaluator: &Evaluator<'_>, folder: &str) -> Vec<String> {
    let names = evaluator.tree.folder(folder).into_iter();
    names.filter(|name| name == "terraform.tfvars" || name.ends_with(".auto.tfvars")).collect()
}

fn folder_reference(folder: &str, span: Span) -> Value {
    let text = |value: &str| Value::string(value);
    let members = vec![
        ("kind".to_owned(), text("template")),
        ("form".to_owned(), text("path")),
        ("path".to_owned(), text(folder)),
        ("found".to_owned(), super::found::truth()),
    ];
    Value::new(crate::model::Kind::Object(members)).at(span)
}
