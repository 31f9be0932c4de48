// Changes and callers for the tests of what a hook is given.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "agent/cluster/tags.h"
#include "agent/hooks/contract.h"

namespace muster::hooks {

inline Bytes encoded(const cluster::Tags& tags) {
    const Result<Bytes> bytes = cluster::encode_tags(tags);
    REQUIRE(bytes);
    return *bytes;
}

inline history::Change change(history::Kind kind, Bytes subject) {
    history::Change change;
    change.seq = 12;
    change.wall_ns = 1'769'829'127'120'000'000;
    change.kind = kind;
    change.subject = std::move(subject);
    return change;
}

inline history::Change failed(Bytes name, const cluster::Tags& tags) {
    history::Change it = change(history::Kind::MemberFailed, std::move(name));
    it.from = history::Standing::Suspect;
    it.to = history::Standing::Failed;
    it.incarnation = 3;
    it.endpoint = *Endpoint::parse("10.0.0.3:7946", 0);
    it.tags = encoded(tags);
    it.cause = "accused";
    it.by = "n2";
    it.others = {"n4"};
    it.health = 1;
    return it;
}

inline Call call_of(std::vector<history::Change> changes) {
    return {.changes = std::move(changes), .members = {}, .attempt = 1, .journal = "j0"};
}

inline Caller caller() {
    return {.name = "n1",
            .tags = {{"role", "web"}},
            .term = 7,
            .leader = "n2",
            .quorum = true,
            .api = "/run/muster/muster.sock"};
}

inline Spec spec(std::string name) {
    Spec spec;
    spec.name = std::move(name);
    return spec;
}

// By name; each once.
inline std::map<std::string, std::string> variables(const Given& given) {
    std::map<std::string, std::string> out;
    for (const std::string& entry : given.environment) {
        const std::size_t equals = entry.find('=');
        REQUIRE(equals != std::string::npos);
        INFO(entry);
        CHECK(out.emplace(entry.substr(0, equals), entry.substr(equals + 1)).second);
    }
    return out;
}

}  // namespace muster::hooks
