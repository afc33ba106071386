// A program's stream over simulated TCP, plain and under TLS.
#include "sim/agents/byte_stream.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sim/agents/tls_authority.h"
#include "sim/net/host.h"
#include "sim/net/link.h"
#include "sim/net/network.h"

namespace natsim::agents {
namespace NATSIM_TEST_FILE {

constexpr Duration one_way = milliseconds(10);
const IpAddress own = IpAddress::v4(203, 0, 113, 1);
const Endpoint service{IpAddress::v4(203, 0, 113, 10), 443};

// What one end is told.
struct Ear : ByteStream::User {
  void on_open(ByteStream& /*stream*/) override { opened = world->now(); }
  void on_bytes(ByteStream& stream, ByteView bytes) override {
    heard.insert(heard.end(), bytes.begin(), bytes.end());
    if (hears) hears(stream);
  }
  void on_end(ByteStream& /*stream*/, std::string_view why) override { ends.emplace_back(why); }

  core::World* world = nullptr;
  std::optional<Time> opened;
  Bytes heard;
  std::vector<std::string> ends;
  std::function<void(ByteStream&)> hears;
};

struct Agency : core::Named {
  using Named::Named;
};

class Bed : private net::TcpAcceptor, private core::EventListener {
 public:
  explicit Bed(std::optional<tls::ServerOptions> of_server = std::nullopt)
      : server_options(std::move(of_server)) {
    net::Interface& left = client_host.add_interface();
    net::Interface& right = server_host.add_interface();
    left.add_address(own, 24);
    right.add_address(service.address, 24);
    network.connect(left, right, {.one_way_delay = one_way}, {.one_way_delay = one_way});
    listener = std::move(server_host.tcp().listen({.local = service}, *this).value());
    at_client.world = at_server.world = &world;
    world.events().add_listener(*this);
  }
  ~Bed() override { world.events().remove_listener(*this); }

  void connect(std::optional<tls::ClientOptions> options = std::nullopt) {
    std::optional<TlsLayer> layer;
    if (options) layer.emplace(client_agent, authority.client(*options, Random(1)));
    client = std::move(
        ByteStream::connect(client_host, {.local = {own, 0}}, service, at_client, std::move(layer))
            .value());
  }
  void run(Duration span) { world.scheduler().run_until(world.now() + span); }

  core::World world{1};
  TlsAuthority authority{world};
  net::Network network{world};
  net::Host& client_host = network.add<net::Host>("client");
  net::Host& server_host = network.add<net::Host>("server");
  Agency client_agent{world, "client/program"};
  Agency server_agent{world, "server/program"};
  Ear at_client;
  Ear at_server;
  std::optional<tls::ServerOptions> server_options;
  std::unique_ptr<net::TcpListener> listener;
  std::unique_ptr<ByteStream> client;
  std::unique_ptr<ByteStream> server;
  std::vector<std::string> events;  // "kind reason"

