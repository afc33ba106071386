// The workplace of the ranks of an MPI program: rank 0 keeps the results, the others run.
//
// 1. A rank is given some runs, about a tenth of a second's worth, and the next ones when it has
//    answered.
// 2. When nothing is left to give and a rank is idle, it is given the runs of one that has been
//    silent for some seconds and for several times the longest run: that may be dead. A run that
//    both finish has the same row twice, and one of them counts. Rank 0 runs what is left itself if
//    all others are silent.
// 3. MPI cannot be finalised without a rank that is dead: then everyone has to leave without. So
//    everyone calls `leave` at the end.
#pragma once

#include <boost/mpi/communicator.hpp>

#include "tools/sweep/workplace.h"

namespace natsim::sweep {

class Cluster : public Workplace {
 public:
  // Of more than one rank.
  explicit Cluster(boost::mpi::communicator world);

  [[nodiscard]] bool keeps() const override { return world_.rank() == 0; }
  Result<std::unique_ptr<Crew>> employ(const Plan& plan, std::vector<std::int64_t> runs,
                                       std::optional<unsigned> jobs) override;
  void serve(const Plan& plan) override;

  // Rank 0 sends everyone home, the others wait for that if they have not been sent yet. True if
  // all ranks are there, so that MPI can be finalised.
  bool leave();

 private:
  // What rank 0 knows of another one.
  class Ranks;

  boost::mpi::communicator world_;
};

}  // namespace natsim::sweep
