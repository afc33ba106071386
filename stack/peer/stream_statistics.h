// What a peer counts of its streams. Names and meanings are those of the W3C webrtc-stats
// identifiers in the RFCs' spelling (packets_sent for packetsSent); durations are in nanoseconds.
#pragma once

#include <cstdint>
#include <optional>

#include "stack/base/time.h"

namespace natsim::peer {

// RTCOutboundRtpStreamStats, and of RTCRemoteInboundRtpStreamStats what the receiver's last report
// said.
struct OutboundStatistics {
  std::uint64_t packets_sent = 0;  // retransmissions included
  std::uint64_t bytes_sent = 0;    // of payload
  std::uint64_t retransmitted_packets_sent = 0;
  std::uint64_t retransmitted_bytes_sent = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t key_frames_encoded = 0;
  std::uint64_t nack_count = 0;  // received
  std::uint64_t pli_count = 0;
  std::uint64_t fir_count = 0;
  Duration total_packet_send_delay;  // in the pacer
  struct RemoteInbound {
    std::int64_t packets_lost = 0;
    double fraction_lost = 0;  // since the report before
    Duration jitter;
    std::optional<Duration> round_trip_time;
  };
  std::optional<RemoteInbound> remote;  // nullopt before the first report
};

// RTCInboundRtpStreamStats.
struct InboundStatistics {
  std::uint64_t packets_received = 0;  // retransmissions included
  std::uint64_t bytes_received = 0;    // of payload
  std::int64_t packets_lost = 0;       // retransmissions that came make up for losses
  Duration jitter;
  std::uint64_t retransmitted_packets_received = 0;
  std::uint64_t fec_packets_received = 0;   // repairs, and parts of packets that are
  std::uint64_t fec_bytes_received = 0;     // of their payload, as far as it can be told
  std::uint64_t fec_packets_discarded = 0;  // that restored nothing
  std::uint64_t packets_discarded = 0;      // too late to be played
  std::uint64_t nack_count = 0;             // sent
  std::uint64_t pli_count = 0;
  Time last_packet_received = Time::never();
  Duration longest_silence;  // between two packets: not of webrtc-stats
  // Of audio.
  std::uint64_t total_samples_received = 0;  // played or concealed
  std::uint64_t concealed_samples = 0;
  std::uint64_t concealment_events = 0;
  Duration jitter_buffer_delay;  // of all that were emitted
  std::uint64_t jitter_buffer_emitted_count = 0;
  Duration jitter_buffer_target;
  // From a packet's first sample to when it is played, on average; by the sender's reports.
  std::optional<Duration> mouth_to_ear;
  std::optional<double> mean_opinion_score;  // 1 to 4.5, see stack/media/speech_quality.h
  // Of video.
  std::uint64_t frames_decoded = 0;
  std::uint64_t key_frames_decoded = 0;
  std::uint64_t frames_dropped = 0;
  std::uint64_t freeze_count = 0;
  Duration total_freezes_duration;
  Duration total_inter_frame_delay;
};

}  // namespace natsim::peer
