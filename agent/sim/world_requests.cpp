// The world's requests that a node may refuse, and its programs: what answers queries, and what
// changes keys.
#include <utility>

#include "agent/cluster/key_change.h"
#include "agent/sim/world.h"

namespace muster::sim {

namespace {

constexpr Duration disk_time = std::chrono::milliseconds(5);

}  // namespace

std::optional<RequestId> World::request(HostId id, const char* word, const Request& call) {
    const RequestId number = ++last_request_;
    requests_[number];
    bool accepted = false;
    transcript_.line(now_, id, word);
    input(at(id), [&](Node& node, TimePoint now) {
        Result<Effects> result = call(node, now, number);
        accepted = result.has_value();
        return accepted ? *std::move(result) : Effects{};
    });
    if (!accepted) {
        requests_.erase(number);
        return std::nullopt;
    }
    return number;
}

std::optional<RequestId> World::set_tags(HostId host, const cluster::Tags& tags) {
    return request(host, "is given tags", [&](Node& node, TimePoint now, RequestId number) {
        return node.set_tags(now, number, tags);
    });
}

void World::drain(HostId host, std::optional<Duration> time) {
    request(host, time ? "is drained" : "is drained no longer",
            [time](Node& node, TimePoint now, RequestId number) -> Result<Effects> {
                std::optional<TimePoint> until;
                if (time) {
                    until = *time == Duration::max() ? never : now + *time;
                }
                return node.drain(now, number, until);
            });
}

void World::set_rings(HostId host, const std::vector<ring::RingSettings>& settings) {
    request(host, "is given rings",
            [&settings](Node& node, TimePoint now, RequestId /*number*/) -> Result<Effects> {
                return node.set_rings(now, settings);
            });
}

std::optional<RequestId> World::user_event(HostId host, BytesView name, BytesView payload,
                                           bool coalesce) {
    return request(host, "sends an event", [&](Node& node, TimePoint now, RequestId number) {
        return node.user_event(now, number, name, payload, coalesce);
    });
}

std::optional<RequestId> World::query(HostId host, const cluster::QueryRequest& wanted) {
    return request(host, "asks a query", [&](Node& node, TimePoint now, RequestId number) {
        return node.query(now, number, wanted);
    });
}

std::optional<RequestId> World::change_keys(HostId host, cluster::KeyAction action, BytesView key) {
    return request(host, "changes keys", [&](Node& node, TimePoint now, RequestId number) {
        return node.keys(now, number, action, key);
    });
}

// An input of its own, unless the process has ended or stands still by then.
void World::later(const Host& host, Duration delay, std::function<Effects(Host&, TimePoint)> call) {
    after(delay, [this, id = host.id, life = host.life, call = std::move(call)] {
        Host& then = at(id);
        if (then.process == Process::Running && then.life == life) {
            input(then, [&](Node& /*node*/, TimePoint now) { return call(then, now); });
        }
    });
}

// A disk takes its time.
void World::perform(const Host& asked, const cluster::KeyRequest& request) {
    later(asked, disk_time, [request](Host& host, TimePoint now) {
        const cluster::KeyAnswer answer = cluster::change_keys(host.keys, request);
        host.seal.set_keys(host.keys);
        return host.node->key_answer(now, request.handle, answer);
    });
}

void World::perform(const Host& asked, const cluster::HeardQuery& query) {
    std::optional<Bytes> answer = responder_ ? responder_(asked.id, query) : std::nullopt;
    if (!answer) {
        return;
    }
    later(asked, Duration::zero(),
          [handle = query.handle, answer = *std::move(answer)](Host& host, TimePoint now) {
              Result<Effects> result = host.node->respond(now, handle, answer);
              return result ? *std::move(result) : Effects{};
          });
}

}  // namespace muster::sim
