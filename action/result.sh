#!/usr/bin/env bash
# Ends the Action with the exit status of the scan.
# shellcheck source=action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${HOLDFAST_EXIT_CODE:-} in
  0) exit 0 ;;
  1) printf '::error title=holdfast::%s\n' 'there are findings at or above the threshold; the job summary lists them' && exit 1 ;;
  3) printf '::error title=holdfast::%s\n' 'the scan was not completed; what is not listed may still be wrong' && exit 3 ;;
  2) exit 2 ;;
  *) fail 'the scan did not run' ;;
esac
