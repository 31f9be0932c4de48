#!/bin/bash
# run.sh [BUILD]: installs a built tree (build/release) into an empty root, and checks what is there
# and that it holds together. Last line: `N passed, N failed`.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=${1:-build/release}
target=$(mktemp -d "${TMPDIR:-/tmp}/muster-install.XXXXXX")
trap 'rm -rf "$target"' EXIT
passed=0
failed=0

expect() { # expect WHAT COMMAND...
    local what=$1
    shift
    if "$@" >"$target/said" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not so: $what"
        sed 's/^/  /' "$target/said"
    fi
}

expect "cmake --install" env DESTDIR="$target/root" cmake --install "$build" --prefix /usr
root=$target/root/usr

version=$(sed -n 's/^project(muster VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
for program in musterd muster; do
    expect "$program says version $version" \
        bash -c "'$root/bin/$program' --version | grep -qF '$version'"
    # C libraries from the host, C++ from inside: design.md section 8.
    expect "$program brings its C++ runtime" \
        bash -c "! ldd '$root/bin/$program' | grep -E 'libstdc|libgcc|libfmt|libspdlog'"
    expect "$program is a position-independent executable" \
        bash -c "readelf -h '$root/bin/$program' | grep -q 'DYN'"
    expect "$program binds everything at its start" \
        bash -c "readelf -d '$root/bin/$program' | grep -q BIND_NOW"
done
unit=$root/lib/systemd/system/musterd.service
example=$root/share/doc/muster/examples/musterd.toml
expect "the unit starts what was installed" grep -q '^ExecStart=/usr/bin/musterd ' "$unit"
expect "the example is a valid configuration" "$root/bin/musterd" --config "$example" --validate
for page in man8/musterd.8 man1/muster.1; do
    expect "$page" test -s "$root/share/man/$page"
done
# Every entry has been looked for above: nothing else is installed.
expect "nothing else" diff - <(cd "$target/root" && find . -type f | sort) <<'LIST'
./usr/bin/muster
./usr/bin/musterd
./usr/lib/systemd/system/musterd.service
./usr/share/doc/muster/examples/musterd.toml
./usr/share/man/man1/muster.1
./usr/share/man/man8/musterd.8
LIST
if command -v systemd-analyze >/dev/null; then
    # Its complaints about a line begin with file and line. (The program is not where the unit says,
    # here: that complaint has no line.)
    expect "systemd understands every line of the unit" bash -c \
        "! systemd-analyze verify --man=no '$unit' 2>&1 | grep -E 'musterd.service:[0-9]+:'"
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
