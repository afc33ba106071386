// What an ICE peer tells the other one by signalling, and what it learns from it.
#include <algorithm>
#include <utility>
#include <variant>

#include "sim/agents/ice_peer.h"

namespace natsim::agents {

bool IcePeer::trickles() const {
  if (options_.ice.lite) return false;  // it knows all at once
  if (options_.trickle == Trickle::half) return options_.ice.role == ice::Role::controlled;
  return options_.trickle == Trickle::full;
}

void IcePeer::describe() {
  described_ = true;
  std::vector<ice::Credentials> more_streams;
  for (std::size_t stream = 1; stream < session_.shape().streams; ++stream) {
    more_streams.push_back(session_.local_credentials(stream));
  }
  sink_->send(Description{session_.local_credentials(0), std::move(more_streams), generation_,
                          options_.ice.lite, options_.ice.renomination,
                          std::exchange(unsent_, {})});
}

void IcePeer::signal_candidate(const ice::Candidate& gathered) {
  ice::Candidate candidate = gathered;
  candidate.ufrag = session_.local_credentials(session_.stream_of(speaker_)).ufrag;
  if (is_named(gathered)) {
    candidate.host_name = names_->name_of(gathered.address.address);
    candidate.address.address = IpAddress();
  }
  if (described_) {
    sink_->send(std::move(candidate));
  } else {
    unsent_.push_back(std::move(candidate));
  }
}

void IcePeer::receive_signal(const Signal& signal) {
  if (!started_ && start_error_.empty()) {
    if (const auto begun = start(); !begun) start_error_ = begun.error();
  }
  std::visit([this](const auto& what) { learn(what); }, signal);
}

void IcePeer::learn(const Description& remote) {
  // An answer that a restart has overtaken: the answer to the restart is to come.
  if (remote.generation < generation_) return ignore(remote);
  if (remote.more_streams.size() + 1 != session_.shape().streams) {
    return ignore(remote, "it has another number of data streams");
  }
  if (remote.generation > generation_) follow_restart(remote.generation);
  learn(remote.credentials, remote.lite, remote.renomination);
  for (std::size_t stream = 1; stream < session_.shape().streams; ++stream) {
    learn(stream, remote.more_streams[stream - 1]);
  }
  for (const ice::Candidate& candidate : remote.candidates) learn(candidate);
}

void IcePeer::learn(const ice::Credentials& remote, bool lite, bool renomination) {
  if (!machine().has_remote_credentials()) {
    session_.set_remote_lite(lite);
    session_.set_remote_renomination(renomination);
  }
  learn(0, remote);
}

void IcePeer::learn(std::size_t stream, const ice::Credentials& remote) {
  remote_ufrags_[stream] = remote.ufrag;
  session_.set_remote_credentials(stream, remote, world().now());
  pump();
}

std::optional<std::size_t> IcePeer::stream_with(std::string_view ufrag) const {
  if (ufrag.empty()) return 0;
  const auto found = std::find(remote_ufrags_.begin(), remote_ufrags_.end(), ufrag);
  if (found == remote_ufrags_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - remote_ufrags_.begin());
}

void IcePeer::forget_remote() {
  for (std::string& ufrag : remote_ufrags_) ufrag.clear();
}

void IcePeer::learn(const ice::Candidate& remote) {
  const auto stream = stream_with(remote.ufrag);
  if (!stream) return ignore(remote);
  if (remote.address.address.is_any() && !remote.host_name.empty()) return resolve(remote);
  if (session_.add_remote_candidate(*stream, remote, world().now()) ==
      ice::RemoteCandidateResult::added) {
    tell_candidate("ice.remote_candidate", remote, false);
  }
  pump();
}

void IcePeer::resolve(const ice::Candidate& remote) {
  if (!names_) return ignore(remote, remote.host_name + ", and this side asks for no names (mDNS)");
  if (!names_->resolve(remote)) {
    ignore(remote, remote.host_name + ", and there is no network to ask for the name on");
  }
}

void IcePeer::take_resolved(const ice::Candidate& remote) {
  if (remote.address.address.is_any()) {
    ignore(remote, remote.host_name + ", and nobody on this network has the name");
  } else {
    learn(remote);
  }
  if (names_->resolving()) return;
  for (const EndOfCandidates& end : std::exchange(ends_, {})) learn(end);
}

void IcePeer::learn(const EndOfCandidates& end) {
  const auto stream = stream_with(end.ufrag);
  if (!stream) return ignore(end);
  if (names_ && names_->resolving()) {
    ends_.push_back(end);
    return;
  }
  session_.end_of_remote_candidates(*stream, world().now());
  pump();
}

void IcePeer::ignore(const Signal& signal) { ignore(signal, "it is of another generation of ICE"); }

void IcePeer::ignore(const Signal& signal, std::string_view reason) {
  tell("ice.signal_ignored", {{"what", kind_of(signal)}, {"reason", reason}});
}

}  // namespace natsim::agents
