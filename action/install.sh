#!/usr/bin/env bash
# Puts the holdfast that prepare.sh decided for in its place, unless the cache had it.
# shellcheck source=action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

action=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
kind=${HOLDFAST_KIND:?}
binary=${HOLDFAST_BINARY:?}

# The name that Rust has for this runner.
target() {
  case "${RUNNER_OS:-}-${RUNNER_ARCH:-}" in
    Linux-X64) echo x86_64-unknown-linux-gnu ;;
    Linux-ARM64) echo aarch64-unknown-linux-gnu ;;
    macOS-X64) echo x86_64-apple-darwin ;;
    macOS-ARM64) echo aarch64-apple-darwin ;;
    Windows-X64) echo x86_64-pc-windows-msvc ;;
    Windows-ARM64) echo aarch64-pc-windows-msvc ;;
    *) fail "there is no release for ${RUNNER_OS:-?} on ${RUNNER_ARCH:-?}; set version to source" ;;
  esac
}

build() {
  command -v cargo >/dev/null || fail 'cargo is not on this runner; install Rust before this step, or set version to a release'
  # Not in the workspace: it may hold a .cargo/config.toml that the author of a pull request wrote.
  (cd "$action" && cargo build --release --locked --bin holdfast --target-dir "$HOLDFAST_DIRECTORY/build")
  mv "$HOLDFAST_DIRECTORY/build/release/$(basename "$binary")" "$binary"
  rm -rf "$HOLDFAST_DIRECTORY/build"
}

download() {
  local name page folder expected found target
  target=$(target) || exit 2
  name="holdfast-$HOLDFAST_RELEASE-$target.tar.gz"
  page="https://github.com/holdfast-scanner/holdfast/releases/download/v$HOLDFAST_RELEASE"
  folder=$(mktemp -d "${RUNNER_TEMP:?}/holdfast-download.XXXXXX")
  for file in "$name" SHA256SUMS; do
    curl --proto '=https' --tlsv1.2 --silent --show-error --fail --location --retry 3 --output "$folder/$file" "$page/$file" ||
      fail "$page/$file could not be downloaded"
  done
  expected=$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")
  found=$(sha256 <"$folder/$name")
  if [ -z "$expected" ] || [ "$expected" != "$found" ]; then
    fail "the SHA-256 of $name is $found, and SHA256SUMS says ${expected:-nothing}"
  fi
  tar -xzf "$folder/$name" -C "$HOLDFAST_DIRECTORY" "$(basename "$binary")"
  rm -rf "$folder"
}

if [ ! -x "$binary" ]; then
  case $kind in
    source) mkdir -p "${HOLDFAST_DIRECTORY:?}" && build ;;
    release) mkdir -p "${HOLDFAST_DIRECTORY:?}" && download ;;
    *) fail "there is no program at $binary" ;;
  esac
fi
"$binary" --version
put binary "$binary"
