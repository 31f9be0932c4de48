#include "agent/agent.h"

#include <sys/random.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <utility>

#include "agent/agent_parts.h"
#include "swim/assert.h"

namespace muster {

namespace {

// Datagrams handled before the timers when one is due: more than a socket buffer holds.
constexpr std::size_t drain_at_tick = 8192;
// A free port that UDP found may be taken for TCP.
constexpr int port_attempts = 16;
constexpr std::int64_t nanoseconds_a_second = 1000000000;
// On top of what the node promises, before a leave is cut short.
constexpr Duration leave_grace = std::chrono::seconds(2);
// And so long for a voter that asks to be replaced.
constexpr Duration for_good_grace = std::chrono::seconds(5);
// Hooks that run when the leave is complete may go on for so long.
constexpr Duration hooks_grace = std::chrono::seconds(5);

std::uint64_t random_seed() {
    std::uint64_t seed = 0;
    // Never fails for so few bytes once the kernel is seeded, and waits until it is.
    const ssize_t size = getrandom(&seed, sizeof seed, 0);
    MUSTER_ASSERT(size == static_cast<ssize_t>(sizeof seed));
    return seed;
}

}  // namespace

struct Agent::Parts::Watch : std::enable_shared_from_this<Watch> {
    Watch(asio::io_context& loop, int fd, std::function<void()> when_readable)
        : descriptor(loop, fd), readable(std::move(when_readable)) {}

    void wait() {
        descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                              [self = shared_from_this()](const asio::error_code& error) {
                                  if (error)
                                      return;
                                  self->readable();
                                  self->wait();
                              });
    }

    asio::posix::stream_descriptor descriptor;
    std::function<void()> readable;
};

Agent::Parts::Parts(AgentConfig a_config, Log& a_log)
    : config(std::move(a_config)),
      log(a_log),
      loop_owner(std::make_unique<asio::io_context>(/*concurrency_hint=*/1)),
      loop(*loop_owner),
      timer(loop, clock, [this] { asio::post(loop, [this] { turn(); }); }),
      seal(config.label, config.verify),
      keyring(loop, seal, std::exchange(config.keyring, {}), config.keyring_file),
      udp(
          loop, clock,
          [this](TimePoint now, const Endpoint& from, BytesView datagram) {
              receive(now, from, datagram);
          },
          [this] { arm(); }),
      streams(loop, clock, seal, {config.node.swim.tcp_timeout, 128}, *this),
      keeping(
          clock, [this](std::function<void()> call) { asio::post(loop, std::move(call)); },
          [this](Notice::Level level, const std::string& text) {
              tell(Notice{level, text});
          },
          [this] { arm(); }),
      journaling(
          clock, [this](std::function<void()> call) { asio::post(loop, std::move(call)); },
          [this](Notice::Level level, const std::string& text) {
              tell(Notice{level, text});
          },
          [this] { return view_for_history(); },
          [this] {
              arm();
              if (end_deadline != never)
                  later([this] { end_if_hooks_have(clock.now()); });
          }),
      hooking(clock, journaling, hook_surroundings(), random_seed()),
      ring_desk([this](std::function<void()> call) { asio::post(loop, std::move(call)); }),
      voting([this](std::function<void()> call) { asio::post(loop, std::move(call)); },
             [this](std::uint64_t ticket, const std::optional<Error>& error) {
                 voted(ticket, error);
             }),
      events(config.event_limits) {}

Agent::Parts::~Parts() = default;

// ---- start and end ----

std::optional<Error> Agent::Parts::bind() {
    for (int attempt = 1;; ++attempt) {
        const Result<Endpoint> by_udp = udp.bind(config.bind);
        if (!by_udp)
            return by_udp.error();
        const Result<Endpoint> by_tcp = streams.listen(*by_udp);
        if (by_tcp) {
            bound = *by_udp;
            return std::nullopt;
        }
        udp.close();
        if (config.bind.port() != 0 || attempt == port_attempts)
            return by_tcp.error();
    }
}

