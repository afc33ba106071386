// How a TURN client gets its allocation (RFC 8656 §7).
#include "turn_network.h"

#include <type_traits>

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

using stun::ErrorNumber;
using stun::MessageClass;
using stun::Method;

static_assert(std::is_move_constructible_v<Client> && std::is_move_assignable_v<Client>);

class TurnClientAllocate : public TurnNetwork {
 protected:
  // The only Failed event.
  Failed failure() const {
    const auto failures = client_events<Failed>();
    EXPECT_EQ(failures.size(), 1U);
    return failures.empty() ? Failed{} : failures[0];
  }
};

TEST_F(TurnClientAllocate, Tc01_ChallengeThenAllocated) {
  const Time start = now_;
  const Client& client = allocated();
  EXPECT_EQ(first_time_of<Allocated>(), start + round_trip * 2);
  const auto made = client_events<Allocated>().at(0);
  EXPECT_EQ(made.relayed, client.relayed());
  EXPECT_EQ(made.mapped, local);
  EXPECT_EQ(made.lifetime, seconds(600));
  // Counted from the sending of the request that was granted.
  EXPECT_EQ(client.expires_at(), start + round_trip + seconds(600));
  EXPECT_EQ(request_times(Method::allocate), (std::vector<Time>{start, start + round_trip}));
}

TEST_F(TurnClientAllocate, Tc01_FirstRequestHasNoUsername) {
  allocated();
  const auto first = stun::MessageView::parse(seen_.at(0).bytes).value();
  EXPECT_FALSE(first.username());
  EXPECT_FALSE(first.has(stun::AttributeType::message_integrity));
  EXPECT_EQ(first.requested_transport(), 17);
}

TEST_F(TurnClientAllocate, Tc01_WrongPasswordFailsWithoutLoop) {
  add_server(server_options());
  ClientOptions options = client_options();
  options.password = "guessed";
  add_client(options).start(now_);
  run_for(seconds(100));
  EXPECT_EQ(failure().why, Failure::bad_credentials);
  EXPECT_EQ(failure().code, 401);
  EXPECT_EQ(request_times(Method::allocate).size(), 2U);
}

TEST_F(TurnClientAllocate, Tc01_StaleNonceIsRetriedWithTheNewOne) {
  add_server(server_options());
  Client& client = add_client(client_options());
  client.start(now_);
  run_for(one_way);
  // The nonce is in the 401 on its way; from here on it is one of an older secret.
  servers_.at(server_endpoint) = std::make_unique<Server>(server_options(), Random(8));
  run_for(round_trip * 3);
  EXPECT_EQ(client.state(), Client::State::allocated);
  EXPECT_EQ(count_errors(ErrorNumber::stale_nonce), 1U);
}

TEST_F(TurnClientAllocate, Tc01_EverNewNoncesAreGivenUp) {
  ServerOptions options = server_options();
  options.nonce_lifetime = nanoseconds(1);
  add_server(options);
  add_client(client_options()).start(now_);
  run_for(seconds(10));
  EXPECT_EQ(failure().why, Failure::refused);
  EXPECT_EQ(failure().code, 438);
  EXPECT_EQ(request_times(Method::allocate).size(), 1U + 8U);
}

TEST_F(TurnClientAllocate, Tc01_RedirectIsFollowed) {
  ServerOptions first = server_options();
  first.alternate_server = second_server;
  add_server(first);
  add_server(server_options(second_server));
  Client& client = add_client(client_options());
  client.start(now_);
  run_for(round_trip * 4);
  EXPECT_EQ(client.state(), Client::State::allocated);
  EXPECT_EQ(client.server(), second_server);
  EXPECT_EQ(client_events<Redirected>().at(0).to, second_server);
}

