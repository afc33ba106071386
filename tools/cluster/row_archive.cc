#include "tools/cluster/row_archive.h"

#include <bit>
#include <cstdint>
#include <string>
#include <variant>

#include <boost/crc.hpp>

namespace natsim::sweep {
namespace {

using results::MetricRow;
using results::RunRow;
using results::Stored;

std::uint32_t checksum_of(ByteView bytes) {
  boost::crc_32_type sum;
  sum.process_bytes(bytes.data(), bytes.size());
  return sum.checksum();
}

void write(ByteWriter& out, std::uint64_t value) { out.u64(value); }
void write(ByteWriter& out, std::int64_t value) { out.u64(static_cast<std::uint64_t>(value)); }
void write(ByteWriter& out, double value) { out.u64(std::bit_cast<std::uint64_t>(value)); }
void write(ByteWriter& out, const std::string& text) {
  out.u64(text.size());
  out.bytes(as_bytes(text));
}
void write(ByteWriter&, std::monostate) {}

// What is missing makes it fail for good, and gives values of no meaning.
class Unpacker {
 public:
  explicit Unpacker(ByteView bytes) : in_(bytes) {}
  [[nodiscard]] bool failed() const { return failed_; }

  void read(std::uint64_t& value) {
    const auto word = in_.u64();
    failed_ = failed_ || !word;
    value = word.value_or(0);
  }
  void read(std::int64_t& value) {
    std::uint64_t word = 0;
    read(word);
    value = static_cast<std::int64_t>(word);
  }
  void read(double& value) {
    std::uint64_t word = 0;
    read(word);
    value = std::bit_cast<double>(word);
  }
  void read(std::string& text) {
    std::uint64_t size = 0;
    read(size);
    const auto bytes = in_.take(size);
    failed_ = failed_ || !bytes;
    if (bytes) text.assign(bytes->begin(), bytes->end());
  }
  void read(Stored& value) {
    std::uint64_t place = 0;
    read(place);
    switch (place) {
      case 0:
        value = std::monostate();
        return;
      case 1:
        read(value.emplace<1>());
        return;
      case 2:
        read(value.emplace<2>());
        return;
      case 3:
        read(value.emplace<3>());
        return;
      default:
        failed_ = true;
    }
  }

 private:
  ByteReader in_;
  bool failed_ = false;
};

void write(ByteWriter& out, const MetricRow& row) {
  write(out, row.name);
  write(out, row.kind);
  write(out, row.unit);
  write(out, std::uint64_t{row.value.index()});
  std::visit([&out](const auto& value) { write(out, value); }, row.value);
}

void write(ByteWriter& out, const RunRow& row) {
  write(out, row.run);
  write(out, row.point);
  write(out, row.seed);
  write(out, row.outcome);
  write(out, row.reason);
  write(out, row.digest);
  write(out, row.simulated);
  write(out, row.events);
  write(out, row.packets);
  write(out, std::uint64_t{row.metrics.size()});
  for (const MetricRow& metric : row.metrics) write(out, metric);
}

MetricRow read_metric(Unpacker& in) {
  MetricRow row;
  in.read(row.name);
  in.read(row.kind);
  in.read(row.unit);
  in.read(row.value);
  return row;
}

RunRow read_run(Unpacker& in) {
  RunRow row;
  in.read(row.run);
  in.read(row.point);
  in.read(row.seed);
  in.read(row.outcome);
  in.read(row.reason);
  in.read(row.digest);
  in.read(row.simulated);
  in.read(row.events);
  in.read(row.packets);
  std::uint64_t metrics = 0;
  in.read(metrics);
  for (std::uint64_t i = 0; i < metrics && !in.failed(); ++i) {
    row.metrics.push_back(read_metric(in));
  }
  return row;
}

}  // namespace

Bytes pack(const std::vector<RunRow>& rows) {
  Bytes body;
  ByteWriter out(body);
  write(out, std::uint64_t{rows.size()});
  for (const RunRow& row : rows) write(out, row);
  out.u32(checksum_of(body));
  return body;
}

std::optional<std::vector<RunRow>> unpack(ByteView bytes) {
  constexpr std::size_t checksum_size = 4;
  if (bytes.size() < checksum_size) return std::nullopt;
  const ByteView body = bytes.first(bytes.size() - checksum_size);
  if (checksum_of(body) != load_be32(bytes.data() + body.size())) return std::nullopt;
  Unpacker in(body);
  std::uint64_t count = 0;
  in.read(count);
  std::vector<RunRow> rows;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) rows.push_back(read_run(in));
  if (in.failed()) return std::nullopt;
  return rows;
}

}  // namespace natsim::sweep
