#!/bin/bash
# Files and functions that have grown into lumps (style.md, rule 6: carve before it grows). Too long
# a file fails; too long a function is reported, for the eye of the next reader.
source "$(dirname "$0")/lint.sh"

mapfile -t files < <(sources swim agent daemon cli tests)
while read -r lines file; do
    case $file in
        total) continue ;;
        tests/*) limit=600 ;;  # tables of cases are long and flat
        *.h) limit=250 ;;
        *) limit=450 ;;
    esac
    if [ "$lines" -gt "$limit" ]; then
        complain size "$file" 1 "$lines lines, more than $limit" \
            "carve out a part that can be named and tested by itself"
    fi
done < <(wc -l "${files[@]}")

# A function begins at the left margin and ends with a brace there: clang-format sees to that. What
# ends with a semicolon before any brace was a declaration.
awk '
    FNR == 1 { start = 0 }
    FILENAME ~ /^tests\// { next }
    /^(namespace|struct|class|enum|union|using|typedef)/ { next }
    /^(public|private|protected):/ { next }
    !start && /^[A-Za-z_~]/ { start = FNR; name = $0; body = 0 }
    start && !body && /\{$/ { body = 1 }
    start && !body && /;$/ { start = 0 }
    /^\}/ {
        if (start && FNR - start + 1 > 90)
            printf "%s:%d: note: a function of %d lines: %s\n", FILENAME, start, FNR - start + 1, name
        start = 0
    }' "${files[@]}"
verdict "${#files[@]} files are of a size that can be read"
