//! Commands of the Azure CLI: their names, options, and the generation of the machine learning extension.

use super::shell::Word;

/// `az ml job create -f job.yml`: names and options.
#[derive(Debug)]
pub(super) struct AzCommand<'w> {
    /// `["ml", "job", "create"]`, lower case.
    pub names: Vec<String>,
    options: Vec<(&'w Word, Vec<Word>)>,
}

/// The longest command of the CLI has so many words.
const MAX_NAMES: usize = 6;

impl<'w> AzCommand<'w> {
    /// The words of a command as one of `az`; `None` if they are another program's.
    pub fn of(words: &'w [Word]) -> Option<Self> {
        let (program, rest) = words.split_first()?;
        let program = program.literal()?.to_ascii_lowercase();
        let program = program.rsplit(['/', '\\']).next().unwrap_or_default();
        if !matches!(program, "az" | "az.cmd" | "az.exe") {
            return None;
        }
        let names = rest.iter().map_while(|word| word.literal().filter(|text| !text.starts_with('-')));
        let names: Vec<String> = names.take(MAX_NAMES).map(str::to_ascii_lowercase).collect();
        let mut options: Vec<(&Word, Vec<Word>)> = Vec::new();
        for word in rest.iter().skip(names.len()) {
            let prefix = word.prefix();
            let is_option =
                prefix.len() > 1 && prefix.starts_with('-') && !prefix[1..].starts_with(|c: char| c.is_ascii_digit());
            if is_option {
                // `--name=value`
                let value = prefix.find('=').and_then(|at| word.without_prefix(&prefix[..=at]));
                options.push((word, value.into_iter().collect()));
            } else if let Some((_, values)) = options.last_mut() {
                values.push(word.clone());
            }
        }
        Some(Self { names, options })
    }

    /// The command for people: `az ml job create`.
    pub fn title(&self) -> String {
        format!("az {}", self.names.join(" "))
    }

    /// Whether it begins with these names.
    pub fn is(&self, names: &[&str]) -> bool {
        self.names.len() >= names.len() && names.iter().zip(&self.names).all(|(wanted, name)| wanted == name)
    }

    /// The values of the options with one of these names; long names may be shortened, as the CLI allows.
    pub fn values(&self, names: &[&str]) -> Vec<&Word> {
        let found = self.options.iter().filter(|(word, _)| {
            let given = word.prefix().split('=').next().unwrap_or_default();
            names.iter().any(|name| {
                *name == given || given.len() >= SHORTEST && given.starts_with("--") && name.starts_with(given)
            })
        });
        found.flat_map(|(_, values)| values).collect()
    }

    /// The value of an option.
    pub fn value(&self, names: &[&str]) -> Option<&Word> {
        self.values(names).into_iter().next()
    }

    /// `v1` for what only the extension `azure-cli-ml` has, `v2` for what only `ml` has, otherwise `any`.
    ///
    /// <https://learn.microsoft.com/azure/machine-learning/how-to-migrate-from-v1#azure-machine-learning-cli>
    pub fn generation(&self) -> &'static str {
        let name = |at: usize| self.names.get(at).map_or("", String::as_str);
        if self.is(&["extension", "add"]) || self.is(&["extension", "update"]) {
            let extension = self.value(&["--name", "-n"]).and_then(Word::literal).unwrap_or_default();
            return match extension {
                "azure-cli-ml" => "v1",
                "ml" => "v2",
                _ => "any",
            };
        }
        if name(0) != "ml" {
            return "any";
        }
        match (name(1), name(2)) {
            (
                "computetarget" | "dataset" | "endpoint" | "experiment" | "folder" | "pipeline" | "run" | "service",
                _,
            ) => "v1",
            ("model", "deploy" | "profile" | "register") | ("environment", "register" | "scaffold" | "download") => {
                "v1"
            }
            ("datastore", verb) if verb.starts_with("attach") || verb.starts_with("set-default") => "v1",
            ("workspace", "share" | "update-dependencies" | "private-endpoint") => "v1",
            (
                "job"
                | "data"
                | "component"
                | "compute"
                | "online-endpoint"
                | "online-deployment"
                | "batch-endpoint"
                | "batch-deployment"
                | "schedule"
                | "registry"
                | "connection"
                | "feature-store"
                | "feature-set"
                | "feature-store-entity"
                | "serverless-endpoint"
                | "marketplace-subscription"
                | "index",
                _,
            ) => "v2",
            ("environment" | "model", "create" | "share" | "archive" | "restore") => "v2",
            ("workspace", "diagnose" | "provision-network") => "v2",
            _ => "any",
        }
    }
}

/// The shortest form of a long option that is understood: `--wor`.
const SHORTEST: usize = 5;

#[cfg(test)]
mod tests {
    use super::super::mapped::Mapped;
    use super::super::shell::{Command, Dialect, commands};
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        match commands(&Mapped::verbatim(text, 0), Dialect::Posix).remove(0) {
            Command::Run(words) => words,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_in_all_spellings() {
        let words = words("az ml job create --workspace-name=mlw -g rg --sub s -f a.yml --set x=1 y=2");
        let az = AzCommand::of(&words).expect("az");
        assert_eq!(az.title(), "az ml job create");
        let text = |names: &[&str]| az.value(names).and_then(Word::literal).map(str::to_owned);
        assert_eq!(text(&["--workspace-name", "-w"]).as_deref(), Some("mlw"));
        assert_eq!(text(&["--resource-group", "-g"]).as_deref(), Some("rg"));
        assert_eq!(text(&["--subscription"]).as_deref(), Some("s"));
        assert_eq!(az.values(&["--set"]).len(), 2);
        assert!(AzCommand::of(&self::words("azd up")).is_none());
    }

    #[test]
    fn generations_are_told_apart() {
        for (text, generation) in [
            ("az ml model deploy -n x", "v1"),
            ("az ml run submit-script", "v1"),
            ("az extension add -n azure-cli-ml", "v1"),
            ("az extension remove -n azure-cli-ml", "any"),
            ("az extension add --name ml -y", "v2"),
            ("az ml job create -f x", "v2"),
            ("az ml workspace show", "any"),
            ("az configure --defaults group=x", "any"),
        ] {
            assert_eq!(AzCommand::of(&words(text)).expect("az").generation(), generation, "{text}");
        }
    }
}
