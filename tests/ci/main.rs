//! What CI runs: the scripts in ci/, the steps of action.yml, the jobs of ci/gitlab/terrace.yml. Needs bash, curl and jq.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests, which clippy doesn't take for tests")]

mod server;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_yaml::Value;
use server::Server;

const MARKER: &str = "<!-- terrace-diff terrace -->";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn fleet() -> PathBuf {
    root().join("testdata/fleets/hub-and-spoke")
}

/// A shell with nothing of the surroundings but a way to find programs; `first` come before all others.
fn bash(first: &[&Path]) -> Command {
    let mut command = Command::new("bash");
    let mut path: Vec<PathBuf> = first.iter().map(|dir| dir.to_path_buf()).collect();
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap()));
    command.env_clear().env("PATH", std::env::join_paths(path).unwrap()).env("HOME", "/nonexistent");
    command
}

/// The exit code, and what was printed: stdout, then stderr.
fn run(command: &mut Command) -> (i32, String) {
    let ran = command.output().unwrap();
    (ran.status.code().unwrap(), String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap())
}

fn comment(server: &Server, file: &Path) -> (i32, String) {
    let mut bash = bash(&[]);
    bash.arg(root().join("ci/comment.sh")).arg(file).env("GITHUB_API_URL", &server.url);
    run(bash.env("GITHUB_REPOSITORY", "acme/fleet").env("TERRACE_REQUEST", "7").env("TERRACE_TOKEN", "secret"))
}

fn note(server: &Server, file: &Path) -> (i32, String) {
    let mut bash = bash(&[]);
    bash.arg(root().join("ci/comment.sh")).arg(file).env("CI_API_V4_URL", &server.url).env("CI_PROJECT_ID", "3");
    run(bash.env("CI_MERGE_REQUEST_IID", "7").env("TERRACE_TOKEN", "secret"))
}

#[test]
fn a_comment_is_made_and_then_kept_up_to_date() {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("diff.md");
    for put in [comment, note] {
        // Among many comments, some of which talk of the marker.
        let mut others: Vec<(u64, String)> = (1..=130).map(|n| (n, format!("number {n}"))).collect();
        others.push((131, format!("I see a {MARKER}\n{MARKER}\n")));
        others.push((132, format!("{MARKER} is what it starts with")));
        let server = Server::start(others.clone());
        for (round, text) in
            ["# One\n\n\"quoted\" \\ `$(id)` ü\u{2028}\n", "# Two\n", "# Two\n"].into_iter().enumerate()
        {
            let text = format!("{MARKER}\n{text}");
            fs::write(&file, &text).unwrap();
            let (code, said) = put(&server, &file);
            assert_eq!(code, 0, "{said}");
            assert_eq!(said, if round == 0 { "made a comment\n" } else { "updated comment 133\n" });
            let state = server.state();
            assert_eq!(state.comments[..132], others[..]);
            assert_eq!(state.comments[132..], [(133, text)]);
        }
        // A third one that starts so, and with the line ends that the web makes, isn't the first.
        server.state().comments.push((134, format!("{MARKER}\r\nanother")));
        assert_eq!(put(&server, &file).1, "updated comment 133\n");
        server.state().comments.remove(132);
        assert_eq!(put(&server, &file).1, "updated comment 134\n");
        let state = server.state();
        assert!(state.calls.iter().all(|(_, _, token)| token == "secret" || token == "Bearer secret"));
    }
}

#[test]
fn the_calls_are_those_of_the_apis() {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("diff.md");
    fs::write(&file, format!("{MARKER}\nx\n")).unwrap();
    type Put = fn(&Server, &Path) -> (i32, String);
    let apis: [(Put, [&str; 4]); 2] = [
        (
            comment,
            [
                "GET /repos/acme/fleet/issues/7/comments",
                "POST /repos/acme/fleet/issues/7/comments",
                "GET /repos/acme/fleet/issues/7/comments",
                "PATCH /repos/acme/fleet/issues/comments/1",
            ],
        ),
        (
            note,
            [
                "GET /projects/3/merge_requests/7/notes",
                "POST /projects/3/merge_requests/7/notes",
                "GET /projects/3/merge_requests/7/notes",
                "PUT /projects/3/merge_requests/7/notes/1",
            ],
        ),
    ];
    for (put, calls) in apis {
        let server = Server::start(Vec::new());
        assert_eq!((put(&server, &file).0, put(&server, &file).0), (0, 0));
        let made: Vec<String> =
            server.state().calls.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
        assert_eq!(made, calls);
    }
}

