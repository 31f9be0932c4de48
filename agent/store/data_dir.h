// The directory in which one agent keeps what outlives its process, and the lock on it: two agents
// that share one would both believe to be its member.
//
// The lock is a flock on the file `lock` in it, which ends with the process however that ends; the
// file's text, the process id, is only for the error of who comes second. Not for network file
// systems without flock.
#pragma once

#include <string>

#include "swim/result.h"

namespace muster::store {

class DataDir {
public:
    // Locks `path`, an existing directory. The error is for a person: who holds it, or why not.
    static Result<DataDir> lock(const std::string& path);
    DataDir(DataDir&& other) noexcept;
    DataDir& operator=(DataDir&& other) noexcept;
    ~DataDir();

    const std::string& path() const { return path_; }
    std::string file(const char* name) const { return path_ + "/" + name; }

private:
    DataDir(std::string path, int fd);

    std::string path_;
    int fd_;
};

}  // namespace muster::store
