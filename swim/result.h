// A value, or the reason why there is none. Spelled like std::expected, which g++ 12 does not have
// in C++20.
//
// For input from outside: a peer's bytes, a person's text. A mistake of our own is an assert
// instead, and a failure of the machine an std::error_code in the code that does.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace muster {

// What was wrong, in words that a person can act on: what happened and to what.
struct Error {
    std::string text;
};

template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    // REQUIRES: has_value()
    T& operator*() & { return std::get<0>(state_); }
    const T& operator*() const& { return std::get<0>(state_); }
    T&& operator*() && { return std::get<0>(std::move(state_)); }
    T* operator->() { return &std::get<0>(state_); }
    const T* operator->() const { return &std::get<0>(state_); }

    // REQUIRES: !has_value()
    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

}  // namespace muster