 private:
  void accept(net::TcpListener& /*listener*/, std::unique_ptr<net::TcpSocket> socket) override {
    std::optional<TlsLayer> layer;
    if (server_options) layer.emplace(server_agent, authority.server(*server_options, Random(2)));
    server = ByteStream::accept(std::move(socket), at_server, std::move(layer));
  }
  void on_agent(const core::AgentEvent& event) override {
    if (!event.kind.starts_with("tls.") || event.kind == "tls.key") return;
    events.emplace_back(event.kind);
    for (const core::Field& field : event.fields) {
      if (field.name == "reason" || field.name == "version") {
        events.back() += " " + std::string(std::get<std::string_view>(field.value));
      }
    }
  }
};

// Both ends under TLS.
struct TlsBed : Bed {
  explicit TlsBed(tls::Version newest = tls::Version::tls_1_3, bool trusted = true) {
    const std::vector<std::string> names{"server"};
    server_options.emplace(
        tls::ServerOptions{.certificate = authority.issue(names, trusted), .newest = newest});
    connect(tls::ClientOptions{.server_name = "server"});
  }
};

TEST(ByteStream, APlainOneIsOpenOnceTcpIs) {
  Bed bed;
  bed.connect();
  bed.run(seconds(1));
  EXPECT_EQ(bed.at_client.opened, Time{} + one_way * 2);
  EXPECT_FALSE(bed.at_server.opened);
  EXPECT_TRUE(bed.events.empty());
}

// Of 1.3 a round trip more, of 1.2 two (RFC 8446 section 2, RFC 5246 section 7.3).
TEST(ByteStream, TlsCostsRoundTrips) {
  TlsBed newer;
  newer.run(seconds(1));
  EXPECT_EQ(newer.at_client.opened, Time{} + one_way * 4);
  EXPECT_EQ(newer.events, (std::vector<std::string>{"tls.opened TLS 1.3", "tls.opened TLS 1.3"}));
  TlsBed older(tls::Version::tls_1_2);
  older.run(seconds(1));
  EXPECT_EQ(older.at_client.opened, Time{} + one_way * 6);
}

TEST(ByteStream, MoreThanTcpHasRoomForComesThroughTls) {
  TlsBed bed;
  bed.run(seconds(1));
  Bytes much(1'000'000);
  Random(7).fill(much);
  bed.client->send(much);
  EXPECT_GT(bed.client->unsent(), 0U);
  bed.server->send(as_bytes("answer"));
  bed.run(seconds(60));
  EXPECT_EQ(bed.client->unsent(), 0U);
  EXPECT_EQ(bed.at_server.heard, much);
  EXPECT_EQ(as_text(bed.at_client.heard), "answer");
}

TEST(ByteStream, WhatAServerSaysEarlyWaitsForTls) {
  TlsBed bed;
  bed.run(one_way * 3);
  ASSERT_NE(bed.server, nullptr);
  bed.server->send(as_bytes("welcome"));
  EXPECT_EQ(bed.server->unsent(), 7U);
  bed.run(seconds(1));
  EXPECT_EQ(as_text(bed.at_client.heard), "welcome");
  EXPECT_EQ(bed.server->unsent(), 0U);
}

TEST(ByteStream, ClosingEndsBothSidesInOrder) {
  TlsBed bed;
  bed.run(seconds(1));
  bed.client->send(as_bytes("last"));
  bed.client->close();
  bed.client->send(as_bytes("later"));
  bed.run(seconds(10));
  EXPECT_EQ(as_text(bed.at_server.heard), "last");
  const std::vector<std::string> in_order{"the other side closed the stream"};
  EXPECT_EQ(bed.at_server.ends, in_order);
  EXPECT_EQ(bed.at_client.ends, in_order);
  EXPECT_EQ(bed.events.size(), 2U);  // nothing has failed
}

TEST(ByteStream, ACertificateThatNobodyVouchesForEndsBothSides) {
  TlsBed bed(tls::Version::tls_1_3, false);
  bed.run(seconds(10));
  EXPECT_EQ(bed.at_client.ends, std::vector<std::string>{"the certificate is not trusted"});
  EXPECT_EQ(bed.at_server.ends, std::vector<std::string>{"the peer sent the alert 'unknown CA'"});
  EXPECT_EQ(bed.events,
            (std::vector<std::string>{"tls.failed the certificate is not trusted",
                                      "tls.failed the peer sent the alert 'unknown CA'"}));
  EXPECT_FALSE(bed.at_client.opened);
}

TEST(ByteStream, APlainClientIsNoTlsClient) {
  Bed bed(tls::ServerOptions{.certificate = dtls::Certificate::generate(Random(3))});
  bed.connect();
  bed.run(seconds(1));
  bed.client->send(as_bytes("GET / HTTP/1.1\r\n\r\n"));
  bed.run(seconds(1));
  EXPECT_EQ(bed.at_server.ends, std::vector<std::string>{"http request"});
  EXPECT_EQ(bed.at_client.ends.size(), 1U);
}

TEST(ByteStream, AStreamThatTcpEndsIsToldSo) {
  TlsBed bed;
  bed.run(seconds(1));
  bed.server->abort();
  bed.run(seconds(1));
  EXPECT_TRUE(bed.at_server.ends.empty());
  ASSERT_EQ(bed.at_client.ends.size(), 1U);
  EXPECT_EQ(bed.at_client.ends[0], "reset");
}

TEST(ByteStream, TheUserMayEndItWhileItHears) {
  TlsBed bed;
  bed.run(seconds(1));
  bed.at_server.hears = [&bed](ByteStream&) { bed.server.reset(); };
  bed.client->send(Bytes(100'000));
  bed.run(seconds(10));
  EXPECT_GT(bed.at_server.heard.size(), 0U);
  EXPECT_LT(bed.at_server.heard.size(), 100'000U);
  EXPECT_TRUE(bed.at_server.ends.empty());
}

TEST(ByteStream, TheUserMayFailIt) {
  TlsBed bed;
  bed.run(seconds(1));
  bed.at_server.hears = [](ByteStream& stream) { stream.fail("no such thing"); };
  bed.client->send(as_bytes("?"));
  bed.run(seconds(1));
  EXPECT_EQ(bed.at_server.ends, std::vector<std::string>{"no such thing"});
  EXPECT_EQ(bed.at_client.ends.size(), 1U);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::agents
