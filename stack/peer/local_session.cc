#include "stack/peer/local_session.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "stack/ice/candidate_line.h"
#include "stack/rtp/header_values.h"

namespace natsim::peer {
namespace {

using sdp::Direction;

void add(sdp::Media& media, std::string name) {
  media.attributes.push_back({std::move(name), std::nullopt});
}
void add(sdp::Media& media, std::string name, std::string value) {
  media.attributes.push_back({std::move(name), std::move(value)});
}

// What a peer without ICE would send to (RFC 8445 §5.1.4).
std::optional<Endpoint> default_candidate(const LocalTransport& transport) {
  std::optional<ice::Candidate> best;
  if (!transport.complete) return std::nullopt;
  for (const std::string& line : transport.candidates) {
    const auto candidate = ice::parse_candidate(line);
    if (candidate && (!best || candidate->priority < best->priority)) best = candidate;
  }
  return best ? std::optional(best->address) : std::nullopt;
}

void write_transport(const LocalSession& session, const LocalTransport& transport, bool tagged,
                     sdp::Media& media) {
  sdp::Connection connection;
  if (const auto address = tagged ? default_candidate(transport) : std::nullopt) {
    media.port = address->port;
    connection = {address->address.family(), to_string(address->address)};
  }
  media.connections = {connection};
  if (tagged) {
    for (const std::string& line : transport.candidates) {
      add(media, "candidate", line.substr(line.find(':') + 1));
    }
    if (transport.complete) add(media, "end-of-candidates");
  }
  add(media, "ice-ufrag", transport.credentials.ufrag);
  add(media, "ice-pwd", transport.credentials.password);
  const std::string renomination = transport.renomination ? "renomination" : "";
  const std::string trickle = transport.lite ? "" : "trickle";
  const std::string options =
      trickle + (trickle.empty() || renomination.empty() ? "" : " ") + renomination;
  if (!options.empty()) add(media, "ice-options", options);
  add(media, "fingerprint", sdp::to_string(transport.fingerprint));
  add(media, "setup", std::string(sdp::to_string(session.setup)));
}

void write_simulcast(const LocalSection& section, sdp::Media& media) {
  if (section.sent_rids.empty() && section.received_rids.empty()) return;
  sdp::Simulcast simulcast;
  for (const std::string& rid : section.sent_rids) {
    add(media, "rid", sdp::to_string(sdp::RtpStreamId{rid, true, {}, {}}));
    simulcast.send.push_back({{rid, false}});
  }
  for (const std::string& rid : section.received_rids) {
    add(media, "rid", sdp::to_string(sdp::RtpStreamId{rid, false, {}, {}}));
    simulcast.recv.push_back({{rid, false}});
  }
  add(media, "simulcast", sdp::to_string(simulcast));
}

// Streams of simulcast are told apart by rid, not by SSRC (RFC 8853 §5.5).
void write_sources(const LocalSession& session, const LocalSection& section,
                   const Transceiver& transceiver, sdp::Media& media) {
  if (!sdp::sends(section.direction) || !transceiver.track) return;
  const std::string msid =
      sdp::to_string(sdp::MediaStreamId{transceiver.track->stream, transceiver.track->id});
  add(media, "msid", msid);
  if (!section.sent_rids.empty()) return;
  const bool repairs = std::any_of(section.codecs.begin(), section.codecs.end(),
                                   [](const Codec& codec) { return codec.repeats().has_value(); });
  const bool fec = std::any_of(section.codecs.begin(), section.codecs.end(),
                               [](const Codec& codec) { return codec.is("flexfec"); });
  std::vector<std::uint32_t> sources = {transceiver.ssrc};
  const auto group = [&](std::string semantics, std::uint32_t ssrc) {
    sources.push_back(ssrc);
    add(media, "ssrc-group",
        sdp::to_string(sdp::SourceGroup{std::move(semantics), {transceiver.ssrc, ssrc}}));
  };
  if (repairs) group("FID", transceiver.rtx_ssrc);
  if (fec) group("FEC-FR", transceiver.fec_ssrc);
  for (const std::uint32_t ssrc : sources) {
    add(media, "ssrc", fmt::format("{} cname:{}", ssrc, session.cname));
    add(media, "ssrc", fmt::format("{} msid:{}", ssrc, msid));
  }
}

sdp::Media write_section(const LocalSession& session, const LocalSection& section,
                         const Transceiver* transceiver) {
  sdp::Media media{.kind = section.kind, .protocol = section.protocol};
  if (section.rejected || transceiver == nullptr) {
    media.port = 0;
    media.formats = section.formats;
    media.connections = {sdp::Connection{}};
    if (section.mid_signalled) add(media, "mid", section.mid);
    add(media, "inactive");
    return media;
  }
  if (section.mid_signalled) add(media, "mid", section.mid);
  for (const sdp::HeaderExtension& extension : section.extensions) {
    add(media, "extmap", sdp::to_string(extension));
  }
  add(media, std::string(sdp::to_string(section.direction)));
  add(media, "rtcp-mux");
  if (section.reduced_size) add(media, "rtcp-rsize");
  write_codecs(section.codecs, media);
  write_simulcast(section, media);
  write_sources(session, section, *transceiver, media);
  return media;
}

}  // namespace

std::vector<sdp::HeaderExtension> extensions_of(MediaKind kind) {
  const auto extension = [](std::uint16_t id, std::string_view uri) {
    return sdp::HeaderExtension{id, std::nullopt, std::string(uri), ""};
  };
  std::vector<sdp::HeaderExtension> extensions = {extension(2, rtp::uri::abs_send_time),
                                                  extension(3, rtp::uri::transport_sequence),
                                                  extension(4, rtp::uri::mid)};
  if (kind == MediaKind::audio) {
    extensions.push_back(extension(1, rtp::uri::audio_level));
  } else {
    extensions.push_back(extension(10, rtp::uri::rid));
    extensions.push_back(extension(11, rtp::uri::repaired_rid));
  }
  return extensions;
}

std::vector<sdp::HeaderExtension> common_extensions(
    const std::vector<sdp::HeaderExtension>& offered, MediaKind kind) {
  std::vector<sdp::HeaderExtension> common;
  const auto known = extensions_of(kind);
  for (const sdp::HeaderExtension& extension : offered) {
    const bool has = std::any_of(known.begin(), known.end(),
                                 [&](const auto& own) { return own.uri == extension.uri; });
    // Ids above 255 only propose an extension (RFC 8285 §7).
    if (has && extension.id < 256)
      common.push_back({extension.id, std::nullopt, extension.uri, ""});
  }
  return common;
}

sdp::Description write_session(const LocalSession& session, const LocalTransport& transport,
                               const std::vector<Transceiver>& transceivers) {
  sdp::Description description;
  description.origin = session.origin;
  sdp::Group bundle{"BUNDLE", {}};
  bool tagged = true;  // the first section that is not rejected
  for (const LocalSection& section : session.sections) {
    const auto found =
        std::find_if(transceivers.begin(), transceivers.end(),
                     [&](const Transceiver& known) { return known.id == section.transceiver; });
    const Transceiver* transceiver = found == transceivers.end() ? nullptr : &*found;
    sdp::Media media = write_section(session, section, transceiver);
    if (media.port != 0) {
      std::vector<sdp::Attribute> rest = std::move(media.attributes);
      media.attributes.clear();
      write_transport(session, transport, tagged, media);
      tagged = false;
      media.attributes.insert(media.attributes.end(), std::move_iterator(rest.begin()),
                              std::move_iterator(rest.end()));
      if (section.mid_signalled) bundle.mids.push_back(section.mid);
    }
    description.media.push_back(std::move(media));
  }
  if (!bundle.mids.empty()) description.attributes.push_back({"group", sdp::to_string(bundle)});
  if (session.mixed_extensions) {
    description.attributes.push_back({"extmap-allow-mixed", std::nullopt});
  }
  if (transport.lite) description.attributes.push_back({"ice-lite", std::nullopt});
  description.attributes.push_back({"msid-semantic", " WMS *"});
  return description;
}

}  // namespace natsim::peer
