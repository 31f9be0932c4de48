#include "agent/net/resolver.h"

#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace muster::net {

// What the threads may touch: the loop, as long as it is there.
struct Resolver::Shared {
    explicit Shared(asio::io_context& a_loop) : loop(&a_loop) {}

    std::mutex mutex;
    asio::io_context* loop;  // null when the Resolver has gone
};

namespace {

using Done = std::function<void(std::vector<Resolved>)>;

const char* unreachable_family(const Reach& reach) {
    return reach.ipv4 ? "it has only IPv6 addresses, and this agent is bound to an IPv4 address "
                        "(see --bind)"
                      : "it has only IPv4 addresses, and this agent is bound to an IPv6 address "
                        "(see --bind)";
}

bool reaches(const Reach& reach, const Endpoint& endpoint) {
    return endpoint.is_ipv4() ? reach.ipv4 : reach.ipv6;
}

std::string explain(int code, int system_error) {
    if (code == EAI_SYSTEM)
        return std::generic_category().message(system_error);
    if (code == EAI_NONAME || code == EAI_NODATA)
        return "no such host (is the name right, and does the name server know it?)";
    if (code == EAI_AGAIN)
        return "the name server does not answer (see /etc/resolv.conf)";
    return gai_strerror(code);
}

Endpoint from_sockaddr(const sockaddr& address, std::uint16_t port) {
    const auto endpoint = [port](const void* ip, std::size_t size) {
        return Endpoint::from_bytes({static_cast<const char*>(ip), size}, port)
            .value_or(Endpoint{})
            .plain();
    };
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return endpoint(&v4.sin_addr, 4);
    }
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return endpoint(&v6.sin6_addr, 16);
}

void look_up(const Seed& seed, const Reach& reach, Resolved& out) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(seed.host.c_str(), nullptr, &hints, &found);
    if (code != 0) {
        out.error = explain(code, errno);
        return;
    }
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
            continue;
        const Endpoint endpoint = from_sockaddr(*at->ai_addr, seed.port);
        if (reaches(reach, endpoint) &&
            std::find(out.endpoints.begin(), out.endpoints.end(), endpoint) == out.endpoints.end())
            out.endpoints.push_back(endpoint);
    }
    freeaddrinfo(found);
    if (out.endpoints.empty())
        out.error = unreachable_family(reach);
}

}  // namespace

Resolver::Resolver(asio::io_context& loop, Reach reach, std::uint16_t default_port)
    : shared_(std::make_shared<Shared>(loop)), reach_(reach), default_port_(default_port) {}

Resolver::~Resolver() {
    const std::lock_guard lock(shared_->mutex);
    shared_->loop = nullptr;
}

void Resolver::resolve(const std::vector<std::string>& seeds, Done done) {
    std::vector<Resolved> answers;
    std::vector<std::pair<std::size_t, Seed>> names;  // with the place of the answer
    for (const std::string& text : seeds) {
        Resolved& answer = answers.emplace_back();
        answer.seed = text;
        Result<Seed> seed = parse_seed(text, default_port_);
        if (!seed) {
            answer.error = seed.error().text;
        } else if (!seed->literal) {
            names.emplace_back(answers.size() - 1, *std::move(seed));
        } else if (reaches(reach_, *seed->literal)) {
            answer.endpoints.push_back(seed->literal->plain());
        } else {
            answer.error = unreachable_family(reach_);
        }
    }
    const auto deliver = [](const std::shared_ptr<Shared>& shared, std::vector<Resolved> all,
                            Done to) {
        const std::lock_guard lock(shared->mutex);
        if (shared->loop == nullptr)
            return;
        asio::post(*shared->loop, [shared, all = std::move(all), to = std::move(to)]() mutable {
            {
                const std::lock_guard still_there(shared->mutex);
                if (shared->loop == nullptr)
                    return;
            }
            to(std::move(all));
        });
    };
    if (names.empty())
        return deliver(shared_, std::move(answers), std::move(done));
    std::thread([shared = shared_, reach = reach_, names = std::move(names), deliver,
                 answers = std::move(answers), done = std::move(done)]() mutable {
        for (const auto& [place, seed] : names)
            look_up(seed, reach, answers[place]);
        deliver(shared, std::move(answers), std::move(done));
    }).detach();
}

}  // namespace muster::net
