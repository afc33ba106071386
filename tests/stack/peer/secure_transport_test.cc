#include "stack/peer/secure_transport.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/rtp/packet.h"

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

// Two ends with 20 ms between them, and what each says.
class SecurePair : public testing::Test {
 protected:
  struct End {
    End(std::string_view name, SecurityOptions options)
        : certificate(dtls::Certificate::generate(Random(1).split(name))),
          machine(std::move(options), certificate, Random(2).split(name)) {}

    [[nodiscard]] std::vector<sdp::Fingerprint> fingerprint() const {
      return {*certificate.fingerprint("sha-256")};
    }

    dtls::Certificate certificate;
    SecureTransport machine;
    std::vector<std::string> said;
    std::vector<Bytes> media;
  };

  void both_start() {
    client.machine.associate(dtls::Role::client, server.fingerprint(), now);
    server.machine.associate(dtls::Role::server, client.fingerprint(), now);
    client.machine.start(now);
    server.machine.start(now);
  }

  // Runs until nothing is due any more, or `end`.
  void run(Time end) {
    while (true) {
      collect(client, to_server);
      collect(server, to_client);
      Time next = std::min(client.machine.next_timeout(), server.machine.next_timeout());
      for (const auto* queue : {&to_server, &to_client}) {
        if (!queue->empty()) next = std::min(next, queue->front().first);
      }
      if (next.is_never() || end < next) return;
      now = next;
      deliver(to_server, server);
      deliver(to_client, client);
      if (client.machine.next_timeout() <= now) client.machine.handle_timeout(now);
      if (server.machine.next_timeout() <= now) server.machine.handle_timeout(now);
    }
  }

  using Queue = std::vector<std::pair<Time, Bytes>>;

  void collect(End& end, Queue& queue) const {
    while (auto datagram = end.machine.poll_transmit()) {
      queue.emplace_back(now + one_way, std::move(*datagram));
    }
    while (const auto event = end.machine.poll_event()) {
      if (std::holds_alternative<Secured>(*event)) end.said.emplace_back("secured");
      if (const auto* rtp = std::get_if<RtpArrived>(&*event)) end.media.push_back(rtp->packet);
      if (const auto* rtcp = std::get_if<RtcpArrived>(&*event)) end.media.push_back(rtcp->packet);
      if (const auto* dropped = std::get_if<Dropped>(&*event)) {
        end.said.emplace_back(to_string(dropped->cause));
      }
      if (const auto* failed = std::get_if<dtls::Failed>(&*event)) {
        end.said.push_back("failed: " + failed->reason);
      }
      if (const auto* closed = std::get_if<dtls::Closed>(&*event)) {
        end.said.emplace_back(closed->by_peer ? "closed by peer" : "closed");
      }
    }
  }

  void deliver(Queue& queue, End& to) const {
    while (!queue.empty() && queue.front().first <= now) {
      const Bytes datagram = std::move(queue.front().second);
      queue.erase(queue.begin());
      to.machine.receive(datagram, now);
    }
  }

  static Bytes rtp_packet(std::uint16_t number) {
    return rtp::encode({.payload_type = 111, .sequence_number = number, .ssrc = 7}, Bytes{1, 2, 3});
  }

  Time now;
  Duration one_way = milliseconds(20);
  End client{"client", {}};
  End server{"server", {}};
  Queue to_server;
  Queue to_client;
};

TEST_F(SecurePair, MediaFlowsBothWaysOnceItIsSecured) {
  both_start();
  EXPECT_FALSE(client.machine.send_rtp(rtp_packet(1)));
  run(Time{} + seconds(1));
  EXPECT_EQ(client.said, std::vector<std::string>{"secured"});
  EXPECT_EQ(server.said, std::vector<std::string>{"secured"});
  // Four flights: the server has it after three, the client after four (RFC 6347 §4.2.4).
  EXPECT_EQ(now, Time{} + one_way * 4);
  EXPECT_EQ(client.machine.srtp_profile(), srtp::Profile::aead_aes_128_gcm);
  EXPECT_TRUE(client.machine.send_rtp(rtp_packet(1)));
  EXPECT_TRUE(server.machine.send_rtp(rtp_packet(9)));
  run(Time{} + seconds(2));
  EXPECT_EQ(server.media, std::vector<Bytes>{rtp_packet(1)});
  EXPECT_EQ(client.media, std::vector<Bytes>{rtp_packet(9)});
}

