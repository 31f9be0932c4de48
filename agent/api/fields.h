// Takes the fields of one record out of a Value, with their types checked. The first thing that is
// wrong is remembered by name; what follows is then empty, and error() says it.
//
// As lenient as the reference (docs/protocol/rpc.md section 2.2): absent and nil fields are zero,
// unknown ones are ignored, integers may have any form. Beside a field of text, JSON clients can
// give its true bytes in base64 (`NodeBase64` for `Node`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/text.h"
#include "agent/api/value.h"
#include "swim/bytes.h"
#include "swim/result.h"

namespace muster::api {

class Fields {
public:
    // `record_name` is what error texts call it. REQUIRES: both outlive this.
    Fields(const Value& record, std::string_view record_name);

    bool has(std::string_view field) const;  // present and not nil
    Bytes text(std::string_view field);
    std::uint64_t natural(std::string_view field);
    std::int64_t integer(std::string_view field);
    double real(std::string_view field);
    bool boolean(std::string_view field);
    std::vector<Bytes> texts(std::string_view field);
    TextMap text_map(std::string_view field);  // of equal keys the last one counts
    std::map<Bytes, std::uint64_t, std::less<>> natural_map(std::string_view field);
    const Value::List& list(std::string_view field);

    bool failed() const { return error_.has_value(); }
    // REQUIRES: failed()
    const Error& error() const { return *error_; }

private:
    const Value* present(std::string_view field) const;
    void expected(std::string_view field, const char* what, const Value& found);
    void add_true_pairs(std::string_view field, TextMap& pairs);

    const Value* record_;
    std::string_view record_name_;
    std::optional<Error> error_;
};

// What was read, or the error of its first wrong field.
template <class Read>
Result<Read> finish(const Fields& fields, Read read) {
    if (fields.failed())
        return fields.error();
    return read;
}

}  // namespace muster::api
