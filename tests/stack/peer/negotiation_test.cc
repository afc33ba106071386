#include "stack/peer/negotiation.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stack/rtp/header_values.h"
#include "tests/stack/peer/peers.h"
#include "tests/stack/sdp/offers.h"

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

using sdp::Direction;

TEST(Jsep, SDP14_AnOfferAndItsAnswerGoThroughTheStates) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"stream", "voice"});
  const auto offer = alice.offer();
  EXPECT_EQ(alice.local(offer), "");
  EXPECT_EQ(alice.events(), std::vector<std::string>{"have-local-offer"});
  EXPECT_EQ(bob.remote(offer), "");
  EXPECT_EQ(bob.events(), (std::vector<std::string>{"track 1 stream voice", "have-remote-offer"}));
  const auto answer = bob.answer();
  EXPECT_EQ(bob.local(answer), "");
  EXPECT_EQ(bob.events(), std::vector<std::string>{"stable"});
  EXPECT_EQ(alice.remote(answer), "");
  EXPECT_EQ(alice.events(), std::vector<std::string>{"stable"});
  EXPECT_EQ(alice.machine.dtls_role(), dtls::Role::server);
  EXPECT_EQ(bob.machine.dtls_role(), dtls::Role::client);
  EXPECT_FALSE(alice.machine.needed());
  EXPECT_FALSE(bob.machine.needed());
  EXPECT_EQ(bob.machine.transceivers().at(0).agreed.current, Direction::recvonly);
}

TEST(Jsep, SDP14_AnyOtherOrderIsAnErrorAndChangesNothing) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_transceiver(MediaKind::audio, Direction::sendrecv);
  EXPECT_EQ(alice.machine.create_answer(alice.transport).error(),
            "InvalidStateError: create_answer in the state stable");
  const auto offer = alice.offer();
  EXPECT_EQ(alice.remote({SdpType::answer, offer.sdp}),
            "InvalidStateError: set_remote_description(answer) in the state stable");
  EXPECT_EQ(alice.local({SdpType::answer, offer.sdp}),
            "InvalidStateError: set_local_description(answer) in the state stable");
  EXPECT_EQ(alice.local({SdpType::rollback, ""}),
            "InvalidStateError: set_local_description(rollback) in the state stable");
  EXPECT_EQ(alice.local({SdpType::offer, offer.sdp + "a=mine\r\n"}),
            "InvalidModificationError: this is not the offer that was created last");
  EXPECT_EQ(bob.remote(offer), "");
  EXPECT_EQ(bob.machine.create_offer(bob.transport).error(),
            "InvalidStateError: create_offer in the state have-remote-offer");
  EXPECT_EQ(bob.local(offer),
            "InvalidStateError: set_local_description(offer) in the state have-remote-offer");
  EXPECT_EQ(bob.machine.state(), SignallingState::have_remote_offer);
  EXPECT_EQ(alice.machine.state(), SignallingState::stable);
}

TEST(Jsep, SDP14_AProvisionalAnswerIsFollowedByAFinalOne) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_transceiver(MediaKind::audio, Direction::sendrecv);
  const auto offer = alice.offer();
  alice.local(offer);
  bob.remote(offer);
  const auto answer = bob.answer();
  EXPECT_EQ(bob.local({SdpType::pranswer, answer.sdp}), "");
  EXPECT_EQ(alice.remote({SdpType::pranswer, answer.sdp}), "");
  EXPECT_EQ(bob.machine.state(), SignallingState::have_local_pranswer);
  EXPECT_EQ(alice.machine.state(), SignallingState::have_remote_pranswer);
  EXPECT_EQ(bob.local(answer), "");
  EXPECT_EQ(alice.remote(answer), "");
  EXPECT_EQ(alice.machine.state(), SignallingState::stable);
  EXPECT_EQ(bob.machine.state(), SignallingState::stable);
}

TEST(Jsep, SDP13_DirectionsOfBothSidesMeet) {
  for (const Direction offered :
       {Direction::inactive, Direction::sendonly, Direction::recvonly, Direction::sendrecv}) {
    for (const Direction wanted :
         {Direction::inactive, Direction::sendonly, Direction::recvonly, Direction::sendrecv}) {
      Side alice("alice");
      Side bob("bob");
      const auto at_alice = alice.machine.add_transceiver(MediaKind::audio, offered);
      const auto offer = alice.offer();
      alice.local(offer);
      bob.remote(offer);
      const auto at_bob = bob.machine.transceivers().at(0).id;
      bob.machine.set_direction(at_bob, wanted);
      const auto answer = bob.answer();
      bob.local(answer);
      alice.remote(answer);
      // Each sends if it wants to and the other wants to receive (RFC 3264 §6.1).
      const bool to_bob = sdp::sends(offered) && sdp::receives(wanted);
      const bool to_alice = sdp::sends(wanted) && sdp::receives(offered);
      EXPECT_EQ(alice.machine.find(at_alice)->agreed.current, sdp::direction_of(to_bob, to_alice));
      EXPECT_EQ(bob.machine.find(at_bob)->agreed.current, sdp::direction_of(to_alice, to_bob));
    }
  }
}

