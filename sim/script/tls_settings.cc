#include "sim/script/tls_settings.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "sim/script/options.h"
#include "sim/script/run.h"

namespace natsim::script {
namespace {

using agents::TlsClientUse;
using agents::TlsServerUse;

struct TlsServerKeys {
  std::vector<std::string> names;
  bool trusted = true;
  std::vector<std::string> alpn;
  tls::Version oldest = tls::Version::tls_1_2;
  tls::Version newest = tls::Version::tls_1_3;
};

constexpr std::array<Choice<tls::Version>, 2> tls_versions = {
    {{"1.2", tls::Version::tls_1_2}, {"1.3", tls::Version::tls_1_3}}};

// Of a host, or the text of an address.
std::string read_tls_name(const Value& value) {
  constexpr std::size_t longest = 253;  // RFC 1035 §2.3.4
  std::string name = value.text();
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (name.empty() || name.size() > longest || !plain) {
    value.refuse("a host's name such as \"turn.example\", or an IP address");
  }
  return name;
}

template <typename Read>
std::vector<std::string> read_texts(const Value& value, Read read) {
  value.require_table();
  std::vector<std::string> texts;
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    texts.push_back(read(value.element(i)));
  }
  return texts;
}

std::string read_alpn(const Value& value) {
  std::string name = value.text();
  if (name.empty() || name.size() > 255) value.refuse("a text of 1 to 255 bytes");
  return name;
}

template <typename T>
constexpr Key<T> tls_alpn_key = {
    "alpn", [](const Value& value, T& into) { into.alpn = read_texts(value, read_alpn); }};
template <typename T>
constexpr Key<T> tls_oldest_key = {"oldest_version", [](const Value& value, T& into) {
                                     into.oldest = value.one_of(tls_versions);
                                   }};
template <typename T>
constexpr Key<T> tls_newest_key = {"newest_version", [](const Value& value, T& into) {
                                     into.newest = value.one_of(tls_versions);
                                   }};

constexpr std::array<Key<TlsServerKeys>, 5> tls_server_keys = {{
    {"names",
     [](const Value& value, TlsServerKeys& keys) {
       keys.names = read_texts(value, read_tls_name);
       if (keys.names.empty()) value.refuse("at least one name");
     }},
    {"trusted", [](const Value& value, TlsServerKeys& keys) { keys.trusted = value.boolean(); }},
    tls_alpn_key<TlsServerKeys>,
    tls_oldest_key<TlsServerKeys>,
    tls_newest_key<TlsServerKeys>,
}};

constexpr std::array<Key<tls::ClientOptions>, 5> tls_client_keys = {{
    {"name", [](const Value& value,
                tls::ClientOptions& options) { options.server_name = read_tls_name(value); }},
    {"verify",
     [](const Value& value, tls::ClientOptions& options) { options.verify = value.boolean(); }},
    tls_alpn_key<tls::ClientOptions>,
    tls_oldest_key<tls::ClientOptions>,
    tls_newest_key<tls::ClientOptions>,
}};

template <typename T>
void check_versions(const Value& value, const T& options) {
  if (options.oldest > options.newest) {
    value.complain("oldest_version is at most newest_version");
  }
}

}  // namespace

std::optional<TlsServerUse> read_tls_server(const Value& value, const net::Host& host) {
  TlsServerKeys keys;
  if (!value.is_table()) {
    if (!value.boolean()) return std::nullopt;
  } else {
    read_options(value, tls_server_keys, keys);
    check_versions(value, keys);
  }
  if (keys.names.empty()) {
    keys.names.emplace_back(host.label());
    for (const auto& interface : host.interfaces()) {
      for (const IpAddress& address : interface->addresses()) {
        keys.names.push_back(to_string(address));
      }
    }
  }
  agents::TlsAuthority& authority = Run::of(value.lua()).tls();
  return TlsServerUse{.authority = &authority,
                      .options = {.certificate = authority.issue(keys.names, keys.trusted),
                                  .alpn = std::move(keys.alpn),
                                  .oldest = keys.oldest,
                                  .newest = keys.newest,
                                  .log_keys = true}};
}

TlsClientUse default_tls_client(const Value& value, std::string server_name) {
  return {.authority = &Run::of(value.lua()).tls(),
          .options = {.server_name = std::move(server_name), .log_keys = true}};
}

void read_tls_client(const Value& value, std::string server_name,
                     std::optional<TlsClientUse>& use) {
  if (!value.is_table() && !value.boolean()) return use.reset();
  if (!use) use = default_tls_client(value, std::move(server_name));
  if (!value.is_table()) return;
  read_options(value, tls_client_keys, use->options);
  check_versions(value, use->options);
}

}  // namespace natsim::script
