#!/bin/sh
# Checks and tests the policies with OPA: sh policies/opa.sh [check|fmt|test] [more flags of `opa test`]
# A table policies/data/<name>.json is data.holdfast.tables.<name> (hyphens as underscores) for rules.
# holdfast arranges that when it loads them; OPA is told by a prefix for each file.
set -eu
cd "$(dirname "$0")"
opa=${OPA:-opa}
what=${1:-all}
[ $# -eq 0 ] || shift

tables=""
for table in data/*.json; do
	name=$(basename "$table" .json | tr - _)
	tables="$tables holdfast.tables.$name:$table"
done

case $what in check | all) "$opa" check --strict lib rules ;; esac
case $what in fmt | all) "$opa" fmt --list --fail lib rules ;; esac
# shellcheck disable=SC2086 # one argument for each table
case $what in test | all) "$opa" test lib rules $tables "$@" ;; esac
