#include "stack/peer/media_session.h"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "stack/rtp/clock.h"
#include "stack/rtp/header_values.h"
#include "stack/rtp/packet.h"
#include "tests/stack/peer/peers.h"

namespace natsim::peer {
namespace NATSIM_TEST_FILE {

// Two peers that have agreed on speech and video, 30 ms apart, without DTLS between them.
class MediaPair : public testing::Test {
 protected:
  using Way = std::vector<std::pair<Time, MediaPacket>>;

  void begin(const MediaOptions& options) {
    alice = Side("alice", {.fec = options.fec});
    bob = Side("bob", {.fec = options.fec});
    alice.machine.add_track(MediaKind::audio, {"s", "a"});
    video = encodings.empty()
                ? alice.machine.add_track(MediaKind::video, {"s", "v"})
                : alice.machine.add_transceiver(MediaKind::video, sdp::Direction::sendonly,
                                                Track{"s", "v"}, encodings);
    bob.machine.add_track(MediaKind::audio, {"t", "b"});
    negotiate(alice, bob);
    from_alice.emplace(options, "alice", Random(1));
    from_bob.emplace(options, "bob", Random(2));
    from_alice->apply(alice.machine.transceivers(), now);
    from_bob->apply(bob.machine.transceivers(), now);
    from_alice->start(now);
    from_bob->start(now);
  }

  void collect(MediaSession& session, Way& way) {
    while (auto packet = session.poll_transmit()) {
      if (lose && lose(*packet)) continue;
      way.emplace_back(now + milliseconds(30), std::move(*packet));
    }
    while (session.poll_event()) {
    }
  }
  void deliver(Way& way, MediaSession& session) {
    while (!way.empty() && way.front().first <= now) {
      const MediaPacket packet = std::move(way.front().second);
      way.erase(way.begin());
      if (packet.rtcp) {
        session.receive_rtcp(packet.bytes, now);
      } else {
        session.receive_rtp(packet.bytes, now);
      }
    }
  }
  void run(Duration time) {
    const Time end = now + time;
    while (true) {
      collect(*from_alice, to_bob);
      collect(*from_bob, to_alice);
      Time next = std::min(from_alice->next_timeout(), from_bob->next_timeout());
      for (const Way* way : {&to_bob, &to_alice}) {
        if (!way->empty()) next = std::min(next, way->front().first);
      }
      if (next > end) break;
      now = next;
      deliver(to_bob, *from_bob);
      deliver(to_alice, *from_alice);
      if (from_alice->next_timeout() <= now) from_alice->handle_timeout(now);
      if (from_bob->next_timeout() <= now) from_bob->handle_timeout(now);
    }
    now = end;
  }
  [[nodiscard]] const OutboundStatistics& video_sent() const {
    return from_alice->sender(video)->statistics();
  }
  [[nodiscard]] InboundStatistics video_got() const { return from_bob->receiver(2)->statistics(); }

