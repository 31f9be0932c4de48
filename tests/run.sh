#!/bin/bash
# run.sh [--deep]: installs what is missing, builds, and runs every test. Its last line is exactly
# `N passed, N failed`, and its status is 1 if any failed. --deep: longer quiet times, more seeds,
# all mutants, more fuzzing (about two hours).
#
# The stages, each of which can be run alone, in this order:
#
#   unit      cmake --workflow --preset dev      Debug with ASan and UBSan; ctest, with the lints
#   release   cmake --preset release && cmake --build --preset release --target musterd muster
#   install   bash tests/install/run.sh          what cmake --install puts where
#   interop   bash tests/interop/run.sh          with real serf agents
#   e2e       bash tests/e2e/run.sh              real processes on loopback
#   storms    bash tests/sim/run.sh              simulated clusters; one seed, one transcript
#   mutants   bash tests/mutants/run.sh          planted faults, each of which must be found
#   fuzz      bash tests/fuzz/run.sh SECONDS     every target, for so long in all
set -u
cd "$(dirname "$0")/.." || exit 1

deep=
case ${1:-} in
    "") ;;
    --deep) deep=--deep ;;
    *)
        echo "usage: bash tests/run.sh [--deep]" >&2
        exit 2
        ;;
esac

source tests/support/packages.sh
source tests/support/stages.sh

# Settings of somebody's daemon or compiler are not part of a test.
for name in ${!MUSTER_@}; do
    case $name in MUSTER_DEADLINE | MUSTER_PATIENCE) ;; *) unset "$name" ;; esac
done

# optional NAME LIMIT SCRIPT ARGUMENTS...: a stage whose script may not have been written yet.
optional() {
    local name=$1 limit=$2 script=$3
    shift 3
    if [ -f "$script" ]; then
        stage "$name" "$limit" bash "$script" "$@"
    else
        absent "$name" "there is no $script yet"
    fi
}

minutes=60
fuzz_seconds=60
sample=(--sample 4)
if [ -n "$deep" ]; then
    minutes=240
    fuzz_seconds=1200
    sample=()
fi

if ! check packages 900 bash -c 'source tests/support/packages.sh && install_packages build test check'; then
    finish
    exit 1
fi
check configure 120 cmake --preset dev
if check build $((15 * minutes)) cmake --build --preset dev; then
    stage unit $((10 * minutes)) bash tests/support/ctest.sh dev
fi
if check release $((15 * minutes)) bash -c \
    'cmake --preset release && cmake --build --preset release --target musterd muster'; then
    optional install 120 tests/install/run.sh
    optional interop $((12 * minutes)) tests/interop/run.sh ${deep:+--long}
    optional e2e $((8 * minutes)) tests/e2e/run.sh ${deep:+--long}
fi
stage storms $((12 * minutes)) bash tests/sim/run.sh ${deep:+--deep}
check mutants $((20 * minutes)) bash tests/mutants/run.sh "${sample[@]}"
stage fuzz $((10 * minutes)) bash tests/fuzz/run.sh "$fuzz_seconds"
finish
