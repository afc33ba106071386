// Allocations that follow their client, on the server (RFC 8016 §3).
#include "server_probe.h"

#include "stack/turn/channel_data.h"

namespace natsim::turn::server_side {
namespace NATSIM_TEST_FILE {

using stun::Method;

constexpr Endpoint roamed{IpAddress::v4(198, 51, 100, 99), 6000};

Fill with_ticket(Bytes ticket) {
  return [ticket = std::move(ticket)](auto& m) { m.mobility_ticket(ticket); };
}

class TurnMobility : public ServerProbe {
 protected:
  TurnMobility() {
    ServerOptions options = server_options();
    options.mobility = true;
    restart(options);
  }

  static void ask_mobile(stun::MessageBuilder& message) {
    ask_udp(message);
    message.mobility_ticket({});
  }
  static Bytes ticket_of(const Answer& answer) {
    const auto ticket = answer.message.mobility_ticket();
    EXPECT_TRUE(ticket);
    return ticket ? Bytes(ticket->begin(), ticket->end()) : Bytes();
  }
  // The ticket of an allocation that lets `peer` through.
  Bytes allocate_mobile(User& user) {
    const Bytes ticket = ticket_of(*allocate(user, ask_mobile));
    permit(user);
    return ticket;
  }
  Endpoint relay() const { return server_.allocations().at(0)->relay(); }
  // Where what the peer sends goes.
  Endpoint client_of_peer_data() {
    const auto data = pass_from_peer(relay(), peer, as_bytes("x"));
    return data ? data->remote : Endpoint();
  }
};

TEST_F(TurnMobility, Ts20_TheTicketIsGivenToWhoAsksForOne) {
  User alice;
  const Bytes ticket = ticket_of(*allocate(alice, ask_mobile));
  EXPECT_EQ(ticket.size(), 16U);
  User bob("bob", "hidden", {client_endpoint.address, 5001});
  EXPECT_FALSE(allocate(bob)->message.mobility_ticket());
  User early("alice", "secret", {client_endpoint.address, 5002});
  EXPECT_EQ(allocate(early,
                     [&](auto& m) {
                       ask_udp(m);
                       m.mobility_ticket(ticket);
                     })
                ->code(),
            400)
      << "a ticket before there is an allocation";
}

TEST_F(TurnMobility, Ts20_AServerWithoutMobilityForbidsIt) {
  restart(server_options());
  User alice;
  EXPECT_EQ(allocate(alice, ask_mobile)->code(), 405);
  EXPECT_EQ(allocate(alice)->code(), 0);
  EXPECT_EQ(ask(alice, Method::refresh, with_ticket(Bytes(16)))->code(), 405);
}

TEST_F(TurnMobility, Ts20_ARefreshFromAnother5TupleMovesTheAllocation) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  const Endpoint relayed = relay();
  User away("alice", "secret", roamed);
  const auto answer = ask(away, Method::refresh, with_ticket(ticket));
  EXPECT_EQ(answer->code(), 0);
  EXPECT_EQ(answer->message.lifetime(), 600U);
  EXPECT_NE(ticket_of(*answer), ticket) << "each move has another ticket";
  EXPECT_EQ(server_.allocations().size(), 1U);
  EXPECT_EQ(relay(), relayed);
  const auto sent = pass(roamed, send_indication(peer, "from elsewhere"));
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->local, relayed);
  EXPECT_EQ(client_of_peer_data(), roamed);
  ASSERT_EQ(events<AllocationMoved>().size(), 1U);
  EXPECT_EQ(events<AllocationMoved>()[0].from.client, client_endpoint);
  EXPECT_EQ(events<AllocationMoved>()[0].to.client, roamed);
}

