// How a TURN server makes, prolongs and ends allocations (RFC 8656 §5–8).
#include "server_probe.h"

#include <functional>
#include <stdexcept>

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

using stun::AttributeType;
using stun::Method;

class TurnAllocations : public ServerProbe {};

TEST_F(TurnAllocations, Ts01_EveryRequestIsAuthenticated) {
  User alice;
  for (const Method method :
       {Method::allocate, Method::refresh, Method::create_permission, Method::channel_bind}) {
    const auto answer = once(alice, method);
    EXPECT_EQ(answer->code(), 401) << to_string(method);
    EXPECT_EQ(answer->message.realm(), "example.org");
    EXPECT_TRUE(answer->message.nonce());
  }
  EXPECT_TRUE(server_.allocations().empty());
  User mallory("alice", "guessed");
  EXPECT_EQ(allocate(mallory)->code(), 401);
  EXPECT_EQ(allocate(alice)->code(), 0);
}

TEST_F(TurnAllocations, Ts01_NonceExpires) {
  User alice;
  allocate(alice);
  run_until(now_ + seconds(600) - nanoseconds(1));
  EXPECT_EQ(once(alice, Method::refresh)->code(), 0);
  run_until(now_ + nanoseconds(1));  // the nonce is 600 s old
  const auto stale = once(alice, Method::refresh);
  EXPECT_EQ(stale->code(), 438);
  EXPECT_NE(stale->message.nonce(), alice.credentials.nonce());
  EXPECT_EQ(refresh(alice)->code(), 0);
}

TEST_F(TurnAllocations, Ts02_RequestWithoutAllocationIs437) {
  User alice;
  EXPECT_EQ(refresh(alice)->code(), 437);
  EXPECT_EQ(permit(alice)->code(), 437);
  EXPECT_EQ(bind(alice, 0x4000)->code(), 437);
  // The same user from another port is another 5-tuple.
  allocate(alice);
  User elsewhere("alice", "secret", {client_endpoint.address, 5001});
  EXPECT_EQ(permit(elsewhere)->code(), 437);
}

TEST_F(TurnAllocations, Ts02_AnotherUserOfTheAllocationIs441) {
  User alice;
  allocate(alice);
  User bob("bob", "hidden");
  EXPECT_EQ(refresh(bob)->code(), 441);
  EXPECT_EQ(permit(bob)->code(), 441);
  EXPECT_EQ(bind(bob, 0x4000)->code(), 441);
  EXPECT_EQ(allocate(bob)->code(), 437);
}

// Each request breaks all later rules as well, so its error shows the order of the checks.
TEST_F(TurnAllocations, Ts03_ChecksInOrder) {
  ServerOptions options = server_options();
  options.alternate_server = Endpoint{IpAddress::v4(203, 0, 113, 11), 3478};
  options.user_quota = 0;
  options.first_relay_port = options.last_relay_port = 50001;
  restart(options);
  User alice;
  EXPECT_EQ(once(alice, Method::allocate)->code(), 401);
  EXPECT_EQ(allocate(alice, {})->code(), 400) << "REQUESTED-TRANSPORT is missing";
  const auto with = [&](std::vector<Fill> fills) {
    return allocate(alice,
                    [&](auto& m) {
                      for (const Fill& fill : fills) fill(m);
                    })
        ->code();
  };
  const Fill tcp = [](auto& m) { m.requested_transport(6); };
  const Fill dont_fragment = [](auto& m) { m.dont_fragment(); };
  const Fill token = [](auto& m) { m.reservation_token({1, 2, 3}); };
  const Fill ipv6 = [](auto& m) { m.requested_address_family(Family::ipv6); };
  const Fill even = [](auto& m) { m.even_port(false); };
  EXPECT_EQ(with({tcp, dont_fragment, token, ipv6, even}), 442);
  EXPECT_EQ(with({ask_udp, dont_fragment, token, ipv6, even}), 420);
  EXPECT_EQ(with({ask_udp, token, ipv6}), 400);
  EXPECT_EQ(with({ask_udp, token, even}), 400);
  EXPECT_EQ(with({ask_udp, token}), 508);
  EXPECT_EQ(with({ask_udp, ipv6, even}), 440);
  EXPECT_EQ(with({ask_udp, even}), 508) << "the only port is odd";
  EXPECT_EQ(with({ask_udp}), 486);
  options.user_quota.reset();
  restart(options);
  const auto redirect = allocate(alice);
  EXPECT_EQ(redirect->code(), 300);
  EXPECT_EQ(redirect->message.alternate_server(), options.alternate_server);
  options.alternate_server.reset();
  restart(options);
  EXPECT_EQ(allocate(alice)->code(), 0);
  EXPECT_EQ(allocate(alice)->code(), 437) << "a second Allocate, with another transaction id";
  User elsewhere("alice", "secret", {client_endpoint.address, 5001});
  EXPECT_EQ(allocate(elsewhere)->code(), 508) << "the only port is taken";
}

