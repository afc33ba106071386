#include "stack/peer/stream_repair.h"

#include <algorithm>
#include <utility>

#include "stack/rtp/flexfec.h"
#include "stack/rtp/ulpfec.h"

namespace natsim::peer {

void StreamRepair::configure(const std::vector<Codec>& codecs) {
  red_.reset();
  ulpfec_.reset();
  flexfec_.reset();
  for (const Codec& codec : codecs) {
    if (codec.is("red")) red_ = codec.payload_type;
    if (codec.is("ulpfec")) ulpfec_ = codec.payload_type;
    if (codec.is("flexfec")) flexfec_ = codec.payload_type;
  }
}

void StreamRepair::begin(std::uint32_t ssrc) {
  if (repairer_) statistics_.discarded += repairer_->discarded();
  repairer_.reset();
  ssrc_ = ssrc;
  if (restores_video()) repairer_.emplace(ssrc);
}

std::vector<Bytes> StreamRepair::receive(ByteView packet) {
  return repairer_ ? repairer_->receive(packet) : std::vector<Bytes>{};
}

std::vector<Bytes> StreamRepair::receive(std::optional<rtp::Repair> repair, std::size_t bytes) {
  ++statistics_.packets;
  statistics_.bytes += bytes;
  if (repair && repairer_) return repairer_->receive(std::move(*repair));
  ++statistics_.discarded;
  return {};
}

std::vector<Bytes> StreamRepair::receive_ulpfec(ByteView payload) {
  return receive(rtp::parse_ulpfec(payload), payload.size());
}

std::vector<Bytes> StreamRepair::receive_flexfec(const rtp::Packet& packet) {
  const auto& csrcs = packet.header.csrcs;
  const bool ours = std::find(csrcs.begin(), csrcs.end(), ssrc_) != csrcs.end();
  return receive(ours ? rtp::parse_flexfec(packet.payload) : std::nullopt, packet.payload.size());
}

void StreamRepair::count_speech(std::size_t bytes, bool used) {
  ++statistics_.packets;
  statistics_.bytes += bytes;
  if (!used) ++statistics_.discarded;
}

FecStatistics StreamRepair::statistics() const {
  FecStatistics all = statistics_;
  if (repairer_) all.discarded += repairer_->discarded();
  return all;
}

}  // namespace natsim::peer
