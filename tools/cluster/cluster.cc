#include "tools/cluster/cluster.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <mpi.h>
#include <set>
#include <thread>
#include <utility>

#include <boost/mpi/exception.hpp>

#include "tools/cluster/row_archive.h"

namespace natsim::sweep {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

// What is sent home, answers `here` and is told whether all did.
enum Tag : int { work, answer, home, here, all_here };

constexpr int keeper = 0;
constexpr double batch_seconds = 0.1;
// Small enough to be sent to a dead rank without waiting for it.
constexpr std::int64_t most_in_a_batch = 200;
constexpr Seconds least_patience{2};
constexpr double patience_factor = 5;
constexpr auto pause = std::chrono::milliseconds(1);

}  // namespace

// As rank 0 sees them.
class Cluster::Ranks : public Crew {
 public:
  Ranks(Cluster& cluster, const Plan& plan, std::vector<std::int64_t> runs);

  std::vector<results::RunRow> take(std::chrono::milliseconds patience) override;
  [[nodiscard]] bool finished() const override;
  void stop() override { stopping_ = true; }
  [[nodiscard]] std::optional<std::chrono::nanoseconds> inside() const override {
    return std::nullopt;
  }

 private:
  struct Worker {
    std::set<std::int64_t> runs;  // given and not answered
    Clock::time_point given = Clock::now();
    std::int64_t batch = 1;
    bool silent = false;  // for so long that it may be dead
  };

  void give(int rank, Worker& worker);
  // The rank's answer, if it comes whole.
  void hear(int rank, std::vector<results::RunRow>& taken);
  void look_after_the_silent();
  void keep(std::vector<results::RunRow> rows, std::vector<results::RunRow>& taken);

  Cluster& cluster_;
  const Plan& plan_;
  std::deque<std::int64_t> left_;  // to be given out
  std::set<std::int64_t> open_;    // not answered by anybody
  std::map<int, Worker> workers_;  // by rank
  Seconds longest_{0};             // of a run
  bool stopping_ = false;
};

Cluster::Ranks::Ranks(Cluster& cluster, const Plan& plan, std::vector<std::int64_t> runs)
    : cluster_(cluster),
      plan_(plan),
      left_(runs.begin(), runs.end()),
      open_(runs.begin(), runs.end()) {
  for (int rank = keeper + 1; rank < cluster_.world_.size(); ++rank) {
    give(rank, workers_[rank]);
  }
}

void Cluster::Ranks::give(int rank, Worker& worker) {
  std::vector<std::int64_t> batch;
  while (!stopping_ && !left_.empty() && std::ssize(batch) < worker.batch) {
    if (open_.contains(left_.front())) batch.push_back(left_.front());
    left_.pop_front();
  }
  if (batch.empty()) return;
  worker.runs.insert(batch.begin(), batch.end());
  worker.given = Clock::now();
  cluster_.world_.send(rank, work, batch.data(), static_cast<int>(batch.size()));
}

void Cluster::Ranks::hear(int rank, std::vector<results::RunRow>& taken) {
  const auto waiting = cluster_.world_.probe(rank, answer);
  Bytes bytes(static_cast<std::size_t>(waiting.count<std::uint8_t>().value_or(0)));
  auto receiving =
      cluster_.world_.irecv(rank, answer, bytes.data(), static_cast<int>(bytes.size()));
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(least_patience);
  Worker& worker = workers_.at(rank);
  while (!receiving.test()) {
    // It died while it was speaking.
    if (Clock::now() >= deadline) return;
    std::this_thread::sleep_for(pause);
  }
  auto answered = unpack(bytes);
  if (!answered) return;  // likewise
  std::vector<results::RunRow>& rows = *answered;
  const Seconds each = Seconds(Clock::now() - worker.given) /
                       static_cast<double>(std::max<std::size_t>(1, rows.size()));
  longest_ = std::max(longest_, each);
  worker.batch = std::clamp(static_cast<std::int64_t>(batch_seconds / std::max(each.count(), 1e-6)),
                            std::int64_t{1}, most_in_a_batch);
  worker.silent = false;
  for (const results::RunRow& row : rows) worker.runs.erase(row.run);
  keep(std::move(rows), taken);
  if (worker.runs.empty()) give(rank, worker);
}

