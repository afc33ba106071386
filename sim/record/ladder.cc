#include "sim/record/ladder.h"

#include <algorithm>

#include <fmt/format.h>

#include "sim/nat/nat_box.h"
#include "sim/record/place.h"

namespace natsim::record {
namespace {

// The interface that leads out: the first connected one of a host, the outside one of a NAT.
const net::Interface* way_out(const net::Node& node) {
  if (const auto* const box = dynamic_cast<const nat::NatBox*>(&node)) {
    return box->outside_interface().connected() ? &box->outside_interface() : nullptr;
  }
  for (const auto& interface : node.interfaces()) {
    if (interface->connected()) return interface.get();
  }
  return nullptr;
}

// The NATs that a host is directly behind, from inside to outside.
std::vector<const net::Node*> nats_of(const net::Node& host) {
  std::vector<const net::Node*> nats;
  for (const net::Interface* out = way_out(host); out != nullptr;) {
    const net::Node& next = out->peer().node();
    if (kind_of(next) != NodeKind::nat ||
        std::find(nats.begin(), nats.end(), &next) != nats.end()) {
      break;
    }
    nats.push_back(&next);
    out = way_out(next);
  }
  return nats;
}

constexpr std::size_t min_pitch = 12;  // room for a visible arrow
constexpr std::size_t max_pitch = 16;  // beyond it five lanes leave no room for the text

}  // namespace

std::vector<const net::Node*> lane_order(const net::Network& network) {
  using Nodes = std::vector<const net::Node*>;
  Nodes left_hosts;  // behind the same NATs as the first
  Nodes left_nats;
  Nodes middle;
  Nodes right;
  const auto placed = [&](const net::Node* node) {
    return std::find(left_nats.begin(), left_nats.end(), node) != left_nats.end() ||
           std::find(right.begin(), right.end(), node) != right.end();
  };
  for (const auto& node : network.nodes()) {
    if (kind_of(*node) != NodeKind::host) continue;
    const Nodes nats = nats_of(*node);
    if (nats.empty()) {
      middle.push_back(node.get());
    } else if (left_hosts.empty()) {
      left_hosts.push_back(node.get());
      left_nats = nats;
    } else if (nats == left_nats) {
      left_hosts.push_back(node.get());
    } else {
      for (auto nat = nats.rbegin(); nat != nats.rend(); ++nat) {
        if (!placed(*nat)) right.push_back(*nat);
      }
      right.push_back(node.get());
    }
  }
  for (const auto& node : network.nodes()) {
    if (kind_of(*node) == NodeKind::nat && !placed(node.get())) middle.push_back(node.get());
  }
  Nodes order = left_hosts;
  for (const Nodes* part : {&left_nats, &middle, &right}) {
    order.insert(order.end(), part->begin(), part->end());
  }
  return order;
}

Ladder::Ladder(const std::vector<std::string>& names) : count_(names.size()), pitch_(min_pitch) {
  for (const std::string& name : names) pitch_ = std::max(pitch_, name.size() + 2);
  pitch_ = std::min(pitch_, max_pitch);
  for (const std::string& name : names) {
    header_ += fmt::format("{:^{}}", name.substr(0, pitch_ - 1), pitch_);
  }
}

std::string Ladder::plain() const { return join(lanes()); }

std::string Ladder::mark(std::size_t lane, std::string_view glyph) const {
  Cells cells = lanes();
  cells[column(lane)] = glyph;
  return join(cells);
}

std::string Ladder::arrow(std::size_t from, std::size_t to, Shaft shaft) const {
  Cells cells = lanes();
  const auto [first, last] = std::minmax({column(from), column(to)});
  std::fill(cells.begin() + static_cast<std::ptrdiff_t>(first) + 1,
            cells.begin() + static_cast<std::ptrdiff_t>(last), shaft == Shaft::solid ? "─" : "╌");
  cells[column(from)] = from < to ? "├" : "┤";
  if (from < to) cells[last - 1] = "▶";
  if (to < from) cells[first + 1] = "◀";
  return join(cells);
}

std::string Ladder::lost_arrow(std::size_t from, std::size_t towards) const {
  Cells cells = lanes();
  const std::size_t start = column(from);
  // The outermost lanes have half a pitch of room on their outer side.
  const std::size_t length = pitch_ / 2 - 1;
  cells[start] = towards < from ? "┤" : "├";
  for (std::size_t i = 1; i <= length; ++i) {
    cells[towards < from ? start - i : start + i] = i == length ? "✗" : "─";
  }
  return join(cells);
}

Ladder::Cells Ladder::lanes() const {
  Cells cells(count_ * pitch_, " ");
  for (std::size_t lane = 0; lane < count_; ++lane) cells[column(lane)] = "│";
  return cells;
}

std::string Ladder::join(const Cells& cells) {
  std::string text;
  for (const std::string_view cell : cells) text += cell;
  return text;
}

}  // namespace natsim::record
