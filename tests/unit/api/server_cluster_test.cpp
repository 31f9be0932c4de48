// Events and queries over real sockets.
#include <catch2/catch.hpp>

#include "tests/unit/api/talk.h"
#include "tests/unit/api/world.h"

using namespace muster;
using namespace muster::api;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Kind = cluster::QueryAnswer::Kind;

namespace {

constexpr char query_line[] = "{\"Command\":\"query\",\"Name\":\"load\",\"RequestAck\":true}\n";

bool has(Peer& peer, const char* text) {
    peer.read();
    return peer.received.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("user events and queries reach those who listen, and only they may answer") {
    World world;
    world.start();
    Peer listener(world.config.path);
    Peer other(world.config.path);
    world.ask(listener, R"({"Command":"stream","Type":"user:deploy,query"})");
    world.ask(other, stop_line);
    listener.received.clear();
    world.backend.hear({.ltime = 1, .name = "other", .payload = {}, .coalesce = false});
    world.backend.hear({.ltime = 2, .name = "deploy", .payload = "v1", .coalesce = false});
    cluster::HeardQuery query;
    query.handle = 77;
    query.name = "load";
    query.deadline = TimePoint(std::chrono::seconds(9));
    world.backend.hear(query);
    world.until([&] { return has(listener, R"("Event":"query")"); });
    CHECK_THAT(listener.received, Contains("\"LTime\":2,\"Name\":\"deploy\",\"Payload\":\"v1\"") &&
                                      !Contains("\"Name\":\"other\"") &&
                                      Contains("\"Deadline\":9000000000,"));
    CHECK_THAT(world.ask(other, R"({"Command":"respond","ID":1})"), Contains("No pending queries"));
    world.ask(listener, R"({"Command":"respond","ID":1,"Payload":"x"})");
    CHECK(world.backend.calls == std::vector<std::string>{"respond 77 x"});
}

TEST_CASE("who sends no more still gets the answers to its query, and is closed after the last") {
    World world;
    world.start();
    Peer peer(world.config.path);
    peer.send(query_line);
    peer.end_sending();
    world.until([&] { return peer.has_line(); });
    world.backend.answer(0, Kind::Ack, "n1");
    world.until([&] { return has(peer, R"("Type":"ack")"); });
    CHECK_FALSE(peer.closed);
    world.backend.answer(0, Kind::Done);
    world.until([&] { return peer.is_closed(); });
    CHECK_THAT(peer.received, EndsWith("\"Type\":\"done\"}\n"));
}

TEST_CASE("a client that goes while its query runs leaves nothing behind") {
    World world;
    world.start();
    {
        Peer peer(world.config.path);
        peer.send(query_line);
        world.until([&] { return peer.has_line(); });
    }
    world.until([&] { return world.server->stats().connections == 0; });
    world.backend.answer(0, Kind::Response, "n1", "x");
    world.backend.answer(0, Kind::Done);
    Peer next(world.config.path);
    CHECK(world.ask(next, stop_line) == stop_answer);
}

TEST_CASE("a client that asks and does not read loses answers, and the others lose nothing") {
    Limits limits;
    limits.queued_bytes = 64 * 1024;
    World world(limits);
    world.start();
    Peer idle(world.config.path);
    Peer reader(world.config.path);
    for (Peer* peer : {&idle, &reader}) {
        peer->send(query_line);
        world.until([&] { return peer->has_line(); });
    }
    const Bytes payload(1000, 'x');
    for (int i = 0; i < 2000; ++i) {
        reader.received.clear();
        world.backend.answer(0, Kind::Response, "n1", payload);
        world.backend.answer(1, Kind::Response, "n1", payload);
        world.until([&] { return reader.has_line(); });
    }
    world.backend.answer(0, Kind::Done);
    world.backend.answer(1, Kind::Done);
    world.until([&] { return has(reader, R"("Type":"done")"); });
    CHECK_THAT(reader.received, Contains("\"Lost\":0,\"Payload\":null,\"Responses\":2000,"));
    CHECK(world.server->stats().records_dropped > 0);
    world.until([&] { return has(idle, R"("Type":"done")"); });
    CHECK_THAT(idle.received, !Contains("\"Lost\":0,"));
}

TEST_CASE(
    "a payload as large as a request may be is the node's to refuse, a larger one is not read") {
    World world;
    world.start();
    world.backend.error = "user event exceeds configured limit of 512 bytes before encoding";
    const std::string head = R"({"Command":"event","Name":"big","Payload":")";
    Peer peer(world.config.path);
    peer.send(head);
    const std::string piece(1000, 'x');
    for (int i = 0; i < 1000; ++i) {
        peer.send(piece);
        world.loop.restart();
        world.loop.poll();
    }
    CHECK_THAT(world.ask(peer, "\"}"), Contains("exceeds configured limit"));
    CHECK(world.backend.calls.at(0).size() > 1'000'000);
    Peer larger(world.config.path);
    larger.send(head);
    while (!larger.is_closed() && world.refused("too-large") == 0) {
        larger.send(piece);
        world.loop.restart();
        world.loop.poll();
    }
    world.until([&] { return larger.is_closed(); });
    CHECK(world.refused("too-large") == 1);
    CHECK_THAT(larger.received, Contains("the request is too large"));
    CHECK(world.backend.calls.size() == 1);
}