std::optional<Error> Agent::Parts::start() {
    if (std::optional<Error> error = bind())
        return error;
    advertised.emplace(bound, config.advertise);
    // Addresses among the seeds tell the route before any name server has answered.
    std::vector<Endpoint> known;
    for (const std::string& seed : config.seeds) {
        const Result<net::Seed> parsed = net::parse_seed(seed, bound.port());
        if (!parsed)
            return parsed.error();
        if (parsed->literal)
            known.push_back(parsed->literal->plain());
    }
    advertised->set_seeds(std::move(known));
    const Result<net::AdvertiseChoice> choice = advertised->choose();
    if (!choice)
        return choice.error();

    config.node.swim.advertise = choice->endpoint;
    config.node.swim.bind_port = bound.port();
    config.node.swim.packet_overhead = seal.packet_overhead();
    config.node.has_seeds = !config.seeds.empty();
    config.node.seed = random_seed();
    Result<Memory> memory = keeping.open(config.data_dir);
    if (!memory)
        return memory.error();
    if (std::optional<Error> error = journaling.open(keeping.directory(), config.retention))
        return error;
    config.node.memory = *std::move(memory);
    open_election();
    node.emplace(config.node);
    config.node.memory = {};
    config.node.election.reset();
    const bool dual_stack = !bound.is_ipv4() && bound.is_wildcard();
    resolver.emplace(loop, net::Reach{bound.is_ipv4() || dual_stack, !bound.is_ipv4()},
                     bound.port());

    config.api.notice = [this](const Notice& notice) { tell(notice); };
    server.emplace(loop, *this, config.api);
    if (std::optional<Error> error = server->start())
        return error;
    log.listen([this](LogLevel level, std::int64_t wall_ns, std::string_view text) {
        for_each_subscriber(
            [&](api::Subscriber& subscriber) { subscriber.on_log(level, wall_ns, text); });
    });
    if (std::optional<Error> error = hooking.open(config.hooks))
        return error;
    hook_watch = std::make_shared<Watch>(loop, hooking.descriptor(), [this] {
        hooking.serve();
        arm();
        end_if_hooks_have(clock.now());
    });
    hook_watch->wait();
    say_who_we_are();
    say_how_we_are_sealed();
    say_how_we_vote();
    started = clock.now();
    if (advertised->follows())
        next_look = started + look_interval;
    history::Change start;
    start.kind = history::Kind::Start;
    start.subject = node->name();
    start.payload = config.version;
    record(std::move(start));
    journaling.look_again_at(started + settling_time);
    missing.judge_from(started + settling_time);
    perform(node->start(started));
    udp.start();
    streams.start();
    arm();
    return std::nullopt;
}

void Agent::Parts::say_who_we_are() {
    const net::AdvertiseChoice& choice = advertised->choice();
    log.info("musterd " + config.version + " is " + node->name() + ", bound to " +
             bound.to_string() + ", advertising " + choice.endpoint.plain().to_string() + " (" +
             net::to_string(choice.reason) + ")");
    if (!choice.warning.empty())
        log.warn(choice.warning);
    log.info(keeping.directory().empty() ? "keeping no state: a restart begins anew (ephemeral)"
                                         : "keeping state in " + keeping.directory());
}

void Agent::Parts::say_how_we_are_sealed() {
    if (!seal.has_keys()) {
        log.warn(
            "gossip is not encrypted: whoever is on this network can read it, and join (see "
            "--keyring)");
    }
    for (const std::string& warning : key_warnings())
        log.warn(warning);
}

std::vector<std::string> Agent::Parts::key_warnings() const {
    std::vector<MemberView> views;
    node->members(views);
    std::vector<std::string> all = warn_of(undeciphered, clock.now(), views);
    if (seal.has_keys() && !seal.encrypts())
        all.emplace_back("what this agent sends is not encrypted: verify_outgoing is off");
    if (seal.has_keys() && !seal.requires_encryption()) {
        all.emplace_back("this agent takes in what is not encrypted: verify_incoming is off");
    }
    return all;
}

void Agent::Parts::begin_leave(const char* why, bool for_good, Completion completion) {
    if (!leaving) {
        leaving = true;
        log.info(std::string("leaving the cluster: ") + why);
        const cluster::Config& timing = config.node.cluster;
        leave_deadline = clock.now() + 2 * timing.broadcast_timeout + timing.leave_propagate_delay +
                         leave_grace + std::chrono::milliseconds(leader().lease_ms) +
                         (for_good ? for_good_grace : Duration::zero());
    }
    perform(node->leave(clock.now(), expect(std::move(completion)), for_good));
    arm();
}

void Agent::Parts::later(std::function<void()> call) {
    asio::post(loop, std::move(call));
}

void Agent::Parts::left() {
    log.info("left the cluster");
    leave_deadline = never;
    end_deadline = clock.now() + hooks_grace;
    // Whoever asked for it is still to be answered.
    later([this] { end_if_hooks_have(clock.now()); });
}

// Hooks that are for this agent's own leave have a moment for it; what is not done by then is run
// at the next start.
void Agent::Parts::end_if_hooks_have(TimePoint now) {
    if (end_deadline == never)
        return;
    if (!hooking.is_busy() || now >= end_deadline) {
        end_deadline = never;
        return stop(0);
    }
    arm();
}

// As the reference does: without a leave, which would take the name from its holder.
void Agent::Parts::lose_name() {
    log.write(LogLevel::Err, "another host has the name " + node->name() +
                                 ", and most members take its side: this agent ends (give one of "
                                 "the two another name, see --node)");
    later([this] { stop(0); });
}

