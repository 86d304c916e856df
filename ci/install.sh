#!/usr/bin/env bash
# Puts terrace into a directory, out of a release whose checksum fits: install.sh VERSION DIR.
# Without a VERSION, a terrace that is in the PATH will do, else the latest release is taken.
# Prints the directory that holds terrace; empty if the one in the PATH is used. Needs curl, tar and sha256sum or shasum.
set -euo pipefail

version=${1-} dir=${2:?usage: install.sh VERSION DIR}
releases=${TERRACE_RELEASES:-https://github.com/terrace-dev/terrace/releases}

if [ -z "$version" ] && command -v terrace >/dev/null; then
  exit 0
fi

fetch() { curl --fail --silent --show-error --location --retry 3 --proto '=https,file' --output "$2" "$1"; }

if [ -z "$version" ]; then
  # The address of the latest release ends with its version.
  latest=$(curl --fail --silent --show-error --head --location --output /dev/null --write-out '%{url_effective}' "$releases/latest")
  version=${latest##*/}
fi
version=${version#v}

case $(uname -s)-$(uname -m) in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  *)
    echo "there is no release of terrace for $(uname -s) on $(uname -m): build it with cargo" >&2
    exit 1
    ;;
esac

name=terrace-$version-$target
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
fetch "$releases/download/v$version/$name.tar.gz" "$tmp/$name.tar.gz"
fetch "$releases/download/v$version/SHA256SUMS" "$tmp/SHA256SUMS"
sums=sha256sum
command -v sha256sum >/dev/null || sums="shasum -a 256"
# Only the line of this archive, and it has to be there.
if ! grep -F "  $name.tar.gz" "$tmp/SHA256SUMS" >"$tmp/sum"; then
  echo "the release v$version has no checksum for $name.tar.gz" >&2
  exit 1
fi
(cd "$tmp" && $sums -c sum >/dev/null) || {
  echo "the checksum of $name.tar.gz doesn't fit: nothing is installed" >&2
  exit 1
}
mkdir -p "$dir"
tar -xzf "$tmp/$name.tar.gz" -C "$dir" --strip-components=1
echo "$dir"
