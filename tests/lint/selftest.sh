#!/bin/bash
# selftest.sh CXX: each lint is shown something bad, and must say so; a lint that cannot fail guards
# nothing. Also: the scripts that add up results, and that every exception is still needed.
set -u
cxx=${1:-c++}
lints=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$lints/../.." && pwd)
tree=$(mktemp -d "${TMPDIR:-/tmp}/muster-lint.XXXXXX")
trap 'rm -rf "$tree"' EXIT
export MUSTER_LINT_ALLOW=/dev/null
passed=0
failed=0

# expect WHAT PATTERN TEXT: TEXT holds a line that matches PATTERN.
expect() {
    if grep -qE -- "$2" <<<"$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'not caught: %s\n  expected: %s\n  said: %s\n' "$1" "$2" "$3"
    fi
}

plant() { # plant FILE TEXT
    mkdir -p "$tree/$(dirname "$1")"
    printf '%s\n' "$2" >>"$tree/$1"
}

clean() {
    rm -rf "${tree:?}"
    mkdir -p "$tree/swim"
}

# ---- words: every rule, by its own example ----
clean
while IFS=$'\t' read -r rule where _ _ example; do
    [[ $rule == \#* || -z $rule ]] && continue
    for folder in swim agent daemon cli tests/unit/swim; do
        if [[ $folder/ =~ $where || $folder/planted_$rule.cpp =~ $where ]]; then
            plant "$folder/planted_$rule.cpp" "$example"
            break
        fi
    done
done <"$lints/words.txt"
said=$(bash "$lints/words.sh" "$tree")
while IFS=$'\t' read -r rule _; do
    [[ $rule == \#* || -z $rule ]] && continue
    expect "word $rule" "planted_$rule.cpp:1: \[$rule\]" "$said"
done <"$lints/words.txt"
clean
plant swim/fine.cpp 'static_assert(sizeof(int) == 4); MUSTER_ASSERT(x); struct Members {};'
expect "words in a good file" '^1 files hold none' "$(bash "$lints/words.sh" "$tree")"

# ---- layers ----
clean
while read -r file include; do
    plant "$file" "#include $include"
done <<'PLANTED'
swim/a.cpp "agent/node.h"
agent/cluster/b.cpp "agent/node.h"
agent/ring/c.cpp "agent/net/udp.h"
agent/node.cpp "agent/net/udp.h"
agent/node_parts.h "agent/agent.h"
agent/sim/d.cpp "agent/net/clock.h"
agent/net/e.cpp "agent/node.h"
agent/api/f.cpp "agent/agent.h"
agent/process/g.cpp "agent/hooks/hook.h"
agent/agent.cpp "daemon/options.h"
daemon/h.cpp "cli/table.h"
cli/i.cpp "agent/agent.h"
cli/j.cpp "agent/api/server.h"
cli/k.cpp <asio/io_context.hpp>
swim/l.cpp <thread>
agent/cluster/m.h <sys/socket.h>
agent/effects.h <mutex>
agent/election/n.cpp <fstream>
agent/api/o.h <msgpack.hpp>
daemon/p.h <spdlog/spdlog.h>
agent/agent.h <asio.hpp>
swim/q.cpp "../swim/packet.h"
PLANTED
said=$(bash "$lints/layers.sh" "$tree")
for file in swim/a.cpp agent/cluster/b.cpp agent/ring/c.cpp agent/node.cpp agent/node_parts.h \
    agent/sim/d.cpp agent/net/e.cpp agent/api/f.cpp agent/process/g.cpp agent/agent.cpp daemon/h.cpp \
    cli/i.cpp; do
    expect "include upwards in $file" "^$file:1: \[layer\]" "$said"
done
for file in cli/j.cpp cli/k.cpp swim/l.cpp agent/cluster/m.h agent/effects.h agent/election/n.cpp \
    agent/api/o.h daemon/p.h agent/agent.h swim/q.cpp; do
    expect "include of what is not wanted in $file" "^$file:1: \[include\]" "$said"
done
clean
plant agent/node.cpp '#include "agent/cluster/tags.h"'
plant agent/agent.cpp '#include "agent/net/udp.h"'
expect "good includes" '^2 files include downwards' "$(bash "$lints/layers.sh" "$tree")"

# ---- sizes ----
clean
plant swim/long.cpp "$(yes '// line' | head -n 451)"
plant swim/long.h "$(yes '// line' | head -n 251)"
plant tests/unit/long.cpp "$(yes '// line' | head -n 601)"
plant swim/lump.cpp "$(printf 'int lump(int a,\n         int b) {\n'; yes '    ++a;' | head -n 90; echo '}')"
plant swim/fine.cpp "$(yes '// line' | head -n 449)"
said=$(bash "$lints/sizes.sh" "$tree")
expect "a long source" '^swim/long.cpp:1: \[size\] 451 lines' "$said"
expect "a long header" '^swim/long.h:1: \[size\] 251 lines' "$said"
expect "a long test" '^tests/unit/long.cpp:1: \[size\]' "$said"
expect "a long function" '^swim/lump.cpp:1: note: a function of 93 lines: int lump' "$said"
expect "three files, not four" '^3 found' "$said"

# ---- top level ----
clean
mkdir -p "$tree"/{agent,daemon,cli,tests,systemd,docs,scripts}
touch "$tree"/{CMakeLists.txt,CMakePresets.json,LICENSE,.gitignore}
said=$(bash "$lints/toplevel.sh" "$tree")
expect "a folder too many" '^scripts:1: \[top-level\]' "$said"
expect "no README" '^README.md:1: \[top-level\] is missing' "$said"
expect "no more than these" '^2 found' "$said"

# ---- links ----
clean
plant README.md 'See [the wire](docs/protocol/none.md), [this](README.md), `tests/none.sh`.'
plant docs/page.md '[up](../README.md) and [nowhere](gone.md#part)'
plant swim/page.cpp '// docs/nothing.md section 3'
said=$(bash "$lints/links.sh" "$tree")
expect "a page that a comment names" '^swim/page.cpp:1: \[link\] docs/nothing.md' "$said"
expect "a dead link" '^README.md:1: \[link\] docs/protocol/none.md' "$said"
expect "a dead path in code" '^README.md:1: \[link\] tests/none.sh' "$said"
expect "a dead link beside it" '^docs/page.md:1: \[link\] gone.md' "$said"
expect "no live link" '^4 found' "$said"

# ---- purity: what is compiled, without its headers ----
clean
archive() { # archive FILE SOURCE
    "$cxx" -std=c++20 -x c++ -c -o "$tree/$1.cpp.o" - <<<"$2" &&
        ar rc "$tree/lib$1.a" "$tree/$1.cpp.o"
}
while IFS='|' read -r name symbol source; do
    archive "$name" "$source"
    expect "purity: $name" "lib$name.a\($name.cpp\):0: \[purity\] $symbol" \
        "$(bash "$lints/purity.sh" "$tree/lib$name.a")"
done <<'PLANTED'
clock|std::chrono::.*now|namespace std { namespace chrono { inline namespace _V2 { struct steady_clock { static long now(); }; } } } long f() { return std::chrono::steady_clock::now(); }
time|time|extern "C" long time(long*); long f() { return time(nullptr); }
device|getrandom|extern "C" long getrandom(void*, unsigned long, unsigned); long f(void* p) { return getrandom(p, 8, 0); }
socket|socket|extern "C" int socket(int, int, int); int f() { return socket(1, 1, 0); }
mutex|pthread_mutex_lock|extern "C" int pthread_mutex_lock(void*); int f(void* p) { return pthread_mutex_lock(p); }
file|fopen|extern "C" void* fopen(const char*, const char*); void* f() { return fopen("x", "r"); }
log|printf|extern "C" int printf(const char*, ...); int f(int x) { return printf("%d", x); }
host|getenv|extern "C" char* getenv(const char*); char* f() { return getenv("x"); }
end|abort|extern "C" void abort(); void f() { abort(); }
upwards|muster::net::send|namespace muster { namespace net { void send(int, const char*); } } void f() { muster::net::send(1, "std::x"); }
unknown|shm_unlink|extern "C" int shm_unlink(const char*); int f() { return shm_unlink("x"); }
PLANTED
archive assert 'extern "C" void abort(); void f() { abort(); }'
expect "the assert may end the process" '1 undefined symbols of 1 archives, all pure' \
    "$(bash "$lints/purity.sh" "$tree/libassert.a")"
archive needs 'namespace muster { int g(); } int f() { return muster::g(); }'
archive gives 'namespace muster { int g() { return 1; } } extern "C" void* memcpy(void*, const void*, unsigned long); void* h(void* a, const void* b, unsigned long n) { return memcpy(a, b, n); }'
expect "what a sister defines is pure" 'of 2 archives, all pure' \
    "$(bash "$lints/purity.sh" "$tree/libneeds.a" "$tree/libgives.a")"

# ---- the sum of the stages ----
clean
sum() { # sum LINES: what finish says after these stages
    (cd "$repository" && bash -c "source tests/support/stages.sh; $1; finish") 2>&1
    echo "status $?"
}
expect "counts add up" '^7 passed, 1 failed$' \
    "$(sum 'stage a 9 echo 3 passed, 0 failed; stage b 9 echo 4 passed, 1 failed, 2 skipped')"
expect "a stage without a count fails" '^0 passed, 1 failed$' "$(sum 'stage a 9 echo hello')"
expect "a stage that overruns fails" '^0 passed, 1 failed$' "$(sum 'stage a 1 sleep 5')"
expect "a status against its line fails" '^3 passed, 1 failed$' \
    "$(sum 'stage a 9 bash -c "echo 3 passed, 0 failed; exit 3"')"
expect "a failed check fails" '^1 passed, 1 failed$' "$(sum 'check a 9 true; check b 9 false')"
expect "the status tells" '^status 1$' "$(sum 'check b 9 false')"
expect "the status tells of success too" '^status 0$' "$(sum 'check b 9 true')"
expect "the common deadline holds" '^0 passed, 1 failed$' \
    "$(sum 'MUSTER_DEADLINE=$(($(date +%s) + 1)); stage a 60 sleep 30')"
(cd "$repository" && exec bash -c 'source tests/support/stages.sh; stage a 60 sleep 59.5' >/dev/null) &
script=$!
until pgrep -f '^sleep 59\.5$' >/dev/null; do sleep 0.1; done
kill "$script"
wait "$script" 2>/dev/null
for _ in $(seq 100); do
    pgrep -f '^sleep 59\.5$' >/dev/null || break
    sleep 0.1
done
expect "an interrupted script ends its stage" '^none$' "$(pgrep -f '^sleep 59\.5$' || echo none)"

# ---- exceptions that are no longer needed ----
said=$(for lint in words layers sizes toplevel links; do bash "$lints/$lint.sh" "$repository"; done)
while IFS=$'\t' read -r rule file reason; do
    [[ $rule == \#* || -z $rule ]] && continue
    expect "the exception '$rule $file' in allow.txt, which nothing needs: take it out" \
        "^$file:[0-9]+: \[$rule\]" "$said"
    expect "a reason for '$rule $file'" '.{20}' "$reason"
done <"$lints/allow.txt"

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
