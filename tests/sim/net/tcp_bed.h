// Two hosts that speak TCP, and what is needed to see what they do.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/net/packet_rule.h"
#include "sim/net/tcp_segment.h"
#include "sim/net/tcp_stack.h"
#include "tests/sim/net/testbed.h"

namespace natsim::net {

// Bytes by which a lost, doubled or moved one would show.
inline Bytes some_bytes(std::size_t count) {
  Bytes bytes(count);
  for (std::size_t i = 0; i < count; ++i) {
    bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 256 * 7 + 1);
  }
  return bytes;
}

// One program with at most one connection: sends what it is given as there is room, and keeps what
// it gets.
class TcpProgram : public TcpReceiver, public TcpAcceptor {
 public:
  void on_event(TcpSocket& at, TcpEvent event) override {
    events.emplace_back(at.host().world().now(), event);
    if (event == TcpEvent::readable && reads) read();
    if (event == TcpEvent::connected || event == TcpEvent::writable) pump();
    if (event == TcpEvent::peer_finished && answers_fin) socket->close();
    if (then) then(event);
  }
  void accept(TcpListener& /*listener*/, std::unique_ptr<TcpSocket> accepted) override {
    socket = std::move(accepted);
    socket->set_receiver(this);
  }

  // All of `bytes`, and FIN behind them if asked.
  void send(const Bytes& bytes, bool and_close = false) {
    waiting.insert(waiting.end(), bytes.begin(), bytes.end());
    closes = closes || and_close;
    pump();
  }
  void read() {
    const Bytes more = socket->read(SIZE_MAX);
    received.insert(received.end(), more.begin(), more.end());
  }
  [[nodiscard]] TcpState state() const { return socket->connection().state(); }
  [[nodiscard]] TcpEnd end() const { return socket->connection().end(); }
  [[nodiscard]] const TcpCounters& counters() const { return socket->connection().counters(); }
  // When the event was told first; Time::never() if it was not.
  [[nodiscard]] Time when(TcpEvent event) const {
    for (const auto& [at, what] : events) {
      if (what == event) return at;
    }
    return Time::never();
  }

  std::unique_ptr<TcpSocket> socket;
  std::vector<std::pair<Time, TcpEvent>> events;
  Bytes received;
  bool reads = true;        // at once
  bool answers_fin = true;  // with its own
  std::function<void(TcpEvent)> then;

 private:
  void pump() {
    if (socket == nullptr || state() == TcpState::syn_sent) return;
    const std::size_t taken = socket->send(waiting);
    waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(taken));
    if (closes && waiting.empty()) socket->close();
  }

  Bytes waiting;
  bool closes = false;
};

// Drops chosen packets, counted from 0 in the order in which they pass.
class DropByNumber : public PacketRule {
 public:
  DropByNumber(std::uint64_t& count, std::function<bool(std::uint64_t, const Packet&)> drops)
      : count_(count), drops_(std::move(drops)) {}

  RuleVerdict judge(const Packet& packet, Direction direction) override {
    if (direction != Direction::out || packet.protocol != Protocol::tcp) return {};
    const std::uint64_t number = count_++;
    return {.drop =
                drops_(number, packet) ? core::DropReason::scripted_drop : core::DropReason::none};
  }

 private:
  std::uint64_t& count_;
  std::function<bool(std::uint64_t, const Packet&)> drops_;
};

// The client is on host a, the server on port 80 of host b.
struct TcpBed : TwoHosts {
  explicit TcpBed(const LinkOptions& link, const TcpOptions& both = {}, std::uint64_t seed = 1)
      : TwoHosts(link, link, seed), client_options(both), server_options(both) {}

  void listen() {
    listener =
        std::move(b.tcp().listen({.local = server_end, .options = server_options}, server).value());
  }
  void connect() {
    client.socket =
        std::move(a.tcp()
                      .connect({.local = {IpAddress::any_v4(), 0}, .options = client_options},
                               server_end, client)
                      .value());
  }
  // Up to the end of the handshake over a link of 10 ms each way.
  void establish() {
    listen();
    connect();
    run_until(milliseconds(30));
  }
  // From now on drops what `drops(number, packet)` says of what leaves a or b, numbered together.
  void drop(std::function<bool(std::uint64_t, const Packet&)> drops) {
    for (Host* host : {&a, &b}) {
      rules.push_back(std::make_unique<RuleHandle>(*host->interfaces().front(),
                                                   std::make_unique<DropByNumber>(passed, drops)));
    }
  }
  void drop_none() { rules.clear(); }

  struct Sent {
    Time at;
    bool from_client;
    std::uint8_t flags;
    std::uint32_t seq;
    std::uint32_t ack;
    std::uint16_t window;
    std::size_t size;  // of the payload
  };
  // Every segment that the log saw being made.
  [[nodiscard]] std::vector<Sent> sent(const PacketLog& log) const {
    std::vector<Sent> all;
    for (const auto& step : log.of(core::PacketStep::created)) {
      const auto segment = parse_tcp(ByteView(step.datagram).subspan(ipv4_header_size));
      if (!segment) continue;
      all.push_back({step.at, step.where == a.id(), segment->flags, segment->seq, segment->ack,
                     segment->window, segment->payload.size()});
    }
    return all;
  }
  // The instants at which the client sent, payload or not.
  [[nodiscard]] std::vector<Time> client_times(const PacketLog& log) const {
    std::vector<Time> times;
    for (const Sent& segment : sent(log)) {
      if (segment.from_client) times.push_back(segment.at);
    }
    return times;
  }

  const Endpoint server_end = endpoint("10.0.0.2:80");
  TcpOptions client_options;
  TcpOptions server_options;
  TcpProgram client;
  TcpProgram server;
  std::unique_ptr<TcpListener> listener;
  std::vector<std::unique_ptr<RuleHandle>> rules;
  std::uint64_t passed = 0;  // packets that the rules have judged
};

constexpr Time at_ms(std::int64_t n) { return Time{} + milliseconds(n); }
inline LinkOptions link_of(Duration one_way_delay) { return {.one_way_delay = one_way_delay}; }

}  // namespace natsim::net
