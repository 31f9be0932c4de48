#include "swim/keyring.h"

#include <algorithm>
#include <cstring>

namespace muster::swim {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t group_text = 4;  // characters that hold
constexpr std::size_t group_bytes = 3;
constexpr std::size_t largest_text = (max_key_size + group_bytes - 1) / group_bytes * group_text;

Error not_base64() {
    return Error{"expected a key of 16, 24 or 32 bytes in base64, with its padding"};
}

// The JSON array, from its first byte to its last. Every text that it hands out is without escapes.
class ArrayReader {
public:
    explicit ArrayReader(std::string_view text) : left_(text) {}

    bool take(char c) {
        skip_space();
        if (left_.empty() || left_.front() != c) {
            return false;
        }
        left_.remove_prefix(1);
        return true;
    }

    // A string of at most a key's length; its text goes to `out`. False: there is none.
    bool take_string(Bytes& out) {
        out.clear();
        if (!take('"')) {
            return false;
        }
        while (!left_.empty() && out.size() <= largest_text) {
            char c = left_.front();
            left_.remove_prefix(1);
            if (c == '"') {
                return true;
            }
            if (c == '\\') {
                // The one escape that a JSON writer may make of a base64 character.
                if (left_.empty() || left_.front() != '/') {
                    return false;
                }
                c = '/';
                left_.remove_prefix(1);
            }
            out.push_back(c);
        }
        return false;
    }

    bool at_end() {
        skip_space();
        return left_.empty();
    }

private:
    void skip_space() {
        left_.remove_prefix(std::min(left_.find_first_not_of(" \t\r\n"), left_.size()));
    }

    std::string_view left_;
};

}  // namespace

void wipe(std::span<char> memory) {
    explicit_bzero(memory.data(), memory.size());
}

void wipe(Bytes& bytes) {
    bytes.resize(bytes.capacity());
    wipe(std::span(bytes.data(), bytes.size()));
    bytes.clear();
}

Key::Key(BytesView raw) : size_(raw.size()) {
    std::copy(raw.begin(), raw.end(), bytes_.begin());
}

Result<Key> Key::from_bytes(BytesView raw) {
    if (raw.size() != 16 && raw.size() != 24 && raw.size() != 32) {
        return Error{"key size must be 16, 24 or 32 bytes"};
    }
    return Key(raw);
}

Result<Key> Key::from_base64(std::string_view text) {
    if (text.size() % group_text != 0 || text.size() > largest_text || text.empty()) {
        return not_base64();
    }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::array<char, largest_text / group_text * group_bytes> bytes{};
    std::size_t size = 0;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::size_t value = alphabet.find(text[i]);
        const bool pads = i >= text.size() - padding;
        if (value == std::string_view::npos && !pads) {
            wipe(std::span(bytes));
            return not_base64();
        }
        bits = bits << 6U | (pads ? 0U : static_cast<std::uint32_t>(value));
        if (i % group_text == group_text - 1) {
            for (unsigned shift = 24; shift != 0; shift -= 8) {
                bytes[size++] = static_cast<char>(bits >> (shift - 8));
            }
            bits = 0;
        }
    }
    Result<Key> key = from_bytes(BytesView(bytes.data(), size - padding));
    wipe(std::span(bytes));
    return key;
}

std::string Key::base64() const {
    std::string text;
    text.reserve(largest_text);
    for (std::size_t i = 0; i < size_; i += group_bytes) {
        const std::size_t held = std::min(group_bytes, size_ - i);
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < group_bytes; ++j) {
            bits = bits << 8U | (j < held ? octet(bytes_[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < group_text; ++j) {
            text.push_back(j <= held ? alphabet[bits >> (18U - 6U * j) & 63U] : '=');
        }
    }
    return text;
}

std::vector<std::string> Keyring::base64() const {
    std::vector<std::string> texts;
    texts.reserve(keys_.size());
    for (const Key& key : keys_) {
        texts.push_back(key.base64());
    }
    return texts;
}

std::optional<Error> Keyring::install(const Key& key) {
    if (std::find(keys_.begin(), keys_.end(), key) != keys_.end()) {
        return std::nullopt;
    }
    if (keys_.size() == max_keys) {
        return Error{"the keyring is full: it holds " + std::to_string(max_keys) +
                     " keys (remove those that are no longer used)"};
    }
    keys_.push_back(key);
    return std::nullopt;
}

std::optional<Error> Keyring::use(const Key& key) {
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    if (found == keys_.end()) {
        return Error{"Requested key is not in the keyring"};
    }
    std::rotate(keys_.begin(), found, found + 1);
    return std::nullopt;
}

std::optional<Error> Keyring::remove(const Key& key) {
    const auto found = std::find(keys_.begin(), keys_.end(), key);
    if (found == keys_.end()) {
        return std::nullopt;
    }
    if (found == keys_.begin()) {
        return Error{"Removing the primary key is not allowed"};
    }
    keys_.erase(found);
    return std::nullopt;
}

Result<Keyring> read_keyring(std::string_view text) {
    if (text.size() > max_keyring_text) {
        return Error{"the keyring: expected at most " + std::to_string(max_keyring_text) +
                     " bytes, found more"};
    }
    Keyring ring;
    ArrayReader in(text);
    Bytes item;
    item.reserve(largest_text + 1);
    const auto refuse = [&item](std::string why) {
        wipe(item);
        return Error{"the keyring: " + std::move(why)};
    };
    if (!in.take('[')) {
        return refuse("expected a JSON array of base64 strings");
    }
    for (std::size_t number = 1; !in.take(']'); ++number) {
        const std::string which = "key " + std::to_string(number) + ": ";
        if (number > 1 && !in.take(',')) {
            return refuse(which + "expected a comma before it, or the array's end");
        }
        if (!in.take_string(item)) {
            return refuse(which + "expected a base64 string between quotes");
        }
        const Result<Key> key = Key::from_base64(item);
        if (!key) {
            return refuse(which + key.error().text);
        }
        if (const std::optional<Error> error = ring.install(*key)) {
            return refuse(which + error->text);
        }
    }
    wipe(item);
    if (!in.at_end()) {
        return refuse("expected nothing after the array");
    }
    if (ring.empty()) {
        return refuse("expected at least one key, found none");
    }
    return ring;
}

std::string write_keyring(const Keyring& ring) {
    std::string text;
    // Without a reallocation, which would leave keys behind.
    text.reserve(max_keyring_text);
    text += '[';
    const char* separator = "\n  \"";
    for (const Key& key : ring.keys()) {
        std::string item = key.base64();
        text += separator;
        text += item;
        text += '"';
        wipe(item);
        separator = ",\n  \"";
    }
    text += ring.empty() ? "]" : "\n]";
    return text;
}

}  // namespace muster::swim
