// Allocations with a relayed address of each family, on the server (RFC 8656 §7.2 and §8).
#include "server_probe.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::Method;

const IpAddress relay_v6 = IpAddress::parse("2001:db8::20").value();
const Endpoint peer_v6{IpAddress::parse("2001:db8:1::7").value(), 4000};

void ask_both(stun::MessageBuilder& message) {
  message.requested_transport(17).additional_address_family(Family::ipv6);
}

class TurnDualAllocation : public ServerProbe {
 protected:
  TurnDualAllocation() { restart(both()); }

  static ServerOptions both() {
    ServerOptions options = server_options();
    options.relay_addresses = {relay_address, relay_v6};
    return options;
  }
  // The one allocation's address of this family.
  Endpoint relay(Family family) const {
    return server_.allocations().at(0)->relay_of(family)->address;
  }
  std::unique_ptr<Answer> refresh_one(User& user, Family family, std::uint32_t lifetime) {
    return ask(user, Method::refresh,
               [&](auto& m) { m.lifetime(lifetime).requested_address_family(family); });
  }
};

TEST_F(TurnDualAllocation, Ts05_OneAddressOfEachFamily) {
  User alice;
  const auto answer = allocate(alice, ask_both);
  const auto relayed = answer->message.xor_relayed_addresses();
  ASSERT_TRUE(relayed);
  ASSERT_EQ(relayed->size(), 2U);
  EXPECT_EQ((*relayed)[0].address, relay_address);
  EXPECT_EQ((*relayed)[1].address, relay_v6);
  EXPECT_FALSE(answer->message.address_error_code());
  EXPECT_EQ(answer->message.xor_mapped_address(), client_endpoint);
  const auto opened = events<OpenRelay>();
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[0].relay, (*relayed)[0]);
  EXPECT_EQ(opened[1].relay, (*relayed)[1]);
  EXPECT_EQ(server_.allocations().size(), 1U);
}

TEST_F(TurnDualAllocation, Ts05_AnAllocateSentAgainGetsTheSameSuccess) {
  restart(server_options());
  User alice;
  const auto id = stun::TransactionId::draw(random_);
  const auto first = ask(alice, Method::allocate, ask_both, id);
  const auto second = ask(alice, Method::allocate, ask_both, id);
  EXPECT_EQ(first->message.xor_relayed_addresses(), second->message.xor_relayed_addresses());
  ASSERT_TRUE(second->message.address_error_code());
  EXPECT_EQ(events<OpenRelay>().size(), 1U);
}

