#!/bin/bash
# run.sh [--deep]: storms by the hundred, by ten thousand with --deep, in the release build; and one
# seed, one transcript: two runs of a seed, and the Debug build with the sanitizers against the
# release build, must print the same hashes. Last line: `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
seeds=600
[ "${1:-}" != --deep ] || seeds=12000

passed=0
failed=0
# verdict STATUS WHAT
verdict() {
    if [ "$1" = 0 ]; then
        echo "ok: $2"
        passed=$((passed + 1))
    else
        echo "FAILED: $2"
        failed=$((failed + 1))
    fi
}

for preset in dev release; do
    if ! { cmake --preset "$preset" && cmake --build --preset "$preset" --target storms; } \
        >"build/storms-$preset.log" 2>&1; then
        tail -n 20 "build/storms-$preset.log"
        echo "the storms do not build: cmake --build --preset $preset --target storms"
        echo "0 passed, 1 failed"
        exit 1
    fi
    rm -f "build/storms-$preset.log"
done

# A storm that is broken prints no hash alone, and the seeds below say so in full.
hashes() {
    "build/$1/tests/sim/storms" --hashes --seeds 1..12
}
first=$(hashes release)
again=$(hashes release)
debug=$(hashes dev)
[ "$(wc -l <<<"$first")" -ge 12 ] && [ "$first" = "$again" ]
verdict $? "twelve seeds have the same transcripts in two runs"
diff <(echo "$first") <(echo "$debug")
verdict $? "twelve seeds have the same transcripts in Debug with sanitizers and in Release"

began=$SECONDS
build/release/tests/sim/storms --seeds "1..$seeds" --jobs "$(nproc)"
verdict $? "$seeds storms, and what comes after each, in $((SECONDS - began)) s"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
