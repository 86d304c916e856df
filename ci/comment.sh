#!/usr/bin/env bash
# Puts a Markdown file under a pull or merge request, as one comment that later runs replace: comment.sh FILE.
#
# The first line of the file is a hidden marker, an HTML comment; the comment that starts with it is replaced, and if there
# is none, one is made. Needs bash, curl and jq, and in the environment
#   on GitHub  GITHUB_REPOSITORY, TERRACE_TOKEN, TERRACE_REQUEST (the number of the pull request); GITHUB_API_URL
#   on GitLab  CI_API_V4_URL, CI_PROJECT_ID, CI_MERGE_REQUEST_IID, TERRACE_TOKEN (with the scope `api`: a job's token can't write)
set -euo pipefail

file=${1:?usage: comment.sh FILE}
marker=$(head -n 1 "$file")
marker=${marker%$'\r'}
case $marker in
  '<!--'*'-->') ;;
  *)
    echo "$file doesn't start with a marker, such as <!-- terrace-diff -->" >&2
    exit 2
    ;;
esac

if [ -n "${CI_MERGE_REQUEST_IID-}" ]; then
  list="$CI_API_V4_URL/projects/${CI_PROJECT_ID:?}/merge_requests/$CI_MERGE_REQUEST_IID/notes"
  one=$list
  update=PUT
  header="PRIVATE-TOKEN: ${TERRACE_TOKEN:?}"
elif [ -n "${GITHUB_REPOSITORY-}" ]; then
  api="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues"
  list="$api/${TERRACE_REQUEST:?the number of the pull request}/comments"
  one="$api/comments"
  update=PATCH
  header="Authorization: Bearer ${TERRACE_TOKEN:?}"
else
  echo "this is neither a pull request on GitHub nor a merge request on GitLab" >&2
  exit 2
fi

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# The token stays out of the list of processes, the body out of the limit on arguments.
(umask 077 && printf '%s\n' "$header" >"$tmp/header")
jq --raw-input --slurp '{body: .}' "$file" >"$tmp/body"

call() { # METHOD URL [BODY]: prints the answer; fails on any status that isn't 2xx
  local data=()
  [ $# -lt 3 ] || data=(--data-binary "@$3")
  curl --fail-with-body --silent --show-error --retry 3 --request "$1" --header "@$tmp/header" \
    --header 'Content-Type: application/json' --header 'Accept: application/json' "${data[@]}" "$2"
}

id=
for ((page = 1; page <= 50; page++)); do
  call GET "$list?per_page=100&page=$page" >"$tmp/page"
  id=$(jq --raw-output --arg marker "$marker" \
    'map(select((.body // "") | gsub("\r"; "") | . == $marker or startswith($marker + "\n"))) | first.id // empty' "$tmp/page")
  if [ -n "$id" ] || [ "$(jq length "$tmp/page")" -lt 100 ]; then
    break
  fi
done

# What isn't ours to change (somebody copied the marker) stays, and a comment of our own is made.
if [ -n "$id" ] && call $update "$one/$id" "$tmp/body" >/dev/null; then
  echo "updated comment $id" >&2
else
  call POST "$list" "$tmp/body" >/dev/null
  echo "made a comment" >&2
fi
