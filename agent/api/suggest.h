// "did you mean": the word that somebody probably wanted to write. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace muster::api {

// How many letters must be changed, added, dropped or swapped with their neighbour to make one word
// of the other (Damerau and Levenshtein, each pair swapped at most once).
std::size_t distance(std::string_view a, std::string_view b);

// The nearest of `words`; empty if none is near enough to be meant.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

}  // namespace muster::api
