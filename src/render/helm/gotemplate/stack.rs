//! Room on the stack for what recurses: templates, and functions that go down into values.

/// What a function may use before it asks again; a debug build's frames fit too.
const FUNCTION: usize = 512 << 10;

/// What a level of nesting may use.
const LEVEL: usize = 96 << 10;

/// How much is added where there is too little.
const MORE: usize = 4 << 20;

/// Goes one level down: of statements, of a value.
pub(in crate::render::helm) fn level<R>(down: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(LEVEL, MORE, down)
}

/// Runs what may go some way down by itself: a function, a template that calls them.
pub(super) fn function<R>(run: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(FUNCTION, MORE, run)
}
