#!/usr/bin/env bash
# Packs a release build: pack.sh TARGET DIR makes DIR/terrace-VERSION-TARGET.tar.gz with the program, its licence, manual pages,
# completions, and the scripts for CI. TERRACE_BINARY names the program where it isn't where cargo leaves it.
set -euo pipefail

target=${1:?usage: pack.sh TARGET DIR} out=${2:?usage: pack.sh TARGET DIR}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
binary=${TERRACE_BINARY:-${CARGO_TARGET_DIR:-target}/$target/release/terrace}
version=$("$binary" --version)
version=${version##* }
name=terrace-$version-$target
mkdir -p "$out"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
root=$tmp/$name
mkdir -p "$root/ci" "$root/completions"
cp "$binary" "$root/terrace"
cp LICENSE README.md "$root/"
cp ci/run.sh ci/comment.sh "$root/ci/"
"$binary" man -o "$root/man"
for shell in bash zsh fish powershell elvish; do
  "$binary" completions "$shell" >"$root/completions/terrace.$shell"
done
# The same bytes from the same build: no times, owners or order of the file system.
if tar --version 2>/dev/null | grep -q GNU; then
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$tmp" -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
else
  tar -C "$tmp" -cf - "$name" | gzip -n -9 >"$out/$name.tar.gz"
fi
echo "$out/$name.tar.gz"
