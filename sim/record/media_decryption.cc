#include "sim/record/media_decryption.h"

#include <algorithm>
#include <string_view>
#include <variant>

#include "sim/net/rewrite.h"
#include "stack/rtp/packet.h"
#include "stack/turn/channel_data.h"

namespace natsim::record {

namespace {

Bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(text[i + 1])));
  }
  return bytes;
}

std::string_view field(const core::AgentEvent& event, std::string_view name) {
  for (const core::Field& known : event.fields) {
    if (known.name == name) return std::get<std::string_view>(known.value);
  }
  return {};
}

// Key and salt, one behind the other.
srtp::MasterKey key_of(srtp::Profile profile, std::string_view hex) {
  Bytes key = from_hex(hex);
  const auto end =
      key.begin() + static_cast<std::ptrdiff_t>(std::min(key.size(), srtp::key_length(profile)));
  Bytes salt(end, key.end());
  key.erase(end, key.end());
  return {std::move(key), std::move(salt)};
}

// Of fixed headers (RFC 3550 §5.1, §6.4.1).
constexpr std::size_t shortest(bool rtcp) { return rtcp ? 8 : 12; }
std::uint32_t source_of(ByteView packet, bool rtcp) {
  return load_be32(packet.data() + (rtcp ? 4 : 8));
}

}  // namespace

void MediaDecryption::learn(const core::AgentEvent& event) {
  if (event.kind != "srtp.keys") return;
  using srtp::Profile;
  for (const Profile profile : {Profile::aes128_cm_sha1_80, Profile::aes128_cm_sha1_32,
                                Profile::aead_aes_128_gcm, Profile::aead_aes_256_gcm}) {
    if (to_string(profile) != field(event, "profile")) continue;
    const srtp::MasterKeys keys{profile, key_of(profile, field(event, "client")),
                                key_of(profile, field(event, "server"))};
    // Both ends tell them.
    if (std::find(keys_.begin(), keys_.end(), keys) != keys_.end()) return;
    auto client = srtp::Session::of_client(keys);
    auto server = srtp::Session::of_server(keys);
    if (!client || !server) return;
    keys_.push_back(keys);
    receivers_.push_back(std::move(client.value()));
    receivers_.push_back(std::move(server.value()));
  }
}

std::optional<ClearMedia> MediaDecryption::decrypt(Time now, ByteView datagram) {
  if (receivers_.empty()) return std::nullopt;
  const net::PacketPtr packet = net::parse_datagram(pool_, datagram);
  if (packet == nullptr || packet->protocol != net::Protocol::udp || packet->is_fragment()) {
    return std::nullopt;
  }
  const ByteView payload = packet->payload();
  ByteView sealed = payload;
  const bool relayed = turn::ChannelData::matches(payload);
  if (relayed) {
    const auto data = turn::ChannelData::parse(payload);
    if (!data) return std::nullopt;
    sealed = data->payload;
  }
  const bool rtcp = rtp::is_rtcp(sealed);
  if (!rtp::matches(sealed) || sealed.size() < shortest(rtcp)) return std::nullopt;
  const Bytes* const clear = clear_text(now, sealed, rtcp);
  if (clear == nullptr) return std::nullopt;
  Bytes fresh;
  ByteWriter out(fresh);
  if (relayed) {
    out.u16(load_be16(payload.data()));
    out.u16(static_cast<std::uint16_t>(clear->size()));
  }
  out.bytes(*clear);
  const ByteView made = net::with_payload(pool_, *packet, fresh)->datagram();
  return ClearMedia{Bytes(made.begin(), made.end()), rtcp, sealed.size() - clear->size()};
}

const Bytes* MediaDecryption::clear_text(Time now, ByteView sealed, bool rtcp) {
  while (!kept_.empty() && kept_.front().first + kept_for < now) {
    opened_.erase(kept_.front().second);
    kept_.pop_front();
  }
  std::string name(sealed.begin(), sealed.end());
  if (const auto known = opened_.find(name); known != opened_.end()) return &known->second;
  auto clear = open(sealed, rtcp);
  if (!clear) return nullptr;
  kept_.emplace_back(now, name);
  return &opened_.emplace(std::move(name), std::move(*clear)).first->second;
}

std::optional<Bytes> MediaDecryption::open(ByteView sealed, bool rtcp) {
  const std::uint32_t source = source_of(sealed, rtcp);
  const auto opens = [&](std::size_t number) -> std::optional<Bytes> {
    srtp::Session& receiver = receivers_[number];
    Bytes packet(sealed.begin(), sealed.end());
    const auto outcome = rtcp ? receiver.unprotect_rtcp(packet) : receiver.unprotect_rtp(packet);
    if (outcome != srtp::Outcome::done) return std::nullopt;
    receiver_[source] = number;
    return packet;
  };
  const auto last = receiver_.find(source);
  const std::size_t first = last == receiver_.end() ? receivers_.size() : last->second;
  if (first < receivers_.size()) {
    if (auto packet = opens(first)) return packet;
  }
  for (std::size_t number = receivers_.size(); number-- > 0;) {
    if (number == first) continue;
    if (auto packet = opens(number)) return packet;
  }
  return std::nullopt;
}

}  // namespace natsim::record
