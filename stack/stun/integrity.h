// Message integrity: keyed MAC contexts, password keys and user hashes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "stack/stun/message.h"

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace natsim::stun {

using HmacSha1 = std::array<std::uint8_t, 20>;
using HmacSha256 = std::array<std::uint8_t, 32>;

// One key for MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256. It keeps its MAC contexts, because
// keying a context costs some five times as much as one message; make one key for each password
// and keep it. Movable, not copyable; its functions are not const since they run the contexts, and
// may not be called from two threads at once.
class IntegrityKey {
 public:
  explicit IntegrityKey(ByteView key);
  // Short-term: the password itself (RFC 8489 §9.1.1). The caller has done OpaqueString.
  static IntegrityKey short_term(std::string_view password);
  // Long-term: MD5 or SHA-256 of "username:realm:password" (RFC 8489 §9.2.2, §18.5).
  static IntegrityKey long_term(std::string_view username, std::string_view realm,
                                std::string_view password,
                                PasswordAlgorithm algorithm = PasswordAlgorithm::md5);

  IntegrityKey(IntegrityKey&&) noexcept;
  IntegrityKey& operator=(IntegrityKey&&) noexcept;
  ~IntegrityKey();

  // True when the message has MESSAGE-INTEGRITY and its value is right.
  bool verify_message_integrity(const MessageView& message);
  // True when the message has MESSAGE-INTEGRITY-SHA256 and its (perhaps truncated) value is right.
  bool verify_message_integrity_sha256(const MessageView& message);
  // Verifies MESSAGE-INTEGRITY-SHA256 when present, else MESSAGE-INTEGRITY; false without either.
  bool verify(const MessageView& message);

  // The value for a message whose bytes before the attribute are `before`, as if its length field
  // ended with the attribute of `value_length` bytes (RFC 8489 §14.5-14.6).
  HmacSha1 message_integrity(ByteView before);
  HmacSha256 message_integrity_sha256(ByteView before, std::size_t value_length);

  // Plain MACs under this key.
  HmacSha1 hmac_sha1(ByteView bytes);
  HmacSha256 hmac_sha256(ByteView bytes);

 private:
  struct ContextDeleter {
    void operator()(evp_mac_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_mac_ctx_st, ContextDeleter>;

  void run(Context& context, const char* digest, std::span<const ByteView> pieces,
           std::span<std::uint8_t> out);
  void message_mac(Context& context, const char* digest, ByteView before, std::size_t value_length,
                   std::span<std::uint8_t> out);

  Bytes key_;       // kept to key the second context when it is first needed; wiped at the end
  Context sha1_;    // keyed HMAC-SHA1, made when first needed
  Context sha256_;  // keyed HMAC-SHA256, made when first needed
};

// USERHASH: SHA-256 of "username:realm" (RFC 8489 §14.4). The caller has done OpaqueString.
UserHash user_hash(std::string_view username, std::string_view realm);

// Equality in a time that depends on the lengths alone.
bool equal_in_constant_time(ByteView a, ByteView b);

}  // namespace natsim::stun
