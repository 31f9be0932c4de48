#!/bin/bash
# Who includes whom: layers.txt. The dependencies run one way, and deciding code sees nothing that
# does.
source "$(dirname "$0")/lint.sh"

mapfile -t may < <(grep '^may' "$lint_rules/layers.txt")
mapfile -t never < <(grep '^never' "$lint_rules/layers.txt")
mapfile -t files < <(sources swim agent daemon cli tests)

while IFS=: read -r file line text; do
    name=${text#*[\"<]}
    name=${name%%[\">]*}
    if [[ $text == *\"* ]]; then
        for row in "${may[@]}"; do
            IFS=$'\t' read -r _ who what why <<<"$row"
            if [[ $file =~ $who ]]; then
                [[ $name =~ $what ]] || complain layer "$file" "$line" "includes \"$name\"" "$why"
                break
            fi
        done
    fi
    for row in "${never[@]}"; do
        IFS=$'\t' read -r _ who what why <<<"$row"
        if [[ $file =~ $who && $name =~ $what ]]; then
            complain include "$file" "$line" "includes $name" "$why"
        fi
    done
done < <(grep -HnE '^ *# *include *["<]' "${files[@]}")
verdict "${#files[@]} files include downwards only"
