// The last bytes of a stream, and how many there were in all. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "swim/bytes.h"

namespace muster::process {

class Tail {
public:
    explicit Tail(std::size_t limit) : limit_(limit) {}

    void add(BytesView bytes) {
        written_ += bytes.size();
        if (bytes.size() > limit_)
            bytes.remove_prefix(bytes.size() - limit_);
        kept_ += bytes;
        // Seldom, so that a byte is moved once on average; never more than three times the limit.
        if (kept_.size() > 2 * limit_)
            shorten();
    }
    std::uint64_t written() const { return written_; }
    // Leaves nothing behind.
    Bytes take() {
        shorten();
        return std::exchange(kept_, {});
    }

private:
    void shorten() {
        if (kept_.size() > limit_)
            kept_.erase(0, kept_.size() - limit_);
    }

    std::size_t limit_;
    std::uint64_t written_ = 0;
    Bytes kept_;
};

}  // namespace muster::process
