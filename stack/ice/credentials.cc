#include "stack/ice/credentials.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace natsim::ice {
namespace {

std::string draw_ice_chars(Random& random, std::size_t count) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text(count, ' ');
  for (char& c : text) c = alphabet[random.below(alphabet.size())];
  return text;
}

bool is_ice_text(std::string_view text, std::size_t min, std::size_t max) {
  return text.size() >= min && text.size() <= max &&
         std::all_of(text.begin(), text.end(), is_ice_char);
}

}  // namespace

Credentials Credentials::draw(Random& random) {
  Credentials drawn;
  drawn.ufrag = draw_ice_chars(random, 8);
  drawn.password = draw_ice_chars(random, 24);
  return drawn;
}

bool Credentials::is_valid() const {
  return is_ice_text(ufrag, 4, 256) && is_ice_text(password, 22, 256);
}

}  // namespace natsim::ice
