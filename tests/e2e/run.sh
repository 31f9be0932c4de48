#!/usr/bin/env bash
# musterd as a process: on hosts that are network namespaces with failing links (needs root), and alone on one machine.
#
#     tests/e2e/run.sh [PATTERN...] [--long] [--list] [--jobs N] [--keep]
#
# The harness is that of tests/interop; so are the programs, the packages (tests/interop/packages), and the options.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SERF=$("$here/../interop/fetch_serf.sh")
export SERF PYTHONPATH="$here/../interop" PYTHONDONTWRITEBYTECODE=1
exec python3 -m harness --folder "$here" "$@"
