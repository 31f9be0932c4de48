// When what is to be remembered is written: at once after a rest, then at most twice a second, one
// write at a time, and after a failure at a falling rate.
//
//     wanted  ->  due, at least `spacing` after the last one began  ->  under way  ->  ended
//
// Pure. What is written is whoever asks' business; how, agent/store/'s.
#pragma once

#include "swim/time.h"

namespace muster {

class WritePace {
public:
    // There is something to write.
    void wanted(TimePoint now);
    // When it is to be written.
    TimePoint due() const { return due_; }
    // It is being written.
    void began(TimePoint now);
    void stored(TimePoint now);
    void failed(TimePoint now);

    // The next write must be of everything: the last one failed, so nothing is known of the file.
    bool whole() const { return whole_; }
    bool under_way() const { return under_way_; }

private:
    void schedule(TimePoint now, Duration after);

    TimePoint due_ = never;
    TimePoint began_ = TimePoint::min();
    bool wanted_ = false;
    bool under_way_ = false;
    bool whole_ = false;
    Duration backoff_{};
};

}  // namespace muster
