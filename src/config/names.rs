//! What the words in a name mean: region, environment, role; and the stem that is left without them.
//!
//! Two workspaces with the same stem are candidates for a pair, no more than that, so the reading is
//! cautious: a word counts only if it stands alone (`mlw-weu-01`, `mlwProdWestEurope`), except for the
//! full name of a region, which also counts at the end of a longer word (`mlwwesteurope01`).

use std::collections::{BTreeMap, BTreeSet};

use super::WorkspaceTraits;
use crate::model::Region;

mod words;

/// Which part a workspace plays in its pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// Serves until the outage.
    Primary,
    /// Takes over.
    Secondary,
}

impl Role {
    /// From the value of a role tag.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_lowercase().as_str() {
            "primary" => Some(Self::Primary),
            "secondary" => Some(Self::Secondary),
            _ => None,
        }
    }
}

/// What a word means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    /// A region; `None` if the word says only that there are several (`east`).
    Region(Option<Region>),
    /// An environment by its usual name.
    Environment(String),
    Role(Role),
}

/// The words in names that mean a region, an environment or a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTokens {
    words: BTreeMap<String, Meaning>,
}

/// A name without the words that tell the members of a pair apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stem {
    /// What is left, in lower case, pieces joined with `-`; environments by their usual name.
    pub text: String,
    /// The region that the name tells, if it tells exactly one.
    pub region: Option<Region>,
    /// Whether a word for a region was taken off, also one that tells no particular region.
    pub has_region: bool,
    /// The role that the name tells, if it tells exactly one.
    pub role: Option<Role>,
    /// The environments that the name tells.
    pub environments: BTreeSet<String>,
}

/// The environments that everything around a workspace tells. Two workspaces of different
/// environments are never an inferred pair; a word on one side only is a difference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environments {
    /// From the environment tag: the usual name if the value is a known word, otherwise the value.
    pub tag: Option<String>,
    /// From the name.
    pub name: BTreeSet<String>,
    /// From the name of the resource group.
    pub resource_group: BTreeSet<String>,
    /// From the display name of the subscription.
    pub subscription: BTreeSet<String>,
    /// From the path of the parameter file.
    pub parameter_file: BTreeSet<String>,
}

impl Default for NameTokens {
    fn default() -> Self {
        let mut words = BTreeMap::new();
        for (region, others) in words::REGIONS {
            let meaning = Meaning::Region(Some(Region::parse(region)));
            words.insert((*region).to_owned(), meaning.clone());
            words.extend(others.iter().map(|word| ((*word).to_owned(), meaning.clone())));
        }
        words.extend(words::COMPASS.iter().map(|word| ((*word).to_owned(), Meaning::Region(None))));
        for (environment, others) in words::ENVIRONMENTS {
            let all = others.iter().chain([environment]);
            words.extend(all.map(|word| ((*word).to_owned(), Meaning::Environment((*environment).to_owned()))));
        }
        words.extend(words::PRIMARY.iter().map(|word| ((*word).to_owned(), Meaning::Role(Role::Primary))));
        words.extend(words::SECONDARY.iter().map(|word| ((*word).to_owned(), Meaning::Role(Role::Secondary))));
        Self { words }
    }
}

impl NameTokens {
    /// Adds a word for a region.
    pub fn add_region(&mut self, word: &str) {
        self.add(word, Meaning::Region(None));
    }

    /// Adds a word for an environment, known or new.
    pub fn add_environment(&mut self, environment: &str, word: &str) {
        let environment = environment.to_lowercase();
        self.add(&environment.clone(), Meaning::Environment(environment.clone()));
        self.add(word, Meaning::Environment(environment));
    }

    /// Adds a word for a role.
    pub fn add_role(&mut self, role: Role, word: &str) {
        self.add(word, Meaning::Role(role));
    }

    fn add(&mut self, word: &str, meaning: Meaning) {
        self.words.insert(word.to_lowercase(), meaning);
    }

    /// Forgets a word: here it means something else. `false` if it had no meaning.
    pub fn ignore(&mut self, word: &str) -> bool {
        self.words.remove(&word.to_lowercase()).is_some()
    }

    /// The usual names of all environments that have words.
    pub fn environment_names(&self) -> BTreeSet<&str> {
        let names = self.words.values().filter_map(|meaning| match meaning {
            Meaning::Environment(name) => Some(name.as_str()),
            _ => None,
        });
        names.collect()
    }

