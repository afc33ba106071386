// The way by which two peers tell each other addresses and keys, apart from the simulated network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sim/core/scheduler.h"
#include "sim/core/world.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/ice/candidate.h"
#include "stack/ice/credentials.h"
#include "stack/peer/session_description.h"

namespace natsim::agents {

// What an offer or answer says of ICE, for peers that have nothing else to say.
struct Description {
  ice::Credentials credentials;
  // Of the data streams after the first one; several only where media is not bundled.
  std::vector<ice::Credentials> more_streams;
  // How often ICE was restarted before. One that is ahead of its receiver restarts it.
  std::uint32_t generation = 0;
  bool lite = false;                       // a=ice-lite
  bool renomination = false;               // a=ice-options:renomination
  std::vector<ice::Candidate> candidates;  // those that are known and not signalled one by one
};
struct EndOfCandidates {
  std::string ufrag;  // of the generation whose candidates have ended; empty if it is not told
};
// A candidate as the W3C API has it, of a peer that is not natsim's.
struct TaggedCandidate {
  std::string line;                  // "candidate:…"; empty: there are no more
  std::string mid;                   // of its section; empty: by the place
  std::optional<std::size_t> index;  // that place
};
using Signal = std::variant<Description, ice::Candidate, EndOfCandidates, peer::SessionDescription,
                            TaggedCandidate>;

// "description", "candidate", "end-of-candidates", or what type of description it is.
std::string_view kind_of(const Signal& signal);
// What events say of it: a candidate's line, a summary of a description.
std::string text_of(const Signal& signal);

struct SignallingOptions {
  Duration one_way_delay = milliseconds(50);
  // The probability that a message is lost on one try; at least 0 and below 1.
  double loss = 0;
  // How long after a lost try the message is sent again, as a signalling server's TCP would;
  // positive.
  Duration resend_after = seconds(1);
};

// Takes what is to be signalled to the other side.
class SignalSink {
 public:
  virtual ~SignalSink() = default;
  virtual void send(Signal signal) = 0;
};

// Takes what the other side signalled.
class SignalReceiver {
 public:
  virtual ~SignalReceiver() = default;
  virtual void receive_signal(const Signal& signal) = 0;
};

// One direction: messages arrive in the order in which they were sent, each after the one-way delay
// and one resend_after for every time that it was lost.
//
// Events: "signal.sent" {what, text}, "signal.lost" {what, times}, "signal.received" {what, text}.
class SignallingChannel : public SignalSink, public core::Named, private core::Actor {
 public:
  // `name` is that of the direction, "alice->bob".
  SignallingChannel(core::World& world, std::string name, const SignallingOptions& options,
                    SignalReceiver& receiver);

  void send(Signal signal) override;

 private:
  struct InFlight {
    Time due;
    Signal signal;
  };

  void on_timer(core::Timer& timer) override;
  void tell(std::string_view kind, const Signal& signal);

  SignallingOptions options_;
  SignalReceiver& receiver_;
  Random random_;
  std::deque<InFlight> in_flight_;  // in order
  core::Timer arrival_;             // armed for the first of them
};

}  // namespace natsim::agents
