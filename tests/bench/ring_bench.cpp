// The ring beside a naive one in the same run: a std::map from position to member, which is what a
// program writes that needs a ring and has an afternoon. Figures of one machine mean little; the
// ratios are printed last.
//
//   ring_bench [--benchmark_filter=...] [--json FILE]    # a line of JSON for each comparison
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/ring/difference.h"
#include "agent/ring/hash.h"
#include "agent/ring/ring.h"

namespace {

using namespace muster;
using namespace muster::ring;

std::vector<Member> members(std::size_t count) {
    std::vector<Member> all(count);
    for (std::size_t i = 0; i < count; ++i) {
        all[i].name = "host-" + std::to_string(i) + ".example";
    }
    return all;
}

SharedMembers set_of(std::vector<Member> all, Function function = {}) {
    return std::make_shared<const MemberSet>(function, std::move(all));
}

SharedRing ring_of(std::size_t count, Function function = {}) {
    return *Ring::build(set_of(members(count), function));
}

std::vector<Bytes> keys() {
    std::vector<Bytes> all(1U << 16U);
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = "user:" + std::to_string(i * 2654435761U % 4294967291U);
    }
    return all;
}

class MapRing {
public:
    void add(const Bytes& name) {
        HashSeries hash;
        hash.begin(name);
        for (std::uint32_t j = 0; j < default_vnodes; ++j) {
            points_.emplace(position_of(hash(j)), name);
        }
    }
    void remove(const Bytes& name) {
        HashSeries hash;
        hash.begin(name);
        for (std::uint32_t j = 0; j < default_vnodes; ++j) {
            points_.erase(position_of(hash(j)));
        }
    }
    const Bytes& owner(BytesView key) const {
        const auto at = points_.lower_bound(position_of(xxh3_64(key)));
        return (at == points_.end() ? points_.begin() : at)->second;
    }

private:
    std::map<std::uint64_t, Bytes> points_;
};

MapRing map_ring(std::size_t count) {
    MapRing ring;
    for (const Member& member : members(count)) {
        ring.add(member.name);
    }
    return ring;
}

void lookup(benchmark::State& state) {
    const SharedRing ring = ring_of(static_cast<std::size_t>(state.range(0)));
    const std::vector<Bytes> all = keys();
    std::size_t i = 0;
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(ring->owner(all[i++ & 0xFFFFU]));
    }
}

void lookup_map(benchmark::State& state) {
    const MapRing ring = map_ring(static_cast<std::size_t>(state.range(0)));
    const std::vector<Bytes> all = keys();
    std::size_t i = 0;
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(ring.owner(all[i++ & 0xFFFFU]).data());
    }
}

void three_owners(benchmark::State& state) {
    const SharedRing ring = ring_of(static_cast<std::size_t>(state.range(0)));
    const std::vector<Bytes> all = keys();
    std::vector<std::uint32_t> owners;
    std::size_t i = 0;
    while (state.KeepRunning()) {
        ring->owners(all[i++ & 0xFFFFU], {3, false}, owners);
        benchmark::DoNotOptimize(owners.data());
    }
}

void lookup_rendezvous(benchmark::State& state) {
    const SharedRing ring =
        ring_of(static_cast<std::size_t>(state.range(0)), {Algorithm::Rendezvous, 0});
    const std::vector<Bytes> all = keys();
    std::size_t i = 0;
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(ring->owner(all[i++ & 0xFFFFU]));
    }
}

void build(benchmark::State& state) {
    const SharedMembers set = set_of(members(static_cast<std::size_t>(state.range(0))));
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(Ring::build(set));
    }
}

void build_map(benchmark::State& state) {
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(map_ring(static_cast<std::size_t>(state.range(0))));
    }
}

// A member leaves: what the agent does, from the members that changed to a ring that can be asked.
void change(benchmark::State& state) {
    const SharedRing ring = ring_of(static_cast<std::size_t>(state.range(0)));
    std::vector<Member> fewer = ring->set().members();
    fewer.erase(fewer.begin() + state.range(0) / 2);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(Ring::build(set_of(fewer), *ring));
    }
}

// The same into a new map, since readers keep the old one.
void change_map(benchmark::State& state) {
    const MapRing ring = map_ring(static_cast<std::size_t>(state.range(0)));
    const Bytes name = members(static_cast<std::size_t>(state.range(0)))[1].name;
    while (state.KeepRunning()) {
        MapRing made = ring;
        made.remove(name);
        benchmark::DoNotOptimize(made);
    }
}

