// A DNS server that knows addresses by heart, and synthesizes those of DNS64 (RFC 6147).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stack/base/address.h"
#include "stack/dns/message.h"

namespace natsim::dns {

struct ServerOptions {
  std::map<std::string, std::vector<IpAddress>> hosts;  // by normal_name()
  std::uint32_t ttl = 300;                              // seconds
  std::optional<Prefix> dns64;                          // set: can_embed_ipv4 is true of it
};

// Contract:
// 1. A name that it knows has the addresses that it was given, in their order; of a type of which
//    there is none the answer is empty. Any other name is a Name Error.
// 2. With `dns64`, a name with IPv4 addresses alone has them as IPv6 addresses in the prefix too
//    (RFC 6147 §5.1.7), and "ipv4only.arpa" has its well-known addresses (RFC 7050 §8.2).
// 3. What is no query is answered by nothing.
class Server {
 public:
  explicit Server(ServerOptions options);

  // The answer to a query; nullopt if there is none.
  [[nodiscard]] std::optional<Bytes> answer(ByteView datagram) const;
  [[nodiscard]] const ServerOptions& options() const { return options_; }

 private:
  ServerOptions options_;
};

inline constexpr std::string_view ipv4_only_name = "ipv4only.arpa";

// The prefix that a DNS64's AAAA records of ipv4only.arpa tell of (RFC 7050 §3); nullopt if they
// hold neither of its well-known IPv4 addresses.
std::optional<Prefix> discover_prefix(const std::vector<Answer>& answers);

}  // namespace natsim::dns
