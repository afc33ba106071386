// natsim-mpi: natsim's sweep, by the ranks of an MPI program.
#include <cstdlib>
#include <exception>
#include <iostream>
#include <unistd.h>

#include <boost/mpi/communicator.hpp>
#include <boost/mpi/environment.hpp>
#include <fmt/format.h>

#include "tools/cluster/cluster.h"
#include "tools/natsim/commands.h"
#include "tools/natsim/selection.h"
#include "tools/natsim/shell.h"
#include "tools/sweep/this_machine.h"

namespace natsim::cli {
namespace {

int run(int argc, char** argv, sweep::Workplace& workplace) {
  CLI::App app("natsim-mpi: natsim's sweep, by the ranks of an MPI program");
  app.name("natsim-mpi");
  app.require_subcommand(1);
  const Command sweep = add_sweep(app, workplace);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (!workplace.keeps()) return exit_passed;
    return app.exit(error) == 0 ? exit_passed : exit_error;
  }
  try {
    return sweep();
  } catch (const std::exception& error) {
    std::cerr << "natsim: internal error: " << error.what() << '\n';
    return exit_error;
  }
}

}  // namespace
}  // namespace natsim::cli

int main(int argc, char** argv) {
  using namespace natsim;
  // Otherwise Open MPI reads large messages out of the sender's memory, and a sender that dies
  // meanwhile takes the receiver with it.
  setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
  const boost::mpi::environment environment(argc, argv);
  const boost::mpi::communicator world;
  if (world.size() == 1) {
    sweep::ThisMachine alone;
    return cli::run(argc, argv, alone);
  }
  sweep::Cluster cluster(world);
  const int code = cli::run(argc, argv, cluster);
  if (cluster.leave()) return code;
  std::cout << std::flush;
  std::cerr << std::flush;
  _exit(code);
}
