#include "agent/keys.h"

#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <deque>
#include <system_error>
#include <thread>

#include "agent/cluster/key_change.h"
#include "agent/keyring_file.h"

namespace muster {

namespace {

// Requests come from whoever has a key, as fast as they like.
constexpr std::size_t max_waiting = 64;

}  // namespace

struct Keys::State : std::enable_shared_from_this<State> {
    State(asio::io_context& a_loop, swim::Seal& a_seal, swim::Keyring a_ring, std::string a_file)
        : loop(a_loop), seal(a_seal), ring(std::move(a_ring)), file(std::move(a_file)) {
        seal.set_keys(ring);
    }

    struct Job {
        cluster::KeyRequest request;
        Done done;
    };

    void begin_next();
    void write(const swim::Keyring& wanted, const cluster::KeyAnswer& answer);
    void written(const swim::Keyring& wanted, const cluster::KeyAnswer& answer,
                 const std::optional<Error>& error);
    void finish(const cluster::KeyAnswer& answer);

    asio::io_context& loop;
    swim::Seal& seal;
    swim::Keyring ring;
    std::string file;
    std::deque<Job> jobs;  // the first is being done
    std::thread writer;
    bool closed = false;
};

void Keys::State::begin_next() {
    asio::post(loop, [self = shared_from_this()] {
        if (self->closed)
            return;
        swim::Keyring wanted = self->ring;
        cluster::KeyAnswer answer = cluster::change_keys(wanted, self->jobs.front().request);
        if (!answer.done || wanted == self->ring || self->file.empty())
            return self->written(wanted, answer, std::nullopt);
        self->write(wanted, answer);
    });
}

void Keys::State::write(const swim::Keyring& wanted, const cluster::KeyAnswer& answer) {
    const auto work = [self = shared_from_this(), wanted, answer] {
        const std::optional<Error> error = save_keyring(self->file, wanted);
        asio::post(self->loop, [self, wanted, answer, error] {
            if (self->closed)
                return;
            self->writer.join();
            self->written(wanted, answer, error);
        });
    };
    try {
        writer = std::thread(work);
    } catch (const std::system_error& error) {
        written(wanted, answer, Error{std::string("cannot start a thread: ") + error.what()});
    }
}

void Keys::State::written(const swim::Keyring& wanted, const cluster::KeyAnswer& answer,
                          const std::optional<Error>& error) {
    if (error)
        return finish({false, "Failed to write keyring file: " + error->text, {}});
    if (wanted != ring) {
        ring = wanted;
        seal.set_keys(ring);
    }
    finish(answer);
}

void Keys::State::finish(const cluster::KeyAnswer& answer) {
    const Done done = std::move(jobs.front().done);
    swim::wipe(jobs.front().request.key);
    jobs.pop_front();
    if (!jobs.empty())
        begin_next();
    done(answer);
}

Keys::Keys(asio::io_context& loop, swim::Seal& seal, swim::Keyring ring, std::string file)
    : state_(std::make_shared<State>(loop, seal, std::move(ring), std::move(file))) {}

Keys::~Keys() {
    state_->closed = true;
    if (state_->writer.joinable())
        state_->writer.join();
}

void Keys::perform(const cluster::KeyRequest& request, Done done) {
    State& s = *state_;
    if (s.jobs.size() == max_waiting) {
        asio::post(s.loop, [done = std::move(done)] {
            done({false, "too many changes of the keyring are waiting (try again)", {}});
        });
        return;
    }
    s.jobs.push_back({request, std::move(done)});
    if (s.jobs.size() == 1)
        s.begin_next();
}

const swim::Keyring& Keys::ring() const {
    return state_->ring;
}

}  // namespace muster
