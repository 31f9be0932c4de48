#include "agent/store/store.h"

#include <utility>

#include "agent/store/state_db.h"

namespace muster::store {

namespace {

// One runs, one follows; who has more to say waits for the end of one (agent/write_pace.h).
constexpr std::size_t most_writes = 4;

}  // namespace

Store::Store(DataDir directory, std::unique_ptr<StateDb> state, Worker::Done done)
    : directory_(std::move(directory)),
      state_(std::move(state)),
      worker_(most_writes, std::move(done)) {}

Store::~Store() = default;

Result<Store::Opened> Store::open(const std::string& directory, std::int64_t wall_offset,
                                  Worker::Done done) {
    Result<DataDir> locked = DataDir::lock(directory);
    if (!locked)
        return locked.error();
    Result<StateDb::Opened> state = StateDb::open(locked->file("state.db"), wall_offset);
    if (!state)
        return state.error();
    Opened out;
    out.store.reset(new Store(*std::move(locked), std::move(state->db), std::move(done)));
    out.memory = std::move(state->memory);
    out.notes = std::move(state->notes);
    out.failure = std::move(state->failure);
    return out;
}

bool Store::save(std::uint64_t ticket, MemoryChange change) {
    return worker_.submit(
        ticket, [state = state_, change = std::move(change)] { return state->save(change); });
}

}  // namespace muster::store
