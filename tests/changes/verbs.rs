//! The verbs as people call them: what they print, and how they end.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::fleet::fleet;
use super::replace;
use super::repo::Repo;

/// Runs the command in a directory: its exit code, and all that it printed, commit ids and temporary paths replaced.
fn terrace(dir: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
    let ran = command.env("TERRACE_CACHE_DIR", "").current_dir(dir).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    let place = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let text = text.replace(&*place.to_string_lossy(), "FLEET");
    let mut shown = String::new();
    // Ids go by the time at which a commit was made.
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let id = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let is_id =
            id.len() >= 10 && id.bytes().all(|b| b.is_ascii_hexdigit()) && id.bytes().any(|b| b.is_ascii_digit());
        shown += &if is_id { word.replace(id, "ID") } else { word.to_owned() };
    }
    format!("$ terrace {}\n{shown}exit {}\n", args.join(" "), ran.status.code().unwrap_or(-1))
}

fn all(repo: &Repo, calls: &[&[&str]]) -> String {
    calls.iter().map(|args| terrace(&repo.path(), args)).collect::<Vec<_>>().join("\n")
}

#[test]
fn impact_of_files() {
    let repo = fleet();
    let said = all(
        &repo,
        &[
            &["impact", "values/values.production.yaml", "values/values.prod-02.yaml"],
            &["impact", "docs/README.md", "services/mail/mail.yaml"],
            &["impact", "values/values.stag-01.yaml", "baseline/resources/new.yaml", "teams/new/a.yaml"],
            &["impact", "bases/agent/agent.yaml", "custom/data/layer.yaml", "baseline/resources/web/app.yaml"],
            &["impact", "argocd/services.yaml", "services/api/api.yaml", "services/api/more.yaml"],
            &["impact", "terrace.yaml", "--cluster", "stag-01"],
            &["impact", "baseline/resources/proxy/values.yaml", "--format", "json", "--cluster", "prod-01"],
            &["impact", "../elsewhere.yaml"],
            &["impact", "teams", "no/such.yaml"],
            &["impact", "no/such.yaml"],
            &["impact", "values/values.yaml", "--app", "web"],
            &["impact"],
        ],
    );
    insta::assert_snapshot!("impact-of-files", said);
}

#[test]
fn impact_of_changes() {
    let repo = fleet();
    replace(&repo, "values/values.yaml", "level: info", "level: warn");
    repo.git(&["add", "values"]);
    replace(&repo, "bases/agent/agent.yaml", "watch", "poll");
    replace(&repo, "docs/README.md", "Nobody", "Somebody");
    repo.write("notes.txt", "new, and read by nobody\n");
    let said = all(
        &repo,
        &[
            &["impact", "--since", "HEAD"],
            &["impact", "--staged"],
            &["impact", "--since", "HEAD", "--cluster", "prod-01", "--format", "json"],
            &["impact", "--since", "nothing"],
        ],
    );
    insta::assert_snapshot!("impact-of-changes", said);
}

#[test]
fn check_of_what_is_staged() {
    let repo = fleet();
    let cart = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndate: {currency: EUR}\n";
    repo.write("teams/shop/cart.yaml", cart);
    repo.git(&["add", "teams"]);
    // What stands is right again; the next commit is not.
    repo.write("teams/shop/cart.yaml", &cart.replace("date", "data"));
    // Wrong, but neither staged nor reached by what is.
    replace(&repo, "baseline/resources/quota.yaml", "data:", "dato:");
    let said = all(
        &repo,
        &[
            &["check", "--staged"],
            &["check", "--since", "HEAD"],
            &["diff", "HEAD", "--staged"],
            &["check", "--since", "nothing"],
        ],
    );
    insta::assert_snapshot!("check-of-what-is-staged", said);
}

/// What has no state before it, or none that can be compiled, counts as changed as a whole.
#[test]
fn what_nothing_comes_before() {
    let repo = fleet();
    repo.write("teams/shop/cart.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cart}\ndate: {}\n");
    repo.git(&["checkout", "-q", "--orphan", "first"]);
    repo.git(&["add", "-A"]);
    let first = all(&repo, &[&["check", "--staged"], &["impact", "--staged", "--cluster", "stag-01"], &["publish"]]);
    repo.git(&["checkout", "-q", "-f", "main"]);
    let good = fs::read_to_string(repo.path().join("terrace.yaml")).unwrap();
    repo.write("terrace.yaml", "kind: Nothing\n");
    repo.commit("broken");
    repo.write("terrace.yaml", &good);
    let mended = all(&repo, &[&["check", "--since", "HEAD"], &["check", "--staged"]]);
    repo.git(&["reset", "-q", "--hard", "HEAD~1"]);
    let same = all(&repo, &[&["check", "--staged"], &["check", "--since", "HEAD"]]);
    insta::assert_snapshot!("what-nothing-comes-before", [first, mended, same].join("\n"));
}

