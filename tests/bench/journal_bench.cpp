// A journal with a million rows: how long its answers take, and what is written into it.
//
//   journal_bench [--rows N] [--json FILE]    # a line of JSON for each figure
//
// 1,000 members fail and come back in turn, and one of them flaps fifty times as often. Answers are
// asked for as the agent's thread for the journal asks for them: `history --member`, `members --at`
// (by number and by time), and the rows that `explain` reads.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/cluster/tags.h"
#include "agent/history/story.h"
#include "agent/journal/journal_db.h"
#include "swim/random.h"

namespace {

using namespace muster;
using namespace muster::journal;
using history::Change;
using history::Kind;
using history::Standing;

constexpr std::size_t member_count = 1000;
constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t begins = 1'700'000'000 * second;

Bytes name_of(std::size_t member) {
    return "host-" + std::to_string(member) + ".example";
}

// Changes of members as a cluster has them: each is news.
class Churn {
public:
    Change next() {
        const std::size_t member = random_.chance(0.05) ? 0 : random_.below(member_count);
        Change change;
        change.kind = is_there_[member] ? Kind::MemberFailed : Kind::MemberJoin;
        is_there_[member] = !is_there_[member];
        change.subject = name_of(member);
        change.to = is_there_[member] ? Standing::Alive : Standing::Failed;
        change.wall_ns = at_ += second;
        change.clock_ns = at_;
        change.incarnation = ++incarnation_;
        change.endpoint = *Endpoint::parse("10.0.0.1:7946", 0);
        change.tags = tags_;
        change.cause = "accused";
        change.by = name_of(member + 1);
        change.others = {name_of(member + 2)};
        return change;
    }
    Batch batch(std::size_t count) {
        Batch batch;
        for (std::size_t i = 0; i < count; ++i)
            batch.changes.push_back(next());
        batch.wall_ns = at_;
        batch.clock_ns = at_;
        return batch;
    }
    std::int64_t at() const { return at_; }

private:
    Random random_{1};
    std::vector<bool> is_there_ = std::vector<bool>(member_count);
    std::int64_t at_ = begins;
    std::uint32_t incarnation_ = 0;
    Bytes tags_ = *cluster::encode_tags({{"role", "web"}, {"zone", "a"}});
};

[[noreturn]] void give_up(const std::string& why) {
    std::fprintf(stderr, "journal_bench: %s\n", why.c_str());
    std::exit(1);  // NOLINT(concurrency-mt-unsafe): one thread
}

template <class T>
T must(Result<T> result) {
    if (!result)
        give_up(result.error().text);
    return *std::move(result);
}

class Figures {
public:
    explicit Figures(std::string json) : json_(std::move(json)) {}

    void time(const std::string& what, int rounds, const std::function<void()>& work) {
        std::vector<double> ms;
        for (int i = 0; i < rounds; ++i) {
            const auto before = std::chrono::steady_clock::now();
            work();
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - before;
            ms.push_back(took.count());
        }
        std::sort(ms.begin(), ms.end());
        const double median = ms[ms.size() / 2];
        std::printf("%-44s median %9.3f ms   worst %9.3f ms   of %d\n", what.c_str(), median,
                    ms.back(), rounds);
        if (!json_.empty()) {
            std::ofstream(json_, std::ios::app)
                << R"({"experiment":")" << what << R"(","median_ms":)" << median
                << R"(,"worst_ms":)" << ms.back() << "}\n";
        }
    }

private:
    std::string json_;
};

void run(const std::string& path, std::size_t rows, Figures& figures) {
    history::Retention keep;
    keep.keep = std::chrono::hours(24 * 365 * 100);
    keep.max_size = 1ULL << 40U;
    JournalDb::Opened opened = must(JournalDb::open(path, keep));
    JournalDb& db = *opened.db;
    Churn churn;
    constexpr std::size_t at_once = 10'000;
    for (std::size_t written = 0; written < rows; written += at_once) {
        must(db.append(churn.batch(at_once)));
        std::fprintf(stderr, "\r%zu of %zu rows", written + at_once, rows);
    }
    std::fprintf(stderr, "\n");
    std::printf("%zu rows, %.0f bytes each on the disk\n", rows,
                static_cast<double>(std::filesystem::file_size(path)) / static_cast<double>(rows));

    Random random(2);
    figures.time("history --member, the first page", 200, [&] {
        Question question;
        question.member = name_of(random.below(member_count));
        must(db.read(question));
    });
    figures.time("history --member, one that flaps, first page", 50, [&] {
        Question question;
        question.member = name_of(0);
        must(db.read(question));
    });
    figures.time("history --since an hour ago", 50, [&] {
        Question question;
        question.since_ns = churn.at() - 3600 * second;
        must(db.read(question));
    });
    figures.time("members --at SEQ", 200,
                 [&] { must(db.view_at({.seq = 1 + random.below(rows)})); });
    figures.time("members --at TIME", 200, [&] {
        const auto after = static_cast<std::int64_t>(random.below(rows));
        must(db.view_at({.seq = std::nullopt, .wall_ns = begins + after * second}));
    });
    for (const auto& [what, member] : {std::pair{"explain: the last rows of a member", 7U},
                                       {"explain: of one that flaps", 0U}}) {
        figures.time(what, 50, [&, which = member] {
            Question question;
            question.member = name_of(which);
            question.limit = history::most_changes;
            question.newest = true;
            must(db.read(question));
        });
    }

    auto routes = std::make_shared<Routes>();
    for (const char* hook : {"a", "b", "c"})
        routes->push_back({hook, 1'000'000, [](const Change&) { return true; }});
    figures.time("append of 10,000 changes", 5, [&] { must(db.append(churn.batch(at_once))); });
    figures.time("append of one change", 200, [&] { must(db.append(churn.batch(1))); });
    figures.time("append of 10,000 changes for three hooks", 5, [&] {
        Batch batch = churn.batch(at_once);
        batch.routes = routes;
        must(db.append(batch));
    });
    figures.time("append of one change for three hooks, synced", 50, [&] {
        Batch batch = churn.batch(1);
        batch.routes = routes;
        must(db.append(batch));
    });
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t rows = 1'000'000;
    std::string json;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string flag = argv[i];
        if (flag == "--rows")
            rows = std::strtoull(argv[i + 1], nullptr, 10);
        else if (flag == "--json")
            json = argv[i + 1];
        else
            give_up("unknown flag " + flag);
    }
    char directory[] = "/var/tmp/journal_bench-XXXXXX";
    if (mkdtemp(directory) == nullptr)
        give_up("cannot make a directory in /var/tmp");
    Figures figures(json);
    run(std::string(directory) + "/journal.db", rows, figures);
    std::filesystem::remove_all(directory);
    return 0;
}
