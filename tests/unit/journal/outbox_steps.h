// Steps of tests of the outbox: what happens, what hooks want, and what a journal then holds.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/journal/journal_db.h"

namespace muster::journal {

inline history::Change event(const Bytes& name, std::int64_t wall_ns = 1) {
    history::Change change;
    change.kind = history::Kind::UserEvent;
    change.subject = name;
    change.wall_ns = wall_ns;
    change.payload = "of " + name;
    return change;
}

inline history::Change join(const Bytes& name, std::int64_t wall_ns = 1) {
    history::Change change;
    change.kind = history::Kind::MemberJoin;
    change.to = history::Standing::Alive;
    change.subject = name;
    change.wall_ns = wall_ns;
    return change;
}

inline Route all_to(const std::string& hook, std::size_t queue = 100'000) {
    return {hook, queue, [](const history::Change&) { return true; }};
}

inline Route joins_to(const std::string& hook) {
    return {hook, 100'000,
            [](const history::Change& change) { return change.kind == history::Kind::MemberJoin; }};
}

inline std::shared_ptr<const Routes> routes(Routes all) {
    return std::make_shared<const Routes>(std::move(all));
}

inline Batch batch(std::shared_ptr<const Routes> to, std::vector<history::Change> changes) {
    Batch made;
    made.changes = std::move(changes);
    made.routes = std::move(to);
    return made;
}

inline Batch concluding(std::vector<Outcome> outcomes) {
    Batch made;
    made.outcomes = std::move(outcomes);
    return made;
}

inline Outcome outcome(const std::string& hook, std::uint64_t seq, Outcome::What what,
                       std::int64_t at_ns = 0) {
    Outcome made;
    made.hook = hook;
    made.seq = seq;
    made.what = what;
    made.at_ns = at_ns;
    return made;
}

inline std::unique_ptr<JournalDb> open(const std::string& path,
                                       const history::Retention& keep = {}) {
    Result<JournalDb::Opened> opened = JournalDb::open(path, keep);
    REQUIRE(opened);
    INFO((opened->failure ? opened->failure->text : ""));
    REQUIRE_FALSE(opened->failure);
    return std::move(opened->db);
}

inline Put append(JournalDb& db, const Batch& batch) {
    Result<Put> put = db.append(batch);
    INFO((put ? "" : put.error().text));
    REQUIRE(put);
    return *std::move(put);
}

template <class Answer>
Answer there(Result<Answer> answer) {
    INFO((answer ? "" : answer.error().text));
    REQUIRE(answer);
    return *std::move(answer);
}

// "HOOK:SEQ:ATTEMPTS", in the order given.
inline std::vector<std::string> words(const std::vector<Delivery>& deliveries) {
    std::vector<std::string> all;
    all.reserve(deliveries.size());
    for (const Delivery& each : deliveries)
        all.push_back(each.hook + ":" + std::to_string(each.seq) + ":" +
                      std::to_string(each.attempts));
    return all;
}
inline std::vector<std::string> words(const std::vector<DeadLetter>& letters) {
    std::vector<Delivery> deliveries;
    deliveries.reserve(letters.size());
    for (const DeadLetter& each : letters)
        deliveries.push_back(each.delivery);
    return words(deliveries);
}
// "HOOK:LOST".
inline std::vector<std::string> words(const std::vector<Overflow>& overflows) {
    std::vector<std::string> all;
    all.reserve(overflows.size());
    for (const Overflow& each : overflows)
        all.push_back(each.hook + ":" + std::to_string(each.lost));
    return all;
}
inline std::vector<std::string> waiting(JournalDb& db) {
    return words(there(db.waiting()));
}
inline std::vector<std::string> dead(JournalDb& db) {
    return words(there(db.dead("")));
}

using Words = std::vector<std::string>;

}  // namespace muster::journal
