#include "sim/record/pcapng.h"

#include <ostream>
#include <utility>

#include <fmt/format.h>

#include "sim/net/link.h"
#include "sim/record/key_log.h"
#include "sim/record/place.h"

namespace natsim::record {

using core::PacketEvent;
using core::PacketStep;
using pcapng::Direction;

namespace {

std::string translation_comment(const core::World& world, const PacketEvent& event) {
  std::string text = fmt::format("packet {}: {} translates", packet_name(world, event.packet),
                                 place_name(world, event.where));
  if (event.old_source != event.source) {
    text += fmt::format(" source {} -> {}", to_string(event.old_source), to_string(event.source));
  }
  if (event.old_destination != event.destination) {
    text += fmt::format(" destination {} -> {}", to_string(event.old_destination),
                        to_string(event.destination));
  }
  return event.note.empty() ? text : fmt::format("{} ({})", text, event.note);
}

std::string drop_comment(const core::World& world, const PacketEvent& event) {
  const std::string text =
      fmt::format("packet {}: dropped by {}: {}: {}", packet_name(world, event.packet),
                  place_name(world, event.where), name(event.reason), describe(event.reason));
  return event.note.empty() ? text : fmt::format("{} ({})", text, event.note);
}

// The interface on which a death is shown that no tap has seen coming; null if there is none.
const net::Interface* nearest_interface(const core::World& world, core::ObjectId where) {
  const core::Object* const object = world.object(where);
  if (const auto* interface = dynamic_cast<const net::Interface*>(object)) return interface;
  if (const auto* link = dynamic_cast<const net::Link*>(object)) return &link->from();
  const net::Node* const node = node_of(world, where);
  return node != nullptr && !node->interfaces().empty() ? node->interfaces().front().get()
                                                        : nullptr;
}

Bytes copy_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

PcapngWriter::PcapngWriter(const core::World& world, std::ostream& out, std::string_view title,
                           CapturedMedia media)
    : world_(world), out_(out) {
  if (media == CapturedMedia::decrypted) decryption_.emplace();
  pcapng::append_section(bytes_, title);
  flush_bytes();
}

PcapngWriter::~PcapngWriter() { finish(); }

void PcapngWriter::finish() {
  for (Frame& frame : held_) frame.closed = true;
  open_.clear();
  write_closed();
  out_.flush();
}

void PcapngWriter::on_agent(const core::AgentEvent& event) {
  if (decryption_) decryption_->learn(event);
  // It goes before the frames that are held back: some of them need it.
  if (const auto line = key_log_line(event)) {
    pcapng::append_secrets(bytes_, *line);
    flush_bytes();
  }
}

void PcapngWriter::on_packet(const PacketEvent& event) {
  if (event.at > instant_) {
    close_delivered();
    instant_ = event.at;
  }
  switch (event.step) {
    case PacketStep::created:
    case PacketStep::copied:
      break;
    case PacketStep::egress:
    case PacketStep::ingress:
      pass(event);
      break;
    case PacketStep::translated:
      if (Frame* frame = open_frame(event.packet); frame != nullptr) {
        frame->comments.push_back(translation_comment(world_, event));
      }
      break;
    case PacketStep::impaired:
      if (Frame* frame = open_frame(event.packet); frame != nullptr) {
        frame->comments.push_back(
            fmt::format("{} {}", place_name(world_, event.where), event.note));
      }
      break;
    case PacketStep::delivered:
      delivered_.push_back(event.packet);
      break;
    case PacketStep::dropped:
      drop(event);
      break;
  }
  write_closed();
}

void PcapngWriter::pass(const PacketEvent& event) {
  const net::Node* const node = node_of(world_, event.where);
  if (node == nullptr || kind_of(*node) == NodeKind::router) return;
  Frame next{.block = {.interface = interface_number(event.where),
                       .at = event.at,
                       .direction = event.step == PacketStep::egress ? Direction::outbound
                                                                     : Direction::inbound,
                       .packet = event.packet},
             .node = node->id()};
  next.datagram = contents_of(event, next.comments);
  // The frame behind a translation says the same as the one before it.
  if (const Frame* last = open_frame(event.packet); last != nullptr && last->node == node->id()) {
    next.comments = last->comments;
  }
  open(std::move(next));
}

void PcapngWriter::drop(const PacketEvent& event) {
  if (open_frame(event.packet) == nullptr) {
    const net::Interface* const interface = nearest_interface(world_, event.where);
    if (interface == nullptr) return;
    const bool own = event.packet >> 40 == interface->node().id();
    Frame last{.block = {.interface = interface_number(interface->id()),
                         .at = event.at,
                         .direction = own ? Direction::outbound : Direction::inbound,
                         .packet = event.packet},
               .node = interface->node().id()};
    last.datagram = contents_of(event, last.comments);
    open(std::move(last));
  }
  open_frame(event.packet)->comments.push_back(drop_comment(world_, event));
  close(open_.extract(event.packet).mapped());
}

Bytes PcapngWriter::contents_of(const PacketEvent& event, std::vector<std::string>& comments) {
  auto clear = decryption_ ? decryption_->decrypt(event.at, event.datagram) : std::nullopt;
  if (!clear) return copy_of(event.datagram);
  comments.push_back(fmt::format("decrypted: {} bytes are left out that were {}", clear->taken_off,
                                 clear->rtcp ? "SRTCP's index and tag" : "SRTP's tag"));
  return std::move(clear->datagram);
}

std::uint32_t PcapngWriter::interface_number(core::ObjectId interface) {
  const auto [entry, is_new] =
      interfaces_.try_emplace(interface, static_cast<std::uint32_t>(interfaces_.size()));
  if (is_new) {
    pcapng::append_interface(
        bytes_, tap_name(dynamic_cast<const net::Interface&>(*world_.object(interface))));
    flush_bytes();
  }
  return entry->second;
}

void PcapngWriter::open(Frame frame) {
  const std::uint64_t number = first_held_ + held_.size();
  const auto [entry, is_first] = open_.try_emplace(frame.block.packet, number);
  if (!is_first) close(std::exchange(entry->second, number));
  held_.push_back(std::move(frame));
}

void PcapngWriter::close(std::uint64_t frame) { held_[frame - first_held_].closed = true; }

PcapngWriter::Frame* PcapngWriter::open_frame(core::PacketId packet) {
  const auto found = open_.find(packet);
  return found == open_.end() ? nullptr : &held_[found->second - first_held_];
}

void PcapngWriter::close_delivered() {
  for (const core::PacketId packet : delivered_) {
    if (const auto found = open_.find(packet); found != open_.end()) {
      close(found->second);
      open_.erase(found);
    }
  }
  delivered_.clear();
}

void PcapngWriter::write_closed() {
  while (!held_.empty() && held_.front().closed) {
    Frame& frame = held_.front();
    frame.block.datagram = frame.datagram;
    frame.block.comments = frame.comments;
    pcapng::append_packet(bytes_, frame.block);
    held_.pop_front();
    ++first_held_;
  }
  flush_bytes();
}

void PcapngWriter::flush_bytes() {
  if (bytes_.empty()) return;
  out_.write(reinterpret_cast<const char*>(bytes_.data()),
             static_cast<std::streamsize>(bytes_.size()));
  bytes_.clear();
}

}  // namespace natsim::record
