// One port mapping that a host asks a UPnP gateway for.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "stack/base/datagram.h"
#include "stack/base/machine.h"
#include "stack/base/random.h"
#include "stack/portmap/client.h"
#include "stack/upnp/description.h"
#include "stack/upnp/http_message.h"
#include "stack/upnp/soap.h"
#include "stack/upnp/ssdp.h"

namespace natsim::upnp {

struct ControlPointOptions {
  portmap::MapProtocol transport = portmap::MapProtocol::udp;
  std::uint16_t internal_port = 0;    // not 0
  std::uint16_t external_port = 0;    // asked for first; 0: the internal one
  Duration lifetime = seconds(3600);  // asked for; whole seconds. 0: without end
};

// An HTTP request for the owner to carry: it opens a connection to `server`, sends `request`, and
// gives back what comes.
struct Exchange {
  Endpoint server;
  std::string request;
};

// Contract (beside that of stack/base/machine.h):
// 1. It searches for a gateway three times, 3 s apart, and gives up 3 s after the last. Then it
//    gets the description, asks for the external address and for the mapping, each by an exchange
//    of its own, which may take 10 s. A newer exchange takes the place of an older one.
// 2. A port that is taken (718) makes it ask for another one, drawn from 1024 to 65535, up to four
//    times; a gateway of version 2 is asked for any. One that knows only mappings without end (725)
//    is asked for such a one.
// 3. It renews at half of the lease; what fails is tried again at half of the rest, down to 4 s
//    before the end. What is not renewed by its end is lost, which is a failure.
// 4. `remove` asks for the end of the mapping.
class ControlPoint {
 public:
  using State = portmap::Client::State;

  // `local` is the socket that it searches by, with the host's address.
  ControlPoint(const ControlPointOptions& options, const Endpoint& local, const Random& random,
               Time now);

  void receive(const Endpoint& remote, ByteView datagram, Time now);
  // Of the exchange that was polled last: bytes of its answer, and their end, be it in error. What
  // comes while the next one waits to be polled is not read any more.
  void receive_answer(ByteView bytes, Time now);
  void end_answer(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] Time next_timeout() const;
  std::optional<Transmit> poll_transmit();
  std::optional<Exchange> poll_exchange();
  // True once after each change of state, and after each renewal.
  bool poll_change();

  void remove(Time now);

  [[nodiscard]] State state() const { return state_; }
  // As the gateway told it. The rest is meaningful while mapped.
  [[nodiscard]] const Endpoint& external() const { return external_; }
  [[nodiscard]] Duration lifetime() const { return lifetime_; }  // 0: without end
  [[nodiscard]] Time expires() const { return expires_; }
  [[nodiscard]] std::uint32_t renewals() const { return renewals_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  // What the exchange under way is for.
  enum class Step : std::uint8_t { none, description, address, map, renew, remove };

  void search(Time now);
  void ask(Step step, Time now);
  void begin(std::string request, Time now);
  void finish(const HttpMessage& answer, Time now);
  void take_mapping(const Outcome& outcome, Time now);
  void granted(Time now);
  void stall(Time now);
  void plan_renewal(Time now);
  void fail(std::string reason);
  [[nodiscard]] Action action(Step step) const;

  ControlPointOptions options_;
  Endpoint local_;
  Random random_;
  State state_ = State::requesting;
  Step step_ = Step::none;
  bool changed_ = false;
  bool removing_ = false;  // as soon as the exchange under way has ended
  int searches_ = 0;
  int ports_tried_ = 0;
  Duration lease_;  // that is asked for
  Time search_at_ = Time::never();
  Time give_up_at_ = Time::never();  // the exchange under way
  Time renew_at_ = Time::never();
  Url description_;  // of the gateway
  Control control_;
  HttpReader reader_;
  std::deque<Transmit> transmits_;
  std::optional<Exchange> exchange_;
  Endpoint external_;
  Duration lifetime_;
  Time expires_ = Time::never();
  std::uint32_t renewals_ = 0;
  std::string failure_;
};

}  // namespace natsim::upnp
