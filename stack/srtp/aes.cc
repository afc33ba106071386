#include "stack/srtp/aes.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <srtp2/cipher.h>

#include <openssl/evp.h>

namespace natsim::srtp {

namespace {

constexpr std::size_t block = 16;
constexpr std::size_t icm_salt = 14;
constexpr std::size_t gcm_salt = 12;
constexpr int longest_tag = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

// One cipher with one key.
struct Aes {
  srtp_cipher_t face{};  // what libsrtp2 knows of it
  std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context{EVP_CIPHER_CTX_new()};
  const EVP_CIPHER* algorithm = nullptr;
  std::size_t key_length = 0;                // without the salt
  int tag_length = 0;                        // of GCM
  std::array<std::uint8_t, block> offset{};  // of counter mode: the salt, and room for the counter
};

Aes& of(void* state) { return *static_cast<Aes*>(state); }

srtp_err_status_t status_of(bool done, srtp_err_status_t otherwise) {
  return done ? srtp_err_status_ok : otherwise;
}

srtp_err_status_t release(srtp_cipher_pointer_t cipher) {
  delete &of(cipher->state);
  return srtp_err_status_ok;
}

bool set_key(Aes& aes, const std::uint8_t* key) {
  return EVP_CipherInit_ex(aes.context.get(), aes.algorithm, nullptr, key, nullptr, 1) == 1;
}

// In place; both modes encrypt and decrypt as many bytes as they are given.
bool work(Aes& aes, std::uint8_t* bytes, unsigned int length) {
  int done = 0;
  return EVP_CipherUpdate(aes.context.get(), bytes, &done, bytes, static_cast<int>(length)) == 1;
}

bool finish(Aes& aes) {
  std::array<std::uint8_t, block> nothing;
  int done = 0;
  return EVP_CipherFinal_ex(aes.context.get(), nothing.data(), &done) == 1;
}

// Counter mode (RFC 3711 §4.1.1): the counter begins with the salt and the packet's index.
struct Icm {
  static srtp_err_status_t init(void* state, const std::uint8_t* key) {
    Aes& aes = of(state);
    std::copy_n(key + aes.key_length, icm_salt, aes.offset.begin());
    return status_of(set_key(aes, key), srtp_err_status_init_fail);
  }
  static srtp_err_status_t set_iv(void* state, std::uint8_t* iv, srtp_cipher_direction_t) {
    Aes& aes = of(state);
    std::array<std::uint8_t, block> counter;
    for (std::size_t i = 0; i < block; ++i) {
      counter[i] = static_cast<std::uint8_t>(aes.offset[i] ^ iv[i]);
    }
    const int done =
        EVP_CipherInit_ex(aes.context.get(), nullptr, nullptr, nullptr, counter.data(), 1);
    return status_of(done == 1, srtp_err_status_cipher_fail);
  }
  static srtp_err_status_t crypt(void* state, std::uint8_t* bytes, unsigned int* length) {
    return status_of(work(of(state), bytes, *length), srtp_err_status_cipher_fail);
  }
};

// Galois counter mode (RFC 7714): the tag is behind what is encrypted.
struct Gcm {
  static srtp_err_status_t init(void* state, const std::uint8_t* key) {
    return status_of(set_key(of(state), key), srtp_err_status_init_fail);
  }
  static srtp_err_status_t set_iv(void* state, std::uint8_t* iv,
                                  srtp_cipher_direction_t direction) {
    const int done = EVP_CipherInit_ex(of(state).context.get(), nullptr, nullptr, nullptr, iv,
                                       direction == srtp_direction_encrypt ? 1 : 0);
    return status_of(done == 1, srtp_err_status_algo_fail);
  }
  // May be called again for more of it.
  static srtp_err_status_t set_aad(void* state, const std::uint8_t* data, std::uint32_t length) {
    if (length == 0) return srtp_err_status_ok;
    int done = 0;
    const int result =
        EVP_CipherUpdate(of(state).context.get(), nullptr, &done, data, static_cast<int>(length));
    return status_of(result == 1, srtp_err_status_algo_fail);
  }
  static srtp_err_status_t encrypt(void* state, std::uint8_t* bytes, unsigned int* length) {
    return status_of(work(of(state), bytes, *length), srtp_err_status_cipher_fail);
  }
  static srtp_err_status_t get_tag(void* state, std::uint8_t* tag, std::uint32_t* length) {
    Aes& aes = of(state);
    *length = static_cast<std::uint32_t>(aes.tag_length);
    const bool done = finish(aes) && EVP_CIPHER_CTX_ctrl(aes.context.get(), EVP_CTRL_AEAD_GET_TAG,
                                                         aes.tag_length, tag) == 1;
    return status_of(done, srtp_err_status_algo_fail);
  }
  static srtp_err_status_t decrypt(void* state, std::uint8_t* bytes, unsigned int* length) {
    Aes& aes = of(state);
    const auto tag = static_cast<unsigned int>(aes.tag_length);
    if (*length < tag) return srtp_err_status_bad_param;
    *length -= tag;
    const bool worked =
        work(aes, bytes, *length) && EVP_CIPHER_CTX_ctrl(aes.context.get(), EVP_CTRL_AEAD_SET_TAG,
                                                         aes.tag_length, bytes + *length) == 1;
    if (!worked) return srtp_err_status_cipher_fail;
    return status_of(finish(aes), srtp_err_status_auth_fail);
  }
};

// What libsrtp2 knows each by, with a known answer. Its own test cases are tried beside.
template <srtp_cipher_type_id_t id>
struct Type {
  static constexpr bool gcm = id == SRTP_AES_GCM_128 || id == SRTP_AES_GCM_256;
  static constexpr bool is_long = id == SRTP_AES_ICM_256 || id == SRTP_AES_GCM_256;
  static constexpr std::size_t key_length = is_long ? 32 : 16;
  static constexpr std::size_t salted_length = key_length + (gcm ? gcm_salt : icm_salt);

