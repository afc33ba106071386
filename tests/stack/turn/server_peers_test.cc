// Permissions, channels and data at a TURN server (RFC 8656 §9–12).
#include "server_probe.h"

#include "stack/turn/channel_data.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

using stun::Method;

// With one allocation that alice has made for an hour.
class TurnPeers : public ServerProbe {
 protected:
  TurnPeers() {
    const auto answer = allocate(alice_, [](auto& m) {
      ask_udp(m);
      m.lifetime(3600);
    });
    relayed_ = answer->message.xor_relayed_address().value();
  }

  std::optional<Transmit> send(const Endpoint& to, std::string_view data) {
    return pass(client_endpoint, send_indication(to, data));
  }
  std::optional<Transmit> send_channel(std::uint16_t number, std::string_view data) {
    return pass(client_endpoint, encode_channel_data(number, as_bytes(data)));
  }

  User alice_;
  Endpoint relayed_;
};

TEST_F(TurnPeers, Ts08_PermissionLasts300Seconds) {
  EXPECT_EQ(permit(alice_)->code(), 0);
  const Time made = now_;
  run_until(made + seconds(300) - nanoseconds(1));
  EXPECT_TRUE(send(peer, "x"));
  run_until(made + seconds(300));
  EXPECT_EQ(time_of<PermissionExpired>(), made + seconds(300));
  EXPECT_FALSE(send(peer, "x"));
  EXPECT_EQ(last_drop(), DropReason::no_permission);
}

TEST_F(TurnPeers, Ts08_CreatePermissionRefreshes) {
  permit(alice_);
  run_until(now_ + seconds(200));
  permit(alice_);
  const auto installed = events<PermissionInstalled>();
  ASSERT_EQ(installed.size(), 2U);
  EXPECT_FALSE(installed[0].refreshed);
  EXPECT_TRUE(installed[1].refreshed);
  run_until(now_ + seconds(299));
  EXPECT_TRUE(send(peer, "x"));
}

TEST_F(TurnPeers, Ts08_SeveralPeersInOneRequest) {
  const auto answer = ask(alice_, Method::create_permission,
                          [](auto& m) { m.xor_peer_address(peer).xor_peer_address(other_peer); });
  EXPECT_EQ(answer->code(), 0);
  EXPECT_TRUE(send(peer, "x"));
  EXPECT_TRUE(send(other_peer, "x"));
}

TEST_F(TurnPeers, Ts08_AllOrNothing) {
  const Endpoint v6{IpAddress::parse("2001:db8::1").value(), 1};
  const Endpoint loopback{IpAddress::v4(127, 0, 0, 1), 1};
  const auto with = [&](const Endpoint& second) {
    return ask(alice_, Method::create_permission,
               [&](auto& m) { m.xor_peer_address(peer).xor_peer_address(second); })
        ->code();
  };
  EXPECT_EQ(with(v6), 443);
  EXPECT_EQ(with(loopback), 403);
  EXPECT_EQ(ask(alice_, Method::create_permission)->code(), 400);
  EXPECT_TRUE(server_.allocations()[0]->permissions().empty());
}

TEST_F(TurnPeers, Ts08_CapacityIs508) {
  ServerOptions options = server_options();
  options.max_permissions = 2;
  restart(options);
  allocate(alice_);
  EXPECT_EQ(permit(alice_, peer)->code(), 0);
  EXPECT_EQ(permit(alice_, other_peer)->code(), 0);
  const Endpoint third{IpAddress::v4(198, 51, 100, 9), 1};
  EXPECT_EQ(permit(alice_, third)->code(), 508);
  EXPECT_EQ(bind(alice_, 0x4000, third)->code(), 508);
  EXPECT_EQ(permit(alice_, peer)->code(), 0) << "a refresh needs no room";
}

