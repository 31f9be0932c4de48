// Any bytes as a file that an agent has kept: an even first byte says that the rest is a keyring,
// an odd one that it is state.db. It is read, or refused with a reason; and whatever was there,
// what is written over it is read again.
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "agent/keyring_file.h"
#include "agent/store/state_db.h"
#include "swim/assert.h"

using namespace muster;

namespace {

class Directory {
public:
    Directory() {
        char name[] = "/tmp/muster-fuzz-XXXXXX";
        MUSTER_ASSERT(mkdtemp(name) != nullptr);
        path_ = name;
    }
    ~Directory() { std::filesystem::remove_all(path_); }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::string holding(const char* name, BytesView content) const {
        const std::string path = path_ + "/" + name;
        const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        MUSTER_ASSERT(fd >= 0);
        MUSTER_ASSERT(write(fd, content.data(), content.size()) ==
                      static_cast<ssize_t>(content.size()));
        close(fd);
        return path;
    }

private:
    std::string path_;
};

void keyring(BytesView content) {
    const Directory directory;
    const std::string path = directory.holding("keyring", content);
    const Result<swim::Keyring> read = load_keyring(path);
    if (!read) {
        MUSTER_ASSERT(!read.error().text.empty());
        return;
    }
    MUSTER_ASSERT(!save_keyring(path, *read));
    const Result<swim::Keyring> again = load_keyring(path);
    MUSTER_ASSERT(again && again->keys().size() == read->keys().size());
}

void state(BytesView content) {
    const Directory directory;
    const std::string path = directory.holding("state.db", content);
    {
        const Result<store::StateDb::Opened> opened = store::StateDb::open(path, 0);
        if (!opened) {
            MUSTER_ASSERT(!opened.error().text.empty());
            return;
        }
        MemoryChange change;
        change.whole = true;
        change.now.name = "n1";
        change.now.incarnation = 7;
        change.now.advertise = *Endpoint::from_bytes({"\x0a\x00\x00\x01", 4}, 7946);
        cluster::Remembered& other = change.now.members.emplace_back();
        other.name = "n2";
        other.endpoint = *Endpoint::from_bytes({"\x0a\x00\x00\x02", 4}, 7946);
        other.status = cluster::Status::Failed;
        // It can fail, of what SQLite finds only later; not without a reason.
        if (const auto error = opened->db->save(change)) {
            MUSTER_ASSERT(!error->text.empty());
            return;
        }
    }
    const Result<store::StateDb::Opened> again = store::StateDb::open(path, 0);
    MUSTER_ASSERT(again && again->notes.empty() && !again->failure);
    MUSTER_ASSERT(again->memory.name == "n1" && again->memory.incarnation == 7);
    MUSTER_ASSERT(again->memory.members.size() == 1 && again->memory.members[0].name == "n2");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0)
        return 0;
    const BytesView content(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    if (bytes[0] % 2 == 0)
        keyring(content);
    else
        state(content);
    return 0;
}
