// An agent, as a command asks it: requests and their replies, and the records of streams that come
// between them. Speaks to a musterd, on either of its sockets, and to a real serf agent.
//
// Blocking, for one thread. Asks for the extended records; extended() says whether the agent knows
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "agent/api/messages.h"
#include "agent/api/reply_reader.h"
#include "cli/connection.h"

namespace muster::cli {

// Where the agent is. Without rpc_addr, at the first of `sockets` that exists; REQUIRES: one at
// least.
struct Target {
    std::vector<std::string> sockets;
    std::string rpc_addr;
    std::string rpc_auth;
};

class Client {
public:
    static Result<Client> connect(const Target& target);

    bool extended() const { return extended_; }

    // The agent's reply. An `error` is the agent's own; a Result's error is of the connection.
    struct Reply {
        Bytes error;
        api::Value body;  // nil if there is none
    };
    Result<Reply> call(api::Command command, const std::string& body = {},
                       std::uint64_t min_index = 0, bool for_good = false);
    // The same, within a time of the caller's. After the error that it has passed the connection is
    // of no use: the answer may come yet.
    Result<Reply> call_within(api::Command command, const std::string& body, Deadline deadline);

    // A request whose reply is read by `read`; the agent's error is one as well.
    template <class Answer, class Request>
    Result<Answer> ask(api::Command command, const Request& request,
                       Result<Answer> (*read)(const api::Value& body)) {
        std::string body;
        encode_body(request, body);
        return read_reply(call(command, body), read);
    }
    template <class Answer>
    Result<Answer> ask(api::Command command, Result<Answer> (*read)(const api::Value& body)) {
        return read_reply(call(command), read);
    }

    Result<api::ReadMembers> members(const api::FilterRequest& filter);
    Result<api::ReadStats> stats();
    // Of a list, or of a change to `key` in base64. `error` is how it went, beside what was said.
    struct KeysReply {
        Bytes error;
        api::ReadKeys keys;
    };
    Result<KeysReply> keys(api::Command command, const Bytes& key = {});
    Result<std::optional<cluster::Coordinate>> coordinate(const Bytes& name);
    // Starts a query; its answers come from next_record(), the last of them of type "done".
    Result<api::ReadLtime> query(const cluster::QueryRequest& wanted);
    // Starts a stream; its records come from next_record().
    std::optional<Error> stream(const std::string& type);
    std::optional<Error> monitor(const std::string& level);
    // The next record of what was started. None: the deadline has passed.
    Result<std::optional<api::Value>> next_record(Deadline deadline);
    // A record, or a part of one, has come.
    bool has_record() { return !records_.empty() || connection_.has_input(); }

private:
    template <class Answer>
    static Result<Answer> read_reply(const Result<Reply>& reply,
                                     Result<Answer> (*read)(const api::Value& body)) {
        if (!reply)
            return reply.error();
        if (!reply->error.empty())
            return Error{reply->error};
        return read(reply->body);
    }
    explicit Client(Connection connection) : connection_(std::move(connection)) {}
    std::optional<Error> greet(const std::string& token);
    std::optional<Error> subscribe(api::Command command, const std::string& body);
    Result<Reply> exchange(api::Command command, const std::string& request, Deadline deadline);
    Result<api::Value> receive(Deadline deadline);

    Connection connection_;
    bool extended_ = false;
    std::uint64_t seq_ = 0;
    std::set<std::uint64_t> subscriptions_;  // Seqs of what was started
    std::deque<api::Value> records_;         // that came while a reply was awaited
};

}  // namespace muster::cli
