// The RFCs' vectors. libsrtp2 takes master keys only, so a protected packet is compared with one
// that is put together here from session keys; the two halves of that are checked by the vectors,
// of key derivation (RFC 3711 appendix B.3) and of protection (B.2, RFC 7714 §16 and §17).
#include <algorithm>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "stack/srtp/session.h"
#include "tests/stack/srtp/packets.h"

namespace natsim::srtp {
namespace NATSIM_TEST_FILE {

// AES in counter mode over `in`, from the whole counter block `start`.
Bytes counter_mode(const Bytes& key, Bytes start, ByteView in) {
  Bytes out(in.size());
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, key.size() == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr(), nullptr,
                     key.data(), start.data());
  int length = 0;
  EVP_EncryptUpdate(context, out.data(), &length, in.data(), static_cast<int>(in.size()));
  EVP_CIPHER_CTX_free(context);
  return out;
}

// RFC 3711 §4.3.1 with a key derivation rate of 0: the label goes into byte 7 of the salt. The salt
// of AES-GCM, 12 bytes, is filled up behind (RFC 7714 §11).
Bytes derive(const MasterKey& master, std::uint8_t label, std::size_t length) {
  Bytes block = master.salt;
  block.resize(16);
  block[7] = static_cast<std::uint8_t>(block[7] ^ label);
  return counter_mode(master.key, block, Bytes(length));
}

// AES-GCM over `in`: its ciphertext, then the tag of 16 bytes.
Bytes gcm(const Bytes& key, const Bytes& iv, ByteView associated, ByteView in) {
  Bytes out(in.size() + 16);
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(context, key.size() == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm(), nullptr,
                     key.data(), iv.data());
  int length = 0;
  EVP_EncryptUpdate(context, nullptr, &length, associated.data(),
                    static_cast<int>(associated.size()));
  EVP_EncryptUpdate(context, out.data(), &length, in.data(), static_cast<int>(in.size()));
  EVP_EncryptFinal_ex(context, out.data(), &length);
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, 16, out.data() + in.size());
  EVP_CIPHER_CTX_free(context);
  return out;
}

void add(Bytes& iv, std::size_t place, ByteView bytes) {
  for (const std::uint8_t byte : bytes) {
    iv[place] = static_cast<std::uint8_t>(iv[place] ^ byte);
    ++place;
  }
}

