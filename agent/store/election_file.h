// election.state: what a voter must not forget, on its disk. Two slots of 4 KiB, written one after
// the other, so that whatever ends a write, one of them is whole; what stands in a slot, and which
// counts, is agent/election/state.h's.
//
// The file is filled with zeros when it is made: no write needs room, so a full disk can still
// vote. O_DSYNC: write() answers when both slots are on the disk. After a write that failed nothing
// is written any more, since the kernel may have dropped the page and would report success the next
// time.
//
// Blocking; one thread at a time. Not SQLite, whose WAL may lose the last commits.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/election/state.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::store {

class ElectionFile {
public:
    struct Opened;

    // Opens `path`, or makes it, and reads what it says of the node called `node_name`. Never
    // fails: what cannot be opened answers every write with the error, and `Opened::failure` says
    // so at once.
    static Opened open(const std::string& path, BytesView node_name);
    // Whether there is one: its node was a voter, or a candidate, in an earlier life.
    static bool exists(const std::string& path);
    ~ElectionFile();
    ElectionFile(const ElectionFile&) = delete;
    ElectionFile& operator=(const ElectionFile&) = delete;

    // Writes `slot` into slot `first` (0 or 1), and then into the other one. None: it is on the
    // disk, twice. REQUIRES: slot.size() == election::slot_size
    std::optional<Error> write(std::size_t first, BytesView slot);

    const std::string& path() const { return path_; }

private:
    ElectionFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    std::optional<Error> fail(const std::string& what, int error);

    const std::string path_;
    int fd_;
    std::optional<Error> broken_;
};

struct ElectionFile::Opened {
    std::unique_ptr<ElectionFile> file;
    election::Found found;
    std::optional<Error> failure;  // it cannot be written: this node will not vote
};

}  // namespace muster::store
