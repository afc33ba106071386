// What a NAT tells the senders of packets that it does not let through.
#include <utility>

#include "sim/nat/nat_box.h"
#include "sim/net/icmp_query.h"
#include "sim/net/network.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/trace.h"

namespace natsim::nat {

using core::DropReason;
using net::Interface;
using net::PacketPtr;

void NatBox::turn_away(PacketPtr packet, const Verdict& verdict, Interface& in) {
  if (verdict.answer == Verdict::Answer::port_unreachable_after_hold) {
    switch (held_syns_.hold(packet, verdict.reason, world().now())) {
      case HeldSyns::Outcome::held:
        if (!patience_.armed()) patience_.arm(held_syns_.next_deadline());
        break;
      case HeldSyns::Outcome::repeated:
        drop(*packet, {.reason = DropReason::nat_syn_repeated, .receiver = verdict.receiver});
        break;
      case HeldSyns::Outcome::no_room:
        drop(*packet, {.reason = verdict.reason, .receiver = verdict.receiver});
        break;
    }
    return;
  }
  drop(*packet, verdict);
  answer(*packet, verdict.answer, in);
}

void NatBox::answer(const net::Packet& packet, Verdict::Answer answer, Interface& in) {
  PacketPtr reply;
  switch (answer) {
    case Verdict::Answer::none:
      return;
    case Verdict::Answer::port_unreachable:
    case Verdict::Answer::port_unreachable_after_hold:
      reply = net::make_icmp_error(network().pool(), packet.destination.address,
                                   net::IcmpError::port_unreachable, packet);
      break;
    case Verdict::Answer::tcp_reset:
      reply = net::make_tcp_reset(network().pool(), packet);
      break;
    case Verdict::Answer::echo_reply:
      reply = net::make_echo_reply(network().pool(), packet);
      break;
  }
  if (reply != nullptr) send_made(std::move(reply), in);
}

void NatBox::send_made(PacketPtr packet, Interface& out) {
  if (nat64_ && &out == &outside_) {
    packet = nat64_->leave(*packet);
    if (packet == nullptr) return;  // there is nothing that it could be outside
  }
  const auto softwire = &out == &outside_ ? std::nullopt : reveal_destination(*packet);
  stamp(*packet);
  if (softwire) return into_softwire(*packet, *softwire);
  out.send(std::move(packet));
}

void NatBox::send_reset(const Endpoint& source, const Endpoint& destination, std::uint32_t seq,
                        Interface& out) {
  PacketPtr reset = net::make_tcp(network().pool(), source, destination,
                                  {.seq = seq, .flags = net::tcp_flag::rst});
  send_made(std::move(reset), out);
}

void NatBox::withdraw_syn(const net::Packet& outbound) {
  const HeldSyns::Held held = held_syns_.withdraw(outbound);
  if (held.packet == nullptr) return;
  trace_drop(world(), id(), *held.packet, DropReason::nat_syn_withdrawn);
  patience_.arm(held_syns_.next_deadline());
}

void NatBox::answer_held_syns() {
  const Time now = world().now();
  for (HeldSyns::Held held = held_syns_.take_due(now); held.packet != nullptr;
       held = held_syns_.take_due(now)) {
    trace_drop(world(), id(), *held.packet, held.reason, [] {
      return std::string_view("no inside host sent a SYN of its own while the NAT waited");
    });
    answer(*held.packet, Verdict::Answer::port_unreachable, outside_);
  }
  patience_.arm(held_syns_.next_deadline());
}

}  // namespace natsim::nat
