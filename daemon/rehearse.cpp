#include "daemon/rehearse.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "agent/api/encoder.h"
#include "agent/sim/scenarios.h"

namespace muster {

namespace {

// Rounded to a thousandth, so that the digits end.
double thousandths(double value) {
    return std::round(value * 1000) / 1000;
}

double milliseconds(Duration duration) {
    return thousandths(std::chrono::duration<double, std::milli>(duration).count());
}

double seconds(Duration duration) {
    return thousandths(std::chrono::duration<double>(duration).count());
}

class Writer {
public:
    explicit Writer(std::string& out) : json_(out) {}

    void write(const sim::Report& r, double events_per_second) {
        json_.begin_map(0);
        json_.text_field("scenario", r.scenario);
        json_.natural_field("nodes", r.nodes);
        json_.natural_field("seed", r.seed);
        texts("faults", r.faults);
        real("assembled_s", seconds(r.assembled));
        json_.boolean_field("agreed_before", r.agreed);
        detection(r);
        json_.natural_field("unreported", r.unreported);
        json_.key("false_positives");
        json_.begin_map(0);
        json_.natural_field("healthy", r.false_positives);
        json_.natural_field("impaired", r.of_impaired);
        json_.natural_field("late", r.late);
        json_.end_map();
        convergence(r);
        traffic(r.traffic);
        simulation(r, events_per_second);
        texts("broken", r.broken);
        json_.end_map();
    }

private:
    void real(std::string_view key, double value) {
        json_.key(key);
        json_.real(value);
    }

    void texts(std::string_view key, const std::vector<std::string>& all) {
        json_.key(key);
        json_.begin_list(all.size());
        for (const std::string& one : all)
            json_.text(one);
        json_.end_list();
    }

    // Null where there is nothing to tell.
    void duration(std::string_view key, bool known, double value) {
        json_.key(key);
        known ? json_.real(value) : json_.nil();
    }

    void spread(std::string_view key, const sim::Spread& s) {
        json_.key(key);
        json_.begin_map(0);
        json_.natural_field("count", s.count);
        duration("first_ms", s.count > 0, milliseconds(s.first));
        duration("median_ms", s.count > 0, milliseconds(s.median));
        duration("p99_ms", s.count > 0, milliseconds(s.p99));
        duration("last_ms", s.count > 0, milliseconds(s.last));
        json_.end_map();
    }

    void detection(const sim::Report& r) {
        spread("detection", r.detection);
        spread("first_detection", r.first_detection);
    }

    void convergence(const sim::Report& r) {
        json_.key("convergence");
        json_.begin_map(0);
        json_.boolean_field("reached", r.converged);
        duration("time_s", r.converged, seconds(r.convergence));
        real("bound_s", seconds(r.bound));
        json_.text_field("divergence", r.divergence);
        json_.end_map();
    }

    void rate(std::string_view key, const sim::Rate& rate) {
        json_.key(key);
        json_.begin_map(0);
        real("mean", thousandths(rate.mean));
        real("max", thousandths(rate.max));
        json_.end_map();
    }

    void traffic(const sim::TrafficRates& rates) {
        json_.key("traffic");
        json_.begin_map(0);
        rate("packets_per_s", rates.packets);
        rate("bytes_per_s", rates.bytes);
        rate("stream_bytes_per_s", rates.stream_bytes);
        json_.end_map();
    }

    void simulation(const sim::Report& r, double events_per_second) {
        char transcript[17];
        std::snprintf(transcript, sizeof transcript, "%016llx",
                      static_cast<unsigned long long>(r.transcript));
        json_.key("simulation");
        json_.begin_map(0);
        real("time_s", seconds(r.simulated));
        real("measured_s", seconds(r.measured));
        json_.natural_field("events", r.events);
        json_.natural_field("events_per_second",
                            static_cast<std::uint64_t>(std::max(0.0, events_per_second)));
        json_.text_field("transcript", transcript);
        json_.end_map();
    }

    api::JsonEncoder json_;
};

std::string known_scenarios() {
    std::string all;
    for (const sim::Scenario& scenario : sim::scenarios())
        all += "\n  " + std::string(scenario.name) + ": " + std::string(scenario.summary);
    return all;
}

}  // namespace

std::string to_json(const sim::Report& report, double events_per_second) {
    std::string out;
    Writer(out).write(report, events_per_second);
    return out + "\n";
}

std::optional<Error> check_rehearsal(const RehearsalWishes& wishes) {
    if (sim::find_scenario(wishes.scenario) == nullptr) {
        return Error{(wishes.scenario.empty() ? "which scenario? (--scenario NAME)"
                                              : "there is no scenario '" + wishes.scenario + "'") +
                     std::string("; there are:") + known_scenarios()};
    }
    if (wishes.nodes < sim::min_nodes || wishes.nodes > sim::max_nodes) {
        return Error{"a rehearsal has from " + std::to_string(sim::min_nodes) + " to " +
                     std::to_string(sim::max_nodes) + " members, not " +
                     std::to_string(wishes.nodes) + " (see --nodes)"};
    }
    return std::nullopt;
}

int rehearse(const Settings& settings, const RehearsalWishes& wishes) {
    if (const auto error = check_rehearsal(wishes)) {
        std::fprintf(stderr, "musterd: %s\n", error->text.c_str());
        return 2;
    }
    sim::Rehearsal wanted;
    wanted.node.swim = settings.swim;
    wanted.node.cluster = settings.cluster;
    wanted.node.tags = settings.tags;
    wanted.label = settings.label;
    wanted.nodes = wishes.nodes;
    wanted.seed = wishes.seed;
    const std::clock_t start = std::clock();
    const sim::Report report = sim::rehearse(
        *sim::find_scenario(wishes.scenario), wanted, [](Duration at, const std::string& what) {
            std::fprintf(stderr, "%8.1f s  %s\n", std::chrono::duration<double>(at).count(),
                         what.c_str());
        });
    const double took = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const double rate = took > 0 ? static_cast<double>(report.events) / took : 0;
    const std::string text = wishes.json ? to_json(report, rate) : sim::to_text(report);
    std::fputs(text.c_str(), stdout);
    return report.converged && report.broken.empty() ? 0 : 1;
}

}  // namespace muster
