// Writes a recording.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "sim/live/arrivals.h"
#include "sim/live/recording.h"

namespace natsim::live {

class Recorder {
 public:
  // Begins a file; what was in it is gone. good() tells whether that was possible.
  Recorder(const std::string& path, const RecordedRun& run);

  // What has come in by one look outside is in the file when this returns.
  void write(const std::vector<Arrival>& arrivals);
  void finish(const RecordedEnd& end);

  // False once something could not be written.
  [[nodiscard]] bool good() const { return file_.good(); }

 private:
  std::ofstream file_;
  std::string bytes_;  // kept for its memory
};

}  // namespace natsim::live
