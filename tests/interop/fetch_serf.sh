#!/usr/bin/env bash
# Unpacks Debian's serf into build/serf, unless it is there. Never installed: the package would start a service on our
# port. Prints the path of the program.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
serf=${SERF:-$root/build/serf/usr/bin/serf}
if [[ ! -x $serf ]]; then
    mkdir -p "$root/build/serf"
    cd "$root/build/serf"
    apt-get download serf >&2 || { echo "cannot download Debian's serf package (apt-get update first?)" >&2; exit 1; }
    dpkg -x serf_*.deb .
fi
echo "$serf"
