// Peers that exchange descriptions in tests.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/peer/negotiation.h"

namespace natsim::peer {

inline LocalTransport transport_of(std::string_view who) {
  return {.credentials = {std::string(who) + "Frag", std::string(who) + "PasswordOf24IceChars"},
          .fingerprint = {"sha-256", Bytes(32, static_cast<std::uint8_t>(who.front()))}};
}

// One side, with its transport.
struct Side {
  explicit Side(std::string_view name, NegotiationOptions options = {})
      : transport(transport_of(name)), machine(options, Random(1).split(name)) {}

  SessionDescription offer() {
    auto made = machine.create_offer(transport);
    EXPECT_TRUE(made.ok()) << made.error();
    return made.value();
  }
  SessionDescription answer() {
    auto made = machine.create_answer(transport);
    EXPECT_TRUE(made.ok()) << made.error();
    return made.value();
  }
  // The error's text; empty if there is none.
  std::string local(const SessionDescription& description) {
    const auto error = machine.set_local_description(description);
    return error ? error->message : "";
  }
  std::string remote(const SessionDescription& description) {
    const auto error = machine.set_remote_description(description);
    return error ? error->message : "";
  }
  // What happened since the last call, in words.
  std::vector<std::string> events() {
    std::vector<std::string> words;
    while (const auto event = machine.poll_event()) {
      if (const auto* state = std::get_if<SignallingStateChanged>(&*event)) {
        words.emplace_back(to_string(state->to));
      } else if (const auto* added = std::get_if<TrackAdded>(&*event)) {
        words.push_back("track " + std::to_string(added->transceiver) + " " +
                        sdp::to_string(added->id));
      } else {
        words.push_back("no track " + std::to_string(std::get<TrackRemoved>(*event).transceiver));
      }
    }
    return words;
  }

  LocalTransport transport;
  Negotiation machine;
};

// An offer of `caller` and the answer of `callee`, applied on both sides.
inline void negotiate(Side& caller, Side& callee) {
  const SessionDescription offer = caller.offer();
  EXPECT_EQ(caller.local(offer), "");
  EXPECT_EQ(callee.remote(offer), "");
  const SessionDescription answer = callee.answer();
  EXPECT_EQ(callee.local(answer), "");
  EXPECT_EQ(caller.remote(answer), "");
}

inline sdp::Description parsed(const SessionDescription& description) {
  auto result = sdp::parse(description.sdp);
  EXPECT_TRUE(result.ok()) << result.error() << "\n" << description.sdp;
  return std::move(result.value());
}

}  // namespace natsim::peer
