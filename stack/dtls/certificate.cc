#include "stack/dtls/certificate.h"

#include <array>
#include <stdexcept>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "stack/dtls/driven.h"
#include "stack/dtls/prepared.h"

namespace natsim::dtls {

namespace {

// What fails only if OpenSSL is broken or memory is out.
template <typename T>
T need(T result) {
  if (!result) throw std::runtime_error("OpenSSL could not make a certificate");
  return result;
}

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using X509Handle = std::unique_ptr<X509, Freed<X509_free>>;

Key make_key(KeyType type) {
  switch (type) {
    case KeyType::ecdsa_p256:
      return Key(need(EVP_EC_gen("P-256")));
    case KeyType::rsa_2048:
      return Key(need(EVP_RSA_gen(2048)));
  }
  __builtin_unreachable();
}

void add_names(X509* x509, std::span<const std::string> names) {
  const std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES_free>> all(need(GENERAL_NAMES_new()));
  for (const std::string& name : names) {
    GENERAL_NAME* entry = need(GENERAL_NAME_new());
    need(sk_GENERAL_NAME_push(all.get(), entry));
    if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(name.c_str())) {
      GENERAL_NAME_set0_value(entry, GEN_IPADD, address);
    } else {
      ASN1_IA5STRING* text = need(ASN1_IA5STRING_new());
      GENERAL_NAME_set0_value(entry, GEN_DNS, text);
      need(ASN1_STRING_set(text, name.data(), static_cast<int>(name.size())));
    }
  }
  need(X509_add1_ext_i2d(x509, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT));
}

X509Handle sign_certificate(EVP_PKEY* key, std::uint64_t serial,
                            std::span<const std::string> names) {
  X509Handle x509(need(X509_new()));
  need(X509_set_version(x509.get(), X509_VERSION_3));
  need(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), serial));
  need(ASN1_TIME_set_string(X509_getm_notBefore(x509.get()), "20000101000000Z"));
  need(ASN1_TIME_set_string(X509_getm_notAfter(x509.get()), "20500101000000Z"));
  X509_NAME* name = X509_get_subject_name(x509.get());
  const auto* text = reinterpret_cast<const unsigned char*>("natsim");
  need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0));
  need(X509_set_issuer_name(x509.get(), name));
  need(X509_set_pubkey(x509.get(), key));
  if (!names.empty()) add_names(x509.get(), names);
  need(X509_sign(x509.get(), key, EVP_sha256()));
  return x509;
}

}  // namespace

Certificate Certificate::generate(const Random& random, KeyType type,
                                  std::span<const std::string> names) {
  Random draws = random.split("certificate");
  const Driven driven(draws, 0);
  auto prepared = std::make_shared<Prepared>();
  const Key key = make_key(type);
  // Positive and not zero (RFC 5280 §4.1.2.2).
  const X509Handle x509 = sign_certificate(key.get(), draws.next() >> 1 | 1, names);
  unsigned char* der = nullptr;
  const int length = i2d_X509(x509.get(), &der);
  need(length > 0);
  prepared->der.assign(der, der + length);
  OPENSSL_free(der);
  prepared->sha256 = *fingerprint_of(prepared->der, "sha-256");
  prepared->context = make_context();
  need(SSL_CTX_use_certificate(prepared->context.get(), x509.get()));
  need(SSL_CTX_use_PrivateKey(prepared->context.get(), key.get()));
  return Certificate(std::move(prepared));
}

ByteView Certificate::der() const { return prepared_->der; }

std::optional<sdp::Fingerprint> Certificate::fingerprint(std::string_view hash) const {
  if (hash == prepared_->sha256.hash) return prepared_->sha256;
  return fingerprint_of(prepared_->der, hash);
}

void Certificate::present_by(ssl_st& connection) const {
  SSL_CTX* holder = prepared_->context.get();
  need(SSL_use_certificate(&connection, SSL_CTX_get0_certificate(holder)));
  need(SSL_use_PrivateKey(&connection, SSL_CTX_get0_privatekey(holder)));
}

std::optional<sdp::Fingerprint> fingerprint_of(ByteView der, std::string_view hash) {
  const EVP_MD* digest = nullptr;
  if (hash == "sha-256") digest = EVP_sha256();
  if (hash == "sha-384") digest = EVP_sha384();
  if (hash == "sha-512") digest = EVP_sha512();
  if (digest == nullptr) return std::nullopt;
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int length = 0;
  need(EVP_Digest(der.data(), der.size(), out.data(), &length, digest, nullptr));
  return sdp::Fingerprint{std::string(hash), Bytes(out.begin(), out.begin() + length)};
}

}  // namespace natsim::dtls
