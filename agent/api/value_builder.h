// Grows a Value from a parser's events, within limits. Shared by the two parsers; no parser itself.
// Each member function answers false when a limit is passed; the parser then stops.
#pragma once

#include <utility>
#include <vector>

#include "agent/api/value.h"

namespace muster::api {

class ValueBuilder {
public:
    explicit ValueBuilder(const ValueLimits& limits) : limits_(limits) {}

    bool begin_map() { return open(Value(Value::Map())); }
    bool begin_list() { return open(Value(Value::List())); }
    // REQUIRES: inside a container.
    bool end() {
        open_.pop_back();
        return true;
    }
    // The next field's key. REQUIRES: inside a map.
    void key(BytesView text) { open_.back()->map()->push_back({Bytes(text), Value()}); }
    bool put(Value value) { return place(std::move(value)) != nullptr; }

    bool exceeded() const { return exceeded_; }
    Value take() { return std::move(root_); }

private:
    // Where the value now stands. Stable while it is open: its parent does not grow meanwhile.
    Value* place(Value value) {
        if (++count_ > limits_.values) {
            exceeded_ = true;
            return nullptr;
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        if (Value::List* list = open_.back()->list()) {
            list->push_back(std::move(value));
            return &list->back();
        }
        Value& slot = open_.back()->map()->back().value;
        slot = std::move(value);
        return &slot;
    }

    bool open(Value container) {
        if (open_.size() >= limits_.depth) {
            exceeded_ = true;
            return false;
        }
        Value* placed = place(std::move(container));
        if (placed != nullptr)
            open_.push_back(placed);
        return placed != nullptr;
    }

    ValueLimits limits_;
    Value root_;
    std::vector<Value*> open_;
    std::size_t count_ = 0;
    bool exceeded_ = false;
};

}  // namespace muster::api