TEST_F(TurnMobility, Ts20_TheOld5TupleIsGoodUntilDataOnTheNew) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  ask(away, Method::refresh, with_ticket(ticket));
  // Both may send requests, and data still goes the old way.
  EXPECT_EQ(bind(away, 0x4000)->code(), 0);
  EXPECT_EQ(permit(alice)->code(), 0);
  EXPECT_EQ(client_of_peer_data(), client_endpoint);
  EXPECT_TRUE(pass(client_endpoint, send_indication(peer, "old")));
  EXPECT_TRUE(events<AllocationMoved>().empty());
  EXPECT_TRUE(pass(roamed, encode_channel_data(0x4000, as_bytes("new"), Transport::udp)));
  EXPECT_EQ(client_of_peer_data(), roamed);
  EXPECT_FALSE(pass(client_endpoint, send_indication(peer, "old")));
  EXPECT_EQ(last_drop(), DropReason::no_allocation);
  EXPECT_EQ(refresh(alice)->code(), 437);
  EXPECT_EQ(refresh(away)->code(), 0);
}

TEST_F(TurnMobility, Ts20_WrongTicketsAndUsers) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  EXPECT_EQ(ask(away, Method::refresh, with_ticket(Bytes(16)))->code(), 437);
  EXPECT_EQ(ask(away, Method::refresh, with_ticket({}))->code(), 437);
  User bob("bob", "hidden", roamed);
  EXPECT_EQ(ask(bob, Method::refresh, with_ticket(ticket))->code(), 441);
  EXPECT_EQ(ask(alice, Method::refresh, with_ticket(ticket))->code(), 400) << "it has not moved";
  EXPECT_EQ(allocate(bob)->code(), 0);
  EXPECT_EQ(ask(away, Method::refresh, with_ticket(ticket))->code(), 437)
      << "another allocation is there";
}

TEST_F(TurnMobility, Ts20_ARefreshSentAgainGetsTheSameTicket) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  const auto id = stun::TransactionId::draw(random_);
  const Bytes first = ticket_of(*ask(away, Method::refresh, with_ticket(ticket), id));
  EXPECT_EQ(ticket_of(*ask(away, Method::refresh, with_ticket(ticket), id)), first);
  pass(roamed, send_indication(peer, "done"));
  EXPECT_EQ(ticket_of(*ask(away, Method::refresh, with_ticket(ticket), id)), first);
  EXPECT_EQ(events<AllocationMoved>().size(), 1U);
  User further("alice", "secret", {roamed.address, 6001});
  EXPECT_EQ(ask(further, Method::refresh, with_ticket(ticket))->code(), 437) << "it is spent";
  EXPECT_EQ(ask(further, Method::refresh, with_ticket(first))->code(), 0);
}

TEST_F(TurnMobility, Ts20_ATicketIsGoodUntilItsSuccessorHasBeenUsed) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  ask(away, Method::refresh, with_ticket(ticket));  // whose answer is lost
  const Endpoint third{roamed.address, 6001};
  User further("alice", "secret", third);
  EXPECT_EQ(ask(further, Method::refresh, with_ticket(ticket))->code(), 0);
  EXPECT_FALSE(pass(roamed, send_indication(peer, "left behind")));
  EXPECT_TRUE(pass(third, send_indication(peer, "here")));
  EXPECT_EQ(client_of_peer_data(), third);
}

TEST_F(TurnMobility, Ts20_AClientMayTurnBack) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  const Bytes next = ticket_of(*ask(away, Method::refresh, with_ticket(ticket)));
  EXPECT_EQ(ask(alice, Method::refresh, with_ticket(next))->code(), 0);
  EXPECT_FALSE(pass(roamed, send_indication(peer, "left behind")));
  EXPECT_TRUE(pass(client_endpoint, send_indication(peer, "back")));
  EXPECT_EQ(client_of_peer_data(), client_endpoint);
}

TEST_F(TurnMobility, Ts20_NothingIsLeftOfAnAllocationThatEndsOnTheMove) {
  User alice;
  const Bytes ticket = allocate_mobile(alice);
  User away("alice", "secret", roamed);
  const Bytes next = ticket_of(*ask(away, Method::refresh, with_ticket(ticket)));
  EXPECT_EQ(refresh(away, 0)->code(), 0);
  EXPECT_TRUE(server_.allocations().empty());
  EXPECT_EQ(server_.next_timeout(), Time::never());
  for (const Bytes& known : {ticket, next}) {
    EXPECT_EQ(ask(away, Method::refresh, with_ticket(known))->code(), 437);
  }
  EXPECT_EQ(allocate(alice)->code(), 0);
  EXPECT_EQ(allocate(away)->code(), 0);
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn::server_side
