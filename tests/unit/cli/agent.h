// An agent of ours for `muster` to talk to, in one process: the server's loop has a thread of its
// own, and all that a test arranges there happens before it starts, or in it.
#pragma once

#include <unistd.h>

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/api/server.h"
#include "cli/run.h"
#include "tests/unit/api/fake_backend.h"

namespace muster::cli {

class RecordingTerminal final : public Terminal {
public:
    bool out(std::string_view text) override {
        output += text;
        ++writes;
        return writes != fails_at;
    }
    bool err(std::string_view text) override {
        errors += text;
        return true;
    }
    Result<std::string> in(std::size_t limit) override {
        if (input.size() > limit)
            return Error{"too much"};
        return input;
    }
    bool is_interactive() const override { return interactive; }

    std::string input;
    std::string output;
    std::string errors;
    int writes = 0;
    int fails_at = 0;
    bool interactive = false;
};

class Agent {
public:
    Agent() {
        char name[] = "/tmp/muster-cli-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory_ = name;
        config.path = directory_ + "/muster.sock";
        backend.add("n1", "10.0.0.1:7946", {{"role", "web"}});
        backend.add("n2", "10.0.0.2:7946", {{"role", "db"}});
        backend.name = "n1";
    }
    ~Agent() {
        if (thread_.joinable()) {
            asio::post(loop, [this] {
                server_->stop();
                loop.stop();
            });
            thread_.join();
        }
        server_.reset();
        std::filesystem::remove_all(directory_);
    }
    void start() {
        server_ = std::make_unique<api::Server>(loop, backend, config);
        const auto error = server_->start();
        REQUIRE_FALSE(error);
        thread_ = std::thread([this] { loop.run(); });
    }
    // In the loop, after what it does now.
    void later(std::function<void()> what) { asio::post(loop, std::move(what)); }
    void stop() { server_->stop(); }
    Endpoint rpc() const { return server_->rpc_endpoint(); }

    asio::io_context loop;
    api::FakeBackend backend;
    api::ServerConfig config;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_{loop.get_executor()};
    std::unique_ptr<api::Server> server_;
    std::thread thread_;
    std::string directory_;
};

struct Outcome {
    ExitStatus status;
    std::string output;
    std::string errors;
};

inline Outcome muster_at(const Agent& agent, const std::vector<std::string>& arguments,
                         std::string input = {}) {
    RecordingTerminal terminal;
    terminal.input = std::move(input);
    const std::string path = agent.config.path;
    const ExitStatus status = run(arguments, {.muster_api = path.c_str()}, terminal);
    return {status, terminal.output, terminal.errors};
}

}  // namespace muster::cli
