#!/bin/bash
# run.sh [SECONDS]: builds every fuzz target (clang, ASan and UBSan) and runs each on its corpus for
# its share of SECONDS (60). Last line: `N passed, N failed`. An input that crashes a target is kept
# in build/fuzz/found/NAME/, with the command that runs it again; reduced, it belongs into
# tests/fuzz/corpus/NAME/, where an ordinary test replays it ever after.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
mkdir -p build

if ! { cmake --preset fuzz && cmake --build --preset fuzz; } >build/fuzz-build.log 2>&1; then
    tail -n 40 build/fuzz-build.log
    rm -f build/fuzz-build.log
    echo "the fuzz targets do not build: cmake --workflow --preset fuzz"
    echo "0 passed, 1 failed"
    exit 1
fi
rm -f build/fuzz-build.log

mapfile -t targets < <(find build/fuzz -type f -name 'fuzz_*' -perm -u+x | sort)
if [ "${#targets[@]}" = 0 ]; then
    echo "no fuzz targets yet"
    echo "0 passed, 0 failed"
    exit 0
fi

# Two at a time, as there are two cores; so each may take twice its share.
share=$((seconds * 2 / ${#targets[@]}))
[ "$share" -ge 5 ] || share=5

# fuzz PROGRAM: one target for its share; prints its verdict, fails on a crash, a leak or a hang.
fuzz() {
    local program=$1 name corpus grown found log
    name=$(basename "$program")
    name=${name#fuzz_}
    corpus=tests/fuzz/corpus/$name
    grown=build/fuzz/grown/$name
    found=build/fuzz/found/$name
    log=build/fuzz/$name.log
    mkdir -p "$grown" "$found"
    # New inputs go to the first directory; the checked-in corpus is only read.
    if "$program" -max_total_time="$share" -timeout=10 -rss_limit_mb=2048 -max_len=70000 \
        -print_final_stats=1 -artifact_prefix="$found/" "$grown" "$corpus" >"$log" 2>&1; then
        echo "$name: $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs in $share s"
        return 0
    fi
    tail -n 60 "$log"
    echo "$name: FAILED; again: $program $(find "$found" -type f -newer "$program" | head -n 1)"
    return 1
}

passed=0
failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
    pids=()
    for program in "${targets[@]:i:2}"; do
        fuzz "$program" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        if wait "$pid"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
        fi
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
