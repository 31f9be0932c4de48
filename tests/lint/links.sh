#!/bin/bash
# A document names only what exists: relative links, and paths of this repository between backticks.
source "$(dirname "$0")/lint.sh"

mapfile -t pages < <(find README.md docs tests -name '*.md' 2>/dev/null | sort)
for page in "${pages[@]}"; do
    folder=$(dirname "$page")
    while IFS=: read -r line target; do
        target=${target%%#*}
        case $target in "" | *://* | mailto:*) continue ;; esac
        if [ ! -e "$folder/$target" ]; then
            complain link "$page" "$line" "$target does not exist" "correct the link, or write the page"
        fi
    done < <(grep -noP '\]\(\K[^) ]+(?=\))' "$page")
    while IFS=: read -r line target; do
        if [ ! -e "$target" ]; then
            complain link "$page" "$line" "$target does not exist" "name what is there"
        fi
    done < <(grep -noP '`(bash )?\K(swim|agent|daemon|cli|tests|systemd|docs|\.ci)/[\w./-]+(?=[ `])' "$page")
done
# The pages that comments name, too.
mapfile -t files < <(sources swim agent daemon cli tests)
while IFS=: read -r file line target; do
    if [ ! -e "$target" ]; then
        complain link "$file" "$line" "$target does not exist" "name what is there"
    fi
done < <(grep -HnoP '\bdocs/[\w/-]+\.md\b' "${files[@]}" /dev/null)
verdict "${#pages[@]} pages lead somewhere"
