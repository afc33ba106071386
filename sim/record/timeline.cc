#include "sim/record/timeline.h"

#include <algorithm>
#include <optional>
#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "sim/record/datagram_text.h"
#include "sim/record/event_text.h"
#include "sim/record/place.h"

namespace natsim::record {

using core::PacketEvent;
using core::PacketStep;

namespace {

// ANSI colours.
constexpr std::string_view red = "31";
constexpr std::string_view green = "32";
constexpr std::string_view yellow = "33";
constexpr std::string_view cyan = "36";
constexpr std::string_view plain = "";

constexpr std::size_t time_columns = 12;
constexpr std::size_t min_text_columns = 40;  // narrower texts do not read, however narrow it is

// The address alone where the protocol has no ports.
std::string text_of(const Endpoint& endpoint) {
  return endpoint.port == 0 ? to_string(endpoint.address) : to_string(endpoint);
}

std::string addresses(const PacketEvent& event) {
  return fmt::format("{} → {}", text_of(event.source), text_of(event.destination));
}

std::string describe_translation(const PacketEvent& event) {
  std::string text;
  if (event.old_source != event.source) {
    text = fmt::format("from {} → {}", text_of(event.old_source), text_of(event.source));
  }
  if (event.old_destination != event.destination) {
    text += fmt::format("{}to {} → {}", text.empty() ? "" : ", ", text_of(event.old_destination),
                        text_of(event.destination));
  }
  return text;
}

// Columns on a terminal: each code point is one.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

// One line in lines of at most `room` columns, broken at blanks; a longer word stays whole.
std::vector<std::string> wrap_line(std::string_view text, std::size_t room) {
  std::vector<std::string> lines(1);
  for (bool first = true; !text.empty() || first; first = false) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
    const bool fits = columns_of(lines.back()) + 1 + columns_of(word) <= room;
    if (!first && !fits) lines.emplace_back();
    lines.back() += !first && fits ? " " : "";
    lines.back() += word;
  }
  return lines;
}

// The same for each line of `text`.
std::vector<std::string> wrap(std::string_view text, std::size_t room) {
  std::vector<std::string> lines;
  for (bool more = true; more;) {
    const std::size_t end = text.find('\n');
    for (std::string& line : wrap_line(text.substr(0, end), room)) lines.push_back(std::move(line));
    more = end != std::string_view::npos;
    if (more) text.remove_prefix(end + 1);
  }
  return lines;
}

// Events that the packets' lines tell already, or that nobody reads line by line.
bool is_told_otherwise(const core::AgentEvent& event) {
  constexpr std::string_view kinds[] = {
      "ice.check", "ice.check_received", "ice.answered", "ice.ignored", "signal.sent",
      "room.sent", "room.relayed",       "dtls.key",     "tls.key",     "srtp.keys"};
  if (std::find(std::begin(kinds), std::end(kinds), event.kind) != std::end(kinds)) return true;
  if (event.kind == "ice.remote_candidate") {
    // Unless it is peer-reflexive, it was signalled.
    return std::none_of(event.fields.begin(), event.fields.end(), [](const core::Field& field) {
      return field.name == "type" && to_string(field) == "prflx";
    });
  }
  if (event.kind != "ice.pair") return false;
  return std::none_of(event.fields.begin(), event.fields.end(), [](const core::Field& field) {
    return field.name == "state" &&
           (to_string(field) == "succeeded" || to_string(field) == "failed");
  });
}

std::string_view colour_of(const core::AgentEvent& event) {
  if (event.kind == "ice.selected" || event.kind == "ice.state") return green;
  const bool bad = event.kind == "ice.gathering_failed" || event.kind == "ice.consent_lost" ||
                   event.kind == "signal.lost" || event.kind == "signal.refused" ||
                   event.kind == "room.lost" || event.kind == "room.error" ||
                   event.kind == "scenario.failed";
  return bad ? red : plain;
}

}  // namespace

// A line before it is drawn.
struct Timeline::Line {
  Time at;
  core::ObjectId node = 0;            // whose lane; 0 for none
  std::optional<core::ObjectId> to;   // an arrow to this node
  std::optional<std::size_t> toward;  // a lost arrow in the direction of this lane
  Ladder::Shaft shaft = Ladder::Shaft::solid;
  std::string_view glyph;  // a mark, if it is no arrow
  std::string text;
  std::string_view colour;
};

Timeline::Timeline(const net::Network& network, std::ostream& out, TimelineOptions options)
    : network_(network), out_(out), options_(options) {}

Timeline::~Timeline() = default;

void Timeline::start() {
  if (started_) return;
  started_ = true;
  std::vector<const net::Node*> nodes = lane_order(network_);
  if (nodes.size() > max_lanes) return;
  std::vector<std::string> names;
  for (const net::Node* node : nodes) {
    lanes_.push_back(node);
    names.push_back(node->name());
  }
  ladder_ = std::make_unique<Ladder>(names);
  out_ << fmt::format("{:>{}} {}\n", "time", time_columns, ladder_->header());
}

std::optional<std::size_t> Timeline::lane_of(core::ObjectId node) const {
  const auto found = std::find_if(lanes_.begin(), lanes_.end(),
                                  [node](const net::Node* lane) { return lane->id() == node; });
  if (found == lanes_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - lanes_.begin());
}

