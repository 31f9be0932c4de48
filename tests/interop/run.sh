#!/usr/bin/env bash
# muster and Debian's real serf in one cluster, on loopback addresses.
#
#     tests/interop/run.sh [PATTERN...] [--long] [--serf-only] [--list] [--jobs N] [--keep]
#
# CHURN_SECONDS=1800 makes the hail of changes in the cases "after churn ..." last so long.
# The programs are build/release/daemon/musterd and build/release/cli/muster, or MUSTERD and MUSTER. Serf's package is
# unpacked into build/serf. Packages that this needs are in the file `packages` beside this one.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERF=$("$here/fetch_serf.sh")
export SERF PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1
exec python3 -m harness --folder "$here" "$@"
