#!/bin/bash
# purity.sh ARCHIVE...: code that decides cannot look at the machine. Over the static libraries that
# decide, `nm -C -u` must leave nothing undefined that purity.txt does not allow; what one of them
# leaves undefined another may define, and nobody else.
source "$(dirname "$0")/lint.sh" "$(dirname "$0")/../.."

if [ "$#" = 0 ]; then
    echo "usage: purity.sh ARCHIVE..." >&2
    exit 2
fi
for archive in "$@"; do
    [ -f "$archive" ] || { echo "there is no $archive: is it built?"; exit 1; }
done

mapfile -t rules < <(grep -P '^(ban|allow)\t' "$lint_rules/purity.txt")

# judge OBJECT SYMBOL: prints why it is banned, or nothing.
judge() {
    local verdict object symbol why
    for rule in "${rules[@]}"; do
        IFS=$'\t' read -r verdict object symbol why <<<"$rule"
        if [[ $1 =~ $object && $2 =~ $symbol ]]; then
            [ "$verdict" = allow ] || echo "$why"
            return
        fi
    done
    echo "nobody has said that it is pure: read its manual, then allow or ban it in purity.txt"
}

declare -A judged
symbols=0
while IFS=$'\t' read -r archive object symbol; do
    symbols=$((symbols + 1))
    key="${object%%.*} $symbol"
    if [ -z "${judged[$key]+x}" ]; then
        judged[$key]=$(judge "$object" "$symbol")
    fi
    if [ -n "${judged[$key]}" ]; then
        complain purity "$(basename "$archive")(${object%.o})" 0 "$symbol" "${judged[$key]}"
    fi
done < <(
    { for archive in "$@"; do nm -C --defined-only "$archive" | sed "s|^|D\t|"; done
      for archive in "$@"; do nm -C -u "$archive" | sed "s|^|U\t$archive\t|"; done; } | awk -F '\t' '
        # "0000 T name": a definition. "  U name": a need, below its "object.o:".
        $1 == "D" { if (match($2, /^[0-9a-f]+ [A-Za-z] /)) defined[substr($2, RLENGTH + 1)] = 1; next }
        $3 ~ /\.o:$/ { object = substr($3, 1, length($3) - 1); next }
        match($3, /^ +[Uwv] /) {
            symbol = substr($3, RLENGTH + 1)
            if (!(symbol in defined)) print $2 "\t" object "\t" symbol
        }')
if [ "$symbols" = 0 ]; then
    echo "not one undefined symbol: nm was not understood"
    exit 1
fi
verdict "$symbols undefined symbols of $# archives, all pure"
