//! `terrace compare`.

use std::sync::Arc;

use clap::Args;

use super::args::{Format, InputArgs, SelectionArgs};
use super::diff::{DiffOutput, own_words, show, tell_unfit};
use super::session::{Asked, Saving, Session, compile};
use super::ui::{Stream, Ui};
use crate::config::cluster::Cluster;
use crate::config::selector::Selector;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::diff::{SideOf, sides};
use crate::exit::Exit;
use crate::pipeline::{Opening, Options, Side, snapshot};

/// `terrace compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A cluster, or labels of some: prod-01, environment=production
    #[arg(value_name = "A")]
    pub first: String,
    /// What it is compared with
    #[arg(value_name = "B")]
    pub second: String,
    /// Show what would change in B if it got A's inputs: A's revision, and the values files that A's labels name
    #[arg(long)]
    pub promote: bool,
    /// Where to start: a file or directory with Argo CD Applications; may be repeated
    #[arg(long = "root", value_name = "ROOT")]
    pub roots: Vec<String>,
    /// How it is shown.
    #[command(flatten)]
    pub output: DiffOutput,
    /// What is compiled.
    #[command(flatten)]
    pub input: InputArgs,
    /// Which apps.
    #[command(flatten)]
    pub selection: SelectionArgs,
}

/// Compares two clusters, or two groups of them, or shows what moving the inputs of one to the other would change.
pub fn run(args: &CompareArgs, ui: &Ui) -> Exit {
    let options = Options::default();
    let asked = Asked {
        roots: &args.roots,
        input: &args.input,
        selection: &args.selection,
        format: Format::Human,
        options,
        output: None,
        commit: None,
        staged: false,
    };
    let session = match compile(ui, &asked) {
        Ok(session) => session,
        Err(exit) => return exit,
    };
    let fail = |diagnostics: Diagnostics| {
        ui.findings(&diagnostics, session.compiler.sources(), Format::Human, Stream::Err);
        Exit::Nothing
    };
    let both = named(&session, &args.first).and_then(|first| Ok((first, named(&session, &args.second)?)));
    let (first, second) = match both {
        Ok(both) => both,
        Err(diagnostics) => return fail(diagnostics),
    };
    let diff = match args.promote {
        true => match promoted(&session, options, (&first, &second), ui) {
            Ok(diff) => diff,
            Err(exit) => return exit,
        },
        false => {
            let mut whole = snapshot(&session.compiled, session.compiler.sources(), "the working tree");
            let unknown = session.selection.unknown_apps_in(&whole);
            if !unknown.is_empty() {
                return fail(unknown);
            }
            session.selection.narrow(&mut whole);
            let own_words = own_words(&[&whole]);
            let made = sides(&whole, &first, &second, &crate::diff::Options { own_words, ..Default::default() });
            crate::diff::compare(&made.base, &made.head, &made.options)
        }
    };
    show(&diff, &args.output, ui).unwrap_or_else(fail)
}

/// The clusters that a name, or labels, stand for.
fn named(session: &Session, text: &str) -> Result<SideOf, Diagnostics> {
    let clusters = &session.compiled.fleet.clusters;
    let names = |of: &dyn Fn(&&Cluster) -> bool| -> Vec<Arc<str>> {
        clusters.iter().filter(|cluster| of(cluster)).map(|cluster| Arc::clone(&cluster.name)).collect()
    };
    let found = names(&|cluster| *cluster.name == *text);
    if !found.is_empty() {
        return Ok(SideOf { name: text.to_owned(), clusters: found });
    }
    let selector = text.contains(['=', ',', '!', ' ']).then(|| Selector::parse(text));
    let found = match selector {
        None => Vec::new(),
        Some(Ok(selector)) => names(&|cluster| selector.matches(&cluster.labels)),
        Some(Err(why)) => {
            return Err(Diagnostic::error(Code::INVALID_VALUE, format!("`{text}` are no labels: {why}")).into());
        }
    };
    if found.is_empty() {
        let message = format!("`{text}` is no cluster of the fleet, and no cluster has such labels");
        return Err(Diagnostic::error(Code::INVALID_VALUE, message)
            .did_you_mean(text, clusters.iter().map(|cluster| &*cluster.name))
            .hint("name a cluster, or labels such as `environment=production`")
            .into());
    }
    Ok(SideOf { name: text.to_owned(), clusters: found })
}

/// What the second side would be with the inputs of the first.
fn promoted(
    session: &Session,
    options: Options,
    (first, second): (&SideOf, &SideOf),
    ui: &Ui,
) -> Result<crate::diff::Diff, Exit> {
    let Some(from) = first.clusters.first() else { return Err(Exit::Nothing) };
    let to = second.clusters.iter().filter(|to| *to != from);
    let promoted = to.map(|to| (from.to_string(), to.to_string())).collect();
    let opening = Opening { promoted, ..session.opening.clone() };
    let base = Side { opening: &session.opening, name: &second.name, commit: None };
    let name = format!("{} with the inputs of {from}", second.name);
    let head = Side { opening: &opening, name: &name, commit: None };
    let compiled = crate::pipeline::sides(&base, &head, options, session.cache.as_ref());
    let mut compiled = compiled.map_err(|unfit| tell_unfit(&unfit, ui))?;
    for side in [&mut compiled.base, &mut compiled.head] {
        session.selection.narrow(side);
        side.trees.retain(|tree| second.clusters.contains(&tree.cluster));
        side.clusters.retain(|facts| second.clusters.contains(&facts.name));
    }
    let own_words = own_words(&[&compiled.base]);
    let options = crate::diff::Options { own_words, ..Default::default() };
    let diff = crate::diff::compare(&compiled.base, &compiled.head, &options);
    drop(Saving::start(session.cache.clone()));
    Ok(diff)
}
