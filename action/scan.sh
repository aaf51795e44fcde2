#!/usr/bin/env bash
# Scans once: the text goes to the log, the Markdown into the job summary, the SARIF log into a file. The exit status is
# kept for result.sh, so that what comes between can happen.
# shellcheck source=action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

workspace=${GITHUB_WORKSPACE:?}
event=${GITHUB_EVENT_NAME:-}
mode=${HOLDFAST_MODE:-iac}
upload=${HOLDFAST_UPLOAD:-auto}
binary=${HOLDFAST_BINARY:?}
case $mode in iac | live) ;; *) fail "mode: give iac or live, not $mode" ;; esac
case $upload in auto | true | false) ;; *) fail "upload: give auto, true or false, not $upload" ;; esac
case ${HOLDFAST_FAIL_ON:=error} in
  error | warning | note | never) ;;
  *) fail "fail-on: give error, warning, note or never, not $HOLDFAST_FAIL_ON" ;;
esac

# Whether the code is a stranger's: his token may not write, and he gets no identity.
is_fork=false
case $event in
  pull_request | pull_request_target)
    if [ "${HOLDFAST_HEAD_REPOSITORY:-}" != "${GITHUB_REPOSITORY:-}" ]; then is_fork=true; fi
    ;;
esac
if [ "$mode" = live ] && [ "$is_fork" = true ]; then
  fail 'mode live does not run on pull requests from forks: they have no identity in Azure, and must not have one'
fi

cd "$workspace" || exit
split_lines "${HOLDFAST_PATH:-}"
paths=(${lines[@]+"${lines[@]}"})
if [ "$mode" = iac ] && [ ${#paths[@]} -eq 0 ]; then paths=(.); fi

# The folder that git is asked in.
checkout=${paths[0]:-.}
if [ ! -d "./$checkout" ] && [ ! -d "$checkout" ]; then checkout=$(dirname -- "$checkout"); fi
repository() { git -C "$checkout" "$@" 2>/dev/null; }

# The base of the change. HEAD^1 is the base branch only where GitHub made the merge commit: whoever opens a pull request
# can make merge commits of his own.
base_of_change() {
  local head
  head=$(repository rev-parse --verify --quiet HEAD) || fail 'the workspace is no git checkout, so baseline-ref has no base; set it to none'
  case $event in
    pull_request)
      if [ "$head" = "${GITHUB_SHA:-}" ] && repository rev-parse --verify --quiet 'HEAD^2' >/dev/null; then
        repository rev-parse --verify --quiet 'HEAD^1'
        return
      fi
      known_commit "${HOLDFAST_BASE_SHA:-}"
      ;;
    pull_request_target) known_commit "${GITHUB_SHA:-}" ;;
    merge_group) known_commit "${HOLDFAST_BASE_SHA:-}" ;;
  esac
}

known_commit() {
  if [[ $1 =~ ^[0-9a-f]{40,64}$ ]] && repository cat-file -e "$1^{commit}"; then
    printf '%s' "$1"
    return
  fi
  fail 'the base of the change is not in this checkout; give actions/checkout fetch-depth: 2, or 0'
}

folder=$(mktemp -d "${RUNNER_TEMP:?}/holdfast-scan.XXXXXX")
sarif=${HOLDFAST_SARIF_FILE:-$folder/holdfast.sarif}
one_line sarif-file "$sarif"
arguments=(scan "--fail-on=$HOLDFAST_FAIL_ON" --format=text --no-progress)
arguments+=("--report=sarif=$sarif" --sarif-profile=github "--report=json=$folder/report.json")
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then arguments+=("--report=markdown=$folder/summary.md"); fi
if [ -n "${HOLDFAST_CONFIG:-}" ]; then arguments+=("--config=$HOLDFAST_CONFIG"); fi
if [ -n "${HOLDFAST_CATEGORY:-}" ]; then arguments+=("--category=$HOLDFAST_CATEGORY"); fi

split_lines "${HOLDFAST_SUBSCRIPTIONS:-}"
if [ "$mode" = live ]; then
  if [ ${#lines[@]} -eq 0 ]; then fail 'mode live needs a subscription-id'; fi
  for subscription in "${lines[@]}"; do arguments+=("--subscription=$subscription"); done
elif [ ${#lines[@]} -gt 0 ]; then
  fail 'subscription-id is for mode live'
fi

baseline=${HOLDFAST_BASELINE_REF:-auto}
if [ "$mode" = iac ]; then
  case "$baseline-$event" in
    auto-pull_request | auto-pull_request_target | auto-merge_group)
      base=$(base_of_change) || exit 2
      arguments+=("--baseline-ref=$base")
      ;;
    auto-* | none-*) ;;
    *) arguments+=("--baseline-ref=$baseline") ;;
  esac
fi

split_lines "${HOLDFAST_ARGS:-}"
arguments+=(${lines[@]+"${lines[@]}"})
if [ ${#paths[@]} -gt 0 ]; then arguments+=(-- "${paths[@]}"); fi

# Names of files and resources must not become commands of the runner.
token=$(od -An -N 16 -t x1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"
status=0
"$binary" "${arguments[@]}" || status=$?
printf '::%s::\n' "$token"

# The report has one member a line, and the totals on one line.
report=$folder/report.json
member() { if [ -f "$report" ]; then sed -n -E "s/^\"$1\": \"?([^\",]*)\"?,?\$/\\1/p" "$report" | head -n 1; fi; }
total() { if [ -f "$report" ]; then sed -n -E "s/^\"summary\": .*\"$1\":([0-9]+)[,}].*/\\1/p" "$report" | head -n 1; fi; }

complete=$(member complete)
put exit-code "$status"
put complete "${complete:-false}"
put category "$(member category)"
put findings "$(total failed)"
for name in new errors warnings notes open waived gaps; do put "$name" "$(total "$name")"; done
if [ -f "$sarif" ]; then put sarif-file "$sarif"; else put sarif-file ''; fi
top=$(repository rev-parse --show-toplevel) || top=$workspace
put checkout-path "$top"

# An incomplete log would close the alerts that it does not have.
decision=$upload
if [ "$upload" = auto ]; then
  decision=true
  if [ "$is_fork" = true ] || [ "${GITHUB_ACTOR:-}" = 'dependabot[bot]' ]; then decision=false; fi
fi
if [ "$decision" = true ] && { [ "$complete" != true ] || [ ! -f "$sarif" ]; }; then
  printf '::warning title=holdfast::%s\n' 'the scan was not completed, so its log is not uploaded and earlier alerts stay as they are'
  decision=false
fi
put upload "$decision"

if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  if [ -f "$folder/summary.md" ]; then
    cat "$folder/summary.md" >>"$GITHUB_STEP_SUMMARY"
  else
    printf '## holdfast\n\nThe scan did not start (exit status %s). The log of the step says why.\n' "$status" >>"$GITHUB_STEP_SUMMARY"
  fi
fi
