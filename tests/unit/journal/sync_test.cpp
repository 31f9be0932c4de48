// What is synced to the disk, and what is not: SQLite's own file system, counted.
#include <sqlite3.h>

#include <catch2/catch.hpp>

#include "tests/unit/journal/outbox_steps.h"
#include "tests/unit/store/directory.h"

namespace muster::journal {

namespace {

int syncs = 0;
sqlite3_vfs* base = nullptr;
const sqlite3_io_methods* real_methods = nullptr;
sqlite3_io_methods methods;

int count_sync(sqlite3_file* file, int flags) {
    ++syncs;
    return real_methods->xSync(file, flags);
}

int open_counted(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags,
                 int* out_flags) {
    const int code = base->xOpen(base, name, file, flags, out_flags);
    if (code == SQLITE_OK) {
        real_methods = file->pMethods;
        methods = *real_methods;
        methods.xSync = &count_sync;
        file->pMethods = &methods;
    }
    return code;
}

// The default while it lives.
struct CountedSyncs {
    CountedSyncs() : vfs(*sqlite3_vfs_find(nullptr)) {
        base = sqlite3_vfs_find(nullptr);
        vfs.zName = "counted";
        vfs.xOpen = &open_counted;
        REQUIRE(sqlite3_vfs_register(&vfs, /*makeDflt=*/1) == SQLITE_OK);
    }
    ~CountedSyncs() {
        sqlite3_vfs_unregister(&vfs);
        sqlite3_vfs_register(base, /*makeDflt=*/1);
    }
    CountedSyncs(const CountedSyncs&) = delete;
    CountedSyncs& operator=(const CountedSyncs&) = delete;
    sqlite3_vfs vfs;
};

}  // namespace

TEST_CASE("what hooks might be called for is synced, each time, and nothing else is") {
    const CountedSyncs counted;
    const store::Directory directory;
    const auto db = open(directory.file("journal.db"));
    const auto to = routes({all_to("a", 1)});
    const auto syncs_of = [&](const Batch& batch) {
        const int before = syncs;
        append(*db, batch);
        return syncs - before;
    };
    CHECK(syncs_of(batch(nullptr, {event("x")})) == 0);
    CHECK(syncs_of(batch(routes({}), {event("x")})) == 0);
    CHECK(syncs_of(batch(to, {event("x")})) > 0);
    CHECK(syncs_of(batch(to, {event("x")})) > 0);
    Batch tells = batch(to, {});
    tells.resync = {"a"};
    CHECK(syncs_of(tells) > 0);
    // An outcome that is lost is a hook that is run once more.
    Batch done = batch(to, {});
    done.outcomes = {outcome("a", 3, Outcome::What::Done)};
    CHECK(syncs_of(done) == 0);
    CHECK(syncs_of(batch(nullptr, {event("x")})) == 0);
    Batch whole = batch(to, {});
    whole.whole = Batch::Whole{{{"n2", {}}}, "restart", 40, 40};
    CHECK(syncs_of(whole) > 0);
}

}  // namespace muster::journal