TEST_F(TurnPeers, Ts09_SendNeedsPermissionPeerAndData) {
  EXPECT_FALSE(send(peer, "x"));
  EXPECT_EQ(last_drop(), DropReason::no_permission);
  const auto dropped = events<PacketDropped>().back();
  EXPECT_EQ(dropped.from, client_endpoint);
  EXPECT_EQ(dropped.to, server_endpoint);
  EXPECT_EQ(dropped.peer, peer);
  permit(alice_);
  const stun::MessageBuilder empty(stun::MessageClass::indication, Method::send, {});
  EXPECT_FALSE(pass(client_endpoint, stun::MessageBuilder(empty).xor_peer_address(peer).take()));
  EXPECT_EQ(last_drop(), DropReason::malformed);
  EXPECT_FALSE(pass(client_endpoint, stun::MessageBuilder(empty).data({}).take()));
  EXPECT_EQ(last_drop(), DropReason::malformed);
  const auto relayed = send(peer, "hello");
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->local, relayed_);
  EXPECT_EQ(relayed->remote, peer);
  EXPECT_EQ(as_text(relayed->payload), "hello");
  // Any port of that address will do.
  EXPECT_TRUE(send({peer.address, 9}, "x"));
}

TEST_F(TurnPeers, Ts09_SendDoesNotRefreshThePermission) {
  permit(alice_);
  const Time made = now_;
  for (int s = 0; s < 300; s += 20) {
    run_until(made + seconds(s));
    EXPECT_TRUE(send(peer, "x"));
    EXPECT_TRUE(pass_from_peer(relayed_, peer, as_bytes("y")));
  }
  run_until(made + seconds(300));
  EXPECT_FALSE(send(peer, "x"));
}

TEST_F(TurnPeers, Ts09_OtherFamilyIsDropped) {
  EXPECT_FALSE(send({IpAddress::parse("2001:db8::1").value(), 1}, "x"));
  EXPECT_EQ(last_drop(), DropReason::peer_family);
}

TEST_F(TurnPeers, Ts10_PeerDataNeedsPermissionByAddress) {
  EXPECT_FALSE(pass_from_peer(relayed_, peer, as_bytes("x")));
  EXPECT_EQ(last_drop(), DropReason::no_permission);
  permit(alice_, {peer.address, 1});
  const auto indication = pass_from_peer(relayed_, peer, as_bytes("hello"));
  ASSERT_TRUE(indication);
  EXPECT_EQ(indication->local, server_endpoint);
  EXPECT_EQ(indication->remote, client_endpoint);
  const Answer data(indication->payload);
  EXPECT_TRUE(data.message.is_indication());
  EXPECT_EQ(data.message.method(), Method::data);
  EXPECT_EQ(data.message.xor_peer_address(), peer);
  EXPECT_EQ(as_text(data.message.data().value()), "hello");
  EXPECT_FALSE(pass_from_peer(relayed_, other_peer, as_bytes("x")));
}

TEST_F(TurnPeers, Ts10_BoundPeerGivesChannelData) {
  bind(alice_, 0x4001);
  const auto framed = pass_from_peer(relayed_, peer, as_bytes("hello"));
  ASSERT_TRUE(framed);
  EXPECT_EQ(framed->payload, encode_channel_data(0x4001, as_bytes("hello")));
  // Another port of the peer has the permission, but not the channel.
  const auto unbound = pass_from_peer(relayed_, {peer.address, 9}, as_bytes("x"));
  ASSERT_TRUE(unbound);
  EXPECT_EQ(Answer(unbound->payload).message.method(), Method::data);
}

TEST_F(TurnPeers, Ts10_TooLargeToFrame) {
  permit(alice_);
  const Bytes largest(max_application_data, 0);
  const auto framed = pass_from_peer(relayed_, peer, largest);
  ASSERT_TRUE(framed);
  EXPECT_LE(framed->payload.size(), 65507U);
  EXPECT_FALSE(pass_from_peer(relayed_, peer, Bytes(max_application_data + 1, 0)));
  EXPECT_EQ(last_drop(), DropReason::too_large);
}