TEST_F(TurnAllocations, Ts03_UnknownAttributeIsNamed) {
  User alice;
  const auto answer = allocate(alice, [](auto& m) {
    ask_udp(m);
    m.attribute(static_cast<AttributeType>(0x7abc), {});
  });
  EXPECT_EQ(answer->code(), 420);
  EXPECT_EQ(answer->message.unknown_attributes(), std::vector<std::uint16_t>{0x7abc});
  EXPECT_EQ(allocate(alice,
                     [](auto& m) {
                       ask_udp(m);
                       m.attribute(static_cast<AttributeType>(0xbabc),
                                   {});  // comprehension-optional
                     })
                ->code(),
            0);
}

TEST_F(TurnAllocations, Ts03_RetransmittedAllocateGetsTheSameSuccess) {
  User alice;
  once(alice, Method::allocate, ask_udp);  // for the nonce
  alice.credentials.judge(once(alice, Method::allocate, ask_udp)->message, 0);
  const auto id = stun::TransactionId::draw(random_);
  const auto first = once(alice, Method::allocate, ask_udp, id);
  ASSERT_EQ(first->code(), 0);
  const auto again = once(alice, Method::allocate, ask_udp, id);
  EXPECT_EQ(again->bytes, first->bytes);
  EXPECT_EQ(server_.allocations().size(), 1U);
  EXPECT_EQ(events<AllocationCreated>().size(), 1U);
  // A retransmission of 31.5 s later is told what is left of the lifetime, in whole seconds.
  run_until(now_ + milliseconds(31'500));
  EXPECT_EQ(once(alice, Method::allocate, ask_udp, id)->message.lifetime(), 600U - 32U);
}

TEST_F(TurnAllocations, Ts04_Lifetime) {
  struct Case {
    std::optional<std::uint32_t> asked;
    std::uint32_t granted;
  };
  std::uint16_t port = 6000;
  for (const Case& c : {Case{std::nullopt, 600}, Case{0, 600}, Case{599, 600}, Case{601, 601},
                        Case{3600, 3600}, Case{3601, 3600}, Case{0xffff'ffff, 3600}}) {
    User alice("alice", "secret", {client_endpoint.address, port++});
    const auto answer = allocate(alice, [&](auto& m) {
      ask_udp(m);
      if (c.asked) m.lifetime(*c.asked);
    });
    ASSERT_EQ(answer->code(), 0);
    EXPECT_EQ(answer->message.lifetime(), c.granted);
    EXPECT_EQ(answer->message.xor_mapped_address(), alice.endpoint);
    const auto relayed = answer->message.xor_relayed_address();
    ASSERT_TRUE(relayed);
    EXPECT_EQ(relayed->address, relay_address);
    EXPECT_GE(relayed->port, 49152);
    EXPECT_EQ(server_.allocations().back()->expires(), now_ + seconds(c.granted));
  }
}

TEST_F(TurnAllocations, Ts04_ExpiresAtItsInstant) {
  User alice;
  const auto relayed = allocate(alice)->message.xor_relayed_address().value();
  permit(alice);
  const Time made = now_;
  run_until(made + seconds(599));
  EXPECT_EQ(server_.allocations().size(), 1U);
  // Even if nobody has called handle_timeout: the packet of that very instant is too late.
  now_ = made + seconds(600);
  EXPECT_FALSE(pass(client_endpoint, send_indication(peer, "x")));
  EXPECT_EQ(last_drop(), DropReason::no_allocation);
  EXPECT_TRUE(server_.allocations().empty());
  ASSERT_EQ(events<AllocationEnded>().size(), 1U);
  EXPECT_EQ(events<AllocationEnded>()[0].why, AllocationEnded::Why::expired);
  EXPECT_EQ(events<CloseRelay>()[0].relay, relayed);
  EXPECT_EQ(server_.next_timeout(), Time::never());
}

TEST_F(TurnAllocations, Ts04_Ipv6ByRequestedAddressFamily) {
  ServerOptions options = server_options();
  const auto v6 = IpAddress::parse("2001:db8::20").value();
  options.relay_addresses.push_back(v6);
  restart(options);
  User alice;
  EXPECT_EQ(allocate(alice)->message.xor_relayed_address()->address, relay_address);
  User six("alice", "secret", {client_endpoint.address, 5001});
  const auto answer = allocate(six, [](auto& m) {
    ask_udp(m);
    m.requested_address_family(Family::ipv6);
  });
  EXPECT_EQ(answer->message.xor_relayed_address()->address, v6);
  EXPECT_EQ(permit(six)->code(), 443);
  EXPECT_EQ(permit(six, {IpAddress::parse("2001:db8::7").value(), 1})->code(), 0);
}

TEST_F(TurnAllocations, Ts06_EvenPortReservesTheNextFor30Seconds) {
  User rtp;
  const auto answer = allocate(rtp, [](auto& m) {
    ask_udp(m);
    m.even_port(true);
  });
  const auto even = answer->message.xor_relayed_address().value();
  const auto token = answer->message.reservation_token();
  ASSERT_TRUE(token);
  EXPECT_EQ(even.port % 2, 0);
  const Fill claim = [&](auto& m) {
    ask_udp(m);
    m.reservation_token(*token);
  };
  run_until(now_ + seconds(30) - nanoseconds(1));
  User rtcp("alice", "secret", {client_endpoint.address, 5001});
  const auto claimed = allocate(rtcp, claim);
  ASSERT_EQ(claimed->code(), 0);
  EXPECT_EQ(claimed->message.xor_relayed_address(),
            (Endpoint{even.address, static_cast<std::uint16_t>(even.port + 1)}));
  EXPECT_FALSE(claimed->message.reservation_token());
  User third("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(allocate(third, claim)->code(), 508) << "a token is good once";
}

TEST_F(TurnAllocations, Ts06_ReservationEnds) {
  ServerOptions options = server_options();
  options.first_relay_port = 50000;
  options.last_relay_port = 50001;
  restart(options);
  User rtp;
  const Fill reserve = [](auto& m) {
    ask_udp(m);
    m.even_port(true);
  };
  const auto token = allocate(rtp, reserve)->message.reservation_token().value();
  User other("alice", "secret", {client_endpoint.address, 5001});
  EXPECT_EQ(allocate(other)->code(), 508) << "the other port is reserved";
  run_until(now_ + seconds(30));
  EXPECT_EQ(allocate(other,
                     [&](auto& m) {
                       ask_udp(m);
                       m.reservation_token(token);
                     })
                ->code(),
            508);
  EXPECT_EQ(allocate(other)->message.xor_relayed_address()->port, 50001);
}

TEST_F(TurnAllocations, Ts06_EvenPortAlone) {
  for (std::uint16_t port = 6000; port < 6020; ++port) {
    User alice("alice", "secret", {client_endpoint.address, port});
    const auto answer = allocate(alice, [](auto& m) {
      ask_udp(m);
      m.even_port(false);
    });
    EXPECT_EQ(answer->message.xor_relayed_address()->port % 2, 0);
    EXPECT_FALSE(answer->message.reservation_token());
  }
}

TEST_F(TurnAllocations, Ts07_RefreshWithLifetimeZeroDeletes) {
  User alice;
  const auto relayed = allocate(alice)->message.xor_relayed_address().value();
  const auto deleted = refresh(alice, 0);
  EXPECT_EQ(deleted->code(), 0);
  EXPECT_EQ(deleted->message.lifetime(), 0U);
  EXPECT_EQ(refresh(alice, 0)->code(), 437);
  EXPECT_EQ(events<AllocationEnded>().at(0).why, AllocationEnded::Why::deleted);
  EXPECT_EQ(events<CloseRelay>().at(0).relay, relayed);
}

TEST_F(TurnAllocations, Ts07_RefreshProlongs) {
  User alice;
  allocate(alice);
  run_until(now_ + seconds(500));
  EXPECT_EQ(refresh(alice, 900)->message.lifetime(), 900U);
  EXPECT_EQ(server_.next_timeout(), now_ + seconds(900));
  EXPECT_EQ(ask(alice, Method::refresh, [](auto& m) { m.requested_address_family(Family::ipv6); })
                ->code(),
            443);
  EXPECT_EQ(server_.allocations().size(), 1U);
}

TEST_F(TurnAllocations, Ts18_RelayPortIsKeptOutOfUse) {
  ServerOptions options = server_options();
  options.first_relay_port = options.last_relay_port = 50000;
  restart(options);
  User alice;
  allocate(alice);
  refresh(alice, 0);
  run_until(now_ + seconds(120) - nanoseconds(1));
  EXPECT_EQ(allocate(alice)->code(), 508);
  run_until(now_ + nanoseconds(1));
  EXPECT_EQ(allocate(alice)->message.xor_relayed_address()->port, 50000);
}

TEST_F(TurnAllocations, Ts18_QuotaIsFreedWithTheAllocation) {
  ServerOptions options = server_options();
  options.user_quota = 1;
  restart(options);
  User alice;
  User second("alice", "secret", {client_endpoint.address, 5001});
  User bob("bob", "hidden", {client_endpoint.address, 5002});
  EXPECT_EQ(allocate(alice)->code(), 0);
  EXPECT_EQ(allocate(second)->code(), 486);
  EXPECT_EQ(allocate(bob)->code(), 0) << "the quota is each user's own";
  refresh(alice, 0);
  EXPECT_EQ(allocate(second)->code(), 0);
}

TEST_F(TurnAllocations, Ts23_NonceOfARebound5TupleIsStaleNotWrong) {
  User alice;
  allocate(alice);
  alice.endpoint.port = 5001;
  EXPECT_EQ(once(alice, Method::refresh)->code(), 438);
  EXPECT_EQ(refresh(alice)->code(), 437);
}

TEST_F(TurnAllocations, Ts24_RestartedServerKnowsNoAllocation) {
  User alice;
  allocate(alice);
  permit(alice);
  server_ = Server(server_options(), Random(3));
  EXPECT_EQ(once(alice, Method::refresh)->code(), 438) << "a nonce of the old secret";
  EXPECT_EQ(refresh(alice)->code(), 437);
  EXPECT_EQ(permit(alice)->code(), 437);
  EXPECT_EQ(bind(alice, 0x4000)->code(), 437);
  EXPECT_EQ(allocate(alice)->code(), 0);
}

TEST_F(TurnAllocations, AnswersBindingRequestsOfAnyone) {
  User nobody("nobody", "");
  const auto answer = once(nobody, Method::binding);
  EXPECT_TRUE(answer->message.is_success());
  EXPECT_EQ(answer->message.xor_mapped_address(), client_endpoint);
}

TEST_F(TurnAllocations, ImpossibleOptionsAreRefused) {
  const auto refuses = [](const std::function<void(ServerOptions&)>& change) {
    ServerOptions options = server_options();
    change(options);
    EXPECT_THROW(Server(options, Random(1)), std::invalid_argument);
  };
  refuses([](auto& o) { o.listening.clear(); });
  refuses([](auto& o) { o.realm.clear(); });
  refuses([](auto& o) { o.realm = std::string(128, 'r'); });
  refuses([](auto& o) { o.software = std::string(128, 's'); });
  refuses([](auto& o) { o.first_relay_port = 0; });
  refuses([](auto& o) { o.last_relay_port = 49151; });
  refuses([](auto& o) { o.max_lifetime = seconds(599); });
  refuses([](auto& o) { o.min_lifetime = seconds(601); });
  refuses([](auto& o) { o.nonce_lifetime = {}; });
  refuses([](auto& o) { o.channel_quarantine = seconds(-1); });
}

TEST_F(TurnAllocations, EventsReadAsText) {
  User alice;
  allocate(alice);
  std::vector<std::string> lines;
  for (const auto& [at, event] : events_) lines.push_back(to_string(event));
  const std::string relay = to_string(server_.allocations()[0]->relay());
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                "refused Allocate of 192.0.2.1:5000: 401 Unauthenticated", "open relay " + relay,
                "allocated " + relay + " to 192.0.2.1:5000 (alice) for 600s"}));
  bind(alice, 0x4001);
  run_until(now_ + seconds(1));
  EXPECT_EQ(server_.describe(now_), relay + " for 192.0.2.1:5000 (alice), 599s left\n" +
                                        "  permission 198.51.100.7, 299s left\n" +
                                        "  channel 0x4001 198.51.100.7:4000, 599s left\n");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
