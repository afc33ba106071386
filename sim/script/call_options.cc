#include "sim/script/call_options.h"

#include <array>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sim/script/ice_servers.h"
#include "sim/script/media_options.h"
#include "sim/script/options.h"
#include "sim/script/signalling_settings.h"
#include "stack/ice/profiles.h"

namespace natsim::script {
namespace {

using agents::IcePeerOptions;
using agents::SignallingOptions;
using agents::Trickle;

constexpr std::array<Choice<Trickle>, 3> trickles = {
    {{"full", Trickle::full}, {"half", Trickle::half}, {"none", Trickle::none}}};
constexpr std::array<Choice<ice::Nomination>, 2> nominations = {
    {{"regular", ice::Nomination::regular}, {"aggressive", ice::Nomination::aggressive}}};
constexpr std::array<Choice<ice::TransportPolicy>, 2> policies = {
    {{"all", ice::TransportPolicy::all}, {"relay", ice::TransportPolicy::relay}}};

// An endpoint, or a list of them.
std::vector<Endpoint> read_mapped(const Value& value) {
  std::vector<Endpoint> endpoints;
  const auto add = [&endpoints](const Value& one) {
    const auto endpoint = Endpoint::parse(one.text());
    if (!endpoint || endpoint->port == 0) one.refuse("an endpoint such as \"192.0.2.1:7000\"");
    endpoints.push_back(*endpoint);
  };
  if (!value.is_table()) {
    add(value);
    return endpoints;
  }
  for (int i = 1; i <= value.length(); ++i) {
    const StackMark mark(value.lua());
    add(value.element(i));
  }
  return endpoints;
}

const ice::Profile& read_profile(const Value& value) {
  std::vector<std::string_view> names;
  for (const ice::Profile& profile : ice::profiles()) names.push_back(profile.name);
  return ice::profiles()[value.index_of(names)];
}

constexpr std::array<Key<IcePeerOptions>, 29> peer_keys = {{
    // The first one, so that the others replace what it sets.
    {"profile",
     [](const Value& value, IcePeerOptions& peer) { ice::apply(read_profile(value), peer.ice); }},
    {"ice_servers", read_ice_servers},
    {"trickle",
     [](const Value& value, IcePeerOptions& peer) { peer.trickle = value.one_of(trickles); }},
    {"port", [](const Value& value, IcePeerOptions& peer) { peer.port = value.port(); }},
    {"mapped", [](const Value& value, IcePeerOptions& peer) { peer.mapped = read_mapped(value); }},
    {"lite", [](const Value& value, IcePeerOptions& peer) { peer.ice.lite = value.boolean(); }},
    {"policy",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.policy = value.one_of(policies); }},
    {"hide_host_candidates",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.hide_host_candidates = value.boolean();
     }},
    {"mdns",
     [](const Value& value, IcePeerOptions& peer) {
       // A word for what lies between the two.
       constexpr std::array<Choice<ice::Mdns>, 1> words = {{{"query", ice::Mdns::query}}};
       peer.ice.mdns = value.is_text()   ? value.one_of(words)
                       : value.boolean() ? ice::Mdns::gather
                                         : ice::Mdns::off;
     }},
    {"tcp_candidates",
     [](const Value& value, IcePeerOptions& peer) { peer.tcp_candidates = value.boolean(); }},
    {"tiebreaker",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.tiebreaker = value.number<std::uint64_t>(0, INT64_MAX);
     }},
    {"ta",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.ta = value.positive_duration(); }},
    {"rto",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.timers.rto = peer.ice.check_timers.rto = value.positive_duration();
     }},
    {"rc",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.check_limit.reset();
       peer.ice.timers.rc = peer.ice.check_timers.rc = value.number<int>(1, 100);
     }},
    {"rm",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.timers.rm = peer.ice.check_timers.rm = value.number<int>(1, 100);
     }},
    {"nomination", [](const Value& value,
                      IcePeerOptions& peer) { peer.ice.nomination = value.one_of(nominations); }},
    {"renomination",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.renomination = value.boolean(); }},
    {"renomination_interval",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.renomination_interval = value.positive_duration();
     }},
    {"direct_patience",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.direct_patience = value.duration(); }},
    {"relay_patience",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.relay_patience = value.duration(); }},
    {"consent",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.consent = value.boolean(); }},
    {"consent_interval",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.consent_interval = value.positive_duration();
     }},
    {"consent_timeout",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.consent_timeout = value.positive_duration();
     }},
    {"disconnected_after",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.disconnected_after = value.positive_duration();
     }},
    {"keepalive", [](const Value& value,
                     IcePeerOptions& peer) { peer.ice.keepalive = value.positive_duration(); }},
    {"pac", [](const Value& value, IcePeerOptions& peer) { peer.ice.pac = value.duration(); }},
    {"max_pairs",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.max_pairs = value.number<std::size_t>(1, 1'000'000);
     }},
    {"max_peer_reflexive",
     [](const Value& value, IcePeerOptions& peer) {
       peer.ice.max_peer_reflexive = value.number<std::size_t>(0, 1'000'000);
     }},
    {"release_after",
     [](const Value& value, IcePeerOptions& peer) { peer.ice.release_after = value.duration(); }},
}};

constexpr std::array<Key<SignallingOptions>, 3> signalling_keys = {{
    {"one_way_delay", [](const Value& value,
                         SignallingOptions& channel) { channel.one_way_delay = value.duration(); }},
    {"loss",
     [](const Value& value, SignallingOptions& channel) {
       channel.loss = value.share();
       if (channel.loss == 1) value.refuse("less than 100%, or nothing would ever arrive");
     }},
    {"resend_after",
     [](const Value& value, SignallingOptions& channel) {
       channel.resend_after = value.positive_duration();
     }},
}};