TEST_F(TurnDualAllocation, Ts05_PartialFailureIsASuccessThatSaysSo) {
  const auto missing = [&](std::vector<IpAddress> addresses) {
    ServerOptions options = both();
    options.relay_addresses = std::move(addresses);
    restart(options);
    User alice;
    const auto answer = allocate(alice, ask_both);
    EXPECT_EQ(answer->code(), 0);
    EXPECT_EQ(answer->message.xor_relayed_addresses()->size(), 1U);
    const auto error = answer->message.address_error_code();
    return std::pair(error->family, error->error.number);
  };
  EXPECT_EQ(missing({relay_address}),
            std::pair(Family::ipv6, ErrorNumber::address_family_not_supported));
  EXPECT_EQ(missing({relay_v6}),
            std::pair(Family::ipv4, ErrorNumber::address_family_not_supported));
  // Both families are served, but the one port of IPv6 is taken.
  ServerOptions options = both();
  options.first_relay_port = 50000;
  options.last_relay_port = 50000;
  restart(options);
  User six("alice", "secret", {client_endpoint.address, 5001});
  allocate(six, [](auto& m) { m.requested_transport(17).requested_address_family(Family::ipv6); });
  User alice;
  const auto answer = allocate(alice, ask_both);
  EXPECT_EQ(answer->message.xor_relayed_address(), (Endpoint{relay_address, 50000}));
  EXPECT_EQ(answer->message.address_error_code()->error.number, ErrorNumber::insufficient_capacity);
  User late("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(allocate(late, ask_both)->code(), 508) << "neither is free";
  options.relay_addresses = {};
  restart(options);
  EXPECT_EQ(allocate(alice, ask_both)->code(), 440) << "neither is served";
}

TEST_F(TurnDualAllocation, Ts05_Conflicts) {
  User alice;
  const auto with = [&](const Fill& fill) {
    return allocate(alice,
                    [&](auto& m) {
                      ask_both(m);
                      fill(m);
                    })
        ->code();
  };
  EXPECT_EQ(with([](auto& m) { m.reservation_token({1, 2, 3}); }), 400);
  EXPECT_EQ(with([](auto& m) { m.even_port(true); }), 400);
  EXPECT_EQ(with([](auto& m) { m.requested_address_family(Family::ipv4); }), 400);
  EXPECT_EQ(
      allocate(alice,
               [](auto& m) { m.requested_transport(17).additional_address_family(Family::ipv4); })
          ->code(),
      400)
      << "the additional one is IPv6";
  EXPECT_EQ(with([](auto& m) { m.even_port(false); }), 0);
  EXPECT_EQ(relay(Family::ipv4).port % 2, 0);
  EXPECT_EQ(relay(Family::ipv6).port % 2, 0);
}

TEST_F(TurnDualAllocation, Ts05_PeersGoByTheAddressOfTheirFamily) {
  User alice;
  allocate(alice, ask_both);
  EXPECT_EQ(ask(alice, Method::create_permission,
                [](auto& m) { m.xor_peer_address(peer).xor_peer_address(peer_v6); })
                ->code(),
            0);
  EXPECT_EQ(bind(alice, 0x4000, peer_v6)->code(), 0);
  EXPECT_EQ(pass(client_endpoint, send_indication(peer, "four"))->local, relay(Family::ipv4));
  EXPECT_EQ(pass(client_endpoint, send_indication(peer_v6, "six"))->local, relay(Family::ipv6));
  const auto data = pass_from_peer(relay(Family::ipv6), peer_v6, as_bytes("back"));
  ASSERT_TRUE(data);
  EXPECT_EQ(data->remote, client_endpoint);
  const auto channels = events<ChannelInstalled>();
  ASSERT_EQ(channels.size(), 1U);
  EXPECT_EQ(channels[0].relay, relay(Family::ipv6));
}

TEST_F(TurnDualAllocation, Ts05_RefreshOfOneFamilyOrOfBoth) {
  User alice;
  allocate(alice, ask_both);
  const Time made = now_;
  run_until(made + seconds(300));
  EXPECT_EQ(refresh_one(alice, Family::ipv6, 600)->code(), 0);
  const auto expires = [&](Family family) {
    return server_.allocations().at(0)->relay_of(family)->expires;
  };
  EXPECT_EQ(expires(Family::ipv4), made + seconds(600));
  EXPECT_EQ(expires(Family::ipv6), made + seconds(900));
  run_until(made + seconds(400));
  EXPECT_EQ(refresh(alice)->code(), 0);
  EXPECT_EQ(expires(Family::ipv4), made + seconds(1000));
  EXPECT_EQ(expires(Family::ipv6), made + seconds(1000));
}

TEST_F(TurnDualAllocation, Ts05_EachFamilyExpiresForItself) {
  User alice;
  allocate(alice, ask_both);
  const Endpoint four = relay(Family::ipv4);
  permit(alice, peer);
  permit(alice, peer_v6);
  const Time made = now_;
  run_until(made + seconds(599));
  refresh_one(alice, Family::ipv6, 600);
  permit(alice, peer_v6);
  run_until(made + seconds(600));
  ASSERT_EQ(server_.allocations().size(), 1U);
  const auto ended = events<AllocationEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].relay, four);
  EXPECT_EQ(ended[0].why, AllocationEnded::Why::expired);
  EXPECT_EQ(permit(alice, peer)->code(), 443);
  EXPECT_TRUE(pass(client_endpoint, send_indication(peer_v6, "six")));
  run_until(made + seconds(1199));
  EXPECT_TRUE(server_.allocations().empty());
}

TEST_F(TurnDualAllocation, Ts05_DeletingOneFamilyLeavesTheOther) {
  User alice;
  allocate(alice, ask_both);
  const Endpoint four = relay(Family::ipv4);
  const Endpoint six = relay(Family::ipv6);
  bind(alice, 0x4000, peer);
  bind(alice, 0x4001, peer_v6);
  const auto answer = refresh_one(alice, Family::ipv4, 0);
  EXPECT_EQ(answer->code(), 0);
  EXPECT_EQ(answer->message.lifetime(), 0U);
  ASSERT_EQ(events<CloseRelay>().size(), 1U);
  EXPECT_EQ(events<CloseRelay>()[0].relay, four);
  EXPECT_FALSE(pass(client_endpoint, send_indication(peer, "gone")));
  EXPECT_EQ(last_drop(), DropReason::peer_family);
  EXPECT_TRUE(pass_from_peer(six, peer_v6, as_bytes("stays")));
  EXPECT_EQ(refresh_one(alice, Family::ipv4, 600)->code(), 443);
  // The last one ends the allocation.
  EXPECT_EQ(refresh_one(alice, Family::ipv6, 0)->code(), 0);
  EXPECT_TRUE(server_.allocations().empty());
  EXPECT_EQ(server_.next_timeout(), Time::never());
}

TEST_F(TurnDualAllocation, Ts05_TheEndOfTheWholeClosesBothRelays) {
  User alice;
  allocate(alice, ask_both);
  EXPECT_EQ(refresh(alice, 0)->code(), 0);
  EXPECT_EQ(events<AllocationEnded>().size(), 2U);
  EXPECT_EQ(events<CloseRelay>().size(), 2U);
  EXPECT_TRUE(server_.allocations().empty());
}

TEST_F(TurnDualAllocation, Ts05_CountsOnceAgainstTheQuota) {
  ServerOptions options = both();
  options.user_quota = 2;
  restart(options);
  User alice;
  User second("alice", "secret", {client_endpoint.address, 5001});
  User third("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(allocate(alice, ask_both)->code(), 0);
  EXPECT_EQ(allocate(second, ask_both)->code(), 0);
  EXPECT_EQ(allocate(third, ask_both)->code(), 486);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
