# What the lints share; sourced. Each lint is a script that takes the root of a tree (so that
# selftest.sh can show it a bad one), prints `FILE:LINE: [rule] what; what to do instead`, and
# fails if it printed anything. Exceptions stand in allow.txt, each with its reason.

root=$(cd "${1:-$(dirname "$0")/../..}" && pwd) || exit 2
lint_rules=$(cd "$(dirname "$0")" && pwd)
allow_file=${MUSTER_LINT_ALLOW:-$lint_rules/allow.txt}
complaints=0
cd "$root" || exit 2

# Sources and headers below the given folders, sorted; only the repository's own.
sources() {
    local folders=() folder
    for folder in "$@"; do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    [ "${#folders[@]}" = 0 ] || find "${folders[@]}" -name '*.cpp' -o -name '*.h' | sort
}

# allowed RULE FILE: the exception is written down.
allowed() {
    awk -F '\t' -v rule="$1" -v file="$2" \
        '$1 == rule && $2 == file { found = 1 } END { exit !found }' "$allow_file"
}

# complain RULE FILE LINE WHAT INSTEAD
complain() {
    if ! allowed "$1" "$2"; then
        echo "$2:$3: [$1] $4; $5"
        complaints=$((complaints + 1))
    fi
}

# verdict WHAT: the last line, and the exit status.
verdict() {
    if [ "$complaints" != 0 ]; then
        echo "$complaints found. An exception needs a line in tests/lint/allow.txt, with its reason."
        exit 1
    fi
    echo "$1"
    exit 0
}
