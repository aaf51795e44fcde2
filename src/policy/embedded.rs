//! The built-in policies: everything under `policies/`, embedded at build.

/// Path from `policies/` with `/`, and content; sorted by path. Made by the build script.
pub(crate) static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));
