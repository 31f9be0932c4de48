#include "agent/sim/report.h"

#include <cstdio>

namespace muster::sim {

namespace {

template <class... Values>
std::string print(const char* format, Values... values) {
    char text[160];
    const int size = std::snprintf(text, sizeof text, format, values...);
    return {text, static_cast<std::size_t>(size)};
}

double to_seconds(Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// For printf's %llu.
unsigned long long number(std::uint64_t value) {  // NOLINT(google-runtime-int)
    return value;
}

std::string line(const char* what, const std::string& text) {
    return print("  %-18s", what) + text + "\n";
}

std::string words(const Spread& spread) {
    if (spread.count == 0) {
        return "nobody was to be reported";
    }
    return print("first %.2f s, median %.2f s, p99 %.2f s, last %.2f s", to_seconds(spread.first),
                 to_seconds(spread.median), to_seconds(spread.p99), to_seconds(spread.last));
}

std::string words(const Rate& rate, const char* unit) {
    return print("%.1f %s/s a member, %.1f the busiest", rate.mean, unit, rate.max);
}

}  // namespace

std::string to_text(const Report& r) {
    std::string text =
        print("%s: %zu members, seed %llu\n", r.scenario.c_str(), r.nodes, number(r.seed));
    for (const std::string& fault : r.faults) {
        text += line("done to them", fault);
    }
    text += line("assembled", (r.joined ? "by joining, " : "given: each started knowing all, ") +
                                  print("agreed after %.1f s", to_seconds(r.assembled)) +
                                  (r.agreed ? "" : ", NOT ALL OF THEM"));
    text += line("detection", words(r.detection) + print(" (%zu reports)", r.detection.count));
    text += line("  by anybody", words(r.first_detection));
    text += line("  not reported", print("%llu", number(r.unreported)));
    text += line("false positives",
                 print("%llu of healthy members, %llu of impaired ones, "
                       "%llu late",
                       number(r.false_positives), number(r.of_impaired), number(r.late)));
    text += line("convergence",
                 r.converged ? print("%.1f s after the faults (bound %.0f s)",
                                     to_seconds(r.convergence), to_seconds(r.bound))
                             : print("NOT within %.0f s: ", to_seconds(r.bound)) + r.divergence);
    text += line("packets", words(r.traffic.packets, "packets"));
    text += line("bytes in them", words(r.traffic.bytes, "bytes"));
    text += line("bytes in streams", words(r.traffic.stream_bytes, "bytes"));
    text += line("simulated", print("%.0f s, of these %.0f s measured; %llu events; transcript "
                                    "%016llx",
                                    to_seconds(r.simulated), to_seconds(r.measured),
                                    number(r.events), number(r.transcript)));
    for (const std::string& broken : r.broken) {
        text += line("BROKEN", broken);
    }
    return text;
}

}  // namespace muster::sim