TEST(Jsep, SDP11_SDP16_TheFirstSectionCarriesTheTransport) {
  Side alice("alice");
  alice.transport.candidates = {"candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host"};
  alice.machine.add_transceiver(MediaKind::audio, Direction::sendrecv);
  alice.machine.add_transceiver(MediaKind::video, Direction::sendrecv);
  const auto offer = parsed(alice.offer());
  EXPECT_EQ(sdp::find(offer.attributes, "group"), "BUNDLE 0 1");
  ASSERT_EQ(offer.media.size(), 2U);
  EXPECT_EQ(offer.media[0].port, 9);
  EXPECT_TRUE(sdp::find(offer.media[0].attributes, "candidate"));
  EXPECT_FALSE(sdp::find(offer.media[1].attributes, "candidate"));
  for (const sdp::Media& media : offer.media) {
    EXPECT_EQ(sdp::find(media.attributes, "ice-ufrag"), "aliceFrag");
    EXPECT_EQ(sdp::find(media.attributes, "setup"), "actpass");
    EXPECT_TRUE(sdp::find(media.attributes, "rtcp-mux"));
  }
  // Once all are known, the default candidate is in the "m=" and "c=" lines.
  alice.transport.candidates.push_back(
      "candidate:2 1 UDP 1694498815 203.0.113.7 6000 typ srflx raddr 192.0.2.1 rport 5000");
  alice.transport.complete = true;
  const auto complete = parsed(alice.offer());
  EXPECT_EQ(complete.media[0].port, 6000);
  EXPECT_EQ(complete.media[0].connections.at(0).address, "203.0.113.7");
  EXPECT_TRUE(sdp::find(complete.media[0].attributes, "end-of-candidates"));
}

TEST(Jsep, SDP02_TheVersionGoesUpWithEachChangeAndNotWithCandidates) {
  Side alice("alice");
  alice.machine.add_transceiver(MediaKind::audio, Direction::sendrecv);
  const auto first = parsed(alice.offer()).origin;
  EXPECT_LT(first.session_id, std::uint64_t{1} << 63);
  alice.transport.candidates = {"candidate:1 1 UDP 2130706431 192.0.2.1 5000 typ host"};
  EXPECT_EQ(parsed(alice.offer()).origin, first);
  alice.machine.add_transceiver(MediaKind::video, Direction::sendrecv);
  auto next = first;
  next.version += 1;
  EXPECT_EQ(parsed(alice.offer()).origin, next);
  alice.transport.credentials.ufrag = "other";
  next.version += 1;
  EXPECT_EQ(parsed(alice.offer()).origin, next);
}

TEST(Jsep, TheSampleOfferIsAnswered) {
  Side bob("bob");
  bob.machine.add_track(MediaKind::audio, {"s", "voice"});
  bob.machine.add_track(MediaKind::video, {"s", "face"});
  ASSERT_EQ(bob.remote({SdpType::offer, std::string(sdp::sample_offer)}), "");
  const auto remote = bob.machine.remote_transport();
  ASSERT_TRUE(remote);
  EXPECT_EQ(remote->candidates.size(), 2U);
  EXPECT_TRUE(remote->end_of_candidates);
  const auto answer = bob.answer();
  EXPECT_EQ(bob.local(answer), "");
  const auto description = parsed(answer);
  ASSERT_EQ(description.media.size(), 2U);
  // It wants to be active, so this side is passive; its only codec of each kind is taken.
  EXPECT_EQ(sdp::find(description.media[0].attributes, "setup"), "passive");
  EXPECT_EQ(description.media[0].formats, std::vector<std::string>{"111"});
  EXPECT_EQ(description.media[1].formats, std::vector<std::string>{"96"});
  EXPECT_EQ(bob.machine.dtls_role(), dtls::Role::server);
  EXPECT_EQ(bob.machine.transceivers().size(), 2U);
  EXPECT_EQ(bob.machine.transceivers().at(1).agreed.remote_sources.at(0),
            (RemoteSource{2180035812U, std::nullopt, "XHbOTNRFnLtesHwJ"}));
  EXPECT_EQ(bob.machine.transceivers().at(1).agreed.current, Direction::sendrecv);
}

