// Going back, meeting half way, and sections that come and go.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/stack/peer/peers.h"

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

using sdp::Direction;

TEST(Jsep, SDP15_RollingBackAnOwnOfferKeepsTheTransceivers) {
  Side alice("alice");
  const auto id = alice.machine.add_track(MediaKind::audio, {"s", "a"});
  const auto offer = alice.offer();
  alice.local(offer);
  EXPECT_EQ(alice.machine.find(id)->agreed.mid, "0");
  EXPECT_EQ(alice.local({SdpType::rollback, ""}), "");
  EXPECT_EQ(alice.machine.state(), SignallingState::stable);
  EXPECT_EQ(alice.machine.find(id)->agreed.mid, "");
  EXPECT_FALSE(alice.machine.local_description(alice.transport));
  EXPECT_TRUE(alice.machine.needed());
  EXPECT_EQ(parsed(alice.offer()).media.size(), 1U);
}

TEST(Jsep, SDP15_TransceiversOfARemoteOfferVanishUnlessTheyWereGivenATrack) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"s", "a"});
  alice.machine.add_track(MediaKind::video, {"s", "v"});
  bob.remote(alice.offer());
  ASSERT_EQ(bob.machine.transceivers().size(), 2U);
  bob.machine.add_track(MediaKind::video, {"t", "w"});
  ASSERT_EQ(bob.machine.transceivers().size(), 2U);  // it takes the section of the offer
  bob.events();
  EXPECT_EQ(bob.remote({SdpType::rollback, ""}), "");
  EXPECT_EQ(bob.events(), (std::vector<std::string>{"no track 1", "no track 2", "stable"}));
  ASSERT_EQ(bob.machine.transceivers().size(), 1U);
  EXPECT_EQ(bob.machine.transceivers()[0].track, (Track{"t", "w"}));
  EXPECT_FALSE(bob.machine.remote_description());
}

TEST(Jsep, SDP15_InAGlareThePolitePeerGivesItsOfferUp) {
  Side polite("polite");
  Side impolite("impolite");
  polite.machine.add_track(MediaKind::audio, {"p", "a"});
  impolite.machine.add_track(MediaKind::audio, {"i", "a"});
  impolite.machine.add_track(MediaKind::video, {"i", "v"});
  const auto given_up = polite.offer();
  polite.local(given_up);
  const auto offer = impolite.offer();
  impolite.local(offer);
  // Its own offer is rolled back by the peer's, which its track joins.
  EXPECT_EQ(polite.remote(offer), "");
  EXPECT_EQ(polite.machine.state(), SignallingState::have_remote_offer);
  EXPECT_EQ(polite.machine.transceivers().size(), 2U);
  const auto answer = polite.answer();
  EXPECT_EQ(polite.local(answer), "");
  EXPECT_EQ(impolite.remote(answer), "");
  EXPECT_EQ(impolite.machine.transceivers()[0].agreed.current, Direction::sendrecv);
  EXPECT_EQ(impolite.machine.transceivers()[1].agreed.current, Direction::sendonly);
  EXPECT_FALSE(polite.machine.needed());
}

TEST(Jsep, SDP15_ARollbackGoesBackToWhatWasAgreedBefore) {
  Side alice("alice");
  Side bob("bob");
  const auto id = alice.machine.add_track(MediaKind::audio, {"s", "a"});
  negotiate(alice, bob);
  const auto before = alice.machine.local_description(alice.transport);
  alice.machine.set_direction(id, Direction::inactive);
  alice.machine.add_track(MediaKind::video, {"s", "v"});
  alice.local(alice.offer());
  EXPECT_EQ(alice.local({SdpType::rollback, ""}), "");
  EXPECT_EQ(alice.machine.local_description(alice.transport), before);
  EXPECT_EQ(alice.machine.find(id)->agreed.mid, "0");
  EXPECT_EQ(alice.machine.find(id)->agreed.current, Direction::sendonly);
  EXPECT_EQ(alice.machine.dtls_role(), dtls::Role::server);
}

TEST(Jsep, SDP10_ARejectedSectionIsUsedAnew) {
  Side alice("alice");
  Side bob("bob");
  const auto audio = alice.machine.add_track(MediaKind::audio, {"s", "a"});
  const auto video = alice.machine.add_track(MediaKind::video, {"s", "v"});
  negotiate(alice, bob);
  alice.machine.stop(audio);
  EXPECT_TRUE(alice.machine.needed());
  bob.events();
  negotiate(alice, bob);
  EXPECT_EQ(bob.events(), (std::vector<std::string>{"no track 1", "have-remote-offer", "stable"}));
  EXPECT_EQ(parsed(*alice.machine.local_description(alice.transport)).media.at(0).port, 0);
  // The transport goes on with the section that is left.
  EXPECT_EQ(alice.machine.tagged_mid(), "1");
  alice.machine.add_track(MediaKind::video, {"s", "screen"});
  negotiate(alice, bob);
  const auto description = parsed(*alice.machine.local_description(alice.transport));
  ASSERT_EQ(description.media.size(), 2U);
  EXPECT_EQ(description.media[0].kind, "video");
  EXPECT_EQ(sdp::find(description.media[0].attributes, "mid"), "2");
  EXPECT_EQ(alice.machine.find(video)->agreed.mid, "1");
  EXPECT_EQ(alice.machine.find(video)->agreed.current, Direction::sendonly);
}

TEST(Jsep, SDP10_AnAnswerHasTheOffersSections) {
  Side alice("alice");
  Side bob("bob");
  alice.machine.add_track(MediaKind::audio, {"s", "a"});
  alice.machine.add_track(MediaKind::video, {"s", "v"});
  const auto offer = alice.offer();
  alice.local(offer);
  bob.remote(offer);
  const auto answer = bob.answer();
  auto shorter = answer;
  shorter.sdp.resize(shorter.sdp.find("m=video"));
  EXPECT_EQ(alice.remote(shorter),
            "OperationError: answer: it has 1 sections, the offer 2 (RFC 3264 §6)");
  auto apart = answer;
  apart.sdp.replace(apart.sdp.find("BUNDLE 0 1"), 10, "BUNDLE 0");
  EXPECT_EQ(alice.remote(apart),
            "OperationError: answer: section 1 is accepted outside of the bundle, and there is one "
            "transport");
  EXPECT_EQ(alice.machine.state(), SignallingState::have_local_offer);
}

TEST(Jsep, ATrackThatStopsBeingSentIsNegotiated) {
  Side alice("alice");
  Side bob("bob");
  const auto id = alice.machine.add_track(MediaKind::audio, {"s", "a"});
  negotiate(alice, bob);
  EXPECT_TRUE(alice.machine.remove_track(id));
  EXPECT_FALSE(alice.machine.remove_track(id));
  EXPECT_TRUE(alice.machine.needed());
  bob.events();
  negotiate(alice, bob);
  EXPECT_EQ(bob.events(), (std::vector<std::string>{"no track 1", "have-remote-offer", "stable"}));
  EXPECT_EQ(alice.machine.find(id)->agreed.current, Direction::inactive);
  EXPECT_FALSE(alice.machine.needed());
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
