#!/bin/bash
# run.sh [--only NAME]... [--sample N [--seed S]]: faults planted on purpose. Each *.patch here and
# in election/ is a plausible bug in deciding code; its first line says which. Applied alone to a
# copy of the tree, it must make the simulator fail: a scenario (tests/sim/*_test.cpp), or a storm
# (tests/sim/storms.cpp). Unit tests do not count. The tree itself is never touched; the copy and its
# build are in build/mutants.
#
# The election's must be caught by a schedule that breaks the simpler rule
# (tests/unit/election/schedules*_test.cpp, F1 to F24), by the election's own storms
# (tests/sim/election), or by whole nodes that elect (tests/sim/leader_test.cpp). Most of them need an
# exact order of events, that storms meet once in a thousand runs: so schedules count.
#
# --only: a patch's name, `election/NAME`, or `election` for all of those.
#
# The unmutated tree must pass first. --sample: N of them, drawn by a seed that is printed. Last
# line: `mutants: N caught, 0 missed`. Status 1 if one is missed, does not apply or does not compile.
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
tree=$root/build/mutants/tree
build=$root/build/mutants/build
log=$root/build/mutants/log

# How much the simulator runs for each, at most. A mutant is missed when all of it passes.
storms=300
rounds=10  # seeds of each scenario, if it passes with its own few
elections=100  # of each of the election's storms, likewise
limit=600  # seconds for one program: a mutant that never rests is ended

usage() {
    echo "usage: bash tests/mutants/run.sh [--only NAME]... [--sample N [--seed S]]" >&2
    exit 2
}

only=()
sample=
seed=$RANDOM
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case $1 in
        --only) only+=("$2") ;;
        --sample) sample=$2 ;;
        --seed) seed=$2 ;;
        *) usage ;;
    esac
    shift 2
done
[[ $sample$seed =~ ^[0-9]+$ ]] || usage

# patches [FOLDER/]: the names of its mutants.
patches() {
    (cd tests/mutants && printf '%s\n' "$1"*.patch | sed 's/\.patch$//' | sort)
}

mapfile -t names < <(patches "" && patches election/)
if [ "${#only[@]}" != 0 ]; then
    chosen=()
    for name in "${only[@]}"; do
        if [ -d "tests/mutants/$name" ]; then
            mapfile -t -O "${#chosen[@]}" chosen < <(patches "$name/")
        elif [ -f "tests/mutants/$name.patch" ]; then
            chosen+=("$name")
        else
            echo "there is no mutant $name; there are: ${names[*]}" >&2
            exit 2
        fi
    done
    names=("${chosen[@]}")
elif [ -n "$sample" ]; then
    echo "a sample of $sample of ${#names[@]} mutants: --sample $sample --seed $seed"
    # The hash of seed and name is the order: the same everywhere.
    mapfile -t names < <(
        for name in "${names[@]}"; do
            printf '%s %s\n' "$(printf '%s %s' "$seed" "$name" | cksum | cut -d ' ' -f 1)" "$name"
        done | sort -n | head -n "$sample" | cut -d ' ' -f 2
    )
fi

# ---- the copy ----

# Whatever a mutant changed is restored newer than what was built from it.
changed=()
restore() {
    local file
    for file in "${changed[@]}"; do
        cp "$root/$file" "$tree/$file"
    done
    changed=()
}
trap restore EXIT
trap 'exit 130' INT TERM HUP

rm -rf "$tree"
mkdir -p "$tree" "$build"
git -c safe.directory='*' ls-files -z --cached --others --exclude-standard |
    xargs -0 cp --parents --preserve=mode,timestamps -t "$tree" 2>/dev/null
# A mutant's objects outlive it, and the run that built them: whatever was ever changed is newer than
# what was built from it.
if [ -e "$build/mutated" ]; then
    (cd "$tree" && xargs touch -c <"$build/mutated")
fi

# Paths in the copy are hashed as if relative: what was compiled once is, in any clone.
export CCACHE_BASEDIR=$tree CCACHE_NOHASHDIR=1
# Fast to compile and fast enough to run. A mutant may leave a parameter unused.
if ! cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O1 \
    -DMUSTER_TESTS=ON -DMUSTER_WERROR=OFF >"$log" 2>&1; then
    tail -n 20 "$log"
    echo "mutants: the copy in $tree cannot be configured"
    exit 1
fi

# ---- one tree's run ----

# simulate WORLD: runs all that may catch a mutant until something fails. Answers 0 if all passed, 1
# with `by` set if something failed, 2 if it does not compile.
simulate() {
    started=$SECONDS
    by=
    "simulate_$1"
}

simulate_cluster() {
    local status
    compile sim_tests || return 2
    cases sim/sim_tests || return 1
    compile storms || return 2
    timeout "$limit" "$build/tests/sim/storms" --seeds "1..$storms" --jobs 2 >"$log" 2>&1
    status=$?
    if [ "$status" != 0 ]; then
        by="$(storm_verdict "$status"), $((SECONDS - started)) s"
        return 1
    fi
    cases sim/sim_tests "$rounds"
}

