#include "stack/sdp/token.h"

#include <algorithm>

namespace natsim::sdp {
namespace {

constexpr std::string_view separators = "\"(),/:;<=>?@[\\]";

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && separators.find(c) == separators.npos;
  });
}

}  // namespace natsim::sdp
