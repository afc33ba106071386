#include "sim/script/stream_statistics.h"

#include "sim/script/table_writer.h"

namespace natsim::script {
namespace {

using peer::InboundStatistics;
using peer::MediaKind;
using peer::OutboundStatistics;

void set_number(lua_State* lua, TableWriter& table, const char* key, double value) {
  lua_pushnumber(lua, value);
  table.set_top(key);
}

void begin(TableWriter& table, const char* type, const peer::Transceiver& transceiver,
           std::uint32_t ssrc, const std::string& codec) {
  table.set("type", type);
  table.set("kind", to_string(transceiver.kind));
  table.set("mid", transceiver.agreed.mid);
  table.set("ssrc", ssrc);
  if (!codec.empty()) table.set("codec", codec);
}

void push_outbound(lua_State* lua, const peer::Transceiver& transceiver,
                   const peer::RtpSender& sender, const peer::MediaSession& media) {
  const OutboundStatistics& sent = sender.statistics();
  TableWriter table(lua);
  begin(table, "outbound-rtp", transceiver, sender.ssrc(), sender.codec().encoding);
  if (!sender.rid().empty()) table.set("rid", sender.rid());
  table.set("packets_sent", sent.packets_sent);
  table.set("bytes_sent", sent.bytes_sent);
  table.set("retransmitted_packets_sent", sent.retransmitted_packets_sent);
  table.set("retransmitted_bytes_sent", sent.retransmitted_bytes_sent);
  table.set("frames_sent", sent.frames_sent);
  table.set("nack_count", sent.nack_count);
  table.set("total_packet_send_delay", sent.total_packet_send_delay);
  if (transceiver.kind == MediaKind::video) {
    if (const media::VideoSource* source = media.video_source(sender.ssrc())) {
      table.set("target_bitrate", source->bitrate());
      table.set("frame_width", source->resolution().width);
      table.set("frame_height", source->resolution().height);
    }
    if (const auto all = media.target_bitrate()) table.set("available_outgoing_bitrate", *all);
    table.set("key_frames_encoded", sent.key_frames_encoded);
    table.set("pli_count", sent.pli_count);
    table.set("fir_count", sent.fir_count);
  }
  if (!sent.remote) return;
  table.set("packets_lost", sent.remote->packets_lost);
  set_number(lua, table, "fraction_lost", sent.remote->fraction_lost);
  table.set("jitter", sent.remote->jitter);
  if (sent.remote->round_trip_time) table.set("round_trip_time", *sent.remote->round_trip_time);
}

void push_inbound(lua_State* lua, const peer::Transceiver& transceiver,
                  const peer::RtpReceiver& receiver) {
  const InboundStatistics got = receiver.statistics();
  TableWriter table(lua);
  begin(table, "inbound-rtp", transceiver, receiver.ssrc().value_or(0), receiver.codec());
  if (!receiver.rid().empty()) table.set("rid", receiver.rid());
  table.set("packets_received", got.packets_received);
  table.set("bytes_received", got.bytes_received);
  table.set("packets_lost", got.packets_lost);
  table.set("jitter", got.jitter);
  table.set("nack_count", got.nack_count);
  table.set("retransmitted_packets_received", got.retransmitted_packets_received);
  table.set("fec_packets_received", got.fec_packets_received);
  table.set("fec_bytes_received", got.fec_bytes_received);
  table.set("fec_packets_discarded", got.fec_packets_discarded);
  table.set("last_packet_received", got.last_packet_received);
  table.set("longest_silence", got.longest_silence);
  if (transceiver.kind == MediaKind::audio) {
    table.set("packets_discarded", got.packets_discarded);
    table.set("total_samples_received", got.total_samples_received);
    table.set("concealed_samples", got.concealed_samples);
    table.set("concealment_events", got.concealment_events);
    table.set("jitter_buffer_delay", got.jitter_buffer_delay);
    table.set("jitter_buffer_emitted_count", got.jitter_buffer_emitted_count);
    table.set("jitter_buffer_target", got.jitter_buffer_target);
    if (got.mouth_to_ear) table.set("mouth_to_ear", *got.mouth_to_ear);
    if (got.mean_opinion_score) {
      set_number(lua, table, "mean_opinion_score", *got.mean_opinion_score);
    }
    return;
  }
  table.set("pli_count", got.pli_count);
  table.set("frames_decoded", got.frames_decoded);
  table.set("key_frames_decoded", got.key_frames_decoded);
  table.set("frames_dropped", got.frames_dropped);
  table.set("freeze_count", got.freeze_count);
  table.set("total_freezes_duration", got.total_freezes_duration);
  table.set("total_inter_frame_delay", got.total_inter_frame_delay);
}

}  // namespace

void push_statistics(lua_State* lua, const agents::PeerConnection& connection) {
  luaL_checkstack(lua, 4, nullptr);
  lua_newtable(lua);
  lua_Integer position = 0;
  for (const peer::Transceiver& transceiver : connection.negotiation().transceivers()) {
    for (const peer::RtpSender* sender : connection.media().senders(transceiver.id)) {
      push_outbound(lua, transceiver, *sender, connection.media());
      lua_rawseti(lua, -2, ++position);
    }
    for (const peer::RtpReceiver* receiver : connection.media().receivers(transceiver.id)) {
      push_inbound(lua, transceiver, *receiver);
      lua_rawseti(lua, -2, ++position);
    }
  }
}

}  // namespace natsim::script
