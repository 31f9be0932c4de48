// Does what others ask of this agent's keyring (Effects::key_requests): on the ring, in its file,
// and at the seal, in this order and one request after the other.
//
// A change that the file did not take is none: the ring and the seal stay as they were, and the
// asker is told. The file is written on a thread that lives as long as that takes, since a disk
// must never delay an ack. Everything else happens on the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "agent/cluster/application.h"
#include "agent/net/asio_fwd.h"
#include "swim/keyring.h"
#include "swim/seal.h"

namespace muster {

class Keys {
public:
    using Done = std::function<void(const cluster::KeyAnswer&)>;

    // `file` empty: changes live as long as the process. Gives `ring` to the seal at once.
    // REQUIRES: loop and seal outlive it.
    Keys(asio::io_context& loop, swim::Seal& seal, swim::Keyring ring, std::string file);
    // Waits for a write that has begun; its answer, and those behind it, are not given.
    ~Keys();

    // `done` is called once, on the loop, never within this call.
    void perform(const cluster::KeyRequest& request, Done done);

    const swim::Keyring& ring() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace muster
