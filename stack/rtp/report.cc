#include "stack/rtp/report.h"

#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "stack/rtp/signed_24.h"

namespace natsim::rtp {
namespace {

constexpr std::size_t block_size = 24;

std::optional<std::vector<ReportBlock>> read_blocks(ByteReader& in, std::uint8_t count) {
  std::vector<ReportBlock> blocks;
  if (in.remaining() < count * block_size) return std::nullopt;
  for (int i = 0; i < count; ++i) {
    ReportBlock block;
    block.ssrc = *in.u32();
    const std::uint32_t lost = *in.u32();
    block.fraction_lost = static_cast<std::uint8_t>(lost >> 24);
    block.cumulative_lost = signed_24(lost);
    block.highest_sequence = *in.u32();
    block.jitter = *in.u32();
    block.last_sr = *in.u32();
    block.delay_since_last_sr = *in.u32();
    blocks.push_back(block);
  }
  // What is behind the blocks is a profile's extension (RFC 3550 §6.4.3).
  return blocks;
}

void write_blocks(ByteWriter& out, const std::vector<ReportBlock>& blocks) {
  for (const ReportBlock& block : blocks) {
    out.u32(block.ssrc);
    out.u32(std::uint32_t{block.fraction_lost} << 24 |
            (static_cast<std::uint32_t>(block.cumulative_lost) & 0xff'ffff));
    out.u32(block.highest_sequence);
    out.u32(block.jitter);
    out.u32(block.last_sr);
    out.u32(block.delay_since_last_sr);
  }
}

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

void write_text(ByteWriter& out, const std::string& text) {
  out.u8(static_cast<std::uint8_t>(text.size()));
  out.bytes(as_bytes(text));
}

}  // namespace

std::optional<SenderReport> SenderReport::parse(std::uint8_t count, ByteView body) {
  ByteReader in(body);
  if (in.remaining() < 24) return std::nullopt;
  SenderReport report;
  report.ssrc = *in.u32();
  report.ntp_timestamp = *in.u64();
  report.rtp_timestamp = *in.u32();
  report.packet_count = *in.u32();
  report.octet_count = *in.u32();
  auto blocks = read_blocks(in, count);
  if (!blocks) return std::nullopt;
  report.blocks = std::move(*blocks);
  return report;
}

void SenderReport::write(ByteWriter& out) const {
  out.u32(ssrc);
  out.u64(ntp_timestamp);
  out.u32(rtp_timestamp);
  out.u32(packet_count);
  out.u32(octet_count);
  write_blocks(out, blocks);
}

std::optional<ReceiverReport> ReceiverReport::parse(std::uint8_t count, ByteView body) {
  ByteReader in(body);
  const auto ssrc = in.u32();
  if (!ssrc) return std::nullopt;
  auto blocks = read_blocks(in, count);
  if (!blocks) return std::nullopt;
  return ReceiverReport{*ssrc, std::move(*blocks)};
}

void ReceiverReport::write(ByteWriter& out) const {
  out.u32(ssrc);
  write_blocks(out, blocks);
}

std::optional<SourceDescription> SourceDescription::parse(std::uint8_t count, ByteView body) {
  SourceDescription description;
  ByteReader in(body);
  for (int i = 0; i < count; ++i) {
    const auto ssrc = in.u32();
    if (!ssrc) return std::nullopt;
    Chunk chunk{*ssrc, {}};
    while (true) {
      const auto type = in.u8();
      if (!type) return std::nullopt;
      if (*type == 0) break;
      const auto length = in.u8();
      const auto text = length ? in.take(*length) : std::nullopt;
      if (!text) return std::nullopt;
      chunk.items.push_back({static_cast<ItemType>(*type), text_of(*text)});
    }
    // A chunk ends at a word's end.
    if (!in.take(in.remaining() % 4)) return std::nullopt;
    description.chunks.push_back(std::move(chunk));
  }
  return description;
}

void SourceDescription::write(ByteWriter& out) const {
  for (const Chunk& chunk : chunks) {
    out.u32(chunk.ssrc);
    std::size_t size = 0;
    for (const Item& item : chunk.items) {
      out.u8(static_cast<std::uint8_t>(item.type));
      write_text(out, item.text);
      size += 2 + item.text.size();
    }
    // At least one null byte ends the list.
    out.fill(4 - size % 4, 0);
  }
}

std::optional<Goodbye> Goodbye::parse(std::uint8_t count, ByteView body) {
  Goodbye goodbye;
  ByteReader in(body);
  for (int i = 0; i < count; ++i) {
    const auto ssrc = in.u32();
    if (!ssrc) return std::nullopt;
    goodbye.ssrcs.push_back(*ssrc);
  }
  if (const auto length = in.u8()) {
    const auto text = in.take(*length);
    if (!text) return std::nullopt;
    goodbye.reason = text_of(*text);
  }
  return goodbye;
}

void Goodbye::write(ByteWriter& out) const {
  for (const std::uint32_t ssrc : ssrcs) out.u32(ssrc);
  if (reason.empty()) return;
  write_text(out, reason);
  out.fill((4 - (reason.size() + 1) % 4) % 4, 0);
}

std::optional<ApplicationDefined> ApplicationDefined::parse(std::uint8_t count, ByteView body) {
  ByteReader in(body);
  const auto ssrc = in.u32();
  const auto name = in.take(4);
  if (!ssrc || !name) return std::nullopt;
  ApplicationDefined packet{count, *ssrc, {}, Bytes(in.rest().begin(), in.rest().end())};
  std::memcpy(packet.name.data(), name->data(), packet.name.size());
  return packet;
}

void ApplicationDefined::write(ByteWriter& out) const {
  out.u32(ssrc);
  out.bytes(as_bytes(std::string_view(name.data(), name.size())));
  out.bytes(data);
}

}  // namespace natsim::rtp
