// A client's connection, as the code that talks with the client sees it: something to send on.
// Implemented by a session on a socket, and by tests.
#pragma once

#include <memory>
#include <string>

#include "swim/bytes.h"
#include "swim/time.h"

namespace muster::api {

// Bytes that several connections send, or one sends slowly.
using SharedBytes = std::shared_ptr<const std::string>;

class Link {
public:
    virtual ~Link() = default;

    // Queues whole objects. Never blocks, never calls back.
    virtual void send(BytesView bytes) = 0;
    virtual void send(BytesView header, const SharedBytes& body) = 0;
    // The client has not read what was sent: no more of it now, please.
    virtual bool congested() const = 0;
    // Closes once all that was sent is written. What is sent later is lost.
    virtual void finish() = 0;
    // Asks for Conversation::resume() in another turn of the loop.
    virtual void call_again() = 0;
    // Asks for Conversation::woken() in so long; only the last one asked for comes.
    virtual void wake_after(Duration delay) = 0;
    virtual void cancel_wake() = 0;
};

}  // namespace muster::api