// RFC 7714 §8, with a rollover counter of 0.
Bytes gcm_packet(const Bytes& key, Bytes iv, const Bytes& packet) {
  constexpr std::size_t header = 12;
  const ByteView in(packet);
  add(iv, 2, in.subspan(8, 4));
  add(iv, 10, in.subspan(2, 2));
  Bytes out(packet.begin(), packet.begin() + header);
  const Bytes body = gcm(key, iv, in.first(header), in.subspan(header));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

// RFC 7714 §9: of an RTCP packet of that index, encrypted.
Bytes gcm_rtcp_packet(const Bytes& key, Bytes iv, const Bytes& packet, std::uint32_t index) {
  constexpr std::size_t header = 8;
  Bytes word;
  ByteWriter(word).u32(0x8000'0000U | index);
  Bytes number = word;
  number[0] = static_cast<std::uint8_t>(number[0] & 0x7f);
  const ByteView in(packet);
  add(iv, 2, in.subspan(4, 4));
  add(iv, 8, number);
  Bytes out(packet.begin(), packet.begin() + header);
  Bytes associated = out;
  associated.insert(associated.end(), word.begin(), word.end());
  const Bytes body = gcm(key, iv, associated, in.subspan(header));
  out.insert(out.end(), body.begin(), body.end());
  out.insert(out.end(), word.begin(), word.end());
  return out;
}

// RFC 3711 §4.1.1 and §4.2.1, with a rollover counter of 0.
Bytes cm_packet(const Bytes& key, const Bytes& salt, const Bytes& auth, const Bytes& packet) {
  constexpr std::size_t header = 12;
  Bytes block = salt;
  block.resize(16);
  for (std::size_t i = 0; i < 4; ++i) {
    block[4 + i] = static_cast<std::uint8_t>(block[4 + i] ^ packet[8 + i]);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    block[12 + i] = static_cast<std::uint8_t>(block[12 + i] ^ packet[2 + i]);
  }
  Bytes out(packet.begin(), packet.begin() + header);
  const Bytes body = counter_mode(key, block, ByteView(packet).subspan(header));
  out.insert(out.end(), body.begin(), body.end());
  Bytes signed_part = out;
  signed_part.resize(out.size() + 4);
  Bytes tag(20);
  unsigned int length = 0;
  HMAC(EVP_sha1(), auth.data(), static_cast<int>(auth.size()), signed_part.data(),
       signed_part.size(), tag.data(), &length);
  out.insert(out.end(), tag.begin(), tag.begin() + 10);
  return out;
}

const MasterKey rfc3711{from_hex("E1F97A0D3E018BE0D64FA32C06DE4139"),
                        from_hex("0EC675AD498AFEEBB6960B3AABE6")};
const Bytes rfc3711_cipher = from_hex("C61E7A93744F39EE10734AFE3FF7A087");
const Bytes rfc3711_salt = from_hex("30CBBC08863D8C85D49DB34A9AE1");
const Bytes rfc3711_auth = from_hex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4");

TEST(SrtpVectors, Srtp01KeyDerivationOfRfc3711B3) {
  EXPECT_EQ(derive(rfc3711, 0, 16), rfc3711_cipher);
  EXPECT_EQ(derive(rfc3711, 1, 20), rfc3711_auth);
  EXPECT_EQ(derive(rfc3711, 2, 14), rfc3711_salt);
}

TEST(SrtpVectors, Srtp01KeystreamOfRfc3711B2) {
  const Bytes key = from_hex("2B7E151628AED2A6ABF7158809CF4F3C");
  const Bytes start = from_hex("F0F1F2F3F4F5F6F7F8F9FAFBFCFD0000");
  EXPECT_EQ(counter_mode(key, start, Bytes(32)),
            from_hex("E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB"));
}

// RFC 6188 §7.2.
TEST(SrtpVectors, Srtp06KeyDerivationOfRfc6188) {
  const MasterKey master{
      from_hex("f0f04914b513f2763a1b1fa130f10e29 98f6f6e43e4309d1e622a0e332b9f1b6"),
      from_hex("3b04803de51ee7c96423ab5b78d2")};
  EXPECT_EQ(derive(master, 0, 32),
            from_hex("5ba1064e30ec51613cad926c5a28ef73 1ec7fb397f70a960653caf06554cd8c4"));
  EXPECT_EQ(derive(master, 2, 14), from_hex("fa31791685ca444a9e07c6c64e93"));
}

const Bytes rfc7714_packet = from_hex(
    "8040f17b8041f8d35501a0b2 47616c6c696120657374206f6d6e6973206469766973 6120696e20"
    "70617274657320747265 73");
const Bytes rfc7714_key_128 = from_hex("000102030405060708090a0b0c0d0e0f");
const Bytes rfc7714_key_256 =
    from_hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
const Bytes rfc7714_salt = from_hex("517569642070726f2071756f");

TEST(SrtpVectors, Srtp05PacketsOfRfc7714Section16) {
  EXPECT_EQ(gcm_packet(rfc7714_key_128, rfc7714_salt, rfc7714_packet),
            from_hex("8040f17b8041f8d35501a0b2 f24de3a3fb34de6cacba861c9d7e4bcabe633bd50d294e6f"
                     "42a5f47a51c7d19b36de3adf8833899d7f27beb16a9152cf765ee4390cce"));
  EXPECT_EQ(gcm_packet(rfc7714_key_256, rfc7714_salt, rfc7714_packet),
            from_hex("8040f17b8041f8d35501a0b2 32b1de78a822fe12ef9f78fa332e33aab18012389a58e2f3"
                     "b50b2a0276ffae0f1ba63799b87b7aa3db36dfffd6b0f9bb7878d7a76c13"));
}

// §17 names two packets; its vectors are of this one.
const Bytes rfc7714_rtcp_packet = from_hex(
    "81c8000d4d617273 4e5450314e545032525450200000042a0000e9304c756e61"
    "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef");

TEST(SrtpVectors, Srtp05RtcpPacketsOfRfc7714Section17) {
  EXPECT_EQ(gcm_rtcp_packet(rfc7714_key_128, rfc7714_salt, rfc7714_rtcp_packet, 0x5d4),
            from_hex("81c8000d4d617273 63e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32d"
                     "c676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf872"
                     "45d9eade800005d4"));
  EXPECT_EQ(gcm_rtcp_packet(rfc7714_key_256, rfc7714_salt, rfc7714_rtcp_packet, 0x5d4),
            from_hex("81c8000d4d617273 d50ae4d1f5ce5d304ba297e47d470c282c3ece5dbffe0a50"
                     "a2eaa5c1110555be8415f658c61de0476f1b6fad1d1eb30c4446839f57ff6f6c"
                     "b26ac3be800005d4"));
}

void expect_protected(Profile profile, const MasterKey& master, const Bytes& packet,
                      const Bytes& expected) {
  auto session = Session::create(profile, master, master);
  ASSERT_TRUE(session.ok());
  Bytes bytes = packet;
  ASSERT_EQ(session.value().protect_rtp(bytes), Outcome::done);
  EXPECT_EQ(bytes, expected);
  ASSERT_EQ(session.value().unprotect_rtp(bytes), Outcome::done);
  EXPECT_EQ(bytes, packet);
}

// The elements 1, 3 and 4 are hidden, 2 and all lengths are not.
TEST(SrtpVectors, Srtp07HeaderExtensionsOfRfc6904AppendixA) {
  auto session = Session::create(Profile::aes128_cm_sha1_80, rfc3711, rfc3711, {1, 3, 4});
  ASSERT_TRUE(session.ok());
  const Bytes packet = from_hex(
      "900f1234decafbadcafebabe bede0006 17414273a475262748220000c8308e4655996386b395fb00"
      "abababababababababababababababab");
  Bytes bytes = packet;
  ASSERT_EQ(session.value().protect_rtp(bytes), Outcome::done);
  EXPECT_EQ(Bytes(bytes.begin(), bytes.begin() + 40),
            from_hex("900f1234decafbadcafebabe bede0006"
                     "17588A9270F4E15E1C220000C8309546A994F0BC54789700"));
  ASSERT_EQ(session.value().unprotect_rtp(bytes), Outcome::done);
  EXPECT_EQ(bytes, packet);
}

TEST(SrtpVectors, Srtp01APacketUnderTheSessionKeysOfRfc3711B3) {
  expect_protected(Profile::aes128_cm_sha1_80, rfc3711, rfc7714_packet,
                   cm_packet(rfc3711_cipher, rfc3711_salt, rfc3711_auth, rfc7714_packet));
}

TEST(SrtpVectors, Srtp05PacketsOfAesGcmWithDerivedKeys) {
  for (const Profile profile : {Profile::aead_aes_128_gcm, Profile::aead_aes_256_gcm}) {
    const MasterKey master = keys_for(profile).client;
    const Bytes key = derive(master, 0, key_length(profile));
    const Bytes salt = derive(master, 2, 12);
    expect_protected(profile, master, rfc7714_packet, gcm_packet(key, salt, rfc7714_packet));
  }
}

// Keys of their own, by the labels 3 and 5 (RFC 3711 §4.3.2), and an index that begins with 1: what
// the first packet has is the library's to choose.
TEST(SrtpVectors, Srtp05RtcpPacketsOfAesGcmWithDerivedKeys) {
  for (const Profile profile : {Profile::aead_aes_128_gcm, Profile::aead_aes_256_gcm}) {
    const MasterKey master = keys_for(profile).client;
    const Bytes key = derive(master, 3, key_length(profile));
    const Bytes salt = derive(master, 5, 12);
    auto session = Session::create(profile, master, master);
    ASSERT_TRUE(session.ok());
    for (const std::uint32_t index : {1U, 2U, 3U}) {
      Bytes bytes = rfc7714_rtcp_packet;
      ASSERT_EQ(session.value().protect_rtcp(bytes), Outcome::done);
      EXPECT_EQ(bytes, gcm_rtcp_packet(key, salt, rfc7714_rtcp_packet, index));
      ASSERT_EQ(session.value().unprotect_rtcp(bytes), Outcome::done);
      EXPECT_EQ(bytes, rfc7714_rtcp_packet);
    }
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::srtp