void Cluster::Ranks::keep(std::vector<results::RunRow> rows, std::vector<results::RunRow>& taken) {
  for (results::RunRow& row : rows) {
    if (open_.erase(row.run) > 0) taken.push_back(std::move(row));
  }
}

void Cluster::Ranks::look_after_the_silent() {
  const Seconds patience = std::max(least_patience, patience_factor * longest_);
  for (auto& [rank, worker] : workers_) {
    if (worker.silent || worker.runs.empty() || Clock::now() - worker.given < patience) continue;
    worker.silent = true;
    left_.insert(left_.end(), worker.runs.begin(), worker.runs.end());
  }
  for (auto& [rank, worker] : workers_) {
    if (worker.runs.empty()) give(rank, worker);
  }
}

std::vector<results::RunRow> Cluster::Ranks::take(std::chrono::milliseconds patience) {
  std::vector<results::RunRow> taken;
  const auto until = Clock::now() + patience;
  while (Clock::now() < until && !finished()) {
    if (const auto waiting = cluster_.world_.iprobe(boost::mpi::any_source, answer)) {
      hear(waiting->source(), taken);
      continue;
    }
    look_after_the_silent();
    const bool alone = std::all_of(workers_.begin(), workers_.end(),
                                   [](const auto& each) { return each.second.silent; });
    if (alone && !stopping_ && !left_.empty()) {
      const std::int64_t run = left_.front();
      left_.pop_front();
      if (open_.contains(run)) keep({plan_.execute(run)}, taken);
    } else {
      std::this_thread::sleep_for(pause);
    }
  }
  return taken;
}

bool Cluster::Ranks::finished() const {
  if (!stopping_) return open_.empty();
  return std::all_of(workers_.begin(), workers_.end(), [](const auto& each) {
    return each.second.runs.empty() || each.second.silent;
  });
}

Cluster::Cluster(boost::mpi::communicator world) : world_(std::move(world)) {
  // What concerns a dead rank is no reason to die with it.
  MPI_Comm_set_errhandler(world_, MPI_ERRORS_RETURN);
}

Result<std::unique_ptr<Crew>> Cluster::employ(const Plan& plan, std::vector<std::int64_t> runs,
                                              std::optional<unsigned> jobs) {
  if (jobs) {
    return Error{
        "--jobs: under MPI each rank but the first runs one scenario at a time; start more"};
  }
  return std::unique_ptr<Crew>(std::make_unique<Ranks>(*this, plan, std::move(runs)));
}

void Cluster::serve(const Plan& plan) {
  for (;;) {
    const auto next = world_.probe(keeper, boost::mpi::any_tag);
    if (next.tag() == home) return;
    std::vector<std::int64_t> runs(
        static_cast<std::size_t>(next.count<std::int64_t>().value_or(0)));
    world_.recv(keeper, work, runs.data(), static_cast<int>(runs.size()));
    std::vector<results::RunRow> rows;
    for (const std::int64_t run : runs) {
      rows.push_back(plan.execute(run));
      // Nobody waits for the answer any more.
      if (world_.iprobe(keeper, home)) return;
    }
    const Bytes bytes = pack(rows);
    world_.send(keeper, answer, bytes.data(), static_cast<int>(bytes.size()));
  }
}

bool Cluster::leave() {
  bool complete = true;
  if (!keeps()) {
    world_.recv(keeper, home);
    world_.send(keeper, here);
    world_.recv(keeper, all_here, complete);
    return complete;
  }
  const auto to_all = [&](auto send) {
    for (int rank = keeper + 1; rank < world_.size(); ++rank) {
      try {
        send(rank);
      } catch (const boost::mpi::exception&) {
        complete = false;  // it is dead
      }
    }
  };
  to_all([&](int rank) { world_.send(rank, home); });
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(least_patience);
  int awaited = world_.size() - 1;
  while (awaited > 0 && Clock::now() < deadline) {
    if (const auto waiting = world_.iprobe(boost::mpi::any_source, here)) {
      world_.recv(waiting->source(), here);
      --awaited;
    } else {
      std::this_thread::sleep_for(pause);
    }
  }
  complete = complete && awaited == 0;
  to_all([&](int rank) { world_.send(rank, all_here, complete); });
  return complete;
}

}  // namespace natsim::sweep
