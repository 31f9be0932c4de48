#include "agent/cluster/mark.h"

namespace muster::cluster {
namespace {

constexpr char drained_end = 'd';

// The mark of a candidate ends with its priority, in decimal: nothing of it is taken for the end.
bool ends_a_mark(BytesView text) {
    if (text == plain_mark) {
        return true;
    }
    const std::size_t digits = text.find_last_not_of("0123456789");
    return digits != BytesView::npos && text[digits] == 'p' && digits + 1 < text.size();
}

}  // namespace

Bytes mark_text(BytesView mark, bool drained) {
    Bytes text(mark);
    if (drained) {
        text.push_back(drained_end);
    }
    return text;
}

Result<Bytes> encode_own(const Tags& tags, BytesView mark, bool drained) {
    Tags all = tags;
    all.insert_or_assign(Bytes(mark_tag), mark_text(mark, /*drained=*/true));
    Result<Bytes> longest = encode_tags(all);
    if (!longest || drained) {
        return longest;
    }
    all.insert_or_assign(Bytes(mark_tag), Bytes(mark));
    return encode_tags(all);
}

bool is_marked(const Tags& tags) {
    const auto mark = tags.find(mark_tag);
    return mark != tags.end() && !mark->second.empty();
}

bool is_drained(const Tags& tags) {
    const auto mark = tags.find(mark_tag);
    if (mark == tags.end() || mark->second.empty() || mark->second.front() != plain_mark.front()) {
        return false;
    }
    BytesView text = mark->second;
    if (text.back() != drained_end) {
        return false;
    }
    text.remove_suffix(1);
    return ends_a_mark(text);
}

}  // namespace muster::cluster
