#!/bin/bash
# example.sh MUSTERD: the example of a configuration holds every key that there is and no other, and
# is valid, as it stands and with every line of it in force.
musterd=$1
source "$(dirname "$0")/lint.sh" "$(dirname "$0")/../.."

example=systemd/musterd.toml
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-example.XXXXXX")
trap 'rm -rf "$work"' EXIT
for name in ${!MUSTER_@}; do
    [ "$name" = MUSTER_LINT_ALLOW ] || unset "$name"
done

# section.key of each line, in force or commented out; tags are the user's own words.
awk '/^\[/ { section = substr($1, 2, length($1) - 2) "."; next }
     section == "tag." { next }
     match($0, /^#?[a-z_]+ = /) { key = $1; sub(/^#/, "", key); print section key }' \
    "$example" | sort >"$work/example"
# The same of the options, as the code lists them.
{ grep -ohP '^ *\{"", "\K[a-z_]+' daemon/options.cpp daemon/options_election.cpp | grep -vx tag
  sed -nE 's/^ *\{"([a-z]+)", "([a-z_]+)".*/\1.\2/p' daemon/options_election.cpp \
      daemon/options_journal.cpp
  awk '/swim_knobs\(\) \{/ { section = "swim." } /cluster_knobs\(\) \{/ { section = "cluster." }
       match($0, /knob<&[A-Z]::[a-z_]+>\("[a-z_]+"/) {
           split(substr($0, RSTART, RLENGTH), part, "\""); print section part[2] }' \
      daemon/knobs.cpp; } | sort >"$work/code"
[ -s "$work/code" ] || complain example daemon/options.cpp 1 "no option was found" "correct this lint"
for key in $(comm -13 "$work/example" "$work/code"); do
    complain example "$example" 1 "the key $key is missing" "add it, with its default"
done
for key in $(comm -23 "$work/example" "$work/code"); do
    complain example "$example" 1 "there is no key $key" "take it out"
done

# valid FILE WHAT: musterd takes it.
valid() {
    if ! "$musterd" --config "$1" --validate >"$work/said" 2>&1; then
        complain example "$example" 1 "$2 is refused: $(cat "$work/said")" "correct the example"
    fi
}
valid "$example" "the example as it stands"
# One of data_dir and ephemeral, one of keyring and encrypt_key, one of expect and voters; no DNS name that is not there, and a
# keyring that is.
printf '["%s"]' "$(head -c 32 /dev/urandom | base64)" >"$work/keyring"
chmod 600 "$work/keyring"
sed -E 's/^#([a-z_]+ = )/\1/; /^ephemeral/d; /^encrypt_key/d; /^expect/d; s/^voter = false/voter = true/; s/"muster.example.org", //
        s|^keyring = .*|keyring = "'"$work"'/keyring"|' "$example" >"$work/all.toml"
valid "$work/all.toml" "the example with every line in force"
verdict "$(wc -l <"$work/code") keys"
