#include "agent/ring/settings.h"

#include <catch2/catch.hpp>
#include <functional>

using namespace muster;
using namespace muster::ring;
using namespace std::chrono_literals;

namespace {

RingText named(const std::string& name) {
    RingText text;
    text.name = name;
    return text;
}

}  // namespace

TEST_CASE("without configuration there is one ring of all members") {
    const auto rings = rings_of({});
    REQUIRE(rings);
    REQUIRE(rings->size() == 1);
    const RingSettings& ring = rings->front();
    CHECK(ring.name == "default");
    CHECK(ring.function == Function{Algorithm::Vnodes, 448});
    CHECK(ring.replicas == 1);
    CHECK(ring.settle == 3s);
    CHECK(ring.tags.weight == "weight");
    CHECK(ring.tags.zone == "zone");
    CHECK(ring.passes({}));
}

TEST_CASE("everything can be set") {
    RingText text = named("cache-1.eu_A");
    text.filter = {{{"role", "cache"}, {"dc", "eu"}}};
    text.vnodes = "160";
    text.replicas = "3";
    text.zone_tag = "rack";
    text.weight_tag = "cores";
    text.settle = 0s;
    const auto ring = settings_of(text);
    REQUIRE(ring);
    CHECK(ring->name == "cache-1.eu_A");
    CHECK(ring->filter == cluster::Tags{{"role", "cache"}, {"dc", "eu"}});
    CHECK(ring->function == Function{Algorithm::Vnodes, 160});
    CHECK(ring->replicas == 3);
    CHECK(ring->tags.zone == "rack");
    CHECK(ring->tags.weight == "cores");
    CHECK(ring->settle == 0s);

    text.vnodes.reset();
    text.algorithm = "rendezvous";
    const auto scores = settings_of(text);
    REQUIRE(scores);
    CHECK(scores->function == Function{Algorithm::Rendezvous, 0});
}

TEST_CASE("what is wrong with a ring is said with its key and what is possible") {
    using Change = std::function<void(RingText&)>;
    const std::string name_words =
        "' is not possible (1 to 64 of the letters a to z and A to Z, digits, '-', '_' and '.')";
    const auto [change, expected] = GENERATE_COPY(table<Change, std::string>({
        {[](RingText& t) { t.name.reset(); }, "a [[ring]] needs a name"},
        {[](RingText& t) { t.name = ""; }, "ring '': name: '" + name_words},
        {[](RingText& t) { t.name = "a b"; }, "ring 'a b': name: 'a b" + name_words},
        {[](RingText& t) { t.name = std::string(65, 'x'); },
         "ring '" + std::string(65, 'x') + "': name: '" + std::string(65, 'x') + name_words},
        {[](RingText& t) {
             t.filter = {{{"", "x"}}};
         },
         "ring 'r': filter: a tag needs a name"},
        {[](RingText& t) {
             t.filter = {{{"a", "x"}, {"a", "y"}}};
         },
         "ring 'r': filter: the tag 'a' stands in it twice"},
        {[](RingText& t) { t.algorithm = "maglev"; },
         "ring 'r': algorithm: 'maglev' is not an algorithm (vnodes or rendezvous)"},
        {[](RingText& t) { t.vnodes = "0"; },
         "ring 'r': vnodes: '0' is not possible (a whole number from 1 to 65536)"},
        {[](RingText& t) { t.vnodes = "65537"; },
         "ring 'r': vnodes: '65537' is not possible (a whole number from 1 to 65536)"},
        {[](RingText& t) { t.vnodes = "4x"; },
         "ring 'r': vnodes: '4x' is not possible (a whole number from 1 to 65536)"},
        {[](RingText& t) { t.algorithm = "rendezvous", t.vnodes = "448"; },
         "ring 'r': vnodes: rendezvous has no virtual nodes: leave it out, or use algorithm = "
         "\"vnodes\""},
        {[](RingText& t) { t.replicas = "-1"; },
         "ring 'r': replicas: '-1' is not possible (a whole number from 1 to 64)"},
        {[](RingText& t) { t.replicas = "65"; },
         "ring 'r': replicas: '65' is not possible (a whole number from 1 to 64)"},
        {[](RingText& t) { t.zone_tag = ""; }, "ring 'r': zone_tag: a tag needs a name"},
        {[](RingText& t) { t.weight_tag = ""; }, "ring 'r': weight_tag: a tag needs a name"},
        {[](RingText& t) { t.weight_tag = "zone"; },
         "ring 'r': weight_tag: 'zone' is its zone_tag as well"},
        {[](RingText& t) { t.settle = 61s; },
         "ring 'r': settle: must be from 0s to 1m: a ring that never follows its members helps "
         "nobody"},
        {[](RingText& t) { t.settle = -1ns; },
         "ring 'r': settle: must be from 0s to 1m: a ring that never follows its members helps "
         "nobody"},
    }));
    RingText text = named("r");
    change(text);
    const auto ring = settings_of(text);
    REQUIRE_FALSE(ring);
    CHECK(ring.error().text == expected);
    CHECK(rings_of({named("good"), text}).error().text == expected);
}

TEST_CASE("rings have different names, and are not too many") {
    CHECK(rings_of({named("a"), named("b"), named("a")}).error().text ==
          "ring 'a': there are two of this name");
    std::vector<RingText> many(17);
    for (std::size_t i = 0; i < many.size(); ++i) {
        many[i].name = "r" + std::to_string(i);
    }
    CHECK(rings_of(many).error().text == "17 rings are configured, more than 16");
    many.pop_back();
    CHECK(rings_of(many)->size() == 16);
}
