#!/bin/bash
# ctest.sh PRESET [ctest arguments]: runs a preset's tests and ends with `N passed, N failed`,
# counting test cases: those of Catch2 as each program sums them up, and one for each test that is
# not Catch2's. A program that died half-way counts as one failure.
set -u
cd "$(dirname "$0")/../.." || exit 1
preset=$1
shift
junit="$PWD/build/$preset/junit.xml"
rm -f "$junit"
# Whole outputs, or a long passing test would lose its last line.
ctest --preset "$preset" --output-junit "$junit" --test-output-size-passed 4000000 \
    --test-output-size-failed 4000000 "$@"
status=$?
if [ ! -s "$junit" ]; then
    echo "ctest wrote no result for preset $preset (status $status)"
    exit 1
fi
awk -v status="$status" '
    # One <testcase> each; its output is inside, and Catch2 ends with one of two lines.
    /<testcase /  { inside = 1; ok = /status="run"/; cases = 0; failed = 0; seen = 0 }
    inside && match($0, /All tests passed \([0-9]+ assertions? in [0-9]+ test cases?\)/) {
        text = substr($0, RSTART, RLENGTH); sub(/.* in /, "", text)
        cases += text + 0; seen = 1
    }
    inside && match($0, /test cases:[^|]*\|.*/) {
        n = split(substr($0, RSTART, RLENGTH), part, "|"); seen = 1
        for (i = 2; i <= n; i++) {
            if (part[i] ~ /passed/) cases += part[i] + 0
            if (part[i] ~ /failed/ && part[i] !~ /as expected/) failed += part[i] + 0
            if (part[i] ~ /as expected/) cases += part[i] + 0
        }
    }
    /<\/testcase>/ {
        inside = 0
        if (ok) { passes += seen ? cases : 1 }
        else { passes += cases; failures += failed > 0 ? failed : 1 }
    }
    END {
        if (status != 0 && failures == 0) failures = 1
        if (passes + failures == 0) failures = 1
        printf "%d passed, %d failed\n", passes, failures
        exit failures > 0
    }' "$junit"
