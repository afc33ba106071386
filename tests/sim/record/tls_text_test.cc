// TLS connections in words.
#include "sim/record/tls_text.h"

#include <string>

#include <gtest/gtest.h>

#include "stack/tls/endpoint.h"

namespace natsim::record {
namespace NATSIM_TEST_FILE {

// All flights of a connection, each as one segment.
std::vector<std::string> flights(tls::Version newest, bool trusted = true) {
  const std::vector<std::string> names{"turn.example"};
  const auto certificate = dtls::Certificate::generate(Random(1), dtls::KeyType::ecdsa_p256, names);
  tls::ClientOptions options{.server_name = "turn.example", .newest = newest};
  if (trusted) options.trusted = {*certificate.fingerprint("sha-256")};
  const tls::Context context;
  tls::Endpoint client(context, options, Random(1));
  tls::Endpoint server(context, tls::ServerOptions{.certificate = certificate}, Random(2));
  std::vector<std::string> told;
  client.start({});
  for (tls::Endpoint* from = &client; const auto bytes = from->poll_transmit();) {
    tls::Endpoint* const to = from == &client ? &server : &client;
    told.push_back((from == &client ? "> " : "< ") + describe_tls(*bytes));
    to->receive(*bytes, {});
    from = to;
  }
  client.send(as_bytes("data"), {});
  client.send(as_bytes("data"), {});
  if (const auto bytes = client.poll_transmit()) told.push_back("> " + describe_tls(*bytes));
  return told;
}

TEST(TlsText, TellsAHandshake) {
  EXPECT_EQ(flights(tls::Version::tls_1_2),
            (std::vector<std::string>{
                "> TLS ClientHello for 'turn.example'",
                "< TLS ServerHello, Certificate, ServerKeyExchange, ServerHelloDone",
                "> TLS ClientKeyExchange, ChangeCipherSpec, encrypted handshake",
                "< TLS ChangeCipherSpec, encrypted handshake",
                "> TLS application data (2 times)",
            }));
}

// Behind the ServerHello nothing can be read (RFC 8446 section 2).
TEST(TlsText, TellsTheNewerOne) {
  EXPECT_EQ(flights(tls::Version::tls_1_3),
            (std::vector<std::string>{
                "> TLS ClientHello for 'turn.example'",
                "< TLS ServerHello, ChangeCipherSpec, application data (4 times)",
                "> TLS ChangeCipherSpec, application data",
                "> TLS application data (2 times)",
            }));
}

TEST(TlsText, NamesAlertsWhileTheyAreReadable) {
  EXPECT_EQ(flights(tls::Version::tls_1_2, false).back(), "> TLS alert unknown_ca");
  const Bytes unknown{21, 3, 3, 0, 2, 2, 99};
  EXPECT_EQ(describe_tls(unknown), "TLS encrypted alert");
}

TEST(TlsText, ARecordMayGoOnInTheNextSegment) {
  Bytes segment{23, 3, 3, 0, 2, 1, 1, 23, 3, 3, 4, 0, 5};
  EXPECT_EQ(describe_tls(segment), "TLS application data, the beginning of a record");
  segment.resize(9);
  EXPECT_EQ(describe_tls(segment), "TLS application data");
}

TEST(TlsText, OtherBytesAreNotTls) {
  EXPECT_EQ(describe_tls({}), "");
  EXPECT_EQ(describe_tls(as_bytes("GET / HTTP/1.1\r\n\r\n")), "");
  EXPECT_EQ(describe_tls(Bytes{22, 3, 1, 0xff, 0xff, 0}), "");
  EXPECT_EQ(describe_tls(Bytes{22, 254, 253, 0, 1, 0}), "");
}

// A ClientHello whose lengths lie has no name to tell.
TEST(TlsText, LyingLengthsAreNoMatter) {
  Bytes hello{22, 3, 1, 0, 45, 1, 0, 0, 41};
  hello.resize(9 + 41, 0);
  EXPECT_EQ(describe_tls(hello), "TLS ClientHello");
  for (std::size_t i = 9 + 34; i < hello.size(); ++i) {
    Bytes spoiled = hello;
    spoiled[i] = 0xff;
    EXPECT_EQ(describe_tls(spoiled), "TLS ClientHello");
  }
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::record
