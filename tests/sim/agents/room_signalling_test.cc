// The signals of ICE peers as messages of a room.
#include "sim/agents/room_signalling.h"

#include <string>

#include <gtest/gtest.h>

#include "stack/ice/candidate_line.h"

namespace natsim::agents {
namespace NATSIM_TEST_FILE {

using signalling::SignalKind;

const ice::Credentials credentials{"abcd", "abcdefghijklmnopqrstuv"};
const ice::Credentials other{"efgh", "zyxwvutsrqponmlkjihgfe"};

ice::Candidate candidate() {
  return *ice::parse_candidate("candidate:1 1 UDP 2130706431 192.0.2.1 3478 typ host ufrag abcd");
}

// What comes out at the other end; an error is a failure.
Signal carried(const Signal& signal, SignalKind description = SignalKind::offer) {
  const RoomMessage message = to_room_message(signal, description);
  const auto back = from_room_message(message.kind, message.payload);
  EXPECT_TRUE(back) << (back ? "" : back.error());
  return back ? back.value() : Signal();
}

std::string refusal(SignalKind kind, std::string_view payload) {
  const auto signal = from_room_message(kind, payload);
  return signal ? "none" : signal.error();
}

TEST(RoomSignalling, ADescriptionIsTheLinesOfIce) {
  const Description description{.credentials = credentials};
  const RoomMessage offer = to_room_message(description, SignalKind::offer);
  EXPECT_EQ(offer.kind, SignalKind::offer);
  EXPECT_EQ(offer.payload, "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n");
  EXPECT_EQ(to_room_message(description, SignalKind::answer).kind, SignalKind::answer);
  const Signal back =
      carried(Description{credentials, {other}, 3, true, true, {candidate(), candidate()}});
  const auto& carried_over = std::get<Description>(back);
  EXPECT_EQ(carried_over.credentials, credentials);
  EXPECT_EQ(carried_over.more_streams, std::vector{other});
  EXPECT_EQ(carried_over.generation, 3U);
  EXPECT_TRUE(carried_over.lite);
  EXPECT_TRUE(carried_over.renomination);
  ASSERT_EQ(carried_over.candidates.size(), 2U);
  EXPECT_EQ(ice::encode_candidate(carried_over.candidates[1]), ice::encode_candidate(candidate()));
}

TEST(RoomSignalling, ASessionDescriptionIsItsSdp) {
  using peer::SdpType;
  for (const SdpType type :
       {SdpType::offer, SdpType::pranswer, SdpType::answer, SdpType::rollback}) {
    const peer::SessionDescription session{type, type == SdpType::rollback ? "" : "v=0\r\n"};
    const Signal back = carried(session);
    EXPECT_EQ(std::get<peer::SessionDescription>(back), session);
    EXPECT_EQ(to_string(to_room_message(session, SignalKind::offer).kind), to_string(type));
  }
}

TEST(RoomSignalling, ACandidateIsItsLineAndTheEndIsAFragment) {
  const Signal back = carried(candidate());
  EXPECT_EQ(ice::encode_candidate(std::get<ice::Candidate>(back)),
            ice::encode_candidate(candidate()));
  const RoomMessage end = to_room_message(EndOfCandidates{"abcd"}, SignalKind::offer);
  EXPECT_EQ(end.payload, "a=ice-ufrag:abcd\r\na=end-of-candidates\r\n");
  const Signal ended = carried(EndOfCandidates{"abcd"});
  EXPECT_EQ(std::get<EndOfCandidates>(ended).ufrag, "abcd");
}

TEST(RoomSignalling, WhatIsNoSignalHasAReason) {
  EXPECT_EQ(refusal(SignalKind::bye, ""), "it is no signal");
  EXPECT_EQ(refusal(SignalKind::offer, "a=ice-ufrag:abcd\r\n"), "it has no ICE credentials");
  EXPECT_EQ(refusal(SignalKind::offer, "a=ice-ufrag:abcd\r\na=ice-generation:-1\r\n"),
            "its generation is not a number");
  EXPECT_EQ(refusal(SignalKind::candidate, "a=end-of-candidates\r\n"),
            "it does not say whose candidates end");
  EXPECT_NE(refusal(SignalKind::candidate, ""), "none");
  EXPECT_NE(refusal(SignalKind::candidate, "candidate:1 1 UDP"), "none");
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::agents
