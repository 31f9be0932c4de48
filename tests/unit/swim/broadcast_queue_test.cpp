#include "swim/broadcast_queue.h"

#include <catch2/catch.hpp>
#include <map>

#include "swim/random.h"

using namespace muster;
using namespace muster::swim;

namespace {

using Round = BroadcastQueue::Round;
using Parts = std::vector<BytesView>;

struct Queue {
    BroadcastQueue queue{100};
    std::vector<std::uint64_t> finished;

    void push(BytesView subject, BytesView message, std::uint64_t ticket = 0) {
        queue.push(subject, message, ticket, finished);
    }
    std::vector<Bytes> packet(std::size_t budget, unsigned limit, Round round = Round::Regular,
                              BroadcastQueue::Recipient recipient = {}) {
        Parts parts;
        const std::size_t used = queue.take(budget, 2, limit, round, recipient, 127, parts);
        std::vector<Bytes> taken(parts.begin(), parts.end());
        std::size_t size = 0;
        for (const Bytes& part : taken) {
            size += part.size() + 2;
        }
        CHECK(used == size);
        CHECK(size <= budget);
        queue.commit(limit, finished);
        queue.check();
        return taken;
    }
};

}  // namespace

TEST_CASE("the least sent goes first, then the longest, then the newest") {
    Queue q;
    q.push("a", "aa");
    q.push("b", "bbbb");
    q.push("c", "cc");
    CHECK(q.packet(100, 10) == std::vector<Bytes>{"bbbb", "cc", "aa"});
    q.push("d", "d");
    CHECK(q.packet(100, 10) == std::vector<Bytes>{"d", "bbbb", "cc", "aa"});
}

TEST_CASE("a broadcast goes to each of those who are without it before it goes to one twice") {
    const auto [others, again] = GENERATE(table<std::size_t, bool>({
        {0, true},   // there is nobody else
        {1, false},  // one more, who is without it
        {9, false},
    }));
    CAPTURE(others);
    const std::vector<Bytes> it{"it"};
    Queue q;
    q.push("a", "it");
    CHECK(q.packet(100, 10, Round::Regular, {.id = 7, .others = others}) == it);
    CHECK((q.packet(100, 10, Round::Regular, {.id = 7, .others = others}) == it) == again);
    CHECK(q.packet(100, 10, Round::Extra, {.id = 8, .others = others}) == it);
    // Both have it now.
    const bool all = others <= 1;
    CHECK((q.packet(100, 10, Round::Regular, {.id = 7, .others = others}) == it) == all);
}

TEST_CASE("a broadcast that has gone to many waits for those it went to last") {
    Queue q;
    q.push("a", "it");
    for (std::uint32_t id = 1; id <= 6; ++id) {
        CHECK(q.packet(100, 20, Round::Regular, {.id = id, .others = 9}).size() == 1);
    }
    CHECK(q.packet(100, 20, Round::Regular, {.id = 3, .others = 9}).empty());
    CHECK(q.packet(100, 20, Round::Regular, {.id = 6, .others = 9}).empty());
    CHECK(q.packet(100, 20, Round::Regular, {.id = 2, .others = 9}).size() == 1);
}

TEST_CASE("a message that does not fit lets shorter ones pass") {
    Queue q;
    q.push("a", "aaaaaaaaaa");
    q.push("b", "bbb");
    q.push("c", "c");
    CHECK(q.packet(9, 10) == std::vector<Bytes>{"bbb", "c"});
    CHECK(q.packet(12, 10) == std::vector<Bytes>{"aaaaaaaaaa"});
}

TEST_CASE("a broadcast is sent as often as the limit says, and then finished") {
    const unsigned limit = GENERATE(1U, 2U, 4U, 12U);
    Queue q;
    q.push("a", "alive", 7);
    for (unsigned sent = 1; sent <= limit; ++sent) {
        CHECK(q.finished.empty());
        CHECK(q.packet(100, limit).size() == 1);
    }
    CHECK(q.finished == std::vector<std::uint64_t>{7});
    CHECK(q.queue.empty());
    CHECK(q.packet(100, limit).empty());
}

TEST_CASE("a newer statement replaces the older about the same member, and no other") {
    Queue q;
    q.push("a", "a is alive", 1);
    q.push("b", "b is alive", 2);
    q.push("a", "a is dead!", 3);
    CHECK(q.finished == std::vector<std::uint64_t>{1});
    CHECK(q.packet(100, 10) == std::vector<Bytes>{"a is dead!", "b is alive"});
}

TEST_CASE("without a subject nothing is replaced") {
    Queue q;
    q.push("", "one");
    q.push("", "two");
    CHECK(q.packet(100, 10).size() == 2);
}

TEST_CASE("an overflowing queue drops what was sent most") {
    BroadcastQueue queue(2);
    std::vector<std::uint64_t> finished;
    queue.push("a", "a", 1, finished);
    Parts parts;
    queue.take(100, 2, 10, Round::Regular, {}, 127, parts);
    queue.commit(10, finished);
    queue.push("b", "b", 2, finished);
    queue.push("c", "c", 3, finished);
    CHECK(finished == std::vector<std::uint64_t>{1});
    CHECK(queue.size() == 2);
    queue.check();
}

TEST_CASE("an extra round takes at most half of a broadcast's transmissions, once in its life") {
    Queue q;
    q.push("a", "news");
    CHECK(q.queue.has_news());
    CHECK(q.packet(100, 4, Round::Extra).size() == 1);
    CHECK(q.packet(100, 4, Round::Extra).size() == 1);
    CHECK(q.packet(100, 4, Round::Extra).empty());
    q.queue.end_extra_round();
    CHECK_FALSE(q.queue.has_news());
    CHECK(q.packet(100, 4, Round::Extra).empty());
    CHECK(q.packet(100, 4).size() == 1);
    CHECK(q.packet(100, 4).size() == 1);
    CHECK(q.queue.empty());
}

TEST_CASE("any sequence of pushes and packets sends each message at most limit times") {
    const auto seed = GENERATE(range(1U, 40U));
    CAPTURE(seed);
    Random random(seed);
    Queue q;
    const unsigned limit = 1 + static_cast<unsigned>(random.below(std::uint64_t{6}));
    std::map<Bytes, unsigned> sent;
    std::map<Bytes, Bytes> newest;
    for (int step = 0; step < 300; ++step) {
        if (random.chance(0.3)) {
            const Bytes subject(1, static_cast<char>('a' + random.below(std::uint64_t{8})));
            const Bytes message =
                subject + std::to_string(step) +
                Bytes(static_cast<std::size_t>(random.below(std::uint64_t{30})), 'x');
            q.push(subject, message);
            newest[subject] = message;
        } else {
            const auto round = random.chance(0.3) ? Round::Extra : Round::Regular;
            for (const Bytes& message : q.packet(60, limit, round)) {
                CHECK(++sent[message] <= limit);
                CHECK(newest[message.substr(0, 1)] == message);
            }
            if (round == Round::Extra) {
                q.queue.end_extra_round();
            }
        }
    }
}
