//! Compiles templates once, renders them many times, on any thread.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use minijinja::machinery::{parse, parse_expr};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Object;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, State, UndefinedBehavior, Value};

use super::error::{self, Failure};
use super::lens::Lens;
use super::place::Place;
use super::rewrite::{Printed, Printer, Reference};
use super::sink::Sink;
use super::trace::{Mark, Tracer};
use super::{Context, Options, Text, scan, spell};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{FileId, SourceFile, Span};
use crate::yaml::Node;

/// The compiled templates of a run. Share one between all threads.
#[derive(Default)]
pub struct Engine {
    files: Mutex<HashMap<FileId, Arc<Set>>>,
    strings: Mutex<HashMap<(String, Span, bool), Arc<Set>>>,
}

/// The name of the template that a set is for, whatever its file is called.
pub(super) const ROOT: &str = "";
/// How deep a template may call itself; a step costs up to ten kilobytes of stack.
const MAX_RECURSION: usize = 100;
/// The most templates that one may pull in.
const MAX_TEMPLATES: usize = 1000;
/// The most templated strings that are kept compiled.
const MAX_STRINGS: usize = 20_000;

/// A template with those that it names, compiled.
pub(super) struct Set {
    pub(super) members: Vec<Member>,
    env: Environment<'static>,
    mapped: OnceLock<Option<(Environment<'static>, Arc<[Mark]>)>>,
}

/// A template of a set.
pub(super) struct Member {
    /// As it is named in `include` and its like.
    pub(super) name: String,
    pub(super) source: Arc<str>,
    pub(super) place: Place,
    pub(super) printed: Printed,
    /// The file; none for a name that may be missing, and is.
    file: Option<FileId>,
    expression: bool,
}

impl Engine {
    /// Nothing compiled yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Renders a template file.
    ///
    /// # Errors
    /// What is wrong with the template, with its place: a syntax error, an undefined name, a failing filter, too many
    /// steps, too much output.
    pub fn render(
        &self,
        template: &Arc<SourceFile>,
        context: &Context,
        options: &Options<'_>,
    ) -> Result<Text, Diagnostics> {
        let set = self.file_set(template, options)?;
        let text = set.render(context, options, None)?.text;
        if !options.record {
            return Ok(Text { text, map: None });
        }
        let map = set.map(&text, context, options);
        Ok(Text { text, map: Some(map) })
    }

    /// Renders a templated string of one of our files. `origin` is the span of its token there; the places of errors
    /// are exact if the token is as long as the string (or two bytes longer: quotes), else the token as a whole.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn render_string(
        &self,
        text: &str,
        origin: Span,
        context: &Context,
        options: &Options<'_>,
    ) -> Result<String, Diagnostics> {
        if !["{{", "{%", "{#"].iter().any(|tag| text.contains(tag)) {
            return Ok(text.to_owned());
        }
        let set = self.string_set(text, origin, false, options)?;
        Ok(set.render(context, options, None)?.text)
    }

    /// Renders a templated string of one of our files, and maps what comes out if `options` ask for it.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn record_string(
        &self,
        text: &str,
        origin: Span,
        context: &Context,
        options: &Options<'_>,
    ) -> Result<Text, Diagnostics> {
        let set = self.string_set(text, origin, false, options)?;
        let text = set.render(context, options, None)?.text;
        let map = options.record.then(|| set.map(&text, context, options));
        Ok(Text { text, map })
    }

    /// Evaluates an expression of one of our files. `span` is the span of its token there, as in
    /// [`Self::render_string`].
    ///
    /// # Errors
    /// As [`Self::render`]. A value that is undefined is an error.
    pub fn eval(
        &self,
        expression: &str,
        span: Span,
        context: &Context,
        options: &Options<'_>,
    ) -> Result<Node, Diagnostics> {
        let set = self.string_set(expression, span, true, options)?;
        let node = set.render(context, options, None)?.node;
        Ok(node.unwrap_or_else(|| Node::made(crate::yaml::Value::Null)))
    }

    fn file_set(&self, template: &Arc<SourceFile>, options: &Options<'_>) -> Result<Arc<Set>, Diagnostics> {
        let known = get(&self.files, &template.id);
        if let Some(set) = known
            && set.is_current(options)
        {
            return Ok(set);
        }
        let root = Draft { source: Arc::clone(&template.text), place: Place::File(template.id), expression: false };
        let set = Arc::new(Set::compile(root, Some(template.id), options)?);
        if template.id.is_real() {
            put(&self.files, template.id, &set, usize::MAX);
        }
        Ok(set)
    }

    fn string_set(
        &self,
        text: &str,
        origin: Span,
        expression: bool,
        options: &Options<'_>,
    ) -> Result<Arc<Set>, Diagnostics> {
        let key = (text.to_owned(), origin, expression);
        let known = get(&self.strings, &key);
        if let Some(set) = known
            && set.is_current(options)
        {
            return Ok(set);
        }
        let root = Draft { source: text.into(), place: Place::of_string(origin, text.len()), expression };
        let set = Arc::new(Set::compile(root, None, options)?);
        put(&self.strings, key, &set, MAX_STRINGS);
        Ok(set)
    }
}