#[test]
fn a_long_comment_passes() {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("diff.md");
    let mut text = format!("{MARKER}\n");
    while text.len() < 60_000 {
        text.push_str("| `prod-01` | \"web\" | ü \\ |\n");
    }
    text.truncate(text.char_indices().map(|(at, _)| at).take_while(|at| *at <= 60_000).last().unwrap());
    fs::write(&file, &text).unwrap();
    let server = Server::start(Vec::new());
    for _ in 0..2 {
        let (code, said) = comment(&server, &file);
        assert_eq!(code, 0, "{said}");
        assert_eq!(server.state().comments, [(1, text.clone())]);
    }
}

#[test]
fn comments_of_others_stay() {
    let tmp = tempfile::tempdir().unwrap();
    let file = tmp.path().join("diff.md");
    fs::write(&file, format!("{MARKER}\nours\n")).unwrap();
    let theirs = (1, format!("{MARKER}\nsomebody's\n"));
    let server = Server::start(vec![theirs.clone()]);
    server.state().frozen = true;
    let (code, said) = comment(&server, &file);
    assert_eq!(code, 0, "{said}");
    assert_eq!(server.state().comments, [theirs, (2, format!("{MARKER}\nours\n"))]);
    // Without a marker nothing could be found again.
    fs::write(&file, "# ours\n").unwrap();
    let calls = server.state().calls.len();
    let (code, said) = comment(&server, &file);
    assert_eq!((code, server.state().calls.len()), (2, calls), "{said}");
    assert!(said.contains("doesn't start with a marker"), "{said}");
}

