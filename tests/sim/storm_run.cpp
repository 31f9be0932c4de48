#include "tests/sim/storm_run.h"

#include "agent/sim/invariants.h"
#include "tests/sim/aftermath.h"
#include "tests/sim/storm.h"

namespace muster::sim {

StormReport run_storm(std::uint64_t seed, std::string* text) {
    Random random(seed ^ 0x5EED57A7U);
    Options options;
    options.seed = seed;
    options.keep_text = text != nullptr;
    options.keep_events = false;
    World world(options);
    Invariants invariants(world);
    Aftermath aftermath(world);
    Storm storm(world, {.hosts = 2 + static_cast<std::size_t>(random.below(11)),
                        .length = std::chrono::minutes(1 + random.below(3)),
                        .leaves = random.chance(0.5),
                        .talk = random.chance(0.5)});
    StormReport report;
    report.seed = seed;
    storm.rage();
    report.broken = invariants.broken();
    if (report.broken.empty()) {
        storm.calm();
        storm.reunite();
        aftermath.judge();
        report.broken = invariants.broken();
        report.broken.insert(report.broken.end(), aftermath.broken().begin(),
                             aftermath.broken().end());
    }
    report.agreement = aftermath.agreement();
    report.steps = invariants.steps();
    report.hash = world.transcript().hash();
    if (text != nullptr) {
        *text = world.transcript().text();
    }
    return report;
}

}  // namespace muster::sim
