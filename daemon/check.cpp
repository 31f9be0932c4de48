#include "daemon/check.h"

#include <algorithm>

#include "agent/api/duration.h"
#include "agent/cluster/mark.h"
#include "agent/election/record.h"
#include "agent/election/view.h"
#include "swim/assert.h"

namespace muster {

namespace {

class Checker {
public:
    Checker(const Settings& settings, const Places& places, const std::vector<Option>& options)
        : settings_(settings), places_(places), options_(options) {}

    std::vector<Complaint> run() {
        check_addresses();
        check_tags();
        check_storage();
        check_keys();
        check_swim();
        check_cluster();
        check_election();
        positive("journal.keep", settings_.retention.keep);
        return std::move(errors_);
    }

private:
    const Place& place_of(std::string_view full_key) const {
        static const Place nowhere;
        const auto found = places_.find(full_key);
        return found == places_.end() ? nowhere : found->second;
    }

    const Option& option_of(std::string_view full_key) const {
        const std::size_t dot = full_key.find('.');
        const Option* const option =
            dot == std::string_view::npos
                ? find_option(options_, "", full_key)
                : find_option(options_, full_key.substr(0, dot), full_key.substr(dot + 1));
        MUSTER_ASSERT(option != nullptr);
        return *option;
    }

    // As the person has written it.
    std::string name(std::string_view full_key) const {
        return place_of(full_key).name_of(option_of(full_key));
    }

    // Of two keys that contradict each other, the one of higher precedence is named first.
    void fail(std::string_view key, std::string_view other, const std::string& text) {
        const bool second = !other.empty() && place_of(other).source > place_of(key).source;
        const std::string_view blamed = second ? other : key;
        const Place& place = place_of(blamed);
        errors_.push_back(
            {place.before(option_of(blamed)) + ": " + text, place.source == Source::Flag});
    }
    void fail(std::string_view key, const std::string& text) { fail(key, {}, text); }

    void positive(std::string_view key, Duration value) {
        if (value <= Duration::zero())
            fail(key, "it must be longer than 0");
    }

    void check_addresses() {
        const Settings& s = settings_;
        if (s.rpc_addr && !s.rpc_addr->is_loopback() && s.rpc_auth.empty()) {
            fail("rpc_addr", s.rpc_addr->to_string() +
                                 " can be reached from other hosts, and no token is asked of them "
                                 "(set rpc_auth, or use a loopback address)");
        }
        if (!s.rpc_auth.empty() && !s.rpc_addr)
            fail("rpc_auth",
                 "the token protects nothing without rpc_addr (set that, or leave it out)");
        if (s.advertise && s.advertise->is_ipv4() != s.bind.is_ipv4() && !s.bind.is_wildcard()) {
            fail("advertise", "bind",
                 "nobody reaches " + s.advertise->to_string() + " at a socket that is bound to " +
                     s.bind.to_string() + " (one is IPv4, the other IPv6)");
        }
    }

    void check_tags() {
        // With room for the mark at its longest.
        election::Mark mark;
        mark.candidate = settings_.election.candidate;
        mark.expect = mark.priority = UINT8_MAX;
        if (const Result<Bytes> encoded =
                cluster::encode_own(settings_.tags, election::encode(mark), /*drained=*/false);
            !encoded)
            fail("tag", encoded.error().text);
    }

    void check_storage() {
        if (settings_.ephemeral && !settings_.data_dir.empty()) {
            fail("ephemeral", "data_dir",
                 "nothing is to be kept, and " + name("data_dir") +
                     " says where to keep it (leave one of the two out)");
        }
    }

    void check_keys() {
        if (!settings_.keyring_file.empty() && place_of("encrypt_key").source != Source::Default) {
            fail("encrypt_key", "keyring",
                 "a single key is given, and " + name("keyring") +
                     " has keys too (leave one of the two out)");
        }
    }

    void check_swim() {
        const swim::Config& c = settings_.swim;
        if (c.probe_interval > Duration::zero() && c.probe_timeout >= c.probe_interval) {
            fail("swim.probe_timeout", "swim.probe_interval",
                 "probe_timeout (" + api::to_string(c.probe_timeout) +
                     ") must be shorter than probe_interval (" + api::to_string(c.probe_interval) +
                     "): no time would be left to ask others");
        }
        positive("swim.probe_timeout", c.probe_timeout);
        positive("swim.tcp_timeout", c.tcp_timeout);
        positive("swim.gossip_to_the_dead_time", c.gossip_to_the_dead_time);
    }

    void check_cluster() {
        const cluster::Config& c = settings_.cluster;
        constexpr Duration least_broadcast_timeout = std::chrono::seconds(1);
        if (c.broadcast_timeout < least_broadcast_timeout) {
            fail("cluster.broadcast_timeout", "broadcast_timeout (" +
                                                  api::to_string(c.broadcast_timeout) +
                                                  ") must be at least 1s");
        }
        if (c.retry_first > c.retry_max) {
            fail("cluster.retry_first", "cluster.retry_max",
                 "retry_first (" + api::to_string(c.retry_first) +
                     ") must not be longer than retry_max (" + api::to_string(c.retry_max) + ")");
        }
        positive("cluster.reap_interval", c.reap_interval);
        positive("cluster.retry_first", c.retry_first);
        positive("cluster.seed_retry_max", c.seed_retry_max);
    }

    bool given(std::string_view key) const { return place_of(key).source != Source::Default; }

    void check_election() {
        const election::Config& e = settings_.election;
        if (e.candidate && (settings_.ephemeral || settings_.data_dir.empty())) {
            fail("voter", given("ephemeral") ? "ephemeral" : "",
                 "a voter that keeps nothing would forget its votes and promises, and vote twice "
                 "(give it --data-dir, or leave --voter out)");
        }
        if (e.candidate && (e.mode == election::Mode::View || e.mode == election::Mode::Off)) {
            fail("voter", "election.mode",
                 "nobody votes with [election] mode = \"" +
                     std::string(e.mode == election::Mode::View ? "view" : "off") +
                     "\" (leave one of the two out)");
        }
        if (e.candidate && settings_.node.size() > election::max_name) {
            fail("voter", "node",
                 "the name of a voter has at most " + std::to_string(election::max_name) +
                     " bytes, " + settings_.node + " has " + std::to_string(settings_.node.size()) +
                     " (see --node)");
        }
        if (e.expect != 0 && !e.list.empty()) {
            fail("expect", "election.voters",
                 "the voters to found with are listed, and counted as well (leave one of the two "
                 "out)");
        }
        for (const std::string_view key :
             {std::string_view("expect"), std::string_view("election.voters")}) {
            if (given(key) && !e.candidate)
                fail(key, "it is for a host that votes, and this one does not (see --voter)");
        }
        if (e.replace_after)
            positive("election.replace_after", *e.replace_after);
        std::vector<Bytes> names = e.list;
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        if (twice != names.end())
            fail("election.voters", "\"" + *twice + "\" is named twice");
    }

    const Settings& settings_;
    const Places& places_;
    const std::vector<Option>& options_;
    std::vector<Complaint> errors_;
};

}  // namespace

std::vector<Complaint> contradictions(const Settings& settings, const Places& places,
                                      const std::vector<Option>& options) {
    return Checker(settings, places, options).run();
}

}  // namespace muster
