//! The parts of a snapshot file as serde sees them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{
    Deployment, FileId, Gap, GapCode, GapPlace, Hole, Part, Pointer, ResourceId, Span, Text, Unknown, ValueOrigin,
};

/// The newest version that can be read and the version that is written.
pub(super) const RESERVED: &str = "holdfast";

/// A text: a plain string if all of it is known, otherwise its parts.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum TextForm {
    Known(String),
    Parts(Vec<PartForm>),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PartForm {
    Known(String),
    Unknown(String),
}

impl From<&Text> for TextForm {
    fn from(text: &Text) -> Self {
        match text.as_known() {
            Some(known) => Self::Known(known.to_owned()),
            None => Self::Parts(text.parts().iter().map(PartForm::from).collect()),
        }
    }
}

impl From<&Part> for PartForm {
    fn from(part: &Part) -> Self {
        match part {
            Part::Known(text) => Self::Known(text.clone()),
            Part::Unknown(hole) => Self::Unknown(hole.as_str().to_owned()),
        }
    }
}

impl From<TextForm> for Text {
    fn from(form: TextForm) -> Self {
        let parts = match form {
            TextForm::Known(known) => return Text::known(known),
            TextForm::Parts(parts) => parts,
        };
        let mut text = Text::default();
        for part in parts {
            match part {
                PartForm::Known(known) => text.push_known(&known),
                PartForm::Unknown(identity) => text.push_hole(Hole::from_identity(&identity)),
            }
        }
        text
    }
}

/// Why a property is not known.
#[derive(Serialize, Deserialize)]
pub(super) struct UnknownForm {
    pointer: String,
    reason: ReasonForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expression: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<TextForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ReasonForm {
    Unresolved,
    Disputed,
    Forbidden,
    NotCollected,
}

impl UnknownForm {
    pub(super) fn new(pointer: &Pointer, unknown: &Unknown) -> Self {
        let (reason, expression, text) = match unknown {
            Unknown::Unresolved { expression, text } => {
                (ReasonForm::Unresolved, Some(expression.clone()), text.as_ref().map(TextForm::from))
            }
            Unknown::Disputed => (ReasonForm::Disputed, None, None),
            Unknown::Forbidden => (ReasonForm::Forbidden, None, None),
            Unknown::NotCollected => (ReasonForm::NotCollected, None, None),
        };
        Self { pointer: pointer.as_str().to_owned(), reason, expression, text }
    }

    /// The pointer and the reason; `None` if the pointer is none.
    pub(super) fn read(self) -> Option<(Pointer, Unknown)> {
        let unknown = match self.reason {
            ReasonForm::Unresolved => {
                Unknown::Unresolved { expression: self.expression.unwrap_or_default(), text: self.text.map(Text::from) }
            }
            ReasonForm::Disputed => Unknown::Disputed,
            ReasonForm::Forbidden => Unknown::Forbidden,
            ReasonForm::NotCollected => Unknown::NotCollected,
        };
        Some((Pointer::parse(&self.pointer)?, unknown))
    }
}

/// A file by its number in `files`, and a line from 1.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(super) struct LineForm(pub u32, pub u32);

/// What ARM has no word for.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExtraForm {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownForm>,
    /// Pointers to what is there but not in the snapshot: there may be many, so they are written short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_collected: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<Box<DeclaredForm>>,
}

impl ExtraForm {
    pub(super) fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.not_collected.is_empty() && self.declared.is_none()
    }
}

/// How source code declares a resource.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeclaredForm {
    /// The id with its holes.
    pub id: TextForm,
    pub deployment: u32,
    pub logical_name: String,
    pub line: LineForm,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<LineForm>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub existing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// How the source comes to the location.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<ValueOrigin>,
    /// Per property the line where it stands, and the line that gave its value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, Vec<LineForm>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct DeploymentForm {
    template: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    values: BTreeMap<String, String>,
}

impl From<&Deployment> for DeploymentForm {
    fn from(deployment: &Deployment) -> Self {
        let Deployment { template, parameters, values } = deployment.clone();
        Self { template, parameters, values }
    }
}

impl From<DeploymentForm> for Deployment {
    fn from(form: DeploymentForm) -> Self {
        let DeploymentForm { template, parameters, values } = form;
        Self { template, parameters, values }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GapForm {
    code: GapCode,
    place: PlaceForm,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    types: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum PlaceForm {
    /// A file; the line is 0 for the file as a whole.
    File(LineForm),
    Path(String),
    Property {
        id: TextForm,
        pointer: String,
    },
    Scope(TextForm),
    Scan,
}

impl GapForm {
    /// `line` gives the line of a place in a file.
    pub(super) fn new(gap: &Gap, line: impl Fn(Span) -> LineForm) -> Self {
        let place = match &gap.place {
            GapPlace::File { file, offset: Some(start) } => {
                PlaceForm::File(line(Span { file: *file, start: *start, end: *start }))
            }
            GapPlace::File { file, offset: None } => PlaceForm::File(LineForm(file.0, 0)),
            GapPlace::Path(path) => PlaceForm::Path(path.clone()),
            GapPlace::Property { id, pointer } => {
                PlaceForm::Property { id: id.text().into(), pointer: pointer.as_str().to_owned() }
            }
            GapPlace::Scope(id) => PlaceForm::Scope(id.text().into()),
            GapPlace::Scan => PlaceForm::Scan,
        };
        Self {
            code: gap.code,
            place,
            message: gap.message.clone(),
            operation: gap.operation.clone(),
            status: gap.status,
            correlation_id: gap.correlation_id.clone(),
            types: gap.types.clone(),
        }
    }

    /// `offset` gives a place in a file for a line.
    pub(super) fn read(self, mut offset: impl FnMut(LineForm) -> Span) -> Gap {
        let place = match self.place {
            PlaceForm::File(LineForm(file, 0)) => GapPlace::File { file: FileId(file), offset: None },
            PlaceForm::File(line) => {
                let span = offset(line);
                GapPlace::File { file: span.file, offset: Some(span.start) }
            }
            PlaceForm::Path(path) => GapPlace::Path(path),
            PlaceForm::Property { id, pointer } => GapPlace::Property {
                id: ResourceId::from_text(id.into()),
                pointer: Pointer::parse(&pointer).unwrap_or_default(),
            },
            PlaceForm::Scope(id) => GapPlace::Scope(ResourceId::from_text(id.into())),
            PlaceForm::Scan => GapPlace::Scan,
        };
        Gap {
            operation: self.operation,
            status: self.status,
            correlation_id: self.correlation_id,
            types: self.types,
            ..Gap::new(self.code, place, self.message)
        }
    }
}