  Time now = Time{} + seconds(1);
  Side alice{"alice"};
  Side bob{"bob"};
  std::vector<SendEncoding> encodings;  // of Alice's video
  TransceiverId video = 0;
  std::optional<MediaSession> from_alice;
  std::optional<MediaSession> from_bob;
  Way to_bob;
  Way to_alice;
  std::function<bool(const MediaPacket&)> lose;
};

constexpr MediaOptions steady = {.congestion_control = false};

TEST_F(MediaPair, SpeechAndVideoArriveAndReportsTellOfThem) {
  begin(steady);
  run(seconds(20));
  EXPECT_EQ(from_bob->receiver(1)->statistics().packets_received, 998U);  // 30 ms are on their way
  EXPECT_EQ(from_alice->receiver(1)->statistics().packets_received, 998U);
  EXPECT_GE(video_got().frames_decoded, 598U);
  EXPECT_EQ(video_got().key_frames_decoded, 1U);
  EXPECT_EQ(video_got().packets_lost, 0);
  ASSERT_TRUE(video_sent().remote);
  // Told in units of 1/65536 s, each side's rounded down.
  EXPECT_GE(*video_sent().remote->round_trip_time, milliseconds(60) - microseconds(16));
  EXPECT_LE(*video_sent().remote->round_trip_time, milliseconds(60) + microseconds(32));
  // Bob's frames are captured, packed for 20 ms, 30 ms on their way and 20 ms in the buffer.
  // Reports tell when that was in units of 1/48000 s.
  const Duration mouth_to_ear = *from_alice->receiver(1)->statistics().mouth_to_ear;
  EXPECT_GE(mouth_to_ear, milliseconds(70) - microseconds(21));
  EXPECT_LE(mouth_to_ear, milliseconds(70) + microseconds(21));
}

TEST_F(MediaPair, AReportOfATimeThatCannotBeRatesNothing) {
  begin(steady);
  run(seconds(3));
  const auto rated = [&] { return *from_bob->receiver(1)->statistics().mouth_to_ear; };
  const std::uint32_t speech = alice.machine.transceivers()[0].ssrc;
  // The last time that there is, and the world's beginning.
  for (const std::uint64_t time : {UINT64_MAX, rtp::ntp_time(Time{})}) {
    const Duration before = rated();
    from_bob->receive_rtcp(
        rtp::encode({rtp::SenderReport{
            .ssrc = speech, .ntp_timestamp = time, .rtp_timestamp = 0x8000'0000}}),
        now);
    run(milliseconds(200));
    EXPECT_EQ(rated(), before);
    run(seconds(3));  // Alice's own reports tell the time again
    EXPECT_GE(rated(), milliseconds(70) - microseconds(21));
    EXPECT_LE(rated(), milliseconds(70) + microseconds(21));
  }
}

TEST_F(MediaPair, RTP07_RTP08_LostVideoIsAskedForAndSentAgain) {
  begin(steady);
  int number = 0;
  lose = [&](const MediaPacket& packet) {
    const auto rtp = packet.rtcp ? std::nullopt : rtp::Packet::parse(packet.bytes);
    return rtp && rtp->header.payload_type == 96 && ++number % 50 == 0;
  };
  run(seconds(20));
  lose = nullptr;
  run(seconds(2));
  EXPECT_GE(number, 2000);
  EXPECT_EQ(video_sent().retransmitted_packets_sent, static_cast<std::uint64_t>(number / 50));
  EXPECT_EQ(video_got().retransmitted_packets_received, video_sent().retransmitted_packets_sent);
  EXPECT_EQ(video_got().packets_lost, 0);
  EXPECT_EQ(video_got().frames_dropped, 0U);
  EXPECT_EQ(video_got().pli_count, 0U);
  EXPECT_EQ(video_got().key_frames_decoded, 1U);
}

TEST_F(MediaPair, RTP09_WithoutItsFirstFrameAReceiverAsksForAKeyFrame) {
  begin(steady);
  lose = [](const MediaPacket&) { return true; };
  run(milliseconds(500));
  lose = nullptr;
  run(seconds(2));
  EXPECT_GE(video_got().pli_count, 1U);
  EXPECT_EQ(video_sent().pli_count, video_got().pli_count);
  EXPECT_EQ(video_got().key_frames_decoded, 1U);
  EXPECT_GE(video_got().frames_decoded, 45U);
}

// Each twentieth packet of Alice's is lost, 30 ms away, once her first report has told of losses.
class ProtectedPair : public MediaPair {
 protected:
  void run_with_losses(const MediaOptions& options) {
    begin(options);
    lose = [this](const MediaPacket& packet) {
      const auto rtp = packet.rtcp ? std::nullopt : rtp::Packet::parse(packet.bytes);
      // Bob has a track of speech alone: the other SSRCs are hers.
      if (!rtp || rtp->header.ssrc == bob.machine.transceivers()[0].ssrc) return false;
      return ++number % 20 == 0;
    };
    run(seconds(10));
    before = video_got();
    run(seconds(20));
  }
  int number = 0;
  InboundStatistics before;
};

TEST_F(ProtectedPair, RTP13_FlexFecRestoresWhatIsLostBeforeItIsAskedFor) {
  MediaOptions options = steady;
  options.fec.video = VideoFec::flexfec;
  run_with_losses(options);
  const InboundStatistics after = video_got();
  // A group is of one or two of the 600 frames. One loss in twenty packets hardly ever hits two of
  // its packets.
  EXPECT_GE(after.fec_packets_received - before.fec_packets_received, 300U);
  EXPECT_LE(after.nack_count - before.nack_count, 5U);
  EXPECT_GE(after.frames_decoded - before.frames_decoded, 595U);
  const std::uint64_t used = after.fec_packets_received - after.fec_packets_discarded;
  EXPECT_GE(used, 80U);
  EXPECT_EQ(after.pli_count, 0U);
  EXPECT_EQ(after.freeze_count, before.freeze_count);
}

TEST_F(ProtectedPair, RTP13_UlpfecWithinRedRestoresWhatIsLostBeforeItIsAskedFor) {
  MediaOptions options = steady;
  options.fec.video = VideoFec::ulpfec;
  run_with_losses(options);
  const InboundStatistics after = video_got();
  EXPECT_GE(after.fec_packets_received - before.fec_packets_received, 300U);
  // Some repairs are lost too; those that a later frame makes superfluous are not asked for.
  EXPECT_LE(after.nack_count - before.nack_count, 20U);
  EXPECT_GE(after.frames_decoded - before.frames_decoded, 595U);
  EXPECT_GE(after.fec_packets_received - after.fec_packets_discarded, 80U);
  EXPECT_EQ(after.pli_count, 0U);
  EXPECT_EQ(after.freeze_count, before.freeze_count);
  // What is sent again is RED as well: nothing else of the stream was missing in the end.
  EXPECT_EQ(after.frames_dropped, 0U);
}

TEST_F(ProtectedPair, RTP13_RedRepeatsSpeechOnceItIsLost) {
  MediaOptions options = steady;
  options.fec.audio = AudioFec::red;
  run_with_losses(options);
  const InboundStatistics heard = from_bob->receiver(1)->statistics();
  EXPECT_GE(heard.fec_packets_received, 1000U);
  // Some 75 of 1500 are lost, few of them before Bob's first report, which is due within 1.5 s.
  EXPECT_GE(heard.fec_packets_received - heard.fec_packets_discarded, 50U);
  EXPECT_LE(heard.concealed_samples, 15U * 960U);
  EXPECT_EQ(from_alice->receiver(1)->statistics().fec_packets_received, 0U);
}

TEST_F(ProtectedPair, RTP13_OpusRepeatsSpeechByItselfOnceItIsLost) {
  MediaOptions options = steady;
  options.fec.audio = AudioFec::in_band;
  run_with_losses(options);
  const InboundStatistics heard = from_bob->receiver(1)->statistics();
  EXPECT_GE(heard.fec_packets_received - heard.fec_packets_discarded, 50U);
  EXPECT_LE(heard.concealed_samples, 15U * 960U);
}

TEST_F(ProtectedPair, RTP13_NothingIsAddedWhereNothingIsLost) {
  MediaOptions options = steady;
  options.fec = {AudioFec::red, VideoFec::ulpfec};
  begin(options);
  run(seconds(10));
  EXPECT_EQ(video_got().fec_packets_received, 0U);
  EXPECT_EQ(from_bob->receiver(1)->statistics().fec_packets_received, 0U);
  EXPECT_EQ(from_bob->receiver(1)->statistics().packets_received, 498U);
  EXPECT_GE(video_got().frames_decoded, 298U);
}

TEST_F(MediaPair, SDP24_EachStreamOfSimulcastIsToldByItsRid) {
  encodings = {{.rid = "q"}, {.rid = "h"}, {.rid = "f"}};
  MediaOptions options = steady;
  options.video_bitrate = 2'000'000;
  options.resolution = {1280, 720};
  // Of each stream, which names its packets have, and whether each is behind a report about it.
  struct Names {
    int with_rid = 0;
    int without_rid = 0;
  };
  std::map<std::uint32_t, Names> names;
  const auto watch = [&](const MediaPacket& packet) {
    const auto rtp = packet.rtcp ? std::nullopt : rtp::Packet::parse(packet.bytes);
    if (!rtp || rtp->header.payload_type != 96) return false;
    const bool told = rtp->header.extension(10) != nullptr;  // as offers number it
    Names& stream = names[rtp->header.ssrc];
    ++(told ? stream.with_rid : stream.without_rid);
    EXPECT_TRUE(!told || stream.without_rid == 0);
    return false;
  };
  lose = watch;
  begin(options);
  run(seconds(10));
  const auto senders = from_alice->senders(video);
  const auto receivers = from_bob->receivers(2);
  ASSERT_EQ(senders.size(), 3U);
  ASSERT_EQ(receivers.size(), 3U);
  EXPECT_EQ(names.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(receivers[i]->rid(), senders[i]->rid());
    EXPECT_EQ(receivers[i]->ssrc(), senders[i]->ssrc());
    EXPECT_GE(receivers[i]->statistics().frames_decoded, 298U);
    EXPECT_EQ(receivers[i]->statistics().packets_lost, 0);
    EXPECT_GT(names[*receivers[i]->ssrc()].with_rid, 0);
    EXPECT_GT(names[*receivers[i]->ssrc()].without_rid, 0);
  }
  // 320x180, 640x360 and 1280x720 get 150, 500 and the rest of 2000 kbit/s.
  EXPECT_EQ(from_alice->video_source(senders[0]->ssrc())->resolution(),
            (media::Resolution{320, 180}));
  EXPECT_EQ(from_alice->video_source(senders[0]->ssrc())->bitrate(), 150'000U);
  EXPECT_EQ(from_alice->video_source(senders[1]->ssrc())->bitrate(), 500'000U);
  EXPECT_EQ(from_alice->video_source(senders[2]->ssrc())->bitrate(), 1'350'000U);
  EXPECT_EQ(from_alice->target_bitrate(video), 2'000'000U);
}

TEST_F(MediaPair, SDP24_RetransmissionsOfSimulcastFindTheirStream) {
  encodings = {{.rid = "l"}, {.rid = "h"}};
  begin(steady);
  int number = 0;
  lose = [&](const MediaPacket& packet) {
    const auto rtp = packet.rtcp ? std::nullopt : rtp::Packet::parse(packet.bytes);
    return rtp && rtp->header.payload_type == 96 && ++number % 20 == 0;
  };
  run(seconds(10));
  lose = nullptr;
  run(seconds(1));
  for (const RtpReceiver* receiver : from_bob->receivers(2)) {
    const InboundStatistics got = receiver->statistics();
    EXPECT_GT(got.retransmitted_packets_received, 5U);
    EXPECT_EQ(got.packets_lost, 0);
    EXPECT_EQ(got.frames_dropped, 0U);
    EXPECT_EQ(got.key_frames_decoded, 1U);
  }
}

TEST_F(ProtectedPair, SDP24_RTP13_RepairsOfSimulcastFindTheirStream) {
  encodings = {{.rid = "l"}, {.rid = "h"}};
  MediaOptions options = steady;
  options.fec.video = VideoFec::flexfec;
  run_with_losses(options);
  for (const RtpReceiver* receiver : from_bob->receivers(2)) {
    const InboundStatistics got = receiver->statistics();
    EXPECT_GE(got.fec_packets_received, 200U);  // 900 frames, of the small one four in a group
    EXPECT_GE(got.fec_packets_received - got.fec_packets_discarded, 20U);
    EXPECT_EQ(got.frames_dropped, 0U);
    EXPECT_GE(got.frames_decoded, 890U);
  }
}

TEST_F(MediaPair, SDP24_WhoTakesNoSimulcastGetsOneStream) {
  encodings = {{.rid = "l"}, {.rid = "h"}};
  Side plain("bob");
  alice.machine.add_transceiver(MediaKind::video, sdp::Direction::sendonly, Track{"s", "v"},
                                encodings);
  const auto offer = alice.offer();
  alice.local(offer);
  plain.remote(offer);
  auto answer = plain.answer();
  answer.sdp.erase(answer.sdp.find("a=simulcast"), std::string("a=simulcast:recv l;h\r\n").size());
  ASSERT_EQ(alice.remote(answer), "");
  MediaSession session(steady, "alice", Random(1));
  session.apply(alice.machine.transceivers(), now);
  const auto senders = session.senders(1);
  ASSERT_EQ(senders.size(), 1U);
  EXPECT_EQ(senders[0]->rid(), "");
  EXPECT_EQ(senders[0]->ssrc(), alice.machine.transceivers()[0].ssrc);
}

TEST_F(MediaPair, MUX04_TheMidTellsWhereAPacketBelongs) {
  begin(steady);
  run(seconds(1));
  // An SSRC that nobody told of, with the video's MID, in Alice's numbering of extensions.
  const Transceiver& section = *alice.machine.find(video);
  std::uint8_t mid_id = 0;
  for (const auto& extension : section.agreed.extensions) {
    if (extension.uri == rtp::uri::mid) mid_id = static_cast<std::uint8_t>(extension.id);
  }
  rtp::Header header{.payload_type = 96, .sequence_number = 7, .ssrc = 4711};
  const Bytes payload = {0x10, 0x01, 0, 0};
  const auto before = video_got().packets_received;
  from_bob->receive_rtp(rtp::encode(header, payload), now);
  // By the payload type it is the video's as well: there is only one with it.
  EXPECT_EQ(video_got().packets_received, before + 1);
  header.payload_type = 111;
  header.ssrc = 4712;
  header.extensions = {{mid_id, {'1'}}};
  // A payload type that the section does not have.
  from_bob->receive_rtp(rtp::encode(header, payload), now);
  EXPECT_EQ(video_got().packets_received, before + 1);
  bool ignored = false;
  while (const auto event = from_bob->poll_event()) {
    ignored = ignored || std::holds_alternative<MediaIgnored>(*event);
  }
  EXPECT_TRUE(ignored);
}

TEST_F(MediaPair, RTP15_GoodbyeTellsWhichStreamsHaveEnded) {
  begin(steady);
  run(seconds(1));
  from_alice->stop(now);
  EXPECT_TRUE(from_alice->next_timeout().is_never());
  std::vector<std::uint32_t> left;
  while (const auto packet = from_alice->poll_transmit()) {
    if (packet->rtcp) from_bob->receive_rtcp(packet->bytes, now);
  }
  while (const auto event = from_bob->poll_event()) {
    if (const auto* gone = std::get_if<PeerLeft>(&*event)) left.push_back(gone->ssrc);
  }
  EXPECT_EQ(left, (std::vector<std::uint32_t>{alice.machine.transceivers()[0].ssrc,
                                              alice.machine.transceivers()[1].ssrc}));
}

TEST_F(MediaPair, CongestionControlProbesItsWayUpToTheMost) {
  begin({.video_bitrate = 2'000'000});
  run(milliseconds(100));
  EXPECT_EQ(from_alice->target_bitrate(), 300'000U);
  run(seconds(10));
  // 2 Mbit/s of payload with their headers, and speech with its own.
  EXPECT_EQ(from_alice->target_bitrate(), (2'000'000U * 100 + 92) / 93 + 64'000);
  EXPECT_EQ(from_alice->target_bitrate(video), 2'000'000U);
  EXPECT_FALSE(from_bob->target_bitrate());  // it sends no video
}

}  // namespace NATSIM_TEST_FILE
}  // namespace natsim::peer
