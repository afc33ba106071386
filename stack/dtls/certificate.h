// A self-signed certificate with its key, as peers that know each other by fingerprint use it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/sdp/transport_attributes.h"

struct ssl_st;  // OpenSSL's connection

namespace natsim::dtls {

enum class KeyType : std::uint8_t { ecdsa_p256, rsa_2048 };

// Contract:
// 1. The same random stream gives the same certificate. It is valid from 2000 to 2050, whatever the
//    clock says.
// 2. It is cheap to copy and may be used by any number of sessions; what they need of OpenSSL alike
//    is prepared once with it. One of an RSA key belongs to one world: OpenSSL keeps with the key
//    how it blinds the next signature, for which the session that signs draws.
// 3. To make one costs a key and a signature; with RSA this is a search for primes of some 100 ms.
class Certificate {
 public:
  // `names` are whom it is for (RFC 5280 §4.2.1.6), names of hosts and IP addresses; peers that
  // know it by fingerprint need none.
  static Certificate generate(const Random& random, KeyType type = KeyType::ecdsa_p256,
                              std::span<const std::string> names = {});

  [[nodiscard]] ByteView der() const;
  // By "sha-256", "sha-384" or "sha-512"; nullopt for any other hash.
  [[nodiscard]] std::optional<sdp::Fingerprint> fingerprint(std::string_view hash) const;
  // Lets a connection of OpenSSL, of DTLS or TLS, present it and sign with its key.
  void present_by(ssl_st& connection) const;

 private:
  friend class Session;
  struct Prepared;
  explicit Certificate(std::shared_ptr<const Prepared> prepared) : prepared_(std::move(prepared)) {}

  std::shared_ptr<const Prepared> prepared_;
};

// Of any certificate (RFC 8122 §5).
std::optional<sdp::Fingerprint> fingerprint_of(ByteView der, std::string_view hash);

}  // namespace natsim::dtls
