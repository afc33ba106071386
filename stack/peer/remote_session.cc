#include "stack/peer/remote_session.h"

#include <algorithm>
#include <set>
#include <string_view>

#include <fmt/format.h>

namespace natsim::peer {
namespace {

using Attributes = std::vector<sdp::Attribute>;

std::string_view value_of(const sdp::Attribute& attribute) {
  return attribute.value ? std::string_view(*attribute.value) : std::string_view();
}

// All values of that name which `parse` understands.
template <typename Parse>
auto all_of(const Attributes& attributes, std::string_view name, Parse parse) {
  std::vector<typename decltype(parse(std::string_view()))::value_type> values;
  for (const sdp::Attribute& attribute : attributes) {
    if (attribute.name != name) continue;
    if (auto value = parse(value_of(attribute))) values.push_back(std::move(*value));
  }
  return values;
}

RemoteSource& source_of(std::vector<RemoteSource>& sources, std::uint32_t ssrc) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const RemoteSource& known) { return known.ssrc == ssrc; });
  return found != sources.end() ? *found : sources.emplace_back(RemoteSource{.ssrc = ssrc});
}

void read_sources(const Attributes& attributes, RemoteSection& section) {
  for (const sdp::SourceAttribute& source :
       all_of(attributes, "ssrc", sdp::parse_source_attribute)) {
    RemoteSource& known = source_of(section.sources, source.ssrc);
    if (source.name == "cname") known.cname = source.value.value_or("");
    if (source.name == "msid" && section.streams.empty() && source.value) {
      if (auto id = sdp::parse_media_stream_id(*source.value)) section.streams.push_back(*id);
    }
  }
  for (const sdp::SourceGroup& group : all_of(attributes, "ssrc-group", sdp::parse_source_group)) {
    if (group.sources.size() != 2) continue;
    if (group.semantics == "FID") {
      source_of(section.sources, group.sources[0]).rtx_ssrc = group.sources[1];
    } else if (group.semantics == "FEC-FR") {  // RFC 5956 §4.3
      source_of(section.sources, group.sources[0]).fec_ssrc = group.sources[1];
    } else {
      continue;
    }
    std::erase_if(section.sources, [&](const RemoteSource& source) {
      return source.ssrc == group.sources[1] && source.ssrc != group.sources[0];
    });
  }
}

Result<RemoteSection> read_section(const sdp::Media& media, std::size_t index) {
  RemoteSection section;
  section.kind = media.kind;
  section.media = parse_media_kind(media.kind);
  section.protocol = media.protocol;
  section.formats = media.formats;
  section.rejected = media.port == 0 && !sdp::find(media.attributes, "bundle-only");
  section.mid = sdp::find(media.attributes, "mid").value_or("");
  section.mid_signalled = !section.mid.empty();
  if (section.mid_signalled && !sdp::is_mid(section.mid)) {
    return Error{fmt::format("section {}: \"{}\" is not a mid", index, section.mid)};
  }
  if (!section.mid_signalled) section.mid = fmt::format("m{}", index);
  section.rtcp_mux = sdp::find(media.attributes, "rtcp-mux").has_value();
  section.reduced_size = sdp::find(media.attributes, "rtcp-rsize").has_value();
  for (const sdp::Attribute& attribute : media.attributes) {
    if (const auto direction = sdp::parse_direction(attribute.name)) section.direction = *direction;
  }
  section.codecs = read_codecs(media);
  section.extensions = all_of(media.attributes, "extmap", sdp::parse_header_extension);
  std::set<std::uint16_t> ids;
  for (const sdp::HeaderExtension& extension : section.extensions) {
    if (ids.insert(extension.id).second) continue;
    return Error{fmt::format("section {}: two header extensions have id {}", index, extension.id)};
  }
  section.streams = all_of(media.attributes, "msid", sdp::parse_media_stream_id);
  read_sources(media.attributes, section);
  section.rids = all_of(media.attributes, "rid", sdp::parse_rtp_stream_id);
  if (const auto simulcast = sdp::find(media.attributes, "simulcast")) {
    section.simulcast = sdp::parse_simulcast(*simulcast);
  }
  return section;
}

