#include "swim/lzw.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "swim/assert.h"

namespace muster::swim {

namespace {

constexpr unsigned clear_code = 256;
constexpr unsigned end_code = 257;
constexpr unsigned first_width = 9;
constexpr unsigned last_width = 12;
constexpr unsigned table_end = 1U << last_width;

class BitWriter {
public:
    explicit BitWriter(Bytes& out) : out_(out) {}

    void put(unsigned code, unsigned width) {
        bits_ |= code << count_;
        count_ += width;
        for (; count_ >= 8; count_ -= 8, bits_ >>= 8U) {
            out_.push_back(static_cast<char>(bits_));
        }
    }

    void flush() {
        if (count_ > 0) {
            out_.push_back(static_cast<char>(bits_));
        }
    }

private:
    Bytes& out_;
    std::uint32_t bits_ = 0;
    unsigned count_ = 0;
};

// Which code stands for (prefix code, next byte). On the stack, of which only as much is touched as
// the input can fill: for a gossip packet clearing it costs less than keeping a table between
// packets would.
class PairTable {
public:
    // Every byte of input adds one pair at most, and never more than the codes there are.
    explicit PairTable(std::size_t input_size)
        : mask_(std::bit_ceil(2 * std::clamp<std::size_t>(input_size, 16, table_end)) - 1) {
        clear();
    }

    void clear() { std::fill_n(slots_.begin(), mask_ + 1, 0U); }

    // The pair's code; 0 if it has none, and then add() gives it one.
    unsigned find(unsigned prefix, std::uint8_t next) {
        const std::uint32_t pair = prefix << 8U | next;
        // Fibonacci hashing: the high half of the product is where the bits are mixed.
        for (at_ = (pair * 0x9E3779B1U) >> 16U & mask_; slots_[at_] != 0; at_ = (at_ + 1) & mask_) {
            if (slots_[at_] >> last_width == pair) {
                return slots_[at_] & (table_end - 1);
            }
        }
        missing_ = pair;
        return 0;
    }

    // REQUIRES: the last find() answered 0
    void add(unsigned code) { slots_[at_] = missing_ << last_width | code; }

private:
    std::array<std::uint32_t, 2 * table_end> slots_;  // pair << 12 | code; 0: free
    std::size_t mask_;
    std::size_t at_ = 0;
    std::uint32_t missing_ = 0;
};

}  // namespace

void lzw_compress(BytesView plain, Bytes& out) {
    BitWriter bits(out);
    unsigned width = first_width;
    unsigned last_code = end_code;
    bits.put(clear_code, width);
    if (!plain.empty()) {
        PairTable table(plain.size());
        // Writes a code and counts the one that it defines. False: that one was the last (Go clears
        // one code before the table is full), so everything starts anew.
        const auto emit = [&](unsigned code) {
            bits.put(code, width);
            ++last_code;
            if (last_code == 1U << width) {
                ++width;
            }
            if (last_code < table_end - 1) {
                return true;
            }
            bits.put(clear_code, width);
            width = first_width;
            last_code = end_code;
            table.clear();
            return false;
        };
        unsigned prefix = octet(plain[0]);
        for (const char c : plain.substr(1)) {
            const std::uint8_t next = octet(c);
            if (const unsigned code = table.find(prefix, next); code != 0) {
                prefix = code;
                continue;
            }
            if (emit(prefix)) {
                table.add(last_code);
            }
            prefix = next;
        }
        emit(prefix);
    }
    bits.put(end_code, width);
    bits.flush();
}

namespace {

class BitReader {
public:
    explicit BitReader(BytesView bytes) : bytes_(bytes) {}

    bool get(unsigned width, unsigned& code) {
        while (count_ < width) {
            if (position_ == bytes_.size()) {
                return false;
            }
            bits_ |= static_cast<std::uint32_t>(octet(bytes_[position_++])) << count_;
            count_ += 8;
        }
        code = bits_ & ((1U << width) - 1);
        bits_ >>= width;
        count_ -= width;
        return true;
    }

private:
    BytesView bytes_;
    std::size_t position_ = 0;
    std::uint32_t bits_ = 0;
    unsigned count_ = 0;
};

// A stretch of the plaintext so far. A code's string is always the string of the code before it and
// the byte that came next, so it stands in the plaintext already: an entry need only say where.
struct Stretch {
    std::uint32_t offset;
    std::uint32_t size;  // 0: none
};

class Decoder {
public:
    Decoder(std::size_t limit, Bytes& out) : limit_(limit), base_(out.size()), out_(out) {
        MUSTER_ASSERT(limit <= std::numeric_limits<std::uint32_t>::max());
    }

    // What is wrong with the stream; empty if it was good.
    std::string run(BytesView compressed);

private:
    void clear();
    bool append(unsigned code);

    std::size_t limit_;
    std::size_t base_;
    Bytes& out_;
    unsigned width_ = first_width;
    unsigned next_ = end_code;              // the code that the one in hand defines
    Stretch last_;                          // what the code before stood for
    std::array<Stretch, table_end> table_;  // of which [258, next_) is defined
};

void Decoder::clear() {
    width_ = first_width;
    next_ = end_code;
    last_ = {};
}

// Appends what the code stands for, and counts the code. False: over the limit.
bool Decoder::append(unsigned code) {
    // A code that defines itself: the string before it, and that string's first byte again.
    const bool itself = code == next_ && last_.size != 0;
    const Stretch source = itself ? last_ : code < clear_code ? Stretch{0, 1} : table_[code];
    const std::uint32_t size = source.size + (itself ? 1U : 0U);
    const std::size_t offset = out_.size() - base_;
    if (limit_ - offset < size) {
        return false;
    }
    if (code < clear_code) {
        out_.push_back(static_cast<char>(code));
    } else {
        out_.append(out_, base_ + source.offset, source.size);
    }
    if (itself) {
        out_.push_back(out_[base_ + source.offset]);
    }
    if (last_.size != 0) {
        table_[next_] = {last_.offset, last_.size + 1};
    }
    last_ = {static_cast<std::uint32_t>(offset), size};
    if (++next_ == 1U << width_) {
        if (width_ < last_width) {
            ++width_;
        } else {
            // Full: the encoder is free not to clear, and then nothing more is defined.
            last_ = {};
            --next_;
        }
    }
    return true;
}

std::string Decoder::run(BytesView compressed) {
    BitReader bits(compressed);
    for (;;) {
        unsigned code = 0;
        if (!bits.get(width_, code)) {
            return "LZW: the stream ends without its end code";
        }
        if (code == end_code) {
            return {};
        }
        if (code == clear_code) {
            clear();
        } else if (code > next_) {
            return "LZW: code " + std::to_string(code) + " stands where " + std::to_string(next_) +
                   " is the highest";
        } else if (!append(code)) {
            return "LZW: the plaintext exceeds " + std::to_string(limit_) + " bytes";
        }
    }
}

}  // namespace

Result<std::size_t> lzw_decompress(BytesView compressed, std::size_t limit, Bytes& out) {
    const std::size_t before = out.size();
    std::string trouble = Decoder(limit, out).run(compressed);
    if (!trouble.empty()) {
        out.resize(before);
        return Error{std::move(trouble)};
    }
    return out.size() - before;
}

}  // namespace muster::swim