simulate_election() {
    compile election_tests || return 2
    cases unit/election/election_tests "" '[#schedules_test],[#schedules_more_test]' || return 1
    compile election_sim_tests || return 2
    cases sim/election/election_sim_tests || return 1
    compile leader_sim_tests || return 2
    cases sim/leader_sim_tests || return 1
    cases sim/election/election_sim_tests "$elections" || return 1
    cases sim/leader_sim_tests "$rounds"
}

# cases PROGRAM [SEEDS [FILTER]]: its test cases, each with as many seeds as it says itself, or with
# so many.
cases() {
    local status
    # The shell says here, unasked, what a program died of.
    { timeout "$limit" env ${2:+MUSTER_SIM_SEEDS=$2} "$build/tests/$1" --filenames-as-tags --abort \
        ${3:+"$3"} >"$log" 2>&1; } 2>/dev/null
    status=$?
    [ "$status" = 0 ] && return
    by="$(case_verdict "$status" "${1##*/}"), $((SECONDS - started)) s"
    return 1
}

compile() {
    cmake --build "$build" --target "$1" >"$log" 2>&1
}

storm_verdict() {
    if [ "$1" = 124 ]; then
        echo "storms: they never end"
        return
    fi
    local seeds sentence
    seeds=$(awk '/ seeds in / { print $1 + 1 }' "$log" | tail -n 1)
    sentence=$(grep -A 1 '^seed ' "$log" | sed -n 2p | sed 's/^ *//')
    echo "storms, ${seeds:-1} seeds: ${sentence:-status $1}"
}

# case_verdict STATUS PROGRAM
case_verdict() {
    if [ "$1" = 124 ]; then
        echo "$2: they never end"
        return
    fi
    local name seed
    # Its name stands between two rules, above what failed.
    name=$(awk '/^-----*$/ { inside = !inside; if (inside) name = ""; next }
        inside { name = name $0 " " }
        /FAILED:/ { print name; exit }' "$log")
    seed=$(grep -m 1 -o 'MUSTER_SIM_SEED=[0-9]*' "$log")
    echo "$2${seed:+, seed ${seed#*=}}: ${name:-$(tail -n 1 "$log") }" | sed 's/  */ /g; s/ $//'
}

# world NAME: what must catch this mutant.
world() {
    case $1 in
        election/*) echo election ;;
        *) echo cluster ;;
    esac
}

mapfile -t worlds < <(for name in "${names[@]}"; do world "$name"; done | sort -u)
for world in "${worlds[@]}"; do
    echo "the unmutated tree: $world"
    simulate "$world"
    case $? in
        1)
            cat "$log"
            echo "mutants: the unmutated tree does not pass ($by): nothing can be said of the mutants"
            exit 1
            ;;
        2)
            tail -n 20 "$log"
            echo "mutants: the unmutated tree does not build"
            exit 1
            ;;
    esac
    echo "    passes"
done

# ---- the mutants ----

caught=0
missed=()
broken=()
for name in "${names[@]}"; do
    patch=tests/mutants/$name.patch
    echo "$name: $(head -n 1 "$patch")"
    mapfile -t changed < <(sed -n 's/^+++ b\///p' "$patch")
    printf '%s\n' "${changed[@]}" >>"$build/mutated"
    # The copy is no repository, and must not be taken for a part of this one.
    if ! (cd "$tree" && GIT_CEILING_DIRECTORIES=$(dirname "$tree") git apply "$root/$patch" >"$log" 2>&1); then
        sed 's/^/    /' "$log"
        echo "    BROKEN: it no longer applies. Plant the same fault in today's code, and write" \
            "\`git diff\` below its first line: $patch"
        broken+=("$name")
        changed=()
        continue
    fi
    # The clock of the copy's files must be beyond that of what was built.
    (cd "$tree" && touch "${changed[@]}")
    simulate "$(world "$name")"
    case $? in
        0)
            echo "    MISSED: everything passes"
            missed+=("$name")
            ;;
        1)
            echo "    caught by $by"
            caught=$((caught + 1))
            ;;
        2)
            grep -m 5 'error' "$log" | sed 's/^/    /'
            echo "    BROKEN: it does not compile: $patch"
            broken+=("$name")
            ;;
    esac
    restore
done

if [ "${#broken[@]}" != 0 ]; then
    echo "broken: ${broken[*]}"
fi
if [ "${#missed[@]}" != 0 ]; then
    echo "missed: ${missed[*]}"
fi
echo "mutants: $caught caught, ${#missed[@]} missed${broken[*]:+, ${#broken[@]} broken}"
[ "${#missed[@]}" = 0 ] && [ "${#broken[@]}" = 0 ]
