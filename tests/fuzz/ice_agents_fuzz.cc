// Two ICE agents that have signalled to each other, and then get anything: datagrams as they are,
// authentic checks and answers of any content, candidate lines, data, lost packets and the passing
// of time, in any order.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stack/ice/agent.h"
#include "stack/ice/candidate_line.h"
#include "stack/stun/integrity.h"
#include "stack/stun/message.h"
#include "stack/stun/message_builder.h"

namespace natsim::ice {
namespace {

const Endpoint addresses[] = {{IpAddress::v4(192, 0, 2, 1), 5000},
                              {IpAddress::v4(198, 51, 100, 7), 6000}};
const Endpoint stranger{IpAddress::v4(203, 0, 113, 9), 7000};

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class World {
 public:
  World() {
    for (std::size_t i = 0; i < 2; ++i) {
      agents_[i].add_local_address(addresses[i], now_);
      agents_[i].start_gathering(now_);
      agents_[i].set_remote_credentials(agents_[1 - i].local_credentials(), now_);
    }
    exchange(true);
  }

  void step(ByteReader& input) {
    const auto what = input.u8().value_or(0);
    const std::size_t side = what >> 7;
    Agent& agent = agents_[side];
    switch (what % 7) {
      case 0:
        agent.receive(addresses[side], source(side, input), take_bytes(input), now_);
        break;
      case 1:
        agent.receive(addresses[side], source(side, input), request(side, input), now_);
        break;
      case 2:
        agent.receive(addresses[side], source(side, input), response(side, input), now_);
        break;
      case 3: {
        const ByteView text = take_bytes(input);
        const std::string line = "candidate:" + std::string(text.begin(), text.end());
        if (const auto candidate = parse_candidate(line)) {
          const std::string encoded = encode_candidate(*candidate);
          const auto again = parse_candidate(encoded);
          require(again && encode_candidate(*again) == encoded,
                  "a candidate's line reads as the candidate");
          agent.add_remote_candidate(*candidate, now_);
        }
        break;
      }
      case 4:
        agent.send(take_bytes(input), now_);
        break;
      case 5:
        call(agent, input);
        break;
      default:
        pass_time();
    }
    exchange((what & 64U) == 0);
  }

 private:
  static ByteView take_bytes(ByteReader& input) {
    const std::size_t length = input.u8().value_or(0);
    return *input.take(std::min(length, input.remaining()));
  }

  static Endpoint source(std::size_t side, ByteReader& input) {
    const auto which = input.u8().value_or(0);
    if (which < 128) return addresses[1 - side];
    return {stranger.address, static_cast<std::uint16_t>(stranger.port + which)};
  }

  static void add_attributes(stun::MessageBuilder& message, ByteReader& input) {
    for (int count = input.u8().value_or(0) % 8; count > 0; --count) {
      const auto type = static_cast<stun::AttributeType>(input.u16().value_or(0));
      message.attribute(type, take_bytes(input));
    }
  }

  Bytes request(std::size_t side, ByteReader& input) {
    const Credentials& own = agents_[side].local_credentials();
    stun::TransactionId id{};
    id.bytes[0] = input.u8().value_or(0);
    stun::MessageBuilder message(stun::MessageClass::request, stun::Method::binding, id);
    add_attributes(message, input);
    message.username(own.ufrag + ":" + agents_[1 - side].local_credentials().ufrag);
    stun::IntegrityKey key = stun::IntegrityKey::short_term(own.password);
    message.message_integrity(key).fingerprint();
    return message.take();
  }

  Bytes response(std::size_t side, ByteReader& input) {
    const auto asked = stun::MessageView::parse(last_request_[side]);
    stun::MessageBuilder message(
        input.u8().value_or(0) % 2 == 0 ? stun::MessageClass::success_response
                                        : stun::MessageClass::error_response,
        stun::Method::binding, asked ? asked->transaction_id() : stun::TransactionId{});
    add_attributes(message, input);
    const std::string& password = agents_[1 - side].local_credentials().password;
    stun::IntegrityKey key = stun::IntegrityKey::short_term(password);
    message.message_integrity(key).fingerprint();
    return message.take();
  }

  void call(Agent& agent, ByteReader& input) {
    switch (input.u8().value_or(0) % 4) {
      case 0:
        agent.end_of_remote_candidates(now_);
        break;
      case 1:
        agent.revoke_consent(now_);
        break;
      case 2:
        agent.close(now_);
        break;
      default:
        for (const PairSnapshot& pair : agent.pairs()) require(pair.id != no_pair, "a pair's id");
    }
  }

  void pass_time() {
    const Time next = std::min(agents_[0].next_timeout(), agents_[1].next_timeout());
    if (next.is_never()) return;
    now_ = std::max(now_, next);
    for (Agent& agent : agents_) {
      agent.handle_timeout(now_);
      require(agent.next_timeout() > now_, "an agent's deadline lies in the future");
    }
  }

  // Passes what both have to say to each other until they are silent, or loses all of it.
  void exchange(bool deliver) {
    for (int rounds = 0; rounds < 400; ++rounds) {
      const bool first = drain(0, deliver);
      if (!drain(1, deliver) && !first) return;
    }
    require(false, "the agents come to rest");
  }

  bool drain(std::size_t side, bool deliver) {
    bool any = false;
    while (auto transmit = agents_[side].poll_transmit()) {
      any = true;
      const auto message = stun::MessageView::parse(transmit->payload);
      if (message && message->is_request()) last_request_[side] = transmit->payload;
      if (!deliver || transmit->remote != addresses[1 - side]) continue;
      agents_[1 - side].receive(addresses[1 - side], transmit->local, transmit->payload, now_);
    }
    while (agents_[side].poll_event()) {
    }
    return any;
  }

  Time now_;
  std::array<Agent, 2> agents_{Agent{{.role = Role::controlling}, Random(1)},
                               Agent{{.role = Role::controlled}, Random(2)}};
  std::array<Bytes, 2> last_request_;  // of each agent
};

}  // namespace
}  // namespace natsim::ice

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  natsim::ice::World world;
  natsim::ByteReader input({data, size});
  while (input.remaining() > 0) world.step(input);
  return 0;
}
