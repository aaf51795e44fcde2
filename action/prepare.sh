#!/usr/bin/env bash
# Decides which holdfast runs, and under which key it is cached.
# shellcheck source=action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

action=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=${HOLDFAST_VERSION:-source}
system="${RUNNER_OS:-unknown}-${RUNNER_ARCH:-unknown}"
suffix=''
if [ "${RUNNER_OS:-}" = Windows ]; then suffix=.exe; fi

# The digest of all that goes into the program: the same version can be many revisions.
digest_of_sources() {
  cd "$action" || return
  local files=() file
  while IFS= read -r file; do files+=("$file"); done < <(find Cargo.toml Cargo.lock build.rs src policies docs/schemas -type f | LC_ALL=C sort)
  sha256_lines "${files[@]}" | sha256
}

latest_release() {
  local page='https://github.com/holdfast-scanner/holdfast/releases/latest' location
  location=$(curl --proto '=https' --silent --show-error --fail --output /dev/null --write-out '%{redirect_url}' "$page") ||
    fail 'the latest release could not be looked up'
  printf '%s' "${location##*/v}"
}

kind=release
case $version in
  source) kind=source ;;
  */*) kind=binary ;;
  latest) version=$(latest_release) || exit 2 ;;
esac

if [ "$kind" = binary ]; then
  put kind binary
  put binary "$version"
  exit 0
fi
if [ "$kind" = release ] && ! [[ $version =~ ^[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}$ ]]; then
  fail "version: give source, latest or X.Y.Z, not $version"
fi
if [ "$kind" = source ]; then
  release=$(sed -n -E 's/^version = "([0-9A-Za-z.+-]+)"$/\1/p' "$action/Cargo.toml" | head -n 1)
  digest=$(digest_of_sources)
  key="holdfast-$release-$system-$digest"
else
  release=$version
  key="holdfast-$release-$system"
fi
directory="${RUNNER_TEMP:?}/holdfast-$release"
put kind "$kind"
put release "$release"
put directory "$directory"
put binary "$directory/holdfast$suffix"
put cache-key "$key"
