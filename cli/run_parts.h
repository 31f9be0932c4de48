// One command, against one agent. For the sources of run.h alone, which are several only to stay
// small.
#pragma once

#include <string>
#include <string_view>

#include "agent/api/messages.h"
#include "agent/api/reply_reader_leader.h"
#include "cli/client.h"
#include "cli/moment.h"
#include "cli/options.h"
#include "cli/rotation.h"
#include "cli/run.h"

namespace muster::cli {

// How a request about the leader ended.
struct Led {
    Bytes error;  // empty: done
    api::ReadLed reply;
};

class Run {
public:
    Run(const Options& options, const Target& target, Terminal& terminal)
        : options_(&options), target_(&target), terminal_(&terminal) {}

    // run.cpp
    ExitStatus operator()(const MembersOptions& asked);
    ExitStatus operator()(const JoinOptions& asked);
    ExitStatus operator()(const LeaveOptions& asked);
    ExitStatus operator()(const ForceLeaveOptions& asked);
    ExitStatus operator()(const InfoOptions& asked);
    ExitStatus operator()(const WaitOptions& asked);
    // run_history.cpp
    ExitStatus operator()(const HistoryOptions& asked);
    ExitStatus operator()(const ExplainOptions& asked);
    ExitStatus operator()(const DoctorOptions& asked);
    // run.cpp
    ExitStatus operator()(const MonitorOptions& asked);
    ExitStatus operator()(const VersionOptions& asked);
    // run_cluster.cpp
    ExitStatus operator()(const TagsOptions& asked);
    ExitStatus operator()(const EventOptions& asked);
    ExitStatus operator()(const QueryOptions& asked);
    ExitStatus operator()(const RttOptions& asked);
    ExitStatus operator()(const ReachabilityOptions& asked);
    // run_ring.cpp
    ExitStatus operator()(const RingOwnersOptions& asked);
    ExitStatus operator()(const RingShowOptions& asked);
    ExitStatus operator()(const RingExportOptions& asked);
    ExitStatus operator()(const RingDiffOptions& asked);
    ExitStatus operator()(const RingStatusOptions& asked);
    ExitStatus operator()(const DrainOptions& asked);
    // run_hooks.cpp
    ExitStatus operator()(const HooksOptions& asked);
    ExitStatus operator()(const HookLettersOptions& asked);
    ExitStatus operator()(const HookTestOptions& asked);
    ExitStatus operator()(const ReloadOptions& asked);
    // run_keys.cpp
    ExitStatus operator()(const KeysOptions& asked);
    ExitStatus operator()(const RotateOptions& asked);
    ExitStatus operator()(const KeygenOptions& asked);
    // run_leader.cpp
    ExitStatus operator()(const LeaderOptions& asked);
    ExitStatus operator()(const ResignOptions& asked);
    ExitStatus operator()(const TransferOptions& asked);
    ExitStatus operator()(const CheckTokenOptions& asked);
    ExitStatus operator()(const ResetOptions& asked);
    ExitStatus operator()(const VotersOptions& asked);
    // run_command.cpp
    ExitStatus operator()(const RunOptions& asked);

private:
    ExitStatus fail(std::string_view text);
    ExitStatus print(const std::string& text, ExitStatus status = ExitStatus::Done);
    ExitStatus simple(api::Command command, const std::string& body, const std::string& done);
    ExitStatus key_status();
    ExitStatus show_past(const MembersOptions& asked);
    ExitStatus show_letters(const std::string& hook);
    static Result<api::ReadLeader> ask_leader(Client& client);
    static Result<Led> ask_led(Client& client, api::Command command, const std::string& body);
    ExitStatus refused(const Led& led);
    ExitStatus show_leader(const LeaderOptions& asked, const api::ReadLeader& leader);
    ExitStatus give_up(api::Command command, const std::string& body, const std::string& done);
    Result<Client> connect() const { return Client::connect(*target_); }
    Result<Client> connect_to_musterd() const;
    Result<std::string> payload(const Payload& given);

    const Options* options_;
    const Target* target_;
    Terminal* terminal_;
};

// A moment of the past, as cli/moment.h reads it, counted from now.
Result<PastMoment> moment_of(std::string_view text);

// What is not so yet, if all agents are to use the same ring; empty: they do. Waits for answers
// until the deadline, at most.
Result<std::string> ring_disagreement(Client& client, Clock::time_point deadline);

// Who holds which keys, as the agent knows it now. `used` is as for holdings().
Result<std::vector<Holding>> look_at_keys(Client& client, const Bytes& used);

// The old key and the new one, step by step, until it is done or has to wait.
class RotationRun {
public:
    RotationRun(Client& client, Terminal& terminal, const RotateOptions& asked, bool json)
        : client_(&client), terminal_(&terminal), asked_(&asked), json_(json) {}

    // The exit status, or what made it impossible.
    Result<ExitStatus> operator()();

private:
    std::optional<Error> choose();
    std::optional<Error> take(NextStep::Kind step);
    ExitStatus done(std::span<const Bytes> late);
    ExitStatus wait(const NextStep& step);
    void say(const std::string& text, const std::string& step, std::span<const Bytes> waiting);

    Client* client_;
    Terminal* terminal_;
    const RotateOptions* asked_;
    bool json_;
    Rotation rotation_;
    bool nothing_to_do_ = false;
    Bytes used_;
};

}  // namespace muster::cli
