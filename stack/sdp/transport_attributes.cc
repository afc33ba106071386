#include "stack/sdp/transport_attributes.h"

#include <array>
#include <utility>

#include "stack/base/words.h"
#include "stack/sdp/token.h"

namespace natsim::sdp {
namespace {

constexpr std::array<std::pair<Setup, std::string_view>, 4> setups = {{
    {Setup::active, "active"},
    {Setup::passive, "passive"},
    {Setup::actpass, "actpass"},
    {Setup::holdconn, "holdconn"},
}};

// Digests in bytes (RFC 8122 §5).
constexpr std::array<std::pair<std::string_view, std::size_t>, 7> hashes = {{
    {"sha-1", 20},
    {"sha-224", 28},
    {"sha-256", 32},
    {"sha-384", 48},
    {"sha-512", 64},
    {"md5", 16},
    {"md2", 16},
}};

std::optional<std::uint8_t> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<std::uint8_t>(lower - 'a' + 10);
  return std::nullopt;
}

}  // namespace

std::optional<Group> parse_group(std::string_view value) {
  Words words(value);
  Group group{.semantics = std::string(words.next())};
  if (group.semantics.empty()) return std::nullopt;
  for (auto mid = words.next(); !mid.empty(); mid = words.next()) group.mids.emplace_back(mid);
  return group;
}

std::string to_string(const Group& group) {
  std::string text = group.semantics;
  for (const std::string& mid : group.mids) text += ' ' + mid;
  return text;
}

bool is_mid(std::string_view value) { return is_token(value) && value.size() <= 16; }

std::optional<Setup> parse_setup(std::string_view value) {
  for (const auto& [setup, text] : setups) {
    if (text == value) return setup;
  }
  return std::nullopt;
}

std::string_view to_string(Setup setup) { return setups[static_cast<std::size_t>(setup)].second; }

std::optional<Setup> answer_to(Setup offered) {
  switch (offered) {
    case Setup::actpass:
    case Setup::passive:
      return Setup::active;
    case Setup::active:
      return Setup::passive;
    case Setup::holdconn:
      break;
  }
  return std::nullopt;
}

std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  Words words(value);
  Fingerprint fingerprint{.hash = std::string(words.next())};
  for (char& c : fingerprint.hash) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
  const std::string_view digest = words.next();
  if (fingerprint.hash.empty() || !words.rest().empty()) return std::nullopt;
  // Two digits and a colon each, but for the last one.
  if (digest.size() % 3 != 2) return std::nullopt;
  for (std::size_t at = 0; at < digest.size(); at += 3) {
    const auto high = hex_digit(digest[at]);
    const auto low = hex_digit(digest[at + 1]);
    if (!high || !low) return std::nullopt;
    if (at + 2 < digest.size() && digest[at + 2] != ':') return std::nullopt;
    fingerprint.digest.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  for (const auto& [name, size] : hashes) {
    if (name == fingerprint.hash && size != fingerprint.digest.size()) return std::nullopt;
  }
  return fingerprint;
}

std::string to_string(const Fingerprint& fingerprint) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text = fingerprint.hash;
  text.reserve(text.size() + 3 * fingerprint.digest.size());
  char before = ' ';
  for (const std::uint8_t byte : fingerprint.digest) {
    text += before;
    text += digits[byte >> 4];
    text += digits[byte & 15];
    before = ':';
  }
  return text;
}

std::vector<std::string> parse_ice_options(std::string_view value) {
  Words words(value);
  std::vector<std::string> options;
  for (auto each = words.next(); !each.empty(); each = words.next()) options.emplace_back(each);
  return options;
}

}  // namespace natsim::sdp
