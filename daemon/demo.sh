#!/bin/bash
# demo.sh: builds musterd and muster, and shows the main job on this host: three agents form a
# cluster, one is killed and found out, one leaves and is not mistaken for dead. Everything is below
# a temporary folder and on loopback; nothing is installed but Debian packages that the build needs.
# Its last line is `demo: ok`.
set -u
cd "$(dirname "$0")/.." || exit 1
source tests/support/packages.sh

# Nobody's daemon, settings or runtime folder is touched.
for name in ${!MUSTER_@}; do
    unset "$name"
done

work=
declare -A pid_of

finish() {
    local name
    for name in "${!pid_of[@]}"; do
        { kill -KILL "${pid_of[$name]}" && wait "${pid_of[$name]}"; } 2>/dev/null
    done
    [ -z "$work" ] || rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n# %s\n' "$*"; }

fail() {
    local log
    printf '\ndemo: %s\n' "$*" >&2
    for log in "$work"/*.log; do
        [ ! -s "$log" ] || { echo "--- the end of $(basename "$log"):"; tail -n 15 "$log"; } >&2
    done
    echo "demo: failed"
    exit 1
}

# show COMMAND...: runs it, as a person would type it.
show() {
    local typed=${*/#build\/release\/cli\/}
    echo "\$ ${typed//$work/\$work}"
    "$@"
}

# ---- build ----

say "Debian packages that the build needs: only what is missing is installed"
install_packages build || { echo "demo: failed"; exit 1; }
echo "all there"

say "build musterd and muster (the first time takes a minute or two)"
work=$(mktemp -d "${TMPDIR:-/tmp}/muster-demo.XXXXXX")
started=$SECONDS
if [ ! -f build/release/build.ninja ]; then
    # The demo needs no tests, nor their packages.
    cmake --preset release -DMUSTER_TESTS=OFF >"$work/configure.log" 2>&1 ||
        fail "cmake cannot configure"
fi
if [ -t 1 ]; then
    cmake --build --preset release --target musterd muster || fail "the build failed"
else
    cmake --build --preset release --target musterd muster >"$work/build.log" 2>&1 ||
        fail "the build failed"
fi
rm -f "$work"/*.log
echo "built in $((SECONDS - started)) s: build/release/daemon/musterd, build/release/cli/muster"

# ---- three agents ----

# A port that nothing on this host has: another musterd or serf may well be on 7946.
taken=$(awk 'FNR > 1 { split($2, at, ":"); print at[2] }' /proc/net/{tcp,udp}{,6} 2>/dev/null)
next_port=17946
free_port() { # sets $port
    while grep -qix "$(printf '%04X' "$next_port")" <<<"$taken"; do
        next_port=$((next_port + 1))
    done
    port=$next_port
    next_port=$((next_port + 1))
}

start() { # start NAME [FLAGS...]
    local name=$1
    shift
    free_port
    echo "\$ musterd --node $name --bind 127.0.0.1:$port $* --api \$work/$name.sock &"
    build/release/daemon/musterd --node "$name" --bind "127.0.0.1:$port" --ephemeral \
        --api "$work/$name.sock" "$@" >"$work/$name.log" 2>&1 </dev/null &
    pid_of[$name]=$!
}

# ask NAME COMMAND...: muster, to that agent.
ask() {
    local name=$1
    shift
    show build/release/cli/muster --api "$work/$name.sock" "$@"
}

# The socket is there once the agent answers. No agent takes ten seconds for that.
until_answers() {
    local name
    for name in "$@"; do
        for _ in $(seq 100); do
            if build/release/cli/muster --api "$work/$name.sock" info >"$work/info" 2>&1; then
                continue 2
            fi
            kill -0 "${pid_of[$name]}" 2>/dev/null || fail "$name ended at its start"
            sleep 0.1
        done
        fail "$name does not answer: $(cat "$work/info")"
    done
    rm -f "$work/info"
}

say "start three agents, each with an address and a tag of its own; two are told of the first"
start n1 --tag role=db
first=127.0.0.1:$port
start n2 --tag role=web --join "$first"
start n3 --tag role=web --join "$first"
until_answers n1 n2 n3

say "wait until the second sees all three: the agents find each other through any one of them"
ask n2 wait --members 3 --timeout 30s || fail "the cluster did not form"

say "who is there? Any agent can be asked"
ask n3 members || fail "n3 does not say who is there"

say "kill n3 with SIGKILL: nobody is told, the others find out by probing"
{ kill -KILL "${pid_of[n3]}" && wait "${pid_of[n3]}"; } 2>/dev/null
unset 'pid_of[n3]'
started=$SECONDS
ask n1 wait --member n3=failed --timeout 60s || fail "n1 never noticed that n3 is dead"
ask n2 wait --member n3=failed --timeout 60s || fail "n2 never noticed that n3 is dead"
echo "both report it failed, $((SECONDS - started)) s later"

say "n2 leaves: it says so, and is reported left rather than failed"
ask n2 leave || fail "n2 could not leave"
ask n1 wait --member n2=left --timeout 30s || fail "n1 does not report n2 left"
if ! wait "${pid_of[n2]}"; then
    fail "n2 left, but its process ended with an error"
fi
unset 'pid_of[n2]'

say "what the last agent has to say"
ask n1 members || fail "n1 does not say who is there"
statuses=$(build/release/cli/muster --api "$work/n1.sock" --format json members) ||
    fail "n1 does not answer in JSON"
for expected in n1=alive n2=left n3=failed; do
    # One object a member; its name comes before its status.
    grep -qE "\"name\": ?\"${expected%=*}\"[^{}]*\"status\": ?\"${expected#*=}\"" \
        <<<"${statuses//$'\n'/ }" || fail "expected $expected in: $statuses"
done

say "n1 ends on SIGTERM, and cleans up after itself"
kill -TERM "${pid_of[n1]}"
if ! wait "${pid_of[n1]}"; then
    fail "n1 ended with an error"
fi
unset 'pid_of[n1]'
[ ! -e "$work/n1.sock" ] || fail "n1 left its socket behind"

say "done: no process and no file is left of it but build/release"
echo "demo: ok"