// And in place, where nobody reads meanwhile.
void change_map_in_place(benchmark::State& state) {
    MapRing ring = map_ring(static_cast<std::size_t>(state.range(0)));
    const Bytes name = members(static_cast<std::size_t>(state.range(0)))[1].name;
    while (state.KeepRunning()) {
        ring.remove(name);
        state.PauseTiming();
        ring.add(name);
        state.ResumeTiming();
    }
}

void moved(benchmark::State& state) {
    const SharedRing ring = ring_of(static_cast<std::size_t>(state.range(0)));
    std::vector<Member> fewer = ring->set().members();
    fewer.pop_back();
    const SharedRing after = *Ring::build(set_of(fewer), *ring);
    while (state.KeepRunning()) {
        benchmark::DoNotOptimize(moved_share(*ring, *after));
    }
}

BENCHMARK(lookup)->Arg(10)->Arg(100)->Arg(1000)->Arg(10000);
BENCHMARK(lookup_map)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(three_owners)->Arg(1000);
BENCHMARK(lookup_rendezvous)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(build)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK(build_map)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(change)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);
BENCHMARK(change_map)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(change_map_in_place)->Arg(1000)->Iterations(50)->Unit(benchmark::kMillisecond);
BENCHMARK(moved)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// Remembers how long each took, in nanoseconds of this thread.
class Remembering : public benchmark::ConsoleReporter {
public:
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            took[run.benchmark_name()] =
                run.cpu_accumulated_time / static_cast<double>(run.iterations) * 1e9;
        }
        ConsoleReporter::ReportRuns(runs);
    }

    std::map<std::string, double> took;
};

struct Comparison {
    const char* what;
    const char* ours;
    const char* theirs;
};

void compare(const std::map<std::string, double>& took, std::ostream& json) {
    for (const Comparison& each : {
             Comparison{"lookup, 100 members", "lookup/100", "lookup_map/100"},
             Comparison{"lookup, 1000 members", "lookup/1000", "lookup_map/1000"},
             Comparison{"build, 1000 members", "build/1000", "build_map/1000"},
             Comparison{"one change, 1000 members, readers keep the old one", "change/1000",
                        "change_map/1000"},
             Comparison{"one change, 1000 members, the map in place", "change/1000",
                        "change_map_in_place/1000/iterations:50"},
         }) {
        const auto ours = took.find(each.ours);
        const auto theirs = took.find(each.theirs);
        if (ours == took.end() || theirs == took.end()) {
            continue;
        }
        const double ratio = ours->second / theirs->second;
        std::printf("%-52s ours %10.0f ns, std::map %10.0f ns, ratio %.2f\n", each.what,
                    ours->second, theirs->second, ratio);
        json << R"({"experiment":"ring )" << each.what << R"(","ours":)" << ours->second
             << R"(,"map":)" << theirs->second << R"(,"unit":"ns","ratio":)" << ratio << "}\n";
    }
}

// Balance and memory are no times: one line each.
void describe(std::size_t count) {
    const SharedRing ring = ring_of(count);
    const double mean = static_cast<double>(circle) / static_cast<double>(count);
    double squares = 0;
    double most = 0;
    for (const std::uint64_t share : ring->shares()) {
        const double relative = static_cast<double>(share) / mean;
        squares += (relative - 1) * (relative - 1);
        most = std::max(most, relative);
    }
    std::printf(
        "%zu members: %zu bytes each, standard deviation of the shares %.2f %%, largest %.3f "
        "of the mean\n",
        count, ring->memory() / count, 100 * std::sqrt(squares / static_cast<double>(count)), most);
}

}  // namespace

int main(int argc, char** argv) {
    std::ofstream json;
    for (int i = 1; i + 1 < argc; ++i) {
        if (std::strcmp(argv[i], "--json") == 0) {
            json.open(argv[i + 1], std::ios::app);
            argc = i;
        }
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 2;
    }
    Remembering reporter;
    benchmark::RunSpecifiedBenchmarks(&reporter);
    compare(reporter.took, json);
    for (const std::size_t count : {100U, 1000U, 10000U}) {
        describe(count);
    }
    return 0;
}