void Agent::Parts::stop(int with_status) {
    status = with_status;
    if (node)
        keeping.finish(*node);
    hooking.finish();
    journaling.finish();
    voting.finish();
    streams.close();
    udp.close();
    if (server)
        server->stop();
    loop.stop();
}

// ---- inputs ----

void Agent::Parts::receive(TimePoint now, const Endpoint& from, BytesView datagram) {
    const swim::Opened opened = seal.open_packet(datagram);
    if (opened.fault)
        return refuse(now, from, *opened.fault);
    if (!undeciphered.empty())
        undeciphered.opened(from);
    perform(node->receive(now, from, opened.content));
}

void Agent::Parts::refuse(TimePoint now, const Endpoint& from, swim::Fault fault) {
    node->refused(fault);
    if (fault == swim::Fault::Decrypt)
        undeciphered.count(now, from);
    tell(Notice{Notice::Level::Warning,
                "a packet from " + from.to_string() +
                    (fault == swim::Fault::Decrypt
                         ? " was refused: none of our keys opens it (is its key current?)"
                         : " was refused: it carries another label")});
}

void Agent::Parts::stream_message(TimePoint now, swim::StreamId id, const Endpoint& from,
                                  const swim::StreamMessage& message) {
    if (!id.inbound && advertised->answered(from))
        look_at_address();
    perform(node->receive_stream(now, id, from, message));
    arm();
}

void Agent::Parts::stream_failed(TimePoint now, swim::StreamId id, const Endpoint& /*to*/,
                                 const std::string& error) {
    perform(node->stream_failed(now, id, error));
    arm();
}

void Agent::Parts::stream_refused(TimePoint now, swim::StreamId id, const Endpoint& from,
                                  const swim::StreamFault& fault) {
    if (id.inbound && fault.fault == swim::Fault::Decrypt) {
        std::vector<MemberView> views;
        node->members(views);
        // A stream's port is of no use; a stranger is known by its host alone.
        const auto sender = only_member_at(from, views);
        undeciphered.count(now, sender ? *sender : *Endpoint::from_bytes(from.ip(), 0));
    }
    tell(Notice{Notice::Level::Warning,
                "a stream from " + from.to_string() + " was refused: " + fault.detail});
    perform(node->stream_refused(now, id, fault));
    arm();
}

void Agent::Parts::stream_mislabelled(const Endpoint& from, swim::Fault fault) {
    node->refused(fault);
    tell(Notice{Notice::Level::Warning,
                "a stream from " + from.to_string() + " was refused: it carries another label"});
}

// What is readable comes before what is due: an agent that was paused must not accuse a member
// whose answer lies in its socket (docs/detection.md, "Own stall").
void Agent::Parts::turn() {
    loop_lag.note(clock.now(), std::exchange(armed, never));
    udp.drain(drain_at_tick);
    const TimePoint now = clock.now();
    streams.expire(now);
    node->set_wall(static_cast<std::uint64_t>(clock.wall(now) / nanoseconds_a_second));
    if (now >= node->next_deadline())
        perform(node->tick(now));
    if (now >= next_look)
        look_at_address();
    keeping.turn(now, *node);
    check_up(now);
    journaling.turn(now);
    hooking.turn(now);
    if (now >= leave_deadline) {
        log.warn("the leave took too long, ending without it");
        stop(0);
        return;
    }
    arm();
    end_if_hooks_have(now);
}

void Agent::Parts::arm() {
    armed = std::min({node->next_deadline(), streams.next_deadline(), next_look, leave_deadline,
                      end_deadline, keeping.next_deadline(), journaling.next_deadline(),
                      hooking.next_deadline()});
    timer.arm(armed);
}

// ---- the interface ----

Agent::Agent(AgentConfig config, Log& log)
    : parts_(std::make_unique<Parts>(std::move(config), log)) {}

Agent::~Agent() {
    parts_->log.listen({});
    for (const auto& watch : parts_->watches)
        watch->descriptor.release();
    if (parts_->hook_watch)
        parts_->hook_watch->descriptor.release();
}

std::optional<Error> Agent::start() {
    return parts_->start();
}

void Agent::watch(int fd, std::function<void()> readable) {
    const auto watch = std::make_shared<Parts::Watch>(parts_->loop, fd, std::move(readable));
    parts_->watches.push_back(watch);
    watch->wait();
}

int Agent::run() {
    parts_->loop.run();
    return parts_->status;
}

void Agent::leave() {
    parts_->begin_leave("this process was asked to end", /*for_good=*/false,
                        [this](const RequestDone& done) {
                            if (!done.error.empty())
                                parts_->log.warn("the leave is incomplete: " + done.error);
                        });
}

void Agent::reload() {
    (void)parts_->reload();
}

void Agent::stop(int status) {
    parts_->stop(status);
}

Endpoint Agent::bound() const {
    return parts_->bound;
}

api::Backend& Agent::backend() {
    return *parts_;
}

}  // namespace muster
