// Counts what a run is judged by: how soon who is gone is reported, who is reported gone and is
// not, what each member sent. Watches a world and changes nothing; the scenario tells it what it
// does to whom.
//
// A report is one member's word about another: it held it for alive or leaving, and now holds it
// for failed or left. Every report is one of
//   - a detection: the subject is gone for the observer (killed, leaving, or behind a partition);
//     only the first one of each observer in one absence of the subject
//   - late: the subject was gone, and came back no longer than `grace` ago
//   - of an impaired member: alive, but made so slow that either answer is right
//   - a false positive: all others
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/sim/world.h"

namespace muster::sim {

// Of many durations the ones that are told.
struct Spread {
    std::size_t count = 0;
    Duration first{}, median{}, p99{}, last{};
};
Spread spread_of(std::vector<Duration> durations);

// Rates of one kind over all members: the mean, and that of the busiest.
struct Rate {
    double mean = 0, max = 0;
};

struct TrafficRates {
    Rate packets;       // datagrams a second
    Rate bytes;         // in them, without the headers of IP and UDP
    Rate stream_bytes;  // what streams carry, in both directions counted where it is sent
};

class Tally {
public:
    // REQUIRES: the world outlives no call of this, and all of its hosts are there.
    Tally(World& world, Duration grace);
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;

    // What came before does not count.
    void begin();

    // `subject` is gone from now on, for everybody.
    void gone(HostId subject);
    void back(HostId subject);
    // Each side is gone for the other. REQUIRES: no partition stands.
    void part(const Hosts& a, const Hosts& b);
    void heal();
    void impaired(HostId subject, bool is);

    Spread detections() const { return spread_of(detections_); }
    // Of each absence, when the first member reported it.
    Spread first_detections() const;
    // Pairs of a running observer and a member that was gone for it, and not reported when that
    // ended, or now.
    std::uint64_t unreported() const;
    std::uint64_t false_positives() const { return false_positives_; }
    std::uint64_t late() const { return late_; }
    std::uint64_t of_impaired() const { return of_impaired_; }
    TrafficRates traffic() const;

private:
    struct Subject {
        std::uint32_t absence = 0;  // which one is on; 0: it is there
        TimePoint since;
        TimePoint back;
        bool was_back = false;
        bool impaired = false;
        std::uint8_t side = 0;  // of the partition; 0: on both
    };

    void see(HostId observer, const Effects& effects);
    void count(HostId observer, HostId subject);
    bool parted(HostId observer, HostId subject) const;
    bool gone_for(HostId observer, HostId subject) const;
    std::uint64_t unreported(HostId subject) const;
    void detected(HostId observer, HostId subject, std::uint32_t absence, TimePoint since);

    World& world_;
    Duration grace_;
    std::map<Bytes, HostId, std::less<>> ids_;
    std::vector<Subject> subjects_;
    std::uint32_t last_absence_ = 0;
    std::uint32_t partition_ = 0;  // its number among the absences; 0: there is none
    TimePoint parted_since_;
    std::vector<std::uint32_t> reported_;  // by observer, then subject: in which absence last
    std::map<std::pair<std::uint32_t, HostId>, Duration> first_;  // by absence and subject
    std::vector<Duration> detections_;
    std::uint64_t false_positives_ = 0, late_ = 0, of_impaired_ = 0, missed_ = 0;
    TimePoint begin_;
    std::vector<Traffics> before_;
};

}  // namespace muster::sim