// By a server, which is given itself or in a table with how its clients behave, or else by the
// delayed channel.
std::variant<SignallingOptions, agents::SignallingClientOptions> read_signalling(
    const Value& value) {
  const auto has = [&value](auto entry) {
    const StackMark mark(value.lua());
    return entry().present();
  };
  const bool is_options = value.is_table() && !has([&value] { return value.element(1); });
  if (!is_options) return read_signalling_target(value);
  if (has([&value] { return value.field("server"); })) return read_signalling_use(value);
  return read_signalling_channel(value);
}

// Of a call's table.
ice::SessionShape read_shape(const Value& table) {
  ice::SessionShape shape;
  const StackMark mark(table.lua());
  const Value streams = table.field("streams");
  if (streams.present()) shape.streams = streams.number<std::size_t>(1, 16);
  const Value components = table.field("components");
  if (components.present()) shape.components = components.number<std::uint8_t>(1, 2);
  return shape;
}

// Raises for options that contradict each other.
void check_peer(const Value& table, const IcePeerOptions& peer) {
  if (!peer.mapped.empty() && peer.port == 0) {
    table.complain("'mapped' needs 'port', the port that is mapped");
  }
  if (peer.ice.mdns == ice::Mdns::gather &&
      (peer.ice.policy == ice::TransportPolicy::relay || peer.ice.hide_host_candidates)) {
    table.complain(
        "'mdns' tells host candidates by names: 'policy' cannot be \"relay\", nor can there be "
        "'hide_host_candidates'; mdns = \"query\" resolves the other side's names alone");
  }
  if (peer.tcp_candidates && peer.ice.policy == ice::TransportPolicy::relay) {
    table.complain("'tcp_candidates' are host candidates, which policy = \"relay\" has none of");
  }
  if (peer.ice.lite && (peer.ice.policy == ice::TransportPolicy::relay ||
                        peer.ice.hide_host_candidates || !peer.mapped.empty())) {
    table.complain(
        "a 'lite' agent has its host candidates alone: 'policy' cannot be \"relay\", nor can "
        "there be 'hide_host_candidates' or 'mapped'");
  }
}

}  // namespace

agents::PeerConnectionOptions read_peer_connection_options(const Value& table) {
  agents::PeerConnectionOptions options;
  std::vector<std::string_view> names = {"media"};
  for (const auto& key : peer_keys) {
    // The script sends the candidates itself.
    if (key.name != "trickle") names.push_back(key.name);
  }
  check_keys(table, names, 0);
  for (const auto& key : peer_keys) {
    const StackMark mark(table.lua());
    const Value value = table.field(key.name);
    if (value.present()) key.read(value, options.ice);
  }
  check_peer(table, options.ice);
  const StackMark mark(table.lua());
  const Value value = table.field("media");
  if (!value.present()) return options;
  const agents::CallMedia media = read_call_media(value);
  if (value.is_table()) {
    const StackMark inner(table.lua());
    const Value own = value.field("own_certificates");
    if (own.present()) own.complain("a peer connection has a certificate of its own anyway");
  }
  const agents::CallMedia plain;
  if (media.audio_codec != plain.audio_codec || media.video_codec != plain.video_codec ||
      media.audio.value_or(sdp::Direction::sendrecv) != sdp::Direction::sendrecv ||
      media.video.value_or(sdp::Direction::sendrecv) != sdp::Direction::sendrecv) {
    value.complain("directions and codecs are given to pc:add_track");
  }
  if (!media.send_encodings.empty()) value.complain("'send_encodings' are given to pc:add_track");
  options.security = media.security;
  options.certificate = media.certificate;
  options.media = media.streams;
  return options;
}

agents::CallOptions read_call_options(const Value& table) {
  agents::CallOptions options;
  std::vector<std::string_view> names;
  for (const auto& key : peer_keys) names.push_back(key.name);
  names.insert(names.end(), {"signalling", "caller", "callee", "media", "streams", "components"});
  check_keys(table, names, 0);
  for (const auto& key : peer_keys) {
    const StackMark mark(table.lua());
    const Value value = table.field(key.name);
    if (!value.present()) continue;
    if (key.name == "profile" && value.is_table()) {
      // One for each side.
      if (value.length() != 2) value.refuse("one profile, or the caller's and the callee's");
      for (int i = 1; i <= 2; ++i) {
        const StackMark inner(table.lua());
        key.read(value.element(i), i == 1 ? options.caller : options.callee);
      }
      continue;
    }
    key.read(value, options.caller);
    key.read(value, options.callee);
  }
  for (const auto& [name, peer] :
       {std::pair{"caller", &options.caller}, {"callee", &options.callee}}) {
    const StackMark mark(table.lua());
    const Value value = table.field(name);
    if (value.present()) read_options(value, peer_keys, *peer);
  }
  for (const auto* const peer : {&options.caller, &options.callee}) {
    check_peer(table, *peer);
  }
  const StackMark mark(table.lua());
  const Value media = table.field("media");
  if (media.present()) options.media = read_call_media(media);
  const Value signalling = table.field("signalling");
  if (signalling.present()) options.signalling = read_signalling(signalling);
  options.caller.shape = options.callee.shape = read_shape(table);
  if (options.media && options.caller.shape.agents() > 1) {
    table.complain("media is bundled: 'streams' and 'components' are for calls of ICE alone");
  }
  return options;
}

SignallingOptions read_signalling_channel(const Value& table) {
  SignallingOptions options;
  read_options(table, signalling_keys, options);
  return options;
}

}  // namespace natsim::script
