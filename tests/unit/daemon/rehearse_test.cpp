// `musterd rehearse` from its flags to its JSON. What a rehearsal finds is tests/sim's.
#include "daemon/rehearse.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/sim/scenarios.h"
#include "daemon/flags.h"

using namespace muster;
using namespace std::chrono_literals;

namespace {

FlagValues flags(const std::vector<std::string>& arguments) {
    static const std::vector<Option> options = all_options();
    return read_flags(arguments, options);
}

sim::Report run(std::size_t nodes, Duration probe_interval = 1s) {
    sim::Rehearsal wanted;
    wanted.nodes = nodes;
    wanted.seed = 7;
    wanted.node.swim.probe_interval = probe_interval;
    return sim::rehearse(*sim::find_scenario("mass-crash"), wanted, [](auto, const auto&) {});
}

}  // namespace

TEST_CASE("the command rehearse takes its own flags, and those of the configuration") {
    const FlagValues values =
        flags({"rehearse", "--config", "m.toml", "--nodes", "40", "--scenario", "lossy", "--seed=9",
               "--format=json", "--profile", "wan"});
    CHECK(values.errors.empty());
    REQUIRE(values.rehearsal);
    CHECK(values.rehearsal->nodes == 40);
    CHECK(values.rehearsal->scenario == "lossy");
    CHECK(values.rehearsal->seed == 9);
    CHECK(values.rehearsal->json);
    CHECK(values.config == "m.toml");
    REQUIRE(values.values.size() == 1);
    CHECK(values.values[0].option->key == "profile");
}

TEST_CASE("without the command there is no rehearsal, and its flags are unknown") {
    CHECK_FALSE(flags({"--node", "a"}).rehearsal);
    CHECK(flags({"--nodes", "4"}).errors.size() >= 1);
}

TEST_CASE("the flags of a rehearsal that make no sense are refused") {
    const auto arguments =
        GENERATE(values<std::vector<std::string>>({{"rehearse", "--nodes", "many"},
                                                   {"rehearse", "--nodes", "-4"},
                                                   {"rehearse", "--format", "xml"},
                                                   {"rehearse", "--sceanrio", "lossy"},
                                                   {"rehearse", "lossy"}}));
    INFO(arguments[1]);
    CHECK_FALSE(flags(arguments).errors.empty());
}

TEST_CASE("a scenario that there is not is refused with a list of those that there are") {
    const auto error = check_rehearsal({.scenario = "earthquake"});
    REQUIRE(error);
    CHECK(error->text.substr(0, 51) == "there is no scenario 'earthquake'; there are:\n  rol");
    for (const sim::Scenario& scenario : sim::scenarios()) {
        CHECK(error->text.find("\n  " + std::string(scenario.name) + ": ") != std::string::npos);
        CHECK_FALSE(check_rehearsal({.scenario = std::string(scenario.name)}));
    }
    CHECK(check_rehearsal({})->text.substr(0, 37) == "which scenario? (--scenario NAME); th");
}

TEST_CASE("too few members and too many are refused") {
    CHECK(check_rehearsal({.scenario = "lossy", .nodes = 2})->text ==
          "a rehearsal has from 3 to 2000 members, not 2 (see --nodes)");
    CHECK(check_rehearsal({.scenario = "lossy", .nodes = 2001}));
    CHECK_FALSE(check_rehearsal({.scenario = "lossy", .nodes = 2000}));
}

TEST_CASE("the JSON holds every figure of the report under its documented name") {
    const sim::Report report = run(10);
    const std::string text = to_json(report, 1234.5);
    CHECK(text.back() == '\n');
    const auto json = nlohmann::json::parse(text);
    CHECK(json["scenario"] == "mass-crash");
    CHECK(json["nodes"] == 10);
    CHECK(json["seed"] == 7);
    CHECK(json["faults"] == nlohmann::json{"2 members are killed at once"});
    CHECK(json["agreed_before"] == true);
    CHECK(json["assembled_s"].get<double>() > 0);
    CHECK(json["detection"]["count"] == 16);
    CHECK(json["first_detection"]["count"] == 2);
    for (const char* key : {"first_ms", "median_ms", "p99_ms", "last_ms"}) {
        CHECK(json["detection"][key].get<double>() > 4000);
        CHECK(json["first_detection"][key].get<double>() <=
              json["detection"]["last_ms"].get<double>());
    }
    CHECK(json["unreported"] == 0);
    CHECK(json["false_positives"] == nlohmann::json{{"healthy", 0}, {"impaired", 0}, {"late", 0}});
    CHECK(json["convergence"]["reached"] == true);
    CHECK(json["convergence"]["time_s"].get<double>() <=
          json["convergence"]["bound_s"].get<double>());
    CHECK(json["convergence"]["divergence"] == "");
    for (const char* key : {"packets_per_s", "bytes_per_s", "stream_bytes_per_s"}) {
        CHECK(json["traffic"][key]["max"].get<double>() >=
              json["traffic"][key]["mean"].get<double>());
    }
    CHECK(json["simulation"]["events"] == report.events);
    CHECK(json["simulation"]["events_per_second"] == 1234);
    CHECK(json["simulation"]["transcript"].get<std::string>().size() == 16);
    CHECK(json["simulation"]["time_s"].get<double>() >
          json["simulation"]["measured_s"].get<double>());
    CHECK(json["broken"] == nlohmann::json::array());
    CHECK(json.size() == 14);
}

TEST_CASE("what there is not is null in the JSON, not zero") {
    const auto json = nlohmann::json::parse(to_json(run(5, /*probe_interval=*/0s), 0));
    CHECK(json["detection"]["count"] == 0);
    CHECK(json["detection"]["median_ms"].is_null());
    CHECK(json["convergence"]["reached"] == false);
    CHECK(json["convergence"]["time_s"].is_null());
    CHECK(json["convergence"]["divergence"].get<std::string>().find("does not run") !=
          std::string::npos);
    CHECK(json["unreported"] == 4);
}
