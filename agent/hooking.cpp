#include "agent/hooking.h"

#include <unistd.h>

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "agent/journaling.h"

namespace muster {

using hooks::Desk;
using hooks::RunEnd;
using hooks::Runs;
using hooks::Spec;

namespace {

// Beside those of an event, which wait in the journal.
constexpr std::size_t queries_beside = 16;
constexpr Duration test_patience = std::chrono::seconds(60);

// What this process was given by others is given on, but for what is for it alone.
std::map<std::string, std::string, std::less<>> own_environment() {
    static constexpr std::string_view ours[] = {
        "NOTIFY_SOCKET", "WATCHDOG_USEC",  "WATCHDOG_PID",         "LISTEN_FDS",
        "LISTEN_PID",    "LISTEN_FDNAMES", "CREDENTIALS_DIRECTORY"};
    std::map<std::string, std::string, std::less<>> all;
    for (char** each = environ; *each != nullptr; ++each) {
        const std::string_view text = *each;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos)
            continue;
        const std::string_view name = text.substr(0, equals);
        if (!hooks::is_reserved(name) &&
            std::find(std::begin(ours), std::end(ours), name) == std::end(ours))
            all.emplace(name, text.substr(equals + 1));
    }
    return all;
}

process::Command command_for(const Spec& spec, hooks::Given given) {
    std::map<std::string, std::string, std::less<>> all = own_environment();
    for (const std::string& each : given.environment) {
        const std::size_t equals = each.find('=');
        all.insert_or_assign(each.substr(0, equals), each.substr(equals + 1));
    }
    process::Command command;
    command.arguments = spec.arguments;
    for (const auto& [name, value] : all)
        command.environment.push_back(std::string(name).append("=").append(value));
    command.directory = spec.directory;
    command.input = std::move(given.input);
    command.second_input = std::move(given.second_input);
    return command;
}

std::string seconds_text(Duration duration) {
    return std::to_string(std::chrono::ceil<std::chrono::seconds>(duration).count()) + " s";
}

std::string why_of(const Runs::Ended& ended, Duration timeout) {
    constexpr int signalled = 128;
    if (ended.timed_out)
        return "did not end within " + seconds_text(timeout) + ", and was ended";
    if (ended.end.status > signalled)
        return "ended by signal " + std::to_string(ended.end.status - signalled);
    return ended.end.status == 0 ? "" : "exit status " + std::to_string(ended.end.status);
}

// Serf says this of every answer that it refuses, whatever the query is about.
std::string plainly(const std::string& refusal) {
    constexpr std::string_view serfs_words = "failed to respond to key query: ";
    return refusal.starts_with(serfs_words) ? refusal.substr(serfs_words.size()) : refusal;
}

RunEnd run_end(const Runs::Ended& ended, Duration timeout) {
    RunEnd end;
    end.why = why_of(ended, timeout);
    end.ok = end.why.empty();
    end.status = ended.end.status;
    end.output = ended.end.output;
    return end;
}

}  // namespace

Hooking::Hooking(net::Clock& clock, Journaling& journaling, Surroundings surroundings,
                 std::uint64_t seed)
    : clock_(clock), journaling_(journaling), surroundings_(std::move(surroundings)), desk_(seed) {}

Hooking::~Hooking() = default;

Desk::Moment Hooking::moment() const {
    const TimePoint now = clock_.now();
    return {now, clock_.wall(now)};
}

// ---- which hooks there are ----

std::optional<Error> Hooking::open(const std::vector<Spec>& specs) {
    if (std::optional<Error> error = runs_.open())
        return error;
    if (std::optional<Error> error = configure(specs))
        return error;
    journaling_.on_put([this](const journal::Put& what) { put(what); });
    load();
    return std::nullopt;
}

std::optional<Error> Hooking::configure(const std::vector<Spec>& specs) {
    std::map<std::string, Hook> hooks;
    auto routes = std::make_shared<journal::Routes>();
    for (const Spec& spec : specs) {
        Result<hooks::Filter> filter = hooks::Filter::compile(spec, surroundings_.caller().name);
        if (!filter)
            return Error{"hook " + spec.name + ": " + filter.error().text};
        routes->push_back(
            {spec.name, spec.queue,
             [filter = *filter](const history::Change& change) { return filter.wants(change); }});
        const auto known = hooks_.find(spec.name);
        hooks.emplace(spec.name, Hook{std::make_shared<Spec>(spec), *std::move(filter),
                                      known == hooks_.end() ? 0 : known->second.answering});
    }
    specs_ = specs;
    hooks_ = std::move(hooks);
    desk_.configure(specs);
    journaling_.set_routes(std::move(routes));
    journaling_.flush(clock_.now());
    return std::nullopt;
}

std::vector<std::string> Hooking::changes(const std::vector<Spec>& specs) const {
    std::vector<std::string> phrases;
    for (const Spec& spec : specs) {
        const auto known = hooks_.find(spec.name);
        if (known == hooks_.end())
            phrases.push_back("hook " + spec.name + " is new");
        else if (!(*known->second.spec == spec))
            phrases.push_back("hook " + spec.name + " is another");
    }
    for (const Spec& known : specs_) {
        const bool stays = std::any_of(specs.begin(), specs.end(),
                                       [&](const Spec& spec) { return spec.name == known.name; });
        if (!stays)
            phrases.push_back("hook " + known.name + " is gone");
    }
    return phrases;
}

