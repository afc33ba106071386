// Finding what a misspelt name was meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace natsim::script {

// The name with the least edit distance (insertions, deletions, replacements and swaps of
// neighbours) to `given`, the first of equals; empty if none is near: more than a third of the
// longer name's letters, and at least one, would have to change.
std::string_view nearest(std::string_view given, std::span<const std::string_view> names);

// What to say about a name that is none of `names`: "; did you mean 'loss'?", or when none is near
// "; expected one of 'a', 'b', 'c'", or nothing if there are no names.
std::string suggestion(std::string_view given, std::span<const std::string_view> names);

}  // namespace natsim::script
