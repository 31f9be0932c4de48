#include "agent/undeciphered.h"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

const TimePoint start{1000s};

Endpoint at(const std::string& text) {
    return *Endpoint::parse(text, 7946);
}

MemberView member(BytesView name, const Endpoint& endpoint) {
    MemberView view;
    view.name = name;
    view.endpoint = endpoint;
    return view;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a member whose packets cannot be opened is named, with how many") {
    Undeciphered table;
    for (int i = 0; i < 5; ++i)
        table.count(start, at("10.0.0.7"));
    table.count(start, at("10.0.0.8"));
    table.count(start, at("10.0.0.99"));
    table.count(start, at("10.0.0.7:7947"));
    // A member's address in the form that a wildcard bind announces.
    const std::vector<MemberView> members{member("n3", at("10.0.0.7").mapped()),
                                          member("it is me", at("10.0.0.8")),
                                          member("n5", at("10.0.0.9"))};
    CHECK(warn_of(table, start + 1s, members) ==
          Texts{"5 packets from 10.0.0.7 (n3) could not be decrypted: is its key current?",
                "1 packet from 10.0.0.8 ('it is me') could not be decrypted: is its key current?"});
    CHECK(warn_of(table, start + 1s, {}).empty());
}

TEST_CASE("a stream is of the only member at the host that it comes from") {
    const std::vector<MemberView> members{
        member("n1", at("10.0.0.1")), member("n3", at("10.0.0.7").mapped()),
        member("n4", at("10.0.0.9:1")), member("n5", at("10.0.0.9:2"))};
    CHECK(only_member_at(at("10.0.0.7:50123"), members) == at("10.0.0.7"));
    CHECK_FALSE(only_member_at(at("10.0.0.8:50123"), members));
    CHECK_FALSE(only_member_at(at("10.0.0.9:50123"), members));
}

TEST_CASE("who can be opened again, or is quiet for long, is forgotten") {
    Undeciphered table;
    const std::vector<MemberView> members{member("n3", at("10.0.0.7"))};
    table.count(start, at("10.0.0.7"));
    CHECK(warn_of(table, start + undeciphered_memory, members).size() == 1);
    CHECK(warn_of(table, start + undeciphered_memory + 1s, members).empty());

    // Counted afresh afterwards.
    table.count(start + 1h, at("10.0.0.7"));
    CHECK(warn_of(table, start + 1h, members)[0].starts_with("1 packet from"));

    table.opened(at("10.0.0.8"));
    CHECK_FALSE(table.empty());
    table.opened(at("10.0.0.7"));
    CHECK(table.empty());
}

TEST_CASE("forged addresses drive out the quietest, and take no more room") {
    Undeciphered table;
    const auto is_there = [&](const Endpoint& from) {
        return std::any_of(table.senders().begin(), table.senders().end(),
                           [&](const auto& sender) { return sender.from == from; });
    };
    const Endpoint quiet = at("10.0.0.1");
    const Endpoint loud = at("10.0.0.2");
    table.count(start, quiet);
    for (int i = 0; i < 1000; ++i) {
        const TimePoint now = start + std::chrono::seconds(i + 1);
        table.count(now, at("10.1." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
        table.count(now, loud);
        CHECK(table.senders().size() <= max_undeciphered_senders);
    }
    CHECK(table.senders().size() == max_undeciphered_senders);
    CHECK_FALSE(is_there(quiet));
    CHECK(is_there(loud));
}
