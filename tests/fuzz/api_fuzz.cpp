// Any bytes as what a client says to the local API, in either encoding: the first byte says in what
// pieces the rest arrives, and what the client may do. The conversation ends or goes on; the
// backend is asked only for what a request says, and what is answered can be read.
#include <cstddef>
#include <cstdint>
#include <memory>

#include "agent/api/conversation.h"
#include "swim/assert.h"
#include "tests/unit/api/fake_backend.h"

using namespace muster;
using namespace muster::api;

namespace {

class CountingLink final : public Link {
public:
    void send(BytesView bytes) override { sent += bytes.size(); }
    void send(BytesView header, const SharedBytes& body) override {
        sent += header.size() + body->size();
    }
    bool congested() const override { return false; }
    void finish() override { finished = true; }
    void call_again() override { again = true; }
    void wake_after(Duration) override { wake = true; }
    void cancel_wake() override { wake = false; }

    std::size_t sent = 0;
    bool finished = false;
    bool again = false;
    bool wake = false;
};

void parse(BytesView bytes) {
    for (const auto& value : {parse_msgpack(bytes, {}), parse_json(bytes, {})}) {
        MUSTER_ASSERT(value || !value.error().text.empty());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::size_t piece = bytes[0] / 4 + std::size_t{1};
    const BytesView said(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    parse(said);

    FakeBackend backend;
    backend.add("node-a", "10.0.0.1:7946", {{"role", "web"}});
    backend.add("node-b", "10.0.0.2:7946");
    CountingLink link;
    ServerConfig config;
    MemberSource members(backend);
    ServerStats stats;
    Access access;
    access.json = (bytes[0] & 1U) != 0;
    access.may_change = (bytes[0] & 2U) != 0;
    {
        const auto conversation =
            std::make_shared<Conversation>(Premises{backend, members, stats, config}, link, access);
        for (std::size_t at = 0; at < said.size() && !link.finished; at += piece) {
            conversation->receive(said.substr(at, piece));
            for (int turns = 0; link.again && turns < 100; ++turns) {
                link.again = false;
                conversation->resume();
            }
            if (link.wake) {
                link.wake = false;
                conversation->woken();
            }
        }
    }
    MUSTER_ASSERT(backend.subscribers.empty());
    MUSTER_ASSERT(access.may_change || backend.calls.empty());
    return 0;
}