TEST_F(TurnPeers, Ts11_IcmpErrorBecomesDataIndication) {
  permit(alice_);
  const stun::IcmpError too_big{3, 4, 1280};
  server_.receive_icmp_error(relayed_, peer, too_big, now_);
  const auto indication = transmitted();
  ASSERT_TRUE(indication);
  const Answer data(indication->payload);
  EXPECT_EQ(data.message.method(), Method::data);
  EXPECT_EQ(data.message.xor_peer_address(), peer);
  EXPECT_EQ(data.message.icmp(), too_big);
  EXPECT_FALSE(data.message.data());
}

TEST_F(TurnPeers, Ts11_OtherIcmpIsDropped) {
  permit(alice_);
  server_.receive_icmp_error(relayed_, peer, {8, 0, 0}, now_);
  EXPECT_FALSE(transmitted());
  EXPECT_EQ(last_drop(), DropReason::icmp_irrelevant);
  server_.receive_icmp_error(relayed_, other_peer, {3, 3, 0}, now_);
  EXPECT_FALSE(transmitted());
  EXPECT_EQ(last_drop(), DropReason::no_permission);
}

TEST_F(TurnPeers, Ts12_ChannelNumbers) {
  std::uint16_t port = 1;
  for (const int bad : {0x0000, 0x3fff, 0x5000, 0x7fff, 0xffff}) {
    const auto number = static_cast<std::uint16_t>(bad);
    EXPECT_EQ(bind(alice_, number, {peer.address, port++})->code(), 400) << bad;
  }
  EXPECT_EQ(bind(alice_, 0x4000, {peer.address, port++})->code(), 0);
  EXPECT_EQ(bind(alice_, 0x4fff, {peer.address, port++})->code(), 0);
}

// Clients that follow RFC 5766 §11 bind any number below 0x7fff.
TEST(TurnChannels, Ts12_ALegacyServerTakesTheOldRange) {
  EXPECT_TRUE(is_channel_number(0x7ffe, last_legacy_channel));
  EXPECT_FALSE(is_channel_number(0x7fff, last_legacy_channel));
  EXPECT_FALSE(is_channel_number(0x3fff, last_legacy_channel));
  const Bytes message = {0x7f, 0xfe, 0x00, 0x01, 0x2a};
  EXPECT_FALSE(ChannelData::matches(message));
  EXPECT_TRUE(ChannelData::matches(message, last_legacy_channel));
  EXPECT_FALSE(ChannelData::parse(message));
  EXPECT_EQ(ChannelData::parse(message, last_legacy_channel)->number, 0x7ffe);
}

TEST_F(TurnPeers, Ts12_SamePairRefreshesAndOthersConflict) {
  EXPECT_EQ(bind(alice_, 0x4000)->code(), 0);
  EXPECT_EQ(bind(alice_, 0x4000)->code(), 0);
  EXPECT_EQ(bind(alice_, 0x4000, other_peer)->code(), 400);
  EXPECT_EQ(bind(alice_, 0x4001)->code(), 400);
  EXPECT_EQ(bind(alice_, 0x4001, other_peer)->code(), 0);
  const auto installed = events<ChannelInstalled>();
  ASSERT_EQ(installed.size(), 3U);
  EXPECT_FALSE(installed[0].refreshed);
  EXPECT_TRUE(installed[1].refreshed);
}

TEST_F(TurnPeers, Ts12_BindInstallsPermissionFor300SecondsAndChannelFor600) {
  bind(alice_, 0x4000);
  const Time made = now_;
  run_until(made + seconds(299));
  EXPECT_TRUE(send_channel(0x4000, "x"));
  run_until(made + seconds(300));
  EXPECT_FALSE(send_channel(0x4000, "x"));
  EXPECT_EQ(last_drop(), DropReason::no_permission);
  permit(alice_);
  run_until(made + seconds(600) - nanoseconds(1));
  EXPECT_TRUE(send_channel(0x4000, "x"));
  run_until(made + seconds(600));
  permit(alice_);
  EXPECT_FALSE(send_channel(0x4000, "x"));
  EXPECT_EQ(last_drop(), DropReason::channel_unknown);
  EXPECT_EQ(events<PacketDropped>().back().channel, 0x4000);
}

