#include "stack/ice/tcp_paths.h"

#include <algorithm>
#include <utility>

namespace natsim::ice {
namespace {

// A peer needs one for each of its addresses; anybody may connect to a passive candidate.
constexpr std::size_t max_paths = 100;

}  // namespace

void TcpPaths::carry(CandidateId sender, const Candidate& local, const Endpoint& remote,
                     Bytes message) {
  Path* path = find(sender, remote);
  if (path == nullptr) {
    if (local.tcp_type != TcpType::active) return;
    paths_.push_back({sender, local.base, remote, std::nullopt, {}});
    path = &paths_.back();
    events_.push(ConnectionNeeded{local.base, remote});
  }
  if (path->local) {
    transmits_.push({*path->local, remote, std::move(message), Transport::tcp});
  } else {
    path->waiting.push_back(std::move(message));
  }
}

bool TcpPaths::send(CandidateId sender, const Endpoint& remote, ByteView data) {
  const Path* path = find(sender, remote);
  if (path == nullptr || !path->local) return false;
  transmits_.push({*path->local, remote, Bytes(data.begin(), data.end()), Transport::tcp});
  return true;
}

bool TcpPaths::opened(const Endpoint& base, const Endpoint& remote,
                      const std::optional<Endpoint>& fresh) {
  const auto path = std::find_if(paths_.begin(), paths_.end(), [&](const Path& one) {
    return one.base == base && one.remote == remote && !one.local;
  });
  if (path == paths_.end()) return false;
  if (!fresh) {
    lost_.push({path->sender, remote});
    paths_.erase(path);
    return true;
  }
  path->local = fresh;
  for (Bytes& message : std::exchange(path->waiting, {})) {
    transmits_.push({*fresh, remote, std::move(message), Transport::tcp});
  }
  return true;
}

bool TcpPaths::accepted(CandidateId sender, const Endpoint& local, const Endpoint& remote) {
  if (paths_.size() >= max_paths) return false;
  paths_.push_back({sender, local, remote, local, {}});
  return true;
}

void TcpPaths::lost(const Endpoint& local, const Endpoint& remote) {
  const auto path = std::find_if(paths_.begin(), paths_.end(), [&](const Path& one) {
    return one.local == local && one.remote == remote;
  });
  if (path == paths_.end()) return;
  lost_.push({path->sender, remote});
  paths_.erase(path);
}

std::optional<CandidateId> TcpPaths::sender_of(const Endpoint& local,
                                               const Endpoint& remote) const {
  for (const Path& path : paths_) {
    if (path.local == local && path.remote == remote) return path.sender;
  }
  return std::nullopt;
}

void TcpPaths::release(std::optional<CandidateId> kept, const Endpoint& remote) {
  std::erase_if(paths_, [&](const Path& path) {
    if (kept && path.sender == *kept && path.remote == remote) return false;
    // One that is being opened is closed when the host says that it is: nothing waits for it.
    if (path.local) events_.push(ConnectionReleased{*path.local, path.remote});
    return true;
  });
}

TcpPaths::Path* TcpPaths::find(CandidateId sender, const Endpoint& remote) {
  const auto path = std::find_if(paths_.begin(), paths_.end(), [&](const Path& one) {
    return one.sender == sender && one.remote == remote;
  });
  return path == paths_.end() ? nullptr : &*path;
}

}  // namespace natsim::ice
