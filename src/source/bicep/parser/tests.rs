use super::super::syntax::DeclarationKind;
use super::*;

fn parse_text(text: &str) -> (Document, Vec<SyntaxError>) {
    parse(text, FileId(0))
}

fn clean(text: &str) -> Document {
    let (document, errors) = parse_text(text);
    assert_eq!(errors, [], "{text}");
    document
}

fn variable(text: &str) -> Expr {
    let document = clean(text);
    match document.declarations.into_iter().next().map(|d| d.kind) {
        Some(DeclarationKind::Var(named)) => named.value,
        other => panic!("not a variable: {other:?}"),
    }
}

#[test]
fn operators_bind_as_in_the_language() {
    let expr = variable("var x = a ?? b == c + d * e\n");
    let ExprKind::Binary(op, operands) = expr.kind else { panic!("not an operator") };
    assert_eq!(op, crate::source::expr::BinaryOp::Coalesce);
    assert!(matches!(&operands.1.kind, ExprKind::Binary(crate::source::expr::BinaryOp::Equals, _)));
}

#[test]
fn everything_can_span_lines() {
    clean("var x = cond\n  ? {\n  a: 1, b: 2\n}\n  : [\n  1, 2\n  3\n]\n");
    clean("var x = reduce(\n  [\n  for (a, i) in b: a\n  ],\n  {},\n  (cur,\n next) => union(cur, next)\n)\n");
    clean("var x = a &&\n b\n || c\n");
    clean("type t =\n | 'a'\n | 'b'\n\ntype o = {\n @description('x')\n *: string\n p: o[]?, q: int }\n");
    clean("import {\n a\n b as c, d\n} from 'x.bicep'\nimport * as e from 'y.bicep'\n");
}

#[test]
fn resources_keep_children_conditions_and_loops_apart() {
    let text = "resource a 'N/a@1' = [for (x, i) in xs: if (x.on) {\n  name: x.name\n  @batchSize(1)\n  resource c 'b' existing = {\n    name: 'd'\n  }\n  resource: 1\n}]\n";
    let document = clean(text);
    let DeclarationKind::Resource(resource) = &document.declarations[0].kind else { panic!("a resource") };
    assert!(resource.body.repeat.as_ref().is_some_and(|repeat| repeat.index.is_some()));
    assert!(resource.body.condition.is_some());
    assert_eq!(resource.body.children.len(), 1);
    assert!(resource.body.children[0].1.existing);
    assert!(resource.body.name.is_some());
    assert_eq!(resource.body.object.members().count(), 1, "a property may be called resource");
}

#[test]
fn spans_are_exact() {
    let text = "var é = 1\n";
    assert!(!parse_text(text).1.is_empty(), "identifiers are ASCII");
    let text = "// é\nvar x = foo(bar) // c\n";
    let expr = variable(text);
    assert_eq!(&text[expr.span.start as usize..expr.span.end as usize], "foo(bar)");
}

#[test]
fn an_error_ends_its_declaration_only() {
    let text = "param a string\nparam b =\nvar c = [1 2]\nresource d 'N/d@1' = {\n  name: 'x'\n  sku: { name: ) }\n  kind: 'k'\n}\nmodule e 'e.bicep' = {\n  name: 'e'\noutput f string = 'g'\n";
    let (document, errors) = parse_text(text);
    let found: Vec<u32> = errors.iter().map(|e| text[..e.start as usize].matches('\n').count() as u32 + 1).collect();
    assert_eq!(found, [3, 3, 6, 11], "{errors:?}");
    assert_eq!(document.declarations.len(), 4, "a, d, e and f are read");
    let DeclarationKind::Resource(resource) = &document.declarations[1].kind else { panic!("a resource") };
    assert_eq!(resource.body.object.get("kind").and_then(Expr::as_text), Some("k"), "the rest of d is read");
}

#[test]
fn an_error_says_what_was_expected() {
    let (_, errors) = parse_text("param x string = 'a' 'b'\n");
    assert_eq!(errors[0].message, "expected a new line, found ''b''");
    assert_eq!((errors[0].start, errors[0].end), (21, 24));
}

#[test]
fn nesting_has_a_limit_in_every_form() {
    let deep = 10_000;
    let repeat = |open: &str, close: &str| format!("var x = {}1{}\n", open.repeat(deep), close.repeat(deep));
    let texts = [
        repeat("[", "]"),
        repeat("{a:", "}"),
        repeat("(", ")"),
        repeat("f(", ")"),
        repeat("-", ""),
        repeat("!", ""),
        repeat("a ? b : ", ""),
        repeat("'${", "}'"),
        repeat("x => ", ""),
        repeat("[for x in y: ", "]"),
        format!("var x = a{}\n", ".b".repeat(deep)),
        format!("var x = a{}\n", "!".repeat(deep)),
        format!("var x = a{}\n", "[0]".repeat(deep)),
        format!("var x = a{}\n", " + a".repeat(deep)),
        format!("var x = {}a{}\n", "(".repeat(100), " + a)".repeat(100)),
        format!("param x {}a{}\n", "{a:".repeat(deep), "}".repeat(deep)),
        format!("param x a{}\n", "[]".repeat(deep)),
        format!("param x {}1\n", "-".repeat(deep)),
        format!("param x {}\n", "a<".repeat(deep)),
        "resource a 'b' = {\n".repeat(deep),
        "  @a(".repeat(deep),
    ];
    for text in texts {
        let (_, errors) = parse_text(&text);
        let is_short = text.len() < 2_000;
        assert!(is_short || !errors.is_empty(), "{}", &text[..40]);
    }
}

#[test]
fn many_errors_end_the_file() {
    let (_, errors) = parse_text(&"param 1\n".repeat(100_000));
    assert!(errors.len() <= MAX_ERRORS);
    assert!(errors.last().is_some_and(|error| error.is_limit));
}
