# Runs stages one after the other, and adds up what they say: sourced by tests/run.sh and .ci/run.
#
#   stage NAME LIMIT_SECONDS COMMAND...   # COMMAND's last line is `N passed, N failed[, N skipped]`
#   check NAME LIMIT_SECONDS COMMAND...   # its exit status is the one thing that counts
#   finish                                # prints the sum as the last line; status 1 if any failed
#
# A stage that dies, runs over its time or ends without that line counts as one failure, whatever it
# had counted: nothing that went wrong can add up to "0 failed". MUSTER_DEADLINE (seconds since 1970)
# bounds all stages together. A script that is itself a stage gets half a minute less, so that it
# still says what it had counted. The limits are for two idle cores; MUSTER_PATIENCE=3 triples them.

stages_passed=0
stages_failed=0
stages_skipped=0
stages_report=()
stages_logs=$(mktemp -d "${TMPDIR:-/tmp}/muster-stages.XXXXXX")
trap 'rm -rf "$stages_logs"' EXIT
# `timeout` has a process group of its own: an interrupted script ends its stage too.
trap 'kill "$(cat "$stages_logs/running")" 2>/dev/null; wait; exit 130' INT TERM HUP

count_pattern='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'

# note NAME RESULT SECONDS: one line, now and again in the table at the end.
note() {
    local line
    line=$(printf '%-14s %-40s %5d s' "$1" "$2" "$3")
    stages_report+=("$line")
    echo "=== $line"
}

# limited LIMIT COMMAND...: within LIMIT seconds and the common deadline; no terminal, no input.
limited() {
    local limit=$(($1 * ${MUSTER_PATIENCE:-1})) left
    shift
    if [ -n "${MUSTER_DEADLINE:-}" ]; then
        left=$((MUSTER_DEADLINE - $(date +%s)))
        if [ "$left" -lt "$limit" ]; then
            limit=$((left > 1 ? left : 1))
        fi
    fi
    MUSTER_DEADLINE=${MUSTER_DEADLINE:+$((MUSTER_DEADLINE - 30))} \
        timeout --kill-after=20 "$limit" "$@" </dev/null &
    echo "$!" >"$stages_logs/running"
    wait "$!"
}

stage() {
    local name=$1 limit=$2 started=$SECONDS status last log="$stages_logs/$1" skipped
    shift 2
    echo "=== $name"
    # In the background, since a trap waits for what is in the foreground.
    {
        limited "$limit" "$@" 2>&1
        echo "$?" >"$log.status"
    } | tee "$log" &
    wait "$!"
    status=$(cat "$log.status")
    last=$(tail -n 1 "$log")
    if [[ $last =~ $count_pattern ]]; then
        skipped=${BASH_REMATCH[4]:-0}
        stages_passed=$((stages_passed + BASH_REMATCH[1]))
        stages_failed=$((stages_failed + BASH_REMATCH[2]))
        stages_skipped=$((stages_skipped + skipped))
        # A status that contradicts the line is a failure of its own.
        if [ "$status" != 0 ] && [ "${BASH_REMATCH[2]}" = 0 ]; then
            stages_failed=$((stages_failed + 1))
            last="$last, but exit status $status"
        fi
        note "$name" "$last" $((SECONDS - started))
        return
    fi
    stages_failed=$((stages_failed + 1))
    if [ "$status" = 124 ] || [ "$status" = 137 ]; then
        note "$name" "FAILED: over its time" $((SECONDS - started))
    else
        note "$name" "FAILED: status $status, no count" $((SECONDS - started))
    fi
}

check() {
    local name=$1 limit=$2 started=$SECONDS
    shift 2
    echo "=== $name"
    if limited "$limit" "$@"; then
        stages_passed=$((stages_passed + 1))
        note "$name" "ok" $((SECONDS - started))
        return 0
    fi
    stages_failed=$((stages_failed + 1))
    note "$name" "FAILED" $((SECONDS - started))
    return 1
}

# absent NAME REASON: a stage that does not exist here yet, said aloud and counted as nothing.
absent() {
    note "$1" "not run: $2" 0
}

finish() {
    echo "==="
    printf '%s\n' "${stages_report[@]}"
    if [ "$stages_skipped" != 0 ]; then
        echo "$stages_skipped skipped: their stages say why"
    fi
    echo "$stages_passed passed, $stages_failed failed"
    [ "$stages_failed" = 0 ]
}