fn get<K: Hash + Eq>(cache: &Mutex<HashMap<K, Arc<Set>>>, key: &K) -> Option<Arc<Set>> {
    cache.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn put<K: Hash + Eq>(cache: &Mutex<HashMap<K, Arc<Set>>>, key: K, set: &Arc<Set>, most: usize) {
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    if cache.len() < most {
        cache.insert(key, Arc::clone(set));
    }
}

/// A template about to be compiled.
struct Draft {
    source: Arc<str>,
    place: Place,
    expression: bool,
}

impl Draft {
    fn print(&self, marks: Option<&mut Vec<Mark>>) -> Result<Printed, Box<Diagnostic>> {
        let syntax = syntax();
        if let Some((range, message)) = scan::too_deep(&self.source, self.expression, &syntax) {
            let error = Diagnostic::error(Code::TEMPLATE_SYNTAX, message);
            return Err(Box::new(error.at_span(self.place.span(range), "").hint("split it into smaller parts")));
        }
        let printer = Printer::new(&self.source, &self.place, marks);
        if self.expression {
            let tree = parse_expr(&self.source);
            tree.map(|tree| printer.expression(&tree))
        } else {
            parse(&self.source, ROOT, syntax).map(|tree| printer.template(&tree))
        }
        .map_err(|e| Box::new(error::syntax(&e, &self.source, &self.place)))
    }
}

/// Standard Jinja, but that the last newline of a file is kept: documents are put one after the other.
fn syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.keep_trailing_newline(true);
    builder.build().unwrap_or_default()
}

fn environment() -> Environment<'static> {
    static BASE: OnceLock<Environment<'static>> = OnceLock::new();
    let base = BASE.get_or_init(|| {
        let mut env = Environment::new();
        env.set_syntax(syntax());
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_auto_escape_callback(|_| AutoEscape::None);
        env.set_recursion_limit(MAX_RECURSION);
        // Lets errors name the expression that was undefined.
        env.set_debug(true);
        super::library::install(&mut env);
        super::operators::install(&mut env);
        env
    });
    base.clone()
}

/// What a run of a set gives.
struct Outcome {
    text: String,
    node: Option<Node>,
}

