#!/bin/bash
# Every shell script, as shellcheck sees it (info and style apart). Status 77: no shellcheck here.
source "$(dirname "$0")/lint.sh"

command -v shellcheck >/dev/null || { echo "shellcheck is not installed: not checked"; exit 77; }
mapfile -t scripts < <({ find tests daemon .ci -name '*.sh'; find .ci -type f; } | sort -u)
# SC1091, SC2154, SC2034: what is sourced is checked by itself, and shares its variables.
if ! shellcheck --shell=bash --severity=warning --exclude=SC1091,SC2154,SC2034 "${scripts[@]}"; then
    exit 1
fi
verdict "${#scripts[@]} scripts"
