// An agent's durable state: the locked data directory, and what is in it. Reading happens once, at
// the start; writing on a thread of its own, so that an fsync never delays an ack.
//
//     DIR/lock       who uses it (data_dir.h)
//     DIR/state.db   what is remembered (state_db.h)
//
// Each write has a ticket, chosen by whoever asks for it, and ends with Done, stored or not. A
// further file (a journal, an election's slots) gets a Worker of its own beside this one's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/memory.h"
#include "agent/store/data_dir.h"
#include "agent/store/worker.h"
#include "swim/result.h"

namespace muster::store {

class StateDb;

class Store {
public:
    struct Opened;

    // Locks `directory`, which must exist, and reads what it holds. `done` is called on the store's
    // thread. The error is for a person, and nothing was changed.
    static Result<Opened> open(const std::string& directory, std::int64_t wall_offset,
                               Worker::Done done);
    ~Store();

    // False if too much waits already: then it is not written, and has no end.
    [[nodiscard]] bool save(std::uint64_t ticket, MemoryChange change);
    // Waits until everything is written, at most so long. Whether it is.
    bool flush(Duration patience) { return worker_.flush(patience); }

    const std::string& directory() const { return directory_.path(); }

private:
    Store(DataDir directory, std::unique_ptr<StateDb> state, Worker::Done done);

    DataDir directory_;               // the last to go: nobody else may write before
    std::shared_ptr<StateDb> state_;  // a write that hangs keeps it
    Worker worker_;
};

struct Store::Opened {
    std::unique_ptr<Store> store;
    Memory memory;
    std::vector<std::string> notes;  // for a person: what was lost
    std::optional<Error> failure;    // it cannot be written now
};

}  // namespace muster::store