TEST_F(TurnPeers, Ts12_MissingPartsAre400) {
  EXPECT_EQ(ask(alice_, Method::channel_bind)->code(), 400);
  EXPECT_EQ(ask(alice_, Method::channel_bind, [](auto& m) { m.xor_peer_address(peer); })->code(),
            400);
  EXPECT_EQ(ask(alice_, Method::channel_bind, [](auto& m) { m.channel_number(0x4000); })->code(),
            400);
  EXPECT_EQ(bind(alice_, 0x4000, {peer.address, 0})->code(), 400);
  EXPECT_EQ(bind(alice_, 0x4000, {IpAddress::parse("2001:db8::1").value(), 1})->code(), 443);
}

TEST_F(TurnPeers, Ts13_QuarantineOf5MinutesInBothDirections) {
  bind(alice_, 0x4000);
  const Time made = now_;
  run_until(made + seconds(600));
  EXPECT_EQ(time_of<ChannelExpired>(), made + seconds(600));
  run_until(made + seconds(900) - nanoseconds(1));
  EXPECT_EQ(bind(alice_, 0x4000, other_peer)->code(), 400);
  EXPECT_EQ(bind(alice_, 0x4001, peer)->code(), 400);
  run_until(made + seconds(900));
  EXPECT_EQ(bind(alice_, 0x4000, other_peer)->code(), 0);
  EXPECT_EQ(bind(alice_, 0x4001, peer)->code(), 0);
}

TEST_F(TurnPeers, Ts13_SamePairMayBeBoundAgainInQuarantine) {
  bind(alice_, 0x4000);
  run_until(now_ + seconds(700));
  EXPECT_FALSE(send_channel(0x4000, "x"));
  EXPECT_EQ(bind(alice_, 0x4000)->code(), 0);
  EXPECT_TRUE(send_channel(0x4000, "x"));
  EXPECT_FALSE(events<ChannelInstalled>().back().refreshed);
}

TEST_F(TurnPeers, Ts14_PaddedAndUnpaddedChannelData) {
  bind(alice_, 0x4000);
  EXPECT_EQ(as_text(send_channel(0x4000, "hello")->payload), "hello");
  Bytes padded = encode_channel_data(0x4000, as_bytes("hello"));
  padded.resize(padded.size() + 3);
  EXPECT_EQ(as_text(pass(client_endpoint, padded)->payload), "hello");
  Bytes cut = encode_channel_data(0x4000, as_bytes("hello"));
  cut.pop_back();
  EXPECT_FALSE(pass(client_endpoint, cut));
  EXPECT_EQ(last_drop(), DropReason::malformed);
}

TEST_F(TurnPeers, Ts15_EmptyPayloadIsAnEmptyDatagram) {
  bind(alice_, 0x4000);
  const auto by_channel = send_channel(0x4000, "");
  ASSERT_TRUE(by_channel);
  EXPECT_TRUE(by_channel->payload.empty());
  const auto by_send = send(peer, "");
  ASSERT_TRUE(by_send);
  EXPECT_TRUE(by_send->payload.empty());
  EXPECT_EQ(pass_from_peer(relayed_, peer, {})->payload, encode_channel_data(0x4000, {}));
}

TEST_F(TurnPeers, Ts16_DontFragmentIsNotSupportedAndSaysSo) {
  User other("alice", "secret", {client_endpoint.address, 5001});
  const auto answer = allocate(other, [](auto& m) {
    ask_udp(m);
    m.dont_fragment();
  });
  EXPECT_EQ(answer->code(), 420);
  EXPECT_EQ(answer->message.unknown_attributes(), std::vector<std::uint16_t>{0x001a});
  permit(alice_);
  const Bytes indication = stun::MessageBuilder(stun::MessageClass::indication, Method::send, {})
                               .xor_peer_address(peer)
                               .dont_fragment()
                               .data(as_bytes("x"))
                               .take();
  EXPECT_FALSE(pass(client_endpoint, indication));
  EXPECT_EQ(last_drop(), DropReason::unknown_attribute);
}

