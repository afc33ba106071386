// A TURN server's connections with its clients' peers (RFC 6062).
#include <utility>

#include "sim/agents/byte_stream.h"
#include "sim/agents/turn_server.h"

namespace natsim::agents {
namespace {

constexpr net::TcpOptions peer_options{.nagle = false};

}  // namespace

// One connection, and what it is joined with.
class TurnServer::PeerStream : private ByteStream::User {
 public:
  PeerStream(TurnServer& server, std::uint32_t id, const Endpoint& relay, const Endpoint& peer)
      : server_(server), id_(id), relay_(relay), peer_(peer) {}

  // The reason if it cannot be asked for.
  std::string connect() {
    auto stream = ByteStream::connect(
        server_.host(),
        {.local = relay_, .sharing = net::TcpSharing::shared, .options = peer_options}, peer_,
        *this);
    if (!stream) return stream.error();
    stream_ = std::move(stream.value());
    return {};
  }
  void accept(std::unique_ptr<net::TcpSocket> socket) {
    stream_ = ByteStream::accept(std::move(socket), *this);
    open_ = true;
  }
  // What has come up to now goes to the client first.
  void join(TurnStream& client) {
    client_ = &client;
    if (!early_.empty()) client.send_raw(std::exchange(early_, {}));
  }
  void leave() { client_ = nullptr; }
  void send(ByteView bytes) { stream_->send(bytes); }
  void close() { stream_->close(); }

 private:
  void on_open(ByteStream& /*stream*/) override {
    open_ = true;
    server_.tell_peer(relay_, peer_, "connected", {});
    server_.machine_.peer_connected(id_, server_.world().now());
    server_.pump();
  }
  void on_bytes(ByteStream& /*stream*/, ByteView bytes) override {
    if (client_ != nullptr) return client_->send_raw(bytes);
    early_.insert(early_.end(), bytes.begin(), bytes.end());
  }
  void on_end(ByteStream& /*stream*/, std::string_view why) override {
    TurnServer& server = server_;
    const std::uint32_t id = id_;
    server.tell_peer(relay_, peer_, open_ ? "closed" : "failed", why);
    const auto self = std::move(server.peers_.at(id));  // until the end of this
    server.peers_.erase(id);
    server.machine_.peer_closed(id, server.world().now());
    server.pump();
  }

  TurnServer& server_;
  std::uint32_t id_;
  Endpoint relay_;
  Endpoint peer_;
  std::unique_ptr<ByteStream> stream_;
  bool open_ = false;
  TurnStream* client_ = nullptr;  // that it is joined with
  Bytes early_;                   // of the peer, before it is
};

// Here, where PeerStream is known.
TurnServer::TurnServer(net::Host& host, const turn::ServerOptions& options)
    : Agent(host, "turn"),
      listening_(options.listening.front()),
      highest_channel_(options.highest_channel),
      machine_(options, host.world().random(label())) {}

TurnServer::~TurnServer() = default;

void TurnServer::open_relay_for_tcp(const Endpoint& relay) {
  auto listener = host().tcp().listen(
      {.local = relay, .sharing = net::TcpSharing::shared, .options = peer_options}, *this);
  if (listener) {
    relays_[relay] = std::move(listener.value());
  } else {
    tell("turn.relay_failed", {{"relay", relay}, {"reason", std::string_view(listener.error())}});
  }
}

void TurnServer::on(const turn::CloseRelay& event) {
  if (event.tcp) {
    relays_.erase(event.relay);
  } else {
    unbind(event.relay);
  }
}

void TurnServer::accept_peer(const Endpoint& relay, std::unique_ptr<net::TcpSocket> socket) {
  const Endpoint peer = socket->remote();
  const auto id = machine_.accept_peer(relay, peer, world().now());
  if (!id) {
    tell_peer(relay, peer, "refused", "the client has not permitted it");
    socket->abort();
    return;
  }
  tell_peer(relay, peer, "accepted", {});
  auto stream = std::make_unique<PeerStream>(*this, *id, relay, peer);
  stream->accept(std::move(socket));
  peers_[*id] = std::move(stream);
  pump();
}

void TurnServer::on(const turn::ConnectPeer& event) {
  tell_peer(event.relay, event.peer, "connecting", {});
  auto stream = std::make_unique<PeerStream>(*this, event.id, event.relay, event.peer);
  const std::string refusal = stream->connect();
  if (refusal.empty()) {
    peers_[event.id] = std::move(stream);
    return;
  }
  tell_peer(event.relay, event.peer, "failed", refusal);
  machine_.peer_closed(event.id, world().now());
}

void TurnServer::join(const turn::JoinStreams& streams) {
  const auto peer = peers_.find(streams.id);
  const auto connection = connections_.find({streams.data.client, streams.data.server});
  if (peer == peers_.end() || connection == connections_.end()) return;  // it is over already
  connection->second.peer = streams.id;
  connection->second.stream->pass_through();
  peer->second->join(*connection->second.stream);
}

void TurnServer::on_raw(TurnStream& stream, ByteView bytes) {
  const auto& connection = connections_.at({stream.remote(), stream.local()});
  const auto peer = peers_.find(connection.peer.value());
  if (peer != peers_.end()) peer->second->send(bytes);
}

void TurnServer::on(const turn::ClosePeer& event) {
  if (const auto peer = peers_.find(event.id); peer != peers_.end()) {
    peer->second->leave();
    peer->second->close();
  }
  if (!event.data) return;
  const auto connection = connections_.find({event.data->client, event.data->server});
  if (connection != connections_.end()) connection->second.stream->close();
}

void TurnServer::tell_peer(const Endpoint& relay, const Endpoint& peer, std::string_view state,
                           std::string_view reason) {
  tell("turn.peer", {{"relay", relay}, {"peer", peer}, {"state", state}, {"reason", reason}});
}

}  // namespace natsim::agents
