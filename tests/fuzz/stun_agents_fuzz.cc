// Any datagrams, one after another, to the machines that face the network.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "stack/stun/behaviour_discovery.h"
#include "stack/stun/binding_client.h"
#include "stack/stun/binding_server.h"
#include "stack/stun/long_term_client.h"
#include "stack/stun/long_term_server.h"

namespace natsim::stun {
namespace {

const Endpoint client_address{IpAddress::v4(203, 0, 113, 5), 40'000};
const Endpoint primary{IpAddress::v4(192, 0, 2, 1), 3478};
const Endpoint alternate{IpAddress::v4(192, 0, 2, 2), 3479};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// What an answer may be: a message that parses, to the IP address that asked, hardly larger.
void check_answers(BindingServer& server, std::size_t asked) {
  while (const auto answer = server.poll_transmit()) {
    const auto message = MessageView::parse(answer->payload);
    require(message && message->is_response(), "an answer is a response");
    require(answer->remote.address == client_address.address, "an answer goes to who asked");
    require(answer->payload.size() <= asked + 100, "an answer is hardly larger than its request");
  }
}

// Gives a response the transaction id of the request, so that it is one to the machine.
Bytes as_answer_to(const Transmit& request, ByteView datagram) {
  Bytes answer(datagram.begin(), datagram.end());
  if (answer.size() >= header_size) {
    std::copy_n(request.payload.data() + 4, 16, answer.data() + 4);
  }
  return answer;
}

void fuzz(ByteView input) {
  Time now;
  BindingServer server({.primary = primary, .alternate = alternate});
  LongTermServer credentials({.realm = "example.org", .features = {true, true}}, Random(1));
  credentials.set_user("alice", "secret");
  LongTermClient user("alice", "secret");
  BindingClient client(client_address, primary, {}, Random(2), now);
  BehaviourDiscovery discovery({.server = primary, .lifetime = true}, Random(3), now);

  ByteReader reader(input);
  while (const auto length = reader.u16()) {
    const auto datagram = reader.take(std::min<std::size_t>(*length, reader.remaining()));
    now += milliseconds(1);
    server.receive(primary, client_address, *datagram, now);
    check_answers(server, datagram->size());
    if (const auto message = MessageView::parse(*datagram)) {
      if (message->is_request()) credentials.check(*message, client_address, now);
      if (message->is_response()) user.judge(*message, user.generation());
    }
    if (const auto request = client.poll_transmit()) {
      client.receive(client_address, request->remote, as_answer_to(*request, *datagram), now);
    }
    while (const auto socket = discovery.poll_socket()) {
      discovery.socket_opened(
          *socket,
          {IpAddress::v4(192, 168, 1, 2), static_cast<std::uint16_t>(40'000 + *socket % 1000)},
          now);
    }
    if (const auto request = discovery.poll_transmit()) {
      discovery.receive(request->local, request->remote, as_answer_to(*request, *datagram), now);
    } else if (!discovery.next_timeout().is_never()) {
      now = std::max(now, discovery.next_timeout());
      discovery.handle_timeout(now);
      require(discovery.next_timeout() > now, "a deadline lies in the future");
    }
    if (now >= client.next_timeout()) client.handle_timeout(now);
  }
}

}  // namespace
}  // namespace natsim::stun

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  natsim::stun::fuzz({data, size});
  return 0;
}