  static srtp_err_status_t alloc(srtp_cipher_pointer_t* out, int length, int tag_length) {
    if (static_cast<std::size_t>(length) != salted_length || tag_length > longest_tag) {
      return srtp_err_status_bad_param;
    }
    auto aes = std::unique_ptr<Aes>(new (std::nothrow) Aes);
    if (!aes || !aes->context) return srtp_err_status_alloc_fail;
    aes->algorithm = gcm ? (is_long ? EVP_aes_256_gcm() : EVP_aes_128_gcm())
                         : (is_long ? EVP_aes_256_ctr() : EVP_aes_128_ctr());
    aes->key_length = key_length;
    aes->tag_length = tag_length;
    aes->face = {.type = &type, .state = aes.get(), .key_len = length, .algorithm = id};
    *out = &aes.release()->face;
    return srtp_err_status_ok;
  }

  static const srtp_cipher_test_case_t known;
  static const srtp_cipher_type_t type;
};

// Of GCM the cases 2 and 14 of McGrew and Viega: one block, all of zeros.
constexpr std::array<std::uint8_t, 48> zeros{};
constexpr std::array<std::uint8_t, 32> gcm_128_answer = {
    0x03, 0x88, 0xda, 0xce, 0x60, 0xb6, 0xa3, 0x92, 0xf3, 0x28, 0xc2, 0xb9, 0x71, 0xb2, 0xfe, 0x78,
    0xab, 0x6e, 0x47, 0xd4, 0x2c, 0xec, 0x13, 0xbd, 0xf5, 0x3a, 0x67, 0xb2, 0x12, 0x57, 0xbd, 0xdf};
constexpr std::array<std::uint8_t, 32> gcm_256_answer = {
    0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5, 0xd3, 0xba, 0xf3, 0x9d, 0x18,
    0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99, 0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19};
// RFC 3711 appendix B.2, and RFC 6188 §7.1: key, salt, and what the first counter gives.
constexpr std::array<std::uint8_t, 30> icm_128_key = {
    0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f,
    0x3c, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd};
constexpr std::array<std::uint8_t, 16> icm_128_answer = {
    0xe0, 0x3e, 0xad, 0x09, 0x35, 0xc9, 0x5e, 0x80, 0xe1, 0x66, 0xb1, 0x6d, 0xd9, 0x2b, 0x4e, 0xb4};
constexpr std::array<std::uint8_t, 46> icm_256_key = {
    0x57, 0xf8, 0x2f, 0xe3, 0x61, 0x3f, 0xd1, 0x70, 0xa8, 0x5e, 0xc9, 0x3c, 0x40, 0xb1, 0xf0, 0x92,
    0x2e, 0xc4, 0xcb, 0x0d, 0xc0, 0x25, 0xb5, 0x82, 0x72, 0x14, 0x7c, 0xc4, 0x38, 0x94, 0x4a, 0x98,
    0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd};
constexpr std::array<std::uint8_t, 16> icm_256_answer = {
    0x92, 0xbd, 0xd2, 0x8a, 0x93, 0xc3, 0xf5, 0x25, 0x11, 0xc6, 0x77, 0xd0, 0x8b, 0x55, 0x15, 0xa4};

template <srtp_cipher_type_id_t id>
constexpr srtp_cipher_test_case_t case_of(const std::uint8_t* key, const std::uint8_t* answer) {
  const int tag = Type<id>::gcm ? longest_tag : 0;
  return {.key_length_octets = static_cast<int>(Type<id>::salted_length),
          .key = key,
          // The library only reads it.
          .idx = const_cast<std::uint8_t*>(zeros.data()),
          .plaintext_length_octets = block,
          .plaintext = zeros.data(),
          .ciphertext_length_octets = static_cast<unsigned int>(block) + static_cast<unsigned>(tag),
          .ciphertext = answer,
          .aad_length_octets = 0,
          .aad = nullptr,
          .tag_length_octets = tag,
          .next_test_case = nullptr};
}

template <>
const srtp_cipher_test_case_t Type<SRTP_AES_ICM_128>::known =
    case_of<SRTP_AES_ICM_128>(icm_128_key.data(), icm_128_answer.data());
template <>
const srtp_cipher_test_case_t Type<SRTP_AES_ICM_256>::known =
    case_of<SRTP_AES_ICM_256>(icm_256_key.data(), icm_256_answer.data());
template <>
const srtp_cipher_test_case_t Type<SRTP_AES_GCM_128>::known =
    case_of<SRTP_AES_GCM_128>(zeros.data(), gcm_128_answer.data());
template <>
const srtp_cipher_test_case_t Type<SRTP_AES_GCM_256>::known =
    case_of<SRTP_AES_GCM_256>(zeros.data(), gcm_256_answer.data());

template <srtp_cipher_type_id_t id>
const srtp_cipher_type_t Type<id>::type = {
    .alloc = alloc,
    .dealloc = release,
    .init = gcm ? Gcm::init : Icm::init,
    .set_aad = gcm ? Gcm::set_aad : nullptr,
    .encrypt = gcm ? Gcm::encrypt : Icm::crypt,
    .decrypt = gcm ? Gcm::decrypt : Icm::crypt,
    .set_iv = gcm ? Gcm::set_iv : Icm::set_iv,
    .get_tag = gcm ? Gcm::get_tag : nullptr,
    .description = gcm ? "AES-GCM by OpenSSL" : "AES in counter mode by OpenSSL",
    .test_data = &known,
    .id = id};

template <srtp_cipher_type_id_t id>
srtp_err_status_t replace() {
  return srtp_replace_cipher_type(&Type<id>::type, id);
}

}  // namespace

srtp_err_status_t use_openssl() {
  for (const auto replace_one : {replace<SRTP_AES_ICM_128>, replace<SRTP_AES_ICM_256>,
                                 replace<SRTP_AES_GCM_128>, replace<SRTP_AES_GCM_256>}) {
    if (const auto status = replace_one(); status != srtp_err_status_ok) return status;
  }
  return srtp_err_status_ok;
}

}  // namespace natsim::srtp
