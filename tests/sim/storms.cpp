// storms --seeds A..B [--jobs N] [--hashes] [--text FILE]: storms from many seeds, and what must
// be true after each.
//
// Jobs are processes: a seed that ends its process (an assertion inside a node) is found out and
// named like any other. Prints its progress; of the first seed that fails, what was broken and the
// command that replays it. Exit status 1 if one failed. Shrinks nothing: a storm takes
// milliseconds.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/storm_run.h"

namespace {

using muster::sim::run_storm;
using muster::sim::StormReport;

constexpr const char* usage =
    "usage: storms --seeds A..B [--jobs N] [--hashes] [--text FILE]\n"
    "  --seeds A..B   from A to B, both included; or one seed\n"
    "  --jobs N       processes at a time (1)\n"
    "  --hashes       print seed and transcript's hash of each, in this process\n"
    "  --text FILE    the same, and write the last one's transcript there\n";

struct Wanted {
    std::uint64_t first = 0, last = 0;
    unsigned jobs = 1;
    bool hashes = false;
    const char* text = nullptr;
};

bool read_number(std::string_view text, std::uint64_t& number) {
    number = 0;
    for (const char c : text) {
        if (c < '0' || c > '9' || number > UINT64_MAX / 10 - 1) {
            return false;
        }
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return !text.empty();
}

std::optional<Wanted> read_arguments(int argc, char** argv) {
    Wanted wanted;
    bool seeds = false;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const char* const value = i + 1 < argc ? argv[i + 1] : nullptr;
        if (word == "--hashes") {
            wanted.hashes = true;
            continue;
        }
        if (value == nullptr) {
            return std::nullopt;
        }
        ++i;
        if (word == "--seeds") {
            const std::string_view range = value;
            const std::size_t dots = std::min(range.find(".."), range.size());
            const std::string_view last =
                dots < range.size() ? range.substr(dots + 2) : range.substr(0, dots);
            seeds = read_number(range.substr(0, dots), wanted.first) &&
                    read_number(last, wanted.last) && wanted.first <= wanted.last &&
                    wanted.last < UINT64_MAX / 2;
        } else if (word == "--jobs") {
            std::uint64_t jobs = 0;
            if (!read_number(value, jobs) || jobs == 0 || jobs > 64) {
                return std::nullopt;
            }
            wanted.jobs = static_cast<unsigned>(jobs);
        } else if (word == "--text") {
            wanted.text = value;
        } else {
            return std::nullopt;
        }
    }
    return seeds ? std::optional(wanted) : std::nullopt;
}

// What a job has done so far, in memory that all jobs share.
struct Job {
    std::atomic<std::uint64_t> seed = 0;  // under way
    std::atomic<std::uint64_t> done = 0;
    std::atomic<std::uint64_t> steps = 0;
    std::atomic<double> agreement = 0;  // the longest, in seconds
};

constexpr unsigned patience = 300;  // seconds for one seed, which takes some hundredths
constexpr auto progress_every = std::chrono::seconds(10);

class Jobs {
public:
    Jobs(const Wanted& wanted, const char* program)
        : wanted_(wanted), program_(program), begin_(std::chrono::steady_clock::now()) {
        void* const memory = mmap(nullptr, sizeof(Job) * wanted.jobs, PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            std::perror("storms: no memory that its jobs can share");
            _exit(2);
        }
        jobs_ = static_cast<Job*>(memory);
        for (unsigned i = 0; i < wanted.jobs; ++i) {
            new (&jobs_[i]) Job;
        }
    }

