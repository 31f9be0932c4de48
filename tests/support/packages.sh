# Installs the Debian packages that this repository is built and tested with: sourced, then
#
#   install_packages build            # what the two programs need
#   install_packages build test       # and what the tests need
#   install_packages build test check # and what the fuzz, tidy and format checks need
#
# Only what is missing is installed, as root or through sudo; with nothing missing nothing is run,
# and no privilege is asked for. It prints what it does, and an error that says what to do by hand.
# The lists below name a dependency's package once; what a folder of tests needs of its own stands in
# its file `packages`, one a line.

packages_build=(
    g++ cmake ninja-build
    libasio-dev libmsgpack-cxx-dev libcli11-dev libspdlog-dev libtomlplusplus-dev nlohmann-json3-dev
    libre2-dev libsqlite3-dev nettle-dev libxxhash-dev
)
packages_test=(catch2 ccache binutils procps)
mapfile -t -O "${#packages_test[@]}" packages_test < <(
    cat "$(dirname "${BASH_SOURCE[0]}")"/../*/packages 2>/dev/null | grep -v '^[[:space:]]*\(#\|$\)')
packages_check=(clang libclang-rt-14-dev clang-tidy clang-format mandoc shellcheck git)

# The names among "$@" that are not installed.
missing_packages() {
    local name
    for name in "$@"; do
        if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ]; then
            echo "$name"
        fi
    done
}

# How to become root: nothing, or sudo; fails when there is no way.
root_prefix() {
    if [ "$(id -u)" = 0 ]; then
        return 0
    fi
    command -v sudo >/dev/null || return 1
    # With a terminal sudo may ask for a password; without one it must not need to.
    if [ -t 0 ] || sudo -n true 2>/dev/null; then
        echo sudo
        return 0
    fi
    return 1
}

packages_fail() {
    echo "cannot install packages: $1" >&2
    echo "missing: $2" >&2
    echo "to do: $3" >&2
    return 1
}

# apt_get ARGS...: through "${as_root[@]}", saying one line for every 25 packages unpacked.
apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -y -q \
        -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 "$@" \
        </dev/null 2>&1 | tee -a "$apt_log" |
        awk '/^Unpacking / && ++n % 25 == 0 { print "  " n " unpacked"; fflush() }'
    return "${PIPESTATUS[0]}"
}

# install_packages SET...
install_packages() {
    local wanted=() set missing prefix as_root=() apt_log started=$SECONDS
    for set in "$@"; do
        local -n names="packages_$set"
        wanted+=("${names[@]}")
    done
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        packages_fail "this is not Debian (no dpkg-query, or no apt-get)" "unknown" \
            "install what is called here: ${wanted[*]}; then build with cmake --preset release"
        return 1
    fi
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    if [ "${#missing[@]}" = 0 ]; then
        return 0
    fi
    if ! prefix=$(root_prefix); then
        packages_fail "neither root, nor sudo without a password" "${missing[*]}" \
            "run as root: apt-get update && apt-get install ${missing[*]}"
        return 1
    fi
    [ -z "$prefix" ] || as_root=("$prefix")
    apt_log=$(mktemp "${TMPDIR:-/tmp}/muster-apt.XXXXXX")
    echo "installing ${#missing[@]} packages, and what they need: ${missing[*]}"
    if ! apt_get update || ! apt_get install --no-install-recommends "${missing[@]}"; then
        tail -n 15 "$apt_log" >&2
        packages_fail "apt-get failed (all that it said: $apt_log)" "${missing[*]}" \
            "is a Debian 12 mirror reachable? then try again"
        return 1
    fi
    rm -f "$apt_log"
    echo "  installed in $((SECONDS - started)) s"
}
