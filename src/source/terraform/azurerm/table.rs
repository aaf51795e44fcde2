//! The shape of the tables that translate `azurerm_*` resources to ARM.
//!
//! Every table belongs to the page of the same name below
//! <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources>; defaults that the
//! provider sends are in the provider's source below `internal/services`.

use super::super::value::Val;
use super::apply::Block;

/// How one Terraform resource type becomes ARM resources.
#[derive(Debug)]
pub(in super::super) struct Mapping {
    /// The Terraform type, for example `azurerm_key_vault`.
    pub terraform: &'static str,
    /// The ARM type, for example `Microsoft.KeyVault/vaults`.
    pub arm: &'static str,
    pub id: Id,
    pub fields: &'static [Field],
    pub children: &'static [Child],
    pub part_of: Option<PartOf>,
}

/// What an id is made of; names of attributes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Id {
    /// Names in a resource group, outermost first: `resource_group_name`, then one per type segment.
    Group(&'static [&'static str]),
    /// Below a parent that is given by its id: the attribute with the id, and the one with the name.
    Under(&'static str, &'static str),
    /// Below a parent given by its id, or by names in a resource group: as it changed between versions.
    Either(&'static str, &'static [&'static str]),
    /// Below a parent, with a fixed name.
    UnderFixed(&'static str, &'static str),
    /// On a scope that is given by its id: `{scope}/providers/{type}/{name}`.
    On(&'static str, &'static str),
    /// Beside another resource of the same type, in its resource group.
    Beside(&'static str, &'static str),
    /// A container or share of a storage account, which is given by its id or, in old versions, by its name:
    /// the service and the type below it.
    InAccount(&'static str, &'static str),
    /// Below a parent, under a type of its own.
    Named(&'static str, &'static str, &'static str),
    /// A failover group of managed instances, which belongs to a location.
    InstanceFailoverGroup,
    /// The subscription, a resource group.
    ResourceGroup,
    Subscription,
    /// Another resource, of which this one is a part: its id.
    Of(&'static str),
}

/// A resource that is a part of another one's body in ARM.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct PartOf {
    /// The attribute with the id of the whole.
    pub whole: &'static str,
    /// The type of the whole.
    pub arm: &'static str,
    pub how: Join,
    /// Whether it is a resource of its own in ARM too.
    pub own: bool,
}

/// How a part is joined to its whole.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Join {
    /// An element of the array at this pointer, with these properties.
    Element(&'static str, &'static [Field]),
    /// The properties of the part are properties of the whole.
    Merge,
}

/// One property, or several that belong together.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Field {
    /// An attribute becomes a property.
    One {
        /// `attribute`, `block.attribute`; older names behind `|`.
        from: &'static str,
        /// The pointer of the property.
        to: &'static str,
        how: How,
        absent: Absent,
    },
    /// Blocks, or the elements of a list, become the elements of an array of objects.
    Many { from: &'static str, to: &'static str, fields: &'static [Field] },
    /// A property of a fixed value, where the block (empty: always) is given.
    Fixed { when: &'static str, to: &'static str, value: Lit },
    /// A property that is computed of several attributes.
    Made { to: &'static str, make: fn(&Block) -> Made },
}

/// What [`Field::Made`] made.
#[derive(Debug)]
pub(in super::super) enum Made {
    Value(Val),
    Absent,
}

/// How the value of an attribute changes.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum How {
    Same,
    /// `true` is `Enabled`, `false` is `Disabled`.
    Enabled,
    Not,
    /// Words for words; others stay.
    Words(&'static [(&'static str, &'static str)]),
    /// Booleans for words: if true, if false.
    Either(&'static str, &'static str),
    /// A single value as an array of one.
    Listed,
    /// The ids of user-assigned identities as the object that ARM has.
    Keys,
    /// A computation of the whole value.
    With(fn(&Val) -> Val),
}

/// What holds where an attribute is not given.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Absent {
    /// The property is absent too.
    Omitted,
    /// The provider sends this.
    Is(Lit),
    /// The provider sends what its major version decides: up to this version the first, then the second.
    Until(u32, Lit, Lit),
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in super::super) enum Lit {
    Bool(bool),
    Text(&'static str),
    Int(i64),
    /// Nothing is sent.
    None,
    /// It depends on what Azure has; not known.
    Unsure,
}

/// A child resource in ARM that is a block in Terraform.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Child {
    /// The block: one child for each.
    pub each: &'static str,
    /// The last segment of its type.
    pub kind: &'static str,
    pub name: ChildName,
    /// Relative to the block.
    pub fields: &'static [Field],
}

/// The name of a [`Child`].
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum ChildName {
    Fixed(&'static str),
    /// An attribute of the block.
    Attribute(&'static str),
    /// A region: lower case without blanks, as the provider names it.
    Region(&'static str),
}

impl Field {
    /// The same value under another name.
    pub const fn same(from: &'static str, to: &'static str) -> Self {
        Self::One { from, to, how: How::Same, absent: Absent::Omitted }
    }

    /// A changed value.
    pub const fn with(from: &'static str, to: &'static str, how: How) -> Self {
        Self::One { from, to, how, absent: Absent::Omitted }
    }

    /// With what the provider sends if the attribute is not given.
    pub const fn or(self, value: Lit) -> Self {
        match self {
            Self::One { from, to, how, .. } => Self::One { from, to, how, absent: Absent::Is(value) },
            other => other,
        }
    }

    /// With what the provider sends up to a major version and after it.
    pub const fn until(self, major: u32, before: Lit, after: Lit) -> Self {
        match self {
            Self::One { from, to, how, .. } => Self::One { from, to, how, absent: Absent::Until(major, before, after) },
            other => other,
        }
    }

    /// Blocks to an array of objects.
    pub const fn many(from: &'static str, to: &'static str, fields: &'static [Field]) -> Self {
        Self::Many { from, to, fields }
    }

    /// A constant.
    pub const fn fixed(when: &'static str, to: &'static str, value: Lit) -> Self {
        Self::Fixed { when, to, value }
    }
}

impl Mapping {
    /// A type in a resource group.
    pub const fn group(terraform: &'static str, arm: &'static str, fields: &'static [Field]) -> Self {
        Self { terraform, arm, id: Id::Group(&["name"]), fields, children: &[], part_of: None }
    }

    /// A type with an id of another make.
    pub const fn of(terraform: &'static str, arm: &'static str, id: Id, fields: &'static [Field]) -> Self {
        Self { terraform, arm, id, fields, children: &[], part_of: None }
    }

    /// With child resources.
    pub const fn children(self, children: &'static [Child]) -> Self {
        Self { children, ..self }
    }

    /// As a part of another resource.
    pub const fn part_of(self, whole: &'static str, arm: &'static str, how: Join, own: bool) -> Self {
        Self { part_of: Some(PartOf { whole, arm, how, own }), ..self }
    }
}

/// The location, of nearly every resource.
pub(super) const LOCATION: Field = Field::same("location", "/location");
/// The tags.
pub(super) const TAGS: Field = Field::same("tags", "/tags");
/// The availability zones.
pub(super) const ZONES: Field = Field::same("zones", "/zones");
/// The kind of identity: Terraform and ARM spell both with and without a blank.
pub(super) const IDENTITY: Field = Field::with(
    "identity.type",
    "/identity/type",
    How::Words(&[("SystemAssigned,UserAssigned", "SystemAssigned, UserAssigned")]),
);
/// The user-assigned identities.
pub(super) const IDENTITIES: Field =
    Field::with("identity.identity_ids", "/identity/userAssignedIdentities", How::Keys);
