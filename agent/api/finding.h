// One thing that an agent finds wrong with itself or around it: what `muster doctor` shows, in
// words. A value.
#pragma once

#include <string>

namespace muster::api {

struct Finding {
    std::string finding;   // what is wrong
    std::string evidence;  // by what it is seen
    std::string remedy;    // what a person can do about it
};

}  // namespace muster::api