TEST(Jsep, SDP10_WhatIsNotKnownIsRejectedInItsPlace) {
  Side bob("bob");
  ASSERT_EQ(bob.remote({SdpType::offer, std::string(sdp::chromium_offer)}), "");
  const auto answer = parsed(bob.answer());
  ASSERT_EQ(answer.media.size(), 3U);
  EXPECT_EQ(answer.media[2].kind, "application");
  EXPECT_EQ(answer.media[2].port, 0);
  EXPECT_EQ(answer.media[2].formats, std::vector<std::string>{"webrtc-datachannel"});
  EXPECT_EQ(sdp::find(answer.attributes, "group"), "BUNDLE 0 1");
}

TEST(Jsep, SDP17_ASectionWithoutRtcpMuxIsRejected) {
  Side bob("bob");
  std::string offer(sdp::sample_offer);
  offer.erase(offer.find("a=rtcp-mux\r\n"), std::string_view("a=rtcp-mux\r\n").size());
  ASSERT_EQ(bob.remote({SdpType::offer, offer}), "");
  const auto answer = parsed(bob.answer());
  EXPECT_EQ(answer.media[0].port, 0);
  EXPECT_NE(answer.media[1].port, 0);
}

TEST(Jsep, SDP18_RolesStayWhenTheOtherSideOffers) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"s", "a"});
  negotiate(alice, bob);
  bob.machine.add_track(MediaKind::video, {"s", "v"});
  EXPECT_TRUE(bob.machine.needed());
  const auto offer = bob.offer();
  bob.local(offer);
  EXPECT_EQ(sdp::find(parsed(offer).media[0].attributes, "setup"), "actpass");
  EXPECT_EQ(alice.remote(offer), "");
  const auto answer = alice.answer();
  // Alice is the server of the association that stands, so she stays passive.
  EXPECT_EQ(sdp::find(parsed(answer).media[0].attributes, "setup"), "passive");
  EXPECT_EQ(alice.local(answer), "");
  EXPECT_EQ(bob.remote(answer), "");
  EXPECT_EQ(alice.machine.dtls_role(), dtls::Role::server);
  EXPECT_EQ(bob.machine.dtls_role(), dtls::Role::client);
}

TEST(Jsep, SDP18_AnAnswerThatLeavesTheRolesOpenIsRefused) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"s", "a"});
  const auto offer = alice.offer();
  alice.local(offer);
  bob.remote(offer);
  auto answer = bob.answer();
  answer.sdp.replace(answer.sdp.find("setup:active"), 12, "setup:actpass");
  EXPECT_EQ(alice.remote(answer),
            "OperationError: answer: its setup is actpass, which must be active or passive (RFC "
            "8842 §5.3)");
  EXPECT_EQ(alice.machine.state(), SignallingState::have_local_offer);
}

TEST(Jsep, SDP19_FingerprintsOfASectionStandBeforeTheSessions) {
  std::string offer(sdp::sample_offer);
  std::string digest = "a=fingerprint:SHA-256 00";
  for (int i = 1; i < 32; ++i) digest += ":00";
  offer.replace(offer.find("a=setup:active"), 14, digest + "\r\na=setup:active");
  Side bob("bob");
  ASSERT_EQ(bob.remote({SdpType::offer, offer}), "");
  const auto remote = bob.machine.remote_transport();
  ASSERT_EQ(remote->fingerprints.size(), 1U);
  EXPECT_EQ(remote->fingerprints[0], (sdp::Fingerprint{"sha-256", Bytes(32, 0)}));
}

TEST(Jsep, SDP20_CredentialsOfABundleAreTheSame) {
  std::string offer(sdp::sample_offer);
  const auto second = offer.rfind("a=ice-ufrag:CsxzEWmoKpJyscFj");
  offer.replace(second, 28, "a=ice-ufrag:DsxzEWmoKpJyscFj");
  Side bob("bob");
  EXPECT_EQ(bob.remote({SdpType::offer, offer}),
            "OperationError: offer: section 1 (mid 1): its ICE credentials are not those of the "
            "bundle's first section");
}

TEST(Jsep, SDP23_MidsAndExtensionsAreUnique) {
  std::string offer(sdp::sample_offer);
  offer.replace(offer.find("a=mid:1"), 7, "a=mid:0");
  Side bob("bob");
  EXPECT_EQ(bob.remote({SdpType::offer, offer}),
            "OperationError: offer: section 1: the mid \"0\" is another section's");
  offer = sdp::sample_offer;
  offer.replace(offer.find("a=mid:0"), 7, "a=mid:0\r\na=extmap:3 urn:one\r\na=extmap:3 urn:two");
  EXPECT_EQ(bob.remote({SdpType::offer, offer}),
            "OperationError: offer: section 0: two header extensions have id 3");
}

