// The picture in a timeline's lines: a lane for each node, arrows and marks between them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/net/network.h"
#include "sim/net/node.h"

namespace natsim::record {

// The hosts and NATs of a network in the order in which a ladder reads best: the first host behind
// a NAT and its NATs from inside to outside, the hosts without a NAT, then the other hosts behind
// NATs, mirrored. Hosts behind the same NATs stand together.
std::vector<const net::Node*> lane_order(const net::Network& network);

// Draws lines of equal width in columns of the terminal; lanes are numbered from 0.
class Ladder {
 public:
  explicit Ladder(const std::vector<std::string>& names);

  // The names over their lanes.
  [[nodiscard]] const std::string& header() const { return header_; }
  // Nothing but the lanes.
  [[nodiscard]] std::string plain() const;
  // `glyph`, one column wide, in a lane.
  [[nodiscard]] std::string mark(std::size_t lane, std::string_view glyph) const;
  enum class Shaft : std::uint8_t { solid, dashed };
  // From one lane to another one.
  [[nodiscard]] std::string arrow(std::size_t from, std::size_t to, Shaft shaft) const;
  // From a lane in the direction of another one, ending in a cross before the next lane.
  [[nodiscard]] std::string lost_arrow(std::size_t from, std::size_t towards) const;

 private:
  using Cells = std::vector<std::string_view>;  // a column of the terminal each

  [[nodiscard]] Cells lanes() const;
  [[nodiscard]] std::size_t column(std::size_t lane) const { return pitch_ / 2 + lane * pitch_; }
  static std::string join(const Cells& cells);

  std::size_t count_;
  std::size_t pitch_;  // columns from lane to lane
  std::string header_;
};

}  // namespace natsim::record
