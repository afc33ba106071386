// A capture of a whole world: pcapng with one interface for each host and each side of each NAT.
#pragma once

#include <cstdint>
#include <deque>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/container/flat_hash_map.h>

#include "sim/core/event.h"
#include "sim/core/world.h"
#include "sim/record/media_decryption.h"
#include "sim/record/pcapng_block.h"
#include "stack/base/bytes.h"

namespace natsim::record {

enum class CapturedMedia : std::uint8_t { as_sent, decrypted };

// Writes every packet that passes a tap to a pcapng section. The taps are the interfaces of hosts
// and of NATs; a router's appear only by rule 4.
//
// Contract:
// 1. Timestamps count nanoseconds from 1970-01-01 00:00:00 UTC, which stands for the start of the
//    world: Wireshark's "seconds since 1970-01-01" is the virtual time. Nothing in the file tells
//    of the machine or the day: the same run gives the same bytes.
// 2. A packet leaves one frame at each tap, outbound or inbound, with the packet's id in
//    epb_packetid. Ids survive translation, so they join the frames of one datagram.
// 3. A NAT that translates a packet comments both of its frames, before and after, with the old and
//    new addresses and the mapping.
// 4. A dropped packet's reason is a comment of the last frame that it left, so a loss on a link
//    shows at the sender's tap. A packet that dies before any tap saw it gets a frame on the
//    interface nearest to its death; if the node has no interface there is none.
// 5. Frames are in the order of their events. They are held back until their packet has come to its
//    next tap or its end, so the writer keeps at most what was sent since the oldest packet that
//    is still in flight. `finish`, or the destructor, writes what is left.
// 6. The keys of DTLS are in it (Decryption Secrets Blocks), so that Wireshark decrypts what they
//    protect.
// 7. Media are as they were sent, or decrypted: what MediaDecryption decrypts is then RTP or RTCP,
//    shorter than it was, and has a comment that says so. Other packets, and those that no key
//    fits, are as they were sent.
class PcapngWriter : public core::EventListener {
 public:
  // Begins a section; `title`, unless empty, is its comment, such as the scenario's name. A stream
  // may take several sections one after the other. Both references must outlive the writer; whether
  // all could be written is the stream's state after `finish`.
  PcapngWriter(const core::World& world, std::ostream& out, std::string_view title = {},
               CapturedMedia media = CapturedMedia::as_sent);
  PcapngWriter(const PcapngWriter&) = delete;  // a section has one writer
  PcapngWriter& operator=(const PcapngWriter&) = delete;
  ~PcapngWriter() override;

  void finish();

  void on_packet(const core::PacketEvent& event) override;
  void on_agent(const core::AgentEvent& event) override;

 private:
  struct Frame {
    pcapng::PacketBlock block;  // its views are set when it is written
    core::ObjectId node = 0;    // whose tap it is
    Bytes datagram;
    std::vector<std::string> comments;
    bool closed = false;  // no comment can follow
  };

  // The interface's number in the section, described there when first asked for.
  std::uint32_t interface_number(core::ObjectId interface);
  void pass(const core::PacketEvent& event);
  void drop(const core::PacketEvent& event);
  // What a frame holds; a comment says how that differs from what was sent.
  Bytes contents_of(const core::PacketEvent& event, std::vector<std::string>& comments);
  void open(Frame frame);
  void close(std::uint64_t frame);
  // The packet's frame that may still get comments; null if there is none.
  Frame* open_frame(core::PacketId packet);
  void close_delivered();
  void write_closed();
  void flush_bytes();

  const core::World& world_;
  std::ostream& out_;
  std::optional<MediaDecryption> decryption_;
  Bytes bytes_;                                                    // a block under construction
  absl::flat_hash_map<core::ObjectId, std::uint32_t> interfaces_;  // described, by object
  std::deque<Frame> held_;                                         // oldest first
  std::uint64_t first_held_ = 0;  // what number the oldest of them is, counted from 0
  absl::flat_hash_map<core::PacketId, std::uint64_t>
      open_;  // the number of the packet's last frame
  // Packets given to a socket at `instant_`: its program may still discard them.
  std::vector<core::PacketId> delivered_;
  Time instant_;  // of the latest event
};

}  // namespace natsim::record