TEST(Jsep, SDP23_AnswersHaveTheOffersIdsOfExtensions) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"s", "a"});
  const auto offer = alice.offer();
  auto changed = offer;
  const std::string own = "a=extmap:4 " + std::string(rtp::uri::mid);
  changed.sdp.replace(changed.sdp.find(own), own.size(),
                      "a=extmap:7 " + std::string(rtp::uri::mid) + "\r\na=extmap:9 urn:unknown");
  ASSERT_EQ(bob.remote(changed), "");
  const auto answer = bob.answer();
  EXPECT_NE(answer.sdp.find("a=extmap:7 " + std::string(rtp::uri::mid)), std::string::npos);
  EXPECT_EQ(answer.sdp.find("urn:unknown"), std::string::npos);
  bob.local(answer);
  // Its own offers keep what is agreed.
  EXPECT_NE(bob.offer().sdp.find("a=extmap:7 " + std::string(rtp::uri::mid)), std::string::npos);
}

TEST(Jsep, SDP24_SimulcastIsOfferedAndTakenByRid) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_transceiver(MediaKind::video, Direction::sendonly, Track{"s", "v"},
                                {{.rid = "hi"}, {.rid = "mid"}, {.rid = "lo"}});
  const auto offer = alice.offer();
  const auto section = parsed(offer).media.at(0);
  EXPECT_EQ(sdp::find(section.attributes, "simulcast"), "send hi;mid;lo");
  EXPECT_FALSE(sdp::find(section.attributes, "ssrc"));
  alice.local(offer);
  ASSERT_EQ(bob.remote(offer), "");
  const auto answer = bob.answer();
  EXPECT_EQ(sdp::find(parsed(answer).media.at(0).attributes, "simulcast"), "recv hi;mid;lo");
  bob.local(answer);
  // A peer that takes only two of them.
  auto fewer = answer;
  fewer.sdp.erase(fewer.sdp.find("a=rid:mid recv\r\n"), 16);
  fewer.sdp.replace(fewer.sdp.find("hi;mid;lo"), 9, "hi;lo");
  ASSERT_EQ(alice.remote(fewer), "");
  EXPECT_EQ(alice.machine.transceivers().at(0).agreed.sent_rids,
            (std::vector<std::string>{"hi", "lo"}));
  EXPECT_EQ(bob.machine.transceivers().at(0).agreed.received_rids,
            (std::vector<std::string>{"hi", "mid", "lo"}));
}

TEST(Jsep, SDP27_SourcesOfARepeatedStreamAreGrouped) {
  Side alice("alice");
  Side bob("bob");
  const auto id = alice.machine.add_track(MediaKind::video, {"s", "v"});
  negotiate(alice, bob);
  const Transceiver& sender = *alice.machine.find(id);
  const auto& sources = bob.machine.transceivers().at(0).agreed.remote_sources;
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].ssrc, sender.ssrc);
  EXPECT_EQ(sources[0].rtx_ssrc, sender.rtx_ssrc);
  EXPECT_EQ(sources[0].cname.size(), 24U);
}

TEST(Jsep, SDP27_ARepairStreamIsGroupedWithWhatItRepairs) {
  constexpr NegotiationOptions options{.fec = {.video = VideoFec::flexfec}};
  Side alice("alice", options);
  Side bob("bob", options);
  const auto id = alice.machine.add_track(MediaKind::video, {"s", "v"});
  negotiate(alice, bob);
  const Transceiver& sender = *alice.machine.find(id);
  const auto& sources = bob.machine.transceivers().at(0).agreed.remote_sources;
  ASSERT_EQ(sources.size(), 1U);
  EXPECT_EQ(sources[0].ssrc, sender.ssrc);
  EXPECT_EQ(sources[0].rtx_ssrc, sender.rtx_ssrc);
  EXPECT_EQ(sources[0].fec_ssrc, sender.fec_ssrc);
  const sdp::Description offer = parsed(*alice.machine.local_description(alice.transport));
  std::vector<std::string> groups;
  for (const sdp::Attribute& attribute : offer.media.at(0).attributes) {
    if (attribute.name == "ssrc-group") groups.push_back(*attribute.value);
  }
  EXPECT_EQ(groups,
            (std::vector<std::string>{
                "FID " + std::to_string(sender.ssrc) + " " + std::to_string(sender.rtx_ssrc),
                "FEC-FR " + std::to_string(sender.ssrc) + " " + std::to_string(sender.fec_ssrc)}));
}

TEST(Jsep, APeerMayLeaveTheMidOut) {
  std::string offer(sdp::sample_offer);
  offer.resize(offer.find("m=video"));
  offer.erase(offer.find("a=mid:0\r\n"), 9);
  offer.erase(offer.find("a=group:BUNDLE 0 1\r\n"), 20);
  Side bob("bob");
  ASSERT_EQ(bob.remote({SdpType::offer, offer}), "");
  const auto answer = parsed(bob.answer());
  EXPECT_NE(answer.media.at(0).port, 0);
  EXPECT_FALSE(sdp::find(answer.media[0].attributes, "mid"));
  EXPECT_FALSE(sdp::find(answer.attributes, "group"));
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
