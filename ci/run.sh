#!/usr/bin/env bash
# One verb of terrace as a CI job: run.sh check|render|diff|publish [ARG…].
#
#   check    findings as annotations on GitHub, as a JUnit report (terrace.junit.xml) on GitLab
#   render   the trees; on GitHub with findings as annotations
#   diff     what changes, as Markdown: terrace-diff.md in TERRACE_DIR, in GitHub's summary, and (TERRACE_COMMENT=true) as a
#            comment under the request
#   publish  the trees to their branches, pushed
#
# Ends as terrace does; a run with held apps (3) is fine where TERRACE_ALLOW_HELD=true.
set -uo pipefail

verb=${1:?usage: run.sh check|render|diff|publish [ARG…]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${TERRACE_DIR:-${RUNNER_TEMP:-.}}
code=0

case $verb in
  check)
    if [ -n "${GITHUB_ACTIONS-}" ]; then
      terrace check --format github "$@" || code=$?
    elif [ -n "${GITLAB_CI-}" ]; then
      terrace check --format junit "$@" >"$dir/terrace.junit.xml" || code=$?
      # For the log; the first run has read all that there is to read.
      [ "$code" = 0 ] || terrace check "$@" || true
    else
      terrace check "$@" || code=$?
    fi
    ;;
  render)
    if [ -n "${GITHUB_ACTIONS-}" ]; then
      terrace render --format github "$@" || code=$?
    else
      terrace render "$@" || code=$?
    fi
    ;;
  diff)
    file=$dir/terrace-diff.md
    terrace diff --format markdown "$@" >"$file" || code=$?
    # With 2 there is nothing to show: the reason is in the log.
    if [ "$code" != 2 ]; then
      cat "$file"
      [ -z "${GITHUB_STEP_SUMMARY-}" ] || cat "$file" >>"$GITHUB_STEP_SUMMARY"
      if [ "${TERRACE_COMMENT-}" = true ]; then
        # A fork's token may not comment; the diff is in the log and the summary all the same.
        if ! bash "$here/comment.sh" "$file"; then
          [ -n "${GITHUB_ACTIONS-}" ] && printf '::warning::'
          echo "the comment under the request couldn't be written"
        fi
      fi
    fi
    ;;
  # Last, since it may take the name of a remote.
  publish) terrace publish "$@" --push || code=$? ;;
  *)
    echo "run.sh: \`$verb\` is not one of check, render, diff, publish" >&2
    exit 2
    ;;
esac

[ -z "${GITHUB_OUTPUT-}" ] || echo "exit-code=$code" >>"$GITHUB_OUTPUT"
if [ "$code" = 3 ] && [ "${TERRACE_ALLOW_HELD-}" = true ]; then
  echo "some apps are held; that is allowed here" >&2
  code=0
fi
exit "$code"