    /// Whether a word says that something is the secondary of a pair.
    pub fn is_secondary_token(&self, word: &str) -> bool {
        self.words.get(&word.to_lowercase()) == Some(&Meaning::Role(Role::Secondary))
    }

    /// The usual name of the environment that a word means, for example of a tag's value.
    pub fn environment_of_word(&self, word: &str) -> Option<&str> {
        match self.words.get(&squeezed(word)) {
            Some(Meaning::Environment(name)) => Some(name),
            _ => None,
        }
    }

    /// The name without its words for region and role; `None` if nothing is left.
    pub fn stem(&self, name: &str) -> Option<Stem> {
        let mut pieces = Vec::new();
        let mut regions = BTreeSet::new();
        let mut roles = BTreeSet::new();
        let mut stem =
            Stem { text: String::new(), region: None, has_region: false, role: None, environments: BTreeSet::new() };
        for token in self.tokens(name) {
            match token.meaning {
                None => pieces.push(token.text),
                Some(Meaning::Environment(environment)) => {
                    pieces.push(environment.clone());
                    stem.environments.insert(environment.clone());
                }
                Some(Meaning::Region(region)) => {
                    stem.has_region = true;
                    regions.extend(region.clone());
                }
                Some(Meaning::Role(role)) => {
                    roles.insert(*role);
                }
            }
        }
        stem.text = pieces.join("-");
        stem.region = only(regions);
        stem.role = only(roles);
        (!stem.text.is_empty()).then_some(stem)
    }

    /// The environments that the words of a name tell, by their usual names.
    pub fn environments(&self, text: &str) -> BTreeSet<String> {
        self.environment_words(text).into_iter().map(|(_, environment)| environment).collect()
    }

    /// The words for environments in a text, as written but in lower case, and what they mean.
    pub(crate) fn environment_words(&self, text: &str) -> Vec<(String, String)> {
        let tokens = self.tokens(text).into_iter();
        let words = tokens.filter_map(|token| match token.meaning {
            Some(Meaning::Environment(name)) => Some((token.text, name.clone())),
            _ => None,
        });
        words.collect()
    }

    /// The environments that everything around a workspace tells.
    pub fn environments_of(&self, traits: &WorkspaceTraits, environment_tags: &[String]) -> Environments {
        let of = |text: Option<&str>| text.map(|text| self.environments(text)).unwrap_or_default();
        Environments {
            tag: traits.first_tag(environment_tags).map(|(_, value)| {
                self.environment_of_word(value).map_or_else(|| value.trim().to_ascii_lowercase(), str::to_owned)
            }),
            name: of(traits.name),
            resource_group: of(traits.resource_group),
            subscription: of(traits.subscription_name),
            parameter_file: of(traits.parameter_file),
        }
    }

    /// The pieces of a name with their meanings.
    fn tokens(&self, name: &str) -> Vec<Token<'_>> {
        let pieces = self.pieces(name);
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < pieces.len() {
            let (token, used) =
                self.joined(&pieces[at..]).unwrap_or_else(|| (self.single(&pieces[at], &mut tokens), 1));
            tokens.push(token);
            at += used;
        }
        tokens
    }

    /// Splits at everything that is not a letter or digit, and, unless that breaks a known word
    /// (`PoC`), where a capital follows a small letter.
    fn pieces(&self, name: &str) -> Vec<String> {
        let chunks = name.split(|c: char| !c.is_alphanumeric()).filter(|chunk| !chunk.is_empty());
        let split = |chunk: &str| {
            let whole = chunk.to_lowercase();
            if self.words.contains_key(&whole) { vec![whole] } else { camel_pieces(chunk) }
        };
        chunks.flat_map(split).collect()
    }

    /// A word that is written in several pieces: `west-europe`, `east-us-2`, `non-prod`.
    ///
    /// A number of its own belongs to the word only where the word itself is in pieces: `eastus-2` is
    /// more likely the second of its kind in East US.
    fn joined(&self, pieces: &[String]) -> Option<(Token<'_>, usize)> {
        (2..=MAX_JOINED.min(pieces.len())).rev().find_map(|count| {
            let digits = pieces[count - 1].bytes().all(|b| b.is_ascii_digit());
            if count == 2 && digits {
                return None;
            }
            let text = pieces[..count].concat();
            let meaning = self.words.get(&text).filter(|_| text.len() >= MIN_JOINED_LENGTH)?;
            Some((Token { text: pieces[..count].join("-"), meaning: Some(meaning) }, count))
        })
    }

    /// One piece: a word, a word with a number behind it, or something with a region at its end. What
    /// stands before the last token of the piece is pushed.
    fn single<'a>(&'a self, piece: &str, before: &mut Vec<Token<'a>>) -> Token<'a> {
        if let Some(meaning) = self.words.get(piece) {
            return Token { text: piece.to_owned(), meaning: Some(meaning) };
        }
        let digits = piece.bytes().rev().take_while(u8::is_ascii_digit).count();
        for cut in (piece.len() - digits..=piece.len()).rev() {
            let (word, number) = piece.split_at(cut);
            let Some((head, word, meaning)) = self.word_at_end(word) else { continue };
            if !head.is_empty() {
                before.push(Token { text: head.to_owned(), meaning: None });
            }
            let token = Token { text: word.to_owned(), meaning: Some(meaning) };
            if number.is_empty() {
                return token;
            }
            before.push(token);
            return Token { text: number.to_owned(), meaning: None };
        }
        Token { text: piece.to_owned(), meaning: None }
    }

    /// A text that is a word, or that ends with the full name of a region.
    fn word_at_end<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str, &Meaning)> {
        if let Some(meaning) = self.words.get(text)
            && (text.len() >= 3 || matches!(meaning, Meaning::Role(_)))
        {
            return Some(("", text, meaning));
        }
        let regions = words::REGIONS.iter().filter(|(region, _)| text.ends_with(region));
        let longest = regions.map(|(region, _)| *region).max_by_key(|region| region.len())?;
        let (head, word) = text.split_at(text.len() - longest.len());
        Some((head, word, self.words.get(longest)?))
    }
}

