#!/bin/bash
# The manual pages are well-formed: mandoc has no warning. Status 77: no mandoc here.
source "$(dirname "$0")/lint.sh"

command -v mandoc >/dev/null || { echo "mandoc is not installed: not checked"; exit 77; }
mapfile -t pages < <(find docs -name '*.[1578]' | sort)
if ! mandoc -T lint -W warning "${pages[@]}"; then
    exit 1
fi
verdict "${#pages[@]} pages"
