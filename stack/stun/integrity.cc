#include "stack/stun/integrity.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace natsim::stun {
namespace {

constexpr std::size_t attribute_header_size = 4;

// OpenSSL's calls below fail only when memory is exhausted or its library is not whole.
void require(bool done) {
  if (!done) throw std::bad_alloc();
}

// The digest of the parts joined by colons.
template <std::size_t size>
std::array<std::uint8_t, size> digest_of(const EVP_MD* type,
                                         std::initializer_list<std::string_view> parts) {
  Bytes joined;
  for (const std::string_view part : parts) {
    joined.insert(joined.end(), part.begin(), part.end());
    joined.push_back(':');
  }
  joined.pop_back();
  std::array<std::uint8_t, size> digest;
  require(EVP_Digest(joined.data(), joined.size(), digest.data(), nullptr, type, nullptr) == 1);
  OPENSSL_cleanse(joined.data(), joined.size());
  return digest;
}

}  // namespace

void IntegrityKey::ContextDeleter::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

IntegrityKey::IntegrityKey(ByteView key) : key_(key.begin(), key.end()) {}

IntegrityKey IntegrityKey::short_term(std::string_view password) {
  return IntegrityKey(as_bytes(password));
}

IntegrityKey IntegrityKey::long_term(std::string_view username, std::string_view realm,
                                     std::string_view password, PasswordAlgorithm algorithm) {
  if (algorithm == PasswordAlgorithm::sha256) {
    return IntegrityKey(digest_of<32>(EVP_sha256(), {username, realm, password}));
  }
  return IntegrityKey(digest_of<16>(EVP_md5(), {username, realm, password}));
}

IntegrityKey::IntegrityKey(IntegrityKey&&) noexcept = default;
IntegrityKey& IntegrityKey::operator=(IntegrityKey&& other) noexcept {
  // Swapped, so that the other's destructor wipes the old key.
  std::swap(key_, other.key_);
  std::swap(sha1_, other.sha1_);
  std::swap(sha256_, other.sha256_);
  return *this;
}
IntegrityKey::~IntegrityKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

void IntegrityKey::run(Context& context, const char* digest, std::span<const ByteView> pieces,
                       std::span<std::uint8_t> out) {
  if (!context) {
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    context.reset(EVP_MAC_CTX_new(mac));
    EVP_MAC_free(mac);
    require(context != nullptr);
    // OpenSSL takes a null key for "the same key again", so an empty key needs an address.
    static constexpr std::uint8_t no_byte = 0;
    std::array params{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
        OSSL_PARAM_construct_end()};
    require(EVP_MAC_init(context.get(), key_.empty() ? &no_byte : key_.data(), key_.size(),
                         params.data()) == 1);
  } else {
    require(EVP_MAC_init(context.get(), nullptr, 0, nullptr) == 1);
  }
  for (const ByteView piece : pieces) {
    require(EVP_MAC_update(context.get(), piece.data(), piece.size()) == 1);
  }
  std::size_t size = 0;
  require(EVP_MAC_final(context.get(), out.data(), &size, out.size()) == 1);
}

void IntegrityKey::message_mac(Context& context, const char* digest, ByteView before,
                               std::size_t value_length, std::span<std::uint8_t> out) {
  std::array<std::uint8_t, 4> front;
  std::copy_n(before.data(), front.size(), front.data());
  const std::size_t end = before.size() + attribute_header_size + value_length;
  store_be16(front.data() + 2, static_cast<std::uint16_t>(end - header_size));
  run(context, digest, std::array{ByteView(front), before.subspan(front.size())}, out);
}

HmacSha1 IntegrityKey::message_integrity(ByteView before) {
  HmacSha1 mac;
  message_mac(sha1_, "SHA1", before, mac.size(), mac);
  return mac;
}

HmacSha256 IntegrityKey::message_integrity_sha256(ByteView before, std::size_t value_length) {
  HmacSha256 mac;
  message_mac(sha256_, "SHA256", before, value_length, mac);
  return mac;
}

HmacSha1 IntegrityKey::hmac_sha1(ByteView bytes) {
  HmacSha1 mac;
  run(sha1_, "SHA1", std::array{bytes}, mac);
  return mac;
}

HmacSha256 IntegrityKey::hmac_sha256(ByteView bytes) {
  HmacSha256 mac;
  run(sha256_, "SHA256", std::array{bytes}, mac);
  return mac;
}

bool IntegrityKey::verify_message_integrity(const MessageView& message) {
  const auto value = message.find(AttributeType::message_integrity);
  if (!value) return false;
  return equal_in_constant_time(
      *value, message_integrity(message.bytes().first(message.message_integrity_offset())));
}

bool IntegrityKey::verify_message_integrity_sha256(const MessageView& message) {
  const auto value = message.find(AttributeType::message_integrity_sha256);
  if (!value) return false;
  const ByteView before = message.bytes().first(message.message_integrity_sha256_offset());
  const HmacSha256 mac = message_integrity_sha256(before, value->size());
  return equal_in_constant_time(*value, ByteView(mac).first(value->size()));
}

bool IntegrityKey::verify(const MessageView& message) {
  if (message.has(AttributeType::message_integrity_sha256)) {
    return verify_message_integrity_sha256(message);
  }
  return verify_message_integrity(message);
}

UserHash user_hash(std::string_view username, std::string_view realm) {
  return digest_of<32>(EVP_sha256(), {username, realm});
}

bool equal_in_constant_time(ByteView a, ByteView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace natsim::stun