    // Answers whether every seed passed. Of the first that did not it says why; the other jobs are
    // ended.
    bool run() {
        for (unsigned i = 0; i < wanted_.jobs; ++i) {
            const pid_t process = fork();
            if (process == 0) {
                work(i);
            }
            if (process < 0) {
                std::perror("storms: cannot start a job");
                _exit(2);
            }
            processes_.push_back(process);
        }
        bool passed = true;
        int status = 0;
        for (pid_t ended = wait(&status); ended > 0; ended = wait(&status)) {
            const auto position = std::find(processes_.begin(), processes_.end(), ended);
            const auto number = static_cast<std::size_t>(position - processes_.begin());
            *position = 0;
            if (status != 0 && passed) {
                passed = false;
                explain(number, status);
                for (const pid_t other : processes_) {
                    if (other != 0) {
                        kill(other, SIGKILL);
                    }
                }
            }
        }
        tell();
        return passed;
    }

private:
    // In a process of its own.
    [[noreturn]] void work(unsigned number) {
        Job& job = jobs_[number];
        auto next_line = begin_ + progress_every;
        for (std::uint64_t seed = wanted_.first + number; seed <= wanted_.last;
             seed += wanted_.jobs) {
            job.seed = seed;
            alarm(patience);
            const StormReport report = run_storm(seed);
            if (!report.broken.empty()) {
                complain(report);
                _exit(1);
            }
            ++job.done;
            job.steps += report.steps;
            job.agreement = std::max(job.agreement.load(),
                                     std::chrono::duration<double>(report.agreement).count());
            if (number == 0 && std::chrono::steady_clock::now() > next_line) {
                tell();
                next_line += progress_every;
            }
        }
        _exit(0);
    }

    static void complain(const StormReport& report) {
        std::string text = "seed " + std::to_string(report.seed) + ":\n";
        for (const std::string& sentence : report.broken) {
            text += "  " + sentence + "\n";
        }
        std::fputs(text.c_str(), stdout);
        std::fflush(stdout);
    }

    void explain(std::size_t number, int status) const {
        const std::uint64_t seed = jobs_[number].seed;
        if (WIFSIGNALED(status)) {
            const int signal = WTERMSIG(status);
            const char* const name = sigabbrev_np(signal);
            std::printf("seed %" PRIu64 ":\n  its process died of SIG%s%s\n", seed,
                        name != nullptr ? name : "?",
                        signal == SIGALRM ? ": it did not end in time" : "");
        }
        std::printf("to replay: %s --seeds %" PRIu64 " --text storm.txt\n", program_, seed);
    }

    void tell() const {
        const std::uint64_t wanted = wanted_.last - wanted_.first + 1;
        std::uint64_t done = 0;
        std::uint64_t steps = 0;
        double agreement = 0;
        for (unsigned i = 0; i < wanted_.jobs; ++i) {
            done += jobs_[i].done;
            steps += jobs_[i].steps;
            agreement = std::max(agreement, jobs_[i].agreement.load());
        }
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin_;
        std::printf("%" PRIu64 " of %" PRIu64 " seeds in %.1f s, %.1f a second; %" PRIu64
                    " inputs checked; longest until all agreed: %.1f s\n",
                    done, wanted, took.count(), static_cast<double>(done) / took.count(), steps,
                    agreement);
        std::fflush(stdout);
    }

    const Wanted& wanted_;
    const char* program_;
    std::chrono::steady_clock::time_point begin_;
    Job* jobs_ = nullptr;
    std::vector<pid_t> processes_;  // 0: has ended
};

// One seed after the other, in this process: for transcripts, and for a debugger.
int run_here(const Wanted& wanted) {
    int status = 0;
    for (std::uint64_t seed = wanted.first; seed <= wanted.last; ++seed) {
        std::string text;
        const StormReport report = run_storm(seed, wanted.text != nullptr ? &text : nullptr);
        std::printf("%" PRIu64 " %016" PRIx64 "\n", seed, report.hash);
        for (const std::string& sentence : report.broken) {
            std::printf("  %s\n", sentence.c_str());
            status = 1;
        }
        if (wanted.text != nullptr && !(std::ofstream(wanted.text) << text)) {
            std::fprintf(stderr, "storms: cannot write %s\n", wanted.text);
            return 2;
        }
    }
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    const std::optional<Wanted> wanted = read_arguments(argc, argv);
    if (!wanted) {
        std::fputs(usage, stderr);
        return 2;
    }
    if (wanted->hashes || wanted->text != nullptr) {
        return run_here(*wanted);
    }
    return Jobs(*wanted, argv[0]).run() ? 0 : 1;
}
