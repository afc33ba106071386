#include "tools/natsim/mpi_launch.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <unistd.h>

#include <fmt/format.h>

namespace natsim::cli {
namespace {

// By Open MPI's and by MPICH's mpirun, which also Slurm's PMI sets.
constexpr const char* sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};

std::string_view ranks() {
  for (const char* name : sizes) {
    if (const char* const size = std::getenv(name)) return size;
  }
  return "1";
}

}  // namespace

std::optional<std::string> become_rank(char** argv) {
  if (ranks() == "1") return std::nullopt;
  std::error_code error;
  const auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  const std::string other = own.parent_path() / "natsim-mpi";
  if (!error) execv(other.c_str(), argv);
  return fmt::format(
      "this is one of {} MPI ranks, and {} cannot be run ({}); it is built where Boost.MPI and an "
      "MPI are installed",
      ranks(), other, std::strerror(errno));
}

}  // namespace natsim::cli