impl Set {
    fn compile(root: Draft, file: Option<FileId>, options: &Options<'_>) -> Result<Self, Diagnostics> {
        let mut errors = Diagnostics::new();
        let mut members: Vec<Member> = Vec::new();
        let mut todo = vec![(ROOT.to_owned(), file, root)];
        while let Some((name, file, draft)) = todo.pop() {
            let printed = match draft.print(None) {
                Ok(printed) => printed,
                Err(error) => {
                    errors.push(*error);
                    continue;
                }
            };
            for refused in &printed.refused {
                let error = Diagnostic::error(Code::TEMPLATE_SYNTAX, &refused.message);
                errors.push(error.at_span(draft.place.span(refused.range.clone()), "").hint(refused.hint));
            }
            for reference in &printed.references {
                let known = name_of(&members, &reference.name) || reference.name == name;
                if known || todo.iter().any(|(name, ..)| *name == reference.name) {
                    continue;
                }
                if members.len() + todo.len() > MAX_TEMPLATES {
                    errors.push(Diagnostic::error(Code::TEMPLATE_ERROR, "the template pulls in too many others"));
                    break;
                }
                match load(reference, &draft.place, options) {
                    Ok(Some(file)) => {
                        let place = Place::File(file.id);
                        let draft = Draft { source: Arc::clone(&file.text), place, expression: false };
                        todo.push((reference.name.clone(), Some(file.id), draft));
                    }
                    Ok(None) => members.push(Member {
                        name: reference.name.clone(),
                        source: "".into(),
                        place: draft.place.clone(),
                        printed: Printed::default(),
                        file: None,
                        expression: false,
                    }),
                    Err(error) => errors.push(*error),
                }
            }
            let Draft { source, place, expression } = draft;
            members.push(Member { name, source, place, printed, file, expression });
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut env = environment();
        for member in &members {
            if member.file.is_none() && member.name != ROOT {
                continue;
            }
            let added = env.add_template_owned(member.name.clone(), member.printed.text.clone());
            if let Err(e) = added {
                errors.push(error::unprintable(&e, member));
            }
        }
        if errors.is_empty() { Ok(Self { members, env, mapped: OnceLock::new() }) } else { Err(errors) }
    }

    /// Whether the names in it still lead to the same files. Asking is also how the caller learns that they are read.
    fn is_current(&self, options: &Options<'_>) -> bool {
        self.members.iter().filter(|m| m.name != ROOT).all(|member| {
            let found = (options.load)(&member.name);
            matches!(found, Ok(found) if found.as_ref().map(|f| f.id) == member.file)
        })
    }

    /// Renders the set's root, with its output mapped if there is a tracer. A failing render tells its reads, too.
    fn render(&self, context: &Context, options: &Options<'_>, tracer: Option<Tracer>) -> Result<Outcome, Diagnostics> {
        let sink = Sink::new(tracer);
        let outcome = self.run(&self.env, context, options, &sink);
        for path in sink.take_reads() {
            (options.on_read)(&path);
        }
        outcome.map_err(|failure| error::explain(&failure, self, context, &sink, options).into())
    }

    fn run(
        &self,
        base: &Environment<'static>,
        context: &Context,
        options: &Options<'_>,
        sink: &Arc<Sink>,
    ) -> Result<Outcome, Failure> {
        let mut env = base.clone();
        env.set_fuel(Some(options.fuel));
        env.set_formatter(|out, _state, value| {
            let mut text = String::new();
            let text = match value.as_str() {
                Some(text) => text,
                None => {
                    spell::plain(&mut text, value)?;
                    &text
                }
            };
            out.write_str(text).map_err(Error::from)
        });
        let expression = self.members.iter().any(|m| m.name == ROOT && m.expression);
        if expression {
            let sink = Arc::clone(sink);
            env.add_function("__terrace_result", move |value: Value| {
                super::operators::defined(&value)?;
                sink.set_result(value);
                Ok::<_, Error>(String::new())
            });
        }
        if sink.recording() {
            env.add_global("__terrace_trace", Value::from_object(Marks(Arc::clone(sink))));
        }
        let roots = context.roots.iter().map(|(name, node)| (name.as_str(), Lens::root(name, node, sink)));
        let roots = Value::from_pairs(roots.collect::<Vec<_>>());
        let mut out = Vec::new();
        let writer = Writer { out: &mut out, limit: options.output_limit, sink };
        let rendered = env.get_template(ROOT).and_then(|t| t.render_captured_to(roots, writer).map(drop));
        if sink.overflow.load(Ordering::Relaxed) {
            return Err(Failure::Output);
        }
        rendered.map_err(Failure::Engine)?;
        let node = sink.take_result().map(|value| spell::to_node(&value)).transpose().map_err(Failure::Engine)?;
        let text = String::from_utf8(out).map_err(|_| Failure::Output)?;
        Ok(Outcome { text, node })
    }

    /// Where `text`, which this set made, comes from: it is rendered once more, with marks.
    fn map(&self, text: &str, context: &Context, options: &Options<'_>) -> crate::provenance::RenderMap {
        let (env, marks) = match self.mapped.get_or_init(|| self.compile_mapped()) {
            Some((env, marks)) => (env, Arc::clone(marks)),
            None => (&self.env, Arc::default()),
        };
        let opaque = marks.is_empty() || self.members.iter().any(|m| m.printed.opaque);
        let sink = Sink::new(Some(Tracer::new(marks)));
        // Marks are steps as well.
        let options = Options { fuel: options.fuel.saturating_mul(8), load: options.load, ..*options };
        let outcome = self.run(env, context, &options, &sink);
        let tracer = sink.take_tracer().unwrap_or_default();
        match outcome {
            Ok(outcome) if outcome.text == text && !opaque => tracer.finish(text),
            _ => {
                let root = self.members.iter().find(|m| m.name == ROOT);
                let span =
                    root.map_or(Span { file: FileId::NONE, start: 0, end: 0 }, |m| m.place.span(0..m.source.len()));
                tracer.whole(span)
            }
        }
    }

    fn compile_mapped(&self) -> Option<(Environment<'static>, Arc<[Mark]>)> {
        let mut marks = Vec::new();
        let mut env = environment();
        for member in self.members.iter().filter(|m| m.file.is_some() || m.name == ROOT) {
            let draft = Draft {
                source: Arc::clone(&member.source),
                place: member.place.clone(),
                expression: member.expression,
            };
            let printed = draft.print(Some(&mut marks)).ok()?;
            env.add_template_owned(member.name.clone(), printed.text).ok()?;
        }
        Some((env, marks.into()))
    }
}

fn name_of(members: &[Member], name: &str) -> bool {
    members.iter().any(|m| m.name == name)
}

fn load(
    reference: &Reference,
    place: &Place,
    options: &Options<'_>,
) -> Result<Option<Arc<SourceFile>>, Box<Diagnostic>> {
    let span = place.span(reference.range.clone());
    let name = &reference.name;
    if name.is_empty() {
        let error = Diagnostic::error(Code::TEMPLATE_ERROR, "the name of a template is empty");
        return Err(Box::new(error.at_span(span, "")));
    }
    match (options.load)(name) {
        Ok(Some(file)) => Ok(Some(file)),
        Ok(None) | Err(crate::world::ReadError::Missing) if reference.optional => Ok(None),
        Ok(None) | Err(crate::world::ReadError::Missing) => {
            let error = Diagnostic::error(Code::FILE_MISSING, format!("there is no template `{name}`"));
            Err(Box::new(error.at_span(span, "named here")))
        }
        Err(why) => {
            let error = Diagnostic::error(Code::FILE_UNREADABLE, format!("the template `{name}` {why}"));
            Err(Box::new(error.at_span(span, "named here")))
        }
    }
}

/// Counts what is written, and stops at the limit.
struct Writer<'a> {
    out: &'a mut Vec<u8>,
    limit: usize,
    sink: &'a Sink,
}

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.out.len().saturating_add(bytes.len()) > self.limit {
            self.sink.overflow.store(true, Ordering::Relaxed);
            return Err(io::Error::other("too much output"));
        }
        self.out.extend_from_slice(bytes);
        self.sink.written.store(self.out.len(), Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the marks of a template call.
#[derive(Debug)]
struct Marks(Arc<Sink>);

impl Object for Marks {
    fn call_method(self: &Arc<Self>, _state: &mut State<'_, '_>, method: &str, args: &[Value]) -> Result<Value, Error> {
        let Some(mark) = args.first().and_then(Value::as_usize) else {
            return Err(Error::from(ErrorKind::MissingArgument));
        };
        let text = match method {
            "text" => self.0.trace(|t, at| t.text(mark, at)),
            "open" => self.0.trace(|t, at| t.open(mark, at)).map(|()| String::new()),
            "enter" => self.0.trace(|t, _| t.enter(mark)).map(|()| String::new()),
            "close" => self.0.trace(|t, at| t.close(mark, at)).map(|()| String::new()),
            _ => None,
        };
        text.map(Value::from).ok_or_else(|| Error::from(ErrorKind::UnknownMethod))
    }
}