/// A release as `ci/pack.sh` makes it, of a program that calls the one under test.
fn release(dir: &Path) -> String {
    let program = dir.join("terrace");
    script(&program, &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_terrace")));
    let version = env!("CARGO_PKG_VERSION");
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    let at = dir.join(format!("releases/download/v{version}"));
    let pack = || {
        let mut bash = bash(&[]);
        bash.arg(root().join("ci/pack.sh")).arg(&target).arg(&at).env("TERRACE_BINARY", &program);
        let (code, said) = run(&mut bash);
        assert_eq!(code, 0, "{said}");
        fs::read(at.join(format!("terrace-{version}-{target}.tar.gz"))).unwrap()
    };
    assert_eq!(pack(), pack(), "the same archive each time");
    let sums = bash(&[]).args(["-c", "sha256sum -- *.tar.gz"]).current_dir(&at).output().unwrap().stdout;
    fs::write(at.join("SHA256SUMS"), sums).unwrap();
    version.to_owned()
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn a_release_is_installed_if_its_checksum_fits() {
    let tmp = tempfile::tempdir().unwrap();
    let version = release(tmp.path());
    let releases = format!("file://{}/releases", tmp.path().display());
    let install = |version: &str, to: &str| {
        let mut bash = bash(&[]);
        bash.arg(root().join("ci/install.sh")).arg(version).arg(tmp.path().join(to)).env("TERRACE_RELEASES", &releases);
        run(&mut bash)
    };
    let (code, said) = install(&format!("v{version}"), "to");
    assert_eq!((code, said.trim()), (0, tmp.path().join("to").to_str().unwrap()));
    for file in
        ["terrace", "LICENSE", "man/terrace.1", "man/terrace-new-app.1", "completions/terrace.zsh", "ci/comment.sh"]
    {
        assert!(tmp.path().join("to").join(file).is_file(), "{file}");
    }
    let (code, said) = run(Command::new(tmp.path().join("to/terrace")).arg("--version"));
    assert_eq!((code, said), (0, format!("terrace {version}\n")));
    let sums = tmp.path().join(format!("releases/download/v{version}/SHA256SUMS"));
    let right = fs::read_to_string(&sums).unwrap();
    for (text, says) in [
        (right.replace(&right[..8], "00000000"), "doesn't fit: nothing is installed"),
        (right.replace("  terrace-", "  other-"), "has no checksum"),
    ] {
        fs::write(&sums, text).unwrap();
        let (code, said) = install(&version, "not");
        assert!(code != 0 && said.contains(says) && !tmp.path().join("not").exists(), "{said}");
    }
    let (code, said) = install("9.9.9", "not");
    assert!(code != 0 && !tmp.path().join("not").exists(), "{said}");
}

/// The `run:` blocks of action.yml, in order.
fn steps() -> Vec<String> {
    let action: Value = serde_yaml::from_str(&fs::read_to_string(root().join("action.yml")).unwrap()).unwrap();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    steps.iter().map(|step| step["run"].as_str().unwrap().to_owned()).collect()
}

/// What `terrace` is called with, and a diff to show.
const STAND_IN: &str = "echo \"$@\" >>\"$CALLS\"\n\
    case $1 in diff) printf '<!-- terrace-diff terrace -->\\n# A diff\\n' ;; esac\nexit \"${CODE:-0}\"";

#[test]
fn the_steps_of_the_action() {
    let tmp = tempfile::tempdir().unwrap();
    let at = |name: &str| tmp.path().join(name);
    fs::create_dir_all(at("bin")).unwrap();
    script(&at("bin/terrace"), STAND_IN);
    let server = Server::start(Vec::new());
    let action = |verb: &str, args: &str, dir: &Path, code: &str| {
        let mut said = String::new();
        for step in steps() {
            let mut bash = bash(&[&at(if code == "real" { "real" } else { "bin" })]);
            bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &step]).current_dir(dir);
            bash.env("GITHUB_ACTIONS", "true").env("GITHUB_ACTION_PATH", root()).env("RUNNER_TEMP", tmp.path());
            bash.env("GITHUB_PATH", at("path")).env("GITHUB_OUTPUT", at("output"));
            bash.env("GITHUB_STEP_SUMMARY", at("summary")).env("CALLS", at("calls")).env("CODE", code);
            bash.env("GITHUB_API_URL", &server.url).env("GITHUB_REPOSITORY", "acme/fleet");
            bash.env("TERRACE_VERSION", "").env("TERRACE_VERB", verb).env("TERRACE_ARGS", args);
            bash.env("TERRACE_COMMENT", "true").env("TERRACE_REQUEST", "7").env("TERRACE_TOKEN", "secret");
            let (code, text) = run(bash.env("TERRACE_ALLOW_HELD", "false"));
            said += &text;
            if code != 0 {
                return (code, said);
            }
        }
        (0, said)
    };
    for (verb, args, code) in [
        ("check", "--cluster prod-*  --layer $(id)", "0"),
        ("render", "-o out", "3"),
        ("diff", "origin/main", "0"),
        ("diff", "", "1"),
        ("diff", "", "2"),
        ("publish", "--dry-run", "0"),
    ] {
        let (ended, said) = action(verb, args, tmp.path(), code);
        assert_eq!(ended.to_string(), code, "{verb}: {said}");
    }
    let calls = "check --format github --cluster prod-* --layer $(id)\nrender --format github -o out\n\
                 diff --format markdown origin/main\ndiff --format markdown\ndiff --format markdown\n\
                 publish --dry-run --push\n";
    assert_eq!(fs::read_to_string(at("calls")).unwrap(), calls);
    let codes: Vec<&str> = ["0", "3", "0", "1", "2", "0"].into();
    let outputs: String = codes.iter().map(|code| format!("exit-code={code}\n")).collect();
    assert_eq!(fs::read_to_string(at("output")).unwrap(), outputs);
    // The diff that couldn't be made is shown nowhere.
    assert_eq!(fs::read_to_string(at("summary")).unwrap().matches("# A diff").count(), 2);
    assert_eq!(server.state().comments, [(1, format!("{MARKER}\n# A diff\n"))]);
    let (ended, said) = action("chekc", "", tmp.path(), "0");
    assert!(ended == 2 && said.contains("not one of check, render, diff, publish"), "{said}");
    // And with the program itself.
    fs::create_dir_all(at("real")).unwrap();
    script(&at("real/terrace"), &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_terrace")));
    assert_eq!(action("check", "", &fleet(), "real").0, 0);
    let bad = root().join("testdata/bad/object-owned-twice/in");
    let (ended, said) = action("check", "", &bad, "real");
    assert!(ended != 0 && said.contains("::error "), "{said}");
    // Every input reaches the shell as a variable: no expression stands in what is run.
    assert!(steps().iter().all(|step| !step.contains("${{")));
}

/// A job of the template: what stands before its script, and its script.
fn job(name: &str) -> String {
    let text = fs::read_to_string(root().join("ci/gitlab/terrace.yml")).unwrap();
    let template: Value = serde_yaml::from_str(&text).unwrap();
    let before = template[".terrace"]["before_script"].as_sequence().unwrap();
    let own = template[name]["script"].as_sequence().unwrap();
    before.iter().chain(own).map(|line| format!("{}\n", line.as_str().unwrap())).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn the_jobs_of_the_template() {
    let tmp = tempfile::tempdir().unwrap();
    let version = release(tmp.path());
    let server = Server::start(Vec::new());
    let home = tmp.path().join("home");
    let call = |name: &str, dir: &Path, stand_in: bool| {
        let mut script_text = job(name);
        if stand_in {
            // After the release was installed: verbs are told by what they are called with.
            script(&tmp.path().join("stand-in"), STAND_IN);
            let swap = format!("cp {} \"$TERRACE_HOME/terrace\"\nset -f\n", tmp.path().join("stand-in").display());
            script_text = script_text.replace("set -f\n", &swap);
        }
        let mut bash = bash(&[]);
        bash.args(["-e", "-o", "pipefail", "-c", &script_text]).current_dir(dir);
        bash.env("GITLAB_CI", "true").env("TERRACE_VERSION", &version).env("TERRACE_HOME", &home);
        bash.env("TERRACE_RELEASES", format!("file://{}/releases", tmp.path().display()));
        bash.env("TERRACE_FLEET", ".").env("TERRACE_DIR", tmp.path()).env("TERRACE_DIFF_ARGS", "--all");
        bash.env("TERRACE_PUBLISH_ARGS", "--partial").env("CALLS", tmp.path().join("calls"));
        bash.env("CI_API_V4_URL", &server.url).env("CI_PROJECT_ID", "3").env("CI_MERGE_REQUEST_IID", "7");
        bash.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main").env("TERRACE_TOKEN", "secret");
        run(bash.env("CI_SERVER_HOST", "gitlab.example.com").env("CI_PROJECT_PATH", "acme/fleet"))
    };
    let (code, said) = call("terrace:check", &fleet(), false);
    assert_eq!(code, 0, "{said}");
    let report = fs::read_to_string(tmp.path().join("terrace.junit.xml")).unwrap();
    assert!(report.contains("<testsuites"), "{report}");
    let (code, said) = call("terrace:check", &root().join("testdata/bad/unknown-path/in"), false);
    assert!(code == 3 && said.contains("error[unknown-path]"), "{said}");
    // A clone, since a merge request's job has one.
    let git = |dir: &Path, args: &str| git(dir, &args.split(' ').collect::<Vec<_>>());
    let (origin, clone) = (tmp.path().join("origin"), tmp.path().join("clone"));
    fs::create_dir_all(&origin).unwrap();
    git(&origin, "init -q -b main");
    git(&origin, "commit -q --allow-empty -m one");
    git(tmp.path(), "clone -q origin clone");
    for _ in 0..2 {
        let (code, said) = call("terrace:diff", &clone, true);
        assert_eq!(code, 0, "{said}");
        assert_eq!(server.state().comments, [(1, format!("{MARKER}\n# A diff\n"))]);
    }
    let (code, said) = call("terrace:publish", &clone, true);
    assert_eq!(code, 0, "{said}");
    let diff = "diff --format markdown origin/main --all\n";
    assert_eq!(
        fs::read_to_string(tmp.path().join("calls")).unwrap(),
        format!("{diff}{diff}publish --partial --push\n")
    );
}

fn git(dir: &Path, args: &[&str]) -> String {
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    let done = Command::new("git").args(who).args(args).current_dir(dir).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// The example fleet in a bare repository, and a clone of it, as a job of CI has it: on no branch.
fn clone(tmp: &Path) -> (PathBuf, PathBuf) {
    let (work, bare, clone) = (tmp.join("work"), tmp.join("origin.git"), tmp.join("clone"));
    assert!(Command::new("cp").arg("-r").arg(fleet()).arg(&work).status().unwrap().success());
    git(&work, &["init", "-q", "-b", "main"]);
    git(&work, &["add", "-A"]);
    git(&work, &["commit", "-q", "-m", "Our fleet"]);
    git(&work, &["tag", "stable"]);
    git(tmp, &["clone", "-q", "--bare", "work", "origin.git"]);
    git(tmp, &["clone", "-q", bare.to_str().unwrap(), "clone"]);
    git(&clone, &["switch", "-q", "--detach"]);
    git(&clone, &["branch", "-q", "-D", "main"]);
    git(&clone, &["remote", "set-head", "origin", "-d"]);
    (bare, clone)
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{}", file.display());
    fs::write(file, text.replace(from, to)).unwrap();
}

/// A pull request and a push, with the program itself: what the action and the jobs of GitLab do in them.
#[test]
#[cfg(target_os = "linux")]
fn from_the_pull_request_to_the_branches() {
    let tmp = tempfile::tempdir().unwrap();
    let at = |name: &str| tmp.path().join(name);
    let (bare, clone) = clone(tmp.path());
    fs::create_dir_all(at("real")).unwrap();
    script(&at("real/terrace"), &format!("exec {} \"$@\"", env!("CARGO_BIN_EXE_terrace")));
    let version = release(tmp.path());
    let (github, gitlab) = (Server::start(Vec::new()), Server::start(Vec::new()));
    let action = |verb: &str, args: &str| {
        let steps = steps().join("\n");
        let mut bash = bash(&[&at("real")]);
        bash.args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &steps]).current_dir(&clone);
        bash.env("GITHUB_ACTIONS", "true").env("GITHUB_ACTION_PATH", root()).env("RUNNER_TEMP", tmp.path());
        bash.env("GITHUB_PATH", at("path")).env("GITHUB_OUTPUT", at("output"));
        bash.env("GITHUB_STEP_SUMMARY", at("summary")).env("GITHUB_API_URL", &github.url);
        bash.env("GITHUB_REPOSITORY", "acme/fleet").env("TERRACE_CACHE_DIR", at("cache"));
        bash.env("TERRACE_VERSION", "").env("TERRACE_VERB", verb).env("TERRACE_ARGS", args);
        bash.env("TERRACE_COMMENT", "true").env("TERRACE_REQUEST", "7").env("TERRACE_TOKEN", "secret");
        run(bash.env("TERRACE_ALLOW_HELD", "false"))
    };
    let gitlab_job = |name: &str, token: &str| {
        let mut bash = bash(&[]);
        bash.args(["-e", "-o", "pipefail", "-c", &job(name)]).current_dir(&clone);
        bash.env("GITLAB_CI", "true").env("TERRACE_VERSION", &version).env("TERRACE_HOME", at("home"));
        bash.env("TERRACE_RELEASES", format!("file://{}/releases", tmp.path().display()));
        bash.env("TERRACE_FLEET", ".").env("TERRACE_DIR", tmp.path()).env("TERRACE_TOKEN", token);
        bash.env("CI_API_V4_URL", &gitlab.url).env("CI_PROJECT_ID", "3").env("CI_MERGE_REQUEST_IID", "7");
        run(bash.env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main").env("TERRACE_CACHE_DIR", at("cache")))
    };
    // The branches as they are before.
    let (code, said) = action("publish", "");
    assert_eq!(code, 0, "{said}");
    let branches = git(&bare, &["for-each-ref", "--format=%(refname)", "refs/heads/env"]);
    assert_eq!(branches.lines().count(), 6, "{branches}");
    // A pull request with a mistake in it.
    let values = clone.join("values/values.production.yaml");
    edit(&values, "max: 12", "max: 20");
    edit(&clone.join("teams/checkout/deployment.yaml.j2"), "serviceAccountName", "serviceAcountName");
    git(&clone, &["commit", "-q", "-a", "-m", "Let checkout grow"]);
    for args in ["", "--since origin/main"] {
        let (code, said) = action("check", args);
        assert!(code == 1 && said.contains("::error file=teams/checkout/deployment.yaml.j2,line=15"), "{args}: {said}");
    }
    let one = |server: &Server| match &server.state().comments[..] {
        [(1, text)] => text.clone(),
        other => panic!("not one comment: {other:?}"),
    };
    let (code, said) = action("diff", "");
    assert_eq!(code, 0, "{said}");
    let (code, said) = gitlab_job("terrace:diff", "secret");
    assert_eq!(code, 0, "{said}");
    for server in [&github, &gitlab] {
        let text = one(server);
        assert!(text.starts_with(MARKER) && text.contains("serviceAcountName") && text.contains("+20"), "{text}");
    }
    // Mended: the same comment tells of it.
    edit(&clone.join("teams/checkout/deployment.yaml.j2"), "serviceAcountName", "serviceAccountName");
    git(&clone, &["commit", "-q", "-a", "-m", "Mend it"]);
    assert_eq!(action("check", "--since origin/main").0, 0);
    assert_eq!(action("diff", "").0, 0);
    assert_eq!(gitlab_job("terrace:diff", "secret").0, 0);
    for server in [&github, &gitlab] {
        let text = one(server);
        assert!(!text.contains("serviceAcountName") && text.contains("+20"), "{text}");
    }
    // Merged and promoted: two branches get a commit, once.
    git(&clone, &["push", "-q", "origin", "HEAD:main"]);
    git(&clone, &["tag", "-f", "stable"]);
    let (code, said) = action("publish", "");
    assert!(code == 0 && said.contains("2 branches published to origin"), "{said}");
    for (name, commits) in [("env/prod-01", "2"), ("env/dr-01", "2"), ("env/dev-01", "1")] {
        assert_eq!(git(&bare, &["rev-list", "--count", name]), commits, "{name}");
    }
    let (code, said) = gitlab_job("terrace:publish", "");
    assert!(code == 0 && said.contains("nothing was published to origin"), "{said}");
    assert_eq!(git(&clone, &["status", "--porcelain"]), "", "the clone is as it was");
}

/// What the hook of pre-commit runs, as git runs it: with git's variables set, for what is staged.
#[test]
fn the_hook_checks_what_is_staged() {
    let tmp = tempfile::tempdir().unwrap();
    let (_, clone) = clone(tmp.path());
    let hook = clone.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    script(&hook, &format!("exec {} check --staged", env!("CARGO_BIN_EXE_terrace")));
    let file = clone.join("teams/checkout/deployment.yaml.j2");
    let commit = |args: &[&str]| {
        let who = ["-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-m", "x"];
        run(Command::new("git")
            .args(who)
            .args(args)
            .current_dir(&clone)
            .env("TERRACE_CACHE_DIR", tmp.path().join("cache")))
    };
    edit(&file, "serviceAccountName", "serviceAcountName");
    git(&clone, &["add", "-A"]);
    edit(&file, "serviceAcountName", "serviceAccountName");
    let (code, said) = commit(&[]);
    assert!(code == 1 && said.contains("error[unknown-field]"), "{said}");
    // The other way round: what isn't staged may be wrong.
    git(&clone, &["reset", "-q", "--hard"]);
    edit(&clone.join("values/values.production.yaml"), "max: 12", "max: 20");
    git(&clone, &["add", "-A"]);
    edit(&file, "serviceAccountName", "serviceAcountName");
    let (code, said) = commit(&[]);
    assert!(code == 0 && said.contains("nothing found in"), "{said}");
    // A commit of some files has an index of its own.
    let (code, said) = commit(&["--", "teams"]);
    assert!(code == 1 && said.contains("error[unknown-field]"), "{said}");
}

/// The hooks that pre-commit reads call a verb that is there, and hand it no file names.
#[test]
fn the_hooks_for_pre_commit() {
    let hooks: Value =
        serde_yaml::from_str(&fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap()).unwrap();
    let hooks = hooks.as_sequence().unwrap();
    let ids: Vec<&str> = hooks.iter().map(|hook| hook["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["terrace-check", "terrace-check-build"]);
    for hook in hooks {
        assert_eq!(hook["entry"].as_str(), Some("terrace check --staged"));
        assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
    }
}