/// As many pieces as the longest region has words and a number: `south-africa-north`, `us-gov-x-2`.
const MAX_JOINED: usize = 4;

/// Shorter words are not looked for across pieces: `we-u` is not West Europe.
const MIN_JOINED_LENGTH: usize = 6;

struct Token<'a> {
    text: String,
    meaning: Option<&'a Meaning>,
}

/// The pieces of a word in which capitals follow small letters, in lower case.
fn camel_pieces(word: &str) -> Vec<String> {
    let mut pieces: Vec<String> = vec![String::new()];
    let mut previous = ' ';
    for c in word.chars() {
        if c.is_uppercase() && previous.is_lowercase() {
            pieces.push(String::new());
        }
        if let Some(last) = pieces.last_mut() {
            last.extend(c.to_lowercase());
        }
        previous = c;
    }
    pieces
}

/// A word without blanks and separators, in lower case: `Non-Prod` is `nonprod`.
fn squeezed(word: &str) -> String {
    word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn only<T: Ord>(mut set: BTreeSet<T>) -> Option<T> {
    let first = set.pop_first();
    first.filter(|_| set.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stem(name: &str) -> String {
        NameTokens::default().stem(name).map(|stem| stem.text).unwrap_or_default()
    }

    #[test]
    fn members_of_a_pair_have_one_stem() {
        for (primary, secondary, expected) in [
            ("mlw-prod-weu", "mlw-prod-neu", "mlw-prod"),
            ("mlw-prod-weu-01", "mlw-prod-neu-01", "mlw-prod-01"),
            ("mlw-prod-weu01", "mlw-prod-neu01", "mlw-prod-01"),
            ("mlw_fraud_eastus2", "mlw_fraud_centralus", "mlw-fraud"),
            ("mlw-fraud-eus2-001", "mlw-fraud-cus-001", "mlw-fraud-001"),
            ("mlw-fraud-east-us-2", "mlw-fraud-west-us", "mlw-fraud"),
            ("MLW-Churn-WestEurope", "mlw-churn-NorthEurope", "mlw-churn"),
            ("mlwChurnWestEurope", "mlwChurnNorthEurope", "mlw-churn"),
            ("mlwwesteurope01", "mlwnortheurope01", "mlw-01"),
            ("mlw-prod-southeastasia", "mlwProd-eastasia", "mlw-prod"),
            ("mlw-prod", "mlw-prod-dr", "mlw-prod"),
            ("mlw-prod-primary", "mlw-prod-secondary", "mlw-prod"),
            ("mlw-prod-weu", "mlw-prod-neu-failover", "mlw-prod"),
            ("mlw-prd-we", "mlw-prod-ne", "mlw-prod"),
            ("aml-us-east-prod", "aml-us-west-2-prod", "aml-prod"),
            ("mlw-prod-east", "mlw-prod-west", "mlw-prod"),
            ("mlw-usgovvirginia", "mlw-usgov-arizona", "mlw"),
        ] {
            assert_eq!(stem(primary), expected, "{primary}");
            assert_eq!(stem(secondary), expected, "{secondary}");
        }
    }

    #[test]
    fn what_only_looks_like_a_word_stays() {
        for (name, expected) in [
            ("mlw-weather-prod", "mlw-weather-prod"),
            ("mlw-drone-prod", "mlw-drone-prod"),
            ("mlw-devices-prod", "mlw-devices-prod"),
            ("mlw-contest", "mlw-contest"),
            ("mlw-newsea", "mlw-newsea"),
            ("mlw01", "mlw01"),
            ("mlw-ne1", "mlw-ne1"),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn a_number_of_its_own_is_not_part_of_the_region() {
        let tokens = NameTokens::default();
        let stem = tokens.stem("mlw-eastus-2").expect("a stem");
        assert_eq!((stem.text.as_str(), stem.region), ("mlw-2", Some(Region::parse("eastus"))));
        let stem = tokens.stem("mlw-eastus2").expect("a stem");
        assert_eq!((stem.text.as_str(), stem.region), ("mlw", Some(Region::parse("eastus2"))));
        let stem = tokens.stem("mlw-westus201").expect("a stem");
        assert_eq!((stem.text.as_str(), stem.region), ("mlw-01", Some(Region::parse("westus2"))));
    }

    #[test]
    fn a_stem_tells_region_role_and_environment() {
        let stem = NameTokens::default().stem("mlw-prd-neu-dr").expect("a stem");
        assert_eq!(stem.region, Some(Region::parse("northeurope")));
        assert_eq!(stem.role, Some(Role::Secondary));
        assert_eq!(stem.environments.iter().collect::<Vec<_>>(), ["prod"]);
        // Two regions tell none.
        assert_eq!(NameTokens::default().stem("mlw-weu-neu").expect("a stem").region, None);
    }

    #[test]
    fn nothing_left_is_no_stem() {
        assert_eq!(NameTokens::default().stem("weu-dr"), None);
        assert_eq!(NameTokens::default().stem("--"), None);
        assert_eq!(NameTokens::default().stem(""), None);
    }

    #[test]
    fn environments_stand_alone_or_with_a_number() {
        let tokens = NameTokens::default();
        let environments = |name: &str| tokens.environments(name).into_iter().collect::<Vec<_>>().join(",");
        assert_eq!(environments("mlw-dev-weu"), "dev");
        assert_eq!(environments("mlw-tst02-weu"), "test");
        assert_eq!(environments("rg-ml-sbx"), "sandbox");
        assert_eq!(environments("mlw-non-prod"), "nonprod");
        assert_eq!(environments("infra/params/staging.weu.bicepparam"), "stage");
        assert_eq!(environments("Contoso PoC Subscription"), "poc");
        assert_eq!(environments("mlw-dev-test"), "dev,test");
        assert_eq!(environments("mlw-developers"), "");
    }

    #[test]
    fn words_can_be_added_and_forgotten() {
        let mut tokens = NameTokens::default();
        tokens.add_region("AMS");
        tokens.add_environment("lab", "Labs");
        tokens.add_role(Role::Secondary, "fallback");
        tokens.ignore("NE");
        assert_eq!(tokens.stem("mlw-ams-fallback").expect("a stem").text, "mlw");
        assert_eq!(tokens.stem("mlw-ne").expect("a stem").text, "mlw-ne");
        assert_eq!(tokens.environments("mlw-labs").into_iter().collect::<Vec<_>>(), ["lab"]);
        assert!(tokens.is_secondary_token("Fallback") && tokens.is_secondary_token("dr"));
        assert!(!tokens.is_secondary_token("primary"));
    }

    #[test]
    fn the_value_of_a_tag_is_read_by_its_meaning() {
        let tokens = NameTokens::default();
        assert_eq!(tokens.environment_of_word("Non-Prod"), Some("nonprod"));
        assert_eq!(tokens.environment_of_word(" Development "), Some("dev"));
        assert_eq!(tokens.environment_of_word("blue"), None);
    }

    #[test]
    fn odd_names_do_no_harm() {
        for name in ["Ünïcödé-weu", "日本-dr", "a\u{0}b", "ß2", "١٢", &"x-".repeat(5000)] {
            let _ = NameTokens::default().stem(name);
        }
        assert_eq!(stem("Größe-weu"), "größe");
    }
}
