#include "sim/net/datagram_reassembly.h"

#include <algorithm>
#include <cstring>

#include "sim/net/checksum.h"
#include "sim/net/fragment.h"
#include "sim/net/wire.h"

namespace natsim::net {
namespace {

using core::DropReason;

std::uint32_t data_size(const Packet& fragment) {
  return static_cast<std::uint32_t>(fragment.size - fragment.transport_offset);
}

std::uint32_t end_of(const Packet& fragment) {
  return fragment.fragment_offset + data_size(fragment);
}

bool of_one_datagram(const Packet& a, const Packet& b) {
  return a.protocol == b.protocol && a.source.address == b.source.address &&
         a.destination.address == b.destination.address &&
         identification_of(a) == identification_of(b);
}

bool complete(const std::vector<PacketPtr>& fragments) {
  std::uint32_t reached = 0;
  for (const PacketPtr& fragment : fragments) {
    if (fragment->fragment_offset != reached) return false;
    reached = end_of(*fragment);
  }
  return !fragments.back()->more_fragments;
}

// Whether `fragment` can stand at `at` among the others of its datagram.
bool fits(const std::vector<PacketPtr>& others, std::vector<PacketPtr>::const_iterator at,
          const Packet& fragment) {
  // All but the last end at a multiple of eight, and nothing is larger than a datagram can be.
  if (fragment.more_fragments && data_size(fragment) % 8 != 0) return false;
  if (end_of(fragment) + ipv6_header_size > 65535) return false;
  if (at != others.begin()) {
    const Packet& before = **(at - 1);
    if (end_of(before) > fragment.fragment_offset || !before.more_fragments) return false;
  }
  if (at == others.end()) return true;
  return end_of(fragment) <= (*at)->fragment_offset && fragment.more_fragments;
}

}  // namespace

std::vector<DatagramReassembly::Partial>::iterator DatagramReassembly::find(
    const Packet& fragment) {
  return std::find_if(partials_.begin(), partials_.end(), [&](const Partial& partial) {
    return of_one_datagram(*partial.fragments.front(), fragment);
  });
}

PacketPtr DatagramReassembly::add(PacketPtr fragment, Time now) {
  auto partial = find(*fragment);
  const bool is_new = partial == partials_.end();
  if (is_new) {
    partials_.push_back({.expires = now + options_.timeout, .fragments = {}});
    partial = partials_.end() - 1;
  }
  auto& others = partial->fragments;
  const auto at = std::lower_bound(
      others.begin(), others.end(), fragment->fragment_offset,
      [](const PacketPtr& other, std::uint16_t offset) { return other->fragment_offset < offset; });
  if (at != others.end() && (*at)->fragment_offset == fragment->fragment_offset &&
      end_of(**at) == end_of(*fragment)) {
    drop_(*fragment, DropReason::fragment_overlap);
    return nullptr;
  }
  if (!fits(others, at, *fragment)) {
    drop_(*fragment, DropReason::fragment_overlap);
    give_up(partial, DropReason::fragment_overlap);
    return nullptr;
  }
  partial->bytes += fragment->size;
  bytes_ += fragment->size;
  others.insert(at, std::move(fragment));
  if (complete(others)) {
    PacketPtr whole = join(*partial);
    bytes_ -= partial->bytes;
    partials_.erase(partial);
    return whole;
  }
  while (bytes_ > options_.max_bytes) give_up(partials_.begin(), DropReason::fragment_limit);
  return nullptr;
}

void DatagramReassembly::give_up(std::vector<Partial>::iterator partial, DropReason reason) {
  for (const PacketPtr& fragment : partial->fragments) drop_(*fragment, reason);
  bytes_ -= partial->bytes;
  partials_.erase(partial);
}

void DatagramReassembly::expire(Time now) {
  // The timeout may have been changed in between, so that the first need not end first.
  for (std::size_t i = 0; i < partials_.size();) {
    if (partials_[i].expires > now) {
      ++i;
    } else {
      give_up(partials_.begin() + static_cast<std::ptrdiff_t>(i), DropReason::fragment_timeout);
    }
  }
}

Time DatagramReassembly::next_expiry() const {
  Time next = Time::never();
  for (const Partial& partial : partials_) next = std::min(next, partial.expires);
  return next;
}

PacketPtr DatagramReassembly::join(const Partial& partial) {
  const Packet& first = *partial.fragments.front();
  const std::uint16_t headers = first.is_v4() ? first.transport_offset : ipv6_header_size;
  const auto transport = end_of(*partial.fragments.back());
  PacketPtr whole = pool_.make(static_cast<std::uint16_t>(headers + transport));
  whole->id = first.id;
  whole->source = first.source;
  whole->destination = first.destination;
  whole->hop_limit = first.hop_limit;
  whole->protocol = first.protocol;
  whole->dont_fragment = first.dont_fragment;
  whole->transport_offset = headers;
  whole->payload_offset =
      static_cast<std::uint16_t>(headers + first.payload_offset - first.transport_offset);
  std::memset(whole->data() + headers, 0, 8);
  std::memcpy(whole->data(), first.data(), headers);
  for (const PacketPtr& fragment : partial.fragments) {
    std::memcpy(whole->data() + headers + fragment->fragment_offset, fragment->transport().data(),
                data_size(*fragment));
  }
  std::uint8_t* const ip = whole->data();
  if (whole->is_v4()) {
    store_be16(ip + 2, whole->size);
    store_be16(ip + field::ipv4_fragment, whole->dont_fragment ? 0x4000 : 0);
    store_be16(ip + field::ipv4_checksum, 0);
    store_be16(ip + field::ipv4_checksum,
               static_cast<std::uint16_t>(~ones_sum({ip, std::size_t{headers}})));
  } else {
    store_be16(ip + 4, static_cast<std::uint16_t>(transport));
    ip[6] = static_cast<std::uint8_t>(whole->protocol);
  }
  return whole;
}

}  // namespace natsim::net