TEST_F(SecurePair, DTLS14_AClientHelloThatComesEarlyIsKept) {
  client.machine.associate(dtls::Role::client, server.fingerprint(), now);
  client.machine.start(now);
  run(Time{} + milliseconds(100));
  // The answer, and with it role and fingerprint, arrives only now.
  now = Time{} + milliseconds(100);
  server.machine.associate(dtls::Role::server, client.fingerprint(), now);
  server.machine.start(now);
  run(Time{} + milliseconds(900));
  EXPECT_EQ(server.said, std::vector<std::string>{"secured"});
  EXPECT_EQ(client.said, std::vector<std::string>{"secured"});
  // Three flights from then on, and no timer.
  EXPECT_EQ(now, Time{} + milliseconds(100) + one_way * 3);
}

TEST_F(SecurePair, DTLS11_AWrongCertificateGetsNothing) {
  server.machine.associate(dtls::Role::server, server.fingerprint(), now);  // not the client's
  client.machine.associate(dtls::Role::client, server.fingerprint(), now);
  client.machine.start(now);
  server.machine.start(now);
  run(Time{} + seconds(1));
  ASSERT_EQ(server.said.size(), 1U);
  EXPECT_EQ(server.said[0].substr(0, 7), "failed:");
  ASSERT_EQ(client.said.size(), 1U);
  EXPECT_EQ(client.said[0].substr(0, 7), "failed:");
  EXPECT_FALSE(server.machine.send_rtp(rtp_packet(1)));
  EXPECT_FALSE(client.machine.send_rtp(rtp_packet(1)));
}

TEST_F(SecurePair, MUX01_WhatIsNeitherDtlsNorMediaIsDropped) {
  both_start();
  server.machine.receive(Bytes{70, 0, 0, 4}, now);  // a TURN channel
  server.machine.receive(rtp_packet(1), now);       // before there are keys
  server.machine.receive(Bytes{}, now);
  run(Time{} + seconds(1));
  EXPECT_EQ(server.said,
            (std::vector<std::string>{"unexpected", "not secured", "unexpected", "secured"}));
  server.said.clear();
  Bytes forged = rtp_packet(1);
  forged.resize(forged.size() + 16);
  server.machine.receive(forged, now);
  client.machine.send_rtp(rtp_packet(2));
  const auto packet = client.machine.poll_transmit();
  ASSERT_TRUE(packet);
  server.machine.receive(*packet, now);
  server.machine.receive(*packet, now);
  run(Time{} + seconds(2));
  EXPECT_EQ(server.said, (std::vector<std::string>{"unauthenticated", "replayed"}));
  EXPECT_EQ(server.media.size(), 1U);
}

TEST_F(SecurePair, MUX02_ThePacketTypeTellsRtcpFromRtp) {
  both_start();
  run(Time{} + seconds(1));
  // Payload type 72 with the marker is 200, a sender report's type: RTP may not use it.
  Bytes report = {0x80, 200, 0, 6};
  report.resize(28);
  EXPECT_TRUE(client.machine.send_rtcp(report));
  EXPECT_TRUE(client.machine.send_rtp(rtp_packet(1)));
  run(Time{} + seconds(2));
  EXPECT_EQ(server.media, (std::vector<Bytes>{report, rtp_packet(1)}));
  EXPECT_EQ(server.said, std::vector<std::string>{"secured"});
}

TEST_F(SecurePair, DTLS16_TheAssociationDoesNotCareWhichWayItsDatagramsTake) {
  both_start();
  run(Time{} + milliseconds(25));
  one_way = milliseconds(80);  // another pair, after the ClientHello and its answer have left
  run(Time{} + milliseconds(900));
  EXPECT_EQ(now, Time{} + milliseconds(20 + 20 + 80 + 80));
  EXPECT_TRUE(client.machine.secured());
  EXPECT_TRUE(server.machine.secured());
}

TEST_F(SecurePair, SDP18_AnotherAssociationTakesTheFirstOnesPlace) {
  both_start();
  run(Time{} + seconds(1));
  client.machine.associate(dtls::Role::client, server.fingerprint(), now);
  server.machine.associate(dtls::Role::server, client.fingerprint(), now);
  EXPECT_FALSE(client.machine.secured());
  run(Time{} + seconds(2));
  EXPECT_TRUE(client.machine.secured());
  EXPECT_TRUE(server.machine.secured());
}

TEST_F(SecurePair, DTLS15_ClosingTellsThePeer) {
  both_start();
  run(Time{} + seconds(1));
  client.machine.close(now);
  run(Time{} + seconds(2));
  EXPECT_EQ(client.said.back(), "closed");
  EXPECT_EQ(server.said.back(), "closed by peer");
  EXPECT_FALSE(server.machine.send_rtp(rtp_packet(1)));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
