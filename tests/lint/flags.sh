#!/bin/bash
# flags.sh MUSTERD MUSTER: the manual pages and --help know the same options and commands.
musterd=$1
muster=$2
source "$(dirname "$0")/lint.sh" "$(dirname "$0")/../.."

# The long options that a text names, sorted.
options() {
    grep -oE -- '--[a-z][a-z-]+' | sort -u
}

# Those of a page: `.Fl -name`.
documented() {
    grep -oE '(Fl|,) -[a-z][a-z-]+' "$1" | sed 's/.* /-/' | sort -u
}

work=$(mktemp -d "${TMPDIR:-/tmp}/muster-flags.XXXXXX")
trap 'rm -rf "$work"' EXIT

help=$("$musterd" --help && "$musterd" rehearse --help)
documented docs/musterd.8 >"$work/page"
options <<<"$help" >"$work/help"
[ -s "$work/help" ] || complain manual docs/musterd.8 1 "musterd --help says nothing" "is it built?"

commands=$("$muster" --help | awk '/^Subcommands:|^Commands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }')
[ -n "$commands" ] || complain manual docs/muster.1 1 "muster --help names no commands" "is it built?"
documented docs/muster.1 >"$work/page1"
{ "$muster" --help
  for command in $commands; do "$muster" "$command" --help; done; } | options >"$work/help1"

# both PAGE KNOWN SAID PROGRAM
both() {
    local name
    for name in $(comm -13 "$2" "$3"); do
        complain manual "$1" 1 "$4 has $name, and the page does not" "describe it there"
    done
    for name in $(comm -23 "$2" "$3"); do
        complain manual "$1" 1 "the page has $name, and $4 does not" "take it out, or build it"
    done
}
both docs/musterd.8 "$work/page" "$work/help" musterd
both docs/muster.1 "$work/page1" "$work/help1" muster
both docs/muster.1 <(grep -oP '^\.It Ic \K[a-z-]+' docs/muster.1 | sort -u) \
    <(sort -u <<<"$commands") "muster"
verdict "$(wc -l <"$work/help") options of musterd, $(wc -l <"$work/help1") of muster, and its commands"