#[test]
fn a_diff_as_it_is_called() {
    let repo = fleet();
    repo.git(&["checkout", "-q", "-b", "change"]);
    replace(&repo, "values/values.yaml", "tag: v1", "tag: v2");
    repo.commit("a new version");
    repo.git(&["checkout", "-q", "main"]);
    replace(&repo, "services/jobs/jobs.yaml", "1h", "2h");
    repo.commit("meanwhile");
    repo.git(&["checkout", "-q", "change"]);
    replace(&repo, "teams/shop/cart.yaml", "EUR", "CHF");
    let said = all(
        &repo,
        &[
            &["diff"],
            &["diff", "main", "HEAD", "--exit-code"],
            &["diff", "main", "HEAD", "--tip", "--cluster", "stag-01"],
            &["diff", "main", "--app", "teams-*", "--format", "markdown"],
            &["diff", "HEAD", "HEAD", "--exit-code"],
            &["diff", "nothing"],
            &["diff", ""],
            &["diff", "main..HEAD"],
            &["diff", "--cluster", "prod-1"],
        ],
    );
    replace(&repo, "services/api/api.yaml", "port", "  port: [");
    let held = terrace(&repo.path(), &["diff"]);
    repo.write("terrace.yaml", "kind: Nothing\n");
    let broken = terrace(&repo.path(), &["diff"]);
    insta::assert_snapshot!("diff-as-it-is-called", format!("{said}\n{held}\n{broken}"));
}

#[test]
fn what_cannot_be_compared() {
    let repo = fleet();
    let elsewhere = tempfile::tempdir().unwrap();
    let no_git = terrace(elsewhere.path(), &["diff"]);
    repo.git(&["branch", "-m", "trunk"]);
    let no_default = terrace(&repo.path(), &["diff"]);
    repo.git(&["checkout", "-q", "--orphan", "other"]);
    repo.commit("a history of its own");
    let unrelated = terrace(&repo.path(), &["diff", "trunk"]);
    let tip = terrace(&repo.path(), &["diff", "trunk", "--tip"]);
    insta::assert_snapshot!("what-cannot-be-compared", [no_git, no_default, unrelated, tip].join("\n"));
}

#[test]
fn a_bare_clone_is_compared_too() {
    let repo = fleet();
    replace(&repo, "values/values.yaml", "tag: v1", "tag: v2");
    repo.commit("a new version");
    let bare = repo.clone_with(&["--bare"]);
    assert!(!bare.path().join("terrace.yaml").exists());
    insta::assert_snapshot!("diff-of-a-bare-clone", terrace(&bare.path(), &["diff", "HEAD~1", "HEAD"]));
}

#[test]
fn clusters_beside_each_other() {
    let repo = fleet();
    let said = all(
        &repo,
        &[
            &["compare", "prod-01", "prod-02"],
            &["compare", "environment=staging", "environment=production", "--app", "baseline-*"],
            &["compare", "--promote", "prod-02", "stag-01"],
            &["compare", "--promote", "stag-01", "environment=production"],
            &["compare", "prod-1", "prod-02"],
            &["compare", "environment=test", "prod-02"],
        ],
    );
    insta::assert_snapshot!("clusters-beside-each-other", said);
}

#[test]
fn what_is_lost_from_the_cache_is_made_anew() {
    let repo = fleet();
    let root = tempfile::tempdir().unwrap();
    let diff = |cache: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_terrace"));
        let ran = command.current_dir(repo.path()).args(["diff", "HEAD"]).args(cache).output().unwrap();
        String::from_utf8(ran.stdout).unwrap()
    };
    let cached = ["--cache-dir", root.path().to_str().unwrap()];
    diff(&cached);
    replace(&repo, "values/values.yaml", "domain: example.com", "domain: example.org");
    let truth = diff(&["--no-cache"]);
    assert_eq!(diff(&cached), truth);
    // Texts stand first in a file, and are looked at only when they are needed.
    let fleets = fs::read_dir(root.path().join("fleets")).unwrap().flatten();
    for file in fleets.flat_map(|dir| fs::read_dir(dir.path()).unwrap()).flatten() {
        let mut bytes = fs::read(file.path()).unwrap();
        bytes.iter_mut().skip(16).take(400).for_each(|byte| *byte ^= 1);
        fs::write(file.path(), bytes).unwrap();
    }
    assert_eq!(diff(&cached), truth, "texts are lost");
    assert_eq!(diff(&cached), truth, "and made anew");
}
