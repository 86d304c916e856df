//! Go's text/template: values, parser, execution, formatting.