// What waits since before the start. Until it is known nothing runs, or the order would be lost.
void Hooking::load() {
    loading_ = Loading::Asked;
    journal_id_ = journaling_.journal_id();
    early_.clear();
    journaling_.overflows([this](const Result<std::vector<journal::Overflow>>& overflows) {
        for (const journal::Overflow& each :
             overflows ? *overflows : std::vector<journal::Overflow>())
            desk_.overflowed(each.hook, each.lost);
    });
    journaling_.waiting([this](const Result<std::vector<journal::Delivery>>& waiting) {
        if (!waiting) {
            loading_ = Loading::Wanted;  // with the next that is written
            return;
        }
        loaded(*waiting);
    });
}

void Hooking::loaded(const std::vector<journal::Delivery>& waiting) {
    loading_ = Loading::Done;
    Desk::Turn out;
    std::set<std::pair<std::string, std::uint64_t>> known;
    for (const journal::Delivery& delivery : waiting) {
        known.emplace(delivery.hook, delivery.seq);
        desk_.add(moment(), delivery, out);
    }
    // What was being written when it was asked for is in both.
    for (const journal::Delivery& delivery : std::exchange(early_, {})) {
        if (known.emplace(delivery.hook, delivery.seq).second)
            desk_.add(moment(), delivery, out);
    }
    take(std::move(out));
    turn(clock_.now());
}

void Hooking::put(const journal::Put& what) {
    if (loading_ == Loading::Wanted)
        return load();
    if (loading_ == Loading::Asked) {
        early_.insert(early_.end(), what.deliveries.begin(), what.deliveries.end());
        return;
    }
    // Another journal: what waited went with the old one.
    if (journaling_.journal_id() != journal_id_) {
        desk_.configure({});
        desk_.configure(specs_);
        return load();
    }
    Desk::Turn out;
    for (const journal::Overflow& each : what.overflows)
        desk_.overflowed(each.hook, each.lost);
    for (const journal::Delivery& delivery : what.deliveries)
        desk_.add(moment(), delivery, out);
    take(std::move(out));
    turn(clock_.now());
}

// ---- the desk's wishes ----

void Hooking::turn(TimePoint now) {
    if (finished_)
        return;
    runs_.turn(now);
    // While nothing can be written, what a run has come to could not be either.
    if (loading_ == Loading::Done && desk_.has_work() && journaling_.trouble().empty())
        take(desk_.turn(moment(), surroundings_.conditions()));
}

TimePoint Hooking::next_deadline() const {
    if (finished_)
        return never;
    const bool rests = loading_ != Loading::Done || !journaling_.trouble().empty();
    return rests ? runs_.next_deadline()
                 : std::min(runs_.next_deadline(), desk_.next_deadline(clock_.now()));
}

void Hooking::serve() {
    runs_.serve(clock_.now());
    turn(clock_.now());
}

void Hooking::take(Desk::Turn turn) {
    for (const std::string& note : turn.notes)
        surroundings_.say(Notice::Level::Warning, note);
    for (journal::Outcome& outcome : turn.outcomes)
        journaling_.conclude(std::move(outcome));
    for (const std::string& hook : turn.resync)
        journaling_.resync(hook);
    if (!turn.outcomes.empty() || !turn.resync.empty())
        journaling_.flush(clock_.now());
    for (const Desk::Start& start : turn.starts)
        begin(start);
    surroundings_.changed();
}

void Hooking::begin(const Desk::Start& start) {
    journaling_.changes(
        start.seqs, [this, start](const Result<std::vector<history::Change>>& found) {
            if (finished_)
                return;
            if (!found)
                return ended(start.run, {.ran = false,
                                         .why = "its event cannot be read: " + found.error().text});
            // A person has dropped it meanwhile.
            if (found->empty())
                return ended(start.run, {.ok = true});
            call(start, *found);
        });
}

void Hooking::call(const Desk::Start& start, std::vector<history::Change> changes) {
    hooks::Call call;
    call.changes = std::move(changes);
    if (start.kind == history::Kind::Start || start.kind == history::Kind::Gap)
        call.members = surroundings_.members();
    call.attempt = start.attempt;
    call.journal = journaling_.journal_id();
    const Duration timeout = start.spec->timeout;
    const std::optional<Error> error =
        run(*start.spec, hooks::given_for(call, *start.spec, surroundings_.caller()), timeout,
            [this, run = start.run, timeout](const Runs::Ended& end) {
                ended(run, run_end(end, timeout));
            });
    if (error)
        ended(start.run, {.why = "cannot be started: " + error->text});
}

void Hooking::ended(Desk::RunId run, const RunEnd& end) {
    take(desk_.ended(moment(), run, end));
    turn(clock_.now());
}