void Timeline::on_packet(const PacketEvent& event) {
  start();
  const net::Node* const node = node_of(network_.world(), event.where);
  const bool is_stop = node != nullptr && kind_of(*node) != NodeKind::router;
  switch (event.step) {
    case PacketStep::created:
    case PacketStep::egress:
      if (is_stop) left_[event.packet] = node->id();
      break;
    case PacketStep::ingress:
      if (is_stop) arrival(event, *node);
      break;
    case PacketStep::copied:
      break;  // told when it arrives
    case PacketStep::impaired:
      print({.at = event.at,
             .node = event.where,
             .glyph = "◇",
             .text = fmt::format("{}  {}", describe_datagram(event), event.note),
             .colour = cyan});
      break;
    case PacketStep::translated:
      print({.at = event.at,
             .node = event.where,
             .glyph = "◆",
             .text = describe_translation(event),
             .colour = cyan});
      break;
    case PacketStep::delivered:
      // One that never left its host has not been told yet.
      if (left_.erase(event.packet) != 0) {
        print(
            {.at = event.at,
             .node = event.where,
             .glyph = "●",
             .text = fmt::format("{}  {}, to itself", describe_datagram(event), addresses(event))});
      }
      break;
    case PacketStep::dropped:
      death(event);
      break;
  }
}

void Timeline::arrival(const PacketEvent& event, const net::Node& node) {
  Line line{.at = event.at,
            .node = node.id(),
            .glyph = "●",
            .text = fmt::format("{}  {}", describe_datagram(event), addresses(event))};
  if (const auto left = left_.find(event.packet); left != left_.end()) {
    if (left->second != node.id()) {
      line.node = left->second;
      line.to = node.id();
    }
    left_.erase(left);
  } else {
    line.text +=
        fmt::format(" (from {})",
                    place_name(network_.world(), static_cast<core::ObjectId>(event.packet >> 40)));
  }
  print(line);
}

void Timeline::death(const PacketEvent& event) {
  const core::World& world = network_.world();
  const net::Node* const node = node_of(world, event.where);
  Line line{.at = event.at,
            .node = node == nullptr ? event.where : node->id(),
            .glyph = "✗",
            .text = fmt::format("dropped by {}, {}: {}", place_name(world, event.where),
                                name(event.reason),
                                event.note.empty() ? describe(event.reason) : event.note),
            .colour = red};
  if (const auto left = left_.find(event.packet); left != left_.end()) {
    line.node = left->second;
    line.toward = direction(left->second, event.destination.address);
    line.text = fmt::format("{}  {} {}", describe_datagram(event), addresses(event), line.text);
    left_.erase(left);
  }
  print(line);
}

std::size_t Timeline::direction(core::ObjectId from, const IpAddress& destination) const {
  const auto start = lane_of(from);
  if (!start) return 0;
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (lane != *start && lanes_[lane]->owns(destination)) return lane;
  }
  // Nobody has it: towards the middle, where the Internet is.
  return *start < lanes_.size() / 2 ? lanes_.size() - 1 : 0;
}

void Timeline::on_mapping(const core::MappingEvent& event) {
  start();
  if (event.step == core::MappingStep::refreshed) return;
  const bool ended =
      event.step != core::MappingStep::created && event.step != core::MappingStep::filter_opened;
  print({.at = event.at,
         .node = event.nat,
         .glyph = ended ? "✗" : "+",
         .text = describe_mapping_event(event),
         .colour = ended ? yellow : cyan});
}

void Timeline::on_agent(const core::AgentEvent& event) {
  // A scenario may speak before it has built its world.
  if (!event.kind.starts_with("scenario.")) start();
  if (is_told_otherwise(event)) return;
  // An agent is named after its host, "alice/ice", a signalling channel "alice->bob".
  const std::string agent = place_name(network_.world(), event.agent);
  const std::size_t arrow = agent.find("->");
  const net::Node* const host = network_.find(host_name(agent.substr(0, arrow)));
  const net::Node* const peer =
      arrow == std::string::npos ? nullptr : network_.find(agent.substr(arrow + 2));
  Line line{.at = event.at,
            .node = host == nullptr ? 0 : host->id(),
            .glyph = "●",
            .text = describe_agent_event(event),
            .colour = colour_of(event)};
  if (event.kind == "signal.received" && peer != nullptr) {
    line.to = peer->id();
    line.shaft = Ladder::Shaft::dashed;
  }
  print(line);
}

std::string Timeline::picture_of(const Line& line) const {
  const core::World& world = network_.world();
  if (ladder_ == nullptr) {
    if (line.node == 0) return {};
    return line.to
               ? fmt::format("{} → {}:", place_name(world, line.node), place_name(world, *line.to))
               : place_name(world, line.node) + ":";
  }
  const auto lane = lane_of(line.node);
  if (!lane) return ladder_->plain();
  if (const auto to = line.to ? lane_of(*line.to) : std::nullopt) {
    return ladder_->arrow(*lane, *to, line.shaft);
  }
  return line.toward ? ladder_->lost_arrow(*lane, *line.toward) : ladder_->mark(*lane, line.glyph);
}

void Timeline::print(const Line& line) {
  std::string lead = fmt::format("{:>{}} {} ", to_string(line.at), time_columns, picture_of(line));
  const std::size_t taken = columns_of(lead);
  const auto width = static_cast<std::size_t>(options_.width);
  const std::size_t room =
      width == 0 ? std::string::npos : std::max(min_text_columns, width - std::min(width, taken));
  // A node that came into the world after the first event has no lane.
  const bool stranger = ladder_ != nullptr && line.node != 0 && !lane_of(line.node);
  const std::string told =
      stranger ? fmt::format("{}: {}", place_name(network_.world(), line.node), line.text)
               : line.text;
  for (const std::string& text : wrap(told, room)) {
    const bool coloured = options_.colour && !line.colour.empty();
    out_ << (coloured ? fmt::format("\x1b[{}m{}{}\x1b[0m", line.colour, lead, text) : lead + text)
         << '\n';
    lead = fmt::format("{:{}} {} ", "", time_columns, ladder_ == nullptr ? "" : ladder_->plain());
  }
}

}  // namespace natsim::record
