//! The words that names usually hold.

/// Azure regions and their usual short forms: those of the
/// [Azure Backup geo codes](https://learn.microsoft.com/azure/backup/scripts/geo-code-list) and the
/// three-letter forms of naming conventions. Forms that are common words in names of machine learning
/// projects are left out (`ins`, `use`, `sec`), and so are forms that mean several regions.
pub(super) const REGIONS: &[(&str, &[&str])] = &[
    ("australiacentral", &["acl", "auc"]),
    ("australiacentral2", &["acl2", "auc2"]),
    ("australiaeast", &["ae", "aue"]),
    ("australiasoutheast", &["ase", "ause"]),
    ("austriaeast", &["ate", "aute"]),
    ("belgiumcentral", &["bec"]),
    ("brazilsouth", &["brs"]),
    ("brazilsoutheast", &["bse", "brse"]),
    ("canadacentral", &["cac", "cnc", "canc"]),
    ("canadaeast", &["cae", "cane"]),
    ("centralindia", &["inc", "cin"]),
    ("centralus", &["cus", "uscentral"]),
    ("chilecentral", &["clc"]),
    ("chinaeast", &["sha", "chinae"]),
    ("chinaeast2", &["sha2", "chinae2"]),
    ("chinaeast3", &["sha3", "chinae3"]),
    ("chinanorth", &["bjb", "chinan"]),
    ("chinanorth2", &["bjb2", "chinan2"]),
    ("chinanorth3", &["bjb3", "chinan3"]),
    ("denmarkeast", &["dke"]),
    ("eastasia", &["ea", "eas"]),
    ("eastus", &["eus", "useast"]),
    ("eastus2", &["eus2", "useast2"]),
    ("francecentral", &["frc"]),
    ("francesouth", &["frs"]),
    ("germanynorth", &["gn", "den"]),
    ("germanywestcentral", &["gwc", "dewc"]),
    ("indonesiacentral", &["idc"]),
    ("israelcentral", &["isc", "ilc"]),
    ("italynorth", &["itn"]),
    ("japaneast", &["jpe"]),
    ("japanwest", &["jpw"]),
    ("jioindiacentral", &["jic"]),
    ("jioindiawest", &["jiw"]),
    ("koreacentral", &["krc"]),
    ("koreasouth", &["krs"]),
    ("malaysiawest", &["myw"]),
    ("mexicocentral", &["mxc"]),
    ("newzealandnorth", &["nzn"]),
    ("northcentralus", &["ncus", "usnorthcentral"]),
    ("northeurope", &["ne", "neu", "eun", "eunorth"]),
    ("norwayeast", &["nwe", "noe"]),
    ("norwaywest", &["nww"]),
    ("polandcentral", &["plc"]),
    ("qatarcentral", &["qac"]),
    ("southafricanorth", &["san", "zan"]),
    ("southafricawest", &["saw", "zaw"]),
    ("southcentralus", &["scus", "ussouthcentral"]),
    ("southeastasia", &["sea", "seas"]),
    ("southindia", &["sin"]),
    ("spaincentral", &["spc", "esc"]),
    ("swedencentral", &["sdc", "swc"]),
    ("swedensouth", &["sds", "sws"]),
    ("switzerlandnorth", &["szn", "chn"]),
    ("switzerlandwest", &["szw", "chw"]),
    ("uaecentral", &["uac", "uaec"]),
    ("uaenorth", &["uan", "uaen"]),
    ("uksouth", &["uks"]),
    ("ukwest", &["ukw"]),
    ("usdodcentral", &["udc"]),
    ("usdodeast", &["ude"]),
    ("usgovarizona", &["uga", "usga"]),
    ("usgovtexas", &["ugt", "usgt"]),
    ("usgovvirginia", &["ugv", "usgv"]),
    ("westcentralus", &["wcus", "uswestcentral"]),
    ("westeurope", &["we", "weu", "euw", "euwest"]),
    ("westindia", &["inw"]),
    ("westus", &["wus", "uswest"]),
    ("westus2", &["wus2", "uswest2"]),
    ("westus3", &["wus3", "uswest3"]),
];

/// Words that tell regions apart without naming one.
pub(super) const COMPASS: &[&str] = &["east", "west", "north", "south"];

/// Environments and their synonyms.
pub(super) const ENVIRONMENTS: &[(&str, &[&str])] = &[
    ("dev", &["devel", "develop", "development"]),
    ("test", &["tst", "tests", "testing"]),
    ("sandbox", &["sbx", "sbox", "sandpit", "playground"]),
    ("poc", &["demo", "proofofconcept", "prototype"]),
    ("nonprod", &["nonproduction", "nonprd", "nprd"]),
    ("integration", &[]),
    ("qa", &[]),
    ("uat", &["acceptance"]),
    ("stage", &["stg", "staging", "preprod", "preprd", "preproduction"]),
    ("prod", &["prd", "production", "live"]),
];

/// Words for the first member of a pair.
pub(super) const PRIMARY: &[&str] = &["primary", "prim"];

/// Words for the member that takes over.
pub(super) const SECONDARY: &[&str] = &["secondary", "dr", "failover", "standby", "passive", "bcdr"];