TEST_F(TurnClientAllocate, Tc01_RedirectLoopFails) {
  ServerOptions first = server_options();
  first.alternate_server = second_server;
  ServerOptions second = server_options(second_server);
  second.alternate_server = server_endpoint;
  add_server(first);
  add_server(second);
  add_client(client_options()).start(now_);
  run_for(seconds(10));
  EXPECT_EQ(failure().why, Failure::redirect_refused);
  EXPECT_EQ(failure().code, 300);
}

TEST_F(TurnClientAllocate, Tc01_RedirectToLoopbackOrOtherFamilyFails) {
  for (const auto* text : {"127.0.0.1:3478", "[2001:db8::1]:3478", "203.0.113.11:0"}) {
    ServerOptions options = server_options();
    options.alternate_server = Endpoint::parse(text);
    add_server(options);
    client_events_.clear();
    Client& client = add_client(client_options());
    client.start(now_);
    run_for(seconds(1));
    EXPECT_EQ(failure().why, Failure::redirect_refused) << text;
    crash(client);
  }
}

TEST_F(TurnClientAllocate, Tc01_MismatchAsksForANewPort) {
  crash(allocated());
  Client& client = add_client(client_options());
  client.start(now_);
  run_for(round_trip * 2);
  EXPECT_EQ(client_events<NeedNewLocalPort>().size(), 1U);
  EXPECT_EQ(client.state(), Client::State::needs_new_port);
  EXPECT_EQ(client.next_timeout(), Time::never());
  client.set_local({local.address, 5001}, now_);
  run_for(round_trip * 2);  // the nonce is bound to the old port: 438 comes first
  EXPECT_EQ(client.state(), Client::State::allocated);
  EXPECT_EQ(client.mapped(), (Endpoint{local.address, 5001}));
}

TEST_F(TurnClientAllocate, Tc01_MismatchOnThreePortsFails) {
  add_server(server_options());
  for (std::uint16_t port = 5000; port < 5003; ++port) {
    Client& former = add_client(client_options({local.address, port}));
    former.start(now_);
    run_for(round_trip * 2);
    ASSERT_EQ(former.state(), Client::State::allocated);
    crash(former);
  }
  Client& client = add_client(client_options());
  client.start(now_);
  run_for(seconds(1));
  client.set_local({local.address, 5001}, now_);
  run_for(seconds(1));
  client.set_local({local.address, 5002}, now_);
  run_for(seconds(1));
  EXPECT_EQ(client_events<NeedNewLocalPort>().size(), 2U);
  EXPECT_EQ(failure().why, Failure::port_mismatch);
  EXPECT_EQ(failure().code, 437);
}

TEST_F(TurnClientAllocate, Tc01_OtherErrorsGiveUpAtOnce) {
  const auto expect_code = [&](Client& client, int code) {
    client_events_.clear();
    seen_.clear();
    client.start(now_);
    run_for(seconds(120));
    EXPECT_EQ(client.next_timeout(), Time::never());
    EXPECT_EQ(request_times(Method::allocate).size(), 2U);
    EXPECT_EQ(failure().why, Failure::refused);
    EXPECT_EQ(failure().code, code);
  };
  ServerOptions quota = server_options();
  quota.user_quota = 1;
  allocated(client_options({local.address, 5001}), quota);
  expect_code(add_client(client_options({local.address, 5002})), 486);

  ServerOptions one_port = server_options();
  one_port.first_relay_port = one_port.last_relay_port = 50000;
  allocated(client_options({local.address, 5003}), one_port);
  expect_code(add_client(client_options({local.address, 5004})), 508);

  ClientOptions ipv6 = client_options({local.address, 5005});
  ipv6.family = Family::ipv6;
  expect_code(add_client(ipv6), 440);
}

