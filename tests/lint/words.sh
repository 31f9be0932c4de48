#!/bin/bash
# Words that are not written here, and what is written instead: words.txt.
source "$(dirname "$0")/lint.sh"

mapfile -t files < <(sources swim agent daemon cli tests)
rules=0
while IFS=$'\t' read -r rule where what instead _; do
    [[ $rule == \#* || -z $rule ]] && continue
    rules=$((rules + 1))
    here=()
    for file in "${files[@]}"; do
        [[ ! $file =~ $where ]] || here+=("$file")
    done
    [ "${#here[@]}" != 0 ] || continue
    while IFS=: read -r file line text; do
        complain "$rule" "$file" "$line" "$(sed 's/^ *//' <<<"$text")" "$instead"
    done < <(grep -HnP -- "$what" "${here[@]}")
done <"$lint_rules/words.txt"
verdict "${#files[@]} files hold none of the $rules"
