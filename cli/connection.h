// A blocking connection to an agent: bytes out, msgpack objects in, each within a deadline.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "agent/api/splitter.h"
#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::cli {

using Clock = std::chrono::steady_clock;
// None: however long it takes.
using Deadline = std::optional<Clock::time_point>;

class Connection {
public:
    // The error says where nobody answered.
    static Result<Connection> open_unix(const std::string& path);
    // `address` is HOST:PORT; the host may be a name.
    static Result<Connection> open_tcp(const std::string& address, Deadline deadline);

    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&&) = delete;
    ~Connection();

    std::optional<Error> send(BytesView bytes, Deadline deadline);
    // The next object. None: the deadline has passed.
    Result<std::optional<api::Value>> receive(Deadline deadline);
    // An object, or a part of one, can be read without waiting.
    bool has_input();

private:
    Connection(int descriptor, std::string peer);
    Result<bool> fill(Deadline deadline);

    int descriptor_;
    std::string peer_;  // for error texts
    Bytes received_;
    api::Splitter splitter_;
};

}  // namespace muster::cli