TEST_F(TurnClientAllocate, Tc01_SilentServerFailsAfter39500Milliseconds) {
  const Time start = now_;
  add_client(client_options()).start(now_);
  run_for(seconds(60));
  EXPECT_EQ(failure().why, Failure::timeout);
  EXPECT_EQ(failure().code, 0);
  EXPECT_EQ(first_time_of<Failed>(), start + milliseconds(39'500));
}

TEST_F(TurnClientAllocate, Tc01_LostAllocateSuccessIsRepeated) {
  lose_next(Method::allocate, MessageClass::success_response);
  const Time start = now_;
  add_server(server_options());
  Client& client = add_client(client_options());
  client.start(now_);
  run_for(seconds(2));
  // Sent at one round trip, again 500 ms later.
  EXPECT_EQ(first_time_of<Allocated>(), start + round_trip * 2 + milliseconds(500));
  EXPECT_EQ(server_events<AllocationCreated>().size(), 1U);
  EXPECT_EQ(client.relayed(), server_events<AllocationCreated>()[0].relay);
}

TEST_F(TurnClientAllocate, Tc02_ForgedResponsesAreAsIfNeverReceived) {
  add_server(server_options());
  lose([](const Seen& seen) { return seen.message_class == MessageClass::success_response; });
  Client& client = add_client(client_options());
  const Time start = now_;
  client.start(now_);
  run_for(round_trip + one_way);
  const auto request = stun::MessageView::parse(seen_.at(2).bytes).value();
  ASSERT_EQ(request.method(), Method::allocate);
  const Endpoint relayed{IpAddress::v4(203, 0, 113, 66), 1};
  inject(server_endpoint, local,
         stun::MessageBuilder::success_response(request)
             .xor_relayed_address(relayed)
             .xor_mapped_address(local)
             .lifetime(600)
             .take());
  inject(server_endpoint, local,
         stun::MessageBuilder::error_response(request, ErrorNumber::allocation_mismatch).take());
  run_for(seconds(60));
  EXPECT_TRUE(client_events<Allocated>().empty());
  EXPECT_TRUE(client_events<NeedNewLocalPort>().empty());
  EXPECT_EQ(failure().why, Failure::not_authentic);
  EXPECT_EQ(first_time_of<Failed>(), start + round_trip + milliseconds(39'500));
}

TEST_F(TurnClientAllocate, Tc02_OnlyTheServerIsHeard) {
  Client& client = allocated();
  const Bytes data = stun::MessageBuilder(MessageClass::indication, Method::data, {})
                         .xor_peer_address(peer)
                         .data(as_bytes("x"))
                         .take();
  EXPECT_EQ(client.receive(other_peer, data, now_).kind, Inbound::Kind::not_ours);
  const Bytes answer =
      stun::MessageBuilder(MessageClass::success_response, Method::binding, {}).take();
  EXPECT_EQ(client.receive(server_endpoint, answer, now_).kind, Inbound::Kind::not_ours)
      << "an answer to somebody else's request on this socket";
  EXPECT_EQ(client.receive(server_endpoint, data, now_).kind, Inbound::Kind::control)
      << "data of a peer that has no permission";
}

TEST_F(TurnClientAllocate, Tc13_MappedAddressIsTheOneThatTheServerSees) {
  const Endpoint mapped{IpAddress::v4(198, 51, 100, 200), 61000};
  mappings_[local] = mapped;
  const Client& client = allocated();
  EXPECT_EQ(client.mapped(), mapped);
  EXPECT_EQ(client_events<Allocated>().at(0).mapped, mapped);
}

TEST_F(TurnClientAllocate, Ipv6Allocation) {
  ServerOptions server = server_options();
  const auto relay = IpAddress::parse("2001:db8::20").value();
  server.relay_addresses.push_back(relay);
  ClientOptions options = client_options();
  options.family = Family::ipv6;
  Client& client = allocated(options, server);
  EXPECT_EQ(client.relayed().address, relay);
  const Endpoint six{IpAddress::parse("2001:db8::7").value(), 4000};
  EXPECT_EQ(client.send(six, as_bytes("hello"), now_), SendResult::held);
  run_for(round_trip * 2);  // the permission first, then the data by way of the relay
  ASSERT_EQ(at_peers_.size(), 1U);
  EXPECT_EQ(at_peers_[0].text, "hello");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
