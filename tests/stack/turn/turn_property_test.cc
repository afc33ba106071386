// Any course of events, with any loss, leaves client and server in agreement.
#include "turn_network.h"

#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace natsim::turn {
namespace NATSIM_TEST_FILE {

class TurnProperty : public TurnNetwork {
 public:
  void TestBody() override {}

  // What a client believes to have, the server must know: never the other way round, as the client
  // counts every lifetime from before the server does.
  void check_beliefs(const Client& client) {
    if (client.state() != Client::State::allocated) return;
    const auto allocations = servers_.at(server_endpoint)->allocations();
    RC_ASSERT(allocations.size() == 1U);
    RC_ASSERT(allocations[0]->relay() == client.relayed());
    RC_ASSERT(allocations[0]->expires() >= client.expires_at());
    for (const Endpoint& p : peers()) {
      if (client.has_permission(p.address, now_)) {
        RC_ASSERT(allocations[0]->permits(p.address, now_));
      }
      if (const auto number = client.channel(p, now_)) {
        RC_ASSERT(allocations[0]->peer_of(*number, now_) == p);
      }
    }
  }

  static std::vector<Endpoint> peers() {
    return {peer, other_peer, {IpAddress::v4(127, 0, 0, 1), 1}, {peer.address, 9}};
  }

  void run() {
    ServerOptions server = server_options();
    server.nonce_lifetime = seconds(*rc::gen::element(1, 60, 600));
    add_server(server);
    ClientOptions options = client_options();
    options.lifetime = seconds(*rc::gen::element(600, 700, 3600));
    Client& client = add_client(options);
    Random dice(*rc::gen::arbitrary<std::uint64_t>());
    const double loss = *rc::gen::element(0.0, 0.1, 0.5, 0.9);
    lose([dice, loss](const Seen&) mutable { return dice.chance(loss); });
    client.start(now_);
    const auto steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) {
      const Endpoint to = *rc::gen::elementOf(peers());
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          client.add_peer(to.address, now_);
          break;
        case 1:
          client.remove_peer(to.address, now_);
          break;
        case 2:
          client.bind_channel(to, now_);
          break;
        case 3:
          client.send(to, as_bytes("x"), now_);
          break;
        default:
          peer_sends(to, client.relayed(), "y");
      }
      run_for(milliseconds(*rc::gen::inRange(0, 120'000)));
      check_beliefs(client);
    }
    client.close(now_);
    // Closing takes 39.5 s at most for each of nine nonces; the server keeps what it was not told
    // to delete for an hour.
    run_for(milliseconds(39'500) * 9);
    RC_ASSERT(client.state() == Client::State::over);
    RC_ASSERT(client.next_timeout() == Time::never());
    run_for(seconds(3600));
    RC_ASSERT(servers_.at(server_endpoint)->allocations().empty());
    RC_ASSERT(servers_.at(server_endpoint)->next_timeout() == Time::never());
    RC_ASSERT(client_events<Failed>().size() + client_events<Expired>().size() +
                  client_events<Closed>().size() ==
              1U);
  }
};

RC_GTEST_PROP(TurnClientAndServer, AgreeWhateverIsLost, ()) { TurnProperty().run(); }

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::turn
