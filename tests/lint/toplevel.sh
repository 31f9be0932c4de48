#!/bin/bash
# The top level holds what design says, and nothing else: a stranger sees the whole at a glance.
source "$(dirname "$0")/lint.sh"

expected=" swim agent daemon cli tests systemd docs CMakeLists.txt CMakePresets.json README.md LICENSE "
# A test may run as another user than the one whom the clone belongs to.
git() { command git -c safe.directory='*' "$@"; }
if [ "$(git rev-parse --show-toplevel 2>/dev/null)" = "$root" ]; then
    mapfile -t entries < <(git ls-files --cached --others --exclude-standard | cut -d / -f 1 | sort -u)
else
    shopt -s nullglob
    entries=(*)
fi
for entry in "${entries[@]}"; do
    case $entry in
        .*) ;;
        *)
            if [[ $expected != *" $entry "* ]]; then
                complain top-level "$entry" 1 "does not belong to the top level" \
                    "put it into one of:$expected"
            fi
            ;;
    esac
done
for entry in $expected; do
    if [ ! -e "$entry" ]; then
        complain top-level "$entry" 1 "is missing" "README.md, LICENSE and the folders are expected"
    fi
done
verdict "${#entries[@]} entries"