// The value of the section's attribute, or else of the session's.
std::optional<std::string_view> inherited(const sdp::Description& description,
                                          const sdp::Media& media, std::string_view name) {
  const auto own = sdp::find(media.attributes, name);
  return own ? own : sdp::find(description.attributes, name);
}

ice::Credentials credentials_of(const sdp::Description& description, const sdp::Media& media) {
  return {std::string(inherited(description, media, "ice-ufrag").value_or("")),
          std::string(inherited(description, media, "ice-pwd").value_or(""))};
}

Result<RemoteTransport> read_transport(const sdp::Description& description, std::size_t index) {
  const sdp::Media& media = description.media[index];
  RemoteTransport transport;
  transport.credentials = credentials_of(description, media);
  if (!transport.credentials.is_valid()) {
    return Error{fmt::format(
        "section {}: ice-ufrag and ice-pwd are missing or not 4 and 22 ice-chars at least", index)};
  }
  transport.lite = sdp::find(description.attributes, "ice-lite").has_value();
  const auto options = inherited(description, media, "ice-options");
  const auto words = sdp::parse_ice_options(options.value_or(""));
  transport.trickles = std::find(words.begin(), words.end(), "trickle") != words.end();
  transport.renomination = std::find(words.begin(), words.end(), "renomination") != words.end();
  transport.fingerprints = all_of(media.attributes, "fingerprint", sdp::parse_fingerprint);
  if (transport.fingerprints.empty()) {
    transport.fingerprints = all_of(description.attributes, "fingerprint", sdp::parse_fingerprint);
  }
  if (transport.fingerprints.empty()) {
    return Error{fmt::format("section {}: no fingerprint of a certificate (RFC 8122)", index)};
  }
  if (const auto setup = inherited(description, media, "setup")) {
    transport.setup = sdp::parse_setup(*setup);
  }
  for (const sdp::Attribute& attribute : media.attributes) {
    if (attribute.name == "candidate") {
      transport.candidates.push_back(fmt::format("candidate:{}", value_of(attribute)));
    }
  }
  transport.end_of_candidates = inherited(description, media, "end-of-candidates").has_value();
  return transport;
}

}  // namespace

Result<RemoteSession> read_session(const sdp::Description& description) {
  RemoteSession session;
  session.mixed_extensions = sdp::find(description.attributes, "extmap-allow-mixed").has_value();
  std::set<std::string> mids;
  for (std::size_t i = 0; i < description.media.size(); ++i) {
    auto section = read_section(description.media[i], i);
    if (!section) return Error{section.error()};
    if (!mids.insert(section.value().mid).second) {
      return Error{
          fmt::format("section {}: the mid \"{}\" is another section's", i, section.value().mid)};
    }
    session.sections.push_back(std::move(section.value()));
  }
  const auto live = std::find_if(session.sections.begin(), session.sections.end(),
                                 [](const RemoteSection& section) { return !section.rejected; });
  if (live == session.sections.end()) return session;
  const auto tagged = static_cast<std::size_t>(live - session.sections.begin());

  for (const sdp::Group& group : all_of(description.attributes, "group", sdp::parse_group)) {
    const bool holds =
        std::find(group.mids.begin(), group.mids.end(), live->mid) != group.mids.end();
    if (group.semantics != "BUNDLE" || !holds) continue;
    session.bundle = group.mids;
    break;
  }
  auto transport = read_transport(description, tagged);
  if (!transport) return Error{transport.error()};
  for (std::size_t i = 0; i < session.sections.size(); ++i) {
    RemoteSection& section = session.sections[i];
    section.bundled = std::find(session.bundle.begin(), session.bundle.end(), section.mid) !=
                      session.bundle.end();
    if (!section.bundled || section.rejected) continue;
    const ice::Credentials own = credentials_of(description, description.media[i]);
    const bool bundle_only = description.media[i].port == 0;
    if (own != transport.value().credentials && !(bundle_only && own.ufrag.empty())) {
      return Error{fmt::format(
          "section {} (mid {}): its ICE credentials are not those of the bundle's first section", i,
          section.mid)};
    }
  }
  session.transport = std::move(transport.value());
  return session;
}

}  // namespace natsim::peer
