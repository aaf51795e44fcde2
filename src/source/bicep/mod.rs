//! Bicep, read as the Bicep compiler and Azure would expand it.

mod lexer;
mod parser;
mod syntax;

pub use lexer::SyntaxError;
pub use parser::parse;
pub use syntax::Document;