TEST_F(TurnPeers, Ts17_DeniedPeersAre403) {
  for (const auto* text : {"127.0.0.1:80", "0.0.0.0:80", "169.254.169.254:80", "224.0.0.1:80"}) {
    const Endpoint denied = Endpoint::parse(text).value();
    EXPECT_EQ(permit(alice_, denied)->code(), 403) << text;
    EXPECT_EQ(bind(alice_, 0x4000, denied)->code(), 403) << text;
  }
  EXPECT_EQ(permit(alice_, {IpAddress::v4(10, 0, 0, 1), 80})->code(), 0)
      << "private peers are the operator's choice";
}

TEST_F(TurnPeers, Ts17_TheServerItselfIsNoPeer) {
  EXPECT_EQ(bind(alice_, 0x4000, server_endpoint)->code(), 403);
  EXPECT_EQ(bind(alice_, 0x4000, {server_endpoint.address, 443})->code(), 403) << "by TCP or TLS";
  // Its address may be a peer: another relay of the same server can be there.
  EXPECT_EQ(permit(alice_, server_endpoint)->code(), 0);
  EXPECT_FALSE(send(server_endpoint, "x"));
  EXPECT_EQ(last_drop(), DropReason::peer_denied);
}

TEST_F(TurnPeers, Ts17_RelayToRelayOnOneServer) {
  User bob("bob", "hidden", {IpAddress::v4(192, 0, 2, 2), 5000});
  const auto bobs = allocate(bob)->message.xor_relayed_address().value();
  permit(alice_, bobs);
  permit(bob, relayed_);
  const auto outbound = send(bobs, "hello");
  ASSERT_TRUE(outbound);
  EXPECT_EQ(outbound->local, relayed_);
  EXPECT_EQ(outbound->remote, bobs);
  const auto inbound = pass_from_peer(bobs, relayed_, outbound->payload);
  ASSERT_TRUE(inbound);
  EXPECT_EQ(inbound->remote, bob.endpoint);
}

TEST_F(TurnPeers, WhatIsNotForAServerIsDroppedWithAReason) {
  EXPECT_FALSE(pass(client_endpoint, as_bytes("no STUN at all, I fear")));
  EXPECT_EQ(last_drop(), DropReason::malformed);
  EXPECT_FALSE(pass(client_endpoint, {}));
  EXPECT_EQ(last_drop(), DropReason::malformed);
  const auto of = [&](stun::MessageClass c, Method m) {
    return stun::MessageBuilder(c, m, {}).take();
  };
  EXPECT_FALSE(pass(client_endpoint, of(stun::MessageClass::success_response, Method::refresh)));
  EXPECT_EQ(last_drop(), DropReason::unexpected_class);
  EXPECT_FALSE(pass(client_endpoint, of(stun::MessageClass::request, Method::connect)));
  EXPECT_EQ(last_drop(), DropReason::unknown_method);
  EXPECT_FALSE(pass(client_endpoint, of(stun::MessageClass::indication, Method::data)));
  EXPECT_EQ(last_drop(), DropReason::unknown_method);
  const auto drops = events<PacketDropped>().size();
  EXPECT_FALSE(pass(client_endpoint, of(stun::MessageClass::indication, Method::binding)));
  EXPECT_EQ(events<PacketDropped>().size(), drops) << "a keepalive is not a loss";
}

TEST_F(TurnPeers, WithoutAllocationNothingIsRelayed) {
  const Endpoint stranger{IpAddress::v4(192, 0, 2, 9), 1};
  EXPECT_FALSE(pass(stranger, send_indication(peer, "x")));
  EXPECT_EQ(last_drop(), DropReason::no_allocation);
  EXPECT_FALSE(pass(stranger, encode_channel_data(0x4000, as_bytes("x"))));
  EXPECT_EQ(last_drop(), DropReason::no_allocation);
  EXPECT_FALSE(pass_from_peer({relay_address, 1}, peer, as_bytes("x")));
  EXPECT_EQ(last_drop(), DropReason::no_allocation);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
