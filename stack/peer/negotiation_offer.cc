#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "stack/peer/negotiation.h"

namespace natsim::peer {
namespace {

constexpr std::string_view rtp_protocol = "UDP/TLS/RTP/SAVPF";

std::string unused_mid(const std::vector<LocalSection>& sections) {
  for (std::size_t number = 0;; ++number) {
    std::string mid = fmt::format("{}", number);
    const bool taken = std::any_of(sections.begin(), sections.end(),
                                   [&](const LocalSection& known) { return known.mid == mid; });
    if (!taken) return mid;
  }
}

// What has been agreed with its numbers, then what else the peer has, unless its number is taken by
// something else in the bundle (RFC 9429 §5.2.2, RFC 9143 §9.1.1).
void add_codecs(const Agreement& agreed, const std::vector<Codec>& own,
                std::map<std::uint8_t, std::string>& payload_types, LocalSection& section) {
  section.codecs = agreed.received_codecs;
  for (const Codec& codec : section.codecs) payload_types[codec.payload_type] = codec.encoding;
  for (const Codec& codec : own) {
    const bool there =
        std::any_of(section.codecs.begin(), section.codecs.end(), [&](const Codec& known) {
          return codec.is("rtx") ? known.repeats() == codec.repeats() : same_codec(known, codec);
        });
    const auto taken = payload_types.find(codec.payload_type);
    if (there || (taken != payload_types.end() && taken->second != codec.encoding)) continue;
    payload_types[codec.payload_type] = codec.encoding;
    section.codecs.push_back(codec);
  }
}

void add_extensions(const Agreement& agreed, MediaKind kind,
                    std::map<std::uint16_t, std::string>& ids, LocalSection& section) {
  section.extensions = agreed.extensions;
  for (const auto& extension : section.extensions) ids[extension.id] = extension.uri;
  for (const auto& extension : extensions_of(kind)) {
    const bool there = std::any_of(section.extensions.begin(), section.extensions.end(),
                                   [&](const auto& known) { return known.uri == extension.uri; });
    const auto taken = ids.find(extension.id);
    if (there || (taken != ids.end() && taken->second != extension.uri)) continue;
    ids[extension.id] = extension.uri;
    section.extensions.push_back(extension);
  }
}

}  // namespace

Result<SessionDescription> Negotiation::create_offer(const LocalTransport& transport) {
  if (state_ != SignallingState::stable && state_ != SignallingState::have_local_offer) {
    return Error{fmt::format("InvalidStateError: create_offer in the state {}", to_string(state_))};
  }
  LocalSession session;
  session.sections = sections_to_offer();
  return draft(SdpType::offer, std::move(session), transport);
}

std::vector<LocalSection> Negotiation::sections_to_offer() const {
  // An offer that has not been answered yet is made anew, not added to.
  std::vector<LocalSection> sections = exchange_.sections;
  std::map<std::uint8_t, std::string> payload_types;
  std::map<std::uint16_t, std::string> ids;
  const auto fill = [&](const Transceiver& transceiver, LocalSection& section) {
    const Agreement& agreed = transceiver.agreed;
    section.kind = to_string(transceiver.kind);
    section.protocol = rtp_protocol;
    section.formats.clear();
    section.mid_signalled = true;
    section.rejected = false;
    section.transceiver = transceiver.id;
    section.direction = transceiver.direction;
    add_codecs(agreed, transceiver.codecs, payload_types, section);
    add_extensions(agreed, transceiver.kind, ids, section);
    section.sent_rids.clear();
    for (const SendEncoding& encoding : transceiver.encodings) {
      if (sdp::sends(transceiver.direction)) section.sent_rids.push_back(encoding.rid);
    }
    section.reduced_size = true;
  };
  std::set<TransceiverId> placed;
  for (LocalSection& section : sections) {
    const Transceiver* transceiver = find(section.transceiver);
    if (section.rejected || transceiver == nullptr || transceiver->stopped) {
      for (const Codec& codec : section.codecs) {
        section.formats.push_back(fmt::format("{}", codec.payload_type));
      }
      section.codecs.clear();
      section.rejected = true;
      continue;
    }
    fill(*transceiver, section);
    placed.insert(transceiver->id);
  }
  for (const Transceiver& transceiver : transceivers_) {
    if (transceiver.stopped || placed.contains(transceiver.id)) continue;
    const std::string mid = unused_mid(sections);
    // A section that both sides have given up is used anew (RFC 9429 §5.2.2).
    auto place = std::find_if(sections.begin(), sections.end(), [&](const LocalSection& section) {
      const auto index = static_cast<std::size_t>(&section - sections.data());
      return section.rejected && index < exchange_.sections.size() &&
             exchange_.sections[index].rejected;
    });
    if (place == sections.end()) place = sections.insert(sections.end(), LocalSection{});
    *place = LocalSection{.mid = mid};
    fill(transceiver, *place);
  }
  return sections;
}

void Negotiation::apply_local_offer() {
  for (const LocalSection& section : exchange_.sections) {
    Transceiver* transceiver = find_mutable(section.transceiver);
    if (section.rejected || transceiver == nullptr) continue;
    transceiver->agreed.mid = section.mid;
    transceiver->agreed.sent_track = transceiver->track;
  }
}

std::optional<Error> Negotiation::fault_of_offer(const RemoteSession& session) const {
  // An offer of one's own that has not been answered does not count: it is rolled back.
  const auto& before = settled_.exchange.sections;
  if (session.sections.size() < before.size()) {
    return Error{fmt::format("it has {} sections, where there were {} (RFC 3264 §8)",
                             session.sections.size(), before.size())};
  }
  for (std::size_t i = 0; i < before.size(); ++i) {
    const RemoteSection& section = session.sections[i];
    if (before[i].rejected || section.rejected) continue;
    if (section.kind != before[i].kind || section.mid != before[i].mid) {
      return Error{fmt::format("section {} is {} with the mid \"{}\", and was {} with \"{}\"", i,
                               section.kind, section.mid, before[i].kind, before[i].mid)};
    }
  }
  return std::nullopt;
}

void Negotiation::apply_remote_offer(Remote remote) {
  std::vector<LocalSection> sections;
  for (std::size_t i = 0; i < remote.session.sections.size(); ++i) {
    const RemoteSection& offered = remote.session.sections[i];
    LocalSection section{.kind = offered.kind,
                         .protocol = offered.protocol,
                         .formats = offered.formats,
                         .mid = offered.mid,
                         .mid_signalled = offered.mid_signalled,
                         .rejected = offered.rejected || !offered.media};
    if (offered.rejected && i < exchange_.sections.size()) {
      // The answer ends its transceiver.
      section.transceiver = exchange_.sections[i].transceiver;
      if (Transceiver* gone = find_mutable(section.transceiver)) announce(*gone, offered);
    }
    if (!section.rejected) {
      Transceiver& transceiver = transceiver_for(offered);
      section.transceiver = transceiver.id;
      transceiver.agreed.mid = offered.mid;
      announce(transceiver, offered);
    }
    sections.push_back(std::move(section));
  }
  exchange_.sections = std::move(sections);
  exchange_.remote = std::move(remote);
}

Transceiver& Negotiation::transceiver_for(const RemoteSection& section) {
  if (const Transceiver* known = find_by_mid(section.mid)) return *find_mutable(known->id);
  // One that `add_track` made waits for such a section (RFC 9429 §5.10).
  for (Transceiver& known : transceivers_) {
    const bool waits = known.may_take_section && known.agreed.mid.empty() && !known.stopped &&
                       known.kind == *section.media && sdp::receives(section.direction);
    if (waits) return known;
  }
  add_transceiver(*section.media, sdp::Direction::recvonly);
  transceivers_.back().by_remote_offer = true;
  return transceivers_.back();
}

}  // namespace natsim::peer
