//! What pflag says of arguments that it can't take.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Helm's text of a mistake in its arguments, which clap found; none where Helm has no such mistake.
pub fn refused(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let flag = context(ContextKind::InvalidArg)?;
    // `--set <KEY=VALUE>`, `--debug[=<BOOL>]`: the name is what counts.
    let name = flag.split(['[', ' ', '=']).next().unwrap_or(flag);
    let value = context(ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument => match name.strip_prefix("--") {
            Some(long) => Some(format!("unknown flag: --{long}")),
            None => {
                let letter = name.strip_prefix('-')?.chars().next()?;
                Some(format!("unknown shorthand flag: {letter:?} in -{}", row(args, letter)))
            }
        },
        ErrorKind::InvalidValue if value.is_empty() => {
            let short = shorthand(name).filter(|letter| args.iter().any(|arg| *arg == *format!("-{letter}")));
            Some(match short {
                Some(letter) => format!("flag needs an argument: '{letter}' in -{letter}"),
                None => format!("flag needs an argument: {name}"),
            })
        }
        ErrorKind::ValueValidation => {
            let shown = shorthand(name).map_or_else(|| name.to_owned(), |letter| format!("-{letter}, {name}"));
            let why = format!("strconv.ParseBool: parsing {value:?}: invalid syntax");
            Some(format!("invalid argument {value:?} for \"{shown}\" flag: {why}"))
        }
        _ => None,
    }
}

/// A letter with those that stand behind it in its row of short flags.
fn row(args: &[OsString], letter: char) -> String {
    let letters = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix('-').filter(|rest| !rest.starts_with('-')));
    let found = letters.filter_map(|letters| letters.get(letters.find(letter)?..)).next();
    found.map_or_else(|| letter.to_string(), str::to_owned)
}

/// Helm's short form of a flag.
fn shorthand(name: &str) -> Option<char> {
    Some(match name {
        "--values" => 'f',
        "--namespace" => 'n',
        "--generate-name" => 'g',
        "--api-versions" => 'a',
        "--show-only" => 's',
        "--labels" => 'l',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    /// What the real Helm says of each.
    #[test]
    fn mistakes_are_told_as_pflag_tells_them() {
        for (args, expected) in [
            ("--no-such=v", "unknown flag: --no-such"),
            ("-gQ", "unknown shorthand flag: 'Q' in -Q"),
            ("-xy", "unknown shorthand flag: 'x' in -xy"),
            ("-f", "flag needs an argument: 'f' in -f"),
            ("--values", "flag needs an argument: --values"),
            ("--namespace", "flag needs an argument: --namespace"),
            ("--kube-as-user", "flag needs an argument: --kube-as-user"),
            (
                "-g=x",
                "invalid argument \"x\" for \"-g, --generate-name\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
            ),
            (
                "--is-upgrade=2",
                "invalid argument \"2\" for \"--is-upgrade\" flag: strconv.ParseBool: parsing \"2\": invalid syntax",
            ),
            (
                "--skip-tests=",
                "invalid argument \"\" for \"--skip-tests\" flag: strconv.ParseBool: parsing \"\": invalid syntax",
            ),
        ] {
            let args: Vec<OsString> = ["terrace", "helm", "template", "c", args].map(OsString::from).to_vec();
            let error = crate::cli::Cli::try_parse_from(&args).unwrap_err();
            assert_eq!(refused(&error, &args).as_deref(), Some(expected), "{args:?} {error:?}");
        }
    }
}
