# What the scripts of the Action share. Read with `source`; inputs come in the environment and nowhere else.
# shellcheck shell=bash
set -euo pipefail

# A value in a workflow command: what would end it or start another one is escaped.
escaped() {
  local text=$1
  text=${text//'%'/'%25'}
  text=${text//$'\r'/'%0D'}
  printf '%s' "${text//$'\n'/'%0A'}"
}

# Ends the step with a message that the runner shows. Not on stdout: that may be captured.
fail() {
  printf '::error title=holdfast::%s\n' "$(escaped "$1")" >&2
  exit 2
}

# Refuses a value that is more than a line, which would become another output.
one_line() {
  case $2 in
    *$'\n'* | *$'\r'*) fail "the value of $1 has a line break" ;;
  esac
}

# An output of the step.
put() {
  one_line "$1" "$2"
  printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
}

# The lines of a text that are not blank, as the array `lines`.
lines=()
split_lines() {
  lines=()
  local line
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line%$'\r'}
    if [ -n "${line//[[:space:]]/}" ]; then lines+=("$line"); fi
  done <<<"$1"
}

# The SHA-256 of what is read, in lower-case hex.
sha256() { sha256_lines - | cut -d ' ' -f 1; }

# The lines of sha256sum, which macOS does not have.
sha256_lines() {
  if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}
