#include "stack/dtls/records.h"

namespace natsim::dtls {

namespace {

// RFC 6347 §4.1: type, version, epoch, sequence number, length.
constexpr std::size_t header_length = 13;
constexpr std::uint8_t change_cipher_spec = 20;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t application_data = 23;

// Of a handshake message's type (RFC 5246 §7.4, RFC 6347 §4.3.2).
bool is_for(Role receiver, std::uint8_t message) {
  constexpr std::uint8_t client_hello = 1;
  constexpr std::uint8_t client_key_exchange = 16;
  constexpr std::uint8_t certificate_verify = 15;
  switch (message) {
    case client_hello:
    case client_key_exchange:
    case certificate_verify:
      return receiver == Role::server;
    case 0:   // HelloRequest
    case 2:   // ServerHello
    case 3:   // HelloVerifyRequest
    case 4:   // NewSessionTicket
    case 12:  // ServerKeyExchange
    case 13:  // CertificateRequest
    case 14:  // ServerHelloDone
      return receiver == Role::client;
    default:
      return true;
  }
}

}  // namespace

Sifted sift(ByteView datagram, Role receiver) {
  Sifted sifted;
  while (!datagram.empty()) {
    if (datagram.size() < header_length || datagram[1] != 0xfe) break;
    const std::size_t length = header_length + load_be16(datagram.data() + 11);
    if (datagram.size() < length) break;
    const ByteView record = datagram.first(length);
    datagram = datagram.subspan(length);
    const bool known = record[0] >= change_cipher_spec && record[0] <= application_data;
    const bool readable =
        record[0] == handshake && load_be16(record.data() + 3) == 0 && length > header_length;
    if (!known || (readable && !is_for(receiver, record[header_length]))) {
      ++sifted.ignored;
      continue;
    }
    sifted.records.insert(sifted.records.end(), record.begin(), record.end());
  }
  if (!datagram.empty()) ++sifted.ignored;
  return sifted;
}

}  // namespace natsim::dtls
