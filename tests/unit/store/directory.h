// A directory of its own for each test, gone with it.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

namespace muster::store {

struct Directory {
    Directory() {
        char name[] = "/tmp/muster-store-XXXXXX";
        REQUIRE(mkdtemp(name) != nullptr);
        path = name;
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::permissions(path, std::filesystem::perms::owner_all, ignored);
        std::filesystem::remove_all(path, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;

    std::string file(const std::string& name) const { return path + "/" + name; }
    // How many of its files begin so.
    std::size_t count(const std::string& beginning) const {
        std::size_t found = 0;
        for (const auto& entry : std::filesystem::directory_iterator(path))
            found += entry.path().filename().string().rfind(beginning, 0) == 0 ? 1U : 0U;
        return found;
    }

    std::string path;
};

}  // namespace muster::store
