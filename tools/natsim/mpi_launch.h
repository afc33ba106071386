// natsim within mpirun.
#pragma once

#include <optional>
#include <string>

namespace natsim::cli {

// If this process was started as one of several ranks, natsim-mpi, which is beside it, takes its
// place with the same words. Returns if it was not, or why that cannot be.
std::optional<std::string> become_rank(char** argv);

}  // namespace natsim::cli