std::optional<Error> Hooking::run(const Spec& spec, hooks::Given given, Duration timeout,
                                  Runs::Done done) {
    const auto say_output = [this, name = spec.name,
                             done = std::move(done)](const Runs::Ended& ended) {
        if (!ended.end.output.empty()) {
            surroundings_.say(Notice::Level::Debug, "hook " + name + " wrote: " + ended.end.output);
        }
        done(ended);
    };
    return runs_.start(command_for(spec, std::move(given)), clock_.now(), timeout, say_output);
}

bool Hooking::is_busy() const {
    return !hooks_.empty() && (!journaling_.is_idle() || runs_.count() > 0 ||
                               (journaling_.trouble().empty() && desk_.is_busy()));
}

void Hooking::finish() {
    finished_ = true;
}

// ---- queries ----

void Hooking::hear(const cluster::HeardQuery& query) {
    if (finished_)
        return;
    for (auto& [name, hook] : hooks_) {
        if (!hook.filter.wants_query(query.name))
            continue;
        const TimePoint now = clock_.now();
        const Duration left = query.deadline - now;
        if (left <= Duration::zero())
            continue;
        if (hook.answering >= std::max<std::size_t>(hook.spec->concurrency, queries_beside)) {
            surroundings_.say(Notice::Level::Warning,
                              "hook " + name + " does not answer the query " + query.name +
                                  ": it answers " + std::to_string(hook.answering) + " already");
            continue;
        }
        const hooks::QueryCall call{query.name, query.payload, query.source, query.ltime, left};
        const Duration timeout = std::min(left, hook.spec->timeout);
        const std::optional<Error> error =
            run(*hook.spec, hooks::given_for(call, *hook.spec, surroundings_.caller()), timeout,
                [this, hook_name = name, handle = query.handle, query_name = query.name,
                 timeout](const Runs::Ended& ended) {
                    const auto found = hooks_.find(hook_name);
                    if (found != hooks_.end() && found->second.answering > 0)
                        --found->second.answering;
                    std::string why = why_of(ended, timeout);
                    if (why.empty() && !ended.end.output.empty()) {
                        if (const auto refused = surroundings_.respond(handle, ended.end.output))
                            why = plainly(refused->text);
                    }
                    if (!why.empty()) {
                        std::string text = "hook ";
                        text.append(hook_name).append(" did not answer the query ");
                        text.append(query_name).append(": ").append(why);
                        surroundings_.say(Notice::Level::Warning, text);
                    }
                });
        if (error) {
            surroundings_.say(Notice::Level::Warning,
                              "hook " + name + " cannot be started: " + error->text);
        } else {
            ++hook.answering;
        }
    }
    surroundings_.changed();
}

// ---- for people ----

std::vector<hooks::HookStatus> Hooking::status() const {
    return desk_.status(clock_.now());
}

void Hooking::test(const std::string& name,
                   const std::function<void(const Result<api::HookTest>&)>& done) {
    const auto found = hooks_.find(name);
    if (found == hooks_.end())
        return done(Error{"there is no hook " + name + " (see `muster hooks list`)"});
    const Spec& spec = *found->second.spec;
    const hooks::Caller caller = surroundings_.caller();
    hooks::Call call;
    call.changes.resize(1);
    history::Change& change = call.changes.front();
    change.kind = history::Kind::MemberUpdate;
    for (int kind = 1; kind <= static_cast<int>(history::last_kind); ++kind) {
        const auto each = static_cast<history::Kind>(kind);
        if (spec.on.wants(each, caller.name)) {
            change.kind = each;
            break;
        }
    }
    const history::View members = surroundings_.members();
    change.subject = caller.name;
    change.wall_ns = moment().wall_ns;
    if (const auto self = members.find(caller.name); self != members.end()) {
        change.endpoint = self->second.endpoint;
        change.tags = self->second.tags;
        change.incarnation = self->second.incarnation;
    }
    change.from = change.to = history::Standing::Alive;
    change.cause = "test";
    if (change.kind == history::Kind::Start || change.kind == history::Kind::Gap)
        call.members = members;
    call.journal = "test";
    const Duration timeout = std::min(spec.timeout, test_patience);
    const auto ended = [done, timeout](const Runs::Ended& end) {
        done(api::HookTest{end.end.status, why_of(end, timeout), end.end.output});
    };
    if (const auto error = run(spec, hooks::given_for(call, spec, caller), timeout, ended))
        done(Error{"hook " + name + " cannot be started: " + error->text});
    surroundings_.changed();
}

void Hooking::replay(const std::string& hook, std::uint64_t seq) {
    journaling_.conclude({.hook = hook,
                          .seq = seq,
                          .what = journal::Outcome::What::Revived,
                          .at_ns = moment().wall_ns});
    journaling_.flush(clock_.now());
    surroundings_.changed();
}

void Hooking::drop(const std::string& hook, std::uint64_t seq) {
    desk_.drop(hook, seq);
    journaling_.conclude({.hook = hook,
                          .seq = seq,
                          .what = journal::Outcome::What::Dropped,
                          .at_ns = moment().wall_ns});
    journaling_.flush(clock_.now());
    surroundings_.changed();
}

}  // namespace muster
